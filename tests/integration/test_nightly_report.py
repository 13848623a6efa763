"""The nightly report in the cloud, from the uploads to the message about it."""

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from integration.aws_with_clock_and_faults import (
    EVENTS,
    RESULTS,
    Cloud,
    environment_of,
    notification,
    throttled,
)
from synthetic_nights import rejection

from deepecg.cloud.bucket_night_store import CONNECTIONS, BucketNightStore
from deepecg.cloud.dead_letter_queue import HIDDEN_S, MAX_LETTERS, peek
from deepecg.cloud.queues import Queue, Topic
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import entry_key, upload_key_note
from deepecg.local_cloud.sam_template import REGION
from deepecg.night.night_entry import NightEntry, night_entry
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.recording_id import recording_id

EVENING = "2026-11-21T21:00:00+00:00"
NIGHT = "2026-11-21"
MORNING = datetime(2026, 11, 22, 5, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:nightly"
PATIENT = "Müller, Hans + born 1950"
TRACES = ("ller", "Hans", "born")
NIGHTLY = "NightlyReportFunction"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the report's clock to the 23rd, whatever the machine's clock shows."""
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    monkeypatch.setattr("deepecg.cloud.nightly_report.utc_now", lambda: noon)


@pytest.fixture
def evening(cloud_at: Callable[..., Cloud]) -> Cloud:
    """Ten in the evening in Berlin; parts are waited for until the next day."""
    cloud = cloud_at(
        EVENING, DEEPECG_WAIT_FOR_PARTS_MINUTES="1440", DEEPECG_NIGHTLY_TOPIC_ARN=TOPIC
    )
    cloud.pump()
    return cloud


@pytest.fixture
def messages(evening: Cloud) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Read the messages that the topic's subscriber has received."""
    sns = boto3.client("sns", region_name=REGION)
    assert sns.create_topic(Name="nightly")["TopicArn"] == TOPIC
    url = evening.sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = "arn:aws:sqs:eu-central-1:123456789012:subscriber"
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)

    def read() -> list[dict[str, Any]]:
        found = evening.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    yield read
    sns.close()


def let_fail(cloud: Cloud, name: str) -> None:
    """Make S3 refuse the result of one upload until its message is a dead letter."""
    s3 = environment_of(cloud.handler)["ingest"]().s3

    def fail(params: dict[str, Any], **_: Any) -> None:
        if f"{recording_id(name)}.deepecg" in params["url_path"]:
            raise throttled()

    s3.meta.events.register("before-call.s3.PutObject", fail)
    for _ in range(7):
        cloud.pump()
        cloud.skip(901)


