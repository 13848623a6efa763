"""Night entries: the outcome of each upload, under the night it came in."""

from collections.abc import Callable
from typing import Any

import pytest
from integration.aws_with_clock_and_faults import (
    UPLOADS,
    Cloud,
    environment_of,
    fail_s3,
    handle_elsewhere,
    notification,
    sqs_event,
    throttled,
)

from deepecg.cloud import score_upload as results_module
from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.night_entries import supersedes
from deepecg.cloud.s3_buckets import Uploads
from deepecg.cloud.upload_parts import find_upload
from deepecg.outputs.recording_id import recording_id

EVENING = "2026-11-21T21:00:00+00:00"
NIGHT = "2026-11-21"


@pytest.fixture
def evening(cloud_at: Callable[..., Cloud]) -> Cloud:
    """Ten in the evening in Berlin; S3's test event has been handled."""
    cloud = cloud_at(EVENING)
    cloud.pump()
    return cloud


def test_entry_of_a_scored_upload_has_its_numbers(evening: Cloud, edf_file: bytes) -> None:
    evening.upload("a.edf", edf_file)
    evening.pump()
    entry = evening.entry("a.edf", NIGHT)
    summary = evening.outcome("a.edf")
    assert entry is not None
    assert entry["outcome"] == "scored"
    assert entry["recording_id"] == recording_id("a.edf")
    assert entry["folder"] + "/summary.json" == evening.current("a.edf")["result"]
    assert entry["size_bytes"] == len(edf_file)
    assert entry["uploaded_at"][:16] == EVENING[:16]
    assert 0 < entry["processing_s"] < 60
    assert entry["digest"]["duration_s"] == summary["recording"]["duration_s"]
    assert entry["digest"]["class_count"] == summary["beats"]["class_count"]
    assert evening.result_keys("nights/") == [f"nights/{NIGHT}/{recording_id('a.edf')}.json"]


def test_entry_of_a_rejected_upload_has_its_code(evening: Cloud) -> None:
    evening.upload("a.edf", b"")
    evening.pump()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["code"]) == ("rejected", "empty_file")
    assert entry["folder"] + "/rejection.json" == evening.current("a.edf")["result"]
    assert entry["size_bytes"] == 0


def test_waiting_upload_has_an_entry_until_the_time_is_over(
    evening: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    evening.upload("rec.hea", wfdb_files["rec.hea"])
    evening.pump()
    entry = evening.entry("rec.hea", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["folder"], entry["digest"]) == ("waiting", None, None)

    evening.settle()
    entry = evening.entry("rec.hea", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["code"]) == ("rejected", "missing_part")


def test_upload_that_kills_the_function_stays_received(
    evening: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(path: Any, zone: Any) -> None:
        raise KeyboardInterrupt  # no exception handler catches it, nor a time-out

    monkeypatch.setattr("deepecg.cloud.score_upload.open_recording", die)
    evening.upload("a.edf", edf_file)
    with pytest.raises(KeyboardInterrupt):
        evening.pump()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["processing_s"]) == ("received", None)


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2026-11-21T22:59:50+00:00", "2026-11-21"),
        ("2026-11-21T23:00:10+00:00", "2026-11-22"),  # Berlin is an hour ahead in winter...
        ("2026-06-21T21:59:50+00:00", "2026-06-21"),
        ("2026-06-21T22:00:10+00:00", "2026-06-22"),  # ...and two in summer
    ],
)
def test_day_ends_at_midnight_in_the_zone(
    cloud_at: Callable[..., Cloud], moment: str, night: str
) -> None:
    cloud = cloud_at(moment)
    cloud.upload("a.edf", b"")
    cloud.pump()
    assert cloud.entry("a.edf", night) is not None


def test_late_retry_belongs_to_the_day_of_the_upload(evening: Cloud, edf_file: bytes) -> None:
    evening.upload("a.edf", edf_file)
    mend = fail_s3(evening, "PutObject", throttled)
    evening.pump()
    assert evening.result_keys("") == []
    mend()
    evening.skip(12 * 3600)
    evening.pump()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert entry["outcome"] == "scored"
    assert len(evening.result_keys("nights/")) == 1


def test_repeated_event_keeps_the_first_time_of_processing(evening: Cloud, edf_file: bytes) -> None:
    evening.upload("a.edf", edf_file)
    evening.pump()
    before = evening.bodies()
    evening.skip(60)
    evening.invoke(sqs_event(notification("a.edf")), evening.load_handler())
    assert evening.bodies() == before


