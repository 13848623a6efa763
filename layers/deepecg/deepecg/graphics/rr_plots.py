"""RR intervals as a histogram and as a Poincare plot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
        The same of intervals between two beats of class N.
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
