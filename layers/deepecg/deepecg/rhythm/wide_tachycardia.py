"""Tachycardia with wide QRS complexes and without P waves: ventricular until shown otherwise.

The classifier compares a beat with the patient's other beats. Where a tachycardia fills the
recording there are none, and within a run the timing can outweigh the shape. The width of the QRS
complex remains (wide: 120 ms and more, 2017 AHA/ACC/HRS guideline on ventricular arrhythmias,
doi:10.1161/CIR.0000000000000549, section 2).
"""

from dataclasses import replace

import numpy as np

from deepecg.arrays import Bools
from deepecg.beats.aami_classes import CLASSES
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import WideTachycardiaSettings
from deepecg.signal.stretches import stretches
from deepecg.waves.waves import Waves

VENTRICULAR = CLASSES.index("V")


def with_wide_runs_ventricular(
    stream: BeatStream, waves: Waves, settings: WideTachycardiaSettings
) -> BeatStream:
    """Return a stream in which all beats of wide runs are ventricular.

    A run begins with ectopic beats; fast wide beats beside them belong to it, whatever their class.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    settings : WideTachycardiaSettings
        Rate, width and length of such runs.
    """
    probabilities = stream.probabilities.copy()
    normal = stream.is_class("N") & np.isfinite(waves.qrs_s)
    with np.errstate(invalid="ignore"):
        slow = normal & (stream.rr_s >= settings.max_rr_s)
    # A long tachycardia may have been called normal: slow beats show the usual length.
    usual_s = waves.qrs_s[slow if slow.any() else normal]
    if not len(usual_s):
        return stream
    least_s = max(settings.wider_share * float(np.median(usual_s)), settings.run_qrs_s)
    ectopic = stream.is_class("S") | stream.is_class("V")
    with np.errstate(invalid="ignore"):
        belongs = (stream.rr_s < settings.max_rr_s) & (waves.qrs_s >= least_s) & ~waves.has_p
    for first, stop in stretches(ectopic):
        if stop - first >= settings.run_beats and _is_wide_and_fast(
            stream, waves, slice(first, stop), least_s, settings
        ):
            run = _extended(belongs, first, stop)
            probabilities[run] = 0
            probabilities[run, VENTRICULAR] = 1
    return replace(stream, probabilities=probabilities)


def _extended(belongs: Bools, first: int, stop: int) -> slice:
    """Return a run with the beats before and after it that belong to it."""
    while first > 0 and belongs[first - 1]:
        first -= 1
    while stop < len(belongs) and belongs[stop]:
        stop += 1
    return slice(first, stop)


def wide_tachycardia(
    stream: BeatStream, waves: Waves, named: Bools, settings: WideTachycardiaSettings
) -> tuple[Episode, ...]:
    """Find wide-QRS tachycardia whose beats the classifier does not call ventricular.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    named : ndarray of bool, shape (n_beats,)
        Beats whose rhythm is known: in atrial fibrillation, or conducted with a wide QRS complex.
    settings : WideTachycardiaSettings
        Rate, width and duration.

    Returns
    -------
    tuple of Episode
        In the order of time.
    """
    with np.errstate(invalid="ignore"):
        fast = stream.rr_s < settings.max_rr_s
    fast &= ~named & ~stream.is_class("V")
    found = [
        (first - 1, stop - 1)
        for first, stop in stretches(fast)
        if first > 0
        and _is_wide_and_fast(stream, waves, slice(first, stop), settings.episode_qrs_s, settings)
    ]
    episodes = stream.episodes(*np.array(found, np.int64).reshape(-1, 2).T)
    return tuple(episode for episode in episodes if episode.duration_s >= settings.episode_s)


def _is_wide_and_fast(
    stream: BeatStream,
    waves: Waves,
    beats: slice,
    least_s: float,
    settings: WideTachycardiaSettings,
) -> bool:
    """Return whether beats form a tachycardia with wide QRS complexes and without P waves."""
    qrs_s, rr_s = waves.qrs_s[beats], stream.rr_s[beats][1:]
    qrs_s, rr_s = qrs_s[np.isfinite(qrs_s)], rr_s[np.isfinite(rr_s)]
    if not len(qrs_s) or not len(rr_s):
        return False
    return bool(
        np.median(rr_s) < settings.max_rr_s
        and np.median(qrs_s) >= least_s
        and waves.has_p[beats].mean() < settings.p_share
    )
