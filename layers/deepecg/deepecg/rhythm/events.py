"""The events of a recording: what a clinician looks up in the signal."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np

from deepecg.rhythm.atrial_fibrillation import Fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.episodes import Episode
from deepecg.rhythm.heart_rate import HeartRate
from deepecg.rhythm.pauses import Pauses
from deepecg.rhythm.settings import EventSettings, RhythmSettings

VENTRICULAR_TACHYCARDIA = "ventricular_tachycardia"
VENTRICULAR_RHYTHM = "ventricular_rhythm"
VENTRICULAR_COUPLET = "ventricular_couplet"
VENTRICULAR_BIGEMINY = "ventricular_bigeminy"
VENTRICULAR_TRIGEMINY = "ventricular_trigeminy"
SUPRAVENTRICULAR_TACHYCARDIA = "supraventricular_tachycardia"
SUPRAVENTRICULAR_RUN = "supraventricular_run"
SUPRAVENTRICULAR_COUPLET = "supraventricular_couplet"
SUPRAVENTRICULAR_BIGEMINY = "supraventricular_bigeminy"
SUPRAVENTRICULAR_TRIGEMINY = "supraventricular_trigeminy"
PAUSE = "pause"
UNCONFIRMED_PAUSE = "unconfirmed_pause"
ATRIAL_FIBRILLATION = "atrial_fibrillation"
MAXIMUM_HEART_RATE = "maximum_heart_rate"
MINIMUM_HEART_RATE = "minimum_heart_rate"


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes
    ----------
    kind : str
        One of the constants above.
    start_s, duration_s : float
        From the recording's start; of a pause or a run, from R peak to R peak.
    n_beats : int
        How many beats, ``first`` and ``last`` included; 2 for a pause. Of an unconfirmed pause
        beside a gap or at an end of the recording 1: the beat next to it.
    rate_bpm : float or None
        Intervals over the time they cover; None for a single beat and an unconfirmed pause.
    first, last : int
        Numbers of its beats; of a pause, of those on either side.
    """

    kind: str
    start_s: float
    duration_s: float
    n_beats: int
    rate_bpm: float | None
    first: int
    last: int

    @classmethod
    def of(cls, kind: str, episode: Episode) -> "Event":
        """Return an episode as an event of a kind."""
        return cls(
            kind,
            episode.start_s,
            episode.duration_s,
            episode.n_beats,
            episode.rate_bpm,
            episode.first,
            episode.last,
        )


@dataclass(frozen=True)
class ListedEvents:
    """The events that are listed.

    Attributes
    ----------
    events : tuple of Event
        In the order of time.
    left_out_count : dict of str to int
        How many events of a kind are not listed; kinds that are listed in full are not in it.
    """

    events: tuple[Event, ...]
    left_out_count: dict[str, int]


def _length(event: Event) -> float:
    return event.duration_s


def _beats(event: Event) -> float:
    return event.n_beats


def _rate(event: Event) -> float:
    return event.rate_bpm or 0.0


SEVERITY: dict[str, tuple[Callable[[Event], float], ...]] = {
    VENTRICULAR_TACHYCARDIA: (_beats, _rate),
    VENTRICULAR_RHYTHM: (_beats, _rate),
    SUPRAVENTRICULAR_TACHYCARDIA: (_beats, _rate),
    SUPRAVENTRICULAR_RUN: (_beats, _rate),
    VENTRICULAR_COUPLET: (_rate,),
    SUPRAVENTRICULAR_COUPLET: (_rate,),
    ATRIAL_FIBRILLATION: (_length, _rate),
}
"""What makes one event of a kind worse than another: of runs the most beats and the highest rate
alike. Of the kinds not named, the longest is the worst."""


