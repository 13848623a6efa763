"""Sinus tachycardia: supraventricular beats of a tachycardia with gradual onset become normal.

The sinus node accelerates over many beats, on stairs as on standing up; a re-entrant or ectopic
atrial tachycardia starts with a premature beat (2015 ACC/AHA/HRS guideline on supraventricular
tachycardia, doi:10.1161/CIR.0000000000000311, section 2). It ends abruptly too, so a run that slows
down over many beats is sinus rhythm even if one beat at its onset was early. Where the rhythm
before a run cannot be seen, the end of the run decides, and where neither can be seen, its rate.
"""

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.relabelling import with_moved_probability
from deepecg.beats.settings import SinusTachycardiaSettings

SUPRAVENTRICULAR = CLASSES.index("S")


def relabel_sinus_tachycardia(
    probabilities: Floats32, rr_s: Floats, settings: SinusTachycardiaSettings
) -> Floats32:
    """Move the probability of S to N in every run that began gradually.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        Output of the model.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds, NaN where there is none.
    settings : SinusTachycardiaSettings
        Limits of a gradual onset.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        A copy; in a sinus tachycardia the probability of N is that of N and S together.
    """
    sinus = np.zeros(len(rr_s), bool)
    supraventricular = probabilities.argmax(axis=1) == SUPRAVENTRICULAR
    with np.errstate(invalid="ignore"):
        faster = np.append(np.nan, np.log(rr_s[:-1] / rr_s[1:]))
    for first, stop in _runs(supraventricular, settings):
        if _is_sinus(rr_s, faster, first, stop, settings):
            sinus[first:stop] = True
    return with_moved_probability(probabilities, sinus, "S", "N")


def _runs(supraventricular: Bools, settings: SinusTachycardiaSettings) -> list[tuple[int, int]]:
    """Return first beat, and the one after the last, of runs of mostly supraventricular beats."""
    beats = np.flatnonzero(supraventricular)
    if not len(beats):
        return []
    apart = np.flatnonzero(np.diff(beats) > settings.joined_beats) + 1
    runs = np.split(beats, apart)
    return [
        (int(run[0]), int(run[-1]) + 1)
        for run in runs
        if len(run) >= max(settings.min_beats, settings.least_share * (run[-1] + 1 - run[0]))
    ]


def _is_sinus(
    rr_s: Floats, faster: Floats, first: int, stop: int, settings: SinusTachycardiaSettings
) -> bool:
    """Return whether a run is regular, and neither begins nor ends abruptly."""
    inside = faster[first + 1 : stop]
    steps = np.abs(inside[np.isfinite(inside)])
    if not len(steps) or np.median(steps) > settings.regular_step:
        return False
    onset = faster[max(first - settings.before_beats, 1) : first + settings.onset_beats]
    end = -faster[stop - settings.onset_beats + 1 : stop + settings.before_beats]
    if _is_seen(end, settings) and end.max() < settings.gradual_end_step:
        return True
    for steps in (onset, end):
        if _is_seen(steps, settings):
            return bool(steps.max() < settings.abrupt_step)
    return bool(np.nanmedian(rr_s[first:stop]) >= settings.unseen_rr_s)


def _is_seen(steps: Floats, settings: SinusTachycardiaSettings) -> bool:
    """Return whether all intervals around an onset or end are known."""
    return bool(len(steps) >= settings.before_beats and np.isfinite(steps).all())
