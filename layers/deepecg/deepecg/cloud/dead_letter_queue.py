"""What lies in the dead-letter queue: looked at, and left as it is."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from deepecg.cloud.errors import StorageError, UnknownMessageError
from deepecg.cloud.queue_messages import parse_message
from deepecg.cloud.queues import Queue
from deepecg.cloud.s3_buckets import without_suffix
from deepecg.cloud.s3_keys import OWN_STUDY_SUFFIX
from deepecg.cloud.upload_settings_files import is_own_study, is_study
from deepecg.outputs.recording_id import recording_id
from deepecg.readers.formats import RECORDING_SUFFIXES, is_recording_name
from deepecg.readers.wfdb_file_names import ANNOTATION_NAME, HEADER_SUFFIX

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_LETTERS = 10_000
"""More are not looked at: something is broken, and the report says that it does not know all."""
MAX_PEEK_S = 45.0
"""Nor is the queue looked at for longer..."""
HIDDEN_S = 120
"""...than messages stay hidden, so that none is seen twice. Each is shown again at the end."""


@dataclass(frozen=True)
class DeadUpload:
    """What a dead letter names.

    Attributes
    ----------
    ids : tuple of str
        What the recording may be called: by the object itself, and for a WFDB signal file by the
        header of the same name; for a recording's own study file by any kind of recording.
    is_recording : bool
        Whether it is a recording or may be a part of one, which has failed even where nothing
        else is known of it. A study file speaks for a recording that is there, and is none.
    """

    ids: tuple[str, ...]
    is_recording: bool


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up.

    Attributes
    ----------
    sent : datetime
        When S3 sent it: a dead letter keeps the time of its first queue.
    uploads : tuple of DeadUpload
        What it names. Empty where the message cannot be read, and of what no recording depends
        on: folders, annotations, the study file of a folder.
    """

    sent: datetime
    uploads: tuple[DeadUpload, ...]

    def night(self, zone: ZoneInfo) -> date:
        """Return the date that it was sent on."""
        return self.sent.astimezone(zone).date()


@dataclass(frozen=True)
class DeadLetters:
    """What was seen of a queue of dead letters.

    Attributes
    ----------
    letters : tuple of DeadLetter
        Those that were seen, each once.
    n_in_queue : int
        How many there are, about, by the queue's own count.
    is_complete : bool
        Whether that is all: no bound was met, and nobody else was holding some back.
    """

    letters: tuple[DeadLetter, ...]
    n_in_queue: int
    is_complete: bool


def peek(queue: Queue) -> DeadLetters:
    """Return the messages of a queue, at most :data:`MAX_LETTERS`, and leave them there.

    They are hidden while this looks, and visible again afterwards; if this is killed, after
    :data:`HIDDEN_S`. What somebody else looks at meanwhile is hidden from this: the queue counts
    it all the same, and so it is known that it was not seen.
    """
    n_in_queue = queue.count()
    until_s = time.monotonic() + MAX_PEEK_S
    handles: list[str] = []
    found: dict[str, DeadLetter] = {}
    was_emptied = False
    try:
        while not was_emptied and len(handles) < MAX_LETTERS and time.monotonic() < until_s:
            batch = queue.receive(hidden_s=HIDDEN_S)
            was_emptied = not batch
            for message in batch:
                handles.append(message["ReceiptHandle"])
                found[message["MessageId"]] = _letter(message)
    finally:
        with suppress(StorageError):  # they show themselves again, only later
            queue.show(handles)
    letters = tuple(found[message_id] for message_id in sorted(found))
    return DeadLetters(letters, n_in_queue, was_emptied and len(letters) >= n_in_queue)


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
    """Return what a key stands for, without a look at the bucket; None where no recording is."""
    if key.endswith("/"):
        return None
    if is_study(key):
        return _recording_of_study(key)
    path = PurePosixPath(key)
    if is_recording_name(path.name) or not path.suffix:
        return DeadUpload((recording_id(key),), is_recording=True)
    if ANNOTATION_NAME.search(path.name):
        return None
    header = without_suffix(key) + HEADER_SUFFIX
    return DeadUpload((recording_id(key), recording_id(header)), is_recording=True)


def _recording_of_study(key: str) -> DeadUpload | None:
    if not is_own_study(key):
        return None  # a folder's: it holds for what comes later
    stem = key.removesuffix(OWN_STUDY_SUFFIX)
    suffixes = (spelt for suffix in RECORDING_SUFFIXES for spelt in (suffix, suffix.upper()))
    ids = tuple(recording_id(stem + suffix) for suffix in suffixes)
    return DeadUpload(ids, is_recording=False)
