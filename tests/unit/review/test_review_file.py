"""Review files are read strictly, and say whether they are signed."""

import json
from typing import Any

import jsonschema
import pytest
from published_schemas import schema

from deepecg.beats.aami_classes import CLASSES
from deepecg.errors import ReviewError
from deepecg.review.review_file import MAX_BYTES, RenameCluster, Review, read_review

BY = {"author": "Dr. A. Muster", "at": "2026-01-02T03:04:05+01:00"}
SIGN = {"op": "sign"}
COMMENT = {"op": "comment", "text": "Two\nlines.", "at_s": None}
EVENT = {"event_kind": "pause", "start_s": 1.5, "duration_s": 2}
OPERATIONS: tuple[dict[str, Any], ...] = (
    {"op": "rename_cluster", "cluster": 3, "class": "V"},
    {"op": "rename_beats", "times_s": [12.344], "class": "N"},
    {"op": "delete_beats", "times_s": [12.344, 13]},
    {"op": "insert_beat", "time_s": 12.5, "class": "V"},
    {"op": "remove_event", **EVENT},
    {"op": "rename_event", **EVENT, "to": "atrial_flutter"},
    {"op": "mark_artefact", "start_s": 1, "end_s": 2.5},
    COMMENT,
    {"op": "conclude", "text": "Sinus rhythm."},
    SIGN,
)


def document(*operations: dict[str, Any], **changed: Any) -> dict[str, Any]:
    given = [BY | operation for operation in operations]
    return {
        "kind": "review", "schema_version": "1.0", "beats": "a" * 64, "operations": given
    } | changed  # fmt: skip


def review(*operations: dict[str, Any]) -> Review:
    return read_review(json.dumps(document(*operations)).encode())


def test_every_operation_of_the_schema_is_read() -> None:
    jsonschema.validate(document(*OPERATIONS), schema("review"))
    found = review(*OPERATIONS)
    assert len(found.operations) == len(OPERATIONS)
    first = found.operations[0]
    assert isinstance(first, RenameCluster)
    assert (first.cluster, first.class_name, first.author) == (3, "V", "Dr. A. Muster")
    described = set(schema("review")["$defs"])
    assert described == {type(operation).__name__ for operation in found.operations}
    classes = schema("review")["$defs"]["RenameBeats"]["properties"]["class"]["enum"]
    assert sorted(classes) == sorted(CLASSES)


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([], "preliminary"),
        ([SIGN], "final"),
        ([COMMENT, SIGN], "final"),
        ([COMMENT, SIGN, SIGN], "final"),
        ([SIGN, COMMENT], "preliminary"),
        ([SIGN, COMMENT, SIGN], "amended"),
        ([SIGN, COMMENT, SIGN, COMMENT], "preliminary"),
        ([SIGN, COMMENT, SIGN, SIGN], "amended"),
    ],
)
def test_a_signature_counts_if_nothing_follows_it(
    operations: list[dict[str, Any]], status: str
) -> None:
    assert review(*operations).status == status


@pytest.mark.parametrize(
    ("operation", "place"),
    [
        ({"op": "smith"}, "operations[0].op"),
        (SIGN | {"smith": 1}, "operations[0]"),
        ({"op": "rename_cluster", "cluster": "smith", "class": "V"}, "operations[0].cluster"),
        ({"op": "rename_cluster", "cluster": 0, "class": "V"}, "operations[0].cluster"),
        ({"op": "rename_cluster", "cluster": 1, "class": "smith"}, "operations[0].class"),
        ({"op": "rename_beats", "times_s": [1, -2], "class": "V"}, "operations[0].times_s[1]"),
        ({"op": "delete_beats", "times_s": []}, "operations[0].times_s"),
        ({"op": "remove_event", **EVENT, "event_kind": "smith"}, "operations[0].event_kind"),
        (
            {"op": "remove_event", **EVENT, "event_kind": "maximum_heart_rate"},
            "operations[0].event_kind",
        ),
        ({"op": "mark_artefact", "start_s": 2, "end_s": 2}, "operations[0]"),
        (COMMENT | {"text": " \n"}, "operations[0].text"),
        (COMMENT | {"text": "smith\0"}, "operations[0].text"),
        (COMMENT | {"text": "s" * 2_001}, "operations[0].text"),
        (SIGN | {"author": "smith\n"}, "operations[0]"),
        (SIGN | {"author": "smith\u202e"}, "operations[0]"),
        (SIGN | {"author": "s" * 101}, "operations[0].author"),
        (SIGN | {"at": "2026-01-02T03:04:05"}, "operations[0].at"),
        (SIGN | {"at": "smith"}, "operations[0].at"),
    ],
)
def test_a_damaged_operation_is_refused_with_its_place_and_nothing_of_its_text(
    operation: dict[str, Any], place: str
) -> None:
    with pytest.raises(ReviewError, match="damaged") as caught:
        read_review(json.dumps(document(BY | operation)).encode())
    assert f" at {place} " in str(caught.value)
    assert "smith" not in str(caught.value)
    assert caught.value.code == "bad_review"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        json.dumps(document(beats="smith")).encode(),
        json.dumps(document(beats="a" * 64 + "\n")).encode(),
        json.dumps(document(schema_version="2.0")).encode(),
        json.dumps(document(smith=1)).encode(),
        json.dumps(document(*[SIGN] * 5_001)).encode(),
        json.dumps(document(**{"x - at `$.operations[0].smith": 1})).encode(),
        b" " * (MAX_BYTES + 1),
    ],
)
def test_what_is_no_review_is_refused(content: bytes) -> None:
    with pytest.raises(ReviewError) as caught:
        read_review(content)
    assert "smith" not in str(caught.value)
