"""The usual value of something around each beat: the median of the beats where it is known."""

import numpy as np
from scipy.ndimage import median_filter

from deepecg.arrays import Bools, Floats


def usual_around(values: Floats, known: Bools, n_beats: int) -> Floats:
    """Return the median of the known values around each beat.

    Between beats where it is known the value is interpolated linearly, and the median is taken over
    all beats.

    Parameters
    ----------
    values : ndarray of float64, shape (n_beats,)
        A value for each beat.
    known : ndarray of bool, shape (n_beats,)
        Which of them count.
    n_beats : int
        Number of beats, centred on each, whose median is taken.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        NaN everywhere if no value is known.
    """
    at = np.flatnonzero(known)
    if not len(at):
        return np.full(len(values), np.nan)
    filled = np.interp(np.arange(len(values)), at, values[at])
    return np.asarray(median_filter(filled, n_beats, mode="nearest"), np.float64)
