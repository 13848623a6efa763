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

from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import announced_key, current_key, entry_key, unfinished_key, waiting_key
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry


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
ENDS = ("scored", "rejected")
"""Outcomes of a night entry that has its result."""
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
    noted = results.read(unfinished_key(recording))
    entry = None if noted is None else _entry(results, recording, noted["night"])
    if noted is not None and (entry is None or entry.outcome not in ENDS):
        return _unfinished(results, recording, entry)
    current = results.read(current_key(recording))
    if entry is not None and not _is_result_of(entry, current):
        return Waiting("scoring")  # the result is written, and about to count
    return _finished(results, current) or _announced(results, recording)


def find_result_folder(results: Results, recording: str) -> str | None:
    """Return where the files of a scored recording lie, with a slash at the end; else None.

    One request.
    """
    current = results.read(current_key(recording))
    if current is None or current["outcome"] != "scored":
        return None
    key: str = current["result"]
    return key[: key.rfind("/") + 1]


def _entry(results: Results, recording: str, night: str) -> NightEntry | None:
    """Return the night entry of a recording; None where it cannot be read, or moves just now."""
    body = results.read_bytes(entry_key(date.fromisoformat(night), recording))
    try:
        return None if body is None else read_entry(body)
    except UnreadableEntryError:
        return None


def _unfinished(results: Results, recording: str, entry: NightEntry | None) -> Status:
    if entry is not None and entry.outcome == "failed":
        return Failed(entry.code or UNKNOWN_FAILURE)
    if entry is not None and entry.outcome == "waiting":
        waiting = results.read(waiting_key(recording))
        until = datetime.fromisoformat(waiting["waiting_until"]) if waiting else None
        return Waiting("parts", until)
    return Waiting("scoring")


def _is_result_of(entry: NightEntry, current: dict[str, Any] | None) -> bool:
    """Return whether the result that counts is that of an entry."""
    result: str = "" if current is None else current.get("result", "")
    return result.rpartition("/")[0] == entry.folder


def _finished(results: Results, current: dict[str, Any] | None) -> Status | None:
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
