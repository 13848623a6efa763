"""What the queue's messages say: S3's notifications, and our own re-checks."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from deepecg.cloud.errors import UnknownMessageError

UNREADABLE = (
    ValueError,  # a key that is no text in UTF-8, too
    KeyError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
)
"""What a message of somebody else's making raises, whatever is in it."""


@dataclass(frozen=True)
class Uploaded:
    """An object was written to the uploads bucket, some time ago."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Recheck:
    """Look again whether an incomplete recording has been completed.

    Attributes
    ----------
    waiting_until : datetime
        When the recording is given up.
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


def parse_message(body: str) -> list[Uploaded | Recheck]:
    """Read one message of the queue.

    Parameters
    ----------
    body : str
        JSON: an S3 notification, ``s3:TestEvent``, or a re-check.

    Returns
    -------
    list of Uploaded or Recheck
        In the message's order. Keys are decoded: S3 sends a space as ``+`` and the rest
        percent-encoded. Empty for S3's test event.

    Raises
    ------
    UnknownMessageError
        If it is none of these.
    """
    try:
        message = json.loads(body)
        if "recheck" in message:
            return [_recheck(message["recheck"])]
        if message.get("Event") == "s3:TestEvent":
            return []
        return [
            _uploaded(record["s3"])
            for record in message["Records"]
            if record["eventName"].startswith("ObjectCreated:")
        ]
    except UNREADABLE:
        # `from None`: the cause would carry the body, and with it a key, into a log.
        raise UnknownMessageError("found a message that is no S3 notification") from None


def _uploaded(s3: dict[str, Any]) -> Uploaded:
    return Uploaded(bucket=s3["bucket"]["name"], key=_text(unquote_plus(s3["object"]["key"])))


def _recheck(fields: dict[str, Any]) -> Recheck:
    return Recheck(
        bucket=fields["bucket"],
        key=_text(fields["key"]),
        waiting_until=datetime.fromtimestamp(fields["waiting_until_s"], UTC),
    )


def _text(key: str) -> str:
    key.encode()
    return key
