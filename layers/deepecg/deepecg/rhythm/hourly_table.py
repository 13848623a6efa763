"""The table of hours."""

from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.findings import Findings
from deepecg.rhythm.heart_rate import rate_windows
from deepecg.rhythm.settings import RateSettings
from deepecg.time_units import ROUNDING_S, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

_ByHour = list[Floats]


@dataclass(frozen=True)
class Hour:
    """One hour of the recorder's clock; the first and the last one may be shorter.

    If the time of day is unknown, hours count from the recording's start. Counts and durations add
    up to those of the whole recording.

    Attributes
    ----------
    hour : int
        0 for the hour in which the recording starts.
    start_s : float
        Start of the hour in seconds from the recording's start.
    analysable_s : int
        Number of seconds that can be analysed.
    n_beats : int
        Number of beats of all classes.
    mean_bpm : float or None
        Number of intervals that end in this hour divided by the time they cover; None if there
        are none.
    minimum_bpm, maximum_bpm : float or None
        Lowest and highest rate in any window of ``RateSettings.window_s`` that begins in this
        hour; None if too few intervals are known.
    ventricular_count, supraventricular_count : int
        Number of ectopic beats.
    ventricular_run_count, supraventricular_run_count : int
        Number of runs that begin in this hour.
    pause_count : int
        Number of confirmed pauses that begin in this hour.
    fibrillation_s : float
        Time in atrial fibrillation in seconds.
    """

    hour: int
    start_s: float
    analysable_s: int
    n_beats: int
    mean_bpm: float | None
    minimum_bpm: float | None
    maximum_bpm: float | None
    ventricular_count: int
    supraventricular_count: int
    ventricular_run_count: int
    supraventricular_run_count: int
    pause_count: int
    fibrillation_s: float


def hourly(stream: BeatStream, settings: RateSettings, found: Findings) -> tuple[Hour, ...]:
    """Return the table of hours.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RateSettings
        Length of the window for minimum and maximum.
    found : Findings
        Findings in this stream.

    Returns
    -------
    tuple of Hour
        One for every hour that the recording reaches.
    """
    starts_s = hour_starts_s(stream)
    edges_s = np.append(starts_s, np.inf)

    def counted(times_s: Floats) -> list[int]:
        counts: list[int] = np.diff(np.searchsorted(times_s, edges_s)).tolist()
        return counts

    def split(values: Floats, times_s: Floats) -> _ByHour:
        by_hour = np.split(values, np.searchsorted(times_s, edges_s[1:-1]))
        return [piece[np.isfinite(piece)] for piece in by_hour]

    begins_s, rates_bpm = rate_windows(stream, settings)
    columns = zip(
        starts_s.tolist(),
        # A second of the recording belongs to the hour in which it begins.
        np.add.reduceat(stream.analysable, np.ceil(starts_s).astype(int), dtype=np.int64).tolist(),
        counted(stream.times_s),
        split(stream.rr_s, stream.times_s),
        split(rates_bpm, begins_s),
        counted(stream.times_s[stream.is_class("V")]),
        counted(stream.times_s[stream.is_class("S")]),
        counted(_starts(found.ventricular.runs)),
        counted(_starts(found.supraventricular.runs)),
        counted(_starts(found.pauses.episodes)),
        np.diff(found.fibrillation.seconds_until(edges_s)).tolist(),
        strict=True,
    )
    return tuple(
        Hour(
            hour,
            start_s,
            analysable_s,
            n_beats,
            SECONDS_PER_MINUTE * len(rr_s) / float(rr_s.sum()) if len(rr_s) else None,
            float(rates.min()) if len(rates) else None,
            float(rates.max()) if len(rates) else None,
            *ectopy_and_pauses,
        )
        for hour, (start_s, analysable_s, n_beats, rr_s, rates, *ectopy_and_pauses) in (
            enumerate(columns)
        )
    )


def hour_starts_s(stream: BeatStream) -> Floats:
    """Return where the hours of a stream begin.

    Parameters
    ----------
    stream : BeatStream
        The beats.

    Returns
    -------
    ndarray of float64, shape (n_hours,)
        Seconds from the recording's start: 0, then every full hour of the recorder's clock that is
        at least half a second later, or every hour from the start if the time of day is unknown.
    """
    # A start that is a full hour to the nearest second is one.
    first_s = SECONDS_PER_HOUR - ((stream.midnight_s or 0.0) + 0.5) % SECONDS_PER_HOUR + 0.5
    last_s = len(stream.analysable) - 1  # an hour contains the beginning of at least one second
    return np.append(0.0, np.arange(first_s, last_s + ROUNDING_S, SECONDS_PER_HOUR))


def _starts(episodes: tuple[Episode, ...]) -> Floats:
    return np.array([episode.start_s for episode in episodes], np.float64)
