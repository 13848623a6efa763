from typing import Any

import pytest

from training.findings.ecg_script import Span
from training.findings.expectation import Expectation, Limits, event, mentioned, near, urgent
from training.findings.judge import Fault, judge, overlap_s

VT, AF, BLOCK = (
    frozenset({"ventricular_tachycardia", "wide_qrs_tachycardia"}),
    frozenset({"atrial_fibrillation"}),
    frozenset({"av_block_second_degree"}),
)


def summary(
    *urgent_kinds: str,
    at_s: float = 100.0,
    notable: tuple[str, ...] | None = None,
    events: tuple[tuple[str, float, float], ...] = (),
    v: int = 0,
    s: int = 0,
    beats: int = 700,
    fibrillation_s: float = 0.0,
) -> dict[str, Any]:
    def rows(kinds: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "at_s": at_s, "duration_s": 20.0, "message": "found"} for kind in kinds
        ]

    document: dict[str, Any] = {
        "kind": "summary",
        "urgent": rows(urgent_kinds),
        "events": [
            {"kind": kind, "start_s": start, "duration_s": length} for kind, start, length in events
        ],
        "events_left_out_count": {},
        "ventricular": {"count": v},
        "supraventricular": {"count": s},
        "beats": {"total_count": beats},
        "atrial_fibrillation": {"total_s": fibrillation_s},
    }
    return document if notable is None else document | {"notable": rows(notable)}


def faults(document: dict[str, Any], expected: Expectation) -> list[Fault]:
    return [problem.fault for problem in judge(document, expected)]


def test_nothing_urgent_is_right_where_nothing_is_expected() -> None:
    assert faults(summary(), Expectation()) == []


def test_an_urgent_finding_that_is_not_expected_is_false() -> None:
    assert faults(summary("pause"), Expectation()) == [Fault.FALSE_URGENT]
    assert faults(summary("pause"), Expectation(tolerated=frozenset({"pause"}))) == []


def test_any_of_the_right_kinds_will_do_at_the_right_place() -> None:
    expected = Expectation((urgent(VT, Span(90, 110)),))
    assert faults(summary("wide_qrs_tachycardia"), expected) == []
    assert faults(summary(), expected) == [Fault.MISSED]
    assert faults(summary("wide_qrs_tachycardia", at_s=400), expected) == [Fault.MISSED]


def test_a_notable_finding_is_mentioned_but_not_urgent() -> None:
    in_time = Span(90, 130)
    assert (
        faults(summary(notable=("atrial_fibrillation",)), Expectation((mentioned(AF, in_time),)))
        == []
    )
    assert faults(summary(notable=()), Expectation((mentioned(AF, in_time),))) == [Fault.MISSED]
    assert faults(summary(notable=("av_block_second_degree",)), Expectation((urgent(BLOCK),))) == [
        Fault.MISSED
    ]


def test_what_should_only_be_mentioned_must_not_be_urgent() -> None:
    expected = Expectation((mentioned(BLOCK),))
    assert faults(summary("av_block_second_degree"), expected) == [Fault.FALSE_URGENT]


def test_events_have_to_cover_the_spans() -> None:
    expected = Expectation((event(AF, Span(0, 100), Span(200, 300), covered=0.7),))
    half = ("atrial_fibrillation", 0.0, 100.0)
    assert faults(summary(events=(half,)), expected) == [Fault.MISSED]
    assert faults(summary(events=(half, ("atrial_fibrillation", 240.0, 90.0))), expected) == []


def test_events_left_out_of_the_list_are_counted() -> None:
    expected = Expectation((event(VT, counts=(3, 4)),))
    document = summary(events=(("ventricular_tachycardia", 5.0, 2.0),))
    assert faults(document, expected) == [Fault.COUNT]
    document["events_left_out_count"] = {"ventricular_tachycardia": 2, "pause": 9}
    assert faults(document, expected) == []


@pytest.mark.parametrize(("v", "is_right"), [(94, False), (96, True), (105, True), (106, False)])
def test_counts_may_differ_by_a_few_per_cent(v: int, is_right: bool) -> None:
    expected = Expectation(ventricular=near(100))
    assert faults(summary(v=v), expected) == ([] if is_right else [Fault.COUNT])


def test_beats_and_fibrillation_are_counted() -> None:
    expected = Expectation(beats=Limits(690, 710), fibrillation_s=Limits(0, 0))
    assert faults(summary(), expected) == []
    assert faults(summary(beats=650, fibrillation_s=31), expected) == [Fault.COUNT] * 2


def test_a_rejection_is_a_fault() -> None:
    assert faults({"kind": "rejection", "code": "noisy"}, Expectation()) == [Fault.REJECTED]


def test_overlapping_events_cover_a_second_once() -> None:
    found = [Span(10, 30), Span(20, 40), Span(90, 200)]
    assert overlap_s([Span(0, 100)], found) == pytest.approx(40)
