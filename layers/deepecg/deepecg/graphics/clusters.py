"""The patient's beats by class and shape, so that a clinician can judge thousands at a glance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Cluster:
    """Beats of one class that look alike, or the rest of a class.

    Attributes
    ----------
    number : int
        From 1, in the order of the report.
    class_name : str
        One of :data:`deepecg.classes.CLASSES`.
    count : int
        How many beats.
    percent : float
        Of all beats.
    rate_hz : float
        Samples per second of ``shape_mv``.
    before_s : float
        Where the R peak lies in ``shape_mv``.
    shape_mv : ndarray of float32, shape (n,)
        The mean of its beats.
    is_rest : bool
        Whether these are the beats of a class that are in no other cluster; their mean shape
        may resemble none of them.
    """

    number: int
    class_name: str
    count: int
    percent: float
    rate_hz: float
    before_s: float
    shape_mv: NDArray[np.float32]
    is_rest: bool = False
