"""Upload requests: a recording gets an ID, and each of its files a presigned form to upload it.

Names of files are neither stored nor returned. This needs ``PutObject`` for ``announced/*`` in the
results bucket, and for the forms, which grant what their signer may do, ``PutObject`` for ``api/*``
in the uploads bucket.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deepecg.cloud.errors import SameNameTwiceError
from deepecg.cloud.presigned_urls import PresignedPost, Presigner
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import upload_request_key
from deepecg.cloud.upload_pseudonyms import key_in, new_folder
from deepecg.outputs.recording_id import recording_id
from deepecg.readers.formats import FORMATS

EXPIRES_IN = timedelta(hours=1)
"""Time for which the forms are accepted: the largest file, 4 GiB, takes an hour at 10 Mbit/s. Forms
signed by a function expire with its credentials, where that is sooner."""
CONTENT_TYPES = {suffix: item.content_type for item in FORMATS for suffix in item.suffixes} | {
    ".json": "application/json"
}
"""Media type of an upload by the suffix of its key."""
OTHER_CONTENT_TYPE = "application/octet-stream"
"""Media type of signal files and of files with another suffix."""


@dataclass(frozen=True)
class RequestedFile:
    """A file to be uploaded.

    Attributes
    ----------
    name : str
        Name of the file, as in the header of its record; it may name a patient.
    size_bytes : int
        Size in bytes.
    """

    name: str
    size_bytes: int


@dataclass(frozen=True)
class UploadRequest:
    """Permission to upload a recording.

    Attributes
    ----------
    recording_id : str
        ID of the recording.
    expires_at : datetime
        Time at which the forms expire, to the second.
    uploads : tuple of PresignedPost
        A form for each file, in the order of the files.
    """

    recording_id: str
    expires_at: datetime
    uploads: tuple[PresignedPost, ...]


def create_upload_request(
    files: Sequence[RequestedFile],
    bucket: str,
    results: Results,
    presigner: Presigner,
    *,
    now: datetime,
    origin: str,
) -> UploadRequest:
    """Return an ID and a form for each file of a recording, and write a note of the request.

    Parameters
    ----------
    files : sequence of RequestedFile
        The main file, whose key gives the recording's ID, and its parts.
    bucket : str
        The uploads bucket.
    results : Results
        The results bucket, which takes the note.
    presigner : Presigner
        Signs the forms.
    now : datetime
        The present time, with its time zone.
    origin : str
        Scheme and host by which the caller reaches the API.

    Raises
    ------
    SameNameTwiceError
        If two files have the same name, apart from case and Unicode form.
    StorageError
        If S3 fails.
    """
    folder = new_folder()
    keys = [key_in(folder, file.name) for file in files]
    if len(set(keys)) < len(keys):
        raise SameNameTwiceError("found two files of the same name, expected different names")
    now = now.astimezone(UTC).replace(microsecond=0)
    expires_at = now + EXPIRES_IN
    uploads = tuple(
        presigner.post(
            bucket,
            key,
            content_type=_content_type(key),
            size_bytes=file.size_bytes,
            expires_in=EXPIRES_IN,
            origin=origin,
        )
        for key, file in zip(keys, files, strict=True)
    )
    request = UploadRequest(recording_id(keys[0]), expires_at, uploads)
    results.write_once(
        upload_request_key(request.recording_id),
        {"announced_at": now.isoformat(), "expires_at": expires_at.isoformat()},
    )
    return request


def _content_type(key: str) -> str:
    types = (kind for suffix, kind in CONTENT_TYPES.items() if key.endswith(suffix))
    return next(types, OTHER_CONTENT_TYPE)
