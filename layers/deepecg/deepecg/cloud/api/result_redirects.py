"""Addresses of results, for a few minutes: as a redirect, or as JSON for who cannot follow one.

A page that sends a token with its requests cannot: the browser would send it on to S3, which
refuses it. So it asks for JSON by the header ``Accept``.
"""

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url
from fastapi import Request, Response
from pydantic import ConfigDict, Field

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.problem_details import ProblemError
from deepecg.cloud.api.recording_models import Answer

TIME_TO_FETCH = timedelta(minutes=5)
"""Long enough to begin a download, too short for an address to be passed on by mistake."""
HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}
JSON = "application/json"
HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""A name or an address, and a port."""


class Address(Answer):
    """Where a result is fetched: needs no further rights, and gives none to anything else."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://results.s3.eu-central-1.amazonaws.com/recordings/...",
                    "expires_at": "2026-11-22T19:05:00Z",
                }
            ]
        }
    )

    url: str
    expires_at: datetime = Field(description="When it is no longer answered.")


ADDRESS_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Where it is, if JSON is asked for by the header `Accept`."},
    307: {
        "description": "Where it is, otherwise.",
        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
    },
}
"""For the document."""


def answer_with_address(
    request: Request, key: str, *, content_type: str, disposition: str = "inline"
) -> Response:
    """Return the address of an object in the results bucket, which must be there.

    Parameters
    ----------
    request : Request
        Says whether JSON is wanted.
    key : str
        The object.
    content_type, disposition : str
        What S3 says of it.
    """
    services = services_of(request)
    expires_at = datetime.now(UTC).replace(microsecond=0) + TIME_TO_FETCH
    url = services.presigner.get(
        services.results.bucket,
        key,
        content_type=content_type,
        disposition=disposition,
        expires_in=TIME_TO_FETCH,
        origin=origin_of(request),
    )
    if not _wants_json(request):
        headers = {"Location": url, **HEADERS}
        return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)
    body = Address(url=url, expires_at=expires_at).model_dump_json()
    return Response(body, headers=HEADERS, media_type=JSON)


def origin_of(request: Request) -> str:
    """Return scheme and host that the API was called by.

    Raises
    ------
    ProblemError
        If the header ``Host`` holds none.
    """
    host = request.headers.get("host", "")
    origin = f"{request.scope['scheme']}://{host}"
    if HOST.fullmatch(host) is None or not _is_endpoint(origin):
        raise ProblemError(
            "invalid_request",
            "The header Host holds no host that an address can be made of.",
            status=HTTPStatus.BAD_REQUEST,
        )
    return origin


def _is_endpoint(url: str) -> bool:
    """Return whether S3's clients take an address."""
    try:
        is_port = urlsplit(url).port != 0
    except ValueError:  # in brackets no address, or too large a port
        return False
    return is_port and (is_valid_endpoint_url(url) or is_valid_ipv6_endpoint_url(url))


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "").split(",")
    return any(item.partition(";")[0].strip().lower() == JSON for item in accepted)
