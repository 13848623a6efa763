"""Scores a strip of one lead in memory as a recording, and makes the API's answer."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from deepecg.beats.classifier import BeatClassifier
from deepecg.outputs.class_probabilities import class_block
from deepecg.outputs.summarise import beats_block, heart_rate_block, signal_block
from deepecg.recording import Recording
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.settings import QualitySettings

STRIP_SETTINGS = ScoringSettings(
    # The answer for an hour with up to 5 beats a second has 3 MB: half of Lambda's limit.
    quality=replace(QualitySettings(), max_recording_s=3600.0)
)
TIME_DIGITS = 3
"""Decimals of times in seconds: milliseconds, since samples are 8 ms apart."""


def score_strip(
    samples_mv: NDArray[np.float32],
    sampling_rate_hz: float,
    classifier: BeatClassifier,
    settings: ScoringSettings = STRIP_SETTINGS,
) -> ScoredRecording:
    """Detect and classify every beat of a strip.

    Parameters
    ----------
    samples_mv : ndarray of float32, shape (n,)
        Raw signal of one lead in mV.
    sampling_rate_hz : float
        Its sampling rate.
    classifier : BeatClassifier
        The model.
    settings : ScoringSettings
        Settings of a recording, with a shorter maximum length.

    Returns
    -------
    ScoredRecording
        The same as for a recording with this single lead.

    Raises
    ------
    RefusedRecordingError
        If the strip cannot be scored; the subclass and its ``code`` say why.
    """
    recording = Recording(
        format="strip",
        sampling_rate_hz=sampling_rate_hz,
        leads=("strip",),
        n_samples=len(samples_mv),
        read_samples=lambda _lead, start, stop: samples_mv[start:stop],
    )
    return score_recording(recording, classifier, settings)


def strip_document(scored: ScoredRecording) -> dict[str, Any]:
    """Return the JSON-ready results of a strip: each beat, heart rate and signal quality.

    Heart rate and quality have the keys of :class:`~deepecg.outputs.summary.Summary`.
    """
    beats = scored.beats
    return {
        "duration_s": round(scored.recording.duration_s, TIME_DIGITS),
        "beats": [
            {"time_s": round(float(time_s), TIME_DIGITS)} | class_block(probabilities)
            for time_s, probabilities in zip(beats.times_s, beats.probabilities, strict=True)
        ],
        "class_count": beats_block(scored).class_count,
        "heart_rate": msgspec.to_builtins(heart_rate_block(scored)),
        "quality": msgspec.to_builtins(signal_block(scored))
        | {"not_analysable": _not_analysable(scored)},
    }


def _not_analysable(scored: ScoredRecording) -> list[dict[str, float]]:
    """Return the stretches of seconds that could not be analysed, in the order of time."""
    bad = ~scored.flags.analysable
    edges = np.flatnonzero(np.diff(bad.astype(np.int8), prepend=0, append=0))
    end_s = scored.recording.duration_s
    return [
        {
            "start_s": float(start),
            # The last second of a strip is 0.5 to 1.5 s long.
            "end_s": round(end_s, TIME_DIGITS) if stop == len(bad) else float(stop),
        }
        for start, stop in edges.reshape(-1, 2)
    ]
