"""Regular tachycardia that begins at once is supraventricular from its first beat to its last.

Sinus rhythm speeds up over many beats; a re-entrant or ectopic atrial tachycardia starts from one
beat to the next ("paroxysmal": 2015 ACC/AHA/HRS guideline on supraventricular tachycardia,
doi:10.1161/CIR.0000000000000311, section 2). Once it has lasted for minutes, the rhythm around a
beat is the tachycardia itself, and nothing but its onset tells it from exercise. Atrial
fibrillation begins as suddenly, but is irregular; ventricular tachycardia keeps its name, as only
beats that were taken for normal are renamed.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.settings import ParoxysmalSvtSettings

NORMAL, SUPRAVENTRICULAR = CLASSES.index("N"), CLASSES.index("S")
SMOOTHING_BEATS = 5
"""A median over so many passes over one ectopic or missed beat within the tachycardia."""
BLOCK_BEATS = 1024
MAX_UNEVEN_SHARE = 0.2
"""Of the beats of a regular rhythm at most so many are ectopic, or follow one."""


def name_paroxysmal_svt(
    probabilities: NDArray[np.float32], rr_s: NDArray[np.float64], settings: ParoxysmalSvtSettings
) -> NDArray[np.float32]:
    """Return probabilities in which the normal beats of paroxysmal_svt are supraventricular.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        As the model gives them.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat in seconds, NaN where there is none.
    settings : ParoxysmalSvtSettings
        What counts as one.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        In paroxysmal_svt what N had is S's.
    """
    named = probabilities.copy()
    for first, stop in find_paroxysmal_svt(rr_s, settings):
        named[first:stop, SUPRAVENTRICULAR] += named[first:stop, NORMAL]
        named[first:stop, NORMAL] = 0
    return named


def find_paroxysmal_svt(
    rr_s: NDArray[np.float64], settings: ParoxysmalSvtSettings
) -> Iterator[tuple[int, int]]:
    """Yield the first beat, and the one after the last, of every paroxysm.

    Parameters
    ----------
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat in seconds, NaN where there is none: nothing is known to go on
        across it.
    settings : ParoxysmalSvtSettings
        What counts as one.
    """
    known = np.isfinite(rr_s)
    interval = np.where(known, rr_s, np.inf)
    smooth = np.where(known, median_filter(interval, SMOOTHING_BEATS, mode="nearest"), np.inf)
    end = 0
    for first, usual in _onsets(interval, settings):
        if first < end:
            continue
        begun = first + SMOOTHING_BEATS // 2  # before that the median still sees the old rhythm
        stop = _end(smooth, begun, usual, settings)
        if stop - first >= settings.min_beats and _is_regular(interval[first:stop], settings):
            yield first, stop
            end = stop


def _onsets(
    interval: NDArray[np.float64], settings: ParoxysmalSvtSettings
) -> Iterator[tuple[int, float]]:
    """Yield beats at which the rate jumps up, with the usual interval of those that follow."""
    fast = np.flatnonzero(interval < settings.max_rr_s)
    fast = fast[(fast >= settings.before_beats) & (fast <= len(interval) - settings.min_beats)]
    for start in range(0, len(fast), BLOCK_BEATS):
        first = fast[start : start + BLOCK_BEATS, None]
        before = np.median(interval[first + np.arange(-settings.before_beats, 0)], axis=1)
        usual = np.median(interval[first + np.arange(settings.min_beats)], axis=1)
        slower = before / np.maximum(usual, interval[first[:, 0]])
        reach = np.arange(-settings.before_beats, settings.min_beats)
        known = np.isfinite(interval[first + reach]).all(axis=1)
        begins = known & (usual < settings.max_rr_s) & (slower >= settings.onset_ratio)
        yield from zip(first[begins, 0].tolist(), usual[begins].tolist(), strict=True)


def _end(
    smooth: NDArray[np.float64], begun: int, usual: float, settings: ParoxysmalSvtSettings
) -> int:
    """Return the first beat that is of another rate; looked for a block at a time."""
    for start in range(begun, len(smooth), BLOCK_BEATS):
        ended = np.abs(np.log(smooth[start : start + BLOCK_BEATS] / usual)) > settings.drift
        if ended.any():
            return start + int(ended.argmax())
    return len(smooth)


def _is_regular(interval: NDArray[np.float64], settings: ParoxysmalSvtSettings) -> bool:
    steps = np.abs(np.diff(np.log(interval)))
    uneven = float(np.mean(steps > 2 * settings.step))
    return bool(np.median(steps) <= settings.step and uneven <= MAX_UNEVEN_SHARE)