def test_same_bytes_on_another_day_are_another_upload(evening: Cloud, edf_file: bytes) -> None:
    evening.upload("a.edf", edf_file)
    evening.pump()
    first = evening.entry("a.edf", NIGHT)
    evening.skip(24 * 3600)
    evening.upload("a.edf", edf_file)
    evening.pump()
    second = evening.entry("a.edf", "2026-11-22")
    assert first is not None
    assert second is not None
    assert (second["outcome"], second["folder"]) == ("scored", first["folder"])
    assert second["processing_s"] is None  # it was not scored again
    assert evening.entry("a.edf", NIGHT) == first


def test_incomplete_record_uploaded_again_unchanged_is_rejected_again(
    evening: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    evening.upload("rec.hea", wfdb_files["rec.hea"])
    evening.settle()
    evening.skip(24 * 3600)
    evening.upload("rec.hea", wfdb_files["rec.hea"])
    evening.settle()
    first, second = (evening.entry("rec.hea", night) for night in (NIGHT, "2026-11-22"))
    assert first is not None
    assert second is not None
    assert (second["outcome"], second["code"]) == ("rejected", "missing_part")
    assert second["folder"] == first["folder"]


def test_replaced_upload_replaces_its_entry(evening: Cloud, edf_file: bytes) -> None:
    evening.upload("a.edf", b"")
    evening.pump()
    evening.skip(60)
    evening.upload("a.edf", edf_file)
    evening.pump()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["code"]) == ("scored", None)


def test_result_without_an_entry_gets_one_at_the_next_try(evening: Cloud, edf_file: bytes) -> None:
    """The function is stopped after the summary, before the entry."""
    evening.upload("a.edf", edf_file)
    s3 = environment_of(evening.handler)["ingest"]().s3
    has_summary = []

    def fail_on_entry(params: dict[str, Any], **_: Any) -> None:
        has_summary.append("summary" in params["url_path"])
        if any(has_summary) and "/nights/" in params["url_path"]:
            raise throttled()

    s3.meta.events.register("before-call.s3.PutObject", fail_on_entry)
    evening.pump()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert entry["outcome"] == "received"
    s3.meta.events.unregister("before-call.s3.PutObject", fail_on_entry)
    evening.settle()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["processing_s"]) == ("scored", None)
    assert entry["digest"]["duration_s"] == evening.outcome("a.edf")["recording"]["duration_s"]


@pytest.mark.parametrize("first", ["rec.hea", "rec_a.dat"])
def test_record_completed_after_midnight_moves_to_the_new_day(
    cloud_at: Callable[..., Cloud], wfdb_files: dict[str, bytes], first: str
) -> None:
    cloud = cloud_at("2026-11-21T22:50:00+00:00")
    cloud.upload(first, wfdb_files[first])
    cloud.pump()
    assert len(cloud.result_keys(f"nights/{NIGHT}/")) == 1

    cloud.skip(20 * 60)
    for name, body in wfdb_files.items():
        if name != first:
            cloud.upload(name, body)
            cloud.pump()
    cloud.settle()
    assert cloud.result_keys("nights/") == [f"nights/2026-11-22/{recording_id('rec.hea')}.json"]
    entry = cloud.entry("rec.hea", "2026-11-22")
    assert entry is not None
    assert entry["outcome"] == "scored"
    assert entry["size_bytes"] == sum(map(len, wfdb_files.values()))


@pytest.mark.parametrize("settled", [False, True])
def test_part_uploaded_before_its_header_has_no_entry_of_its_own(
    cloud_at: Callable[..., Cloud], wfdb_files: dict[str, bytes], settled: bool
) -> None:
    cloud = cloud_at("2026-11-21T08:00:00+00:00")
    for name in ("rec_b.dat", "rec_a.dat", "rec.hea"):
        cloud.upload(name, wfdb_files[name])
        cloud.settle() if settled else cloud.pump()
    cloud.settle()
    assert cloud.result_keys("nights/") == [f"nights/{NIGHT}/{recording_id('rec.hea')}.json"]


