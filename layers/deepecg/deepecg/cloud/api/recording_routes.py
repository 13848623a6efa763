"""Routes of recordings: request an upload, read the status, fetch results."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Body, Request, Response

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_and_night_lists import Position, list_recordings
from deepecg.cloud.api.recording_models import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    RecordingId,
    RecordingListResponse,
    StatusResponse,
    UploadFormsResponse,
    UploadRequest,
)
from deepecg.cloud.api.recording_status import (
    find_status,
    require_result_folder,
    unknown_recording,
)
from deepecg.cloud.api.request_examples import UPLOAD_REQUESTS
from deepecg.cloud.api.result_redirects import (
    LOCATION,
    called_origin,
    result_route,
    result_url_response,
)
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.api.upload_requests import create_upload_request
from deepecg.outputs.file_names import DISCLOSURE_FILE, FHIR_FILE, REPORT_FILE

ANNOTATIONS_SUFFIX: Final = ".deepecg"

router = APIRouter(route_class=StrictRoute, tags=["recordings"])
get_result = result_route(router, "unknown_recording", "no_result")
"""Decorator of routes that fetch a result."""


@router.post(
    "/v1/recordings",
    status_code=HTTPStatus.CREATED,
    responses=documented("same_name_twice", "storage_unavailable") | {201: LOCATION},
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
    return list_recordings(services_of(request).results, limit, after)


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
        raise unknown_recording()
    return status


@get_result("/v1/recordings/{recording_id}/report")
def get_report(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the HTML report for people."""
    return result_url_response(request, _result_folder(request, recording_id) + REPORT_FILE)


@get_result("/v1/recordings/{recording_id}/disclosure")
def get_disclosure(request: Request, recording_id: RecordingId) -> Response:
    """Fetch the full disclosure: an HTML page with every minute of the recording.

    There is none where the settings file sets `disclosure` to false.
    """
    key = _result_folder(request, recording_id) + DISCLOSURE_FILE
    if not services_of(request).results.exists(key):
        raise ProblemError("no_result", "It has no full disclosure: it was scored without one.")
    return result_url_response(request, key)


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


def _result_folder(request: Request, recording_id: str) -> str:
    return require_result_folder(services_of(request).results, recording_id)
