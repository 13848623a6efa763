"""Routes of recordings: request an upload, read the status, fetch results."""

from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Body, Request, Response

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_models import (
    DEFAULT_LIMIT,
    Cursor,
    FailedResponse,
    Limit,
    PartResponse,
    RecordingId,
    RecordingListItem,
    RecordingListResponse,
    RejectedResponse,
    Rejection,
    ResultLinks,
    ScoredResponse,
    StatusResponse,
    UploadForm,
    UploadFormsResponse,
    UploadRequest,
    WaitingResponse,
)
from deepecg.cloud.api.request_examples import UPLOAD_REQUESTS
from deepecg.cloud.api.result_redirects import (
    RESULT_URL_RESPONSES,
    ResultUrlResponse,
    called_origin,
    result_url_response,
)
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.errors import SameNameTwiceError
from deepecg.cloud.recording_status import (
    Failed,
    PartOf,
    RecordingStatus,
    Rejected,
    Scored,
    Waiting,
    find_result_folder,
    find_status,
)
from deepecg.cloud.result_lists import Position, RecordingsPage, list_recordings
from deepecg.cloud.upload_requests import RequestedFile, create_upload_request
from deepecg.night.night_entry import NightEntry
from deepecg.night.settings import RankingSettings
from deepecg.night.urgency_ranking import urgent_kinds
from deepecg.outputs.file_names import FHIR_FILE, REPORT_FILE

ANNOTATIONS_SUFFIX: Final = ".deepecg"

router = APIRouter(route_class=StrictRoute, tags=["recordings"])
RESULT_RESPONSES = {
    **RESULT_URL_RESPONSES,
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
def request_upload(
    request: Request,
    response: Response,
    body: Annotated[UploadRequest, Body(openapi_examples=UPLOAD_REQUESTS)],
) -> UploadFormsResponse:
    """Request the upload of a recording: returns its ID and a form for each of its files.

    Then POST each file to S3 with its form, in any order: the recording is scored as soon as it is
    complete. The names of the files are neither stored nor returned.
    """
    services = services_of(request)
    main = RequestedFile(body.main.name, body.main.size_bytes)
    parts = [RequestedFile(part.name, part.size_bytes) for part in body.parts]
    try:
        announced = create_upload_request(
            [main, *parts],
            services.settings.uploads_bucket,
            services.results,
            services.presigner,
            now=datetime.now(UTC),
            origin=called_origin(request),
        )
    except SameNameTwiceError:
        raise ProblemError(
            "same_name_twice",
            "Upper and lower case count as equal. Rename one file, and its line in the header.",
        ) from None
    status_url = _path(announced.recording_id)
    response.headers["Location"] = status_url
    return UploadFormsResponse(
        recording_id=announced.recording_id,
        status_url=status_url,
        expires_at=announced.expires_at,
        uploads=[UploadForm(url=post.url, fields=post.fields) for post in announced.uploads],
    )


@router.get("/v1/recordings", responses=documented("storage_unavailable"))
def get_recordings(
    request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> RecordingListResponse:
    """List recordings: the newest night first, within a night the last written entry first.

    A recording that is scored while you read the pages moves to the first page.
    """
    after = Position.read(cursor) if cursor else None
    page = list_recordings(services_of(request).results, limit, after)
    return RecordingListResponse(
        recordings=list_items(page),
        unreadable_count=page.n_unreadable,
        next_cursor=next_cursor(page),
    )


@router.get(
    "/v1/recordings/{recording_id}",
    responses=documented("unknown_recording", "storage_unavailable"),
)
def get_recording(request: Request, recording_id: RecordingId) -> StatusResponse:
    """Return the status of a recording, and its summary once it is scored.

    If a scored recording is uploaded again, the previous result is returned until scoring of the
    new upload begins. An upload request without any upload is deleted after two days.
    """
    status = find_status(services_of(request).results, recording_id)
    if status is None:
        raise _unknown()
    return _status_response(recording_id, status)


@router.get(
    "/v1/recordings/{recording_id}/report",
    response_model=ResultUrlResponse,
    responses=RESULT_RESPONSES,
)
def get_report(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the HTML report for people."""
    key = _result_folder(request, recording_id) + REPORT_FILE
    return result_url_response(request, key, content_type="text/html; charset=utf-8")


@router.get(
    "/v1/recordings/{recording_id}/annotations",
    response_model=ResultUrlResponse,
    responses=RESULT_RESPONSES,
)
def get_annotations(request: Request, recording_id: RecordingId) -> Response:
    """Fetch every beat as a WFDB annotation file."""
    name = recording_id + ANNOTATIONS_SUFFIX
    return result_url_response(
        request,
        _result_folder(request, recording_id) + name,
        content_type="application/octet-stream",
        disposition=f'attachment; filename="{name}"',
    )


@router.get(
    "/v1/recordings/{recording_id}/fhir",
    response_model=ResultUrlResponse,
    responses=RESULT_RESPONSES,
)
def get_fhir(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the result as HL7 FHIR R4: a transaction of DiagnosticReport and Observations."""
    key = _result_folder(request, recording_id) + FHIR_FILE
    return result_url_response(request, key, content_type="application/fhir+json")


def list_items(page: RecordingsPage) -> list[RecordingListItem]:
    """Return the recordings of a page as items of a response."""
    return [_list_item(night, entry) for night, entry in page.entries]


def next_cursor(page: RecordingsPage) -> str | None:
    """Return the cursor of the next page; None on the last page."""
    return None if page.next is None else str(page.next)


def _status_response(recording_id: str, status: RecordingStatus) -> StatusResponse:
    match status:
        case Waiting():
            return WaitingResponse(
                recording_id=recording_id,
                status="waiting",
                waiting_for=status.waiting_for,
                until=status.until,
            )
        case Scored():
            path = _path(recording_id)
            return ScoredResponse(
                recording_id=recording_id,
                status="scored",
                summary=status.summary,
                links=ResultLinks(
                    report=f"{path}/report", annotations=f"{path}/annotations", fhir=f"{path}/fhir"
                ),
            )
        case Rejected():
            return RejectedResponse(
                recording_id=recording_id,
                status="rejected",
                rejection=Rejection(code=status.code, message=status.message),
            )
        case Failed():
            return FailedResponse(recording_id=recording_id, status="failed", code=status.code)
        case PartOf():
            return PartResponse(
                recording_id=recording_id, status="part", part_of=status.recording_id
            )


def _list_item(night: str, entry: NightEntry) -> RecordingListItem:
    digest = entry.digest
    urgent = urgent_kinds(digest, RankingSettings()) if digest else None
    return RecordingListItem(
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
    """Return the key prefix of a scored recording's files.

    Raises
    ------
    ProblemError
        If there is no such recording, or it is not scored.
    """
    results = services_of(request).results
    folder = find_result_folder(results, recording_id)
    if folder is not None:
        return folder
    if find_status(results, recording_id) is None:
        raise _unknown()
    raise ProblemError("no_result", "It is not scored: see its status.")


def _unknown() -> ProblemError:
    return ProblemError("unknown_recording", "It was never uploaded, or it has been deleted.")


def _path(recording_id: str) -> str:
    return f"/v1/recordings/{recording_id}"
