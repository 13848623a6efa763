"""Turn exceptions into problem documents; failures of the service are logged as well."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import UNSET
from starlette.exceptions import HTTPException
from starlette.routing import Match

from deepecg.cloud.api.problem_details import (
    MAX_ERRORS,
    Fault,
    ProblemError,
    internal_error,
    not_json,
)
from deepecg.cloud.error_logging import describe_failure
from deepecg.cloud.errors import StorageError
from deepecg.errors import ModelMismatchError

MAX_NAME_LENGTH = 64
"""Characters of a field name that are repeated: more than any documented name has."""
MESSAGES = {
    "dict_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "model_type": "Input should be an object",
    "list_type": "Input should be an array",
    # Pydantic's own message would repeat the value of the tag.
    "union_tag_invalid": "Input should be one of the documented variants",
}
"""Replacements for messages of Pydantic that use Python's words, by Pydantic's error code."""
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
RETRY_AFTER_S = 5
"""Pause in s that callers are asked to make when S3 fails: short, because people wait."""


def install_handlers(app: FastAPI) -> None:
    """Make an application return a problem document for every error."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StorageError, _storage)
    app.add_exception_handler(ModelMismatchError, _model)


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, RequestValidationError)
    faults = [_fault(item, error.body) for item in error.errors()[:MAX_ERRORS]]
    return ProblemError("invalid_request", "See errors.", faults).response()


async def _http(request: Request, error: Exception) -> Response:
    if isinstance(error, ProblemError):
        return error.response()
    assert isinstance(error, HTTPException)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            problem = ProblemError("unknown_path", "See /openapi.json for all paths.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = {"Allow": ", ".join(_methods(request))}
            problem = ProblemError("method_not_allowed", "See the header Allow.", headers=allowed)
        case HTTPStatus.BAD_REQUEST:
            problem = not_json()
        case _:
            problem = internal_error()
    return problem.response()


async def _storage(request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    request.app.state.log.error("failed", **describe_failure(error))
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return ProblemError("storage_unavailable", "Try again later.", headers=headers).response()


async def _model(request: Request, error: Exception) -> Response:
    request.app.state.log.error("failed", **describe_failure(error))
    return ProblemError("model_mismatch", "Install model and software anew.").response()


def _fault(item: dict[str, Any], body: Any) -> Fault:
    """Return an error found by Pydantic, without the value."""
    place, *steps = item["loc"]
    code = item["type"]
    detail = MESSAGES.get(code, item["msg"])
    if place == "body":
        return Fault(code, detail, pointer=_pointer(steps, body))
    return Fault(code, detail, parameter=_cut(steps[0]) if steps else UNSET)


def _pointer(steps: Sequence[str | int], body: Any) -> str:
    """Return a place in the body as a JSON pointer.

    Pydantic's path also contains the names of the model variants that it tried; these are no keys
    of the body and are skipped. The last step is kept even if the body does not contain it: it may
    be the field that is missing.
    """
    found = body
    pointer = "#"
    for number, step in enumerate(steps, start=1):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            if number < len(steps):
                continue
        pointer += "/" + quote(_cut(step).replace("~", "~0").replace("/", "~1"), safe="~")
    return pointer


def _cut(name: str | int) -> str:
    """Return a field name at a safe length: that of an unknown field is chosen by the caller."""
    return str(name)[:MAX_NAME_LENGTH]


def _methods(request: Request) -> list[str]:
    """Return the methods that the path of a request accepts."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
