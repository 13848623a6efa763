"""QRS energy: a curve that is high where a conditioned lead has QRS complexes."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from deepecg.arrays import Floats32
from deepecg.signal.settings import QrsSettings
from deepecg.time_units import SECONDS_PER_HOUR

PIECE_S = SECONDS_PER_HOUR
"""Seconds of a long recording whose energy is computed at a time, to bound the memory."""


def qrs_energy(signal: Floats32, rate_hz: int, settings: QrsSettings) -> Floats32:
    """Return the root mean square of the second difference, over the length of a QRS complex.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    rate_hz : int
        Its sampling rate.
    settings : QrsSettings
        Step of the difference and length of the average.

    Returns
    -------
    ndarray of float32, shape (n,)
        In mV, highest in the middle of a QRS complex.
    """
    step = round(settings.curvature_s * rate_hz)
    curvature = np.zeros(len(signal), np.float32)
    if len(signal) > 2 * step:
        curvature[step:-step] = signal[2 * step :] - 2 * signal[step:-step] + signal[: -2 * step]
    window = round(settings.energy_window_s * rate_hz)
    power = uniform_filter1d(curvature * curvature, window, mode="constant")
    return np.sqrt(np.maximum(power, 0))
