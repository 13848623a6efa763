"""Heart rate from RR intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.settings import RateSettings

MIN_COVERAGE = 0.5
"""A window's rate needs intervals over this share of it."""


@dataclass(frozen=True)
class HeartRate:
    """Heart rate over a recording; None where too few intervals are known.

    Attributes
    ----------
    mean_bpm : float or None
        Intervals over the time they cover.
    minimum_bpm, maximum_bpm : float or None
        Lowest and highest rate in any window of ``RateSettings.window_s``.
    minimum_at_s, maximum_at_s : float or None
        Where those windows begin, from the recording's start.
    """

    mean_bpm: float | None
    minimum_bpm: float | None
    maximum_bpm: float | None
    minimum_at_s: float | None
    maximum_at_s: float | None


def heart_rate(
    times_s: NDArray[np.float64], rr_s: NDArray[np.float64], settings: RateSettings
) -> HeartRate:
    """Return mean, lowest and highest heart rate.

    Rates are means over a window, so that one wrong interval makes no 900 bpm maximum.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        Times of the beats.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat, NaN where unknown.
    settings : RateSettings
        Length of the window.

    Returns
    -------
    HeartRate
        Minimum and maximum are None if the recording is shorter than half a window.
    """
    known = np.isfinite(rr_s)
    if not known.any():
        return HeartRate(None, None, None, None, None)
    times, rr = times_s[known], rr_s[known]
    mean = 60 * len(rr) / float(rr.sum())
    cumulated = np.concatenate([[0.0], np.cumsum(rr)])
    first = np.arange(len(rr))
    last = np.searchsorted(times, times - rr + settings.window_s, side="right")
    covered = cumulated[last] - cumulated[first]
    enough = covered >= MIN_COVERAGE * settings.window_s
    if not enough.any():
        return HeartRate(mean, None, None, None, None)
    rates = np.where(enough, 60 * (last - first) / np.where(enough, covered, 1), np.nan)
    low, high = int(np.nanargmin(rates)), int(np.nanargmax(rates))
    begins = times - rr
    return HeartRate(
        mean, float(rates[low]), float(rates[high]), float(begins[low]), float(begins[high])
    )
