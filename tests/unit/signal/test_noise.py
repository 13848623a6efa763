"""The noise index, held to what was put into the signal and to PhysioNet's own noisy records."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import RATE, conditioned_lead, ecg, every, recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.beats.settings import DetectorSettings
from deepecg.errors import NoisyError
from deepecg.readers.open_recording import open_recording
from deepecg.scoring import score_recording
from deepecg.signal.noise import noisy_seconds
from deepecg.signal.settings import NoiseSettings, QrsSettings

DURATION_S = 300
BEATS_S = every(0.83, DURATION_S) + 0.02 * np.sin(np.arange(len(every(0.83, DURATION_S))))
NOISY = slice(120, 180)


def clean() -> NDArray[np.float64]:
    noise = np.random.default_rng(0).normal(0, 0.01, DURATION_S * RATE)
    return ecg(BEATS_S, DURATION_S, RATE) + noise


def wandering(rng: np.random.Generator, n_samples: int) -> NDArray[np.float64]:
    """Return the noise of a moved electrode: jumps that decay within 0.1 s, 1 mV rms."""
    jumps = rng.normal(size=n_samples) * (rng.random(n_samples) < 0.2)
    decay = np.exp(-np.arange(RATE) / (0.1 * RATE))
    found = np.convolve(jumps, decay)[:n_samples]
    return found / found.std()


def disturbed(strength: float) -> NDArray[np.float64]:
    """Return an ECG of 1 mV with a minute of a moved electrode."""
    signal = clean()
    inside = slice(NOISY.start * RATE, NOISY.stop * RATE)
    signal[inside] += strength * wandering(np.random.default_rng(1), 60 * RATE)
    return signal


def noisy(signal: NDArray[np.floating]) -> NDArray[np.bool_]:
    lead = conditioned_lead(signal)
    n_seconds = round(len(signal) / RATE)
    r_peaks = detect_r_peaks([lead.signal], lead.rate_hz, DetectorSettings())
    return noisy_seconds(lead, r_peaks, n_seconds, NoiseSettings(), QrsSettings())


def test_a_clean_lead_has_no_noise_at_any_gain_and_polarity() -> None:
    for factor in (1, -1, 0.2, 10):
        assert not noisy(factor * clean()).any()


def test_a_moving_electrode_is_noise_while_it_moves() -> None:
    found = noisy(disturbed(0.5))
    assert found[NOISY].mean() > 0.9
    assert not found[: NOISY.start - 10].any()
    assert not found[NOISY.stop + 10 :].any()


def test_noise_does_not_change_with_gain_and_polarity() -> None:
    once = noisy(disturbed(0.5))
    for factor in (-1, 0.3, 5):
        np.testing.assert_array_equal(noisy(factor * disturbed(0.5)), once)


def test_muscle_noise_as_large_as_the_qrs_is_noise() -> None:
    signal = clean()
    rng = np.random.default_rng(2)
    signal[NOISY.start * RATE : NOISY.stop * RATE] += rng.normal(0, 0.5, 60 * RATE)
    assert noisy(signal)[NOISY].mean() > 0.9


def test_ventricular_beats_are_no_noise_alone_in_couplets_or_in_runs() -> None:
    t = np.arange(DURATION_S * RATE) / RATE
    signal = clean()
    for beat in (20, 50, 51, 80, 81, 82, 83, *range(150, 170), 200, 202, 204, 206, 208):
        at = BEATS_S[beat]
        around = np.abs(t - at) < 0.4
        signal[around] = (
            -2.0 * np.sin(2 * np.pi * (t[around] - at) / 0.5) * (np.abs(t[around] - at) < 0.25)
        )
    assert not noisy(signal).any()


def test_a_pause_and_a_rapid_irregular_rhythm_are_no_noise() -> None:
    rng = np.random.default_rng(3)
    beats = np.cumsum(rng.uniform(0.35, 0.9, 460))
    beats = beats[(beats < DURATION_S - 1) & ~((beats > 100) & (beats < 112))]
    t = np.arange(DURATION_S * RATE) / RATE
    waves = 0.05 * np.sin(2 * np.pi * (6 * t + 0.3 * np.sin(0.7 * t)))
    assert not noisy(ecg(beats, DURATION_S, RATE) + waves + rng.normal(0, 0.01, len(t))).any()


@pytest.mark.parametrize("seconds", [1, 2, 10])
def test_a_lead_without_enough_beats_is_not_noisy(seconds: int) -> None:
    assert not noisy(np.zeros(seconds * RATE)).any()


def test_a_lead_that_is_noise_throughout_is_rejected_as_noisy(model_dir: Path) -> None:
    nothing_else = wandering(np.random.default_rng(4), 300 * RATE)
    with pytest.raises(NoisyError, match=r"too noisy, expected"):
        score_recording(recording_of(nothing_else, rate=RATE), BeatClassifier.load(model_dir))


def test_noise_on_one_of_two_leads_loses_no_second_and_no_beat(model_dir: Path) -> None:
    classifier = BeatClassifier.load(model_dir)
    quiet = 0.8 * clean()
    scored = score_recording(recording_of(disturbed(0.5), quiet, rate=RATE), classifier)
    assert sorted(lead.number for lead in scored.used) == [0, 1]
    assert not scored.flags.noisy.any()
    assert max(lead.flags.noisy.sum() for lead in scored.used) > 50
    assert len(scored.beats.times_s) == len(BEATS_S)


@pytest.mark.parametrize("record", ["118e24", "118"])
def test_a_clean_record_has_no_noisy_second(data_dir: Path, model_dir: Path, record: str) -> None:
    folder = "nstdb" if "e" in record else "mitdb"
    scored = score_recording(
        open_recording(data_dir / folder / f"{record}.hea"), BeatClassifier.load(model_dir)
    )
    assert scored.flags.noisy.sum() == 0


def test_strong_noise_of_physionets_noise_stress_test_is_found_where_it_was_added(
    data_dir: Path, model_dir: Path
) -> None:
    # By its description noise is added for two minutes of every four from the fifth minute on.
    recording = open_recording(data_dir / "nstdb" / "118e06.hea")
    found = score_recording(recording, BeatClassifier.load(model_dir)).flags.noisy
    second = np.arange(len(found))
    put = (second >= 300) & ((second - 300) // 120 % 2 == 0)
    assert found[put].mean() > 0.9
    assert found[~put].mean() < 0.05
