"""The QT interval, and QTc: the QT interval corrected for heart rate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.beats.usual_values import usual_around
from deepecg.rhythm.assessable_beats import (
    NO_WAVES,
    UNSTABLE,
    AssessedTime,
    obstacles_of_windows,
    window_medians,
)
from deepecg.rhythm.settings import QtFormula, QtIntervalSettings, RepolarisationSettings
from deepecg.time_units import SECONDS_PER_MINUTE
from deepecg.waves.waves import Waves

Correction = Callable[[Floats, Floats], Floats]
"""From QT in ms and RR in s to QTc in ms."""

FORMULAS: Final[dict[QtFormula, Correction]] = {
    "fridericia": lambda qt_ms, rr_s: qt_ms / np.cbrt(rr_s),
    "bazett": lambda qt_ms, rr_s: qt_ms / np.sqrt(rr_s),
    "framingham": lambda qt_ms, rr_s: qt_ms + 154 * (1 - rr_s),
    "hodges": lambda qt_ms, rr_s: qt_ms + 1.75 * (SECONDS_PER_MINUTE / rr_s - 60),
}
"""Fridericia 1920, Bazett 1920, Sagie et al. 1992 (Framingham), Hodges et al. 1983."""
MS_PER_S = 1000.0


@dataclass(frozen=True)
class QtInterval:
    """QT and QTc of a recording, by windows; NaN where they are not assessed.

    Attributes
    ----------
    qt_ms, qtc_ms : ndarray of float64, shape (n_windows,)
        Median QT interval of each window's beats, as it is and corrected.
    rate_bpm : ndarray of float64, shape (n_windows,)
        Heart rate that it was corrected for: 60 over the mean RR interval.
    time : AssessedTime
        How long it was assessed, and why not for the rest.
    window_s : float
        Length of a window.
    """

    qt_ms: Floats
    qtc_ms: Floats
    rate_bpm: Floats
    time: AssessedTime
    window_s: float

    @property
    def longest(self) -> int | None:
        """Window with the longest QTc; None if there is none."""
        return None if np.isnan(self.qtc_ms).all() else int(np.nanargmax(self.qtc_ms))


def usual_qt_ms(waves: Waves, obstacle: Ints, settings: RepolarisationSettings) -> Floats:
    """Return QT intervals in ms: the median of the beats around each.

    Parameters
    ----------
    waves : Waves
        Waves of the beats.
    obstacle : ndarray of int64, shape (n_beats,)
        Why a beat cannot be assessed; 0 if it can.
    settings : RepolarisationSettings
        Number of beats around.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        NaN for beats that cannot be assessed, and without T wave.
    """
    qt_ms = MS_PER_S * (waves.t_offset_s - waves.qrs_onset_s)
    known = (obstacle == 0) & np.isfinite(qt_ms)
    return np.where(known, usual_around(qt_ms, known, settings.usual_beats), np.nan)


def qt_interval(
    waves: Waves,
    obstacle: Ints,
    times_s: Floats,
    rr_s: Floats,
    duration_s: float,
    *,
    assessable: RepolarisationSettings,
    settings: QtIntervalSettings,
) -> QtInterval:
    """Return QT and QTc over time.

    Parameters
    ----------
    waves : Waves
        Waves of the beats.
    obstacle : ndarray of int64, shape (n_beats,)
        Why a beat cannot be assessed; 0 if it can.
    times_s, rr_s : ndarray of float64, shape (n_beats,)
        R peaks and the intervals before them in seconds; NaN for an interval that is not known.
    duration_s : float
        Length of the recording in seconds.
    assessable : RepolarisationSettings
        How many beats a window needs.
    settings : QtIntervalSettings
        Windows and formula.
    """
    n_windows = max(1, int(np.ceil(duration_s / settings.window_s)))
    window = np.minimum(times_s // settings.window_s, n_windows - 1).astype(np.int64)
    qt_ms = usual_qt_ms(waves, obstacle, assessable)
    without_t = (obstacle == 0) & np.isnan(qt_ms)
    windows = obstacles_of_windows(
        np.where(without_t, NO_WAVES, obstacle), window, n_windows, assessable
    )
    known = np.isfinite(rr_s)
    n_intervals = np.bincount(window[known], minlength=n_windows)
    summed_s = np.bincount(window[known], rr_s[known], n_windows)
    mean_rr_s = np.divide(
        summed_s, n_intervals, out=np.full(n_windows, np.nan), where=n_intervals > 0
    )
    change = np.abs(mean_rr_s[1:] / mean_rr_s[:-1] - 1)
    unstable = np.append(False, change > settings.stable_share) | np.isnan(mean_rr_s)
    windows[(windows == 0) & unstable] = UNSTABLE
    assessed = windows == 0
    rr_of_window_s = np.where(assessed, mean_rr_s, np.nan)
    qt_of_window_ms = np.where(assessed, window_medians(qt_ms, window, n_windows), np.nan)
    return QtInterval(
        qt_of_window_ms,
        FORMULAS[settings.formula](qt_of_window_ms, rr_of_window_s),
        SECONDS_PER_MINUTE / rr_of_window_s,
        AssessedTime.of_windows(windows, settings.window_s, duration_s),
        settings.window_s,
    )
