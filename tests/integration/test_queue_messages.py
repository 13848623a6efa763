"""Messages of the queue are read: those of ``events/``, and hostile ones."""

import json
from datetime import UTC, datetime

import pytest
from integration.aws_with_clock_and_faults import EVENTS, UPLOADS, notification

from deepecg.cloud.errors import UnknownMessageError
from deepecg.cloud.queue_messages import ObjectCreated, Recheck, parse_message


def bodies(event: str) -> list[str]:
    return [record["body"] for record in json.loads((EVENTS / event).read_text())["Records"]]


def test_key_with_space_plus_and_umlaut_is_decoded() -> None:
    (body,) = bodies("upload_edf.json")
    assert parse_message(body) == [ObjectCreated(UPLOADS, "night 1/Müller, Hans + 1950.edf")]


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("a%2Fb.edf", "a/b.edf"),
        ("100%25.edf", "100%.edf"),
        ("a%252Fb.edf", "a%2Fb.edf"),
        ("a%2Bb+c.edf", "a+b c.edf"),
        ("%E5%BF%83%E9%9B%BB.edf", "心電.edf"),
        ("%F0%9F%92%93.edf", "💓.edf"),
        ("e%CC%81.edf", "e\u0301.edf"),
    ],
)
def test_encoded_keys(encoded: str, key: str) -> None:
    assert parse_message(notification(encoded)) == [ObjectCreated(UPLOADS, key)]


def test_several_records_in_one_message_keep_their_order() -> None:
    (body,) = bodies("two_recordings_in_one_message.json")
    keys = [request.key for request in parse_message(body)]
    assert keys == ["ward/100.hea", "night 1/Müller, Hans + 1950.edf"]


def test_test_event_of_s3_is_ignored() -> None:
    (body,) = bodies("s3_test_event.json")
    assert parse_message(body) == []


def test_other_notifications_are_ignored() -> None:
    assert parse_message(notification("a.edf", name="ObjectRemoved:Delete")) == []


def test_recheck_is_read_as_it_was_written() -> None:
    recheck = Recheck("b", "Müller + 1.hea", datetime(2026, 1, 1, 2, tzinfo=UTC))
    assert parse_message(recheck.to_body()) == [recheck]
    (body,) = bodies("recheck.json")
    assert parse_message(body) == [Recheck(UPLOADS, "ward/100.hea", recheck.waiting_until)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "null",
        "5",
        "[]",
        '"Records"',
        "{}",
        '{"Records": 5}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Records": [{"eventName": 1, "s3": {}}]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}}}]}',
        '{"recheck": {}}',
        '{"recheck": {"bucket": "b", "key": "k", "waiting_until_s": "soon"}}',
    ],
)
def test_any_other_message_is_refused_without_quoting_it(body: str) -> None:
    with pytest.raises(UnknownMessageError) as caught:
        parse_message(body)
    assert str(caught.value) == "found a message that is no S3 notification"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
