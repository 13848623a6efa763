"""Routes of recordings: request an upload, read the status, fetch results."""

from contextlib import suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request, Response

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_models import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    RecordingId,
    RecordingListItem,
    RecordingListResponse,
    StatusResponse,
    UploadFormsResponse,
    UploadRequest,
)
from deepecg.cloud.api.recording_status import find_result_folder, find_status
from deepecg.cloud.api.request_examples import UPLOAD_REQUESTS
from deepecg.cloud.api.result_redirects import (
    RESULT_URL_RESPONSES,
    ResultUrlResponse,
    called_origin,
    result_url_response,
)
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.api.upload_requests import create_upload_request
from deepecg.cloud.result_lists import Position, RecordingsPage, list_recordings
from deepecg.night.night_entry import NightEntry
from deepecg.night.settings import RankingSettings
from deepecg.night.urgency_ranking import urgent_kinds
from deepecg.outputs.file_names import FHIR_FILE, REPORT_FILE

ANNOTATIONS_SUFFIX: Final = ".deepecg"

router = APIRouter(route_class=StrictRoute, tags=["recordings"])
get_result = partial(
    router.get,
    response_model=ResultUrlResponse,
    responses=RESULT_URL_RESPONSES
    | documented("unknown_recording", "no_result", "storage_unavailable"),
)
"""Decorator of routes that fetch a result."""


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
    forms = create_upload_request(body, services_of(request), called_origin(request))
    response.headers["Location"] = forms.status_url
    return forms


@router.get("/v1/recordings", responses=documented("storage_unavailable"))
def get_recordings(
    request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> RecordingListResponse:
    """List recordings: the newest night first, within a night the last written entry first.

    A recording that is scored while you read the pages moves to the first page.
    """
    after = Position.read(cursor) if cursor else None
    page = list_recordings(services_of(request).results, limit, after)
    return RecordingListResponse(**list_fields(page))


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
    return status


@get_result("/v1/recordings/{recording_id}/report")
def get_report(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the HTML report for people."""
    return result_url_response(request, _result_folder(request, recording_id) + REPORT_FILE)


@get_result("/v1/recordings/{recording_id}/annotations")
def get_annotations(request: Request, recording_id: RecordingId) -> Response:
    """Fetch every beat as a WFDB annotation file."""
    name = recording_id + ANNOTATIONS_SUFFIX
    key = _result_folder(request, recording_id) + name
    return result_url_response(request, key, saved_as=name)


@get_result("/v1/recordings/{recording_id}/fhir")
def get_fhir(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the result as HL7 FHIR R4: a transaction of DiagnosticReport and Observations."""
    return result_url_response(request, _result_folder(request, recording_id) + FHIR_FILE)


def list_fields(page: RecordingsPage) -> dict[str, Any]:
    """Return a page of recordings as fields of a :class:`RecordingListResponse`."""
    return {
        "recordings": [_list_item(night, entry) for night, entry in page.entries],
        "unreadable_count": page.n_unreadable,
        "next_cursor": None if page.next is None else str(page.next),
    }


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
