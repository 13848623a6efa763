"""Delineation: the waves that the network found are assigned to the detector's beats.

1. A beat's QRS complex is the one found at its R peak. The detector alone decides what is a beat.
2. Its T wave is the one with the largest area between its QRS complex and the next.
3. Its P wave is the last one before its QRS complex, if that is not too far away. A P wave that is
   certain by itself always counts; an uncertain one counts if most neighbours have one at the same
   distance from the R peak, as a low P wave of sinus rhythm has.
4. So does one that is the middle one of five P waves at regular intervals: in block, P waves fall
   on T waves, where the network is less certain.
5. Every other P wave that counts and lies outside of QRS complexes is kept: no beat follows it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from deepecg.waves.settings import DelineationSettings
from deepecg.waves.wave_intervals import WaveIntervals
from deepecg.waves.waves import Waves


@dataclass(frozen=True)
class _QrsBounds:
    """QRS onset and offset of each beat in samples; usual distances where none was found."""

    onset: NDArray[np.float64]
    offset: NDArray[np.float64]
    found: NDArray[np.bool_]


TRAIN_WAVES = 5
"""P waves whose intervals decide whether the middle one is part of a regular train."""
USUAL_QRS_S = -0.045, 0.055
"""Usual distance of QRS onset and offset from the R peak in seconds, where the network found none:
a QRS complex of 100 ms."""


def delineate(
    r_peaks: NDArray[np.float64],
    p: WaveIntervals,
    qrs: WaveIntervals,
    t: WaveIntervals,
    settings: DelineationSettings,
    *,
    rate_hz: int,
    clock_hz: float,
) -> Waves:
    """Assign waves to beats.

    Parameters
    ----------
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples, in the order of time.
    p, qrs, t : WaveIntervals
        Waves of each kind in samples.
    settings : DelineationSettings
        Distances and thresholds.
    rate_hz : int
        Nominal sampling rate.
    clock_hz : float
        Samples per second of the recording's clock, for the times returned.

    Returns
    -------
    Waves
        In seconds.
    """
    n_beats = len(r_peaks)
    if not n_beats:
        return Waves.none(0)
    bounds = _qrs_bounds(r_peaks, qrs, rate_hz, settings)
    t_of_beat = _t_waves(r_peaks, bounds, t, rate_hz, settings)
    p = p[(p.offset - p.onset) >= settings.min_p_s * rate_hz]
    p = p[~_within_qrs(p.peak, bounds)]
    p_of_beat, others = _p_waves(r_peaks, bounds, p, rate_hz, settings)

    def seconds(values: NDArray[np.float64], of_beat: NDArray[np.int64]) -> NDArray[np.float64]:
        known = of_beat >= 0
        times = np.full(n_beats, np.nan)
        times[known] = values[of_beat[known]] / clock_hz
        return times

    probability = np.zeros(n_beats, np.float32)
    probability[p_of_beat >= 0] = p.probability[p_of_beat[p_of_beat >= 0]]
    return Waves(
        seconds(p.onset, p_of_beat),
        seconds(p.peak, p_of_beat),
        seconds(p.offset, p_of_beat),
        probability,
        np.where(bounds.found, bounds.onset / clock_hz, np.nan),
        np.where(bounds.found, bounds.offset / clock_hz, np.nan),
        seconds(t.onset, t_of_beat),
        seconds(t.peak, t_of_beat),
        seconds(t.offset, t_of_beat),
        others.onset / clock_hz,
        others.peak / clock_hz,
        others.offset / clock_hz,
        others.probability,
    )


def _qrs_bounds(
    r_peaks: NDArray[np.float64],
    qrs: WaveIntervals,
    rate_hz: int,
    settings: DelineationSettings,
) -> _QrsBounds:
    """Return the QRS complex found at each R peak."""
    onset = r_peaks + USUAL_QRS_S[0] * rate_hz
    offset = r_peaks + USUAL_QRS_S[1] * rate_hz
    found = np.zeros(len(r_peaks), bool)
    if len(qrs):
        reach = settings.qrs_reach_s * rate_hz
        after = np.searchsorted(qrs.onset, r_peaks)
        distance = np.full(len(r_peaks), np.inf)
        nearest = np.zeros(len(r_peaks), np.int64)
        for candidate in (after - 1, after):
            exists = (candidate >= 0) & (candidate < len(qrs))
            which = np.clip(candidate, 0, len(qrs) - 1)
            away = np.maximum(qrs.onset[which] - r_peaks, r_peaks - qrs.offset[which])
            nearer = exists & (away < distance)
            distance[nearer], nearest[nearer] = away[nearer], which[nearer]
        before = r_peaks - qrs.onset[nearest]
        behind = qrs.offset[nearest] - r_peaks
        found = (
            (distance <= reach)
            & (before <= settings.qrs_before_s * rate_hz)
            & (behind <= settings.qrs_after_s * rate_hz)
        )
        onset = np.where(found, np.minimum(qrs.onset[nearest], r_peaks), onset)
        offset = np.where(found, np.maximum(qrs.offset[nearest], r_peaks), offset)
    return _QrsBounds(onset, offset, found)


def _t_waves(
    r_peaks: NDArray[np.float64],
    bounds: _QrsBounds,
    t: WaveIntervals,
    rate_hz: int,
    settings: DelineationSettings,
) -> NDArray[np.int64]:
    """Return the number of each beat's T wave, or -1."""
    of_beat = np.full(len(r_peaks), -1)
    beat = np.searchsorted(r_peaks, t.peak) - 1
    which = np.maximum(beat, 0)
    next_onset = np.append(bounds.onset[1:], np.inf)
    fits = (
        (beat >= 0)
        & (t.probability >= settings.t_probability)
        & (t.offset - t.onset >= settings.min_t_s * rate_hz)
        & (t.peak > bounds.offset[which])
        & (t.peak < next_onset[which])
        & (t.peak - r_peaks[which] <= settings.max_rt_s * rate_hz)
    )
    numbers = np.flatnonzero(fits)
    by_area = numbers[np.argsort(t.area[numbers], kind="stable")]
    of_beat[beat[by_area]] = by_area  # the largest comes last
    return of_beat


