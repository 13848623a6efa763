"""The Observations of a FHIR report, as a tree: measures by panel, findings, events by kind."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from deepecg.outputs.fhir_codes import (
    HEART_RATE,
    HEART_RHYTHM,
    SNOMED,
    TERMINOLOGY,
    UCUM_URI,
    Json,
    OwnCodes,
    coding,
    concept,
)
from deepecg.outputs.fhir_measures import (
    COUNT,
    PANELS,
    UNITS,
    Measure,
    loinc_codes,
    measures,
    part_name,
)
from deepecg.outputs.fhir_times import effective_period
from deepecg.outputs.report.labels_and_formats import duration
from deepecg.outputs.summary import PACED, EventRow, NotableRow, Summary, UrgentRow
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.rhythm.event_kinds import EVENT_KINDS
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS
from deepecg.rhythm.urgent_kinds import URGENT_KINDS

MAX_EVENTS = 300
"""Largest number of events: with measures and findings the bundle stays below 500 entries, the
limit of Azure's FHIR server."""
FINDINGS: Final = {"urgent": "Urgent findings", "notable": "Notable findings"}
"""Tiers of findings and events, with the names of the findings' panels."""
FINDING_NAMES: Final = {
    **{f"urgent.{kind.key}": f"Urgent finding: {kind.name}" for kind in URGENT_KINDS},
    **{f"notable.{kind.key}": f"Notable finding: {kind.name}" for kind in NOTABLE_KINDS},
}
"""Names of findings by their code."""
EVENT: Final = ("events.kind", "Rhythm event")
"""Code and name of every Observation of an event; its kind is the value."""


@dataclass(frozen=True)
class Node:
    """An Observation and those that it groups.

    Attributes
    ----------
    name : str
        Its name, unlike that of any other Observation of the recording. A review that leaves the
        measure or event in place does not change it.
    resource : dict
        The Observation, without identifier and members.
    members : tuple of Node
        The Observations that it groups.
    """

    name: str
    resource: Json
    members: tuple["Node", ...] = ()


def observations(summary: Summary, own: OwnCodes, common: Json) -> tuple[Node, ...]:
    """Return the Observations that a report refers to; all others are members of these.

    Parameters
    ----------
    summary : Summary
        The results of a recording.
    own : OwnCodes
        Our own codes.
    common : dict
        Elements that all Observations have.
    """
    common = {
        "resourceType": "Observation",
        **common,
        "category": [
            concept(coding(f"{TERMINOLOGY}/observation-category", "procedure", "Procedure"))
        ],
    }
    return (
        *_measures(summary, own, common),
        *_findings(summary, own, common),
        *_events(summary, own, common),
    )


def _measures(summary: Summary, own: OwnCodes, common: Json) -> Iterator[Node]:
    loinc = loinc_codes(summary)
    paced = [warning for warning in summary.warnings if warning.code == PACED]
    found = measures(SummaryValue(summary))
    for first, group in groupby(found, lambda measure: measure.found.path.partition(".")[0]):
        members = []
        for measure in group:
            observation = {**common, **_measure(measure, own, loinc)}
            notes = [measure.accuracy] if measure.accuracy else []
            if measure.found.path == "recording.duration_s" and summary.recording.lost_s:
                lost = duration(summary.recording.lost_s)
                notes.append(f"Time that the file declares and does not contain: {lost}.")
            if paced and first in ("ventricular", "supraventricular"):
                notes.append(f"Pacemaker: {paced[0].message}.")
            members.append(Node(measure.found.path, observation | _notes(notes)))
        if first in PANELS:
            panel = {**common, "code": own.concept(first, PANELS[first])}
            yield Node(first, panel, tuple(members))
        else:
            yield from members


def _measure(measure: Measure, own: OwnCodes, loinc: dict[str, Json]) -> Json:
    path = measure.found.path
    applies = measure.of is None or measure.of.value != 0
    standard = [loinc[path]] if path in loinc else []
    elements = {
        "code": own.concept(path, measure.name, *standard),
        **_value(measure.found, applies=applies),
    }
    if measure.parts:
        elements["component"] = [_component(own, part, applies=applies) for part in measure.parts]
    return elements


def _findings(summary: Summary, own: OwnCodes, common: Json) -> Iterator[Node]:
    for tier, rows in (("urgent", summary.urgent), ("notable", summary.notable)):
        members = tuple(
            Node(f"{tier}.{row.kind}", {**common, **_finding(tier, row, own)}) for row in rows
        )
        if members:
            yield Node(tier, {**common, "code": own.concept(tier, FINDINGS[tier])}, members)


