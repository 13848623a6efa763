"""Finds the status of a recording from its notes and results in the results bucket.

It is the status of the newest upload whose message was received. While an upload that replaces one
with a result is incomplete or being scored, the recording waits; where its message became a dead
letter, it has failed. Until its message is received, the former result is valid.

This takes three or four requests of S3. It needs ``GetObject`` for ``recordings/*``, ``nights/*``
and ``announced/*`` of the results bucket, and ``ListBucket``, without which S3 answers 403 for a
missing object.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from deepecg.cloud.night_entries import FINAL_OUTCOMES
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import (
    current_key,
    entry_key,
    unfinished_key,
    upload_request_key,
    waiting_key,
)
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry


@dataclass(frozen=True)
class Waiting:
    """It has no result yet.

    Attributes
    ----------
    waiting_for : str
        ``upload``: no message about it was received; ``parts``: files that its header names are
        missing; ``scoring``: it is being scored.
    until : datetime or None
        Time at which its upload forms expire, or at which it is rejected without its parts; None
        for ``scoring``.
    """

    waiting_for: Literal["upload", "parts", "scoring"]
    until: datetime | None = None


@dataclass(frozen=True)
class Scored:
    """It has a result.

    Attributes
    ----------
    summary : dict
        Its summary.
    """

    summary: dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    """It was rejected.

    Attributes
    ----------
    code, message : str
        Code and text of the rejection.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Failed:
    """It was not scored, through no fault of its own, and is not retried without a redrive.

    Attributes
    ----------
    code : str
        Kind of the failure.
    """

    code: str


@dataclass(frozen=True)
class PartOf:
    """It is a part of another recording.

    Attributes
    ----------
    recording_id : str
        ID of that recording.
    """

    recording_id: str


RecordingStatus = Waiting | Scored | Rejected | Failed | PartOf
UNKNOWN_FAILURE = "unknown"


def find_status(results: Results, recording_id: str) -> RecordingStatus | None:
    """Return the status of a recording; None if it was neither uploaded nor requested.

    Parameters
    ----------
    results : Results
        The results bucket.
    recording_id : str
        The recording.

    Raises
    ------
    StorageError
        If S3 fails.
    """
    unfinished = results.read(unfinished_key(recording_id))
    entry = None if unfinished is None else _entry(results, recording_id, unfinished["night"])
    if unfinished is not None and (entry is None or entry.outcome not in FINAL_OUTCOMES):
        return _unfinished(results, recording_id, entry)
    current = results.read(current_key(recording_id))
    if entry is not None and not _is_result_of(entry, current):
        return Waiting("scoring")  # the result is written, and about to become the valid one
    return _finished(results, current) or _requested(results, recording_id)


def find_result_folder(results: Results, recording_id: str) -> str | None:
    """Return the folder of a scored recording's files, with a slash at its end; else None.

    This takes one request.
    """
    current = results.read(current_key(recording_id))
    if current is None or current["outcome"] != "scored":
        return None
    key: str = current["result"]
    return key[: key.rfind("/") + 1]


def _entry(results: Results, recording_id: str, night: str) -> NightEntry | None:
    """Return the night entry of a recording; None if it is unreadable, or is just being moved."""
    body = results.read_bytes(entry_key(date.fromisoformat(night), recording_id))
    try:
        return None if body is None else read_entry(body)
    except UnreadableEntryError:
        return None


def _unfinished(results: Results, recording_id: str, entry: NightEntry | None) -> RecordingStatus:
    if entry is not None and entry.outcome == "failed":
        return Failed(entry.code or UNKNOWN_FAILURE)
    if entry is not None and entry.outcome == "waiting":
        waiting = results.read(waiting_key(recording_id))
        until = datetime.fromisoformat(waiting["waiting_until"]) if waiting else None
        return Waiting("parts", until)
    return Waiting("scoring")


def _is_result_of(entry: NightEntry, current: dict[str, Any] | None) -> bool:
    """Return whether the valid result is that of an entry."""
    result: str = "" if current is None else current.get("result", "")
    return result.rpartition("/")[0] == entry.folder


def _finished(results: Results, current: dict[str, Any] | None) -> RecordingStatus | None:
    if current is None:
        return None
    if current["outcome"] == "part":
        return PartOf(current["recording_id"])
    document = results.read(current["result"])
    if document is None:
        return None
    if current["outcome"] == "scored":
        return Scored(document)
    return Rejected(document["code"], document["message"])


def _requested(results: Results, recording_id: str) -> RecordingStatus | None:
    request = results.read(upload_request_key(recording_id))
    if request is None:
        return None
    return Waiting("upload", datetime.fromisoformat(request["expires_at"]))
