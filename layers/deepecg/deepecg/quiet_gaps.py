"""Whether nothing happened in a long RR interval: a pause, or a beat that was missed."""

import numpy as np
from numpy.typing import NDArray

from deepecg.conditioning import ConditionedLead
from deepecg.r_peaks import qrs_energy
from deepecg.rhythm.settings import PauseSettings
from deepecg.settings import DetectorSettings


def quiet_before(
    conditioned: ConditionedLead,
    times_s: NDArray[np.float64],
    rr_s: NDArray[np.float64],
    settings: PauseSettings,
    detector: DetectorSettings,
) -> NDArray[np.bool_]:
    """Return for every beat whether the long interval before it is quiet.

    Parameters
    ----------
    conditioned : ConditionedLead
        The lead on which the beats were found.
    times_s, rr_s : ndarray of float64, shape (n_beats,)
        R peaks, and the interval before each; NaN where it is not known.
    settings : PauseSettings
        How long an interval has to be to be looked at, and what counts as quiet.
    detector : DetectorSettings
        Of the energy in which QRS complexes stand out.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
        False where the interval is shorter than ``settings.pause_s``, or not known.
    """
    quiet = np.zeros(len(times_s), bool)
    for beat in np.flatnonzero(rr_s >= settings.pause_s):
        around = times_s[[beat - 1, beat]]
        first, last = np.rint(around * conditioned.clock_hz).astype(np.int64)
        reach = round(settings.beside_s * conditioned.rate_hz)
        piece = conditioned.signal[max(first - reach, 0) : last + reach]
        energy = qrs_energy(piece, conditioned.rate_hz, detector)
        start = min(first, reach)
        inside = energy[start + reach : start + last - first - reach]
        beside = min(energy[: start + reach].max(), energy[start + last - first - reach :].max())
        quiet[beat] = inside.max() < settings.quiet_share * beside
    return quiet
