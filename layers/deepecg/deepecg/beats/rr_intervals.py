"""RR intervals of successive beats."""

import numpy as np
from numpy.typing import NDArray

from deepecg.units import ROUNDING_S


def rr_intervals(
    times_s: NDArray[np.float64], gap_before: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the RR interval before each beat.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        Times of the R peaks, ascending.
    gap_before : ndarray of bool, shape (n_beats,), optional
        True where signal that is not analysable lies between a beat and the beat before.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        In seconds; NaN for the first beat and across gaps.
    """
    rr = np.diff(times_s, prepend=np.nan)
    if gap_before is not None:
        rr[gap_before] = np.nan
    return rr


def is_at_least(rr_s: NDArray[np.float64], pause_s: float) -> NDArray[np.bool_]:
    """Return which intervals last at least ``pause_s``, apart from rounding; NaN does not."""
    return rr_s >= pause_s - ROUNDING_S
