"""Gaps and clock drift, against onsets that are made of known ones."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from deepecg.errors import MalformedHeaderError
from deepecg.readers.edf_timeline import MAX_STRETCHES, Timeline, timeline

RATE = 250
DRIFTS = [0.0, 1e-4, -1e-4, 1e-3, -1e-3, 1e-2, -1e-2]
GAPS: list[list[tuple[float, float]]] = [
    [],
    [(0.5, 10.0)],
    [(0.2, 2.0), (0.7, 61.37)],
    [(0.11, 3.0), (0.13, 5.0), (0.5, 1000.0), (0.9, 1.0)],
]
"""Where in the recording, and how many seconds."""


def made(
    record_s: float, drift: float, gaps: list[tuple[float, float]], hours: float = 1.0
) -> NDArray[np.float64]:
    n_records = round(hours * 3600 / record_s)
    onsets = np.arange(n_records) * record_s * (1 + drift)
    for place, length in gaps:
        onsets[int(place * n_records) :] += length
    return onsets


def placed(onsets: NDArray[np.float64], record_s: float, decimals: int) -> Timeline:
    n_decimals = np.full(len(onsets), decimals)
    return timeline(np.round(onsets, decimals), n_decimals, record_s, 1 / RATE)


def starts(times: Timeline) -> NDArray[np.float64]:
    return np.concatenate(
        [item.start_s + np.arange(item.n_records) * times.record_s for item in times.stretches]
    )


@pytest.mark.parametrize("record_s", [1.0, 0.5, 10.0, 1.024])
@pytest.mark.parametrize("decimals", [6, 3, 2])
@pytest.mark.parametrize("gaps", GAPS)
def test_drift_and_gaps_are_told_apart(
    record_s: float, decimals: int, gaps: list[tuple[float, float]]
) -> None:
    for drift, hours in product(DRIFTS, (1 / 6, 24.0)):
        onsets = made(record_s, drift, gaps, hours)
        times = placed(onsets, record_s, decimals)
        assert len(times.gaps_s) == len(gaps)
        resolution = max(2 * 10.0**-decimals, 1 / RATE)
        np.testing.assert_allclose(starts(times), onsets - onsets[0], rtol=0, atol=resolution)
        assert times.record_s / record_s - 1 == pytest.approx(
            drift, abs=2 * resolution / (hours * 3600)
        )
        if not drift:
            assert times.record_s == record_s


@pytest.mark.parametrize("record_s", [1.0, 0.5, 10.0])
@pytest.mark.parametrize("gaps", GAPS)
def test_onsets_in_whole_seconds_are_right_to_one(
    record_s: float, gaps: list[tuple[float, float]]
) -> None:
    for drift, rounded in product(DRIFTS, (np.round, np.floor)):
        onsets = made(record_s, drift, gaps)
        times = placed(rounded(onsets), record_s, 0)
        np.testing.assert_allclose(starts(times), onsets - onsets[0], rtol=0, atol=1.0)
        assert sum(times.gaps_s) <= sum(length for _, length in gaps) + 5


@pytest.mark.parametrize("drift", [1e-2, -1e-2, 1e-3, -1e-3])
def test_drift_of_whole_seconds_is_no_gap(drift: float) -> None:
    times = placed(np.floor(made(1.0, drift, [], hours=24.0)), 1.0, 0)
    assert times.gaps_s == ()
    assert times.record_s == pytest.approx(1 + drift, abs=2e-5)


@pytest.mark.parametrize("drift", [1e-2, -1e-2])
@pytest.mark.parametrize("rounded", [np.round, np.floor])
def test_drift_of_ten_minutes_in_whole_seconds(
    drift: float, rounded: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> None:
    """Beats at the end are less than half the tolerance of a comparison away."""
    onsets = made(1.0, drift, [], hours=1 / 6)
    times = placed(rounded(onsets), 1.0, 0)
    np.testing.assert_allclose(starts(times), onsets, rtol=0, atol=0.05)


def test_onsets_that_run_away_in_small_steps_are_gaps() -> None:
    onsets = np.arange(1200.0)  # one number more for each half a second
    times = placed(onsets, 0.5, 0)
    np.testing.assert_allclose(starts(times), onsets)
    assert times.stretches[0].onset_s == 0


@pytest.mark.parametrize("decimals", [0, 1])
def test_whole_seconds_without_drift_stay_exact(decimals: int) -> None:
    """Gaps of a second at random, as of a recorder that loses data records."""
    lost = np.random.default_rng(0).random(3600) < 0.01
    onsets = np.arange(3600.0) + np.cumsum(lost) - lost[0]
    times = placed(onsets, 1.0, decimals)
    assert times.record_s == 1
    assert len(times.gaps_s) == lost[1:].sum()
    np.testing.assert_allclose(starts(times), onsets - onsets[0])


def test_as_many_seconds_lost_as_held_are_no_drift() -> None:
    onsets = np.cumsum(np.random.default_rng(0).integers(1, 3, 3600)).astype(float)
    times = placed(onsets, 1.0, 0)
    assert times.record_s == 1
    np.testing.assert_allclose(starts(times), onsets - onsets[0])


def test_as_many_digits_in_all() -> None:
    """Written with six digits: later onsets have fewer decimals."""
    onsets = np.array([float(f"{record * 1.0001:.6g}") for record in range(20_000)])
    decimals = np.array([len(f"{onset:.6g}".partition(".")[2]) for onset in onsets])
    times = timeline(onsets, decimals, 1.0, 1 / RATE)
    assert times.gaps_s == ()
    assert times.record_s == pytest.approx(1.0001, abs=1e-5)


def test_drift_that_changes_agrees_at_both_ends() -> None:
    """A recorder that warms up: from 50 to 150 parts in a million, in 24 hours."""
    share = np.linspace(50e-6, 150e-6, 86_400)
    onsets = np.round(np.r_[0.0, np.cumsum(1 + share)[:-1]], 4)
    times = timeline(onsets, np.full(86_400, 4), 1.0, 1 / RATE)
    assert times.gaps_s == ()
    error = starts(times) - onsets
    assert abs(error[-1]) < 1 / RATE
    assert times.deviation_s == pytest.approx(np.abs(error).max(), abs=1e-3)
    assert times.deviation_s < 1.1  # 25 parts in a million of half a day


def test_a_clock_that_scatters_makes_no_gaps() -> None:
    """Onsets taken from a computer's clock, 5 ms around the true ones; one real gap of 3 s."""
    onsets = made(1.0, 2e-4, [(0.4, 3.0)])
    scattered = onsets + np.random.default_rng(0).normal(0, 0.005, len(onsets))
    times = timeline(scattered, np.full(len(onsets), 6), 1.0, 1 / RATE)
    assert len(times.gaps_s) == 1
    np.testing.assert_allclose(starts(times), onsets, rtol=0, atol=0.03)


