"""Relabelling: the probability of some classes is moved to another one."""

from collections.abc import Iterable

import numpy as np

from deepecg.arrays import Bools, Floats32
from deepecg.beats.aami_classes import CLASSES


def with_moved_probability(
    probabilities: Floats32, beats: Bools | slice, sources: Iterable[str], target: str
) -> Floats32:
    """Return probabilities in which a class has that of others as well, at some beats.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        In the order of :data:`~deepecg.beats.aami_classes.CLASSES`.
    beats : ndarray of bool, shape (n_beats,), or slice
        The beats that are changed.
    sources : iterable of str
        Classes whose probability becomes 0.
    target : str
        The class that receives it.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        A copy.
    """
    moved = np.array(probabilities)
    to = CLASSES.index(target)
    for source in map(CLASSES.index, sources):
        moved[beats, to] += moved[beats, source]
        moved[beats, source] = 0
    return moved
