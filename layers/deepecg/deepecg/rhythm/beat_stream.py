"""A stream of classified beats: all that rhythm analysis looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BeatStream:
    """Analysable beats in the order of time, from a detector or from reference annotations.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds from the recording's start.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval to the beat before in seconds; NaN for the first beat and across gaps, which are
        stretches that cannot be analysed. No run and no episode crosses a gap.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    quiet_before : ndarray of bool, shape (n_beats,)
        Whether the signal between the beat before and this one is known to be quiet: no beat can
        have been missed there. Asked only of intervals long enough for a pause.
    analysable : ndarray of bool, shape (n_seconds,)
        Which seconds of the recording can be analysed.
    """

    times_s: NDArray[np.float64]
    rr_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    quiet_before: NDArray[np.bool_]
    analysable: NDArray[np.bool_]
