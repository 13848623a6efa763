"""Routes of reviews: read the review of a recording, and replace the version that was read.

A review is stored beside the recording it is of, as ``STEM.review.json`` in the uploads bucket, and
S3's message about it has the recording scored anew. A writer names the version that the review
replaces, so that of two reviewers who write at the same time one is refused.

The key of a recording does not follow from its ID; the scoring function notes it in the uploads
bucket. This needs ``GetObject`` for ``upload-keys/*``, and ``GetObject`` and ``PutObject`` for
``*.review.json`` of that bucket, and no permission to list it.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import Field

from deepecg.cloud.api.api_services import Services, services_of
from deepecg.cloud.api.base_models import with_example
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.api.recording_models import EXAMPLE_ID, RecordingId, RecordingResponse
from deepecg.cloud.api.recording_status import require_result_folder
from deepecg.cloud.api.strict_route import StrictRoute, reject_other_than_json
from deepecg.cloud.s3_buckets import without_suffix
from deepecg.cloud.s3_keys import upload_key_note
from deepecg.errors import ReviewError
from deepecg.outputs.file_names import SUMMARY_FILE
from deepecg.readers.suffixes_beside import REVIEW_SUFFIX
from deepecg.review.review_file import MAX_BYTES, read_review, review_digest

JSON = "application/json"
MAX_NOTE_BYTES = 8192
"""Size of the largest note: S3's keys have up to 1,024 bytes, each at most six in JSON."""
ETAG_PATTERN = r'^"[0-9A-Za-z+/=.:_-]{1,100}"$'
ETAG_HEADER = {
    "headers": {
        "ETag": {
            "required": True,
            "description": "Identifies this version.",
            "schema": {"type": "string", "pattern": ETAG_PATTERN},
        }
    }
}
REVIEW = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Review"}}}}
IfMatch = Annotated[
    Annotated[str, Field(pattern=ETAG_PATTERN)] | None,
    Header(description="`ETag` of the review that this one replaces."),
]
IfNoneMatch = Annotated[
    Annotated[str, Field(pattern=r"^\*$")] | None,
    Header(description="`*`: there is no review yet."),
]

router = APIRouter(route_class=StrictRoute, tags=["recordings"])


class ReviewSavedResponse(RecordingResponse):
    """The review is stored, and the recording is about to be scored anew with it."""

    model_config = with_example(recording_id=EXAMPLE_ID, sha256="5f" * 32)

    sha256: str = Field(
        description="SHA-256 of the body: `review.sha256` of the summary that is made with it."
    )


async def _json_body(request: Request) -> bytes:
    """Return the body as it was sent, which is what is stored."""
    reject_other_than_json(request)
    return await request.body()


@router.get(
    "/v1/recordings/{recording_id}/review",
    response_class=Response,
    responses={
        200: {"description": "The review, as it was written.", **REVIEW, **ETAG_HEADER},
        **documented(
            "unknown_recording", "no_result", "no_review", "not_reviewable", "storage_unavailable"
        ),
    },
)
def get_review(request: Request, recording_id: RecordingId) -> Response:
    """Return the review of a recording, and its version in the header `ETag`."""
    services = services_of(request)
    require_result_folder(services.results, recording_id)
    found = services.uploads.read_version(_review_key(services, recording_id), MAX_BYTES + 1)
    if found is None:
        raise ProblemError("no_review", "PUT the first one with the header `If-None-Match: *`.")
    try:
        read_review(found[0])
    except ReviewError:  # it was put there without the API, which takes no such review
        raise ProblemError(
            "not_reviewable",
            "The review beside it is damaged: put an intact one in its place, or delete it.",
        ) from None
    return Response(found[0], media_type=JSON, headers={"ETag": found[1]})


@router.put(
    "/v1/recordings/{recording_id}/review",
    responses={
        200: ETAG_HEADER,
        **documented(
            "unknown_recording", "no_result", "not_reviewable", "review_of_other_beats",
            "review_changed", "condition_required", "storage_unavailable",
        ),
    },
    openapi_extra={"requestBody": {"required": True, **REVIEW}},
)  # fmt: skip
def put_review(
    request: Request,
    response: Response,
    *,
    recording_id: RecordingId,
    body: Annotated[bytes, Depends(_json_body)],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> ReviewSavedResponse:
    """Replace the review of a recording, which is then scored anew.

    The header `If-Match` names the version that is replaced; `If-None-Match: *` writes the first
    review.
    """
    if (if_match is None) == (if_none_match is None):
        raise ProblemError("condition_required", "Send either If-Match or If-None-Match.")
    services = services_of(request)
    beats = _reviewed_beats(body)
    folder = require_result_folder(services.results, recording_id)
    summary = services.results.read(folder + SUMMARY_FILE) or {"provenance": {}}
    if beats != summary["provenance"].get("beats_sha256"):
        raise ProblemError(
            "review_of_other_beats",
            "The recording was analysed anew since. Open its present report and review that.",
        )
    etag = services.uploads.write_if(_review_key(services, recording_id), body, if_match)
    if etag is None:
        raise ProblemError("review_changed", "Read the present review, and put yours on top of it.")
    response.headers["ETag"] = etag
    return ReviewSavedResponse(recording_id=recording_id, sha256=review_digest(body))


def _reviewed_beats(body: bytes) -> str:
    """Return the digest of the beats that a review names.

    Raises
    ------
    ProblemError
        If the body is too large or no review.
    """
    if len(body) > MAX_BYTES:
        raise ProblemError("too_large", f"Expected at most {MAX_BYTES} bytes.")
    try:
        return read_review(body).beats
    except ReviewError as error:
        raise ProblemError("invalid_request", str(error)) from None


def _review_key(services: Services, recording_id: str) -> str:
    """Return the key of a recording's review in the uploads bucket.

    Raises
    ------
    ProblemError
        If the recording's key is not noted.
    """
    note = services.uploads.read_version(upload_key_note(recording_id), MAX_NOTE_BYTES)
    if note is None:
        raise ProblemError(
            "not_reviewable",
            "An older version scored it: upload it again, or put NAME.review.json beside it.",
        )
    key: str = json.loads(note[0])["key"]
    return without_suffix(key) + REVIEW_SUFFIX
