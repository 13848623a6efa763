"""Spurious beats: a jerk of an electrode between two beats on time, without QRS complex and T wave.

A detector of sharp deflections finds it, and the classifier sees a premature beat without a
compensatory pause. An interpolated ventricular beat does not disturb the rhythm either, but it has
a QRS complex and a T wave.
"""

import numpy as np
from scipy.ndimage import median_filter

from deepecg.arrays import Bools, Floats
from deepecg.beats.usual_values import usual_around
from deepecg.waves.settings import SpuriousBeatSettings
from deepecg.waves.waves import Waves


def spurious_beats(
    times_s: Floats, rr_s: Floats, waves: Waves, settings: SpuriousBeatSettings
) -> Bools:
    """Return which beats are none.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds, NaN where there is none.
    waves : Waves
        Waves of the same beats.
    settings : SpuriousBeatSettings
        Limits of rhythm and QRS complex.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
        Beats that split a usual interval before another one, without T wave and with hardly a QRS
        complex, if the next beat has a P wave in its place; that of a couplet hardly ever has. No
        two neighbours are.
    """
    known = np.isfinite(rr_s)
    if not known.any():
        return np.zeros(len(rr_s), bool)
    usual_s = median_filter(
        np.where(known, rr_s, np.median(rr_s[known])), settings.rr_beats, mode="nearest"
    )
    without_it_s = rr_s + np.append(rr_s[1:], np.nan)
    with np.errstate(invalid="ignore"):
        found = np.abs(without_it_s / usual_s - 1) <= settings.rr_share
        after_s = np.append(rr_s[2:], [np.nan, np.nan])
        found &= np.abs(after_s / usual_s - 1) <= settings.after_share
        found &= np.isnan(waves.t_peak_s) & ~(waves.qrs_s >= settings.least_qrs_s)
    found &= np.append(_own_p(times_s, waves, settings)[1:], False)
    found[1:] &= ~found[:-1]
    return np.asarray(found, bool)


def _own_p(times_s: Floats, waves: Waves, settings: SpuriousBeatSettings) -> Bools:
    """Return which beats have a P wave at the distance of most."""
    distance_s = waves.p_to_r_s(times_s)
    usual_s = usual_around(distance_s, waves.has_p, settings.rr_beats)
    return np.asarray(np.abs(distance_s - usual_s) <= settings.pr_s)
