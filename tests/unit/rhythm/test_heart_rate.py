from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.rhythm.beat_streams import stream_of

from deepecg.rhythm.heart_rate import HeartRate, heart_rate
from deepecg.rhythm.settings import RateSettings


def rate_of(
    rr_s: list[float] | NDArray[np.float64], first_s: float = 0.0, window_s: float = 60
) -> HeartRate:
    """Return the heart rate of beats with these intervals between them."""
    return heart_rate(
        stream_of("N" * (len(rr_s) + 1), rr_s, first_s=first_s), RateSettings(window_s)
    )


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
        found = heart_rate(stream_of("|".join("N" * n_beats)), RateSettings())
        assert found == HeartRate(None, None, None, None, None, None, None, 0, 0)


def test_a_recording_shorter_than_half_a_window_has_a_mean_only() -> None:
    found = rate_of([0.8] * 36)  # 28.8 s
    assert found.mean_bpm == pytest.approx(75)
    assert (found.minimum_bpm, found.maximum_bpm, found.minimum_at_s) == (None, None, None)
    assert rate_of([0.8] * 38).minimum_bpm == pytest.approx(75)  # 30.4 s


def test_how_much_of_a_window_is_to_be_known_is_a_setting() -> None:
    stream = stream_of("N" * 37, 0.8)  # 28.8 s
    assert heart_rate(stream, RateSettings()).minimum_bpm is None
    assert heart_rate(stream, RateSettings(covered_share=0.4)).minimum_bpm == pytest.approx(75)


def test_means_by_day_and_by_night() -> None:
    # from 21:00: an hour at 75 until the night begins, ten hours of night at 50, an hour at 100
    rr = np.concatenate([np.full(4500, 0.8), np.full(30_000, 1.2), np.full(6000, 0.6)])
    stream = stream_of("N" * (len(rr) + 1), rr, first_s=0.0)
    found = heart_rate(replace(stream, midnight_s=21 * 3600.0 - 1e-6), RateSettings())
    assert found.night_mean_bpm == pytest.approx(50)
    assert found.day_mean_bpm == pytest.approx(10_500 / 7200 * 60)
    other = RateSettings(day_start_hours=7, night_start_hours=21)
    assert heart_rate(replace(stream, midnight_s=8 * 3600.0), other).night_mean_bpm is None
    unknown = heart_rate(stream, RateSettings())
    assert (unknown.day_mean_bpm, unknown.night_mean_bpm) == (None, None)


def test_time_in_gaps_counts_for_nothing() -> None:
    stream = stream_of("N" * 100 + "|" + "N" * 100, 1.0, gap_s=300)
    found = heart_rate(stream, RateSettings())
    assert found.mean_bpm == pytest.approx(60)
    assert found.minimum_bpm == pytest.approx(60)
    assert found.maximum_bpm == pytest.approx(60)
    assert (found.tachycardia_s, found.bradycardia_s) == (0, 0)


def test_a_short_island_between_gaps_makes_no_extreme_and_no_tachycardia() -> None:
    # 3 s at 200 a minute, 50 s and more away from the rest
    rr = [1.0] * 99 + [50.0] + [0.3] * 10 + [150.0] + [1.0] * 99
    found = heart_rate(stream_of("N" * 100 + "|" + "N" * 11 + "|" + "N" * 100, rr), RateSettings())
    assert found.maximum_bpm == pytest.approx(60)
    assert found.tachycardia_s == 0


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


def test_a_steady_rate_is_tachycardia_or_bradycardia_throughout_or_not_at_all() -> None:
    for rr, tachycardia_s, bradycardia_s in (
        (0.5, 300, 0),  # 120 a minute
        (0.6, 0, 0),  # exactly 100 a minute, in sums that are not exact
        (0.59, 299.72, 0),
        (0.8, 0, 0),
        (1.2, 0, 0),  # exactly 50 a minute
        (1.25, 0, 300),  # 48 a minute
    ):
        found = rate_of([rr] * int(300 / rr + 0.01), first_s=10.3)
        assert found.tachycardia_s == pytest.approx(tachycardia_s)
        assert found.bradycardia_s == pytest.approx(bradycardia_s)


def test_the_time_of_tachycardia_is_that_above_the_limit_around_it() -> None:
    # 60 a minute, 10 minutes of 120, 60 again. The mean over a minute centred on an interval is
    # above 100 from where 40 of the 60 s are fast: 10 s inside the fast stretch at either end.
    rr = [1.0] * 600 + [0.5] * 1200 + [1.0] * 600
    assert rate_of(rr).tachycardia_s == pytest.approx(600 - 2 * 10, abs=1)
    # and below 50 from 40 a minute: half of the window or more is slow
    rr = [1.0] * 600 + [1.5] * 400 + [1.0] * 600
    assert rate_of(rr).bradycardia_s == pytest.approx(600, abs=3)


def test_a_burst_and_a_wrong_interval_make_no_tachycardia_time() -> None:
    assert rate_of([1.0] * 300 + [0.3] * 20 + [1.0] * 300).tachycardia_s == 0
    assert rate_of([1.0] * 300 + [0.05, 0.95] + [1.0] * 300).tachycardia_s == 0
    assert rate_of([0.9] * 300 + [2.7] + [0.9] * 300).bradycardia_s == 0


def naive_rate_around(times: NDArray[np.float64], beat: int, window_s: float) -> float:
    """Return the rate around the interval before a beat, interval by interval."""
    centre = (times[beat - 1] + times[beat]) / 2
    beats = covered = 0.0
    for begin, end in pairwise(times):
        inside = min(end, centre + window_s / 2) - max(begin, centre - window_s / 2)
        if inside > 0:
            beats += inside / (end - begin)
            covered += inside
    return 60 * beats / covered if covered >= window_s / 2 else np.nan


@given(st.lists(st.floats(0.25, 2.5), min_size=2, max_size=80), st.sampled_from([5.0, 20.0]))
@settings(max_examples=40, deadline=None)
def test_tachycardia_and_bradycardia_are_what_a_loop_over_intervals_finds(
    rr: list[float], window_s: float
) -> None:
    stream = stream_of("N" * (len(rr) + 1), rr)
    found = heart_rate(stream, RateSettings(window_s))
    around = np.array([naive_rate_around(stream.times_s, k + 1, window_s) for k in range(len(rr))])
    near = np.isclose(around, 100, rtol=0, atol=1e-4) | np.isclose(around, 50, rtol=0, atol=1e-4)
    slack = float(np.sum(np.array(rr)[near])) + 1e-6
    assert found.tachycardia_s == pytest.approx(np.sum(np.array(rr)[around > 100]), abs=slack)
    assert found.bradycardia_s == pytest.approx(np.sum(np.array(rr)[around < 50]), abs=slack)
