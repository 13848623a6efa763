"""Compares a summary with what is right for the recording: right, missed, false urgent, miscounted.

A recording is right if every required finding is there, nothing else is urgent, and the counts are
within a few per cent. Only ``summary.json`` is read, as any user of the software could.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from training.findings.ecg_script import Span
from training.findings.expectation import Expectation, Limits, Required, Tier

Document = Mapping[str, Any]
"""``summary.json`` or ``rejection.json``, decoded."""

BESIDE_S = 10.0
"""An urgent finding lies at a place if it is no further away than this: an episode's limits are
less certain than its presence."""


class Fault(Enum):
    """How a recording was judged wrongly."""

    MISSED = "missed"
    FALSE_URGENT = "false urgent"
    COUNT = "count"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in a line."""

    fault: Fault
    detail: str


def judge(document: Document, expected: Expectation) -> tuple[Problem, ...]:
    """Return what is wrong in a summary; nothing if the recording was judged rightly.

    Parameters
    ----------
    document : mapping
        The summary, or the rejection.
    expected : Expectation
        What is right.
    """
    if document.get("kind") == "rejection":
        return (Problem(Fault.REJECTED, str(document["code"])),)
    return (
        *(problem for each in expected.required for problem in _missed(document, each)),
        *_false_urgent(document, expected),
        *_miscounted(document, expected),
    )


def _missed(document: Document, required: Required) -> Iterable[Problem]:
    name = "/".join(sorted(required.keys))
    if required.tier is not Tier.EVENT and not any(
        row["kind"] in required.keys and _at(row, required.spans)
        for row in tier_rows(document, required.tier)
    ):
        yield Problem(Fault.MISSED, f"{name} not {required.tier.value}")
    covered = _covered_share(document, required)
    if covered < required.covered_share:
        wanted = f"{covered:.0%} of it found, {required.covered_share:.0%} needed"
        yield Problem(Fault.MISSED, f"{name}: {wanted}")
    if required.counts:
        low, high = required.counts
        found = event_count(document, required.keys)
        if not low <= found <= high:
            yield Problem(Fault.COUNT, f"{name}: {found} events, {low} to {high} expected")


def tier_rows(document: Document, tier: Tier) -> list[Document]:
    """Return the urgent rows of a summary, and the notable ones if the tier includes them."""
    rows = list(document["urgent"])
    return rows + list(document.get("notable", ())) if tier is Tier.MENTIONED else rows


def event_count(document: Document, keys: frozenset[str]) -> int:
    """Return the number of events of some kinds, listed or not."""
    listed = sum(row["kind"] in keys for row in document["events"])
    unlisted: Mapping[str, int] = document["events_left_out_count"]
    return listed + sum(count for kind, count in unlisted.items() if kind in keys)


def _at(row: Document, spans: tuple[Span, ...]) -> bool:
    if not spans or row["at_s"] is None:
        return True
    start_s = row["at_s"]
    stop_s = start_s + (row["duration_s"] or 0.0)
    return any(
        start_s <= span.stop_s + BESIDE_S and stop_s >= span.start_s - BESIDE_S for span in spans
    )


def _covered_share(document: Document, required: Required) -> float:
    """Return the share of the spans that events of the right kinds cover."""
    total_s = sum(span.duration_s for span in required.spans)
    if not total_s:
        return 1.0
    events = [
        Span(row["start_s"], row["start_s"] + row["duration_s"])
        for row in document["events"]
        if row["kind"] in required.keys
    ]
    return overlap_s(required.spans, events) / total_s


def overlap_s(spans: Iterable[Span], others: Iterable[Span]) -> float:
    """Return the seconds of ``spans`` that lie in any of ``others``."""
    merged: list[Span] = []
    for other in sorted(others, key=lambda span: span.start_s):
        if merged and other.start_s <= merged[-1].stop_s:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].stop_s, other.stop_s))
        else:
            merged.append(other)
    return sum(
        max(0.0, min(span.stop_s, other.stop_s) - max(span.start_s, other.start_s))
        for span in spans
        for other in merged
    )


def _false_urgent(document: Document, expected: Expectation) -> Iterable[Problem]:
    right = set(expected.tolerated)
    for required in expected.required:
        if required.tier is Tier.URGENT:
            right |= required.keys
    for row in document["urgent"]:
        if row["kind"] not in right:
            yield Problem(Fault.FALSE_URGENT, f"{row['kind']}: {row['message']}")


def _miscounted(document: Document, expected: Expectation) -> Iterable[Problem]:
    counts: dict[str, tuple[float, Limits | None]] = {
        "V": (document["ventricular"]["count"], expected.ventricular),
        "S": (document["supraventricular"]["count"], expected.supraventricular),
        "beats": (document["beats"]["total_count"], expected.beats),
        "s of fibrillation": (document["atrial_fibrillation"]["total_s"], expected.fibrillation_s),
    }
    for name, (found, limits) in counts.items():
        if limits and not limits.low <= found <= limits.high:
            low = max(limits.low, 0)
            detail = f"{found:.0f} {name}, {low:.0f} to {limits.high:.0f} expected"
            yield Problem(Fault.COUNT, detail)