def ask(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return cloud.invoke(event, function=NIGHTLY)


def report_files(cloud: Cloud, night: str = NIGHT) -> dict[str, bytes]:
    prefix = f"reports/{night}/"
    return {
        key.removeprefix(prefix): cloud.s3.get_object(Bucket=RESULTS, Key=key)["Body"].read()
        for key in cloud.result_keys(prefix)
    }


def listed(cloud: Cloud) -> dict[str, tuple[str, str]]:
    """Return outcome and code of each recording of the table."""
    table = csv.DictReader(io.StringIO(report_files(cloud)["recordings.csv"].decode()))
    return {row["recording_id"]: (row["outcome"], row["code"]) for row in table}


def fill_the_night(cloud: Cloud, edf_file: bytes, wfdb_files: dict[str, bytes]) -> None:
    """Upload one of each: good, good in parts, bad, incomplete, failing, deadly, poison."""
    cloud.upload(f"{PATIENT}/good.edf", edf_file)
    for name, body in wfdb_files.items():
        cloud.upload(f"{PATIENT}/{name}", body)
    cloud.upload(f"{PATIENT}/bad.edf", b"Hans")
    cloud.upload(f"{PATIENT}/incomplete/rec.hea", wfdb_files["rec.hea"])
    cloud.upload(f"{PATIENT}/failing.edf", edf_file)
    cloud.sqs.send_message(
        QueueUrl=cloud.queue("DeadLetterQueue"),
        MessageBody=notification(quote_plus(f"{PATIENT}/deadly.edf")),
    )
    cloud.sqs.send_message(
        QueueUrl=cloud.queue("DeadLetterQueue"), MessageBody=f'{{"Key": "{PATIENT}"'
    )
    let_fail(cloud, f"{PATIENT}/failing.edf")


def test_night_from_uploads_to_files(
    evening: Cloud,
    edf_file: bytes,
    wfdb_files: dict[str, bytes],
    messages: Callable[[], list[dict[str, Any]]],
) -> None:
    fill_the_night(evening, edf_file, wfdb_files)
    (answer,) = evening.run_schedules(MORNING)

    expected = {
        "uploaded_count": 6,
        "scored_count": 2,
        "rejected_count": 1,
        "waiting_count": 1,
        "failed_count": 2,
        "received_count": 0,
        "dead_letters_of_date_count": 3,
        "dead_letters_of_date_complete": True,
        "unreadable_entries_count": 0,
    }
    # What is queued is the incomplete record, to be looked at again.
    assert answer == {"date": NIGHT, "outcomes": expected, "queued_messages_count": 1}
    files = report_files(evening)
    assert sorted(files) == ["index.html", "recordings.csv", "report.json", "totals.json"]
    report = json.loads(files["report.json"])
    assert (report["date"], report["outcomes"]) == (NIGHT, expected)
    assert listed(evening) == {
        recording_id(f"{PATIENT}/good.edf"): ("scored", ""),
        recording_id(f"{PATIENT}/rec.hea"): ("scored", ""),
        recording_id(f"{PATIENT}/bad.edf"): ("rejected", "unknown_format"),
        recording_id(f"{PATIENT}/incomplete/rec.hea"): ("waiting", ""),
        recording_id(f"{PATIENT}/failing.edf"): ("failed", "SlowDown"),
        recording_id(f"{PATIENT}/deadly.edf"): ("failed", "dead_letter"),
    }
    folder = evening.current(f"{PATIENT}/good.edf")["result"].removesuffix("summary.json")
    assert f"../../{folder}report.html" in files["index.html"].decode()
    assert report["processing"]["known_count"] == 3  # all that came to an end
    assert report["processing"]["total_s"] > report["processing"]["median_s"] > 0

    types = {
        name: evening.s3.head_object(Bucket=RESULTS, Key=f"reports/{NIGHT}/{name}")["ContentType"]
        for name in files
    }
    assert types["index.html"].startswith("text/html")
    assert types["report.json"] == "application/json"
    assert types["recordings.csv"].startswith("text/csv")

    (message,) = messages()
    assert "6 uploaded" in message["Subject"]
    assert "2 scored" in message["Subject"]


def test_no_patient_is_named(
    evening: Cloud,
    edf_file: bytes,
    wfdb_files: dict[str, bytes],
    messages: Callable[[], list[dict[str, Any]]],
    *,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    log = io.StringIO()
    for name in ("score_recording", "nightly_report"):
        (handler,) = logging.getLogger(name).handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(log)
    fill_the_night(evening, edf_file, wfdb_files)
    evening.run_schedules(MORNING)

    captured = capfd.readouterr()
    libraries = [
        caplog.handler.format(record)
        for record in caplog.records
        if record.levelno >= logging.WARNING or record.name.startswith("deepecg")
    ]
    written = [
        repr(key) + body.decode(errors="replace") for key, (body, _) in evening.bodies().items()
    ]
    told = [json.dumps(message, ensure_ascii=False) for message in messages()]
    assert '"reported"' in log.getvalue()
    assert len(told) == 1
    text = "\n".join([log.getvalue(), captured.out, captured.err, *libraries, *written, *told])
    assert [trace for trace in TRACES if trace in text] == []
    ids = [recording_id(f"{PATIENT}/{name}.edf") for name in ("good", "bad", "failing", "deadly")]
    assert [one for one in ids if one in told[0]] == []


def test_night_that_is_reported_on_again_gives_the_same_bytes(
    evening: Cloud, edf_file: bytes, wfdb_files: dict[str, bytes]
) -> None:
    boto3.client("sns", region_name=REGION).create_topic(Name="nightly")
    fill_the_night(evening, edf_file, wfdb_files)
    evening.run_schedules(MORNING)
    first = report_files(evening)
    ask(evening, {"date": NIGHT})
    assert report_files(evening) == first
    evening.run_schedules(MORNING)
    assert report_files(evening) == first


def test_only_a_scheduled_report_sends_a_message(
    evening: Cloud, messages: Callable[[], list[dict[str, Any]]]
) -> None:
    ask(evening, {"date": NIGHT})
    assert messages() == []
    evening.run_schedules(MORNING)
    assert len(messages()) == 1


def test_report_is_written_even_if_its_message_fails(evening: Cloud) -> None:
    from deepecg.cloud.errors import StorageError

    with pytest.raises(StorageError, match="Publish failed: NotFound"):  # there is no such topic
        evening.run_schedules(MORNING)
    assert "index.html" in report_files(evening)


def test_message_is_sent_last_and_once(
    evening: Cloud,
    messages: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lambda repeats the call after any failure, so none may come after the message."""
    done: list[str] = []
    for owner in (Queue, Results, Topic):
        for name in vars(owner):
            if not name.startswith("_"):
                monkeypatch.setattr(owner, name, noted(done, name, vars(owner)[name]))
    evening.run_schedules(MORNING)
    assert done[-1] == "publish"
    assert done.count("publish") == len(messages()) == 1
    assert done.count("count") == 2  # of the uploads and of the dead letters


def noted(done: list[str], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        done.append(name)
        return method(*given, **named)

    return call


def test_without_a_topic_no_message_is_sent(cloud_at: Callable[..., Cloud]) -> None:
    cloud = cloud_at(EVENING)
    cloud.run_schedules(MORNING)
    assert "index.html" in report_files(cloud)


@pytest.mark.parametrize(
    ("due", "night"),
    [
        ("2026-11-22T05:00:00Z", "2026-11-21"),
        ("2026-11-21T22:59:59Z", "2026-11-20"),
        ("2026-11-21T23:00:00Z", "2026-11-21"),  # midnight in Berlin
        ("2026-03-29T22:30:00Z", "2026-03-29"),  # summer time began that morning
        ("2026-01-01T05:00:00Z", "2025-12-31"),
        ("2026-11-22T06:00:00+01:00", "2026-11-21"),
    ],
)
def test_schedule_covers_the_day_before_in_the_zone(
    cloud_at: Callable[..., Cloud], due: str, night: str
) -> None:
    assert ask(cloud_at(EVENING), {"scheduled_time": due})["date"] == night


@pytest.mark.parametrize(
    ("event", "night"),
    [("nightly_report.json", "2026-01-01"), ("nightly_report_past_date.json", "2025-12-24")],
)
def test_canonical_events(cloud_at: Callable[..., Cloud], event: str, night: str) -> None:
    cloud = cloud_at(EVENING)
    assert ask(cloud, json.loads((EVENTS / event).read_text()))["date"] == night
    assert "index.html" in report_files(cloud, night)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"date": ""},
        {"date": "21.11.2026"},
        {"date": "2026-02-30"},
        {"date": "20261121"},
        {"date": "2026-11-21/../../recordings"},
        {"date": 20261121},
        {"date": None},
        {"date": "2026-11-21", "scheduled_time": "2026-11-22T05:00:00Z"},
        {"date": "0001-01-05"},
        {"date": "1999-12-31"},
        {"date": "2026-11-25"},
        {"date": "9999-12-31"},
        {"scheduled_time": "0001-01-01T00:00:00+14:00"},
        {"scheduled_time": "2000-01-01T05:00:00Z"},
        {"scheduled_time": "9999-12-31T23:59:59-12:00"},
        {"scheduled_time": "2026-11-22T05:00:00"},
        {"scheduled_time": "<aws.scheduler.scheduled-time>"},
        {"Records": []},
    ],
)
def test_any_other_event_is_refused(cloud_at: Callable[..., Cloud], event: dict[str, Any]) -> None:
    from deepecg.errors import HolterError

    cloud = cloud_at(EVENING)
    with pytest.raises(HolterError, match=r"found .*, expected .*2026"):
        ask(cloud, event)
    assert cloud.result_keys("") == []


def test_functions_have_variables_of_their_own(cloud_at: Callable[..., Cloud]) -> None:
    cloud = cloud_at(EVENING)
    scoring, nightly = (cloud.functions[name] for name in ("ScoreRecordingFunction", NIGHTLY))
    assert scoring.handler is not nightly.handler
    assert "DEEPECG_MAX_RECEIVES" in scoring.variables
    assert "DEEPECG_MAX_RECEIVES" not in nightly.variables
    assert "DEEPECG_DEAD_LETTER_QUEUE_URL" not in scoring.variables
    assert environment_of(scoring.handler)["logger"].service == "score_recording"
    assert environment_of(nightly.handler)["logger"].service == "nightly_report"


def test_report_on_a_past_date_has_the_present_outcomes(
    evening: Cloud, edf_file: bytes, wfdb_files: dict[str, bytes]
) -> None:
    fill_the_night(evening, edf_file, wfdb_files)
    ask(evening, {"date": NIGHT})
    assert listed(evening)[recording_id(f"{PATIENT}/incomplete/rec.hea")] == ("waiting", "")
    evening.skip(3600)
    for name in ("rec_a.dat", "rec_b.dat"):
        evening.upload(f"{PATIENT}/incomplete/{name}", wfdb_files[name])
    evening.pump()
    ask(evening, {"date": NIGHT})
    # Its last part came after midnight, so that it belongs to the next night.
    assert recording_id(f"{PATIENT}/incomplete/rec.hea") not in listed(evening)
    ask(evening, {"date": "2026-11-22"})
    totals = json.loads(report_files(evening, "2026-11-22")["report.json"])["outcomes"]
    assert (totals["uploaded_count"], totals["scored_count"]) == (1, 1)


def test_queued_uploads_are_in_the_message_and_in_no_file(
    evening: Cloud, edf_file: bytes, messages: Callable[[], list[dict[str, Any]]]
) -> None:
    log = io.StringIO()
    (handler,) = logging.getLogger("nightly_report").handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(log)
    for name in ("a.edf", "b.edf", "c.edf"):
        evening.upload(name, edf_file)
    assert evening.receive() is not None  # one is being worked on
    (answer,) = evening.run_schedules(MORNING)
    assert answer["queued_messages_count"] == 3
    assert answer["outcomes"]["uploaded_count"] == 0
    (told,) = messages()
    assert "In the queue, any date about 3 messages" in " ".join(told["Message"].split())
    assert json.loads(log.getvalue().splitlines()[-1])["queued_messages"] == 3
    files = report_files(evening)
    page = files["index.html"].decode()
    assert "No upload of this date has been processed." in page
    assert "Nothing was uploaded" not in page

    evening.upload("d.edf", edf_file)
    assert ask(evening, {"date": NIGHT})["queued_messages_count"] == 4
    assert report_files(evening) == files


class ManyDeadLetters(Queue):
    """A queue that returns ten of its messages at a time, each once."""

    n_given = 0
    n_shown = 0

    def count(self) -> int:
        return 2_500

    def receive(self, hidden_s: int) -> list[Any]:
        first = ManyDeadLetters.n_given
        ManyDeadLetters.n_given = min(first + 10, self.count())
        return [
            {
                "MessageId": str(number),
                "ReceiptHandle": str(number),
                "Attributes": {"SentTimestamp": "1795367100000"},
                "Body": notification(f"{number}.edf"),
            }
            for number in range(first, ManyDeadLetters.n_given)
        ]

    def show(self, receipt_handles: Sequence[str]) -> None:
        ManyDeadLetters.n_shown = len(receipt_handles)


@pytest.mark.parametrize(("limit", "seen"), [(MAX_LETTERS, 2_500), (2_000, 2_000)])
def test_peek_at_more_dead_letters_than_the_limit_is_incomplete(
    limit: int, seen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepecg.cloud.dead_letter_queue.MAX_LETTERS", limit)
    monkeypatch.setattr(ManyDeadLetters, "n_given", 0)
    found = peek(ManyDeadLetters(None, ""))  # type: ignore[arg-type]
    assert len(found.letters) == ManyDeadLetters.n_shown == seen
    assert found.n_in_queue == 2_500
    assert found.is_complete == (seen == 2_500)


def test_incomplete_count_of_dead_letters_is_stated_everywhere(
    evening: Cloud,
    messages: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deepecg.cloud.dead_letter_queue.MAX_LETTERS", 20)
    for number in range(25):
        evening.sqs.send_message(
            QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=notification(f"{number}.edf")
        )
    (answer,) = evening.run_schedules(MORNING)
    assert answer["outcomes"]["dead_letters_of_date_count"] == 20
    assert answer["outcomes"]["dead_letters_of_date_complete"] is False
    files = report_files(evening)
    assert json.loads(files["report.json"])["outcomes"] == answer["outcomes"]
    assert "at least 20" in files["index.html"].decode()
    (told,) = messages()
    assert "at least 20" in told["Message"]


def test_dead_letters_hidden_by_another_reader_make_the_count_incomplete(evening: Cloud) -> None:
    dead = evening.queue("DeadLetterQueue")
    for number in range(12):
        evening.sqs.send_message(QueueUrl=dead, MessageBody=notification(f"{number}.edf"))
    held = evening.sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=5, VisibilityTimeout=60)
    outcomes = ask(evening, {"date": NIGHT})["outcomes"]
    assert outcomes["dead_letters_of_date_count"] == 12 - len(held["Messages"]) < 12
    assert outcomes["dead_letters_of_date_complete"] is False
    evening.skip(61)
    outcomes = ask(evening, {"date": NIGHT})["outcomes"]
    assert outcomes["dead_letters_of_date_count"] == 12
    assert outcomes["dead_letters_of_date_complete"] is True


@pytest.mark.parametrize(
    "key",
    [
        "w/", "w/settings.json", "settings.json", "w/rec.settings.json", "w/rec.atr", "w/rec.QRS",
        upload_key_note(recording_id("w/rec.edf")),
    ],
)  # fmt: skip
def test_dead_letter_about_no_recording_reports_none(evening: Cloud, key: str) -> None:
    put(evening, night_entry(recording_id("w/other.hea"), outcome="waiting"))
    evening.sqs.send_message(
        QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=notification(key)
    )
    answer = ask(evening, {"date": NIGHT})
    assert listed(evening) == {recording_id("w/other.hea"): ("waiting", "")}
    assert answer["outcomes"]["dead_letters_of_date_count"] == 1


@pytest.mark.parametrize("name", ["w/rec.edf", "w/rec.EDF", "w/rec.hea", "w/rec.ecg"])
@pytest.mark.parametrize("beside", ["w/rec.settings.json", "w/rec.diary.csv", "w/rec.not"])
def test_dead_letter_of_a_file_beside_it_fails_its_recording(
    evening: Cloud, name: str, beside: str
) -> None:
    put(evening, night_entry(recording_id(name), outcome="received"))
    put(evening, night_entry(recording_id("w/other.edf"), outcome="received"))
    evening.sqs.send_message(
        QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=notification(beside)
    )
    ask(evening, {"date": NIGHT})
    assert listed(evening) == {
        recording_id(name): ("failed", "dead_letter"),
        recording_id("w/other.edf"): ("received", ""),
    }


def test_dead_letters_stay_in_the_queue_and_are_visible_at_once(evening: Cloud) -> None:
    dead = evening.queue("DeadLetterQueue")
    for number in range(25):
        evening.sqs.send_message(QueueUrl=dead, MessageBody=notification(f"{number}.edf"))
    answer = ask(evening, {"date": NIGHT})
    assert answer["outcomes"]["dead_letters_of_date_count"] == 25
    assert answer["outcomes"]["failed_count"] == 25
    attributes = evening.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "25"


def test_dead_letters_of_another_day_are_not_reported(evening: Cloud) -> None:
    dead = evening.queue("DeadLetterQueue")
    evening.sqs.send_message(QueueUrl=dead, MessageBody=notification("old.edf"))
    evening.skip(24 * 3600)
    evening.sqs.send_message(QueueUrl=dead, MessageBody=notification("new.edf"))
    ask(evening, {"date": NIGHT})
    assert set(listed(evening)) == {recording_id("old.edf")}
    evening.skip(HIDDEN_S)  # moto does not show a message again that is older than 12 hours
    answer = ask(evening, {"date": "2026-11-22"})
    assert answer["outcomes"]["dead_letters_of_date_count"] == 1


def test_dead_letter_keeps_the_time_of_its_upload(
    evening: Cloud, edf_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes a dead letter hours later, after midnight, and belongs to the day before."""
    monkeypatch.setattr("deepecg.cloud.upload_messages.find_upload", throttle)
    evening.upload("a.edf", edf_file)
    evening.skip(3 * 3600)
    for _ in range(7):
        evening.pump()
        evening.skip(901)
    assert evening.result_keys("") == []
    ask(evening, {"date": NIGHT})
    assert listed(evening) == {recording_id("a.edf"): ("failed", "dead_letter")}


def throttle(*_: Any) -> None:
    raise throttled()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("rec.hea", "rec.dat"), "rec.hea"),  # a record of two files is one recording
        (("rec.dat",), "rec.dat"),
        (("rec_a.dat",), "rec_a.dat"),
    ],
)
def test_dead_record_without_an_entry_appears_once(
    evening: Cloud, names: tuple[str, ...], expected: str
) -> None:
    for name in names:
        evening.sqs.send_message(
            QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=notification(f"w/{name}")
        )
    ask(evening, {"date": NIGHT})
    assert listed(evening) == {recording_id(f"w/{expected}"): ("failed", "dead_letter")}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("received", ("failed", "dead_letter")),
        ("waiting", ("failed", "dead_letter")),
        ("failed", ("failed", "SlowDown")),
        ("rejected", ("rejected", "empty_file")),
    ],
)
def test_dead_letter_of_a_signal_file_fails_its_record(
    evening: Cloud, outcome: Any, expected: tuple[str, str]
) -> None:
    refused = rejection("empty_file") if outcome == "rejected" else None
    code = "SlowDown" if outcome == "failed" else None
    entry = night_entry(
        recording_id("w/rec.hea"),
        refused,
        code=code,
        outcome="received" if refused else outcome,
    )
    put(evening, entry)
    evening.sqs.send_message(
        QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=notification("w/rec.dat")
    )
    ask(evening, {"date": NIGHT})
    assert listed(evening) == {recording_id("w/rec.hea"): expected}


