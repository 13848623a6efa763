"""Every error as a problem document (RFC 9457), which reveals nothing and repeats no input."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from deepecg.cloud.errors import StorageError
from deepecg.cloud.failures import describe_failure
from deepecg.errors import ModelMismatchError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:deepecg:problem:"
MAX_ERRORS = 20
"""A body of a hundred thousand strings would have as many."""
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
RETRY_AFTER_S = 5
"""When S3 did not answer: its own advice is to slow down, and people wait for the answer."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem."""

    status: HTTPStatus
    title: str


KINDS = {
    "invalid_request": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as documented"),
    "unknown_path": Kind(HTTPStatus.NOT_FOUND, "There is nothing at this path"),
    "method_not_allowed": Kind(HTTPStatus.METHOD_NOT_ALLOWED, "The path does not know this method"),
    "unsupported_media_type": Kind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"),
    "too_large": Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
    "unknown_recording": Kind(HTTPStatus.NOT_FOUND, "There is no such recording"),
    "no_result": Kind(HTTPStatus.NOT_FOUND, "The recording has no such result"),
    "unknown_night": Kind(HTTPStatus.NOT_FOUND, "Nothing is known of this night"),
    "same_name_twice": Kind(HTTPStatus.CONFLICT, "Two files have the same name"),
    "storage_unavailable": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "The storage does not answer"),
    "model_mismatch": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The model does not belong to this software"
    ),
    "internal_error": Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here"),
}
"""By code."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request.

    Attributes
    ----------
    code : str
        What is wrong.
    detail : str
        The same for people; repeats nothing of the request.
    pointer : str or None
        Where in the body: a JSON pointer as a URI fragment.
    parameter : str or None
        In which parameter of path or query.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def document(self) -> dict[str, str]:
        """Return what is known, as a problem document has it."""
        fields = {"pointer": self.pointer, "parameter": self.parameter}
        known = {name: value for name, value in fields.items() if value is not None}
        return {**known, "code": self.code, "detail": self.detail}


class ProblemError(HTTPException):
    """A request that is answered with a problem document.

    Attributes
    ----------
    code : str
        A key of :data:`KINDS`.
    faults : sequence of Fault
        What is wrong with the request, in detail.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        *,
        status: HTTPStatus | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status or KINDS[code].status, detail, headers)
        self.code = code
        self.faults = faults

    def response(self) -> Response:
        """Return the answer."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": KINDS[self.code].title,
            "status": self.status_code,
            "detail": self.detail,
            "code": self.code,
        }
        if self.faults:
            document["errors"] = [fault.document() for fault in self.faults[:MAX_ERRORS]]
        body = json.dumps(document, ensure_ascii=False).encode()
        return Response(body, self.status_code, self.headers, MEDIA_TYPE)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return problems as FastAPI's ``responses``, for the document.

    Those that any operation may have (``invalid_request``, ``too_large``, ``internal_error``, …)
    need not be named: ``docs.py`` adds them.
    """
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(int(KINDS[code].status), []).append(code)
    return {
        status: {
            "description": "; ".join(f"{KINDS[code].title} (`{code}`)" for code in known),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, known in by_status.items()
    }


def install(app: FastAPI) -> None:
    """Have an application answer every error with a problem document."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StorageError, _storage)
    app.add_exception_handler(ModelMismatchError, _model)


def internal_error() -> ProblemError:
    """Return what is said of a failure that nobody foresaw: nothing."""
    return ProblemError("internal_error", "The failure was logged.")


async def _problem(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, ProblemError)
    return error.response()


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return not_json().response()
    faults = [_fault(item) for item in found[:MAX_ERRORS]]
    return ProblemError("invalid_request", "See errors.", faults).response()


def not_json() -> ProblemError:
    """Return what is said of a body that is no JSON."""
    return ProblemError("invalid_request", "The body is no JSON.", status=HTTPStatus.BAD_REQUEST)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            found = ProblemError("unknown_path", "See /openapi.json for the paths there are.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = {"Allow": ", ".join(_methods(request))}
            found = ProblemError("method_not_allowed", "See the header Allow.", headers=allowed)
        case HTTPStatus.BAD_REQUEST:
            found = not_json()
        case _:
            found = internal_error()
    return found.response()


async def _storage(request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    request.app.state.log.error("failed", **describe_failure(error))
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return ProblemError("storage_unavailable", "Try again later.", headers=headers).response()


async def _model(request: Request, error: Exception) -> Response:
    request.app.state.log.error("failed", **describe_failure(error))
    return ProblemError("model_mismatch", "The installation is not whole.").response()


def _fault(item: dict[str, Any]) -> Fault:
    """Return what Pydantic found, without what it found it in."""
    place, *path = item["loc"]
    code, detail = item["type"], item["msg"]
    if place == "body":
        return Fault(code, detail, pointer="#" + "".join(f"/{_escaped(step)}" for step in path))
    return Fault(code, detail, parameter=str(path[0]) if path else None)


def _escaped(step: Any) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _methods(request: Request) -> list[str]:
    """Return the methods that the path of a request knows."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
