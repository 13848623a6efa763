"""RR intervals as a histogram and as a Poincare plot."""

from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Bools, Floats, Ints
from deepecg.outputs.graphics.settings import RrPlotSettings
from deepecg.rhythm.beat_stream import BeatStream


@dataclass(frozen=True)
class RrHistogram:
    """Distribution of the lengths of RR intervals.

    Attributes
    ----------
    bin_ms : float
        Width of a bin.
    first_ms : float
        Lower edge of the first bin.
    count : ndarray of int64, shape (n_bins,)
        Intervals in each bin. The first and the last bin include all shorter and longer ones.
    nn_count : ndarray of int64, shape (n_bins,)
        Intervals in each bin between two beats of class N outside atrial fibrillation.
    """

    bin_ms: float
    first_ms: float
    count: Ints
    nn_count: Ints


@dataclass(frozen=True)
class Poincare:
    """Every RR interval against the previous one.

    Attributes
    ----------
    bin_ms : float
        Width and height of a cell.
    first_ms : float
        Lower edge of the first row and of the first column.
    count : ndarray of int64, shape (n_bins, n_bins)
        Pairs of consecutive intervals with the later one in ``row`` and the earlier one in
        ``column``. The first and the last row and column include all shorter and longer ones.
    """

    bin_ms: float
    first_ms: float
    count: Ints


def rr_histogram(
    stream: BeatStream, in_fibrillation: Bools, settings: RrPlotSettings
) -> RrHistogram:
    """Count RR intervals by length.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    in_fibrillation : ndarray of bool, shape (n_beats,)
        Beats in atrial fibrillation, where no interval is NN.
    settings : RrPlotSettings
        Bins.

    Returns
    -------
    RrHistogram
        The sum of ``count`` is the number of RR intervals.
    """
    known = np.isfinite(stream.rr_s)
    normal = stream.is_class("N") & ~in_fibrillation
    nn = known & normal & np.concatenate([[False], normal[:-1]])
    return RrHistogram(
        settings.bin_ms,
        settings.first_ms,
        np.bincount(_bins(stream.rr_s[known], settings), minlength=settings.n_bins),
        np.bincount(_bins(stream.rr_s[nn], settings), minlength=settings.n_bins),
    )


def poincare(stream: BeatStream, settings: RrPlotSettings) -> Poincare:
    """Count pairs of consecutive RR intervals.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RrPlotSettings
        Bins.

    Returns
    -------
    Poincare
        Intervals on the two sides of a gap are not a pair.
    """
    earlier, later = stream.rr_s[:-1], stream.rr_s[1:]
    known = np.isfinite(earlier) & np.isfinite(later)
    n = settings.n_bins
    cells = _bins(later[known], settings) * n + _bins(earlier[known], settings)
    return Poincare(
        settings.bin_ms, settings.first_ms, np.bincount(cells, minlength=n * n).reshape(n, n)
    )


def _bins(rr_s: Floats, settings: RrPlotSettings) -> Ints:
    bins = (1000 * rr_s - settings.first_ms) / settings.bin_ms
    return np.clip(np.floor(bins), 0, settings.n_bins - 1).astype(np.int64)
