"""From a valid request about a beat or a strip to its answer, by the code that scores recordings.

What this imports takes a second to load: :mod:`deepecg.cloud.api.beat_routes` does so at first use.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.single_beat import SingleBeat, SingleBeatModels
from deepecg.cloud.api.beat_models import (
    BeatAnswer,
    DiagnosticBeat,
    ModelUsed,
    NotAnalysable,
    RealtimeBeat,
    StripAnswer,
    StripRequest,
)
from deepecg.cloud.api.strip_scoring import score_strip, strip_document
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.class_probabilities import class_block


def answer_beats(
    asked: Sequence[DiagnosticBeat | RealtimeBeat], models: SingleBeatModels
) -> list[BeatAnswer | NotAnalysable]:
    """Classify beats that were asked about at the same time, each for itself."""
    beats = [_single_beat(one) for one in asked]
    return [
        _not_analysable(result, models.model_for(beat))
        if isinstance(result, RefusedRecordingError)
        else _beat_answer(one, beat, result, models)
        for one, beat, result in zip(asked, beats, models.classify(beats), strict=True)
    ]


def _beat_answer(
    asked: DiagnosticBeat | RealtimeBeat,
    beat: SingleBeat,
    probabilities: NDArray[np.float32],
    models: SingleBeatModels,
) -> BeatAnswer:
    return BeatAnswer.model_construct(
        **class_block(probabilities),
        mode=asked.mode,
        compared_with="nothing" if beat.template_beat_mv is None else "usual_beat",
        model=_model(models.model_for(beat)),
        advisory=ADVISORY,
    )


def answer_strip(asked: StripRequest, classifier: BeatClassifier) -> StripAnswer | NotAnalysable:
    """Find and classify the beats of a strip."""
    samples_mv = np.array(asked.samples_mv, np.float32)
    try:
        scored = score_strip(samples_mv, asked.sampling_rate_hz, classifier)
    except RefusedRecordingError as error:
        return _not_analysable(error, classifier)
    return StripAnswer.model_validate(
        strip_document(scored) | {"model": _model(classifier), "advisory": ADVISORY}
    )


def _single_beat(asked: DiagnosticBeat | RealtimeBeat) -> SingleBeat:
    known = asked.context
    after: list[float] = []
    if isinstance(asked, DiagnosticBeat):
        after = [asked.post_rr_s, *(asked.context.later_rr_s if asked.context else ())]
    return SingleBeat(
        samples_mv=np.array(asked.samples_mv),
        sampling_rate_hz=asked.sampling_rate_hz,
        rr_before_s=[*(known.earlier_rr_s if known else ()), asked.pre_rr_s],
        rr_after_s=after,
        r_peak_position=asked.r_peak_position,
        filtered=asked.filtered,
        template_beat_mv=_array(known.usual_beat_mv if known else None),
        previous_beat_mv=_array(known.previous_beat_mv if known else None),
    )


def _array(samples: list[float] | None) -> NDArray[np.float64] | None:
    return None if samples is None else np.array(samples)


def _not_analysable(error: RefusedRecordingError, classifier: BeatClassifier) -> NotAnalysable:
    return NotAnalysable.model_validate(
        {
            "code": error.code,
            "message": str(error),
            "model": _model(classifier),
            "advisory": ADVISORY,
        }
    )


def _model(classifier: BeatClassifier) -> ModelUsed:
    return ModelUsed.model_construct(version=classifier.version, sha256=classifier.card.sha256)
