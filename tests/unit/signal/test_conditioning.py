from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt
from unit.small_recordings import ecg, recording_of

from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.beats.settings import DetectorSettings
from deepecg.signal.conditioning import ConditionedLead, condition_leads
from deepecg.signal.settings import ConditioningSettings

WHOLE = 10**6
RATES = [128, 250, 360, 199.8, 257.3, 1000]
SETTINGS = ConditioningSettings()


def wandering_ecg(duration_s: float, rate: float) -> NDArray[np.float32]:
    """An ECG with jitter in its rhythm, baseline wander, noise, an offset and a gap."""
    rng = np.random.default_rng(2)
    beats = np.cumsum(rng.uniform(0.6, 1.0, int(2 * duration_s)))
    signal = ecg(beats[beats < duration_s - 1], duration_s, rate).astype(np.float64)
    t = np.arange(len(signal)) / rate
    signal += 3.0 + 0.4 * np.sin(2 * np.pi * 0.21 * t) + rng.normal(0, 0.02, len(signal))
    signal[round(101.3 * rate) : round(104.8 * rate)] = np.nan
    return signal.astype(np.float32)


def condition(
    signal: NDArray[np.float32], rate: float, chunk_s: int, baseline_mv: float = 3.0
) -> ConditionedLead:
    recording = recording_of(signal, rate=rate)
    return condition_leads(recording, {0: baseline_mv}, replace(SETTINGS, chunk_s=chunk_s))[0]