@pytest.mark.parametrize("wrong", [5e9, -100.0])
@pytest.mark.parametrize("record", [0, 1, 50, 98])
def test_one_wrong_onset_moves_nothing(wrong: float, record: int) -> None:
    onsets = np.arange(100.0)
    onsets[60:] += 7
    expected = onsets.copy()
    onsets[record] = wrong
    times = timeline(onsets, np.zeros(100, int), 1.0, 1 / RATE)
    if record or wrong > 0:
        np.testing.assert_allclose(starts(times), expected)
    else:
        assert times.gaps_s == (100.0, 7.0)  # a first record long before the others is one


def test_a_clock_that_is_set_back_keeps_later_gaps() -> None:
    onsets = np.arange(300.0)
    onsets[100:] -= 50
    onsets[200:] += 7
    times = timeline(onsets, np.zeros(300, int), 1.0, 1 / RATE)
    assert times.gaps_s == (7.0,)
    assert (times.n_backward, times.backward_s) == (1, 50.0)


@pytest.mark.parametrize("n_records", [3, 120_000])
def test_one_onset_for_all_records_says_nothing(n_records: int) -> None:
    times = timeline(np.zeros(n_records), np.zeros(n_records, int), 1.0, 1 / RATE)
    assert times.duration_s == n_records
    assert times.gaps_s == ()
    assert (times.n_backward, times.backward_s) == (n_records - 1, n_records - 1)


def test_a_part_of_a_minute_in_each_minute() -> None:
    onsets = np.arange(0, 86_400, 60.0)
    times = timeline(onsets, np.zeros(len(onsets), int), 10.0, 1 / RATE)
    assert times.gaps_s == (50.0,) * (len(onsets) - 1)


def test_times_of_annotations() -> None:
    onsets = np.r_[5.0:15.0, 25.0:35.0]
    times = timeline(onsets, np.zeros(20, int), 1.0, 1 / RATE)
    assert [times.seconds_at(onset) for onset in (4, 5, 14.5, 20, 25, 34.5, 40)] == [
        -1, 0, 9.5, 15, 20, 29.5, 35,
    ]  # fmt: skip


def test_no_onset_at_all() -> None:
    times = timeline(np.full(10, math.nan), np.zeros(10, int), 0.5, 1 / RATE)
    assert (times.duration_s, times.n_missing, times.gaps_s) == (5.0, 10, ())


def test_jumps_without_end_are_rejected() -> None:
    onsets = np.arange(2.0 * MAX_STRETCHES + 2)
    onsets[1::2] += 0.5
    onsets = np.cumsum(np.r_[0.0, 1 + np.random.default_rng(0).integers(0, 9, len(onsets))])
    with pytest.raises(MalformedHeaderError):
        timeline(onsets, np.zeros(len(onsets), int), 1.0, 1 / RATE)
