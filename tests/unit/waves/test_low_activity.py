"""Stretches without QRS complexes: small waves are no beats, low QRS complexes are."""

from dataclasses import replace

import numpy as np
import pytest
from unit.small_recordings import bell, recording_of

from deepecg.beats.detection import DetectedBeats, detect_beats
from deepecg.settings import ScoringSettings
from deepecg.waves.low_activity import beats_of_low_activity
from deepecg.waves.settings import LowActivitySettings
from deepecg.waves.waves import Waves

RATE = 250
DURATION_S = 120
QUIET_S = (50.0, 70.0)


def beats_with_small_waves(small_mv: float, spacing_s: float = 1.0) -> DetectedBeats:
    """Return beats of 1 mV, and waves of another height instead of them for 20 s."""
    time = np.arange(DURATION_S * RATE) / RATE
    times_s = np.arange(0.5, DURATION_S - 0.5, spacing_s)
    inside = (times_s > QUIET_S[0]) & (times_s < QUIET_S[1])
    signal = np.random.default_rng(0).normal(0, 0.004, len(time))
    for at, is_small in zip(times_s, inside, strict=True):
        signal += (small_mv if is_small else 1.0) * bell(time, at, 0.012)
    # All of them by construction, whether or not a detector would find the small ones.
    found = detect_beats(recording_of(signal, rate=RATE), ScoringSettings())
    rate_hz = found.used[0].conditioned.clock_hz
    return replace(found, r_peaks=times_s * rate_hz, times_s=times_s)


def waves_of(found: DetectedBeats, inside_qrs_s: float) -> Waves:
    """Return waves with QRS complexes of 90 ms, and of another length in the stretch."""
    times_s = found.times_s
    inside = (times_s > QUIET_S[0]) & (times_s < QUIET_S[1])
    half_s = np.where(inside, inside_qrs_s, 0.09) / 2
    return replace(
        Waves.none(len(times_s)), qrs_onset_s=times_s - half_s, qrs_offset_s=times_s + half_s
    )


@pytest.mark.parametrize(
    ("small_mv", "qrs_s", "dropped"),
    [(0.3, np.nan, True), (0.3, 0.05, True), (1.0, np.nan, False), (0.3, 0.09, False)],
    ids=["no complexes", "too narrow ones", "as high as QRS complexes", "low QRS complexes"],
)
def test_small_waves_without_qrs_complexes_are_no_beats(
    small_mv: float, qrs_s: float, dropped: bool
) -> None:
    found = beats_with_small_waves(small_mv)
    inside = (found.times_s > QUIET_S[0]) & (found.times_s < QUIET_S[1])
    chosen = beats_of_low_activity(
        found.used, found.r_peaks, waves_of(found, qrs_s), LowActivitySettings()
    )
    assert chosen[inside].all() == dropped
    assert not chosen[~inside].any()


def test_a_few_seconds_and_a_patient_without_known_complexes_are_left_alone() -> None:
    found = beats_with_small_waves(0.3)
    nowhere = Waves.none(len(found.times_s))
    longer = replace(LowActivitySettings(), shortest_s=30.0)
    waves = waves_of(found, np.nan)
    assert not beats_of_low_activity(found.used, found.r_peaks, waves, longer).any()
    assert not beats_of_low_activity(
        found.used, found.r_peaks, nowhere, LowActivitySettings()
    ).any()
