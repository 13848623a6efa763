"""Aberrant conduction: wide beats on time, with the patient's own PR interval, are normal.

Bundle branch block and pre-excitation that come and go change the QRS complex, not the rhythm. A
ventricular beat is premature, late or unrelated to the P wave.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d

from deepecg.arrays import Bools
from deepecg.beats.usual_values import usual_around
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import AberrantConductionSettings
from deepecg.signal.stretches import stretches
from deepecg.waves.waves import Waves


def as_normal(stream: BeatStream, conducted: Bools) -> BeatStream:
    """Return a stream in which conducted beats with a wide QRS complex are normal."""
    return stream.relabelled(conducted, "VF", "N")


def conducted_wide_beats(
    stream: BeatStream, waves: Waves, settings: AberrantConductionSettings
) -> Bools:
    """Return which ventricular beats are conducted ones with a wide QRS complex.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    settings : AberrantConductionSettings
        Limits of PR and RR intervals.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
    """
    ventricular = stream.is_class("V")
    if not ventricular.any():
        return ventricular
    on_time = _on_time(stream, settings)
    conducted = _in_groups(
        ventricular,
        _own_pr(stream, waves, settings, settings.p_probability)
        & on_time
        & np.append(on_time[1:], True),
        settings,
    )
    certain_p = _certain_p(waves, settings.run_p_probability)
    own_pr = _own_pr(stream, waves, settings, settings.run_p_probability)
    for first, stop in stretches(ventricular & on_time):
        n_own = own_pr[first:stop].sum()
        if (
            stop - first >= settings.run_beats
            and n_own >= settings.run_share * (stop - first)
            and n_own >= settings.run_own_share * certain_p[first:stop].sum()
            and _begins_on_time(stream, first, settings)
        ):
            conducted[first:stop] = True
    return conducted


def _on_time(stream: BeatStream, settings: AberrantConductionSettings) -> Bools:
    """Return which beats end an interval of the usual length."""
    usual_s = usual_around(stream.rr_s, np.isfinite(stream.rr_s), settings.rr_beats)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(stream.rr_s / usual_s - 1) <= settings.rr_share)


def _begins_on_time(stream: BeatStream, first: int, settings: AberrantConductionSettings) -> bool:
    """Return whether the intervals before, at and after the first beat of a run are alike."""
    rr_s = stream.rr_s[max(first - 1, 0) : first + 2]
    return bool(len(rr_s) > 2 and np.abs(np.diff(np.log(rr_s))).max() <= settings.rr_share)


def _certain_p(waves: Waves, probability: float) -> Bools:
    return np.asarray(waves.has_p & (waves.p_probability >= probability))


def _own_pr(
    stream: BeatStream, waves: Waves, settings: AberrantConductionSettings, probability: float
) -> Bools:
    """Return which beats have a P wave at the distance of the normal beats around."""
    certain_p = _certain_p(waves, probability)
    normal = stream.is_class("N") & certain_p
    later_s, longer_s = (
        each - usual_around(each, normal & np.isfinite(each), settings.pr_beats)
        for each in (waves.p_to_r_s(stream.times_s), waves.pr_s)
    )
    # A wide QRS complex may begin on time and have its R peak late, or the other way round.
    with np.errstate(invalid="ignore"):
        own = (later_s >= -settings.pr_s) & (later_s <= settings.r_delay_s)
        own |= np.abs(longer_s) <= settings.pr_s
    return np.asarray(certain_p & own)


def _in_groups(ventricular: Bools, own_pr: Bools, settings: AberrantConductionSettings) -> Bools:
    """Return which ventricular beats have their own P wave, where most around them have."""
    alike = ventricular & own_pr
    around = 2 * settings.beats_around + 1
    n_alike, n_ventricular = (
        around * uniform_filter1d(beats.astype(np.float64), around, mode="constant")
        for beats in (alike, ventricular)
    )
    enough = n_alike > settings.min_beats - 0.5
    return np.asarray(alike & enough & (n_alike >= settings.least_share * n_ventricular), bool)
