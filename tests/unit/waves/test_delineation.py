from collections.abc import Sequence

import numpy as np
import pytest

from deepecg.waves.delineation import delineate
from deepecg.waves.settings import DelineationSettings
from deepecg.waves.wave_intervals import WaveIntervals
from deepecg.waves.waves import Waves

RATE = 100
SETTINGS = DelineationSettings()
R_S = np.arange(1.0, 31.0)  # a beat each second


def intervals(
    peaks_s: Sequence[float] | np.ndarray, half_s: float, probability: float | np.ndarray = 1.0
) -> WaveIntervals:
    """Return waves of one length around peaks."""
    peaks = np.sort(np.asarray(peaks_s, float)) * RATE
    half = half_s * RATE
    certain = np.broadcast_to(np.float32(probability), len(peaks)).astype(np.float32)
    area = (2 * half * certain).astype(np.float32)
    return WaveIntervals(peaks - half, peaks, peaks + half, certain, area)


NONE = intervals([], 0)


def waves_of(
    p: WaveIntervals = NONE,
    qrs: WaveIntervals | None = None,
    t: WaveIntervals = NONE,
    r_s: np.ndarray = R_S,
) -> Waves:
    qrs = intervals(r_s, 0.05) if qrs is None else qrs
    return delineate(r_s * RATE, p, qrs, t, SETTINGS, rate_hz=RATE, clock_hz=float(RATE))


def test_every_wave_of_sinus_rhythm_belongs_to_its_beat() -> None:
    waves = waves_of(intervals(R_S - 0.16, 0.05), t=intervals(R_S + 0.3, 0.1))
    np.testing.assert_allclose(waves.p_onset_s, R_S - 0.21)
    np.testing.assert_allclose(waves.p_peak_s, R_S - 0.16)
    np.testing.assert_allclose(waves.p_offset_s, R_S - 0.11)
    np.testing.assert_allclose(waves.qrs_onset_s, R_S - 0.05)
    np.testing.assert_allclose(waves.qrs_offset_s, R_S + 0.05)
    np.testing.assert_allclose(waves.t_onset_s, R_S + 0.2)
    np.testing.assert_allclose(waves.t_peak_s, R_S + 0.3)
    np.testing.assert_allclose(waves.t_offset_s, R_S + 0.4)
    np.testing.assert_allclose(waves.pr_s, 0.16)
    np.testing.assert_allclose(waves.qrs_s, 0.1)
    assert waves.has_p.all()
    assert len(waves.extra_p_peak_s) == 0
    assert len(waves) == len(R_S)


def test_no_wave_is_nan() -> None:
    waves = waves_of(qrs=NONE)
    for name in ("p_onset_s", "p_peak_s", "qrs_onset_s", "qrs_offset_s", "t_peak_s", "t_offset_s"):
        assert np.isnan(getattr(waves, name)).all()
    assert not waves.has_p.any()
    assert (waves.p_probability == 0).all()


def test_without_beats_there_are_no_waves_of_beats() -> None:
    assert len(waves_of(r_s=np.empty(0))) == 0


def test_two_to_one_block_has_a_p_wave_without_a_beat_between_beats() -> None:
    r_s = np.arange(1.0, 41.0, 1.6)
    ps = np.concatenate([r_s - 0.18, r_s + 0.62])
    waves = waves_of(intervals(ps, 0.05), t=intervals(r_s + 0.3, 0.1), r_s=r_s)
    np.testing.assert_allclose(waves.p_peak_s, r_s - 0.18)
    np.testing.assert_allclose(waves.extra_p_peak_s, r_s + 0.62)
    np.testing.assert_allclose(waves.all_p_peaks_s, np.sort(ps))


def test_p_waves_in_a_standstill_and_on_a_t_wave_are_kept_those_in_a_qrs_complex_are_not() -> None:
    r_s = np.array([1.0, 2.0, 12.0, 13.0])
    alone = np.arange(2.8, 11.5, 0.8)
    p = intervals(np.concatenate([[1.3, 2.02], alone]), 0.05)
    waves = waves_of(p, t=intervals(r_s + 0.3, 0.1), r_s=r_s)
    np.testing.assert_allclose(waves.extra_p_peak_s, [1.3, *alone])
    assert not waves.has_p.any()  # the last before the third beat is 0.8 s away


