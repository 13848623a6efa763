"""The committed network on made-up ECGs whose waves are known, and on parts of real ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from unit.small_recordings import bell, n_paired, recording_of

from deepecg.beats.detection import DetectedBeats, detect_beats
from deepecg.errors import ModelMismatchError
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.waves.wave_card import WAVE_FOLDER
from deepecg.waves.wave_delineator import WaveDelineator, delineator_beside
from deepecg.waves.waves import Waves

RATE = 250
T_PEAK_S = 0.30
"""Time from R to T peak at 60 beats a minute; Bazett's root shortens it at higher rates."""
PARTS = ("p_onset_s", "p_peak_s", "p_offset_s", "qrs_onset_s", "qrs_offset_s", "t_peak_s")


@pytest.fixture(scope="module")
def delineator(model_dir: Path) -> WaveDelineator:
    return WaveDelineator.load(model_dir / WAVE_FOLDER)


def ecg(
    beats_s: np.ndarray,
    p_s: Sequence[float] | np.ndarray,
    duration_s: float,
    p_mv: float = 0.12,
) -> np.ndarray:
    """Return an ECG of Gaussian waves with noise; each beat has Q, R, S and T waves."""
    time = np.arange(round(duration_s * RATE)) / RATE
    signal = np.random.default_rng(0).normal(0, 0.006, len(time))
    for beat, rr in zip(beats_s, np.diff(beats_s, append=beats_s[-1] + 1), strict=True):
        signal += bell(time, beat, 0.011) - 0.12 * bell(time, beat - 0.03, 0.009)
        signal += -0.2 * bell(time, beat + 0.03, 0.010)
        peak, width = T_PEAK_S * np.sqrt(min(rr, 1)), 0.05 * np.sqrt(min(rr, 1))
        signal += 0.3 * bell(time, beat + peak, width)
    for p in p_s:
        signal += p_mv * bell(time, p, 0.022)
    return signal


def found(
    delineator: WaveDelineator, *leads_mv: np.ndarray, rate: float = RATE
) -> tuple[DetectedBeats, Waves]:
    beats = detect_beats(recording_of(*leads_mv, rate=rate), ScoringSettings())
    return beats, delineator.find(beats.used, beats.r_peaks)


@pytest.mark.parametrize("rr_s", [1.1, 0.85, 0.6, 0.45])
def test_sinus_rhythm_has_a_p_wave_before_every_beat_at_every_rate(
    delineator: WaveDelineator, rr_s: float
) -> None:
    r_s = np.arange(1.0, 59.0, rr_s)
    pr_s = 0.16 if rr_s > 0.5 else 0.12
    beats, waves = found(delineator, ecg(r_s, r_s - pr_s, 60))
    assert len(beats.times_s) == len(r_s)
    assert waves.has_p.mean() > 0.97
    np.testing.assert_allclose(waves.p_peak_s[waves.has_p], (r_s - pr_s)[waves.has_p], atol=0.02)
    assert len(waves.extra_p_peak_s) <= 1
    # A Gaussian is below 3 % of its height at 2.7 standard deviations.
    edge_s = 2.7 * 0.022
    np.testing.assert_allclose(np.nanmean(waves.p_onset_s - r_s), -pr_s - edge_s, atol=0.025)
    np.testing.assert_allclose(np.nanmean(waves.p_offset_s - r_s), -pr_s + edge_s, atol=0.025)
    np.testing.assert_allclose(np.nanmean(waves.qrs_onset_s - r_s), -0.05, atol=0.02)
    np.testing.assert_allclose(np.nanmean(waves.qrs_offset_s - r_s), 0.055, atol=0.025)
    t_peak_s = T_PEAK_S * np.sqrt(min(rr_s, 1))
    np.testing.assert_allclose(np.nanmean(waves.t_peak_s - r_s), t_peak_s, atol=0.02)