@pytest.mark.parametrize("rate", RATES)
def test_the_result_does_not_depend_on_the_chunk_length(rate: float) -> None:
    signal = wandering_ecg(700.4, rate)
    whole = condition(signal, rate, WHOLE)
    peaks = detect_r_peaks([whole.signal], whole.rate_hz, DetectorSettings())
    assert len(peaks) > 800
    for chunk_s in (30, 77, 600):
        chunked = condition(signal, rate, chunk_s)
        np.testing.assert_allclose(chunked.signal, whole.signal, rtol=0, atol=1e-6)
        for name in ("highest", "lowest", "at_highest", "at_lowest"):
            np.testing.assert_array_equal(
                getattr(chunked.raw_statistics, name), getattr(whole.raw_statistics, name)
            )
        found = detect_r_peaks([chunked.signal], chunked.rate_hz, DetectorSettings())
        np.testing.assert_allclose(found, peaks, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_chunks_give_what_scipy_gives_on_the_whole_record(rate: float) -> None:
    signal = wandering_ecg(200.7, rate)
    level = np.where(np.isfinite(signal), signal.astype(np.float64) - 3.0, 0)
    ratio = 128 / Fraction(str(rate))
    resampled = resample_poly(level, ratio.numerator, ratio.denominator, padtype="reflect")
    sections = butter(2, [0.5, 50], btype="bandpass", output="sos", fs=128)
    expected = sosfiltfilt(sections, resampled, padlen=1280)
    found = condition(signal, rate, 30).signal
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("chunk_s", [30, 77, WHOLE])
def test_statistics_of_each_second_are_those_of_the_raw_signal(chunk_s: int) -> None:
    rate = 199.8
    signal = wandering_ecg(200.7, rate)
    seconds = condition(signal, rate, chunk_s).raw_statistics
    edges = [*(round(second * rate) for second in range(201)), len(signal)]
    assert len(seconds.highest) == 201
    for second in range(201):
        raw = signal[edges[second] : edges[second + 1]]
        np.testing.assert_allclose(seconds.highest[second], raw.max() - 3.0, rtol=0, atol=1e-6)
        np.testing.assert_allclose(seconds.lowest[second], raw.min() - 3.0, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("rate", "n_samples", "chunk_s"),
    [
        (100.1, 60_060, 600),  # 600 s exactly, but 60060 / 100.1 > 600 in floating point
        (199.8, 15_385, 77),  # a thousandth of a sample more than 77 s
        (257.301, 154_381, 600),
        (199.99, 19_999, 30),  # the ratio of integers is rounded up
        (250, 7_501, 30),
        (1000 / 3, 10_001, 30),
    ],
)
def test_a_recording_that_ends_near_the_end_of_a_chunk_is_conditioned_to_its_end(
    rate: float, n_samples: int, chunk_s: int
) -> None:
    signal = np.random.default_rng(0).normal(0, 1, n_samples).astype(np.float32)
    chunked, whole = (condition(signal, rate, length, 0.0) for length in (chunk_s, WHOLE))
    np.testing.assert_allclose(chunked.signal, whole.signal, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(chunked.raw_statistics.highest, whole.raw_statistics.highest)


@given(st.floats(50, 400), st.integers(500, 9_000), st.integers(3, 50))
@example(100.1, 3003, 30)
@settings(max_examples=20, deadline=None)
def test_every_sample_and_second_is_used_at_any_rate_length_and_chunk(
    rate: float, n_samples: int, chunk_s: int
) -> None:
    signal = np.sin(np.arange(n_samples)).astype(np.float32)
    found = condition(signal, rate, chunk_s, 0.0)
    assert abs(len(found.signal) - n_samples * 128 / rate) <= 1.001
    assert np.abs(found.signal).max() < 10
    assert abs(len(found.raw_statistics.highest) - max(1, n_samples / rate)) <= 0.5
    assert np.max(found.raw_statistics.highest) == signal.max()
    assert np.min(found.raw_statistics.lowest) == signal.min()


@pytest.mark.parametrize("chunk_s", [2, 5, 10, WHOLE])
def test_the_last_second_contains_the_remaining_samples(chunk_s: int) -> None:
    samples = np.arange(2625, dtype=np.float32)  # 10.5 s: 10 seconds
    seconds = condition(samples, 250, chunk_s, 0.0).raw_statistics
    assert len(seconds.lowest) == 10
    assert (seconds.lowest[-1], seconds.highest[-1]) == (2250, 2624)


@pytest.mark.parametrize("rate", [128.01, 360, 896.05])
def test_beat_times_follow_the_recordings_clock_where_the_ratio_is_not_exact(rate: float) -> None:
    beats = np.arange(0.5, 1199, 0.8)
    found = condition(ecg(beats, 1200, rate), rate, 600, 0.0)
    peaks = detect_r_peaks([found.signal], found.rate_hz, DetectorSettings())
    np.testing.assert_allclose(peaks / found.clock_hz, beats, rtol=0, atol=0.004)


def test_missing_samples_become_the_baseline_and_do_not_affect_later_ones() -> None:
    signal = np.full(60 * 250, 3.0, np.float32)
    signal[5000:6000] = np.nan
    signal[8000] = np.inf
    found = condition(signal, 250, 30)
    assert np.abs(found.signal).max() < 1e-6


def test_progress_rises_to_one() -> None:
    reported: list[float] = []
    recording = recording_of(np.zeros(250 * 95), rate=250)
    condition_leads(recording, {0: 0.0}, replace(SETTINGS, chunk_s=30), reported.append)
    assert reported == sorted(reported)
    assert len(reported) == 4
    assert reported[-1] == 1


@given(st.integers(-8, 8))
@settings(max_examples=10, deadline=None)
def test_a_gain_of_a_power_of_two_scales_every_sample_exactly(power: int) -> None:
    signal = ecg(np.arange(0.5, 39, 0.8), 40, 250)
    once = condition(signal, 250, 30, 0.25)
    scaled = condition(signal * np.float32(2**power), 250, 30, 0.25 * 2**power)
    np.testing.assert_array_equal(scaled.signal, once.signal * np.float32(2**power))


def test_inverted_electrodes_invert_the_signal() -> None:
    signal = wandering_ecg(120, 250)
    upright, inverted = condition(signal, 250, 30), condition(-signal, 250, 30, -3.0)
    np.testing.assert_array_equal(inverted.signal, -upright.signal)