def test_a_p_wave_of_the_first_beat_may_precede_it_by_the_longest_pr_interval_only() -> None:
    for pr_s, has_p in ((0.55, True), (0.65, False)):
        waves = waves_of(intervals([1 - 0.05 - pr_s + 0.05], 0.05))
        assert waves.has_p[0] == has_p
        assert len(waves.extra_p_peak_s) == (not has_p)


def test_an_uncertain_p_wave_counts_where_its_neighbours_have_the_same_pr_interval() -> None:
    low = 0.9 * SETTINGS.p_probability
    assert waves_of(intervals(R_S - 0.16, 0.05, low)).has_p.all()
    random = np.random.default_rng(0)
    anywhere = R_S - random.uniform(0.12, 0.5, len(R_S))
    assert waves_of(intervals(anywhere, 0.05, low)).has_p.mean() < 0.1
    assert waves_of(intervals(anywhere, 0.05, 0.99)).has_p.all()


def test_an_uncertain_p_wave_of_no_beat_does_not_count() -> None:
    low = 0.9 * SETTINGS.p_probability
    assert len(waves_of(intervals([5.6], 0.05, low), r_s=R_S[::5]).extra_p_peak_s) == 0


def test_an_uncertain_p_wave_counts_in_a_regular_train_of_p_waves() -> None:
    r_s = np.arange(1.0, 41.0, 1.9)
    p_s = np.arange(0.5, 40.0, 0.8)
    p_s = p_s[np.abs(p_s[:, None] - r_s).min(axis=1) > 0.06]
    uncertain = np.zeros(len(p_s), bool)
    uncertain[10:-10:7] = True
    probability = np.where(uncertain, SETTINGS.train_probability + 0.01, 0.99)
    around = np.diff(p_s)
    regular = np.array(
        [2 <= k < len(p_s) - 2 and np.ptp(around[k - 2 : k + 2]) < 1e-6 for k in range(len(p_s))]
    )
    waves = waves_of(intervals(p_s, 0.05, probability), r_s=r_s)
    np.testing.assert_allclose(waves.all_p_peaks_s, p_s[~uncertain | regular])
    assert (uncertain & regular).any()
    shifted = p_s + np.where(uncertain, 0.1, 0)
    waves = waves_of(intervals(shifted, 0.05, probability), r_s=r_s)
    np.testing.assert_allclose(waves.all_p_peaks_s, p_s[~uncertain])


def test_the_t_wave_is_the_largest_between_two_qrs_complexes() -> None:
    t = WaveIntervals.join([intervals(R_S + 0.3, 0.1), intervals(R_S + 0.55, 0.04)])
    t = t[np.argsort(t.peak)]
    np.testing.assert_allclose(waves_of(t=t).t_peak_s, R_S + 0.3)
    assert np.isnan(waves_of(t=intervals(R_S + 0.3, 0.1, 0.4)).t_peak_s).all()


def test_too_short_waves_do_not_count() -> None:
    waves = waves_of(intervals(R_S - 0.16, 0.01), t=intervals(R_S + 0.3, 0.02))
    assert not waves.has_p.any()
    assert np.isnan(waves.t_peak_s).all()


def test_a_qrs_complex_far_from_the_r_peak_or_wider_than_any_is_not_the_beats() -> None:
    waves = waves_of(qrs=intervals(R_S + 0.2, 0.05))
    assert np.isnan(waves.qrs_onset_s).all()
    waves = waves_of(qrs=intervals(R_S, 0.3))
    assert np.isnan(waves.qrs_onset_s).all()


def test_times_follow_the_recordings_own_clock() -> None:
    p = intervals(R_S - 0.16, 0.05)
    waves = delineate(R_S * RATE, p, NONE, NONE, SETTINGS, rate_hz=RATE, clock_hz=99.9)
    assert waves.p_peak_s == pytest.approx((R_S - 0.16) * RATE / 99.9)
