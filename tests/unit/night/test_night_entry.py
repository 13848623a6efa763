import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_schemas import schema
from synthetic_summary import made_up_summary, summary_of
from unit.night.hand_made_nights import body, summary, with_values

from deepecg.errors import FlatLineError
from deepecg.night.night_entry import (
    OUTCOMES,
    KindFinding,
    NightEntry,
    UnreadableEntryError,
    night_entry,
    read_entry,
)
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.rejection_json import rejection_document

SCORED = night_entry(
    "a1",
    summary(
        hours=20.0,
        analysable_hours=19.0,
        n=970,
        s=10,
        v=20,
        ventricular_runs=(3, 7, 4),
        longest_pause_s=3.25,
        fibrillation_percent=12.5,
        urgent=(("pause", "Pause of 3.2 s"),),
        notable=(("bradycardia", "Bradycardia of 40 s at 38/min"),),
        review="amended",
        warnings=("wrong_checksum", "no_date", "wrong_checksum"),
    ),
    uploaded_at=datetime(2026, 11, 21, 23, 30, tzinfo=timezone(timedelta(hours=1))),
    folder="recordings/a1/v1",
    processing_s=8.12345,
    size_bytes=123,
)


def valid(entry: NightEntry) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_json(entry))
    jsonschema.validate(document, schema("night_entry"))
    return document


def changed(**fields: Any) -> bytes:
    return body(with_values(SCORED, **fields))


def changed_digest(**fields: Any) -> bytes:
    return changed(digest=with_values(SCORED.digest, **fields))


def test_the_schema_is_one_and_allows_nothing_it_does_not_name() -> None:
    found = schema("night_entry")
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["additionalProperties"] is False
    assert set(found["required"]) == set(found["properties"])
    assert set(found["properties"]["outcome"]["enum"]) == set(OUTCOMES)


def test_the_entry_of_a_scored_recording_has_the_values_that_the_report_needs() -> None:
    entry = valid(SCORED)
    assert entry["outcome"] == "scored"
    assert entry["code"] is None
    assert entry["uploaded_at"] == "2026-11-21T22:30:00+00:00"
    assert entry["processing_s"] == 8.123
    assert entry["digest"] == {
        "duration_s": 72_000.0,
        "analysable_s": 68_400.0,
        "lost_s": 0.0,
        "class_count": {"N": 970, "S": 10, "V": 20, "F": 0, "Q": 0},
        "mean_bpm": 70.0,
        "minimum_bpm": 50.0,
        "maximum_bpm": 120.0,
        "ventricular_burden_percent": 2.0,
        "ventricular_run_count": 3,
        "ventricular_longest_run_beats_count": 7,
        "supraventricular_burden_percent": 1.0,
        "supraventricular_run_count": 0,
        "supraventricular_longest_run_beats_count": None,
        "pause_count": 1,
        "longest_pause_s": 3.25,
        "fibrillation_burden_percent": 12.5,
        "urgent": [{"kind": "pause", "message": "Pause of 3.2 s"}],
        "notable": [{"kind": "bradycardia", "message": "Bradycardia of 40 s at 38/min"}],
        "review_status": "amended",
        "warning_codes": ["no_date", "wrong_checksum"],
        "model_version": "model-1",
        "software_version": "0.1.0",
    }


@pytest.mark.parametrize("status", ["preliminary", "final", "amended"])
def test_the_entry_of_a_reviewed_recording_says_whether_it_is_signed(status: str) -> None:
    whole = made_up_summary()
    whole["review"]["status"] = status
    not_reviewed = valid(night_entry("a1", summary_of(whole)))["digest"]["review_status"]
    whole["provenance"]["review"] = "reviewed"
    reviewed = valid(night_entry("a1", summary_of(whole)))["digest"]["review_status"]
    assert (not_reviewed, reviewed) == ("not_reviewed", status)


def test_an_entry_from_before_version_1_2_has_lost_no_time() -> None:
    document = valid(SCORED)
    del document["digest"]["lost_s"]
    entry = read_entry(json.dumps(document).encode())
    assert entry.digest is not None
    assert entry.digest.lost_s == 0


def test_an_entry_from_before_reviews_is_of_a_recording_that_was_not_reviewed() -> None:
    document = valid(SCORED)
    del document["digest"]["review_status"]
    entry = read_entry(json.dumps(document).encode())
    assert entry.digest is not None
    assert entry.digest.review_status == "not_reviewed"


def test_the_entry_takes_its_values_from_the_right_places_of_a_summary() -> None:
    whole = made_up_summary()
    digest = valid(night_entry("a1", summary_of(whole)))["digest"]
    assert digest["duration_s"] == whole["recording"]["duration_s"]
    assert digest["analysable_s"] == whole["signal"]["analysable_s"]
    assert digest["class_count"] == whole["beats"]["class_count"]
    for name in ("mean_bpm", "minimum_bpm", "maximum_bpm"):
        assert digest[name] == whole["heart_rate"][name]
    for kind in ("ventricular", "supraventricular"):
        assert digest[f"{kind}_burden_percent"] == whole[kind]["burden_percent"]
        assert digest[f"{kind}_run_count"] == whole[kind]["run_count"]
        longest = whole[kind]["longest_run"]["beats_count"]
        assert digest[f"{kind}_longest_run_beats_count"] == longest
    assert digest["pause_count"] == whole["pauses"]["count"]
    assert digest["longest_pause_s"] == whole["pauses"]["longest_s"]
    fibrillation = whole["atrial_fibrillation"]["burden_percent"]
    assert digest["fibrillation_burden_percent"] == fibrillation
    assert digest["model_version"] == whole["provenance"]["model"]["version"]
    assert digest["software_version"] == whole["provenance"]["software"]["version"]
    assert {found["message"] for found in digest["urgent"]} == {
        found["message"] for found in whole["urgent"]
    }
    assert None not in digest.values(), "or a figure was looked for in the wrong place"


