"""Presigned URLs of results: as a redirect, or as JSON for callers that cannot follow one.

A page that sends a token with its requests cannot follow the redirect: the browser would send the
token to S3 as well, and S3 would reject it. Such a page requests JSON with the header ``Accept``.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url
from fastapi import APIRouter, Request, Response
from pydantic import Field

from deepecg.cloud.api.api_services import services_of
from deepecg.cloud.api.base_models import ApiResponse, with_example
from deepecg.cloud.api.problem_details import ProblemError, documented
from deepecg.cloud.presigned_urls import URL_VALID_FOR

HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}
JSON = "application/json"
HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""A host name or IP address, with or without a port."""

LOCATION = {"headers": {"Location": {"required": True, "schema": {"type": "string"}}}}
"""The header of a response, in the form of FastAPI's ``responses``."""
Handler = Callable[..., Response]


class ResultUrlResponse(ApiResponse):
    """A presigned URL of one result: whoever has it can fetch the result until it expires."""

    model_config = with_example(
        url="https://results.s3.eu-central-1.amazonaws.com/recordings/...",
        expires_at="2026-11-22T19:05:00Z",
    )

    url: str
    expires_at: datetime = Field(description="Time after which S3 rejects the URL.")


def result_route(
    router: APIRouter, *problems: str
) -> Callable[[str], Callable[[Handler], Handler]]:
    """Return ``router.get`` for routes that return :func:`result_url_response`.

    Parameters
    ----------
    router : APIRouter
        The router of the routes.
    *problems : str
        Codes of the routes' problems besides that the storage does not respond.
    """
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": f"The URL of the result, if the header `Accept` contains `{JSON}`."},
        307: {"description": "Redirect to the result, for any other `Accept`.", **LOCATION},
        **documented(*problems, "storage_unavailable"),
    }
    return partial(router.get, response_model=ResultUrlResponse, responses=responses)


def result_url_response(request: Request, key: str, *, saved_as: str | None = None) -> Response:
    """Return the presigned URL of an existing object in the results bucket.

    Parameters
    ----------
    request : Request
        Its header ``Accept`` decides between JSON and a redirect.
    key : str
        Key of the object.
    saved_as : str, optional
        Name of the file that browsers save; without it, they show the object.
    """
    services = services_of(request)
    expires_at = datetime.now(UTC).replace(microsecond=0) + URL_VALID_FOR
    url = services.presigner.get(
        services.results.bucket,
        key,
        disposition=f'attachment; filename="{saved_as}"' if saved_as else "inline",
        origin=called_origin(request),
    )
    if not _wants_json(request):
        headers = {"Location": url, **HEADERS}
        return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)
    body = ResultUrlResponse(url=url, expires_at=expires_at).model_dump_json()
    return Response(body, headers=HEADERS, media_type=JSON)


def called_origin(request: Request) -> str:
    """Return scheme and host under which the caller reached the API.

    Raises
    ------
    ProblemError
        If the header ``Host`` contains no valid host.
    """
    host = request.headers.get("host", "")
    origin = f"{request.scope['scheme']}://{host}"
    if HOST.fullmatch(host) is None or not _is_endpoint(origin):
        raise ProblemError(
            "invalid_request",
            "The header Host contains no valid host name.",
            status=HTTPStatus.BAD_REQUEST,
        )
    return origin


def _is_endpoint(url: str) -> bool:
    """Return whether S3 clients accept a URL as endpoint."""
    try:
        is_port = urlsplit(url).port != 0
    except ValueError:  # no IP address between brackets, or too large a port
        return False
    return is_port and (is_valid_endpoint_url(url) or is_valid_ipv6_endpoint_url(url))


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "").split(",")
    return any(item.partition(";")[0].strip().lower() == JSON for item in accepted)
