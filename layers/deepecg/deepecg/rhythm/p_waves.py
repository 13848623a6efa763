"""P waves as a sign of rhythm: how many beats have one at the usual distance from the R peak."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from deepecg.arrays import Floats
from deepecg.beats.usual_values import usual_around
from deepecg.rhythm.settings import PWaveSettings
from deepecg.waves.waves import Waves


def steady_p_share(times_s: Floats, waves: Waves, settings: PWaveSettings) -> Floats:
    """Return how many of the beats around each have a P wave at the usual distance.

    In sinus rhythm most have; fibrillatory waves that resemble a P wave come at any distance.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds.
    waves : Waves
        Waves of the same beats.
    settings : PWaveSettings
        Number of beats, and the largest difference of distances.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        0 to 1.
    """
    distance_s = waves.p_to_r_s(times_s)
    usual_s = usual_around(distance_s, waves.has_p, settings.window_beats)
    steady = np.abs(distance_s - usual_s) <= settings.steady_s
    return np.asarray(
        uniform_filter1d(steady.astype(np.float64), settings.window_beats, mode="nearest")
    )