def test_upload_deleted_while_it_waits_loses_its_entry(
    evening: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    evening.upload("rec.hea", wfdb_files["rec.hea"])
    evening.pump()
    evening.s3.delete_object(Bucket=evening.bucket("UploadsBucket"), Key="rec.hea")
    evening.settle()
    assert evening.result_keys("") == []


def begin_to_score(cloud: Cloud, edf_file: bytes) -> None:
    """Upload a recording whose result cannot be written, at ten to midnight in Berlin."""
    cloud.pump()  # S3's test event
    cloud.upload("a.edf", edf_file)
    s3 = environment_of(cloud.handler)["ingest"]().s3

    def fail_on_annotations(params: dict[str, Any], **_: Any) -> None:
        if params["url_path"].endswith(".deepecg"):
            raise throttled()

    s3.meta.events.register("before-call.s3.PutObject", fail_on_annotations)
    cloud.pump()
    s3.meta.events.unregister("before-call.s3.PutObject", fail_on_annotations)
    entry = cloud.entry("a.edf", NIGHT)
    assert entry is not None
    assert entry["outcome"] == "received"
    cloud.skip(15 * 60)


@pytest.fixture
def late(cloud_at: Callable[..., Cloud]) -> Cloud:
    """Ten minutes before midnight in Berlin."""
    return cloud_at("2026-11-21T22:50:00+00:00")


def test_upload_replaced_after_midnight_before_it_was_scored_is_of_the_new_day(
    late: Cloud, edf_file: bytes
) -> None:
    begin_to_score(late, edf_file)
    late.upload("a.edf", edf_file[:-1000])
    late.settle()
    assert late.result_keys("nights/") == [f"nights/2026-11-22/{recording_id('a.edf')}.json"]


def test_upload_replaced_by_what_was_scored_before_is_of_the_new_day(
    late: Cloud, edf_file: bytes
) -> None:
    late.upload("a.edf", b"")
    late.settle()
    late.skip(60)
    begin_to_score(late, edf_file)
    late.upload("a.edf", b"")
    late.settle()
    assert late.result_keys("nights/") == [f"nights/2026-11-22/{recording_id('a.edf')}.json"]


def test_upload_deleted_before_it_was_scored_loses_its_entry(late: Cloud, edf_file: bytes) -> None:
    begin_to_score(late, edf_file)
    late.s3.delete_object(Bucket=UPLOADS, Key="a.edf")
    late.settle()
    assert late.result_keys("nights/") == []


def test_upload_deleted_during_scoring_loses_its_entry(
    evening: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete() -> None:
        evening.s3.delete_object(Bucket=UPLOADS, Key="a.edf")

    during_scoring(monkeypatch, delete)
    evening.upload("a.edf", edf_file)
    evening.settle()
    assert evening.result_keys("nights/") == []


def test_scored_upload_replaced_on_another_day_keeps_its_entry(
    late: Cloud, edf_file: bytes
) -> None:
    late.upload("a.edf", edf_file)
    late.settle()
    first = late.entry("a.edf", NIGHT)
    late.skip(24 * 3600)
    late.upload("a.edf", edf_file[:-1000])
    late.settle()
    assert first is not None
    assert first["outcome"] == "scored"
    assert late.entry("a.edf", NIGHT) == first
    assert len(late.result_keys("nights/")) == 2


def during_scoring(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something happen while the first recording is scored."""
    score = results_module.score_recording
    acts = [act]

    def score_meanwhile(*arguments: Any) -> Any:
        if acts:
            acts.pop()()
        return score(*arguments)

    monkeypatch.setattr(results_module, "score_recording", score_meanwhile)


def test_settings_uploaded_during_scoring_give_the_valid_result(
    evening: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload_settings() -> None:
        evening.upload("a.settings.json", b'{"rhythm": {"pauses": {"pause_s": 2.5}}}')
        event = evening.receive()
        assert event is not None
        (message,) = event["Records"]
        handle_elsewhere(evening, message["body"])
        queue_url = evening.queue("UploadsQueue")
        evening.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["receiptHandle"])
        assert evening.outcome("a.edf")["pauses"]["threshold_s"] == 2.5

    during_scoring(monkeypatch, upload_settings)
    evening.upload("a.edf", edf_file)
    evening.settle()
    assert evening.outcome("a.edf")["pauses"]["threshold_s"] == 2.5
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert entry["folder"] + "/summary.json" == evening.current("a.edf")["result"]
    assert len([key for key in evening.result_keys() if key.endswith("summary.json")]) == 2


@pytest.mark.parametrize("key", ["settings.json", "a.settings.json"])
@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_settings_changed_during_scoring_lose_no_result(
    evening: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch, key: str, change: str
) -> None:
    """S3 sends no message about a deletion, and a folder's settings file has nothing scored."""

    def change_settings() -> None:
        if change == "deleted":
            evening.s3.delete_object(Bucket=UPLOADS, Key=key)
        else:
            evening.skip(60)
            evening.upload(key, b'{"rhythm": {"pauses": {"pause_s": 2.25}}}')

    evening.upload(key, b'{"rhythm": {"pauses": {"pause_s": 2.5}}}')
    evening.pump()
    during_scoring(monkeypatch, change_settings)
    evening.upload("a.edf", edf_file)
    evening.settle()
    is_own_and_new = key == "a.settings.json" and change == "replaced"
    assert evening.outcome("a.edf")["pauses"]["threshold_s"] == (2.25 if is_own_and_new else 2.5)
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert entry["outcome"] == "scored"


def test_entry_has_the_last_failure_until_a_redrive(evening: Cloud, edf_file: bytes) -> None:
    evening.upload("a.edf", edf_file)
    handler = evening.handler
    s3 = environment_of(handler)["ingest"]().s3

    def fail_on_annotations(params: dict[str, Any], **_: Any) -> None:
        if params["url_path"].endswith(".deepecg"):
            raise throttled()

    s3.meta.events.register("before-call.s3.PutObject", fail_on_annotations)
    for _ in range(4):
        evening.pump()
        evening.skip(901)
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert entry["outcome"] == "received"  # it is tried once more
    evening.settle()
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["code"]) == ("failed", "SlowDown")
    assert evening.n_messages("DeadLetterQueue") == 1

    s3.meta.events.unregister("before-call.s3.PutObject", fail_on_annotations)
    evening.invoke(sqs_event(notification("a.edf")))
    entry = evening.entry("a.edf", NIGHT)
    assert entry is not None
    assert (entry["outcome"], entry["code"]) == ("scored", None)


def entry(outcome: str, at: int = 0, folder: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "uploaded_at": f"2026-11-21T21:00:{at:02}+00:00",
        "folder": folder,
        "processing_s": None,
        **fields,
    }


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        (entry("scored", folder="v1"), entry("received"), True),
        (entry("scored", folder="v1"), entry("failed"), True),
        (entry("scored", folder="v2"), entry("scored", folder="v1"), True),  # another model
        (entry("rejected", folder="v1"), entry("waiting"), True),
        (entry("failed"), entry("received"), True),
        (entry("received", at=9), entry("scored", folder="v1"), True),
        (entry("waiting", at=9), entry("rejected", folder="v1"), True),
        (entry("scored", folder="v1", processing_s=3), entry("scored", folder="v1"), False),
        (entry("scored", at=9, folder="v1"), entry("scored", folder="v1"), False),
        (entry("received"), entry("received"), False),
        (entry("received"), entry("failed"), False),
        (entry("failed"), entry("scored", folder="v1"), False),
        (entry("waiting"), entry("rejected", folder="v1"), False),
        (entry("scored", folder="v1"), entry("received", at=9), False),
    ],
)
def test_which_entry_supersedes_which(
    new: dict[str, Any], old: dict[str, Any], expected: bool
) -> None:
    assert supersedes(new, old) is expected


def test_entry_written_by_two_functions_ends_with_the_later_stage(
    evening: Cloud, edf_file: bytes
) -> None:
    """Another function writes the result's entry between our read and our write."""
    evening.upload("a.edf", edf_file)
    evening.pump()
    final = evening.entry("a.edf", NIGHT)
    ingest = environment_of(evening.handler)["ingest"]()
    results = ingest.results
    assert final is not None
    key = f"nights/{NIGHT}/{recording_id('a.edf')}.json"
    late = {**final, "outcome": "received", "folder": None, "digest": None, "processing_s": None}
    results.write(key, late)
    read = results.read_version

    def read_then_overtaken(read_key: str) -> Any:
        found = read(read_key)
        if read_key == key:
            object.__setattr__(results, "read_version", read)
            results.write(key, final)
        return found

    object.__setattr__(results, "read_version", read_then_overtaken)
    upload = find_upload(FolderListing(Uploads(ingest.s3, UPLOADS), ""), "a.edf")
    assert upload is not None
    ingest.entries.write_unfinished(upload, "failed", "SlowDown")
    assert evening.entry("a.edf", NIGHT) == final
