"""The day at a glance: heart rate, ectopic beats and atrial fibrillation over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trend:
    """Equal bins of time from the recording's start; the last one may reach beyond its end.

    Attributes
    ----------
    bin_s : float
        Length of a bin in seconds.
    mean_bpm : ndarray of float64, shape (n_bins,)
        Mean heart rate of the intervals that end in a bin; NaN where there is none.
    ventricular_count, supraventricular_count : ndarray of int64, shape (n_bins,)
        Beats of class V and S.
    analysable_share : ndarray of float64, shape (n_bins,)
        Share of the bin's seconds that can be analysed, 0 to 1.
    fibrillation_share : ndarray of float64, shape (n_bins,)
        Share of the bin in episodes of atrial fibrillation, 0 to 1.
    """

    bin_s: float
    mean_bpm: NDArray[np.float64]
    ventricular_count: NDArray[np.int64]
    supraventricular_count: NDArray[np.int64]
    analysable_share: NDArray[np.float64]
    fibrillation_share: NDArray[np.float64]
