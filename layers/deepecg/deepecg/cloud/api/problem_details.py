"""Every error as a problem document (RFC 9457), which reveals nothing and repeats no input.

But for one thing: a pointer to an unknown field names that field.
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
"""A body of a hundred thousand strings would have as many."""
EXAMPLE_DETAIL = "What can be said of this one."


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
    "description": "What went wrong, as in RFC 9457. Repeats names of fields, never values.",
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

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": KINDS[self.code].title,
            "status": self.status_code,
            "detail": self.detail,
            "code": self.code,
        }
        if self.faults:
            document["errors"] = [fault.document() for fault in self.faults[:MAX_ERRORS]]
        return document

    def response(self) -> Response:
        """Return the answer."""
        body = json.dumps(self.document()).encode()
        return Response(body, self.status_code, self.headers, MEDIA_TYPE)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return problems as FastAPI's ``responses``, for the document.

    Those that any operation may have (``invalid_request``, ``too_large``, ``internal_error``, …)
    need not be named: ``docs.py`` adds them.
    """
    by_status: dict[int | str, list[ProblemError]] = {}
    for code in codes:
        problem = ProblemError(code, EXAMPLE_DETAIL)
        by_status.setdefault(problem.status_code, []).append(problem)
    return {status: documented_response(*problems) for status, problems in by_status.items()}


def documented_response(*problems: ProblemError) -> dict[str, Any]:
    """Return a response that is one of these problems, for the document."""
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {problem.code: {"value": problem.document()} for problem in problems},
    }
    titles = (f"{KINDS[problem.code].title} (`{problem.code}`)" for problem in problems)
    return {"description": "; ".join(titles), "content": {MEDIA_TYPE: content}}


def internal_error() -> ProblemError:
    """Return what is said of a failure that nobody foresaw: nothing."""
    return ProblemError("internal_error", "The failure was logged.")


def not_json() -> ProblemError:
    """Return what is said of a body that is no JSON."""
    return ProblemError("invalid_request", "The body is no JSON.", status=HTTPStatus.BAD_REQUEST)
