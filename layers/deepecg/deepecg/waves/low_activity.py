"""Stretches without QRS complexes: small waves of ventricular fibrillation or of a loose electrode.

Where no QRS complex follows for seconds, the detector finds small waves in the end. The network
finds none at most of them, and they are lower than the patient's QRS complexes. They are no beats:
without them the stretch is a long interval, which is urgent whatever its cause.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter1d

from deepecg.arrays import Bools, Floats
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.signal.stretches import stretches
from deepecg.waves.relative_leads import beat_heights
from deepecg.waves.settings import LowActivitySettings, RelativeLeadSettings
from deepecg.waves.waves import Waves


def beats_of_low_activity(
    used: Sequence[AnalysedLead],
    r_peaks: Floats,
    waves: Waves,
    settings: LowActivitySettings,
) -> Bools:
    """Return which beats are small waves in a stretch without QRS complexes.

    Parameters
    ----------
    used : sequence of AnalysedLead
        The leads, the primary first.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions of the beats in samples of the conditioned leads.
    waves : Waves
        Waves of the same beats.
    settings : LowActivitySettings
        Limits.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
        None if fewer than ``settings.known_share`` of the beats have a QRS complex: then the
        patient's usual height is not known.
    """
    none = np.zeros(len(r_peaks), bool)
    complete = waves.qrs_s >= settings.least_qrs_s
    if len(r_peaks) < settings.window_beats or complete.mean() < settings.known_share:
        return none
    small = _relative_heights(used, r_peaks, complete) < settings.height_share
    share = uniform_filter1d((small & ~complete).astype(np.float64), settings.window_beats)
    times_s = r_peaks / used[0].conditioned.clock_hz
    found = none.copy()
    for first, stop in stretches(share > settings.least_share):
        inside = np.flatnonzero(small[first:stop]) + first
        if len(inside):
            before, after = max(inside[0] - 1, 0), min(inside[-1] + 1, len(r_peaks) - 1)
            found[inside] = times_s[after] - times_s[before] >= settings.shortest_s
    return found


def _relative_heights(used: Sequence[AnalysedLead], r_peaks: Floats, complete: Bools) -> Floats:
    """Return the height of each beat as a multiple of the usual one, in the lead where it is most.

    The result has shape (n_beats,).
    """
    relative = np.zeros(len(r_peaks))
    settings = RelativeLeadSettings()
    for lead in used:
        signal = lead.conditioned
        heights = beat_heights(signal.signal, r_peaks, signal.rate_hz, settings)
        usual = max(float(np.median(heights[complete])), settings.min_height_mv)
        relative = np.maximum(relative, heights / usual)
    return relative
