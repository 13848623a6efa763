"""Places rows with a time each on a grid of samples at even distances.

Times of rows are seldom even. A phone gives all samples of a radio packet the time at which it
arrived, a table rounds to milliseconds or to seconds, packets are lost, clocks are slow or set
back. Rows that follow each other are taken for samples that follow each other, unless the times
step away from an even pace and stay away: a late packet is followed by early ones, a lost one not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import minimum_filter1d

from deepecg.arrays import Floats, Ints
from deepecg.errors import SamplingRateError

_BLOCK: Final = 1 << 20
"""Rows that are in memory at a time."""
_WINDOW: Final = 64
"""Packets before and after a step of which the earliest counts. The others may be late."""
_SAME_PACKET: Final = 0.25
"""Rows closer than this share of the distance of samples have the time of one packet."""
_ROWS_OF_SLOPE: Final = 64
_PACKETS_OF_SLOPE: Final = 20
_LEAST_STEP: Final = 0.6
"""Share of the distance of samples by which the times step where a sample is missing."""
_LEAST_STEP_OF_PACKETS: Final = 2.5
"""The same where several rows have one time, of which one more or less is due to rounding."""
_SPREADS: Final = 4.0
"""Steps of the earliest packets by so many median deviations of all packets are no jitter."""
_OUTLIER: Final = 6.0
"""Packets late by more median deviations than this do not count for the rate."""
_WRONG_S: Final = 5.0
"""A time this many seconds from those around it is wrong and does not count for the rate."""
_FEW_PACKETS: Final = 8
_FEW_FACTOR: Final = 3
"""Before or after so few packets, only a step larger by this factor is none of jitter."""
_OUTLIERS_OF_STEP: Final = 2
"""A packet that is later by more of such steps than one after it begins no stretch."""
_SET_BACK_S: Final = 0.5
"""Least number of seconds by which a clock is set back; less is jitter."""
_ROWS_PER_STRETCH: Final = 5
"""Fewest rows per stretch without a gap; below, the times are not those of samples."""
_MAX_RATE_ERROR: Final = 0.05
"""Largest difference between a stated rate and that of the times; a clock's is 1 % at most."""


@dataclass(frozen=True)
class Grid:
    """Which sample each row is.

    Attributes
    ----------
    rate_hz : float
        Samples per second by the clock of the times.
    first_rows, last_rows : ndarray of int64, shape (n_stretches,)
        First row of each stretch without a gap, and the row after its last.
    first_samples : ndarray of int64, shape (n_stretches,)
        Sample number of the first row of each stretch.
    n_back : int
        How often the clock was set back.
    """

    rate_hz: float
    first_rows: Ints
    last_rows: Ints
    first_samples: Ints
    n_back: int = 0

    @property
    def n_samples(self) -> int:
        """Number of samples from the first row to the last, gaps included."""
        return int(self.first_samples[-1] + self.last_rows[-1] - self.first_rows[-1])

    @property
    def n_rows(self) -> int:
        """Number of rows that are samples."""
        return int((self.last_rows - self.first_rows).sum())


def even_rows(n_rows: int, rate_hz: float) -> Grid:
    """Return the grid of rows without times: each is the sample after the one before."""
    zero = np.zeros(1, np.int64)
    return Grid(rate_hz, zero, np.array([n_rows]), zero)


def fit_grid(times_s: Floats, stated_hz: float | None = None) -> Grid:
    """Place rows on a grid.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_rows,)
        Time of each row in seconds, finite, at least two; may be a memory map.
    stated_hz : float, optional
        Sampling rate that file or user state.

    Returns
    -------
    Grid
        The rate is that of the times, or the next whole number or stated rate if the times do not
        contradict it by a sample over the whole recording.

    Raises
    ------
    SamplingRateError
        If the times do not advance, contradict the stated rate, or are not those of samples.
    """
    distance = usual_distance(times_s)
    if not (np.isfinite(distance) and distance > 0):
        raise SamplingRateError("found times of rows that do not advance, expected even steps")
    if stated_hz is not None and abs(distance * stated_hz - 1) > _MAX_RATE_ERROR:
        raise SamplingRateError(
            f"found times of rows at {1 / distance:.6g} Hz and a stated rate of {stated_hz:g} Hz, "
            "expected the same: correct sampling_rate_hz or time_unit"
        )
    distance, step = _refined(times_s, distance)
    rows, back = _boundaries(times_s, distance, step)
    if rows.size > 1:
        distance = _slope_within(times_s, rows, distance)
        rows, back = _boundaries(times_s, distance, step)
    n_rows = times_s.size
    if rows.size * _ROWS_PER_STRETCH > max(n_rows, 10 * _ROWS_PER_STRETCH):
        raise SamplingRateError(
            f"found times of rows with {rows.size - 1} gaps in {n_rows} rows, expected even steps"
        )
    samples = _first_samples(times_s, distance, rows, back)
    for _ in range(2):
        distance = _slope(times_s, rows, samples, back, distance)
        samples = _first_samples(times_s, distance, rows, back)
    rate = _rounded(1 / distance, int(samples[-1] + n_rows - rows[-1]), stated_hz)
    samples = _first_samples(times_s, 1 / rate, rows, back)
    return Grid(rate, rows, np.append(rows[1:], n_rows), samples, int((back < 0).sum()))


