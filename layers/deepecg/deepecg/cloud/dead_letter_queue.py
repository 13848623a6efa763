"""Reads the dead-letter queue and leaves its messages there."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from deepecg.cloud.errors import StorageError, UnknownMessageError
from deepecg.cloud.queue_messages import parse_message
from deepecg.cloud.queues import Queue
from deepecg.cloud.s3_buckets import without_suffix
from deepecg.cloud.s3_keys import UPLOAD_KEYS_PREFIX
from deepecg.cloud.upload_own_files import own_suffix
from deepecg.cloud.upload_settings_files import is_settings_file
from deepecg.outputs.recording_id import recording_id
from deepecg.readers.formats import RECORDING_SUFFIXES, is_recording_name
from deepecg.readers.wfdb_file_names import ANNOTATION_NAME, HEADER_SUFFIX

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_LETTERS = 10_000
"""Dead letters that are read. Where there are more, the report says that it lacks some."""
MAX_PEEK_S = 45.0
"""Longest time in seconds that the queue is read for."""
_SPELT_SUFFIXES = tuple(
    "".join(parts)
    for suffix in RECORDING_SUFFIXES
    for parts in product(*((part, part.upper()) for part in re.findall(r"\.[^.]+", suffix)))
)
"""Suffixes of recordings as they are written: ``.edf.gz``, ``.EDF.gz``, ``.EDF.GZ``."""
HIDDEN_S = 120
"""Time in seconds for which a message is hidden when read: more than :data:`MAX_PEEK_S`, so that
none is read twice. At the end all are made visible again."""


@dataclass(frozen=True)
class DeadUpload:
    """An object that a dead letter names.

    Attributes
    ----------
    ids : tuple of str
        Possible IDs of its recording: that of the object itself; for a WFDB signal file also that
        of the header of the same name; for a recording's own settings file those of every type of
        recording of that name.
    is_recording : bool
        Whether it is a recording, or may be a part of one, which then has failed even without an
        entry. False for a settings file, which concerns a recording only where that has an entry.
    """

    ids: tuple[str, ...]
    is_recording: bool


@dataclass(frozen=True)
class DeadLetter:
    """A message that failed as often as it may.

    Attributes
    ----------
    sent : datetime
        Time at which S3 sent it, which a dead letter keeps.
    uploads : tuple of DeadUpload
        The objects that it names. Empty where the message cannot be read, and without objects that
        no recording depends on: folders, annotations, settings files of a folder.
    """

    sent: datetime
    uploads: tuple[DeadUpload, ...]

    def night(self, zone: ZoneInfo) -> date:
        """Return the date on which it was sent."""
        return self.sent.astimezone(zone).date()


@dataclass(frozen=True)
class PeekedLetters:
    """The messages that were read from a dead-letter queue.

    Attributes
    ----------
    letters : tuple of DeadLetter
        The messages, each once.
    n_in_queue : int
        Approximate number of messages in the queue, by its own count.
    is_complete : bool
        Whether all messages were read: no limit was reached, and no other reader hid any.
    """

    letters: tuple[DeadLetter, ...]
    n_in_queue: int
    is_complete: bool


def peek(queue: Queue) -> PeekedLetters:
    """Return the messages of a queue, at most :data:`MAX_LETTERS`, and leave them there.

    They are hidden meanwhile and made visible afterwards; if the function is killed, they become
    visible after :data:`HIDDEN_S`. Messages that another reader hides are in the queue's count, so
    that the result is not complete.
    """
    n_in_queue = queue.count()
    until_s = time.monotonic() + MAX_PEEK_S
    handles: list[str] = []
    found: dict[str, DeadLetter] = {}
    is_emptied = False
    try:
        while not is_emptied and len(handles) < MAX_LETTERS and time.monotonic() < until_s:
            batch = queue.receive(hidden_s=HIDDEN_S)
            is_emptied = not batch
            for message in batch:
                handles.append(message["ReceiptHandle"])
                found[message["MessageId"]] = _letter(message)
    finally:
        with suppress(StorageError):  # they become visible by themselves, only later
            queue.show(handles)
    letters = tuple(found[message_id] for message_id in sorted(found))
    return PeekedLetters(letters, n_in_queue, is_emptied and len(letters) >= n_in_queue)


def _letter(message: "MessageTypeDef") -> DeadLetter:
    sent_s = int(message["Attributes"]["SentTimestamp"]) / 1000
    try:
        requests = parse_message(message["Body"])
    except UnknownMessageError:
        requests = []
    uploads = (_dead_upload(request.key) for request in requests)
    return DeadLetter(
        datetime.fromtimestamp(sent_s, UTC), tuple(one for one in uploads if one is not None)
    )


def _dead_upload(key: str) -> DeadUpload | None:
    """Return what an object is, by its key alone; None where no recording depends on it."""
    if key.endswith("/") or key.startswith(UPLOAD_KEYS_PREFIX):
        return None
    if (suffix := own_suffix(key)) is not None:
        stem = key.removesuffix(suffix)
        ids = tuple(recording_id(stem + spelt) for spelt in _SPELT_SUFFIXES)
        return DeadUpload(ids, is_recording=False)
    if is_settings_file(key):
        return None  # a folder's file applies only to recordings that come after it
    path = PurePosixPath(key)
    if is_recording_name(path.name) or not path.suffix:
        return DeadUpload((recording_id(key),), is_recording=True)
    if ANNOTATION_NAME.search(path.name):
        return None
    header = without_suffix(key) + HEADER_SUFFIX
    return DeadUpload((recording_id(key), recording_id(header)), is_recording=True)
