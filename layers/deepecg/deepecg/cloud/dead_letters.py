"""What lies in the dead-letter queue: looked at, and left as it is."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from deepecg.cloud.errors import StorageError, UnknownMessageError
from deepecg.cloud.messages import parse_message
from deepecg.cloud.store import Queue
from deepecg.identity import recording_id
from deepecg.readers import RECORDING_SUFFIXES

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_LETTERS = 2_000
"""More are not looked at: something is broken, and the queue's own count says how much."""
MAX_PEEK_S = 45.0
"""Nor is the queue looked at for longer..."""
HIDDEN_S = 120
"""...than messages stay hidden, so that none is seen twice. Each is shown again at the end."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up.

    Attributes
    ----------
    sent : datetime
        When S3 sent it: a dead letter keeps the time of its first queue.
    recordings : tuple of tuple of str
        For each upload that it names, the IDs that its recording may go by: that of the object,
        and for a WFDB signal file that of the header of the same name. Empty where the message
        cannot be read.
    """

    sent: datetime
    recordings: tuple[tuple[str, ...], ...]

    def night(self, zone: ZoneInfo) -> date:
        """Return the date that it was sent on."""
        return self.sent.astimezone(zone).date()


def peek(queue: Queue) -> list[DeadLetter]:
    """Return the messages of a queue, at most :data:`MAX_LETTERS`, and leave them there.

    They are hidden while this looks, and visible again afterwards; if this is killed, after
    :data:`HIDDEN_S`.
    """
    handles: list[str] = []
    found: dict[str, DeadLetter] = {}
    try:
        for message in _messages(queue):
            handles.append(message["ReceiptHandle"])
            found[message["MessageId"]] = _letter(message)
    finally:
        with suppress(StorageError):  # they show themselves again, only later
            queue.show(handles)
    return [found[message_id] for message_id in sorted(found)]


def _messages(queue: Queue) -> Iterator["MessageTypeDef"]:
    until_s = time.monotonic() + MAX_PEEK_S
    n_seen = 0
    while n_seen < MAX_LETTERS and time.monotonic() < until_s:
        batch = queue.receive(hidden_s=HIDDEN_S)
        if not batch:
            return
        n_seen += len(batch)
        yield from batch


def _letter(message: "MessageTypeDef") -> DeadLetter:
    sent_s = int(message["Attributes"]["SentTimestamp"]) / 1000
    try:
        requests = parse_message(message["Body"])
    except UnknownMessageError:
        requests = []
    recordings = tuple(_possible_ids(request.key) for request in requests)
    return DeadLetter(datetime.fromtimestamp(sent_s, UTC), recordings)


def _possible_ids(key: str) -> tuple[str, ...]:
    suffix = PurePosixPath(key).suffix
    if not suffix or suffix.casefold() in RECORDING_SUFFIXES:
        return (recording_id(key),)
    return (recording_id(key), recording_id(key.removesuffix(suffix) + ".hea"))
