"""Finds the status of a recording from its notes and results in the results bucket.

It is the status of the newest upload whose message was received. While an upload that replaces one
with a result is incomplete or being scored, the recording waits; where its message became a dead
letter, it has failed. Until its message is received, the former result is valid.

This takes three or four requests of S3. It needs ``GetObject`` for ``recordings/*``, ``nights/*``
and ``announced/*`` of the results bucket, and ``ListBucket``, without which S3 answers 403 for a
missing object.
"""

from datetime import date, datetime
from typing import Any, Literal

from deepecg.cloud import s3_keys
from deepecg.cloud.api.problem_details import ProblemError
from deepecg.cloud.api.recording_models import (
    FailedResponse,
    PartResponse,
    RejectedResponse,
    Rejection,
    ResultLinks,
    ScoredResponse,
    StatusResponse,
    WaitingResponse,
    recording_path,
)
from deepecg.cloud.night_entries import FINAL_OUTCOMES
from deepecg.cloud.s3_buckets import Results, folder_of
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry

UNKNOWN_FAILURE = "unknown"


def find_status(results: Results, recording_id: str) -> StatusResponse | None:
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
    unfinished = results.read(s3_keys.unfinished_key(recording_id))
    entry = None if unfinished is None else _entry(results, recording_id, unfinished["night"])
    if unfinished is not None and (entry is None or entry.outcome not in FINAL_OUTCOMES):
        return _unfinished(results, recording_id, entry)
    current = results.read(s3_keys.current_key(recording_id))
    if entry is not None and not _is_result_of(entry, current):
        # The result is written, and about to become the valid one.
        return _waiting(recording_id, "scoring")
    return _finished(results, recording_id, current) or _requested(results, recording_id)


def find_result_folder(results: Results, recording_id: str) -> str | None:
    """Return the folder of a scored recording's files, with a slash at its end; else None.

    This takes one request.
    """
    current = results.read(s3_keys.current_key(recording_id))
    if current is None or current["outcome"] != "scored":
        return None
    return folder_of(current["result"])


def require_result_folder(results: Results, recording_id: str) -> str:
    """Return the folder of a scored recording's files, with a slash at its end.

    Raises
    ------
    ProblemError
        If there is no such recording, or it is not scored.
    """
    folder = find_result_folder(results, recording_id)
    if folder is not None:
        return folder
    if find_status(results, recording_id) is None:
        raise unknown_recording()
    raise ProblemError("no_result", "It is not scored: see its status.")


def unknown_recording() -> ProblemError:
    """Return the problem for an ID that no recording has."""
    return ProblemError("unknown_recording", "It was never uploaded, or it has been deleted.")


def _entry(results: Results, recording_id: str, night: str) -> NightEntry | None:
    """Return the night entry of a recording; None if it is unreadable, or is just being moved."""
    body = results.read_bytes(s3_keys.entry_key(date.fromisoformat(night), recording_id))
    try:
        return None if body is None else read_entry(body)
    except UnreadableEntryError:
        return None


def _unfinished(results: Results, recording_id: str, entry: NightEntry | None) -> StatusResponse:
    if entry is not None and entry.outcome == "failed":
        code = entry.code or UNKNOWN_FAILURE
        return FailedResponse(recording_id=recording_id, status="failed", code=code)
    if entry is not None and entry.outcome == "waiting":
        waiting = results.read(s3_keys.waiting_key(recording_id))
        return _waiting(recording_id, "parts", waiting["waiting_until"] if waiting else None)
    return _waiting(recording_id, "scoring")


def _waiting(
    recording_id: str, waiting_for: Literal["upload", "parts", "scoring"], until: str | None = None
) -> WaitingResponse:
    return WaitingResponse(
        recording_id=recording_id,
        status="waiting",
        waiting_for=waiting_for,
        until=datetime.fromisoformat(until) if until else None,
    )


def _is_result_of(entry: NightEntry, current: dict[str, Any] | None) -> bool:
    """Return whether the valid result is that of an entry."""
    result: str = "" if current is None else current.get("result", "")
    return result.rpartition("/")[0] == entry.folder


def _finished(
    results: Results, recording_id: str, current: dict[str, Any] | None
) -> StatusResponse | None:
    if current is None:
        return None
    if current["outcome"] == "part":
        whole = current["recording_id"]
        return PartResponse(recording_id=recording_id, status="part", part_of=whole)
    document = results.read(current["result"])
    if document is None:
        return None
    if current["outcome"] == "scored":
        path = recording_path(recording_id)
        links = ResultLinks(
            report=f"{path}/report",
            disclosure=f"{path}/disclosure" if document.get("disclosure") else None,
            annotations=f"{path}/annotations",
            fhir=f"{path}/fhir",
        )
        return ScoredResponse(
            recording_id=recording_id, status="scored", summary=document, links=links
        )
    rejection = Rejection(code=document["code"], message=document["message"])
    return RejectedResponse(recording_id=recording_id, status="rejected", rejection=rejection)


def _requested(results: Results, recording_id: str) -> StatusResponse | None:
    request = results.read(s3_keys.upload_request_key(recording_id))
    return _waiting(recording_id, "upload", request["expires_at"]) if request else None
