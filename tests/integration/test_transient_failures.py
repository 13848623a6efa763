"""Failures other than the recording's: retried, and then kept in the dead-letter queue."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from integration.aws_with_clock_and_faults import (
    Cloud,
    environment_of,
    fail_s3,
    throttled,
    unreachable,
)

from deepecg.cloud.errors import StorageError
from deepecg.cloud.s3_buckets import MAX_WRITE_ATTEMPTS
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.result_files import output_files

MAX_RECEIVE_COUNT = 5


def test_malformed_message_becomes_a_dead_letter(cloud: Cloud) -> None:
    cloud.sqs.send_message(QueueUrl=cloud.queue("UploadsQueue"), MessageBody="not JSON")
    cloud.settle()
    assert cloud.n_messages("DeadLetterQueue") == 1
    assert cloud.result_keys() == []


@pytest.mark.parametrize("error", [throttled, unreachable])
@pytest.mark.parametrize("operation", ["ListObjectsV2", "HeadObject", "GetObject", "PutObject"])
def test_failing_s3_is_retried_then_dead_lettered_and_redriven(
    cloud: Cloud,
    edf_file: bytes,
    operation: str,
    error: Callable[[], Exception],
    log: io.StringIO,
) -> None:
    cloud.pump()  # S3's test event
    cloud.upload("a.edf", edf_file)
    mend = fail_s3(cloud, operation, error)
    cloud.settle()

    assert cloud.n_messages("DeadLetterQueue") == 1
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    failures = [line for line in lines if line.get("message") == "failed"]
    assert len(failures) == MAX_RECEIVE_COUNT
    assert {line["error"] for line in failures} == {"StorageError"}
    assert {line["error_code"] for line in failures} <= {"SlowDown", "EndpointConnectionError"}
    assert not any("rejection" in key or "summary" in key for key in cloud.result_keys())

    mend()
    redrive(cloud)
    cloud.pump()
    assert cloud.current("a.edf")["outcome"] == "scored"
    assert cloud.n_messages("DeadLetterQueue") == 0


def redrive(cloud: Cloud) -> None:
    """Move dead letters back, as `aws sqs start-message-move-task` does."""
    dead = cloud.queue("DeadLetterQueue")
    for message in cloud.sqs.receive_message(QueueUrl=dead).get("Messages", []):
        cloud.sqs.send_message(QueueUrl=cloud.queue("UploadsQueue"), MessageBody=message["Body"])
        cloud.sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


def test_transient_failure_is_retried_after_half_a_minute(cloud: Cloud, edf_file: bytes) -> None:
    cloud.pump()
    cloud.upload("a.edf", edf_file)
    mend = fail_s3(cloud, "PutObject", throttled)
    cloud.pump()
    assert cloud.n_messages("UploadsQueue") == 1
    mend()
    cloud.skip(31)  # not the hour and a half of the queue's visibility timeout
    cloud.pump()
    assert cloud.current("a.edf")["outcome"] == "scored"
    assert cloud.n_messages("UploadsQueue") == 0


def test_summary_is_written_last(cloud: Cloud, edf_file: bytes) -> None:
    """A function killed before the summary leaves nothing that looks like a result."""
    cloud.pump()
    cloud.upload("a.edf", edf_file)
    s3 = environment_of(cloud.handler)["ingest"]().s3

    def fail_on_summary(params: dict[str, Any], **_: Any) -> None:
        if "summary.json" in params["url_path"]:
            raise throttled()

    s3.meta.events.register("before-call.s3.PutObject", fail_on_summary)
    cloud.pump()
    names = {key.rsplit("/", 1)[1] for key in cloud.result_keys()}
    assert names == {*output_files(recording_id("a.edf"))} - {"summary.json"}
    s3.meta.events.unregister("before-call.s3.PutObject", fail_on_summary)
    cloud.settle()
    assert cloud.current("a.edf")["outcome"] == "scored"


def test_model_that_does_not_load_rejects_no_recording(
    cloud: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepecg.beats.classifier import BeatClassifier
    from deepecg.errors import ModelMismatchError

    def refuse(folder: object) -> None:
        raise ModelMismatchError("found another checksum")

    monkeypatch.setattr(BeatClassifier, "load", refuse)
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    assert cloud.result_keys() == []
    assert cloud.n_messages("DeadLetterQueue") == 1


def conflicts(cloud: Cloud, times: int) -> list[str]:
    """Answer the next PUTs as S3 does during another write of the same key."""
    s3 = environment_of(cloud.handler)["ingest"]().s3
    seen: list[str] = []

    def conflict(params: dict[str, Any], **_: Any) -> None:
        seen.append(params["url_path"])
        if len(seen) <= times:
            raise ClientError(
                {
                    "Error": {"Code": "ConditionalRequestConflict", "Message": "try again"},
                    "ResponseMetadata": {"HTTPStatusCode": 409},
                },
                "PutObject",
            )

    s3.meta.events.register("before-call.s3.PutObject", conflict)
    return seen


def test_conflict_of_two_simultaneous_writes_is_retried(cloud: Cloud) -> None:
    results = environment_of(cloud.handler)["ingest"]().results
    conflicts(cloud, 1)
    assert results.write_once("nights/a.json", {"n": 1})
    document, etag = results.read_version("nights/a.json")
    assert document == {"n": 1}
    conflicts(cloud, 1)
    assert results.replace("nights/a.json", {"n": 2}, etag)
    assert results.read("nights/a.json") == {"n": 2}


def test_conflicts_without_end_are_an_error(cloud: Cloud) -> None:
    results = environment_of(cloud.handler)["ingest"]().results
    seen = conflicts(cloud, 1000)
    with pytest.raises(StorageError, match="ConditionalRequestConflict"):
        results.write_once("nights/a.json", {"n": 1})
    assert len(seen) == MAX_WRITE_ATTEMPTS
    assert results.read("nights/a.json") is None


def test_write_after_a_conflict_finds_the_other_document(cloud: Cloud) -> None:
    results = environment_of(cloud.handler)["ingest"]().results
    results.write("nights/a.json", {"n": 1})
    conflicts(cloud, 1)
    assert not results.write_once("nights/a.json", {"n": 2})
    assert results.read("nights/a.json") == {"n": 1}