def test_complete_block_has_p_waves_of_their_own_rate(delineator: WaveDelineator) -> None:
    r_s = np.arange(1.0, 119.0, 1.7)
    p_s = np.arange(0.3, 119.0, 0.76)
    _, waves = found(delineator, ecg(r_s, p_s, 120))
    after_r_s = p_s - np.concatenate([[-np.inf], r_s])[np.searchsorted(r_s, p_s)]
    before_r_s = np.abs(p_s[:, None] - r_s).min(axis=1)
    clear = (after_r_s > 0.42) & (before_r_s > 0.09)
    assert n_paired(p_s[clear], waves.all_p_peaks_s, 0.05) >= 0.97 * clear.sum()
    on_t = (after_r_s > 0.1) & ~clear & (before_r_s > 0.09)
    assert n_paired(p_s[on_t], waves.all_p_peaks_s, 0.05) >= 0.5 * on_t.sum()
    assert len(waves.all_p_peaks_s) <= len(p_s)


def test_p_waves_of_a_standstill_are_found(delineator: WaveDelineator) -> None:
    r_s = np.concatenate([np.arange(1.0, 25.0, 0.8), np.arange(40.0, 59.0, 0.8)])
    alone = np.arange(25.6, 39.0, 0.8)
    beats = detect_beats(
        recording_of(ecg(r_s, np.concatenate([r_s - 0.16, alone]), 60), rate=RATE),
        ScoringSettings(),
    )
    ventricular = np.abs(beats.times_s[:, None] - r_s).min(axis=1) < 0.02
    assert ventricular.sum() == len(r_s)
    # Whether the detector takes a P wave for a beat is the subject of its own tests.
    waves = delineator.find(beats.used, beats.r_peaks[ventricular])
    assert n_paired(alone, waves.extra_p_peak_s, 0.05) == len(alone)
    assert len(waves.extra_p_peak_s) <= len(alone) + 1
    assert waves.has_p.all()


def test_beats_without_p_waves_have_none(delineator: WaveDelineator) -> None:
    r_s = np.arange(1.0, 59.0, 1.3)
    _, waves = found(delineator, ecg(r_s, [], 60))
    assert waves.has_p.mean() < 0.05
    assert len(waves.extra_p_peak_s) <= 2


def test_a_lead_that_cannot_be_analysed_has_no_say(delineator: WaveDelineator) -> None:
    r_s = np.arange(1.0, 59.0, 0.85)
    good = ecg(r_s, r_s - 0.16, 60)
    bad = good.copy()
    bad[20 * RATE : 40 * RATE] = 0.0
    _, alone = found(delineator, good)
    _, both = found(delineator, good, bad)
    np.testing.assert_allclose(both.p_peak_s, alone.p_peak_s, atol=0.02)
    assert both.has_p.all()


def assert_same(one: Waves, other: Waves, atol: float, delay_s: float = 0.0) -> None:
    for name in PARTS:
        np.testing.assert_allclose(getattr(one, name) - delay_s, getattr(other, name), atol=atol)


def test_the_result_does_not_depend_on_how_many_windows_are_segmented_together(
    data_dir: Path, delineator: WaveDelineator
) -> None:
    beats = detect_beats(open_recording(data_dir / "mitdb" / "208.hea"), ScoringSettings())
    whole = delineator.find(beats.used, beats.r_peaks)
    assert len(whole) > 2500
    for piece_windows in (1, 5):
        parts = delineator.find(beats.used, beats.r_peaks, piece_windows=piece_windows)
        assert_same(parts, whole, atol=1e-6)
        np.testing.assert_allclose(parts.extra_p_peak_s, whole.extra_p_peak_s, atol=1e-6)


def test_gain_changes_no_wave(delineator: WaveDelineator) -> None:
    r_s = np.arange(1.0, 59.0, 0.85)
    signal = ecg(r_s, r_s - 0.16, 60)
    _, once = found(delineator, signal)
    _, more = found(delineator, 4 * signal)
    assert_same(more, once, atol=2e-3)


def test_progress_rises_to_1(delineator: WaveDelineator) -> None:
    r_s = np.arange(1.0, 59.0, 0.85)
    beats = detect_beats(recording_of(ecg(r_s, [], 60), rate=RATE), ScoringSettings())
    told: list[float] = []
    delineator.find(beats.used, beats.r_peaks, told.append, piece_windows=1)
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_model_folder_without_a_network_uses_the_installed_one(
    model_dir: Path, tmp_path: Path
) -> None:
    assert delineator_beside(tmp_path).version == delineator_beside(model_dir).version
    (tmp_path / "other" / WAVE_FOLDER).mkdir(parents=True)
    with pytest.raises(ModelMismatchError):
        delineator_beside(tmp_path / "other")
