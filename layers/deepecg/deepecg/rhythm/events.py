"""The events of a recording: what a clinician looks up in the signal."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, filterfalse, zip_longest
from typing import Self

import numpy as np

from deepecg.rhythm import event_kinds as kinds
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import EventKind
from deepecg.rhythm.findings import Findings
from deepecg.rhythm.settings import EventSettings, RhythmSettings


@dataclass(frozen=True)
class Event(Episode):
    """An episode that is listed as an event of a kind.

    An unconfirmed pause beside a gap or at an end of the recording has one beat: the one next to
    it. The rate of a window of highest or lowest heart rate is that of the window.

    Attributes
    ----------
    kind : EventKind
        What it is.
    """

    kind: EventKind

    @classmethod
    def of(cls, kind: EventKind, episode: Episode) -> Self:
        """Return an episode as an event of a kind."""
        return cls(**vars(episode), kind=kind)


@dataclass(frozen=True)
class ListedEvents:
    """The events that a report lists.

    Attributes
    ----------
    events : tuple of Event
        In the order of time.
    unlisted_count : dict of EventKind to int
        Number of events of a kind that are not listed; kinds that are listed in full are absent.
    """

    events: tuple[Event, ...]
    unlisted_count: Mapping[EventKind, int]


def find_events(stream: BeatStream, settings: RhythmSettings, found: Findings) -> tuple[Event, ...]:
    """Return all events of a recording. Isolated ectopic beats are not events.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : RhythmSettings
        The rate above which a run is a tachycardia, and the window of the heart rate.
    found : Findings
        Findings in this stream.

    Returns
    -------
    tuple of Event
        In the order of time.
    """

    def is_tachycardia(run: Episode) -> bool:
        return run.rate_bpm is not None and run.rate_bpm > settings.ectopy.tachycardia_bpm

    episodes_of: list[tuple[EventKind, Iterable[Episode]]] = [
        (kinds.ATRIAL_FIBRILLATION, found.fibrillation.episodes),
        (kinds.ATRIAL_FLUTTER, found.flutter),
        (kinds.PAUSE, found.pauses.episodes),
        (kinds.UNCONFIRMED_PAUSE, found.pauses.unconfirmed),
        (kinds.WIDE_QRS_TACHYCARDIA, found.wide_tachycardia),
        (kinds.THIRD_DEGREE_BLOCK, found.av_block.third_degree),
        (kinds.SECOND_DEGREE_BLOCK, found.av_block.second_degree),
        (kinds.TYPE_1_BLOCK, found.av_block.type_1),
        (kinds.BRADYCARDIA, found.rate_episodes.bradycardia),
        (kinds.TACHYCARDIA, found.rate_episodes.tachycardia),
        (kinds.VENTRICULAR_TACHYCARDIA, filter(is_tachycardia, found.ventricular.runs)),
        (kinds.VENTRICULAR_RHYTHM, filterfalse(is_tachycardia, found.ventricular.runs)),
        (kinds.VENTRICULAR_COUPLET, found.ventricular.couplets),
        (kinds.VENTRICULAR_BIGEMINY, found.ventricular.bigeminy),
        (kinds.VENTRICULAR_TRIGEMINY, found.ventricular.trigeminy),
        (kinds.SUPRAVENTRICULAR_TACHYCARDIA, filter(is_tachycardia, found.supraventricular.runs)),
        (kinds.SUPRAVENTRICULAR_RUN, filterfalse(is_tachycardia, found.supraventricular.runs)),
        (kinds.SUPRAVENTRICULAR_COUPLET, found.supraventricular.couplets),
        (kinds.SUPRAVENTRICULAR_BIGEMINY, found.supraventricular.bigeminy),
        (kinds.SUPRAVENTRICULAR_TRIGEMINY, found.supraventricular.trigeminy),
    ]
    events = [Event.of(kind, episode) for kind, episodes in episodes_of for episode in episodes]
    for kind, at_s, bpm in (
        (kinds.MAXIMUM_HEART_RATE, found.rate.maximum_at_s, found.rate.maximum_bpm),
        (kinds.MINIMUM_HEART_RATE, found.rate.minimum_at_s, found.rate.minimum_bpm),
    ):
        if at_s is not None:
            events.append(_window(stream, kind, at_s, settings.rate.window_s, bpm))
    return tuple(sorted(events, key=_in_time))


def _window(
    stream: BeatStream, kind: EventKind, at_s: float, window_s: float, bpm: float | None
) -> Event:
    """Return a window of the heart rate as an event that consists of the beats in it."""
    first = int(np.argmin(np.abs(stream.times_s - at_s)))
    last = int(np.searchsorted(stream.times_s, at_s + window_s, side="right")) - 1
    start_s = float(stream.times_s[first])
    duration_s = float(stream.times_s[last]) - start_s
    return Event(first, last, start_s, duration_s, bpm, kind)


def listed_events(
    events: Iterable[Event], settings: EventSettings, kept: Iterable[Event] = ()
) -> ListedEvents:
    """Select the events that a report lists: the most severe of every kind.

    Where a kind has two measures of severity, as runs have, the measures take turns, so that both
    the longest and the fastest run are listed.

    Parameters
    ----------
    events : iterable of Event
        All events, in any order.
    settings : EventSettings
        Number of events of a kind that are listed.
    kept : iterable of Event
        Events that are always listed, such as urgent ones.

    Returns
    -------
    ListedEvents
        The result does not depend on the order of ``events``.
    """
    in_time = sorted(events, key=_in_time)
    kept = set(kept)
    chosen: set[Event] = set()
    for kind in {event.kind for event in in_time}:
        of_kind = [event for event in in_time if event.kind == kind]
        chosen |= _most_severe(of_kind, kept.intersection(of_kind), settings.max_events_per_kind)
    unlisted = Counter(event.kind for event in in_time if event not in chosen)
    return ListedEvents(tuple(event for event in in_time if event in chosen), unlisted)


def _most_severe(events: list[Event], kept: set[Event], most: int) -> set[Event]:
    """Return at most ``most`` of the events, which are of one kind; ``kept`` are among them."""
    if len(events) <= most:
        return set(events)
    chosen = kept
    orders = [sorted(events, key=measure, reverse=True) for measure in events[0].kind.severity]
    for event in chain.from_iterable(zip_longest(*orders)):
        if len(chosen) >= most:
            break
        chosen.add(event)
    return chosen


def _in_time(event: Event) -> tuple[float, int, str]:
    return event.start_s, event.last, event.kind.key
