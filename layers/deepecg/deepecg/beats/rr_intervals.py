"""RR intervals of a stream of beats."""

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.settings import ROUNDING_S


def rr_intervals(
    times_s: NDArray[np.float64], gap_before: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the interval before every beat.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        Times of the R peaks, ascending.
    gap_before : ndarray of bool, shape (n_beats,), optional
        True where signal that cannot be analysed lies between a beat and the one before.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        Seconds; NaN for the first beat and across gaps.
    """
    rr = np.diff(times_s, prepend=np.nan)
    if gap_before is not None:
        rr[gap_before] = np.nan
    return rr


def is_at_least(rr_s: NDArray[np.float64], pause_s: float) -> NDArray[np.bool_]:
    """Return which intervals are as long as a pause, but for rounding; NaN is not."""
    return rr_s >= pause_s - ROUNDING_S
