"""Beats and windows in which ST segment and QT interval can be assessed, and why not elsewhere."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.beats.usual_values import usual_around
from deepecg.rhythm.assessment_obstacles import OBSTACLES
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis
from deepecg.rhythm.settings import RepolarisationSettings
from deepecg.waves.waves import Waves

NAMES: Final = ("assessed", *OBSTACLES)
"""What is known of a beat or window, by its number: 0 if it is assessed, or else its obstacle. Of
several obstacles that are equally frequent in a window, the first is named."""
(
    PACED,
    FIBRILLATION,
    WIDE_QRS,
    PRE_EXCITATION,
    ECTOPIC,
    NO_WAVES,
    UNSTABLE,
    NOT_ANALYSABLE,
    NOT_CALIBRATED,
) = range(1, len(NAMES))


def obstacles_of_beats(
    rhythm: RhythmAnalysis, waves: Waves, *, paced: bool, settings: RepolarisationSettings
) -> Ints:
    """Return for each beat why it cannot be assessed; 0 if it can.

    Atrial fibrillation and flutter are left out because their waves lie on PR level, ST segment and
    T wave, and because QT of an irregular rhythm has no RR interval to be corrected with. The beats
    next to one that is not normal are left out because its T wave or P wave lies in theirs.

    Parameters
    ----------
    rhythm : RhythmAnalysis
        The beats with their final classes, and atrial fibrillation and flutter.
    waves : Waves
        Waves of the same beats.
    paced : bool
        Whether the patient has a pacemaker.
    settings : RepolarisationSettings
        Limits.

    Returns
    -------
    ndarray of int64, shape (n_beats,)
        Positions in :data:`NAMES`.
    """
    beats = rhythm.beats
    other = ~beats.is_class("N")
    beside_other = other.copy()
    beside_other[1:] |= other[:-1]
    beside_other[:-1] |= other[1:]
    found = np.isfinite(waves.qrs_s) & ~beside_other
    qrs_s = usual_around(waves.qrs_s, found, settings.usual_beats)
    pr_s = usual_around(waves.pr_s, found & np.isfinite(waves.pr_s), settings.usual_beats)
    short_pr = pr_s < settings.pre_excitation_pr_s
    obstacle = np.zeros(len(other), np.int64)
    for number, beats_with_it in (
        (NO_WAVES, ~np.isfinite(waves.qrs_s)),
        (ECTOPIC, beside_other),
        (PRE_EXCITATION, short_pr & (qrs_s > settings.pre_excitation_qrs_s)),
        (WIDE_QRS, qrs_s > settings.wide_qrs_s),
        (FIBRILLATION, rhythm.fibrillation.beats | beats.within(rhythm.flutter)),
        (PACED, paced),
    ):
        obstacle[beats_with_it] = number
    return obstacle


def obstacles_of_windows(
    obstacle: Ints, window: Ints, n_windows: int, settings: RepolarisationSettings
) -> Ints:
    """Return for each window why it cannot be assessed; 0 if enough of its beats can.

    Parameters
    ----------
    obstacle : ndarray of int64, shape (n_beats,)
        Positions in :data:`NAMES`.
    window : ndarray of int64, shape (n_beats,)
        Window of each beat.
    n_windows : int
        Number of windows.
    settings : RepolarisationSettings
        Least number and share of assessed beats.

    Returns
    -------
    ndarray of int64, shape (n_windows,)
        The most frequent obstacle; a window with too few beats is not analysable.
    """
    kinds = len(NAMES)
    counts = np.bincount(window * kinds + obstacle, minlength=n_windows * kinds)
    counts = counts.reshape(n_windows, kinds)
    assessed, all_beats = counts[:, 0], counts.sum(axis=1)
    enough = (assessed >= settings.least_beats) & (assessed >= settings.least_share * all_beats)
    most = 1 + counts[:, 1:].argmax(axis=1)
    named = np.where(assessed < all_beats, most, NOT_ANALYSABLE)
    return np.asarray(np.where(enough, 0, named), np.int64)


def window_medians(values: Floats, window: Ints, n_windows: int) -> Floats:
    """Return the median of the known values in each window, NaN without any, (n_windows,)."""
    known = np.isfinite(values)
    order = np.lexsort((values[known], window[known]))
    values, counts = values[known][order], np.bincount(window[known], minlength=n_windows)
    first = np.cumsum(counts) - counts
    some = counts > 0
    middle = np.full(n_windows, np.nan)
    lower, upper = first + (counts - 1) // 2, first + counts // 2
    middle[some] = (values[lower[some]] + values[upper[some]]) / 2
    return middle


@dataclass(frozen=True)
class AssessedTime:
    """How long something was assessed, and why not for the rest.

    Attributes
    ----------
    assessed_s : float
        Seconds of the windows that were assessed.
    not_assessed_s : dict of str to float
        Seconds of the other windows, for each obstacle that there is, by the keys of
        :data:`deepecg.rhythm.assessment_obstacles.OBSTACLES`.
    """

    assessed_s: float
    not_assessed_s: dict[str, float]

    @classmethod
    def of_windows(cls, obstacle: Ints, window_s: float, duration_s: float) -> Self:
        """Add up windows, of which the last may be shorter."""
        lengths_s = np.full(len(obstacle), window_s)
        lengths_s[-1] = duration_s - window_s * (len(obstacle) - 1)
        seconds = np.bincount(obstacle, lengths_s, len(NAMES))
        named = zip(NAMES[1:], seconds[1:].tolist(), strict=True)
        return cls(float(seconds[0]), {name: seconds for name, seconds in named if seconds > 0})
