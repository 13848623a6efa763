"""Level and slope of the ST segment of every beat, on every lead.

The level is measured against the PR levels of the beat and of the next one: the straight line
between them follows what is left of baseline wander. Onset and end of the QRS complex are the usual
ones around a beat, by their distances from the R peak.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.beats.usual_values import usual_around
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.time_units import SECONDS_PER_MINUTE
from deepecg.waves.settings import StLevelSettings
from deepecg.waves.waves import Waves

AVERAGED_POINTS, SLOPE_POINTS = 3, 5
"""Points of the signal, between samples, that a level is the mean of and a slope is fitted to."""


@dataclass(frozen=True)
class StLevels:
    """The ST segment of every beat on every lead; NaN where it is not measured.

    Attributes
    ----------
    level_mv : ndarray of float64, shape (n_leads, n_beats)
        Level against the PR level in mV.
    slope_mv_per_s : ndarray of float64, shape (n_leads, n_beats)
        Slope from the J point to where the level is measured.
    """

    level_mv: Floats
    slope_mv_per_s: Floats


def st_levels(
    used: Sequence[AnalysedLead],
    times_s: Floats,
    rr_s: Floats,
    waves: Waves,
    *,
    measured: Bools,
    settings: StLevelSettings,
) -> StLevels:
    """Measure the ST segment of beats.

    Parameters
    ----------
    used : sequence of AnalysedLead
        The leads.
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before each beat in seconds; NaN where it is not known.
    waves : Waves
        Waves of the same beats.
    measured : ndarray of bool, shape (n_beats,)
        Beats to measure.
    settings : StLevelSettings
        Where levels are measured.

    Returns
    -------
    StLevels
        NaN for other beats, and for beats in seconds of a lead that cannot be analysed.
    """
    n_beats, around = len(times_s), settings.boundary_beats
    levels, slopes = np.full((2, len(used), n_beats), np.nan)

    def usual(values: Floats) -> Floats:
        return usual_around(values, measured & np.isfinite(values), around)[measured]

    onset_s = times_s[measured] + usual(waves.qrs_onset_s - times_s)
    j_s = times_s[measured] + usual(waves.qrs_offset_s - times_s)
    is_fast = usual(rr_s) < SECONDS_PER_MINUTE / settings.fast_bpm
    after_s = np.where(is_fast, settings.after_j_fast_s, settings.after_j_s)
    half_s = settings.averaged_s / 2
    beside_s = np.linspace(-half_s, half_s, AVERAGED_POINTS)
    along = np.linspace(0, 1, SLOPE_POINTS)
    length_s = after_s - settings.slope_from_s
    weights = (along - along.mean()) / ((along - along.mean()) ** 2).sum()
    for number, lead in enumerate(used):
        signal, clock_hz = lead.conditioned.signal, lead.conditioned.clock_hz

        def at(seconds: Floats, signal: Floats32 = signal, clock_hz: float = clock_hz) -> Floats:
            return _between_samples(signal, seconds * clock_hz)

        known = np.isfinite(j_s) & np.isfinite(onset_s)
        known &= lead.flags.beats_analysable(times_s[measured])
        if not known.any():
            continue
        pr_s, st_s = (onset_s - settings.pr_before_s)[known], (j_s + after_s)[known]
        pr_mv = at(pr_s[:, None] + beside_s).mean(axis=1)
        st_mv = at(st_s[:, None] + beside_s).mean(axis=1)
        slope_s = (j_s + settings.slope_from_s)[known, None] + along * length_s[known, None]
        beats = np.flatnonzero(measured)[known]
        levels[number, beats] = st_mv - np.interp(st_s, pr_s, pr_mv)
        slopes[number, beats] = at(slope_s) @ weights / length_s[known]
    return StLevels(levels, slopes)


def _between_samples(signal: Floats32, positions: Floats) -> Floats:
    """Return a signal between its samples, by straight lines; its ends beyond them."""
    positions = np.clip(positions, 0, len(signal) - 1)
    before = np.minimum(positions.astype(np.int64), max(len(signal) - 2, 0))
    after = np.minimum(before + 1, len(signal) - 1)
    step = signal[after] - signal[before]
    return np.asarray(signal[before] + (positions - before) * step, np.float64)
