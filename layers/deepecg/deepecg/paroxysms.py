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

from deepecg.classes import CLASSES
from deepecg.settings import ParoxysmSettings

NORMAL, SUPRAVENTRICULAR = CLASSES.index("N"), CLASSES.index("S")
SMOOTHING_BEATS = 5
"""A median over so many passes over one ectopic or missed beat within the tachycardia."""
MAX_UNEVEN_SHARE = 0.2
"""Of the beats of a regular rhythm at most so many are ectopic, or follow one."""


def name_paroxysms(
    probabilities: NDArray[np.float32], rr_s: NDArray[np.float64], settings: ParoxysmSettings
) -> NDArray[np.float32]:
    """Return probabilities in which the normal beats of paroxysms are supraventricular.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        As the model gives them.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat in seconds, NaN where there is none.
    settings : ParoxysmSettings
        What counts as one.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        In paroxysms what N had is S's.
    """
    named = probabilities.copy()
    for first, stop in find_paroxysms(rr_s, settings):
        named[first:stop, SUPRAVENTRICULAR] += named[first:stop, NORMAL]
        named[first:stop, NORMAL] = 0
    return named


def find_paroxysms(
    rr_s: NDArray[np.float64], settings: ParoxysmSettings
) -> Iterator[tuple[int, int]]:
    """Yield the first beat, and the one after the last, of every paroxysm.

    Parameters
    ----------
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat in seconds, NaN where there is none: nothing is known to go on
        across it.
    settings : ParoxysmSettings
        What counts as one.
    """
    from scipy.ndimage import median_filter  # noqa: PLC0415 - readers of a card need not wait

    known = np.isfinite(rr_s)
    interval = np.where(known, rr_s, np.inf)
    smooth = median_filter(interval, SMOOTHING_BEATS, mode="nearest")
    end = 0
    for first in np.flatnonzero(interval < settings.max_rr_s).tolist():
        usual = _rate_that_begins(interval, first, settings) if first >= end else None
        if usual is None:
            continue
        begun = first + SMOOTHING_BEATS // 2  # before that the median still sees the old rhythm
        ended = (np.abs(np.log(smooth[begun:] / usual)) > settings.drift) | ~known[begun:]
        stop = begun + (int(ended.argmax()) if ended.any() else len(ended))
        if stop - first >= settings.min_beats and _is_regular(interval[first:stop], settings):
            yield first, stop
            end = stop


def _rate_that_begins(
    interval: NDArray[np.float64], first: int, settings: ParoxysmSettings
) -> float | None:
    """Return the usual interval of the beats from ``first`` on, if the rate jumps up there."""
    before = interval[max(first - settings.before_beats, 0) : first]
    run = interval[first : first + settings.min_beats]
    if len(before) == 0 or len(run) < settings.min_beats:
        return None
    usual = float(np.median(run))
    slower = float(np.median(before)) / max(usual, interval[first])
    begins = usual < settings.max_rr_s and settings.onset_ratio <= slower < np.inf
    return usual if begins else None


def _is_regular(interval: NDArray[np.float64], settings: ParoxysmSettings) -> bool:
    steps = np.abs(np.diff(np.log(interval)))
    uneven = float(np.mean(steps > 2 * settings.step))
    return bool(np.median(steps) <= settings.step and uneven <= MAX_UNEVEN_SHARE)
