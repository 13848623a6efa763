from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from deepecg.signal.filters import band_pass, resample, resampling_ratio
from deepecg.signal.settings import ConditioningSettings

SETTINGS = ConditioningSettings()
RATE = SETTINGS.rate_hz


def tone(hz: float, rate: float, seconds: float = 60) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def gain_at(hz: float) -> float:
    """Return the filter's gain at one frequency, measured on the middle of a long tone."""
    middle = slice(20 * RATE, -20 * RATE)
    return float(np.std(band_pass(tone(hz, RATE), SETTINGS)[middle])) / float(
        np.std(tone(hz, RATE)[middle])
    )


def analytic_gain(hz: float) -> float:
    """Gain of a second-order Butterworth band-pass, bilinear transform, there and back.

    The analogue band-pass has |H|^2 = 1 / (1 + Q^4) at order 2, with
    Q = (w^2 - w_low w_high) / (w (w_high - w_low)); the digital filter has it at
    w = tan(pi f / fs). Forwards and backwards it is passed twice.
    """
    low, high, w = (np.tan(np.pi * f / RATE) for f in (SETTINGS.low_hz, SETTINGS.high_hz, hz))
    q = (w**2 - low * high) / (w * (high - low))
    return float(1 / (1 + q**4))


@pytest.mark.parametrize("corner_hz", [0.5, 50.0])
def test_the_gain_at_both_corners_is_minus_6_decibel(corner_hz: float) -> None:
    assert 20 * np.log10(gain_at(corner_hz)) == pytest.approx(-6.02, abs=0.05)


@pytest.mark.parametrize("hz", [0.2, 0.35, 0.5, 0.8, 1.5, 5.0, 17.0, 30.0, 45.0, 55.0, 60.0])
def test_the_gain_follows_the_butterworth_formula(hz: float) -> None:
    assert gain_at(hz) == pytest.approx(analytic_gain(hz), rel=0.01, abs=1e-4)


def test_the_pass_band_is_flat_within_one_percent_from_1_5_to_28_hz() -> None:
    assert all(abs(gain_at(hz) - 1) < 0.01 for hz in (1.8, 3, 8, 15, 25, 28))


def test_a_constant_is_removed() -> None:
    assert np.abs(band_pass(np.full(60 * RATE, 3.0), SETTINGS)).max() < 1e-9


def test_the_filter_has_no_delay() -> None:
    impulse = np.zeros(40 * RATE + 1)
    impulse[20 * RATE] = 1
    response = band_pass(impulse, SETTINGS)
    assert response.argmax() == 20 * RATE
    np.testing.assert_allclose(response, response[::-1], atol=1e-9)


@given(st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_any_length_is_filtered_to_the_same_length(n_samples: int) -> None:
    filtered = band_pass(np.linspace(0, 1, n_samples), SETTINGS)
    assert filtered.shape == (n_samples,)
    assert np.isfinite(filtered).all()


@pytest.mark.parametrize("rate", [128, 180, 199.8, 250, 256, 257.3, 360, 500, 1000])
def test_a_tone_keeps_time_and_amplitude_when_resampled(rate: float) -> None:
    found = resample(tone(7.3, rate, 20), resampling_ratio(rate, RATE))
    expected = tone(7.3, RATE, 20)
    middle = slice(2 * RATE, -2 * RATE)
    np.testing.assert_allclose(found[middle], expected[middle], atol=0.005)


@pytest.mark.parametrize("hz", [90.0, 120.0, 150.0])
def test_tones_above_half_the_new_rate_do_not_fold_back(hz: float) -> None:
    found = resample(tone(hz, 1000, 20), resampling_ratio(1000, RATE))
    assert np.abs(found[2 * RATE : -2 * RATE]).max() < 0.01


def test_the_same_rate_changes_nothing() -> None:
    signal = tone(3, RATE)
    assert resample(signal, resampling_ratio(RATE, RATE)) is signal


@pytest.mark.parametrize(
    ("rate", "ratio"),
    [
        (128, Fraction(1)),
        (250, Fraction(64, 125)),
        (360, Fraction(16, 45)),
        (199.8, Fraction(640, 999)),
        (257.3, Fraction(1280, 2573)),
        (1000 / 3, Fraction(48, 125)),
    ],
)
def test_rates_become_exact_ratios(rate: float, ratio: Fraction) -> None:
    assert resampling_ratio(rate, 128) == ratio


@given(st.integers(500, 10_000))
@settings(max_examples=100, deadline=None)
def test_rates_with_one_decimal_become_exact_ratios(tenths: int) -> None:
    assert resampling_ratio(tenths / 10, 128) == Fraction(1280, tenths)


@given(st.floats(128, 1000).map(lambda rate: round(rate, 1)), st.integers(2, 3000))
@settings(max_examples=50, deadline=None)
def test_resampling_keeps_the_duration_to_the_next_sample(rate: float, n_samples: int) -> None:
    ratio = resampling_ratio(rate, RATE)
    expected = -(-n_samples * ratio.numerator // ratio.denominator)
    assert len(resample(np.ones(n_samples), ratio)) == expected


@pytest.mark.parametrize("n", [1, 2, 28, 128, 5000])
def test_the_cached_filter_gives_the_result_of_sosfiltfilt(n: int) -> None:
    signal = np.random.default_rng(n).normal(3, 1, n)
    sections = butter(2, (0.5, 50), btype="bandpass", output="sos", fs=RATE)
    scipys = sosfiltfilt(sections, signal, padlen=min(n - 1, 10 * RATE))
    for _ in range(2):
        np.testing.assert_array_equal(band_pass(signal, SETTINGS), scipys)


@pytest.mark.parametrize("ratio", [Fraction(16, 45), Fraction(64, 125), Fraction(2560, 17921)])
def test_the_cached_low_pass_gives_the_result_of_resample_poly(ratio: Fraction) -> None:
    signal = np.random.default_rng(0).normal(3, 1, 4000)
    scipys = resample_poly(signal, ratio.numerator, ratio.denominator, padtype="reflect")
    for _ in range(2):
        np.testing.assert_array_equal(resample(signal, ratio), scipys)
