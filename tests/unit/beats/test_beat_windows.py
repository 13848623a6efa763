import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.small_recordings import RATE, ecg, every

from deepecg.beats.beat_windows import correlation, cut_windows, slope, template_beat, z_score
from deepecg.beats.settings import WindowSettings

SETTINGS = WindowSettings()
PEAK = round(SETTINGS.before_s * RATE)
SIGNAL = np.random.default_rng(0).normal(size=2000).astype(np.float32)


def beats_of_shape(shape: NDArray[np.floating], n_beats: int, noise: float) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return (shape + rng.normal(0, noise, (n_beats, len(shape)))).astype(np.float32)


def one_beat(**waves: float) -> NDArray[np.float32]:
    return ecg(np.array([SETTINGS.before_s]), 1, RATE, **waves)


def test_the_default_window_is_one_second_with_the_r_peak_at_three_eighths() -> None:
    windows = cut_windows(SIGNAL, np.array([500.0]), RATE, SETTINGS)
    assert windows.shape == (1, 128)
    assert windows[0, 48] == SIGNAL[500]
    np.testing.assert_array_equal(windows[0], SIGNAL[452:580])


@given(st.lists(st.floats(60, 1900), max_size=20))
@settings(max_examples=25, deadline=None)
def test_the_sample_nearest_to_the_r_peak_has_its_place_in_the_window(peaks: list[float]) -> None:
    windows = cut_windows(SIGNAL, np.array(peaks, np.float64), RATE, SETTINGS)
    assert windows.shape == (len(peaks), 128)
    for window, peak in zip(windows, peaks, strict=True):
        assert window[PEAK] == SIGNAL[round(peak)]


def test_beyond_the_ends_the_last_value_is_repeated() -> None:
    first, last = cut_windows(SIGNAL, np.array([10.0, 1990.0]), RATE, SETTINGS)
    assert np.all(first[: PEAK - 10] == SIGNAL[0])
    np.testing.assert_array_equal(first[PEAK - 10 :], SIGNAL[: 128 - PEAK + 10])
    assert np.all(last[PEAK + 10 :] == SIGNAL[-1])


def test_other_extents_make_other_lengths() -> None:
    wide = WindowSettings(before_s=0.25, after_s=1.0)
    assert cut_windows(SIGNAL, np.array([500.0]), RATE, wide).shape == (1, 160)


def test_z_scored_windows_have_mean_0_and_deviation_1() -> None:
    scored = z_score(SIGNAL[:1280].reshape(10, 128) * 7 + 3)
    assert scored.dtype == np.float32
    np.testing.assert_allclose(scored.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(scored.std(axis=1), 1, atol=1e-5)


def test_z_scores_by_hand() -> None:
    np.testing.assert_allclose(
        z_score(np.array([[1, 3, 1, 3]], np.float32)), [[-1, 1, -1, 1]], atol=1e-7
    )


def test_a_flat_window_becomes_0() -> None:
    np.testing.assert_array_equal(z_score(np.full((2, 5), 0.5, np.float32)), np.zeros((2, 5)))


@given(st.floats(1e-3, 1e3), st.floats(-10, 10))
@settings(max_examples=25, deadline=None)
def test_z_scores_change_with_neither_gain_nor_offset(gain: float, offset: float) -> None:
    windows = SIGNAL[:1280].reshape(10, 128).astype(np.float64)
    found = z_score((gain * (windows + offset)).astype(np.float32))
    np.testing.assert_allclose(found, z_score(windows.astype(np.float32)), atol=2e-4)


@given(st.integers(-10, 10))
@settings(max_examples=10, deadline=None)
def test_z_scores_do_not_change_by_a_bit_with_a_power_of_two(power: int) -> None:
    windows = SIGNAL[:1280].reshape(10, 128)
    np.testing.assert_array_equal(z_score(windows * np.float32(2.0**power)), z_score(windows))


def test_the_slope_is_the_difference_and_ends_in_0() -> None:
    np.testing.assert_array_equal(slope(np.array([[1, 4, 2]], np.float32)), [[3, -2, 0]])


def test_correlation_is_pearsons() -> None:
    windows = SIGNAL[:1280].reshape(10, 128)
    found = correlation(z_score(windows), z_score(windows[3]))
    expected = [np.corrcoef(window, windows[3])[0, 1] for window in windows]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(
        correlation(z_score(-windows[3]), z_score(windows[3])), -1, atol=1e-5
    )


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45])
def test_ectopic_beats_do_not_change_the_template_beat(share: float) -> None:
    usual, ectopic = one_beat(), one_beat(r_mv=-1.5, qrs_s=0.05, t_mv=0.6)
    n_ectopic = round(200 * share)
    windows = np.concatenate(
        [beats_of_shape(usual, 200 - n_ectopic, 0.02), beats_of_shape(ectopic, n_ectopic, 0.02)]
    )
    np.testing.assert_allclose(template_beat(windows), usual, atol=0.02)


def test_the_template_beat_of_equal_beats_is_that_beat_and_of_one_itself() -> None:
    usual = one_beat()
    np.testing.assert_array_equal(template_beat(np.stack([usual] * 5)), usual)
    np.testing.assert_array_equal(template_beat(usual[None]), usual)


def test_the_template_beat_does_not_depend_on_the_order_of_beats() -> None:
    windows = cut_windows(ecg(every(0.83, 60), 60), every(0.83, 60) * RATE, RATE, SETTINGS)
    np.testing.assert_array_equal(template_beat(windows[::-1]), template_beat(windows))


def test_beats_that_resemble_nothing_still_have_a_median() -> None:
    noise = np.random.default_rng(1).normal(size=(50, 128)).astype(np.float32)
    assert np.isfinite(template_beat(noise)).all()
    np.testing.assert_array_equal(template_beat(np.zeros((3, 128), np.float32)), np.zeros(128))
