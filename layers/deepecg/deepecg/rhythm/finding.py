"""A finding, in which the worst of several events stands for all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deepecg.rhythm.event_kinds import Kind
from deepecg.rhythm.events import Event
from deepecg.rhythm.finding_kinds import EventFindingKind
from deepecg.rhythm.settings import RhythmSettings


@dataclass(frozen=True)
class Finding:
    """One urgent or notable finding.

    Attributes
    ----------
    kind : Kind
        What was found.
    message : str
        The finding in a line, with values and units.
    count : int
        Number of events that meet the kind's condition; 1 for a burden.
    n_beats : int
        Beats of the worst event; for a burden, all ectopic beats.
    event : Event or None
        The worst event: the run of most beats, the longest pause or episode, the slowest
        bradycardia. None for a burden.
    """

    kind: Kind
    message: str
    count: int
    n_beats: int
    event: Event | None


def finding_of_events(
    kind: EventFindingKind, events: Iterable[Event], settings: RhythmSettings
) -> Iterator[Finding]:
    """Yield the finding of a kind, if any event meets its condition.

    Parameters
    ----------
    kind : EventFindingKind
        What is looked for.
    events : iterable of Event
        All events of the recording.
    settings : RhythmSettings
        Limits of the condition.
    """
    found = [event for event in events if event.kind is kind.event and kind.is_met(event, settings)]
    if found:
        worst = max(found, key=kind.severity)
        message = kind.message(worst, len(found), settings)
        yield Finding(kind, message, len(found), worst.n_beats, worst)