def _finding(tier: str, row: UrgentRow | NotableRow, own: OwnCodes) -> Json:
    code = f"{tier}.{row.kind}"
    elements: Json = {
        "code": own.concept(code, FINDING_NAMES[code]),
        "valueString": row.message,
    }
    if row.at_s is not None:
        elements["component"] = [_component(own, SummaryValue(row.at_s, f"{tier}.at_s"))]
    return elements


def _events(summary: Summary, own: OwnCodes, common: Json) -> Iterator[Node]:
    """Yield an Observation for each kind of event, which groups the events of the kind."""
    tiered = [event for event in summary.events if event.tier is not None]
    counts = Counter(event.kind for event in tiered)
    chosen = _chosen(tiered)
    for kind in EVENT_KINDS:
        members = tuple(
            Node(
                f"{kind.key} {event.start_s}",
                {
                    **common,
                    **effective_period(
                        summary.recording, event.start_s, event.start_s + event.duration_s
                    ),
                    **_event(event, kind.name, own),
                },
            )
            for event in chosen
            if event.kind == kind.key
        )
        if not members:
            continue
        notes = []
        if len(members) < counts[kind.key]:
            left_out = counts[kind.key] - len(members)
            notes.append(f"Urgent or notable events in summary.json only: {left_out}.")
        if unlisted := summary.events_left_out_count.get(kind.key):
            notes.append(f"Events of this kind that are counted but not listed: {unlisted}.")
        panel = {**common, "code": own.concept(f"events.{kind.key}", kind.name), **_notes(notes)}
        yield Node(f"events.{kind.key}", panel, members)


def _chosen(events: list[EventRow]) -> list[EventRow]:
    """Return at most :data:`MAX_EVENTS` events, in the order of time.

    Urgent events come first. If there are too many, each kind in turn contributes its longest.
    """
    of_kind: defaultdict[tuple[bool, str], list[EventRow]] = defaultdict(list)
    for event in sorted(events, key=lambda event: -event.duration_s):
        of_kind[event.tier != "urgent", event.kind].append(event)
    ranked = sorted(
        (is_lower, rank, event.number)
        for (is_lower, _), group in of_kind.items()
        for rank, event in enumerate(group)
    )
    numbers = {number for *_, number in ranked[:MAX_EVENTS]}
    return [event for event in events if event.number in numbers]


def _event(event: EventRow, name: str, own: OwnCodes) -> Json:
    """Return what an event is: its kind, its tier, its figures."""
    row = SummaryValue(event, "events")
    standard = [SNOMED[event.kind]] if event.kind in SNOMED else []
    return {
        "code": own.concept(*EVENT, HEART_RHYTHM),
        "valueCodeableConcept": own.concept(f"events.{event.kind}", name, *standard),
        "component": [
            _component(own, row.start_s),
            _component(own, row.duration_s),
            _component(own, row.beats_count),
            _component(own, row.rate_bpm, HEART_RATE),
            {
                "code": own.concept("events.tier", part_name("tier")),
                "valueCodeableConcept": own.concept(
                    f"events.tier.{event.tier}", str(event.tier).capitalize()
                ),
            },
            {
                "code": own.concept("events.lead", part_name("lead")),
                "valueString": event.lead,
            },
        ],
    }


def _component(own: OwnCodes, part: SummaryValue, *standard: Json, applies: bool = True) -> Json:
    code = own.concept(part.path, part_name(part.key), *standard)
    return {"code": code, **_value(part, applies=applies)}


def _value(found: SummaryValue, *, applies: bool) -> Json:
    """Return a quantity with its unit, or the reason why there is none."""
    if found.value is None:
        reason = ("unknown", "Unknown") if applies else ("not-applicable", "Not Applicable")
        return {"dataAbsentReason": concept(coding(f"{TERMINOLOGY}/data-absent-reason", *reason))}
    code, unit = next((unit for end, unit in UNITS.items() if found.key.endswith(end)), COUNT)
    quantity = {"value": found.value, "unit": unit, "system": UCUM_URI, "code": code}
    return {"valueQuantity": quantity}


def _notes(texts: list[str]) -> Json:
    return {"note": [{"text": text} for text in texts]} if texts else {}