def test_it_is_read_back_as_it_was_written() -> None:
    entry = read_entry(body(SCORED))
    assert entry.recording_id == "a1"
    assert entry.folder == "recordings/a1/v1"
    assert entry.digest is not None
    assert entry.digest.beats_count == 1000
    assert entry.digest.analysable_percent == 95.0
    assert entry.digest.urgent == (KindFinding(kind="pause", message="Pause of 3.2 s"),)


def test_a_rejection_leaves_its_code() -> None:
    entry = valid(night_entry("b2", rejection_document(FlatLineError("found a line"), "b2")))
    assert (entry["outcome"], entry["code"], entry["digest"]) == ("rejected", "flat_line", None)


@pytest.mark.parametrize("outcome", ["received", "waiting", "failed"])
def test_without_a_document_the_caller_says_what_became_of_it(outcome: Any) -> None:
    entry = night_entry("c3", outcome=outcome, code="throttled")
    assert (entry.outcome, entry.code) == (outcome, "throttled")
    assert read_entry(body(valid(entry))).digest is None


@pytest.mark.parametrize("recording", ["", "a/b", "../up", "Jane Doe", "a" * 65, "a\n"])
def test_an_id_that_could_be_a_path_or_a_name_is_refused(recording: str) -> None:
    with pytest.raises(ValueError, match="recording ID"):
        night_entry(recording)
    with pytest.raises(UnreadableEntryError):
        read_entry(changed(recording_id=recording))


@pytest.mark.parametrize(
    "folder", ["", "/etc", "a//b", "../up", "a/../b", "a\\b", "a\nb", "a\x00", "x" * 1025, "\udcff"]
)
def test_a_folder_outside_the_results_is_never_linked(folder: str) -> None:
    assert night_entry("a1", folder=folder).folder is None
    with pytest.raises(UnreadableEntryError):
        read_entry(json.dumps(with_values(SCORED, folder=folder)).encode())


@pytest.mark.parametrize("folder", ["record 100", "Müller #1", "a/b/c", "100%", "..."])
def test_any_other_folder_is(folder: str) -> None:
    assert night_entry("a1", folder=folder).folder == folder


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        body(SCORED)[:200],
        changed(kind="summary"),
        changed(schema_version="2.0"),
        changed(schema_version=1),
        changed(outcome="lost"),
        changed(recording_id=7),
        changed(folder=7),
        changed(code="x" * 201),
        changed(code="line\nbreak"),
        changed(code="line\n"),
        changed(code="right to left \u202e"),
        changed(code="tag \U000e0041"),
        changed(code="vowel separator \u180e"),
        changed(code="annotation anchor \ufff9"),
        changed(code="private \ue000"),
        changed(code="wide space \u3000"),
        changed_digest(model_version="no-break space \xa0"),
        changed(code={"a": 1}),
        changed(processing_s=-1.0),
        changed(processing_s="8"),
        changed(processing_s=True),
        body(SCORED).replace(b"8.123", b"NaN"),
        body(SCORED).replace(b"8.123", b"1e400"),
        changed(size_bytes=1.5),
        changed(size_bytes=10**400),
        changed(digest=None),
        changed(digest=[]),
        changed_digest(class_count={"N": 1}),
        changed_digest(class_count={"N": 1.5, "S": 0, "V": 0, "F": 0, "Q": 0}),
        changed_digest(duration_s=None),
        changed_digest(duration_s=1e13),
        changed_digest(urgent=["pause"]),
        changed_digest(urgent=None),
        changed_digest(notable=[{"kind": "a", "message": "line\nbreak"}]),
        changed_digest(review_status="signed"),
        changed_digest(warning_codes=[7]),
        body({k: v for k, v in with_values(SCORED).items() if k != "digest"}),
        b'{"kind": "night_entry", "schema_version": "1.0", "recording_id": "a", "code": "\\ud800"}',
    ],
)
def test_a_document_that_is_not_a_valid_entry_is_refused(hostile: bytes) -> None:
    with pytest.raises(UnreadableEntryError, match="not a valid night entry"):
        read_entry(hostile)


def test_entries_of_version_1_0_have_no_notable_findings_and_no_review() -> None:
    digest = with_values(SCORED.digest)
    del digest["notable"], digest["review_status"]
    found = read_entry(changed(schema_version="1.0", digest=digest)).digest
    assert found is not None
    assert found.notable == ()
    assert found.review_status == "not_reviewed"


def test_a_review_that_was_begun_is_no_signed_one() -> None:
    for review in ("not_reviewed", "preliminary", "final"):
        digest = night_entry("a1", summary(review=review)).digest
        assert digest is not None
        assert digest.review_status == review


def test_a_later_minor_version_may_add_fields() -> None:
    assert read_entry(changed(schema_version="1.7", news=1)).recording_id == "a1"


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_without_another_error(content: bytes) -> None:
    with pytest.raises(UnreadableEntryError):
        read_entry(content)


def test_times_are_in_utc() -> None:
    at = datetime(2026, 11, 21, 1, 2, 3, 999_999, tzinfo=UTC)
    assert night_entry("a1", uploaded_at=at).uploaded_at == "2026-11-21T01:02:03+00:00"
