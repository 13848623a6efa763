"""Windows of a signal around its beats."""

from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Sample = TypeVar("Sample", bound=np.floating)

PIECE_BEATS = 20_000
"""Beats whose windows are cut at a time in a long recording, to bound the memory."""


def windows_at(
    signal: NDArray[Sample], starts: NDArray[np.integer], length: int
) -> NDArray[Sample]:
    """Cut windows of one length out of a signal.

    Parameters
    ----------
    signal : ndarray of float, shape (n, ...)
        Samples along the first axis.
    starts : ndarray of int, shape (n_windows,)
        First sample of each window; may lie outside the signal.
    length : int
        Samples per window.

    Returns
    -------
    ndarray of float, shape (n_windows, length, ...)
        Copies; beyond the signal's ends its first or last value is repeated.
    """
    inside = (starts >= 0) & (starts + length <= len(signal))
    if len(signal) >= length:
        rows = np.moveaxis(sliding_window_view(signal, length, axis=0), -1, 1)
        windows = rows[np.where(inside, starts, 0)]
    else:
        windows = np.empty((len(starts), length, *signal.shape[1:]), signal.dtype)
    samples = starts[~inside, None] + np.arange(length)
    windows[~inside] = signal[np.clip(samples, 0, len(signal) - 1)]
    return windows
