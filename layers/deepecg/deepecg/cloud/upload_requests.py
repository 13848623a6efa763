"""Announcing a recording: it gets an ID, and each of its files a form that S3 takes it with.

Nothing of the files' names is kept, nor answered. It needs of S3: ``PutObject`` for
``announced/*`` in the results bucket; and for the forms, which carry the rights of whoever signs
them, ``PutObject`` for ``api/*`` in the uploads bucket.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deepecg.cloud.errors import SameNameTwiceError
from deepecg.cloud.presigned_urls import PresignedPost, Presigner
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import announced_key
from deepecg.cloud.upload_pseudonyms import key_in, new_folder
from deepecg.outputs.recording_id import recording_id
from deepecg.readers.formats import FORMATS

TIME_TO_SEND = timedelta(hours=1)
"""The largest file, 4 GiB, takes so long at 10 Mbit/s. Forms signed by a function end with its
credentials where that is sooner."""
CONTENT_TYPES = {suffix: item.content_type for item in FORMATS for suffix in item.suffixes} | {
    ".json": "application/json"
}
"""Media type of an upload by the suffix of its key."""
OTHER_CONTENT_TYPE = "application/octet-stream"
"""Media type of signal files and of files with another suffix."""


@dataclass(frozen=True)
class AnnouncedFile:
    """A file that is to be uploaded.

    Attributes
    ----------
    name : str
        What it is called, and what the header of its record calls it: may name a patient.
    size_bytes : int
        How large it is.
    """

    name: str
    size_bytes: int


@dataclass(frozen=True)
class Announcement:
    """Leave to upload a recording.

    Attributes
    ----------
    recording_id : str
        What it will be known by.
    expires_at : datetime
        When the forms are no longer taken, to the second.
    uploads : tuple of PresignedPost
        A form for each file, in their order.
    """

    recording_id: str
    expires_at: datetime
    uploads: tuple[PresignedPost, ...]


def announce(
    files: Sequence[AnnouncedFile],
    bucket: str,
    results: Results,
    presigner: Presigner,
    *,
    now: datetime,
    origin: str,
) -> Announcement:
    """Return an ID and a form for each file of a recording; note that it is to come.

    Parameters
    ----------
    files : sequence of AnnouncedFile
        The main file, which the recording is known by, and its parts.
    bucket : str
        The uploads bucket.
    results : Results
        Takes the note.
    presigner : Presigner
        Signs the forms.
    now : datetime
        The time, with its zone.
    origin : str
        Scheme and host that the caller calls the API by.

    Raises
    ------
    SameNameTwiceError
        If two files would get the same key.
    StorageError
        If S3 fails.
    """
    folder = new_folder()
    keys = [key_in(folder, file.name) for file in files]
    if len(set(keys)) < len(keys):
        raise SameNameTwiceError("found two files of one name, expected names of their own")
    now = now.astimezone(UTC).replace(microsecond=0)
    expires_at = now + TIME_TO_SEND
    uploads = tuple(
        presigner.post(
            bucket,
            key,
            content_type=_content_type(key),
            size_bytes=file.size_bytes,
            expires_in=TIME_TO_SEND,
            origin=origin,
        )
        for key, file in zip(keys, files, strict=True)
    )
    announced = Announcement(recording_id(keys[0]), expires_at, uploads)
    results.write_once(
        announced_key(announced.recording_id),
        {"announced_at": now.isoformat(), "expires_at": expires_at.isoformat()},
    )
    return announced


def _content_type(key: str) -> str:
    endings = (kind for ending, kind in CONTENT_TYPES.items() if key.endswith(ending))
    return next(endings, OTHER_CONTENT_TYPE)
