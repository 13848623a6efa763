"""Episodes of bradycardia and of tachycardia that is no ectopic rhythm."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from deepecg.arrays import Bools, Floats
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import RateSettings
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_MINUTE


@dataclass(frozen=True)
class RateEpisodes:
    """Episodes of slow and fast rate, each kind in the order of time.

    Attributes
    ----------
    bradycardia : tuple of Episode
        Below ``RateSettings.bradycardia_bpm``. Stretches below ``severe_bradycardia_bpm`` that are
        long enough are episodes of their own, so that the mean of a night does not hide them.
    tachycardia : tuple of Episode
        Above ``RateSettings.tachycardia_bpm``, of beats that are neither ectopic nor in atrial
        fibrillation.
    """

    bradycardia: tuple[Episode, ...] = ()
    tachycardia: tuple[Episode, ...] = ()


def rate_episodes(stream: BeatStream, ectopic: Bools, settings: RateSettings) -> RateEpisodes:
    """Find episodes of bradycardia and tachycardia.

    Parameters
    ----------
    stream : BeatStream
        The beats; no episode crosses a gap.
    ectopic : ndarray of bool, shape (n_beats,)
        Beats that belong to an ectopic rhythm or to atrial fibrillation.
    settings : RateSettings
        Limits, number of intervals averaged, and the shortest duration.
    """
    rr_s = _smooth(stream.rr_s, settings.smoothing_intervals)
    with np.errstate(invalid="ignore"):
        slow = rr_s > SECONDS_PER_MINUTE / settings.bradycardia_bpm
        severe = rr_s > SECONDS_PER_MINUTE / settings.severe_bradycardia_bpm
        fast = (rr_s < SECONDS_PER_MINUTE / settings.tachycardia_bpm) & ~ectopic
    severe_episodes = _episodes(stream, severe, settings)
    for episode in severe_episodes:
        slow[episode.first + 1 : episode.last + 1] = False
    bradycardia = (*severe_episodes, *_episodes(stream, slow, settings))
    return RateEpisodes(
        tuple(sorted(bradycardia, key=lambda episode: episode.start_s)),
        _episodes(stream, fast, settings),
    )


def _smooth(rr_s: Floats, n_intervals: int) -> Floats:
    """Return the mean of the intervals around each, NaN where there is none."""
    known = np.isfinite(rr_s)
    total = uniform_filter1d(np.where(known, rr_s, 0.0), n_intervals, mode="constant")
    share = uniform_filter1d(known.astype(np.float64), n_intervals, mode="constant")
    return np.where(known, total / np.maximum(share, 1 / n_intervals), np.nan)


def _episodes(stream: BeatStream, inside: Bools, settings: RateSettings) -> tuple[Episode, ...]:
    """Return the stretches of intervals that last long enough, as episodes of beats."""
    first, stop = stretches(inside).T
    episodes = stream.episodes(np.maximum(first - 1, 0), stop - 1)
    return tuple(
        e
        for e in episodes
        if e.duration_s >= settings.episode_s and e.n_beats >= settings.episode_beats
    )