def usual_distance(times_s: Floats) -> float:
    """Return the usual distance of samples in seconds: the median over pieces."""
    n_changes = sum(int(np.count_nonzero(np.diff(block))) for _, block in _blocks(times_s))
    rows_per_packet = times_s.size / (n_changes + 1)
    length = int(max(_ROWS_OF_SLOPE, _PACKETS_OF_SLOPE * rows_per_packet))
    if times_s.size < 3 * length:
        return float(times_s[-1] - times_s[0]) / (times_s.size - 1)
    return float(np.median(np.diff(times_s[::length]))) / length


def _blocks(times_s: Floats, overlap: int = 1) -> Iterator[tuple[int, Floats]]:
    """Yield pieces of the times with their first row, each with some rows of the next."""
    for first in range(0, times_s.size, _BLOCK):
        yield first, np.asarray(times_s[first : first + _BLOCK + overlap])


def _packets(times_s: Floats, distance: float) -> Ints:
    """Return the first row of each packet: rows with (nearly) one time."""
    apart = np.abs(np.diff(times_s)) >= _SAME_PACKET * distance
    return np.concatenate(([0], np.flatnonzero(apart) + 1))


def _rounding(times_s: Floats, distance: float) -> float:
    """Return to what the times are rounded, in seconds, if that is more than the distance.

    Then two samples sometimes have one time, and those with one each say nothing about the rate.
    """
    steps = np.abs(np.diff(times_s[:_BLOCK]))
    steps = steps[steps > 0]
    unit = float(np.percentile(steps, 1)) if steps.size else 0.0
    return unit if 1.005 * distance < unit < 2 * distance else 0.0


@dataclass(frozen=True)
class _Step:
    """How large a step of the times is, in seconds, that is none of jitter.

    Attributes
    ----------
    least_s : float
        Where there are packets enough before and after it.
    least_of_few_s : float
        Where all of them may be late.
    """

    least_s: float
    least_of_few_s: float


def _refined(times_s: Floats, distance: float) -> tuple[float, _Step]:
    """Return the distance of samples without gaps, and how large a step counts."""
    rounding = _rounding(times_s, distance)
    exact, spreads = [distance], [0.0]
    for _ in range(2):
        elapsed = n_rows = 0.0
        exact.clear()
        spreads.clear()
        for _, block in _blocks(times_s):
            packets = _packets(block, distance)
            counts, steps = np.diff(packets), np.diff(block[packets])
            if not counts.size:
                continue
            late = steps - distance * counts
            usual = np.median(late)
            spread = np.median(np.abs(late - usual))
            per_packet = block.size / packets.size
            share = _LEAST_STEP if per_packet < 2 else _LEAST_STEP_OF_PACKETS
            exact.append(share * distance)
            spreads.append(_SPREADS * spread)
            far = max(share * distance, _OUTLIER * spread)
            near = np.abs(late - usual) <= max(far, 1.5 * rounding)
            elapsed += steps[near].sum()
            n_rows += counts[near].sum()
        if not (n_rows and elapsed > 0):
            break
        distance = elapsed / n_rows
    least, spread = float(np.median(exact or [distance])), float(np.median(spreads or [0.0]))
    return distance, _Step(max(least, spread), max(least, _FEW_FACTOR * spread))


