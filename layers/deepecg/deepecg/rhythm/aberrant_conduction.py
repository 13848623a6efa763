"""Aberrant conduction: wide beats on time, with the patient's own PR interval, are normal.

Bundle branch block and pre-excitation that come and go change the QRS complex, not the rhythm. A
ventricular beat is premature, late or unrelated to the P wave.
"""

from dataclasses import replace

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from deepecg.arrays import Bools, Floats
from deepecg.beats.aami_classes import CLASSES
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import AberrantConductionSettings
from deepecg.waves.waves import Waves

NORMAL = CLASSES.index("N")


def with_aberrant_beats_normal(
    stream: BeatStream, waves: Waves, settings: AberrantConductionSettings
) -> BeatStream:
    """Return a stream in which conducted beats with a wide QRS complex are normal.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    settings : AberrantConductionSettings
        Limits of PR and RR intervals.
    """
    conducted = _conducted(stream, waves, settings)
    probabilities = stream.probabilities.copy()
    for ventricular in (CLASSES.index("V"), CLASSES.index("F")):
        probabilities[conducted, NORMAL] += probabilities[conducted, ventricular]
        probabilities[conducted, ventricular] = 0
    return replace(stream, probabilities=probabilities)


def _conducted(stream: BeatStream, waves: Waves, settings: AberrantConductionSettings) -> Bools:
    """Return which ventricular beats are conducted, where most around them are."""
    ventricular = stream.is_class("V")
    certain_p = waves.has_p & (waves.p_probability >= settings.p_probability)
    if not (ventricular & certain_p).any():
        return np.zeros(len(ventricular), bool)
    distances_s = (stream.times_s - waves.p_peak_s, waves.pr_s)
    normal = stream.is_class("N") & certain_p
    usual_rr_s = _usual(stream.rr_s, np.isfinite(stream.rr_s), settings.rr_beats)
    with np.errstate(invalid="ignore"):
        on_time = np.abs(stream.rr_s / usual_rr_s - 1) <= settings.rr_share
        # A wide QRS complex may begin on time and have its R peak late, or the other way round.
        own_pr = [
            np.abs(s - _usual(s, normal & np.isfinite(s), settings.pr_beats)) <= settings.pr_s
            for s in distances_s
        ]
        alike = ventricular & certain_p & (own_pr[0] | own_pr[1])
    alike &= on_time & np.append(on_time[1:], True)
    around = 2 * settings.beats_around + 1
    n_alike, n_ventricular = (
        around * uniform_filter1d(beats.astype(np.float64), around, mode="constant")
        for beats in (alike, ventricular)
    )
    enough = n_alike > settings.min_beats - 0.5
    return np.asarray(alike & enough & (n_alike >= settings.least_share * n_ventricular), bool)


def _usual(values: Floats, known: Bools, n_beats: int) -> Floats:
    """Return the median of the known values around each beat; NaN if none is known."""
    at = np.flatnonzero(known)
    if not len(at):
        return np.full(len(values), np.nan)
    filled = np.interp(np.arange(len(values)), at, values[at])
    return np.asarray(median_filter(filled, n_beats, mode="nearest"), np.float64)
