"""Recordings: announce one, ask what has become of it, fetch its results."""

from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_models import (
    DEFAULT_LIMIT,
    Announced,
    Cursor,
    FailedRecording,
    Form,
    Limit,
    NewRecording,
    PartRecording,
    Recording,
    RecordingId,
    RecordingRow,
    Recordings,
    RejectedRecording,
    Rejection,
    ResultLinks,
    ScoredRecording,
    WaitingRecording,
)
from deepecg.cloud.api.result_redirects import (
    ADDRESS_ANSWERS,
    Address,
    answer_with_address,
    origin_of,
)
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.errors import SameNameTwiceError
from deepecg.cloud.recording_status import (
    Failed,
    PartOf,
    Rejected,
    Scored,
    Status,
    Waiting,
    find_result_folder,
    find_status,
)
from deepecg.cloud.result_lists import Position, RecordingsPage, list_recordings
from deepecg.cloud.upload_requests import AnnouncedFile, announce
from deepecg.night.night_entry import NightEntry
from deepecg.night.settings import RankingSettings
from deepecg.night.urgency_ranking import urgent_kinds
from deepecg.outputs.file_names import FHIR_FILE, REPORT_FILE

ANNOTATIONS_SUFFIX: Final = ".deepecg"

router = APIRouter(route_class=StrictRoute, tags=["recordings"])
RESULT_ANSWERS = {
    **ADDRESS_ANSWERS,
    **documented("unknown_recording", "no_result", "storage_unavailable"),
}


@router.post(
    "/v1/recordings",
    status_code=HTTPStatus.CREATED,
    responses={
        **documented("same_name_twice", "storage_unavailable"),
        HTTPStatus.CREATED: {
            "headers": {"Location": {"required": True, "schema": {"type": "string"}}}
        },
    },
)
def announce_recording(request: Request, response: Response, body: NewRecording) -> Announced:
    """Announce a recording, and get a form for each of its files.

    Send the main file first and then its parts, each with its form; whatever the order, it is
    scored once it is complete. Names of files are neither kept nor answered.
    """
    services = services_of(request)
    main = AnnouncedFile(body.main.name, body.main.size_bytes)
    parts = [AnnouncedFile(part.name, part.size_bytes) for part in body.parts]
    try:
        announced = announce(
            [main, *parts],
            services.settings.uploads_bucket,
            services.results,
            services.presigner,
            now=datetime.now(UTC),
            origin=origin_of(request),
        )
    except SameNameTwiceError:
        raise ProblemError("same_name_twice", "Names are told apart without their case.") from None
    status_url = _path(announced.recording_id)
    response.headers["Location"] = status_url
    return Announced(
        recording_id=announced.recording_id,
        status_url=status_url,
        expires_at=announced.expires_at,
        uploads=[Form(url=post.url, fields=post.fields) for post in announced.uploads],
    )


@router.get("/v1/recordings", responses=documented("storage_unavailable"))
def get_recordings(
    request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Recordings:
    """List recordings: the newest night first, in it what was written last.

    One that is written anew while pages are read, since it was scored, comes to the first page.
    """
    after = Position.read(cursor) if cursor else None
    page = list_recordings(services_of(request).results, limit, after)
    return Recordings(
        recordings=rows(page), unreadable_count=page.n_unreadable, next_cursor=next_cursor(page)
    )


@router.get(
    "/v1/recordings/{recording_id}",
    responses=documented("unknown_recording", "storage_unavailable"),
)
def get_recording(request: Request, recording_id: RecordingId) -> Recording:
    """Tell what has become of a recording.

    Where it is uploaded again after it had a result, that result counts until scoring begins with
    the new upload. An announcement that nothing came of is forgotten after two days.
    """
    status = find_status(services_of(request).results, recording_id)
    if status is None:
        raise _unknown()
    return _recording(recording_id, status)


@router.get(
    "/v1/recordings/{recording_id}/report",
    response_model=Address,
    responses=RESULT_ANSWERS,
)
def get_report(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the report, a page for people."""
    key = _result_folder(request, recording_id) + REPORT_FILE
    return answer_with_address(request, key, content_type="text/html; charset=utf-8")


@router.get(
    "/v1/recordings/{recording_id}/annotations",
    response_model=Address,
    responses=RESULT_ANSWERS,
)
def get_annotations(request: Request, recording_id: RecordingId) -> Response:
    """Fetch every beat, as a WFDB annotation file."""
    name = recording_id + ANNOTATIONS_SUFFIX
    return answer_with_address(
        request,
        _result_folder(request, recording_id) + name,
        content_type="application/octet-stream",
        disposition=f'attachment; filename="{name}"',
    )


@router.get(
    "/v1/recordings/{recording_id}/fhir",
    response_model=Address,
    responses=RESULT_ANSWERS,
)
def get_fhir(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the result as HL7 FHIR R4: a transaction of DiagnosticReport and Observations."""
    key = _result_folder(request, recording_id) + FHIR_FILE
    return answer_with_address(request, key, content_type="application/fhir+json")


def rows(page: RecordingsPage) -> list[RecordingRow]:
    """Return the recordings of a page, as callers get them."""
    return [_row(night, entry) for night, entry in page.entries]


def next_cursor(page: RecordingsPage) -> str | None:
    """Return the next page's cursor."""
    return None if page.next is None else str(page.next)


def _recording(recording_id: str, status: Status) -> Recording:
    match status:
        case Waiting():
            return WaitingRecording(
                recording_id=recording_id,
                status="waiting",
                waiting_for=status.waiting_for,
                until=status.until,
            )
        case Scored():
            path = _path(recording_id)
            return ScoredRecording(
                recording_id=recording_id,
                status="scored",
                summary=status.summary,
                links=ResultLinks(
                    report=f"{path}/report", annotations=f"{path}/annotations", fhir=f"{path}/fhir"
                ),
            )
        case Rejected():
            return RejectedRecording(
                recording_id=recording_id,
                status="rejected",
                rejection=Rejection(code=status.code, message=status.message),
            )
        case Failed():
            return FailedRecording(recording_id=recording_id, status="failed", code=status.code)
        case PartOf():
            return PartRecording(
                recording_id=recording_id, status="part", part_of=status.recording_id
            )


def _row(night: str, entry: NightEntry) -> RecordingRow:
    digest = entry.digest
    urgent = urgent_kinds(digest, RankingSettings()) if digest else None
    return RecordingRow(
        recording_id=entry.recording_id,
        night=night,
        uploaded_at=_moment(entry.uploaded_at),
        outcome=entry.outcome,
        code=entry.code,
        duration_s=digest.duration_s if digest else None,
        beats_count=digest.beats_count if digest else None,
        analysable_percent=digest.analysable_percent if digest else None,
        urgent_count=None if urgent is None else len(urgent),
        urgent=None if urgent is None else [kind.message for kind in urgent],
    )


def _moment(text: str | None) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text) if text else None
    return None


def _result_folder(request: Request, recording_id: str) -> str:
    """Return where the files of a scored recording lie.

    Raises
    ------
    ProblemError
        If it is not known, or not scored.
    """
    results = services_of(request).results
    folder = find_result_folder(results, recording_id)
    if folder is not None:
        return folder
    if find_status(results, recording_id) is None:
        raise _unknown()
    raise ProblemError("no_result", "The recording is not scored: see its status.")


def _unknown() -> ProblemError:
    return ProblemError("unknown_recording", "It was never announced or uploaded, or is gone.")


def _path(recording_id: str) -> str:
    return f"/v1/recordings/{recording_id}"
