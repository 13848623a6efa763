"""What has become of a recording, read from the notes that announcing and scoring leave.

What counts is the newest upload that scoring has begun with: while an upload that replaces one
with a result waits or is scored, the recording waits; where it was given up, it has failed. Before
its message is taken from the queue nothing tells of it, and the former result counts.

It takes three requests of S3, and four at most. It needs of S3, in the results bucket alone:
``GetObject`` for ``recordings/*``, ``nights/*`` and ``announced/*``, and ``ListBucket``, without
which S3 does not tell missing from forbidden.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from deepecg.cloud.keys import (
    announced_key,
    current_key,
    entry_key,
    unfinished_key,
    waiting_key,
)
from deepecg.cloud.store import Results
from deepecg.night.entry import UnreadableEntryError, read_entry


@dataclass(frozen=True)
class Waiting:
    """It has no result yet.

    Attributes
    ----------
    waiting_for : str
        ``upload``: nothing of it has been taken from the queue; ``parts``: files that its header
        names are not there; ``scoring``.
    until : datetime or None
        When its forms expire; when it is given up without its parts. None for scoring.
    """

    waiting_for: Literal["upload", "parts", "scoring"]
    until: datetime | None = None


@dataclass(frozen=True)
class Scored:
    """It has a result.

    Attributes
    ----------
    summary : dict
        As it was written.
    """

    summary: dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    """It cannot be scored as it is.

    Attributes
    ----------
    code, message : str
        Why.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Failed:
    """It was not scored, for no fault of its own, and is not tried again by itself.

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
        The other's.
    """

    recording_id: str


Status = Waiting | Scored | Rejected | Failed | PartOf
UNKNOWN_FAILURE = "unknown"


def find_status(results: Results, recording: str) -> Status | None:
    """Return what has become of a recording; None where nothing is known of it.

    Parameters
    ----------
    results : Results
        The results bucket.
    recording : str
        The recording's ID.

    Raises
    ------
    StorageError
        If S3 fails.
    """
    return (
        _unfinished(results, recording)
        or _finished(results, recording)
        or _announced(results, recording)
    )


def find_result_folder(results: Results, recording: str) -> str | None:
    """Return where the files of a scored recording lie, with a slash at the end; else None.

    One request.
    """
    current = results.read(current_key(recording))
    if current is None or current["outcome"] != "scored":
        return None
    key: str = current["result"]
    return key[: key.rfind("/") + 1]


def _unfinished(results: Results, recording: str) -> Status | None:
    """Return the status of an upload that has no result yet; None where it has, or is none."""
    noted = results.read(unfinished_key(recording))
    if noted is None:
        return None
    body = results.read_bytes(entry_key(date.fromisoformat(noted["night"]), recording))
    try:
        entry = None if body is None else read_entry(body)
    except UnreadableEntryError:
        entry = None
    match entry.outcome if entry else "received":
        case "waiting":
            waiting = results.read(waiting_key(recording))
            return Waiting(
                "parts", datetime.fromisoformat(waiting["waiting_until"]) if waiting else None
            )
        case "failed":
            return Failed((entry and entry.code) or UNKNOWN_FAILURE)
        case "received":
            return Waiting("scoring")
    return None  # the note is about to go, or is of an event that came again and failed


def _finished(results: Results, recording: str) -> Status | None:
    current = results.read(current_key(recording))
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


def _announced(results: Results, recording: str) -> Status | None:
    announced = results.read(announced_key(recording))
    if announced is None:
        return None
    return Waiting("upload", datetime.fromisoformat(announced["expires_at"]))
