"""Flutter waves between the beats are found; T waves, P waves and fibrillation are none."""

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import bell, recording_of

from deepecg.beats.detection import DetectedBeats, detect_beats
from deepecg.settings import ScoringSettings
from deepecg.waves.flutter_waves import beats_with_flutter_waves
from deepecg.waves.settings import FlutterWaveSettings
from deepecg.waves.waves import Waves

RATE = 250
DURATION_S = 60
TIME_S = np.arange(DURATION_S * RATE) / RATE


def ecg_with(between: NDArray[np.float64], beats_s: NDArray[np.float64]) -> DetectedBeats:
    """Return the beats of narrow QRS complexes with T waves, over something else."""
    signal = between + np.random.default_rng(0).normal(0, 0.005, len(TIME_S))
    for at in beats_s:
        signal += bell(TIME_S, at, 0.012) + 0.15 * bell(TIME_S, at + 0.3, 0.06)
    return detect_beats(recording_of(signal, rate=RATE), ScoringSettings())


def flutter(hz: float) -> NDArray[np.float64]:
    """Return a sawtooth-like wave of 0.2 mV."""
    phase = 2 * np.pi * hz * TIME_S
    return np.asarray(0.1 * np.sin(phase) + 0.03 * np.sin(2 * phase))


def share_found(found: DetectedBeats) -> float:
    waves = Waves.none(len(found.times_s))
    chosen = beats_with_flutter_waves(found.used, found.r_peaks, waves, FlutterWaveSettings())
    return float(chosen.mean())


@pytest.mark.parametrize("hz", [4.2, 5.0, 5.7])
@pytest.mark.parametrize("waves_per_beat", [3, 4])
def test_flutter_with_constant_conduction_is_found(hz: float, waves_per_beat: int) -> None:
    beats_s = np.arange(0.4, DURATION_S - 0.4, waves_per_beat / hz)
    assert share_found(ecg_with(flutter(hz), beats_s)) > 0.9


def test_flutter_with_changing_conduction_is_found() -> None:
    steps = np.random.default_rng(1).choice([3, 4, 5], 90) / 5.0
    beats_s = 0.4 + np.cumsum(steps)
    beats_s = beats_s[beats_s < DURATION_S - 0.5]
    assert share_found(ecg_with(flutter(5.0), beats_s)) > 0.8


@pytest.mark.parametrize("rr_s", [0.5, 0.8, 1.2])
def test_a_regular_rhythm_without_p_waves_has_none(rr_s: float) -> None:
    beats_s = np.arange(0.4, DURATION_S - 0.4, rr_s)
    assert share_found(ecg_with(np.zeros(len(TIME_S)), beats_s)) == 0


def test_fibrillation_has_no_single_line() -> None:
    random = np.random.default_rng(2)
    waves = sum(
        0.03 * np.sin(2 * np.pi * hz * TIME_S + random.uniform(0, 6))
        for hz in np.linspace(4.0, 8.5, 24) + random.normal(0, 0.05, 24)
    )
    beats_s = 0.4 + np.cumsum(random.uniform(0.5, 1.0, 80))
    beats_s = beats_s[beats_s < DURATION_S - 0.5]
    assert share_found(ecg_with(np.asarray(waves), beats_s)) < 0.35


def test_where_p_waves_are_found_nothing_is_looked_for() -> None:
    found = ecg_with(flutter(5.0), np.arange(0.4, DURATION_S - 0.4, 0.8))
    waves = Waves.none(len(found.times_s))
    waves.p_peak_s[:] = found.times_s - 0.16
    chosen = beats_with_flutter_waves(found.used, found.r_peaks, waves, FlutterWaveSettings())
    assert not chosen.any()
