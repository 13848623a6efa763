"""Every error as a problem document (RFC 9457).

A problem document repeats nothing of the request, except the name of an unknown field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import Response
from msgspec import UNSET, Meta, UnsetType
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
    status : int
        HTTP status of the response.
    title : str
        Short description for people.
    """

    status: int
    title: str


PROBLEM_KINDS = {
    "invalid_request": ProblemKind(422, "The request is not as documented"),
    "unknown_path": ProblemKind(404, "There is nothing at this path"),
    "method_not_allowed": ProblemKind(405, "The path does not accept this method"),
    "unsupported_media_type": ProblemKind(415, "The body is not JSON"),
    "too_large": ProblemKind(413, "The body is too large"),
    "unknown_recording": ProblemKind(404, "There is no recording with this ID"),
    "no_result": ProblemKind(404, "The recording has no such result"),
    "no_review": ProblemKind(404, "The recording has no review"),
    "not_reviewable": ProblemKind(409, "The recording cannot be reviewed here"),
    "review_of_other_beats": ProblemKind(409, "The review is of other beats than the result's"),
    "review_changed": ProblemKind(412, "The review has changed in the meantime"),
    "condition_required": ProblemKind(428, "The request does not name the version it replaces"),
    "unknown_night": ProblemKind(404, "There is nothing for this night"),
    "same_name_twice": ProblemKind(409, "Two files have the same name"),
    "storage_unavailable": ProblemKind(503, "The storage does not respond"),
    "model_mismatch": ProblemKind(503, "Model and software do not match"),
    "internal_error": ProblemKind(500, "An error occurred in the service"),
}
"""All kinds of problems by their code."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One error in a request; it repeats nothing of the request."""

    code: Annotated[str, Meta(description="What is wrong, for software.")]
    detail: Annotated[str, Meta(description="What is wrong, for people.")]
    pointer: (
        Annotated[str, Meta(description="Place in the body: a JSON Pointer as a URI fragment.")]
        | UnsetType
    ) = UNSET
    parameter: (
        Annotated[str, Meta(description="Name of the path or query parameter.")] | UnsetType
    ) = UNSET


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error (RFC 9457). Contains names of fields, never their values."""

    type: Annotated[
        str, Meta(description="`urn:deepecg:problem:CODE`", extra_json_schema={"format": "uri"})
    ]
    title: Annotated[str, Meta(description="The kind of problem, for people.")]
    status: Annotated[int, Meta(description="HTTP status of the response.")]
    detail: Annotated[str, Meta(description="What to do about this problem.")]
    code: Annotated[
        str,
        Meta(
            description="The kind of problem, for software.",
            extra_json_schema={"enum": list(PROBLEM_KINDS)},
        ),
    ]
    errors: (
        Annotated[
            list[Fault],
            Meta(
                min_length=1,
                max_length=MAX_ERRORS,
                description=f"The first {MAX_ERRORS} errors in the request.",
            ),
        ]
        | UnsetType
    ) = UNSET


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
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status or PROBLEM_KINDS[code].status, detail, headers)
        self.code = code
        self.faults = faults

    def document(self) -> Problem:
        """Return the problem document."""
        return Problem(
            type=TYPE_PREFIX + self.code,
            title=PROBLEM_KINDS[self.code].title,
            status=self.status_code,
            detail=self.detail,
            code=self.code,
            errors=list(self.faults[:MAX_ERRORS]) or UNSET,
        )

    def response(self) -> Response:
        """Return the HTTP response."""
        body = msgspec.json.encode(self.document())
        return Response(body, self.status_code, self.headers, MEDIA_TYPE)


def problem_schema() -> dict[str, Any]:
    """Return the JSON Schema of a problem document, with an example."""
    _, schemas = msgspec.json.schema_components([Problem])
    schema, fault = schemas["Problem"], schemas["Fault"]
    schema["properties"]["errors"]["items"] = {
        name: fault[name] for name in fault if name not in {"title", "description"}
    }
    example = ProblemError(
        "invalid_request",
        "See errors.",
        [Fault("finite_number", "Input should be a finite number", "#/samples_mv/3")],
    )
    return {**schema, "examples": [msgspec.to_builtins(example.document())]}


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
        "examples": {
            problem.code: {"value": msgspec.to_builtins(problem.document())} for problem in problems
        },
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