def put(cloud: Cloud, entry: NightEntry) -> None:
    key = entry_key(date.fromisoformat(NIGHT), entry.recording_id)
    cloud.s3.put_object(Bucket=RESULTS, Key=key, Body=to_json(entry).encode())


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[" * 100_000,
        '{"recheck": {"bucket": "b", "key": "k", "waiting_until_s": 1e300}}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, '
        '"object": {"key": "\\ud800"}}}]}',
    ],
)
def test_malformed_dead_letter_is_counted_and_stops_no_report(evening: Cloud, body: str) -> None:
    evening.sqs.send_message(QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=body)
    answer = ask(evening, {"date": NIGHT})
    assert answer["outcomes"]["dead_letters_of_date_count"] == 1
    assert answer["outcomes"]["uploaded_count"] == 0


def test_broken_entry_of_a_dead_upload_stops_no_report(evening: Cloud) -> None:
    key = entry_key(date.fromisoformat(NIGHT), recording_id("a.edf"))
    evening.s3.put_object(Bucket=RESULTS, Key=key, Body=b"{")
    evening.sqs.send_message(
        QueueUrl=evening.queue("DeadLetterQueue"), MessageBody=notification("a.edf")
    )
    answer = ask(evening, {"date": NIGHT})
    assert answer["outcomes"]["unreadable_entries_count"] == 1


class CountingResults(Results):
    """A bucket of many entries that counts how many were read."""

    n_read = 0

    def keys(self, prefix: str) -> Iterator[str]:
        return (f"{prefix}{number:05}.json" for number in range(1000))

    def read_bytes(self, key: str) -> bytes | None:
        self.__class__.n_read += 1
        return None if key.endswith("7.json") else key.encode()


def test_entries_are_read_as_they_are_needed() -> None:
    store = BucketNightStore(CountingResults(None, ""))  # type: ignore[arg-type]
    entries = store.entries(date(2026, 11, 21))
    for _ in range(3):
        next(entries)
    assert 3 <= CountingResults.n_read <= 4 * CONNECTIONS + 3 < 1000
    # Those that are gone since they were listed are left out.
    assert len(list(entries)) == 1000 - 100 - 3
    assert CountingResults.n_read == 1000
