import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deepecg.heart_rate import HeartRate, heart_rate
from deepecg.settings import RateSettings


def rate_of(
    rr_s: list[float] | NDArray[np.float64], first_s: float = 0.0, window_s: float = 60
) -> HeartRate:
    """Return the heart rate of beats with these intervals between them."""
    times = first_s + np.concatenate([[0], np.cumsum(rr_s)])
    return heart_rate(times, np.diff(times, prepend=np.nan), RateSettings(window_s))


def test_a_steady_second_is_60_a_minute_throughout() -> None:
    found = rate_of([1.0] * 300)
    assert found.mean_bpm == pytest.approx(60)
    assert found.minimum_bpm == pytest.approx(60)
    assert found.maximum_bpm == pytest.approx(60)


def test_the_mean_is_over_time_and_not_over_beats() -> None:
    # 60 beats in 60 s, then 120 beats in 60 s: 180 beats in 2 minutes
    assert rate_of([1.0] * 60 + [0.5] * 120).mean_bpm == pytest.approx(90)


def test_minimum_and_maximum_are_the_slow_and_the_fast_minute_and_say_when() -> None:
    found = rate_of([0.75] * 160 + [1.5] * 80 + [0.75] * 160 + [0.5] * 240 + [0.75] * 160)
    assert found.minimum_bpm == pytest.approx(40)
    assert 120 <= (found.minimum_at_s or 0) <= 180
    assert found.maximum_bpm == pytest.approx(120)
    assert 360 <= (found.maximum_at_s or 0) <= 420


def test_one_wrong_short_interval_makes_no_absurd_maximum() -> None:
    rr = [1.0] * 300
    rr[150:151] = [0.07, 0.93]  # one false beat; the interval alone would be 857 a minute
    found = rate_of(rr)
    assert found.maximum_bpm == pytest.approx(61, abs=0.1)  # 61 beats in that minute
    assert found.minimum_bpm == pytest.approx(60)


def test_one_missed_beat_makes_no_absurd_minimum() -> None:
    rr = [1.0] * 150 + [2.0] + [1.0] * 150
    assert rate_of(rr).minimum_bpm == pytest.approx(59, abs=0.5)


def test_without_intervals_there_is_no_rate() -> None:
    for n_beats in (0, 1, 3):
        found = heart_rate(np.arange(n_beats) * 1.0, np.full(n_beats, np.nan), RateSettings())
        assert found == HeartRate(None, None, None, None, None)


def test_a_recording_shorter_than_half_a_window_has_a_mean_only() -> None:
    found = rate_of([0.8] * 36)  # 28.8 s
    assert found.mean_bpm == pytest.approx(75)
    assert (found.minimum_bpm, found.maximum_bpm, found.minimum_at_s) == (None, None, None)
    assert rate_of([0.8] * 38).minimum_bpm == pytest.approx(75)  # 30.4 s


def test_time_in_gaps_counts_for_nothing() -> None:
    times = np.concatenate([np.arange(0, 100), np.arange(400, 500)]).astype(float)
    rr = np.diff(times, prepend=np.nan)
    rr[100] = np.nan
    found = heart_rate(times, rr, RateSettings())
    assert found.mean_bpm == pytest.approx(60)
    assert found.minimum_bpm == pytest.approx(60)
    assert found.maximum_bpm == pytest.approx(60)


def test_a_short_island_between_gaps_makes_no_extreme() -> None:
    island = 150 + np.cumsum(np.full(10, 0.3))  # 3 s at 200 a minute
    times = np.concatenate([np.arange(0, 100), island, np.arange(300, 400)]).astype(float)
    rr = np.diff(times, prepend=np.nan)
    rr[[100, 110]] = np.nan
    assert heart_rate(times, rr, RateSettings()).maximum_bpm == pytest.approx(60)


def test_the_window_is_a_setting() -> None:
    rr = [1.0] * 60 + [0.5] * 20 + [1.0] * 60
    assert rate_of(rr, window_s=10).maximum_bpm == pytest.approx(120)
    # 20 beats in 10 s and 50 in the 50 s around them
    assert rate_of(rr, window_s=60).maximum_bpm == pytest.approx(70)


@given(st.lists(st.floats(0.25, 2.5), min_size=1, max_size=300))
@settings(max_examples=40, deadline=None)
def test_minimum_and_maximum_enclose_no_more_than_the_intervals_do(rr: list[float]) -> None:
    found = rate_of(rr)
    fastest, slowest = 60 / min(rr) + 1e-6, 60 / max(rr) - 1e-6
    assert slowest <= (found.mean_bpm or 0) <= fastest
    if found.minimum_bpm is not None and found.maximum_bpm is not None:
        assert slowest <= found.minimum_bpm <= found.maximum_bpm <= fastest


@given(st.integers(1, 100_000))
@settings(max_examples=20, deadline=None)
def test_a_delay_moves_when_and_not_how_fast(delay_s: int) -> None:
    rr = np.random.default_rng(0).uniform(0.6, 1.1, 400)
    once, later = rate_of(rr), rate_of(rr, delay_s)
    assert later.mean_bpm == pytest.approx(once.mean_bpm)
    assert later.minimum_bpm == pytest.approx(once.minimum_bpm)
    assert later.maximum_at_s == pytest.approx((once.maximum_at_s or 0) + delay_s)
