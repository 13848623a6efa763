"""RR intervals of successive beats."""

import numpy as np

from deepecg.arrays import Bools, Floats
from deepecg.time_units import ROUNDING_S


def rr_intervals(times_s: Floats, gap_before: Bools | None = None) -> Floats:
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


def is_at_least(rr_s: Floats, pause_s: float) -> Bools:
    """Return which intervals last at least ``pause_s``, apart from rounding; NaN does not."""
    return rr_s >= pause_s - ROUNDING_S
