"""Reads the queue's messages: S3's notifications, and the re-checks that the ingest sends."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from deepecg.cloud.errors import UnknownMessageError

UNREADABLE = (
    ValueError, KeyError, TypeError, AttributeError, ArithmeticError, OSError, RecursionError
)  # fmt: skip
"""Exceptions that reading any malformed message raises; ``ValueError`` if a key is not UTF-8."""


@dataclass(frozen=True)
class ObjectCreated:
    """S3's notification that an object was written to the uploads bucket."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Recheck:
    """The request to look again whether an incomplete recording has become complete.

    Attributes
    ----------
    waiting_until : datetime
        Time at which the recording is rejected if parts are still missing.
    """

    bucket: str
    key: str
    waiting_until: datetime

    def to_body(self) -> str:
        """Return the message's body."""
        fields = {
            "bucket": self.bucket,
            "key": self.key,
            "waiting_until_s": self.waiting_until.timestamp(),
        }
        return json.dumps({"recheck": fields})


def parse_message(body: str) -> list[ObjectCreated | Recheck]:
    """Read one message of the queue.

    Parameters
    ----------
    body : str
        JSON: an S3 notification, ``s3:TestEvent``, or a re-check.

    Returns
    -------
    list of ObjectCreated or Recheck
        Requests in the message's order; none for S3's test event. Keys are decoded: S3 sends a
        space as ``+`` and other characters percent-encoded.

    Raises
    ------
    UnknownMessageError
        If it is none of these, or malformed. The error does not contain the message.
    """
    try:
        message = json.loads(body)
        if "recheck" in message:
            return [_recheck(message["recheck"])]
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _object_created(event["s3"])
            for event in message["Records"]
            if event["eventName"].startswith("ObjectCreated:")
        ]
    except UNREADABLE:
        # `from None`: the cause contains the body with its keys, which must not be logged.
        raise UnknownMessageError("found a message that is no S3 notification") from None


def _object_created(s3: dict[str, Any]) -> ObjectCreated:
    return ObjectCreated(bucket=s3["bucket"]["name"], key=_text(unquote_plus(s3["object"]["key"])))


def _recheck(fields: dict[str, Any]) -> Recheck:
    return Recheck(
        bucket=fields["bucket"],
        key=_text(fields["key"]),
        waiting_until=datetime.fromtimestamp(fields["waiting_until_s"], UTC),
    )


def _text(key: str) -> str:
    key.encode()
    return key
