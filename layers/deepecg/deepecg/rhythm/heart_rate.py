"""Heart rate from RR intervals."""

from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import RATE_DIGITS
from deepecg.rhythm.settings import RateSettings
from deepecg.time_units import HOURS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE


@dataclass(frozen=True)
class HeartRate:
    """Heart rate over a recording; a value is None where too few intervals are known.

    Attributes
    ----------
    mean_bpm : float or None
        Number of intervals divided by the time they cover.
    day_mean_bpm, night_mean_bpm : float or None
        The same of the intervals that end by day, from ``RateSettings.day_start_hours`` to
        ``night_start_hours``, and by night; None also where the time of day is unknown.
    minimum_bpm, maximum_bpm : float or None
        Lowest and highest rate in any window of ``RateSettings.window_s``.
    minimum_at_s, maximum_at_s : float or None
        Where these windows begin, in seconds from the recording's start.
    tachycardia_s, bradycardia_s : float
        Total duration of the intervals around which the rate is above
        ``RateSettings.tachycardia_bpm``, or below ``bradycardia_bpm``; see :func:`rates_around`.
    """

    mean_bpm: float | None
    day_mean_bpm: float | None
    night_mean_bpm: float | None
    minimum_bpm: float | None
    maximum_bpm: float | None
    minimum_at_s: float | None
    maximum_at_s: float | None
    tachycardia_s: float
    bradycardia_s: float


def heart_rate(stream: BeatStream, settings: RateSettings) -> HeartRate:
    """Return mean, lowest and highest heart rate, and the time of tachycardia and bradycardia.

    Rates are means over a window, so that one wrong interval does not make a maximum of 900/min.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RateSettings
        Length of the window and limits.

    Returns
    -------
    HeartRate
        Minimum and maximum are None if no window is sufficiently covered, as in a recording
        shorter than half a window.
    """
    rr = stream.rr_s[np.isfinite(stream.rr_s)]
    if not len(rr):
        return HeartRate(None, None, None, None, None, None, None, 0.0, 0.0)
    means = (_mean(rr), *_day_and_night(stream, settings))
    around = rates_around(stream, settings)
    tachycardia_s = float(rr[around > settings.tachycardia_bpm].sum())
    bradycardia_s = float(rr[around < settings.bradycardia_bpm].sum())
    begins, rates = rate_windows(stream, settings)
    if np.isnan(rates).all():
        return HeartRate(*means, None, None, None, None, tachycardia_s, bradycardia_s)
    low, high = int(np.nanargmin(rates)), int(np.nanargmax(rates))
    return HeartRate(
        *means,
        float(rates[low]),
        float(rates[high]),
        float(begins[low]),
        float(begins[high]),
        tachycardia_s,
        bradycardia_s,
    )


def _day_and_night(stream: BeatStream, settings: RateSettings) -> tuple[float | None, float | None]:
    if stream.midnight_s is None:
        return None, None
    known = np.isfinite(stream.rr_s)
    hour = (stream.midnight_s + stream.times_s[known]) / SECONDS_PER_HOUR % HOURS_PER_DAY
    by_day = (hour >= settings.day_start_hours) & (hour < settings.night_start_hours)
    return _mean(stream.rr_s[known][by_day]), _mean(stream.rr_s[known][~by_day])


def _mean(rr_s: Floats) -> float | None:
    return SECONDS_PER_MINUTE * len(rr_s) / float(rr_s.sum()) if len(rr_s) else None


def rate_windows(stream: BeatStream, settings: RateSettings) -> tuple[Floats, Floats]:
    """Return the rate of every window that begins with a beat.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RateSettings
        Length of the window.

    Returns
    -------
    begins_s, rate_bpm : ndarray of float64, shape (n_intervals,)
        Start of each window, which is the first beat of each known interval, and the number of
        whole intervals inside divided by the time they cover; NaN where they cover less than
        ``RateSettings.covered_share`` of the window. The rate of a window over a gap is computed
        from the intervals beside the gap.
    """
    known = np.isfinite(stream.rr_s)
    times, rr = stream.times_s[known], stream.rr_s[known]
    begins = times - rr
    cumulated = np.concatenate([[0.0], np.cumsum(rr)])
    first = np.arange(len(rr))
    last = np.searchsorted(times, begins + settings.window_s, side="right")
    return begins, _rates(last - first, cumulated[last] - cumulated[first], settings)


def rates_around(stream: BeatStream, settings: RateSettings) -> Floats:
    """Return the rate around every known interval, in a window centred on the interval.

    An interval that lies partly in the window counts with that part, as the same part of a beat, so
    that the rate of a steady rhythm does not depend on where the window lies. A short burst makes
    no tachycardia time; bursts are reported as runs of ectopic beats.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RateSettings
        Length of the window.

    Returns
    -------
    ndarray of float64, shape (n_intervals,)
        Beats per minute; NaN where less than ``RateSettings.covered_share`` of the window is
        covered by intervals, as beside gaps. Such time is neither tachycardia nor bradycardia.
    """
    known = np.isfinite(stream.rr_s)
    times, rr = stream.times_s[known], stream.rr_s[known]
    edges = np.stack([times - rr, times], axis=1).ravel()
    n_until = np.repeat(np.arange(len(rr) + 1), 2)[1:-1]
    covered_until = np.repeat(np.concatenate([[0.0], np.cumsum(rr)]), 2)[1:-1]
    centres = times - rr / 2
    begins, ends = centres - settings.window_s / 2, centres + settings.window_s / 2
    n_beats = np.interp(ends, edges, n_until) - np.interp(begins, edges, n_until)
    covered = np.interp(ends, edges, covered_until) - np.interp(begins, edges, covered_until)
    return _rates(n_beats, covered, settings)


def _rates(n_beats: Floats | Ints, covered_s: Floats, settings: RateSettings) -> Floats:
    enough = covered_s >= settings.covered_share * settings.window_s
    rate = SECONDS_PER_MINUTE * n_beats / np.where(enough, covered_s, 1)
    return np.where(enough, np.round(rate, RATE_DIGITS), np.nan)