def _within_qrs(peaks: NDArray[np.float64], bounds: _QrsBounds) -> NDArray[np.bool_]:
    """Return which peaks lie within the QRS complex of a beat."""
    beat = np.searchsorted(bounds.onset, peaks) - 1
    return np.asarray((beat >= 0) & (peaks <= bounds.offset[np.maximum(beat, 0)]), bool)


def _p_waves(
    r_peaks: NDArray[np.float64],
    bounds: _QrsBounds,
    p: WaveIntervals,
    rate_hz: int,
    settings: DelineationSettings,
) -> tuple[NDArray[np.int64], WaveIntervals]:
    """Return the number of each beat's P wave, or -1, and the P waves that are of no beat."""
    beat = np.searchsorted(bounds.onset, p.peak)
    which = np.minimum(beat, len(r_peaks) - 1)
    near = (beat < len(r_peaks)) & (bounds.onset[which] - p.onset <= settings.max_pr_s * rate_hz)
    last = _last_of_each(beat, near, len(r_peaks))
    distance = np.where(last >= 0, r_peaks - p.peak[last] if len(p) else np.nan, np.nan)
    accepted = p.probability >= settings.p_probability
    accepted[last[(last >= 0) & _supported(distance, rate_hz, settings)]] = True
    accepted |= _in_regular_train(p, accepted, settings)
    of_beat = _last_of_each(beat, near & accepted, len(r_peaks))
    accepted[of_beat[of_beat >= 0]] = False
    return of_beat, p[accepted]


def _last_of_each(
    beat: NDArray[np.int64], chosen: NDArray[np.bool_], n_beats: int
) -> NDArray[np.int64]:
    """Return the last of the chosen P waves before each beat, or -1."""
    last = np.full(n_beats, -1)
    numbers = np.flatnonzero(chosen)
    last[beat[numbers]] = numbers  # in the order of time: the last before the beat remains
    return last


def _in_regular_train(
    p: WaveIntervals, accepted: NDArray[np.bool_], settings: DelineationSettings
) -> NDArray[np.bool_]:
    """Return which P waves, certain or not, are the middle one of five at regular intervals.

    One of the four intervals may be a double one: a QRS complex hides the P wave in it. If two
    may, a bump between the P waves of sinus rhythm would make a regular train, too.
    """
    regular = np.zeros(len(p), bool)
    train = np.flatnonzero(accepted | (p.probability >= settings.train_probability))
    if len(train) >= TRAIN_WAVES:
        intervals = sliding_window_view(np.diff(p.peak[train]), TRAIN_WAVES - 1)
        unit = intervals.min(axis=1, keepdims=True)
        single = intervals <= settings.train_ratio * unit
        double = (intervals >= 2 * unit) & (intervals <= 2 * settings.train_ratio * unit)
        even = (single | double).all(axis=1) & (double.sum(axis=1) <= 1)
        regular[train[TRAIN_WAVES // 2 :][: len(even)][even]] = True
    return regular


def _supported(
    distance: NDArray[np.float64], rate_hz: int, settings: DelineationSettings
) -> NDArray[np.bool_]:
    """Return for each beat whether enough neighbours have a P wave at the same distance."""
    reach = settings.neighbour_beats
    padded = np.pad(distance, reach, constant_values=np.nan)
    neighbours = sliding_window_view(padded, 2 * reach + 1)  # (n_beats, 2 * reach + 1), with itself
    equal = np.abs(neighbours - distance[:, None]) <= settings.neighbour_distance_s * rate_hz
    n_equal = equal.sum(axis=1) - 1
    n_neighbours = np.minimum(np.arange(len(distance)), reach) + np.minimum(
        np.arange(len(distance))[::-1], reach
    )
    return np.asarray(n_equal >= settings.neighbour_share * np.maximum(n_neighbours, 1), bool)
