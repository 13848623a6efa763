"""Bridges gaps of a few samples by straight lines."""

from typing import Final

import numpy as np

from deepecg.arrays import Floats32

BRIDGED_S: Final = 0.02
"""Longest gap in seconds that is bridged by a straight line: a fifth of a QRS complex.

Single samples are lost often, and a second in which one is missing is not analysed."""


def bridge_short_gaps(values: Floats32, longest: int) -> None:
    """Replace short runs of missing samples by straight lines between samples.

    Parameters
    ----------
    values : ndarray of float32
        Samples, changed in place; those that are missing are NaN.
    longest : int
        Length of the longest run that is bridged, in samples.
    """
    is_missing = np.isnan(values)
    edges = np.diff(is_missing.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    is_short = (ends - begins <= longest) & (begins > 0) & (ends < values.size)
    inside = np.zeros(values.size + 1, np.int8)
    inside[begins[is_short]] += 1
    inside[ends[is_short]] -= 1
    bridged = np.flatnonzero(np.cumsum(inside))
    known = np.flatnonzero(~is_missing)
    if bridged.size:
        values[bridged] = np.interp(bridged, known, values[known])
