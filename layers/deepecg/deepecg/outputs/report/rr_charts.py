"""RR intervals as a histogram and as a Poincaré plot."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deepecg.arrays import Bools, Ints
from deepecg.outputs.graphics.rr_plots import Poincare, RrHistogram
from deepecg.outputs.report.svg_paths import multiples, nice_step, short
from deepecg.signal.stretches import stretches

SIZE = 360
LEFT = 46
BOTTOM = 36
TOP = 16
HISTOGRAM_HEIGHT = TOP + SIZE - LEFT - 8
LEVELS = 6
"""Number of shades of the Poincaré plot; the number of pairs grows geometrically with the shade."""
SHOWN_SHARE = 0.0005
"""Share of the intervals that may lie beyond each end of an axis."""
MARGIN_MS = 100.0
TICKS = 8

Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class HistogramPicture:
    """Histogram outlines of all intervals and of those between normal beats."""

    width: int
    height: int
    left: float
    bottom: float
    all_path: str
    nn_path: str
    x_ticks: Ticks
    y_ticks: Ticks
    n_shorter: int
    """Number of intervals shorter than the axis."""
    n_longer: int
    """Number of intervals longer than the axis."""


@dataclass(frozen=True)
class PoincarePicture:
    """Poincaré plot: one path for each shade, from few pairs to many."""

    size: int
    left: float
    bottom: float
    top: float
    levels: tuple[tuple[str, str], ...]
    """Path and label of each shade."""
    diagonal: str
    ticks: Ticks
    """Position and label of each tick, the same on both axes."""
    n_left_out: int
    """Number of pairs beyond the ends of the axes."""


def histogram_picture(histogram: RrHistogram) -> HistogramPicture:
    """Draw the histogram over the range that holds almost all intervals.

    There are outlines of all intervals and of those between normal beats, and the numbers of
    intervals that are shorter or longer than the axis.
    """
    first, stop = _range(histogram.count, histogram.bin_ms)
    counts = histogram.count[first:stop]
    width = SIZE - LEFT - 8
    step = width / max(len(counts), 1)
    high = int(counts.max(initial=1)) or 1
    tick = max(nice_step(high, 4), 1.0)
    scale = (HISTOGRAM_HEIGHT - TOP) / high
    from_ms = histogram.first_ms + first * histogram.bin_ms
    return HistogramPicture(
        width=SIZE,
        height=HISTOGRAM_HEIGHT + BOTTOM,
        left=LEFT,
        bottom=HISTOGRAM_HEIGHT,
        all_path=_outline(counts, step, scale),
        nn_path=_outline(histogram.nn_count[first:stop], step, scale),
        x_ticks=_ms_ticks(from_ms, histogram.bin_ms * len(counts), width, LEFT),
        y_ticks=tuple(
            (HISTOGRAM_HEIGHT - count * scale, f"{count:,.0f}")
            for count in multiples(tick, 0, high)
        ),
        n_shorter=int(histogram.count[:first].sum()),
        n_longer=int(histogram.count[stop:].sum()),
    )


def poincare_picture(poincare: Poincare) -> PoincarePicture:
    """Draw the Poincaré plot. The shade of a cell depends on the logarithm of its count.

    Each shade has one path and a label, from few pairs to many. The ticks are the same on both
    axes, and the pairs beyond the ends of the axes are counted.
    """
    sums = poincare.count.sum(axis=0) + poincare.count.sum(axis=1)
    first, stop = _range(sums, poincare.bin_ms)
    count = poincare.count[first:stop, first:stop]
    width = SIZE - LEFT - 8
    n_bins = max(stop - first, 1)
    cell = width / n_bins
    most = int(count.max(initial=0))
    # Whole numbers from 1 to above the most, in about equal ratios.
    edges = np.unique(np.rint(np.geomspace(1, max(most, 1) + 1, LEVELS + 1)).astype(int)).tolist()
    bottom = TOP + width
    levels = []
    for low, high in pairwise(edges):
        inside = (count >= low) & (count < high)
        pairs = f"{low:,}" if high == low + 1 else f"{low:,} to {high - 1:,}"
        levels.append((_cells(inside, cell, bottom), pairs))
    from_ms = poincare.first_ms + first * poincare.bin_ms
    return PoincarePicture(
        size=SIZE,
        left=LEFT,
        bottom=bottom,
        top=TOP,
        levels=tuple(levels),
        diagonal=f"M{LEFT} {short(bottom)}L{short(LEFT + width)} {TOP}",
        ticks=_ms_ticks(from_ms, poincare.bin_ms * n_bins, width, 0),
        n_left_out=int(poincare.count.sum() - count.sum()),
    )


def _range(counts: Ints, bin_ms: float) -> tuple[int, int]:
    """Return the bins that contain almost all counts, with a margin."""
    total = int(counts.sum())
    if total == 0:
        return 0, len(counts)
    share = np.cumsum(counts) / total
    margin = round(MARGIN_MS / bin_ms)
    first = int(np.searchsorted(share, SHOWN_SHARE)) - margin
    stop = int(np.searchsorted(share, 1 - SHOWN_SHARE)) + 1 + margin
    return max(first, 0), min(stop, len(counts))


def _outline(counts: Ints, step: float, scale: float) -> str:
    heights = HISTOGRAM_HEIGHT - counts * scale
    points = "".join(f"V{short(h)}h{short(step, 2)}" for h in heights.tolist())
    return f"M{LEFT} {HISTOGRAM_HEIGHT}{points}V{HISTOGRAM_HEIGHT}z"


def _cells(mask: Bools, cell: float, bottom: float) -> str:
    """Return the path of a mask's cells; neighbours in a row become one rectangle."""
    height = short(cell, 2)
    cells = []
    for row in np.flatnonzero(mask.any(axis=1)).tolist():
        y = short(bottom - (row + 1) * cell)
        for first, stop in stretches(mask[row]).tolist():
            width = short((stop - first) * cell, 2)
            cells.append(f"M{short(LEFT + first * cell)} {y}h{width}v{height}h-{width}z")
    return "".join(cells)


def _ms_ticks(from_ms: float, span_ms: float, width: float, left: float) -> Ticks:
    step = nice_step(span_ms, TICKS)
    return tuple(
        (left + (ms - from_ms) / span_ms * width, f"{ms:,.0f}")
        for ms in multiples(step, from_ms, from_ms + span_ms)
    )
