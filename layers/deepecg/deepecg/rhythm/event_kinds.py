"""Every kind of event, defined once.

A kind has a key for documents, a name and a mark for people, a group that reports filter by, and an
order of severity. Event lists, strips, labels, schemas, FHIR, the nightly ranking and the pages
derive from these tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal

from deepecg.rhythm.episode import Episode

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

Tier = Literal["urgent", "notable"]
"""How much an event matters; see :func:`deepecg.rhythm.event_tiers.event_tier`."""


by_duration: Measure = attrgetter("duration_s")
by_beats: Measure = attrgetter("n_beats")


def by_rate(episode: Episode) -> float:
    """Return the rate in beats per minute; 0 where it is unknown."""
    return episode.rate_bpm or 0.0


def by_slowness(episode: Episode) -> float:
    """Return the mean interval between beats in minutes; 0 where the rate is unknown."""
    return 1 / episode.rate_bpm if episode.rate_bpm else 0.0


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
    WIDE_QRS_TACHYCARDIA := EventKind("wide_qrs_tachycardia", "Wide-QRS tachycardia", *_V, _RUN),
    ATRIAL_FIBRILLATION := _event(
        "atrial_fibrillation", "AF", "fibrillation", (by_duration, by_rate)
    ),
    ATRIAL_FLUTTER := _event("atrial_flutter", "AFL", "fibrillation", (by_duration, by_rate)),
    SUPRAVENTRICULAR_TACHYCARDIA := _event("supraventricular_tachycardia", *_S, _RUN),
    PAUSE := _event("pause", "P", "pause"),
    UNCONFIRMED_PAUSE := EventKind(
        "unconfirmed_pause", "Long interval, may hold a missed beat", "P?", "pause"
    ),
    THIRD_DEGREE_BLOCK := EventKind("av_block_third_degree", "Third-degree AV block", "B", "other"),
    SECOND_DEGREE_BLOCK := EventKind(
        "av_block_second_degree", "Second-degree AV block", "B", "other"
    ),
    TYPE_1_BLOCK := EventKind(
        "av_block_second_degree_1", "Second-degree AV block, Mobitz I", "B", "other"
    ),
    BRADYCARDIA := _event("bradycardia", "slow", "rate", (by_duration, by_slowness)),
    VENTRICULAR_RHYTHM := EventKind("ventricular_rhythm", "Slow ventricular run", *_V, _RUN),
    VENTRICULAR_COUPLET := _event("ventricular_couplet", *_V, (by_rate,)),
    VENTRICULAR_BIGEMINY := _event("ventricular_bigeminy", *_V),
    VENTRICULAR_TRIGEMINY := _event("ventricular_trigeminy", *_V),
    SUPRAVENTRICULAR_RUN := _event("supraventricular_run", *_S, _RUN),
    SUPRAVENTRICULAR_COUPLET := _event("supraventricular_couplet", *_S, (by_rate,)),
    SUPRAVENTRICULAR_BIGEMINY := _event("supraventricular_bigeminy", *_S),
    SUPRAVENTRICULAR_TRIGEMINY := _event("supraventricular_trigeminy", *_S),
    TACHYCARDIA := _event("tachycardia", "fast", "rate", (by_duration, by_rate)),
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

PATIENT_MARK: Final = Kind("patient_mark", "Mark of the patient", "M", "other")
"""Kind of strip that shows a time which the patient marked, whatever the rhythm is there."""
