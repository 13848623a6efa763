"""Classify the beat or the strip of a valid request, with the code that scores recordings.

Importing this module takes a second: :mod:`deepecg.cloud.api.beat_routes` does so at first use.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.single_beat import SingleBeat, SingleBeatModels
from deepecg.cloud.api.base_models import ModelVersion
from deepecg.cloud.api.beat_models import (
    BeatResponse,
    DiagnosticBeat,
    DiagnosticContext,
    NotAnalysableResponse,
    RealtimeBeat,
    RealtimeContext,
    StripRequest,
    StripResponse,
)
from deepecg.cloud.api.strip_scoring import score_strip, strip_document
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.class_block import class_block


def classify_beats(
    requests: Sequence[DiagnosticBeat | RealtimeBeat], models: SingleBeatModels
) -> list[BeatResponse | NotAnalysableResponse]:
    """Classify beats, each independently of the others."""
    beats = [_single_beat(request) for request in requests]
    return [
        _not_analysable(result, models.model_for(beat))
        if isinstance(result, RefusedRecordingError)
        else _classified(request, beat, result, models)
        for request, beat, result in zip(requests, beats, models.classify(beats), strict=True)
    ]


def _classified(
    request: DiagnosticBeat | RealtimeBeat,
    beat: SingleBeat,
    probabilities: Floats32,
    models: SingleBeatModels,
) -> BeatResponse:
    return BeatResponse.model_construct(
        **class_block(probabilities),
        mode=request.mode,
        compared_with="nothing" if beat.template_beat_mv is None else "usual_beat",
        **_provenance(models.model_for(beat)),
    )


def classify_strip(
    request: StripRequest, classifier: BeatClassifier
) -> StripResponse | NotAnalysableResponse:
    """Find and classify the beats of a strip."""
    samples_mv = np.array(request.samples_mv, np.float32)
    try:
        scored = score_strip(samples_mv, request.sampling_rate_hz, classifier)
    except RefusedRecordingError as error:
        return _not_analysable(error, classifier)
    return StripResponse.model_validate(strip_document(scored) | _provenance(classifier))


def _single_beat(request: DiagnosticBeat | RealtimeBeat) -> SingleBeat:
    context = request.context or RealtimeContext()
    rr_after_s: list[float] = []
    if isinstance(request, DiagnosticBeat):
        rr_after_s = [request.post_rr_s, *(request.context or DiagnosticContext()).later_rr_s]
    return SingleBeat(
        samples_mv=np.array(request.samples_mv),
        sampling_rate_hz=request.sampling_rate_hz,
        rr_before_s=[*context.earlier_rr_s, request.pre_rr_s],
        rr_after_s=rr_after_s,
        r_peak_position=request.r_peak_position,
        filtered=request.filtered,
        template_beat_mv=_array(context.usual_beat_mv),
        previous_beat_mv=_array(context.previous_beat_mv),
    )


def _array(samples: list[float] | None) -> Floats | None:
    return None if samples is None else np.array(samples)


def _not_analysable(
    error: RefusedRecordingError, classifier: BeatClassifier
) -> NotAnalysableResponse:
    return NotAnalysableResponse.model_validate(
        {"code": error.code, "message": str(error), **_provenance(classifier)}
    )


def _provenance(classifier: BeatClassifier) -> dict[str, Any]:
    """Return the fields of a :class:`~deepecg.cloud.api.beat_models.ClassifierResponse`."""
    model = ModelVersion.model_validate(classifier.card, from_attributes=True)
    return {"model": model, "advisory": ADVISORY}
