"""Stretches of a mask: consecutive elements that are True."""

import numpy as np

from deepecg.arrays import Bools, Ints


def stretches(mask: Bools) -> Ints:
    """Return the first and the last-plus-one index of each run of True, shape (n_stretches, 2)."""
    edges = np.zeros(len(mask) + 2, bool)
    edges[1:-1] = mask
    return np.flatnonzero(edges[1:] != edges[:-1]).reshape(-1, 2)
