"""RR intervals as a histogram and as a Poincare plot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.outputs.graphics.settings import RrPlotSettings
from deepecg.rhythm.beat_stream import BeatStream


@dataclass(frozen=True)
class RrHistogram:
    """How many RR intervals are how long.

    Attributes
    ----------
    bin_ms : float
        Width of a bin.
    first_ms : float
        Where the first bin begins.
    count : ndarray of int64, shape (n_bins,)
        Intervals in each bin; shorter and longer ones are in the first and the last.
    nn_count : ndarray of int64, shape (n_bins,)
        The same of intervals between two beats of class N, outside atrial fibrillation.
    """

    bin_ms: float
    first_ms: float
    count: NDArray[np.int64]
    nn_count: NDArray[np.int64]


@dataclass(frozen=True)
class Poincare:
    """Every RR interval against the one before it.

    Attributes
    ----------
    bin_ms : float
        Width and height of a cell.
    first_ms : float
        Where the first row and the first column begin.
    count : ndarray of int64, shape (n_bins, n_bins)
        Pairs of consecutive intervals: ``count[row, column]`` have the later interval in
        ``row`` and the earlier one in ``column``; what is shorter or longer is in the first or
        the last row or column.
    """

    bin_ms: float
    first_ms: float
    count: NDArray[np.int64]


def rr_histogram(
    stream: BeatStream, in_fibrillation: NDArray[np.bool_], settings: RrPlotSettings
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
        ``count`` adds up to the number of known intervals.
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
        Intervals on either side of a gap make no pair.
    """
    earlier, later = stream.rr_s[:-1], stream.rr_s[1:]
    known = np.isfinite(earlier) & np.isfinite(later)
    n = settings.n_bins
    cells = _bins(later[known], settings) * n + _bins(earlier[known], settings)
    return Poincare(
        settings.bin_ms, settings.first_ms, np.bincount(cells, minlength=n * n).reshape(n, n)
    )


def _bins(rr_s: NDArray[np.float64], settings: RrPlotSettings) -> NDArray[np.int64]:
    bins = (1000 * rr_s - settings.first_ms) / settings.bin_ms
    return np.clip(np.floor(bins), 0, settings.n_bins - 1).astype(np.int64)
