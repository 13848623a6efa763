"""Every error as a problem document (RFC 9457).

A problem document repeats nothing of the request, except the name of an unknown field.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Response
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:deepecg:problem:"
MAX_ERRORS = 20
"""Most errors in one document: a body of a hundred thousand strings would have as many."""
EXAMPLE_DETAIL = "What to do about this one."


@dataclass(frozen=True)
class ProblemKind:
    """What all problems with one code have in common.

    Attributes
    ----------
    status : HTTPStatus
        Status of the response.
    title : str
        Short description for people.
    """

    status: HTTPStatus
    title: str


PROBLEM_KINDS = {
    "invalid_request": ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as documented"
    ),
    "unknown_path": ProblemKind(HTTPStatus.NOT_FOUND, "There is nothing at this path"),
    "method_not_allowed": ProblemKind(
        HTTPStatus.METHOD_NOT_ALLOWED, "The path does not accept this method"
    ),
    "unsupported_media_type": ProblemKind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"
    ),
    "too_large": ProblemKind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
    "unknown_recording": ProblemKind(HTTPStatus.NOT_FOUND, "There is no recording with this ID"),
    "no_result": ProblemKind(HTTPStatus.NOT_FOUND, "The recording has no such result"),
    "unknown_night": ProblemKind(HTTPStatus.NOT_FOUND, "There is nothing for this night"),
    "same_name_twice": ProblemKind(HTTPStatus.CONFLICT, "Two files have the same name"),
    "storage_unavailable": ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The storage does not respond"
    ),
    "model_mismatch": ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "Model and software do not match"
    ),
    "internal_error": ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR, "An error occurred in the service"
    ),
}
"""All kinds of problems by their code."""


@dataclass(frozen=True)
class Fault:
    """One error in a request.

    Attributes
    ----------
    code : str
        What is wrong, for software.
    detail : str
        What is wrong, for people; repeats nothing of the request.
    pointer : str or None
        Place in the body: a JSON pointer as a URI fragment.
    parameter : str or None
        Name of the path or query parameter.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def document(self) -> dict[str, str]:
        """Return the error as an item of the problem document."""
        place = {"pointer": self.pointer, "parameter": self.parameter}
        given = {name: value for name, value in place.items() if value is not None}
        return {**given, "code": self.code, "detail": self.detail}


class ProblemError(HTTPException):
    """A request whose response is a problem document.

    Attributes
    ----------
    code : str
        A key of :data:`PROBLEM_KINDS`.
    faults : sequence of Fault
        The errors in the request.
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
        super().__init__(int(status or PROBLEM_KINDS[code].status), detail, headers)
        self.code = code
        self.faults = faults

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": PROBLEM_KINDS[self.code].title,
            "status": self.status_code,
            "detail": self.detail,
            "code": self.code,
        }
        if self.faults:
            document["errors"] = [fault.document() for fault in self.faults[:MAX_ERRORS]]
        return document

    def response(self) -> Response:
        """Return the HTTP response."""
        body = json.dumps(self.document()).encode()
        return Response(body, self.status_code, self.headers, MEDIA_TYPE)


PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "An error (RFC 9457). Contains names of fields, never their values.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "`urn:deepecg:problem:CODE`"},
        "title": {"type": "string", "description": "The kind of problem, for people."},
        "status": {"type": "integer", "description": "HTTP status of the response."},
        "detail": {"type": "string", "description": "What to do about this problem."},
        "code": {
            "type": "string",
            "enum": list(PROBLEM_KINDS),
            "description": "The kind of problem, for software.",
        },
        "errors": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ERRORS,
            "description": f"The first {MAX_ERRORS} errors in the request.",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "Place in the body: a JSON Pointer as a URI fragment.",
                    },
                    "parameter": {
                        "type": "string",
                        "description": "Name of the path or query parameter.",
                    },
                    "code": {"type": "string", "description": "What is wrong, for software."},
                    "detail": {"type": "string", "description": "What is wrong, for people."},
                },
            },
        },
    },
    "examples": [
        ProblemError(
            "invalid_request",
            "See errors.",
            [Fault("finite_number", "Input should be a finite number", "#/samples_mv/3")],
        ).document()
    ],
}
"""JSON Schema of a problem document."""


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the problems of a route in the form of FastAPI's ``responses``.

    Name only those of the route itself: ``openapi_docs.py`` adds those that every route can
    return (``invalid_request``, ``too_large``, ``internal_error``, …).
    """
    by_status: dict[int | str, list[ProblemError]] = {}
    for code in codes:
        problem = ProblemError(code, EXAMPLE_DETAIL)
        by_status.setdefault(problem.status_code, []).append(problem)
    return {status: documented_response(*problems) for status, problems in by_status.items()}


def documented_response(*problems: ProblemError) -> dict[str, Any]:
    """Return the OpenAPI response object for any of these problems."""
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {problem.code: {"value": problem.document()} for problem in problems},
    }
    titles = (f"{PROBLEM_KINDS[problem.code].title} (`{problem.code}`)" for problem in problems)
    return {"description": "; ".join(titles), "content": {MEDIA_TYPE: content}}


def internal_error() -> ProblemError:
    """Return the problem for an unexpected exception; it says nothing about the exception."""
    return ProblemError("internal_error", "The error was logged. Report it to the operator.")


def not_json() -> ProblemError:
    """Return the problem for a body that is not valid JSON."""
    return ProblemError(
        "invalid_request", "The body is not valid JSON.", status=HTTPStatus.BAD_REQUEST
    )
