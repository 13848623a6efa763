"""Score a strip of one lead like a recording, and return its result as JSON-ready fields."""

from dataclasses import replace
from typing import Any

import msgspec

from deepecg.arrays import Floats32
from deepecg.beats.classifier import BeatClassifier
from deepecg.outputs.class_block import class_block
from deepecg.outputs.summarise import beats_block, heart_rate_block, signal_block
from deepecg.recording import Recording
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.settings import QualitySettings
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_HOUR

STRIP_SETTINGS = ScoringSettings(
    # One hour with at most about 5 beats per second gives a response of 3 MB; Lambda allows 6 MB.
    quality=replace(QualitySettings(), max_recording_s=float(SECONDS_PER_HOUR))
)
TIME_DIGITS = 3
"""Decimals of times in s: R peaks are located between samples that are about 8 ms apart."""


def score_strip(
    samples_mv: Floats32, sampling_rate_hz: float, classifier: BeatClassifier
) -> ScoredRecording:
    """Find and classify every beat of a strip.

    Parameters
    ----------
    samples_mv : ndarray of float32, shape (n,)
        Raw signal of one lead in mV.
    sampling_rate_hz : float
        Sampling rate in Hz.
    classifier : BeatClassifier
        The model for recordings.

    Returns
    -------
    ScoredRecording
        The result, as for a recording with this one lead.

    Raises
    ------
    RefusedRecordingError
        If the strip cannot be scored; the subclass and its ``code`` give the reason.
    """
    recording = Recording(
        format="strip",
        sampling_rate_hz=sampling_rate_hz,
        leads=("strip",),
        n_samples=len(samples_mv),
        read_samples=lambda _lead, start, stop: samples_mv[start:stop],
    )
    return score_recording(recording, classifier, STRIP_SETTINGS)


def strip_document(scored: ScoredRecording) -> dict[str, Any]:
    """Return the beats, heart rate and quality of a strip, JSON-ready.

    Heart rate, class counts and quality have the field names of a recording's summary.
    """
    beats = scored.beats
    return {
        "duration_s": round(scored.recording.duration_s, TIME_DIGITS),
        "beats": [
            {"time_s": round(float(time_s), TIME_DIGITS)} | class_block(probabilities)
            for time_s, probabilities in zip(beats.times_s, beats.probabilities, strict=True)
        ],
        "class_count": beats_block(scored).class_count,
        "heart_rate": {
            key: value
            for key, value in msgspec.to_builtins(heart_rate_block(scored)).items()
            if key not in {"day_mean_bpm", "night_mean_bpm"}  # a strip has no time of day
        },
        "quality": {
            key: value
            for key, value in msgspec.to_builtins(signal_block(scored)).items()
            if key != "analysable_of_declared_percent"  # a strip declares no length
        }
        | {"not_analysable": _not_analysable(scored)},
    }


def _not_analysable(scored: ScoredRecording) -> list[dict[str, float]]:
    """Return start and end of each part that cannot be analysed, in order of time."""
    bad = ~scored.flags.analysable
    end_s = scored.recording.duration_s
    return [
        {
            "start_s": float(start),
            # The last second of a strip is 0.5 to 1.5 s long, so it ends with the strip.
            "end_s": round(end_s, TIME_DIGITS) if stop == len(bad) else float(stop),
        }
        for start, stop in stretches(bad)
    ]
