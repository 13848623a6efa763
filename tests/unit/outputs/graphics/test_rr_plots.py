from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.outputs.graphics.test_heart_rate_trend import stream_of

from deepecg.outputs.graphics.rr_plots import Poincare, RrHistogram, poincare, rr_histogram
from deepecg.outputs.graphics.settings import RrPlotSettings

SETTINGS = RrPlotSettings()


def histogram_of(
    rr_s: list[float], classes: str = "", fibrillation: tuple[int, ...] = ()
) -> RrHistogram:
    """Return the histogram of beats after a first one; NaN is a gap."""
    times = np.cumsum([0.5, *np.nan_to_num(rr_s, nan=20)])
    stream = stream_of(times.tolist(), classes or "N" * len(times), int(times[-1]) + 1)
    stream.rr_s[1:] = rr_s
    inside = np.isin(np.arange(len(times)), fibrillation)
    return rr_histogram(stream, inside, SETTINGS)


def poincare_of(rr_s: list[float]) -> Poincare:
    times = np.cumsum([0.5, *np.nan_to_num(rr_s, nan=20)])
    stream = stream_of(times.tolist(), "N" * len(times), int(times[-1]) + 1)
    stream.rr_s[1:] = rr_s
    return poincare(stream, SETTINGS)


def cell(rr_ms: float) -> int:
    """Walk through the bins until the interval is in one."""
    for number in range(SETTINGS.n_bins):
        if rr_ms < SETTINGS.first_ms + (number + 1) * SETTINGS.bin_ms:
            return number
    return SETTINGS.n_bins - 1


def test_intervals_are_counted_in_the_bin_that_holds_them() -> None:
    histogram = histogram_of([0.8, 0.8, 0.81, 1.2])
    assert histogram.first_ms == 200
    bins = {int(n): int(histogram.count[n]) for n in np.flatnonzero(histogram.count)}
    # (800 - 200) / 15.625 = 38.4, (810 - 200) / 15.625 = 39.04, (1200 - 200) / 15.625 = 64
    assert bins == {38: 2, 39: 1, 64: 1}


def test_nn_intervals_have_a_normal_beat_on_either_side() -> None:
    histogram = histogram_of([0.5, 1.1, 0.8, 0.6, 0.9], "NVNNSN")
    assert histogram.count.sum() == 5
    assert histogram.nn_count.sum() == 1
    assert histogram.nn_count[cell(800)] == 1


def test_no_interval_is_nn_in_fibrillation() -> None:
    histogram = histogram_of([0.5, 1.1, 0.8, 0.6, 0.9], fibrillation=(2, 3))
    # Left are the interval before beat 1, and that before beat 5
    assert histogram.nn_count[[cell(500), cell(900)]].tolist() == [1, 1]
    assert histogram.nn_count.sum() == 2


def test_intervals_beyond_the_bins_are_in_the_outermost() -> None:
    histogram = histogram_of([0.1, 5.0, 2.3])
    assert histogram.count[0] == 1
    assert histogram.count[-1] == 2


def test_no_comb_of_intervals_measured_at_128_hz() -> None:
    steps = np.arange(40, 240)  # every interval that samples allow, once
    histogram = histogram_of((steps / 128).tolist())
    first, last = cell(40 / 128 * 1000) + 1, cell(239 / 128 * 1000)
    assert set(histogram.count[first:last].tolist()) == {2}


def test_alternating_intervals_make_two_cells() -> None:
    plot = poincare_of([0.6, 1.0] * 10)
    rows, columns = np.nonzero(plot.count)
    found = {(int(r), int(c)): int(plot.count[r, c]) for r, c in zip(rows, columns, strict=True)}
    # Rows are the later interval: 1000 after 600 ten times, 600 after 1000 nine times
    assert found == {(cell(1000), cell(600)): 10, (cell(600), cell(1000)): 9}


def test_intervals_on_either_side_of_a_gap_make_no_pair() -> None:
    plot = poincare_of([0.8, 0.8, np.nan, 0.7, 0.7])
    assert plot.count.sum() == 2
    assert plot.count[cell(800), cell(800)] == plot.count[cell(700), cell(700)] == 1


@given(st.lists(st.integers(150, 3000) | st.none(), min_size=3, max_size=60))
def test_every_interval_and_every_pair_is_counted_once(rr_ms: list[int | None]) -> None:
    rr_s = [np.nan if ms is None else (ms + 0.3) / 1000 for ms in rr_ms]
    histogram, plot = histogram_of(rr_s), poincare_of(rr_s)
    expected = np.zeros(SETTINGS.n_bins, np.int64)
    for ms in rr_ms:
        if ms is not None:
            expected[cell(ms + 0.3)] += 1
    assert histogram.count.tolist() == histogram.nn_count.tolist() == expected.tolist()
    pairs = [pair for pair in pairwise(rr_ms) if None not in pair]
    assert plot.count.sum() == len(pairs)


def test_the_bins_reach_to_pauses() -> None:
    assert SETTINGS.first_ms + SETTINGS.n_bins * SETTINGS.bin_ms == pytest.approx(2200)
