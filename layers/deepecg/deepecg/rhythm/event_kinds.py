"""Every kind of event and of urgent finding, defined once.

A kind has a key for documents, a name and a mark for people, a group that reports filter by, and an
order of severity. Event lists, strips, labels, schemas, FHIR, the nightly ranking and the pages
derive from these tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import RhythmSettings
from deepecg.rhythm.wording import exact, rate, span
from deepecg.units import ROUNDING_S

Measure = Callable[[Episode], float]
"""What episodes of a kind are compared by: the larger, the more severe."""

GROUPS: Final = {
    "ventricular": "Ventricular",
    "supraventricular": "Supraventricular",
    "fibrillation": "Atrial fibrillation",
    "pause": "Pauses",
    "rate": "Heart rate",
    "other": "Other",
}
"""Groups that a report filters events by and colours them after, with their headings."""


by_duration: Measure = attrgetter("duration_s")
by_beats: Measure = attrgetter("n_beats")


def by_rate(episode: Episode) -> float:
    """Return the rate in beats per minute; 0 where it is unknown."""
    return episode.rate_bpm or 0.0


@dataclass(frozen=True, eq=False)
class Kind:
    """How a kind of event or finding is named and marked; equal only to itself.

    Attributes
    ----------
    key : str
        Its name in documents.
    name : str
        Its name in a report, as at the beginning of a sentence.
    mark : str
        One or two letters for charts, where colour alone must not carry the meaning.
    group : str
        A key of :data:`GROUPS`.
    """

    key: str
    name: str
    mark: str
    group: str


@dataclass(frozen=True, eq=False)
class EventKind(Kind):
    """A kind of event.

    Attributes
    ----------
    severity : tuple of callable
        Measures by which one event of the kind is more severe than another. With several, as of
        runs (most beats, highest rate), each contributes in turn to a shortened list.
    always_has_strip : bool
        Whether its events get a strip whatever else there is.
    """

    severity: tuple[Measure, ...] = (by_duration,)
    always_has_strip: bool = False


_RUN = (by_beats, by_rate)
_V: Final = ("V", "ventricular")
_S: Final = ("S", "supraventricular")


def _event(
    key: str,
    mark: str,
    group: str,
    severity: tuple[Measure, ...] = (by_duration,),
    *,
    always_has_strip: bool = False,
) -> EventKind:
    """Return a kind of event whose name is its key in words."""
    name = key.replace("_", " ").capitalize()
    return EventKind(key, name, mark, group, severity, always_has_strip)


EVENT_KINDS: Final = (
    VENTRICULAR_TACHYCARDIA := _event("ventricular_tachycardia", *_V, _RUN),
    ATRIAL_FIBRILLATION := _event(
        "atrial_fibrillation", "AF", "fibrillation", (by_duration, by_rate)
    ),
    SUPRAVENTRICULAR_TACHYCARDIA := _event("supraventricular_tachycardia", *_S, _RUN),
    PAUSE := _event("pause", "P", "pause"),
    UNCONFIRMED_PAUSE := EventKind(
        "unconfirmed_pause", "Long interval, may hold a missed beat", "P?", "pause"
    ),
    VENTRICULAR_RHYTHM := EventKind("ventricular_rhythm", "Slow ventricular run", *_V, _RUN),
    VENTRICULAR_COUPLET := _event("ventricular_couplet", *_V, (by_rate,)),
    VENTRICULAR_BIGEMINY := _event("ventricular_bigeminy", *_V),
    VENTRICULAR_TRIGEMINY := _event("ventricular_trigeminy", *_V),
    SUPRAVENTRICULAR_RUN := _event("supraventricular_run", *_S, _RUN),
    SUPRAVENTRICULAR_COUPLET := _event("supraventricular_couplet", *_S, (by_rate,)),
    SUPRAVENTRICULAR_BIGEMINY := _event("supraventricular_bigeminy", *_S),
    SUPRAVENTRICULAR_TRIGEMINY := _event("supraventricular_trigeminy", *_S),
    MAXIMUM_HEART_RATE := _event("maximum_heart_rate", "max", "rate", always_has_strip=True),
    MINIMUM_HEART_RATE := _event("minimum_heart_rate", "min", "rate", always_has_strip=True),
)
"""All kinds of event, the most severe first: the order in which strips are chosen."""

EXAMPLE_KINDS: Final = (
    ISOLATED_VENTRICULAR := Kind(
        "isolated_ventricular", "Isolated ventricular beat, an example", *_V
    ),
    ISOLATED_SUPRAVENTRICULAR := Kind(
        "isolated_supraventricular", "Isolated supraventricular beat, an example", *_S
    ),
)
"""Kinds of strip that show an example rather than an event."""


@dataclass(frozen=True, eq=False)
class UrgentKind(Kind):
    """A kind of urgent finding: what a clinician should see first.

    Attributes
    ----------
    ranking_points : float
        Weight in the nightly ranking of recordings: the sooner the finding can harm, the more.
    """

    ranking_points: float


@dataclass(frozen=True, eq=False)
class UrgentEventKind(UrgentKind):
    """A kind of urgent finding that is a severe case of an event.

    Attributes
    ----------
    event : EventKind
        The kind of event.
    is_urgent : callable
        Whether an event of that kind is urgent, by the study's settings.
    message : callable
        The finding in a line, with values and units.
    severity : callable
        The measure by which one event stands for several.
    """

    event: EventKind
    is_urgent: Callable[[Episode, RhythmSettings], bool]
    message: Callable[[Episode, RhythmSettings], str]
    severity: Measure = by_duration


def _named(kind: Kind) -> tuple[str, str, str, str]:
    """Return the key, name, mark and group of a kind."""
    return kind.key, kind.name, kind.mark, kind.group


def _ventricular_tachycardia(run: Episode, settings: RhythmSettings) -> str:
    is_sustained = run.duration_s >= settings.urgent.sustained_s
    name = "Sustained ventricular tachycardia" if is_sustained else "Ventricular tachycardia"
    return f"{name} of {run.n_beats} beats at {rate(run, settings.ectopy.tachycardia_bpm)}"


def _supraventricular_tachycardia(run: Episode, settings: RhythmSettings) -> str:
    length = span(run.duration_s, settings.urgent.supraventricular_run_s)
    return (
        f"Supraventricular tachycardia of {length} at {rate(run, settings.ectopy.tachycardia_bpm)}"
    )


def _fast_atrial_fibrillation(episode: Episode, settings: RhythmSettings) -> str:
    bpm = rate(episode, settings.urgent.fibrillation_bpm)
    return f"Atrial fibrillation of {span(episode.duration_s)} at {bpm}"


def _pause(pause: Episode, settings: RhythmSettings) -> str:
    return f"Pause of {exact(pause.duration_s, 1, settings.urgent.pause_s)} s"


def _no_beat_found(pause: Episode, settings: RhythmSettings) -> str:
    length = span(pause.duration_s, settings.urgent.unconfirmed_pause_s)
    return f"No beat found for {length}: an electrode or asystole"


URGENT_KINDS: Final = (
    UrgentEventKind(
        *_named(VENTRICULAR_TACHYCARDIA),
        ranking_points=100.0,
        event=VENTRICULAR_TACHYCARDIA,
        is_urgent=lambda run, s: run.n_beats >= s.urgent.ventricular_run_beats,
        severity=by_beats,
        message=_ventricular_tachycardia,
    ),
    UrgentEventKind(
        *_named(PAUSE),
        ranking_points=80.0,
        event=PAUSE,
        is_urgent=lambda pause, s: pause.duration_s >= s.urgent.pause_s - ROUNDING_S,
        message=_pause,
    ),
    UrgentEventKind(
        "no_beat_found",
        "No beat found",
        "P?",
        "pause",
        ranking_points=70.0,
        event=UNCONFIRMED_PAUSE,
        is_urgent=lambda pause, s: pause.duration_s >= s.urgent.unconfirmed_pause_s - ROUNDING_S,
        message=_no_beat_found,
    ),
    UrgentEventKind(
        "fast_atrial_fibrillation",
        "Fast atrial fibrillation",
        "AF",
        "fibrillation",
        ranking_points=60.0,
        event=ATRIAL_FIBRILLATION,
        is_urgent=lambda episode, s: by_rate(episode) > s.urgent.fibrillation_bpm,
        message=_fast_atrial_fibrillation,
    ),
    UrgentEventKind(
        *_named(SUPRAVENTRICULAR_TACHYCARDIA),
        ranking_points=50.0,
        event=SUPRAVENTRICULAR_TACHYCARDIA,
        is_urgent=lambda run, s: run.duration_s > s.urgent.supraventricular_run_s,
        message=_supraventricular_tachycardia,
    ),
    VENTRICULAR_BURDEN := UrgentKind(
        "ventricular_burden", "Ventricular burden", *_V, ranking_points=40.0
    ),
)
"""All kinds of urgent finding, the most urgent first: what can end in arrest, then what weakens the
heart over months. Where no beat was found it may be asystole, and more often is an electrode."""

KINDS: Final = {kind.key: kind for kind in (*URGENT_KINDS, *EXAMPLE_KINDS, *EVENT_KINDS)}
"""Every kind by its key; where an urgent kind has the key of its event, the event's."""