def _boundaries(times_s: Floats, distance: float, step: _Step) -> tuple[Ints, Floats]:
    """Return the first row of each stretch, and by how much the clock was set back there."""
    rows, back, least = [0], [0.0], step.least_s
    for first, block in _blocks(times_s, overlap=_BLOCK // 8):
        packets = _packets(block, distance)
        late = block[packets] - distance * packets
        steps = np.abs(np.diff(late)) > least / 2
        # The filter is centred: the earliest of the packets before, and from each packet on.
        earliest = minimum_filter1d(late, _WINDOW, mode="nearest")
        before = np.roll(earliest, _WINDOW // 2)[1:]
        from_here = np.roll(earliest, -_WINDOW // 2)[1:]
        before[: _WINDOW // 2] = np.minimum.accumulate(late)[: _WINDOW // 2][: before.size]
        tail = slice(max(from_here.size - _WINDOW, 0), None)
        from_here[tail] = np.minimum.accumulate(late[::-1])[::-1][1:][tail]
        begin = int(np.searchsorted(packets, max(rows[-1] - first, 0)))
        for after in np.flatnonzero(steps & (np.abs(from_here - before) > least)) + 1:
            if after <= begin or packets[after] > _BLOCK:
                continue
            earlier = late[max(begin, after - _WINDOW) : after]
            later = late[after : after + _WINDOW]
            if late[after] - later.min() > _OUTLIERS_OF_STEP * least:
                continue  # a wrong time; the stretch begins after it
            found = float(later.min() - earlier.min())
            are_few = min(earlier.size, later.size) < _FEW_PACKETS
            if abs(found) > (step.least_of_few_s if are_few else least):
                begin = int(after)
                rows.append(first + int(packets[after]))
                back.append(found if -found > max(_SET_BACK_S, least) else 0.0)
    return np.array(rows), np.array(back)


def _first_samples(times_s: Floats, distance: float, rows: Ints, back: Floats) -> Ints:
    """Return the sample number of the first row of each stretch by its earliest packet."""
    n_packets = 1 + int(np.count_nonzero(np.diff(times_s[:_BLOCK])))
    length = _WINDOW * max(1, min(times_s.size, _BLOCK) // n_packets)
    bases = np.empty(rows.size)
    ends = np.append(rows[1:], times_s.size)
    for k, (row, end) in enumerate(zip(rows, ends, strict=True)):
        block = np.asarray(times_s[row : min(end, row + length)])
        bases[k] = (block - distance * (row + np.arange(block.size))).min()
    missing = np.round((bases - np.cumsum(back) - bases[0]) / distance)
    missing[back < 0] = -np.inf  # goes on without a gap
    return rows + np.maximum.accumulate(np.maximum(missing, 0)).astype(np.int64)


def _slope_within(times_s: Floats, rows: Ints, distance: float) -> float:
    """Return the distance of samples by the stretches alone, whatever is missing between them."""
    sums = np.zeros((5, rows.size))
    for first, block in _blocks(times_s, overlap=0):
        packets = _packets(block, distance)
        stretch = np.searchsorted(rows, first + packets, "right") - 1
        x = (first + packets - rows[stretch]).astype(np.float64)
        y = block[packets] - times_s[rows[stretch]] - distance * x
        right = np.abs(y - np.median(y)) <= _WRONG_S
        x, y, stretch = x[right], y[right], stretch[right]
        terms = (np.ones_like(x), x, y, x * x, x * y)
        sums += [np.bincount(stretch, term, rows.size) for term in terms]
    n, x_sum, y_sum, xx_sum, xy_sum = sums
    n = np.maximum(n, 1)
    spread = (xx_sum - x_sum**2 / n).sum()
    return float(distance + (xy_sum - x_sum * y_sum / n).sum() / spread) if spread > 0 else distance


def _slope(times_s: Floats, rows: Ints, samples: Ints, back: Floats, distance: float) -> float:
    """Return the distance of samples by which the first and the last rows have their times."""
    set_back = np.cumsum(back)
    n = sum_x = sum_y = sum_xx = sum_xy = 0.0
    middle, time_0 = samples[-1] / 2, float(times_s[0])
    for first, block in _blocks(times_s, overlap=0):
        packets = _packets(block, distance)
        row = first + packets
        stretch = np.searchsorted(rows, row, "right") - 1
        x = row + (samples - rows)[stretch] - middle
        # What remains is small, which keeps the sums exact.
        y = block[packets] - time_0 - set_back[stretch] - distance * x
        right = np.abs(y - np.median(y)) <= _WRONG_S
        x, y = x[right], y[right]
        n, sum_x, sum_y = n + x.size, sum_x + x.sum(), sum_y + y.sum()
        sum_xx, sum_xy = sum_xx + (x * x).sum(), sum_xy + (x * y).sum()
    spread = sum_xx - sum_x**2 / n if n else 0.0
    return float(distance + (sum_xy - sum_x * sum_y / n) / spread) if spread > 0 else distance


def _rounded(rate_hz: float, n_samples: int, stated_hz: float | None) -> float:
    """Return a whole or stated rate that differs by less than a sample over the recording."""
    for candidate in (stated_hz, float(round(rate_hz))):
        if candidate and abs(candidate / rate_hz - 1) * n_samples < 1:
            return candidate
    return rate_hz
