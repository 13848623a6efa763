"""Paroxysmal SVT: normal beats of a regular tachycardia with sudden onset become supraventricular.

Sinus rhythm accelerates over many beats; a re-entrant or ectopic atrial tachycardia starts from one
beat to the next ("paroxysmal": 2015 ACC/AHA/HRS guideline on supraventricular tachycardia,
doi:10.1161/CIR.0000000000000311, section 2). After some minutes the rhythm around a beat is the
tachycardia itself, and only the onset distinguishes it from exercise. Atrial fibrillation starts as
suddenly but is irregular. Ventricular tachycardia is not changed, because only beats classified as
normal are relabelled.
"""

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import median_filter

from deepecg.arrays import Floats, Floats32
from deepecg.beats.relabelling import with_moved_probability
from deepecg.beats.settings import ParoxysmalSvtSettings

SMOOTHING_BEATS = 5
"""Intervals in the running median, which one ectopic or missed beat in the tachycardia does not
change."""
BLOCK_BEATS = 1024
"""Beats that are searched at a time, to bound memory and time."""
MAX_UNEVEN_SHARE = 0.2
"""Largest share of large steps in a regular rhythm: ectopic beats and those after them."""


def relabel_paroxysmal_svt(
    probabilities: Floats32, rr_s: Floats, settings: ParoxysmalSvtSettings
) -> Floats32:
    """Move the probability of N to S in every paroxysmal SVT.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        Output of the model.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds, NaN where there is none.
    settings : ParoxysmalSvtSettings
        Limits of a paroxysmal SVT.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        A copy; in a paroxysmal SVT the probability of S is that of N and S together.
    """
    inside = np.zeros(len(rr_s), bool)
    for first, stop in find_paroxysmal_svt(rr_s, settings):
        inside[first:stop] = True
    return with_moved_probability(probabilities, inside, "N", "S")


def find_paroxysmal_svt(rr_s: Floats, settings: ParoxysmalSvtSettings) -> Iterator[tuple[int, int]]:
    """Yield the first beat, and the one after the last, of each paroxysmal SVT.

    Parameters
    ----------
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds, NaN where there is none; an SVT ends there.
    settings : ParoxysmalSvtSettings
        Limits of a paroxysmal SVT.
    """
    valid = np.isfinite(rr_s)
    interval = np.where(valid, rr_s, np.inf)
    smooth = np.where(valid, median_filter(interval, SMOOTHING_BEATS, mode="nearest"), np.inf)
    end = 0
    for first, typical in _onsets(interval, settings):
        if first < end:
            continue
        begun = first + SMOOTHING_BEATS // 2  # before it the median contains the old rhythm
        stop = _end(smooth, begun, typical, settings)
        if stop - first >= settings.min_beats and _is_regular(interval[first:stop], settings):
            yield first, stop
            end = stop


def _onsets(interval: Floats, settings: ParoxysmalSvtSettings) -> Iterator[tuple[int, float]]:
    """Yield beats at which the rate jumps up, with the median interval of the beats after."""
    fast = np.flatnonzero(interval < settings.max_rr_s)
    fast = fast[(fast >= settings.before_beats) & (fast <= len(interval) - settings.min_beats)]
    reach = np.arange(-settings.before_beats, settings.min_beats)
    for start in range(0, len(fast), BLOCK_BEATS):
        first = fast[start : start + BLOCK_BEATS, None]
        first = first[np.isfinite(interval[first + reach]).all(axis=1)]
        before = np.median(interval[first + np.arange(-settings.before_beats, 0)], axis=1)
        after = np.median(interval[first + np.arange(settings.min_beats)], axis=1)
        slower = before / np.maximum(after, interval[first[:, 0]])
        begins = (after < settings.max_rr_s) & (slower >= settings.onset_ratio)
        yield from zip(first[begins, 0].tolist(), after[begins].tolist(), strict=True)


def _end(smooth: Floats, begun: int, typical: float, settings: ParoxysmalSvtSettings) -> int:
    """Return the first beat whose rate differs from ``typical`` by more than the drift."""
    for start in range(begun, len(smooth), BLOCK_BEATS):
        ended = np.abs(np.log(smooth[start : start + BLOCK_BEATS] / typical)) > settings.drift
        if ended.any():
            return start + int(ended.argmax())
    return len(smooth)


def _is_regular(interval: Floats, settings: ParoxysmalSvtSettings) -> bool:
    """Return whether successive intervals differ little, except at a few ectopic beats."""
    steps = np.abs(np.diff(np.log(interval)))
    uneven = float(np.mean(steps > 2 * settings.step))
    return bool(np.median(steps) <= settings.step and uneven <= MAX_UNEVEN_SHARE)
