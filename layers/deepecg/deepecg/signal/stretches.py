"""Stretches of a mask: consecutive elements that are True."""

import numpy as np

from deepecg.arrays import Bools, Ints


def stretches(mask: Bools) -> Ints:
    """Return the first and the last-plus-one index of each run of True, shape (n_stretches, 2)."""
    return np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
