"""One upload has one result, whatever S3 and SQS repeat, delay or reorder."""

import gzip
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from integration.aws_with_clock_and_faults import (
    EVENTS,
    RESULTS,
    UPLOADS,
    Cloud,
    environment_of,
    handle_elsewhere,
    notification,
    sqs_event,
)

from deepecg.cloud import score_upload as results_module
from deepecg.outputs.recording_id import recording_id


def test_edf_is_scored(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.pump()

    current = cloud.current("a.edf")
    folder = current["result"].removesuffix("summary.json")
    assert current["outcome"] == "scored"
    assert cloud.outcome("a.edf")["recording_id"] == recording_id("a.edf")
    assert sorted(cloud.result_keys()) == sorted(
        [
            f"recordings/{recording_id('a.edf')}/current.json",
            f"{folder}{recording_id('a.edf')}.beats.npz",
            f"{folder}{recording_id('a.edf')}.deepecg",
            f"{folder}diagnostic_report.json",
            f"{folder}disclosure.html",
            f"{folder}report.html",
            f"{folder}summary.json",
        ]
    )
    assert cloud.n_messages("UploadsQueue") == 0
    assert cloud.n_messages("DeadLetterQueue") == 0


@pytest.mark.parametrize(
    "key",
    [
        "night 1/Müller, Hans + 1950.edf",
        "100%/a%2Fb.edf",
        "心電/💓.edf",
        "e\u0301.EDF",
        "a&b=c?d#e'f\"g.edf",
        " leading and trailing .edf",
    ],
)
def test_any_key_is_found(cloud: Cloud, edf_file: bytes, key: str) -> None:
    cloud.upload(key, edf_file)
    cloud.pump()
    assert cloud.current(key)["outcome"] == "scored"


def test_repeated_event_changes_nothing(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.pump()
    before = cloud.bodies()

    answer = cloud.invoke(sqs_event(notification("a.edf"), notification("a.edf", "a.edf")))

    assert answer == {"batchItemFailures": []}
    assert cloud.bodies() == before


def test_same_event_in_two_environments_at_once_is_scored_once(
    cloud: Cloud, edf_file: bytes
) -> None:
    cloud.upload("a.edf", edf_file)
    barrier = threading.Barrier(2)
    one_call = threading.Lock()
    actions: list[str] = []

    def work(ingest: Any) -> None:
        write_once = ingest.results.write_once

        def wait_and_write(*arguments: Any) -> bool:
            if arguments[0].endswith("summary.json"):
                barrier.wait(30)  # neither found a summary; both are about to write one
            written: bool = write_once(*arguments)
            return written

        object.__setattr__(ingest.results, "write_once", wait_and_write)
        call = ingest.s3._make_api_call

        def call_alone(*arguments: Any) -> Any:
            with one_call:  # moto disposes of an object that is overwritten while it is read
                return call(*arguments)

        ingest.s3._make_api_call = call_alone
        now = datetime.fromtimestamp(cloud.time_s(), UTC)
        actions.extend(outcome.action for outcome in ingest.handle(notification("a.edf"), now))

    ingests = [environment_of(cloud.load_handler())["ingest"]() for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(work, ingest) for ingest in ingests]:
            done.result(60)

    assert sorted(actions) == ["repeated", "scored"]
    assert cloud.current("a.edf")["outcome"] == "scored"


def test_slower_of_two_environments_leaves_all_files_as_they_are(
    cloud: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = results_module.write_outputs
    overtaken: list[dict[str, Any]] = []

    def write_and_be_overtaken(*arguments: Any) -> Any:
        written = write(*arguments)
        if not overtaken:
            overtaken.append({})
            handle_elsewhere(cloud, notification("a.edf"))
            overtaken[0] = cloud.bodies()
            cloud.skip(60)
        return written

    monkeypatch.setattr(results_module, "write_outputs", write_and_be_overtaken)
    cloud.upload("a.edf", edf_file)
    cloud.pump()
    assert cloud.current("a.edf")["outcome"] == "scored"
    assert cloud.bodies() == overtaken[0]


def test_summary_of_another_schema_is_another_version(
    cloud: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.pump()
    first = cloud.current("a.edf")["result"]
    monkeypatch.setattr(results_module, "SUMMARY_SCHEMA_VERSION", "99.0")
    cloud.invoke(sqs_event(notification("a.edf")))
    assert cloud.current("a.edf")["result"] != first
    assert first in cloud.result_keys()


def test_call_within_a_call_of_another_function(cloud: Cloud) -> None:
    """The inner call has its own environment variables, and the outer one gets its own back."""
    nightly = "NightlyReportFunction"
    seen: list[set[str]] = []

    def inner(event: dict[str, Any], context: Any) -> dict[str, Any]:
        seen.append(set(os.environ))
        return {}

    def outer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        seen.append(set(os.environ))
        cloud.invoke({}, inner, nightly)
        seen.append(set(os.environ))
        return {}

    cloud.invoke({}, outer, nightly)
    assert seen[0] == seen[1] == seen[2]
    assert "DEEPECG_WAIT_FOR_PARTS_MINUTES" not in seen[0]
    assert "DEEPECG_WAIT_FOR_PARTS_MINUTES" in os.environ


def test_two_recordings_in_one_message(
    cloud: Cloud, edf_file: bytes, wfdb_files: dict[str, bytes]
) -> None:
    for name, body in wfdb_files.items():
        cloud.upload(f"w/{name}", body)
    cloud.upload("a.edf", edf_file)
    cloud.invoke(sqs_event(notification("w/rec.hea", "a.edf")))
    assert cloud.current("w/rec.hea")["outcome"] == "scored"
    assert cloud.current("a.edf")["outcome"] == "scored"


def test_replaced_object_gets_a_result_of_its_own(
    cloud: Cloud, edf_file: bytes, wfdb_files: dict[str, bytes]
) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.pump()
    first = cloud.current("a.edf")["result"]

    cloud.upload("a.edf", edf_file[:-1000])
    cloud.pump()

    assert cloud.current("a.edf")["result"] != first
    assert first in cloud.result_keys()

    cloud.upload("a.edf", edf_file)
    cloud.pump()
    assert cloud.current("a.edf")["result"] == first


def test_stale_event_scores_the_object_as_it_is_now(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.edf", b"not an EDF file")
    cloud.upload("a.edf", edf_file)  # before the first event was worked off
    cloud.pump()
    summaries = [key for key in cloud.result_keys() if key.endswith("summary.json")]
    assert len(summaries) == 1
    assert not any(key.endswith("rejection.json") for key in cloud.result_keys())


def test_object_deleted_since_is_acknowledged(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.s3.delete_object(Bucket=UPLOADS, Key="a.edf")
    cloud.pump()
    assert cloud.result_keys() == []
    assert cloud.n_messages("UploadsQueue") == 0


def test_object_replaced_while_it_is_read_is_tried_again(cloud: Cloud, edf_file: bytes) -> None:
    cloud.pump()  # S3's test event
    cloud.upload("a.edf", edf_file)
    results = environment_of(cloud.handler)["ingest"]().results
    exists = results.exists

    def exists_then_replace(key: str) -> bool:
        if key.endswith("rejection.json"):  # the last look before the download
            object.__setattr__(results, "exists", exists)
            cloud.upload("a.edf", edf_file[:-1000])
        found: bool = exists(key)
        return found

    object.__setattr__(results, "exists", exists_then_replace)
    event = cloud.receive()
    assert event is not None
    assert len(cloud.invoke(event)["batchItemFailures"]) == 1
    assert cloud.result_keys() == []
    cloud.settle()
    versions = {key.split("/")[2] for key in cloud.result_keys()} - {"current.json"}
    assert len(versions) == 1


@pytest.mark.parametrize("key", ["folder/", "ward/100.atr", "ward/100.qrs", "ward/100.xws"])
def test_annotations_and_folders_get_no_result(cloud: Cloud, key: str) -> None:
    cloud.upload(key, b"" if key.endswith("/") else b"annotations")
    cloud.pump()
    assert cloud.result_keys() == []
    assert cloud.n_messages("UploadsQueue") == 0


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("a.edf", b"", "empty_file"),
        ("a.ecg", b"this is a letter, not a recording", "unknown_format"),
        ("letter.pdf", b"%PDF-1.7", "unknown_format"),
        ("noname", b"?", "unknown_format"),
        ("notes.zip", b"PK\5\6" + bytes(18), "unknown_format"),
        ("a.zip", b"PK\3\4 and more", "bad_archive"),
        ("a.edf.gz", b"\x1f\x8b\x08", "empty_file"),
        ("a.hea", b"", None),
        ("a.hea", b"\x00\xff nonsense", None),
        ("a.hea", b"a 2 360 1000\n../../etc/passwd 16 200\nb.dat 16 200\n", "malformed_header"),
    ],
)
def test_bad_upload_is_rejected_and_acknowledged(
    cloud: Cloud, key: str, body: bytes, code: str | None
) -> None:
    cloud.upload(key, body)
    cloud.pump()
    assert cloud.current(key)["outcome"] == "rejected"
    rejection = cloud.outcome(key)
    assert rejection["recording_id"] == recording_id(key)
    assert code is None or rejection["code"] == code
    assert cloud.n_messages("UploadsQueue") == 0
    assert cloud.n_messages("DeadLetterQueue") == 0

    before = cloud.bodies()
    cloud.invoke(sqs_event(notification(key)))
    assert cloud.bodies() == before


def test_recording_larger_than_the_storage_is_rejected_until_there_is_more(
    cloud: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    from types import SimpleNamespace

    small = SimpleNamespace(total=1000 + (256 << 20), free=1000 + (256 << 20))
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: small)
        cloud.upload("a.edf", edf_file)
        cloud.pump()
    rejection = cloud.outcome("a.edf")
    assert rejection["code"] == "too_large"
    assert f"found {len(edf_file)} bytes, expected at most 1000" in rejection["message"]

    cloud.invoke(sqs_event(notification("a.edf")))
    assert cloud.current("a.edf")["outcome"] == "scored"


def test_compressed_recording_that_the_storage_has_no_room_for(
    cloud: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    from types import SimpleNamespace

    content = gzip.compress(edf_file)
    room = (256 << 20) + len(content) + 1000
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=room, free=room))
        cloud.upload("a.edf.gz", content)
        cloud.pump()
    assert cloud.outcome("a.edf.gz")["code"] == "too_large"

    cloud.invoke(sqs_event(notification("a.edf.gz")))
    assert cloud.current("a.edf.gz")["outcome"] == "scored"


def test_temporary_files_are_gone_afterwards(
    cloud: Cloud, edf_file: bytes, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cloud.upload("a.edf", edf_file)
    cloud.upload("b.edf", b"broken")
    cloud.upload("c.edf.gz", gzip.compress(edf_file))
    cloud.upload("d.edf.gz", gzip.compress(edf_file[:300]))
    cloud.pump()
    assert cloud.current("a.edf")["outcome"] == "scored"
    assert list(tmp_path.iterdir()) == []


def test_batch_with_a_malformed_message_fails_in_part(
    cloud: Cloud, wfdb_files: dict[str, bytes]
) -> None:
    for name, body in wfdb_files.items():
        cloud.upload(f"ward/{name}".replace("rec.hea", "100.hea"), body)
    event = json.loads((EVENTS / "one_good_one_poison.json").read_text())
    answer = cloud.invoke(event)
    poison = event["Records"][1]["messageId"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": poison}]}
    assert cloud.current("ward/100.hea")["outcome"] == "scored"


def test_results_never_trigger_a_scoring(cloud: Cloud, edf_file: bytes) -> None:
    cloud.pump()
    cloud.s3.put_object(Bucket=RESULTS, Key="a.edf", Body=edf_file)
    assert cloud.n_messages("UploadsQueue") == 0
