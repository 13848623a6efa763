"""Stretches of a mask: consecutive elements that are True."""

import numpy as np
from numpy.typing import NDArray


def stretches(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first and the last-plus-one index of each run of True, shape (n_stretches, 2)."""
    return np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
