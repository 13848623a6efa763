"""The ST segment: its level over time on each lead, and episodes in which it deviates.

This is screening. Posture, a change of conduction or of electrodes move the ST segment, too, and
neither the level nor an episode says that there is ischaemia. Episodes follow protocol C of the
Long-Term ST Database (Jager et al. 2003, Med Biol Eng Comput 41:172): at least 0.1 mV from the
patient's own reference for at least a minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Bools, Floats, Ints
from deepecg.rhythm.assessable_beats import (
    NOT_ANALYSABLE,
    AssessedTime,
    obstacles_of_windows,
    window_medians,
)
from deepecg.rhythm.settings import RepolarisationSettings, StSegmentSettings
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_MINUTE
from deepecg.waves.st_levels import StLevels

REFERENCE_STEP_S = 300.0
"""Seconds between moments at which the reference level is computed; between them it is a straight
line, as a median of two hours changes slowly."""


@dataclass(frozen=True)
class StEpisode:
    """A stretch in which the ST level deviates from the reference.

    Attributes
    ----------
    lead : int
        Position of the lead among those that are analysed.
    start_s, duration_s : float
        From the begin of its first window to the end of its last one.
    peak_at_s : float
        Begin of the window with the largest deviation.
    deviation_mv, level_mv, slope_mv_per_s : float
        Deviation from the reference, level and slope in that window.
    rate_bpm : float or None
        Heart rate in that window.
    abrupt : bool
        Whether the level changes by ``StSegmentSettings.episode_mv`` or more from one window to the
        next where the episode begins or ends, as with posture, electrodes or conduction: in
        ischaemia it changes over minutes (axis shifts in Jager et al. 2003).
    """

    lead: int
    start_s: float
    duration_s: float
    peak_at_s: float
    deviation_mv: float
    level_mv: float
    slope_mv_per_s: float
    rate_bpm: float | None
    abrupt: bool


@dataclass(frozen=True)
class StLead:
    """The ST segment on one lead, by windows; NaN where it is not assessed.

    Attributes
    ----------
    number : int
        Number of the lead in the recording.
    level_mv, slope_mv_per_s : ndarray of float64, shape (n_windows,)
        Medians of each window's beats.
    reference_mv : ndarray of float64, shape (n_windows,)
        The patient's reference level; NaN if too little was assessed.
    time : AssessedTime
        How long it was assessed, and why not for the rest.
    """

    number: int
    level_mv: Floats
    slope_mv_per_s: Floats
    reference_mv: Floats
    time: AssessedTime


@dataclass(frozen=True)
class StSegment:
    """The ST segment of a recording.

    Attributes
    ----------
    leads : tuple of StLead
        The analysed leads, the primary first.
    episodes : tuple of StEpisode
        Episodes of all leads in the order of time.
    window_s : float
        Length of a window.
    """

    leads: tuple[StLead, ...]
    episodes: tuple[StEpisode, ...]
    window_s: float


def st_segment(
    levels: StLevels,
    obstacle: Ints,
    times_s: Floats,
    rr_s: Floats,
    duration_s: float,
    *,
    lead_numbers: Sequence[int],
    assessable: RepolarisationSettings,
    settings: StSegmentSettings,
) -> StSegment:
    """Return the ST segment over time, and its episodes.

    Parameters
    ----------
    levels : StLevels
        Of every beat on every lead.
    obstacle : ndarray of int64, shape (n_beats,)
        Why a beat cannot be assessed; 0 if it can.
    times_s, rr_s : ndarray of float64, shape (n_beats,)
        R peaks and the intervals before them in seconds.
    duration_s : float
        Length of the recording in seconds.
    lead_numbers : sequence of int
        Numbers of the leads in the recording.
    assessable : RepolarisationSettings
        How many beats a window needs.
    settings : StSegmentSettings
        Windows, reference and episodes.
    """
    n_windows = max(1, int(np.ceil(duration_s / settings.window_s)))
    window = np.minimum(times_s // settings.window_s, n_windows - 1).astype(np.int64)
    usual_rr_s = window_medians(rr_s, window, n_windows)
    leads, episodes = [], []
    of_leads = zip(lead_numbers, levels.level_mv, levels.slope_mv_per_s, strict=True)
    for number, *of_beats in of_leads:
        not_measured = (obstacle == 0) & np.isnan(of_beats[0])
        windows = obstacles_of_windows(
            np.where(not_measured, NOT_ANALYSABLE, obstacle), window, n_windows, assessable
        )
        level_mv, slope = (
            np.where(windows == 0, window_medians(values, window, n_windows), np.nan)
            for values in of_beats
        )
        reference_mv = _reference(level_mv, settings)
        time = AssessedTime.of_windows(windows, settings.window_s, duration_s)
        leads.append(StLead(number, level_mv, slope, reference_mv, time))
        episodes += _episodes(leads[-1], len(leads) - 1, usual_rr_s, settings)
    episodes.sort(key=lambda episode: (episode.start_s, episode.lead))
    return StSegment(tuple(leads), tuple(episodes), settings.window_s)


def _reference(level_mv: Floats, settings: StSegmentSettings) -> Floats:
    """Return the running median of the level; near the ends, that of the first or last hours."""
    n_windows, width = len(level_mv), round(settings.reference_s / settings.window_s)
    if np.isfinite(level_mv).sum() * settings.window_s < settings.least_reference_s:
        return np.full(n_windows, np.nan)
    centres = np.arange(0, n_windows, max(1, round(REFERENCE_STEP_S / settings.window_s)))
    firsts = np.clip(centres - width // 2, 0, max(n_windows - width, 0))
    known = [part[np.isfinite(part)] for part in (level_mv[i : i + width] for i in firsts)]
    medians = np.array([np.median(part) if len(part) else np.nan for part in known])
    some = np.isfinite(medians)
    return np.asarray(np.interp(np.arange(n_windows), centres[some], medians[some]))


def _episodes(
    lead: StLead, place: int, usual_rr_s: Floats, settings: StSegmentSettings
) -> list[StEpisode]:
    """Return the episodes of a lead, those of elevation and of depression apart."""
    deviation_mv = lead.level_mv - lead.reference_mv
    steps_mv = np.abs(np.diff(lead.level_mv, prepend=np.nan, append=np.nan))
    found = []
    for sign in (1, -1):
        for first, stop in _joined(sign * deviation_mv >= settings.episode_mv, settings):
            inside_mv = sign * deviation_mv[first:stop]
            is_long = (stop - first) * settings.window_s >= settings.episode_s
            if not is_long or np.nanmedian(inside_mv) < settings.episode_mv:
                continue
            peak = first + int(np.nanargmax(inside_mv))
            rate_bpm = SECONDS_PER_MINUTE / usual_rr_s[peak]
            at_ends_mv = steps_mv[[first, first + 1, stop - 1, stop]]
            found.append(
                StEpisode(
                    place,
                    first * settings.window_s,
                    (stop - first) * settings.window_s,
                    peak * settings.window_s,
                    float(deviation_mv[peak]),
                    float(lead.level_mv[peak]),
                    float(lead.slope_mv_per_s[peak]),
                    float(rate_bpm) if np.isfinite(rate_bpm) else None,
                    bool((at_ends_mv >= settings.episode_mv).any()),
                )
            )
    return found


def _joined(deviates: Bools, settings: StSegmentSettings) -> list[list[int]]:
    """Return first and last-plus-one window of stretches, joined over short interruptions."""
    joined: list[list[int]] = []
    for first, stop in stretches(deviates).tolist():
        if joined and (first - joined[-1][1]) * settings.window_s <= settings.joined_s:
            joined[-1][1] = stop
        else:
            joined.append([first, stop])
    return joined