def find_events(
    stream: BeatStream,
    settings: RhythmSettings,
    *,
    rate: HeartRate,
    fibrillation: Fibrillation,
    ventricular: Ectopy,
    supraventricular: Ectopy,
    pauses: Pauses,
) -> tuple[Event, ...]:
    """Return all events of a recording but isolated ectopic beats.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RhythmSettings
        Which runs are tachycardias, and the window of the heart rate.
    rate, fibrillation, ventricular, supraventricular, pauses
        What was found in this stream.

    Returns
    -------
    tuple of Event
        In the order of time.
    """
    tachycardia_bpm = settings.ectopy.tachycardia_bpm
    found: list[tuple[str, Iterable[Episode]]] = [
        (ATRIAL_FIBRILLATION, fibrillation.episodes),
        (PAUSE, pauses.episodes),
        (UNCONFIRMED_PAUSE, pauses.unconfirmed),
        (VENTRICULAR_TACHYCARDIA, _faster(ventricular.runs, tachycardia_bpm)),
        (VENTRICULAR_RHYTHM, _not_faster(ventricular.runs, tachycardia_bpm)),
        (VENTRICULAR_COUPLET, ventricular.couplets),
        (VENTRICULAR_BIGEMINY, ventricular.bigeminy),
        (VENTRICULAR_TRIGEMINY, ventricular.trigeminy),
        (SUPRAVENTRICULAR_TACHYCARDIA, _faster(supraventricular.runs, tachycardia_bpm)),
        (SUPRAVENTRICULAR_RUN, _not_faster(supraventricular.runs, tachycardia_bpm)),
        (SUPRAVENTRICULAR_COUPLET, supraventricular.couplets),
        (SUPRAVENTRICULAR_BIGEMINY, supraventricular.bigeminy),
        (SUPRAVENTRICULAR_TRIGEMINY, supraventricular.trigeminy),
    ]
    events = [Event.of(kind, episode) for kind, episodes in found for episode in episodes]
    for kind, at_s, bpm in (
        (MAXIMUM_HEART_RATE, rate.maximum_at_s, rate.maximum_bpm),
        (MINIMUM_HEART_RATE, rate.minimum_at_s, rate.minimum_bpm),
    ):
        if at_s is not None:
            events.append(_window(stream, kind, at_s, settings.rate.window_s, bpm))
    return tuple(sorted(events, key=_in_time))


def _faster(runs: tuple[Episode, ...], bpm: float) -> list[Episode]:
    return [run for run in runs if run.rate_bpm is not None and run.rate_bpm > bpm]


def _not_faster(runs: tuple[Episode, ...], bpm: float) -> list[Episode]:
    return [run for run in runs if run.rate_bpm is None or run.rate_bpm <= bpm]


def _window(
    stream: BeatStream, kind: str, at_s: float, window_s: float, bpm: float | None
) -> Event:
    """Return a window of the heart rate as an event: the beats in it."""
    first = int(np.argmin(np.abs(stream.times_s - at_s)))
    last = int(np.searchsorted(stream.times_s, at_s + window_s, side="right")) - 1
    start_s = float(stream.times_s[first])
    duration_s = float(stream.times_s[last]) - start_s
    return Event(kind, start_s, duration_s, last - first + 1, bpm, first, last)


def listed_events(
    events: Iterable[Event], settings: EventSettings, kept: Iterable[Event] = ()
) -> ListedEvents:
    """Choose the events that are listed: of every kind the most severe.

    Where severity is measured in two ways, as of runs, the places are given to either in turn, so
    that both the longest and the fastest run are listed.

    Parameters
    ----------
    events : iterable of Event
        All events, in any order.
    settings : EventSettings
        How many of a kind are listed.
    kept : iterable of Event
        Those of them that are listed in any case, such as what is urgent.

    Returns
    -------
    ListedEvents
        The same for the same events in any order.
    """
    in_time = sorted(events, key=_in_time)
    kept = set(kept)
    chosen: set[Event] = set()
    for kind in {event.kind for event in in_time}:
        of_kind = [event for event in in_time if event.kind == kind]
        chosen |= _most_severe(of_kind, kept.intersection(of_kind), settings.max_events_per_kind)
    left_out = Counter(event.kind for event in in_time if event not in chosen)
    return ListedEvents(
        tuple(event for event in in_time if event in chosen), dict(sorted(left_out.items()))
    )


def _most_severe(events: list[Event], kept: set[Event], most: int) -> set[Event]:
    """Return at most so many of the events, which are of one kind."""
    if len(events) <= most:
        return set(events)
    chosen = kept
    measures = SEVERITY.get(events[0].kind, (_length,))
    orders = [sorted(events, key=measure, reverse=True) for measure in measures]
    for event in chain.from_iterable(zip_longest(*orders)):
        if len(chosen) >= most:
            break
        chosen.add(event)
    return chosen


def _in_time(event: Event) -> tuple[float, int, str]:
    return event.start_s, event.last, event.kind
