"""Keys of uploads may contain a patient's name, which no log line, result key or document has."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import edfio
import pytest
from integration.aws_with_clock_and_faults import Cloud, fail_s3, throttled, unreachable

PATIENT = "Müller, Hans + born 1950"
TRACES = ("ller", "Hans", "born")


def assert_unnamed(text: str) -> None:
    found = [trace for trace in TRACES if trace in text]
    assert not found, f"{found} in {text[:2000]}"


def everything_written(cloud: Cloud) -> str:
    texts = [repr(key) + repr(body) for key, (body, _) in cloud.bodies().items()]
    return "\n".join(texts)


@pytest.fixture
def output(
    log: io.StringIO, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[[], str]:
    """Return everything that was logged by any library, or printed, as metrics are."""
    caplog.set_level("DEBUG")

    def read() -> str:
        captured = capfd.readouterr()
        records = [
            caplog.handler.format(record)
            for record in caplog.records
            # Lambda's own handler takes warnings and worse from libraries; ours is at INFO.
            if record.levelno >= logging.WARNING or record.name.startswith("deepecg")
        ]
        return "\n".join([log.getvalue(), captured.out, captured.err, *records])

    return read


def test_scored_record(
    cloud: Cloud, wfdb_files: dict[str, bytes], output: Callable[[], str]
) -> None:
    header = wfdb_files["rec.hea"].replace(b"rec_a", b"Hans_a").replace(b"rec_b", b"Hans_b")
    cloud.upload(f"{PATIENT}/rec 1.hea", header + "# Hans Müller 1950\n".encode())
    cloud.upload(f"{PATIENT}/Hans_a.dat", wfdb_files["rec_a.dat"])
    cloud.pump()
    assert_unnamed(everything_written(cloud))  # waiting
    cloud.upload(f"{PATIENT}/Hans_b.dat", wfdb_files["rec_b.dat"])
    cloud.settle()
    assert cloud.current(f"{PATIENT}/rec 1.hea")["outcome"] == "scored"
    assert_unnamed(everything_written(cloud))
    assert_unnamed(output())


DIARY = "time;text\n9:30:20;Hans fell, Müller born 1950 too\nHans at noon;Müller\n".encode()


def test_what_the_patient_wrote(cloud: Cloud, edf_file: bytes, output: Callable[[], str]) -> None:
    recording = edfio.read_edf(io.BytesIO(edf_file))
    recording.add_annotations([edfio.EdfAnnotation(10, None, "Hans pressed the button")])
    cloud.upload("a.diary.csv", DIARY)
    cloud.upload("a.edf", recording.to_bytes())
    cloud.settle()
    summary = cloud.outcome("a.edf")
    assert [mark["at_s"] for mark in summary["marks"]] == [10, 20]
    assert [warning["code"] for warning in summary["warnings"]] == ["diary_time_unknown"]
    assert_unnamed(everything_written(cloud))
    cloud.upload("a.settings.json", b'{"diary_text": true}')
    cloud.settle()
    holding = [
        key for key, (body, _) in cloud.bodies().items() if any(t.encode() in body for t in TRACES)
    ]
    assert sorted(key.rsplit("/", 1)[1] for key in holding) == ["report.html", "summary.json"]
    assert_unnamed(output())


def test_what_a_reviewer_wrote(cloud: Cloud, edf_file: bytes, output: Callable[[], str]) -> None:
    key = f"{PATIENT}/a.edf"
    cloud.upload(key, edf_file)
    cloud.settle()
    by = {"author": "Dr Hans Ballermann", "at": "2026-01-02T03:04:05+01:00"}
    comment, conclude = {"op": "comment", "at_s": None}, {"op": "conclude"}
    operations = [comment | {"text": "Hans fell"}, conclude | {"text": "born ill"}, {"op": "sign"}]
    review = {
        "kind": "review",
        "schema_version": "1.0",
        "beats": cloud.outcome(key)["provenance"]["beats_sha256"],
        "operations": [by | operation for operation in operations],
    }
    for body in (json.dumps(review), json.dumps(review | {"operations": [by | {"op": "Hans"}]})):
        cloud.upload(f"{PATIENT}/a.review.json", body.encode())
        cloud.settle()
        date = cloud.result_keys("nights/2")[0].split("/")[1]
        cloud.invoke({"date": date}, function="NightlyReportFunction")
    holding = [
        name
        for name, (body, _) in cloud.bodies().items()
        if any(t.encode() in body for t in TRACES)
    ]
    assert {name.rsplit("/", 1)[1] for name in holding} == {
        "diagnostic_report.json", "report.html", "summary.json"
    }  # of the signed version; the damaged one says nothing  # fmt: skip
    assert len({name.rsplit("/", 1)[0] for name in holding}) == 1
    assert_unnamed(repr(cloud.result_keys("")))
    assert_unnamed(output())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("1.edf", b"Hans"),
        ("1.ecg", b"ISHNE1.0 Hans 1950"),
        ("1.hea", b"Hans 1 360 1000\nHans.dat 99 200\n"),
        ("1.hea", b"Hans 2 360 1000\nHans.dat 16 200\n"),
        ("1.hea", b"Hans 1 360 1000\nHans.dat 16 200\n"),
        ("1.dat", b"1950"),
        ("letter.pdf", b"1950"),
    ],
)
def test_rejected_upload(cloud: Cloud, name: str, body: bytes, output: Callable[[], str]) -> None:
    cloud.upload(f"{PATIENT}/{PATIENT} {name}", body)
    cloud.settle()
    assert cloud.current(f"{PATIENT}/{PATIENT} {name}")["outcome"] == "rejected"
    assert_unnamed(everything_written(cloud))
    assert_unnamed(output())


@pytest.mark.parametrize("error", [throttled, unreachable])
@pytest.mark.parametrize("operation", ["ListObjectsV2", "HeadObject", "GetObject"])
def test_failing_storage(
    cloud: Cloud, edf_file: bytes, operation: str, error: Any, output: Callable[[], str]
) -> None:
    cloud.upload(f"{PATIENT}.edf", edf_file)
    fail_s3(cloud, operation, error)
    cloud.settle()
    assert cloud.n_messages("DeadLetterQueue") == 1
    written = output()
    assert '"failed"' in written
    assert_unnamed(written)


def test_bug_in_the_pipeline(
    cloud: Cloud, edf_file: bytes, output: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Any, zone: Any) -> None:
        raise ValueError(f"cannot read {PATIENT} in {path}")

    monkeypatch.setattr("deepecg.cloud.score_upload.open_recording", broken)
    cloud.upload(f"{PATIENT}.edf", edf_file)
    cloud.settle()
    assert cloud.n_messages("DeadLetterQueue") == 1
    written = output()
    assert "ValueError" in written
    assert "score_upload.py" in written
    assert_unnamed(written)


def test_poison(cloud: Cloud, output: Callable[[], str]) -> None:
    key = quote_plus(f"{PATIENT}.edf")
    cloud.sqs.send_message(
        QueueUrl=cloud.queue("UploadsQueue"), MessageBody=f'{{"Key": "{PATIENT} {key}"'
    )
    cloud.settle()
    assert_unnamed(output())
