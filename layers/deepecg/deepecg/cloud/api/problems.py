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
MAX_NAME_LENGTH = 64
"""Longer than any name that is documented."""
WORDS = {
    "dict_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "model_type": "Input should be an object",
    "list_type": "Input should be an array",
    # Pydantic's own sentence repeats the tag that was found.
    "union_tag_invalid": "Input should be one of the documented variants",
}
"""What Pydantic says otherwise, in JSON's words, by its own code."""
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


PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "What went wrong, as in RFC 9457. Never repeats what was sent.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "`urn:deepecg:problem:CODE`"},
        "title": {"type": "string", "description": "The kind of problem, in words."},
        "status": {"type": "integer", "description": "That of the answer."},
        "detail": {"type": "string", "description": "What can be said of this one."},
        "code": {"type": "string", "enum": list(KINDS)},
        "errors": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ERRORS,
            "description": "What is wrong with the request; the first ones, if there are many.",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "Where in the body: a JSON Pointer as a URI fragment.",
                    },
                    "parameter": {
                        "type": "string",
                        "description": "Which parameter of path or query.",
                    },
                    "code": {"type": "string", "description": "What is wrong, for software."},
                    "detail": {"type": "string", "description": "What is wrong, for people."},
                },
            },
        },
    },
    "examples": [
        {
            "type": f"{TYPE_PREFIX}invalid_request",
            "title": KINDS["invalid_request"].title,
            "status": int(KINDS["invalid_request"].status),
            "detail": "See errors.",
            "code": "invalid_request",
            "errors": [
                {
                    "pointer": "#/samples_mv/3",
                    "code": "finite_number",
                    "detail": "Input should be a finite number",
                }
            ],
        }
    ],
}
"""JSON Schema of a problem document."""


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
        super().__init__(int(status or KINDS[code].status), detail, headers)
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
        status: problem_response("; ".join(f"{KINDS[code].title} (`{code}`)" for code in known))
        for status, known in by_status.items()
    }


def problem_response(description: str) -> dict[str, Any]:
    """Return a response that is a problem, for the document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


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
    faults = [_fault(item, error.body) for item in error.errors()[:MAX_ERRORS]]
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


def _fault(item: dict[str, Any], body: Any) -> Fault:
    """Return what Pydantic found, without what it found it in."""
    place, *steps = item["loc"]
    code = item["type"]
    detail = WORDS.get(code, item["msg"])
    if place == "body":
        return Fault(code, detail, pointer=_pointer(steps, body))
    return Fault(code, detail, parameter=_cut(steps[0]) if steps else None)


def _pointer(steps: Sequence[str | int], body: Any) -> str:
    """Return where in the body something is.

    Pydantic's path also names the variants of a model that it tried, which are no part of it.
    The last step need not be there: it may be what is missing.
    """
    found = body
    pointer = "#"
    for number, step in enumerate(steps, start=1):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            if number < len(steps):
                continue
        pointer += "/" + _cut(step).replace("~", "~0").replace("/", "~1")
    return pointer


def _cut(name: str | int) -> str:
    """Return a name, which of an unknown field is the caller's own, at a harmless length."""
    return str(name)[:MAX_NAME_LENGTH]


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
