"""Atrial fibrillation in a short strip: irregular intervals without any P wave.

A strip of an event recorder or a watch is as long as an episode of a long recording must be, and
too short for :mod:`deepecg.rhythm.atrial_fibrillation`, which asks half a minute of evidence. The
waves make up for it: without P waves before the beats, a dozen irregular intervals are enough.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from deepecg.arrays import Bools, Floats
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import StripFibrillationSettings
from deepecg.signal.stretches import stretches
from deepecg.waves.waves import Waves


def fibrillation_in_strip(
    stream: BeatStream, waves: Waves, settings: StripFibrillationSettings
) -> Bools:
    """Return which intervals of a strip lie in atrial fibrillation.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    settings : StripFibrillationSettings
        Windows and limits.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
        Whether the interval before each beat does; none in a longer recording.
    """
    inside = np.zeros(len(stream.times_s), bool)
    half = settings.window_beats // 2
    if len(stream.analysable) > settings.longest_strip_s or len(inside) <= half:
        return inside
    irregular = _irregular_without_p(stream, waves, settings)
    known = np.isfinite(stream.rr_s)
    for first, stop in stretches(irregular):
        # A window is irregular once half of it is.
        around = slice(max(first - half // 2, 0), stop + half // 2)
        inside[around] = known[around]
    for first, stop in stretches(inside):
        inside[first:stop] = stream.rr_s[first:stop].sum() >= settings.episode_s
    # Beats beside it that are early and have no P wave belong to it.
    early = known & stream.is_class("S") & ~waves.has_p
    for first, stop in stretches(inside | early):
        inside[first:stop] = inside[first:stop].any()
    return inside


def _irregular_without_p(
    stream: BeatStream, waves: Waves, settings: StripFibrillationSettings
) -> Bools:
    """Return around which beats intervals are irregular and P waves absent."""
    ventricular = stream.is_class("V")
    usable = np.isfinite(stream.rr_s) & ~ventricular
    usable[1:] &= ~ventricular[:-1]
    rr_s = np.where(usable, stream.rr_s, np.nan)
    steps_s = np.abs(np.diff(rr_s, prepend=np.nan))
    windows = _windows(steps_s, settings.window_beats)
    counted = np.isfinite(windows).sum(axis=1) >= settings.least_intervals
    windows = windows[counted]
    mean_s = np.nanmean(_windows(rr_s, settings.window_beats)[counted], axis=1)
    p_share = np.nanmean(_windows(waves.has_p, settings.window_beats)[counted], axis=1)
    found = np.zeros(len(rr_s), bool)
    found[counted] = (
        (np.nanmedian(windows, axis=1) >= settings.median_share * mean_s)
        & (np.sqrt(np.nanmean(windows**2, axis=1)) >= settings.rmssd_share * mean_s)
        & (p_share <= settings.p_share)
    )
    return found


def _windows(values: Floats | Bools, n_beats: int) -> Floats:
    """Return the values around each beat, NaN outside the recording, shape (n_beats, window)."""
    padded = np.pad(values.astype(np.float64), n_beats // 2, constant_values=np.nan)
    return sliding_window_view(padded, n_beats)
