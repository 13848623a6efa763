"""Errors are problem documents (RFC 9457) that repeat nothing of the request."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from asgi_client import Caller
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from recorded_log import LogLines

from deepecg.cloud.api.problem_details import problem_schema
from deepecg.cloud.api.strict_route import StrictRoute
from deepecg.cloud.errors import StorageError
from deepecg.errors import ModelMismatchError, SettingsError

SECRET = "Mueller-Lisa"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Diagnostic(Strict):
    mode: Literal["diagnostic"]
    post_rr_s: float


class Realtime(Strict):
    mode: Literal["realtime"]


Sample = Annotated[float, Field(ge=-50, le=50, allow_inf_nan=False)]


class Body(Strict):
    samples_mv: list[Sample] = Field(max_length=1000)
    way: Annotated[Diagnostic | Realtime, Field(discriminator="mode")] | None = None
    a: dict[str, Annotated[int, Field(ge=0)]] = {}


@pytest.fixture
def api(app: FastAPI, call: Callable[[FastAPI], Caller]) -> Caller:
    router = APIRouter(route_class=StrictRoute)

    @router.post("/v1/bodies/{number}")
    async def take(number: int, body: Body, limit: int = 20) -> int:
        return len(body.samples_mv) + number + limit

    @router.post("/v1/anything")
    async def take_anything(body: JsonValue) -> JsonValue:
        return body

    @router.get("/v1/failures/{kind}")
    def fail(kind: str) -> None:
        raise {
            "storage": StorageError("GetObject", "SlowDown"),
            "model": ModelMismatchError(f"found {SECRET}"),
            "refusal": SettingsError(f"found {SECRET}"),
            "surprise": KeyError(SECRET),
        }[kind]

    app.include_router(router)
    return call(app)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of a response; checks its status, code and schema."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    jsonschema.validate(found, problem_schema())
    assert (found["code"], found["status"]) == (code, status)
    assert found["type"] == f"urn:deepecg:problem:{code}"
    assert SECRET not in response.text
    return found


def pointers(response: Any) -> set[str]:
    found = problem(response, 422, "invalid_request")
    return {error["pointer"] for error in found["errors"]}


def test_a_documented_request_is_accepted(api: Caller) -> None:
    way = {"mode": "diagnostic", "post_rr_s": 0.8}
    response = api.post("/v1/bodies/1?limit=3", {"samples_mv": [1, 2.5], "way": way})
    assert (response.status_code, response.json()) == (200, 6)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/samples_mv"),
        ({"samples_mv": [0, 0, 0, "0.1"]}, "#/samples_mv/3"),
        ({"samples_mv": [0, True]}, "#/samples_mv/1"),
        ({"samples_mv": [0, None]}, "#/samples_mv/1"),
        ({"samples_mv": [1200]}, "#/samples_mv/0"),
        ({"samples_mv": SECRET}, "#/samples_mv"),
        ({"samples_mv": [], "way": {"mode": "diagnostic"}}, "#/way/post_rr_s"),
        ({"samples_mv": [], "way": {"mode": SECRET}}, "#/way"),
        ({"samples_mv": [], "way": {"mode": "realtime", "post_rr_s": 1}}, "#/way/post_rr_s"),
        ({"samples_mv": [], "a": {"b/c~d": -1}}, "#/a/b~1c~0d"),
        ({"samples_mv": [], "unit": SECRET}, "#/unit"),
        # RFC 6901, section 6: characters not allowed in a fragment are percent-encoded.
        ({"samples_mv": [], "a": {'m"n %ä': -1}}, "#/a/m%22n%20%25%C3%A4"),
        (SECRET, "#"),
        (None, "#"),
        ([], "#"),
    ],
)
def test_a_wrong_field_gets_a_pointer(api: Caller, body: Any, pointer: str) -> None:
    headers = {"content-type": "application/json"}
    response = api("POST", "/v1/bodies/1", content=json.dumps(body), headers=headers)
    assert pointers(response) == {pointer}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_nan_and_infinity_get_a_pointer(api: Caller, text: str) -> None:
    response = api(
        "POST",
        "/v1/bodies/1",
        content=f'{{"samples_mv": [0, {text}]}}',
        headers={"content-type": "application/json"},
    )
    assert pointers(response) == {"#/samples_mv/1"}


def test_at_most_twenty_errors_are_returned(api: Caller) -> None:
    found = problem(
        api.post("/v1/bodies/1", {"samples_mv": 900 * [SECRET]}), 422, "invalid_request"
    )
    assert [error["pointer"] for error in found["errors"]] == [
        f"#/samples_mv/{number}" for number in range(20)
    ]


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_too_many_fields_are_rejected_as_one_error(api: Caller, depth: int) -> None:
    body: Any = {f"{SECRET}{number}": 0 for number in range(1001)}
    for _ in range(depth):
        body = {"a": [body]}
    answer = api.post("/v1/bodies/1", body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("#", "too_many_fields")
    assert SECRET not in answer.text


def test_a_thousand_fields_and_any_text_are_accepted(api: Caller) -> None:
    fields = {str(number): number for number in range(998)}
    assert api.post("/v1/bodies/1", {"samples_mv": [0], "a": fields}).status_code == 200
    assert api.post("/v1/bodies/1", {"samples_mv": [0], "a": {3000 * '"': 0}}).status_code == 200


def test_a_long_field_name_is_cut(api: Caller) -> None:
    response = api.post("/v1/bodies/1", {"samples_mv": [], 100_000 * "n": 1})
    assert pointers(response) == {"#/" + 64 * "n"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"samples_mv": [1,]}',
        b'{"samples_mv": "\xff"}',
        b'"\\ud800"',
        100_000 * b"[",
        b"9" * 10_000,
        b"\xef\xbb\xbf1",
        "1".encode("utf-16"),
    ],
    ids=["cut", "comma", "latin-1", "surrogate", "deep", "long-number", "bom", "utf-16"],
)
@pytest.mark.parametrize("path", ["/v1/bodies/1", "/v1/anything"])
def test_a_body_that_is_not_json_is_rejected(api: Caller, path: str, body: bytes) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    response = api("POST", path, content=body, headers=headers)
    assert "errors" not in problem(response, 400, "invalid_request")


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", SECRET],
)
def test_another_content_type_is_rejected(api: Caller, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = api("POST", "/v1/bodies/1", content=b'{"samples_mv": []}', headers=headers)
    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        (f"{SECRET}=1", [("extra_forbidden", None)]),
        ("limit=1&limit=2", [("repeated", "limit")]),
        ("limit=many", [("int_parsing", "limit")]),
        ("limit=", [("int_parsing", "limit")]),
    ],
)
def test_a_wrong_query_parameter_is_named(
    api: Caller, query: str, faults: list[tuple[str, str | None]]
) -> None:
    response = api.post(f"/v1/bodies/1?{query}", {"samples_mv": []})
    found = problem(response, 422, "invalid_request")["errors"]
    assert [(error["code"], error.get("parameter")) for error in found] == faults


def test_a_wrong_path_parameter_is_named(api: Caller) -> None:
    response = api.post(f"/v1/bodies/{SECRET}", {"samples_mv": []})
    (error,) = problem(response, 422, "invalid_request")["errors"]
    assert (error["code"], error["parameter"]) == ("int_parsing", "number")


@pytest.mark.parametrize("path", [f"/{SECRET}", "/v1", "/health/", "/docs/app.py"])
def test_an_unknown_path(api: Caller, path: str) -> None:
    problem(api.get(path), 404, "unknown_path")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", "GET"),
        ("HEAD", "/health", "GET"),
        ("OPTIONS", "/health", "GET"),
        ("GET", "/v1/bodies/1", "POST"),
    ],
)
def test_a_method_that_the_path_does_not_accept(
    api: Caller, method: str, path: str, allowed: str
) -> None:
    response = api(method, path)
    assert response.headers["allow"] == allowed
    assert response.status_code == 405
    if method != "HEAD":
        problem(response, 405, "method_not_allowed")


def test_a_storage_failure_is_returned_and_logged(api: Caller, log: LogLines) -> None:
    response = api.get("/v1/failures/storage")
    problem(response, 503, "storage_unavailable")
    assert int(response.headers["retry-after"]) > 0
    (line,) = log.errors
    assert (line["error"], line["error_code"]) == ("StorageError", "SlowDown")


FAILURES = {
    "model": (503, "model_mismatch", "ModelMismatchError"),
    "refusal": (500, "internal_error", "SettingsError"),
    "surprise": (500, "internal_error", "KeyError"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_reveals_nothing_and_its_message_is_not_logged(
    api: Caller, log: LogLines, kind: str
) -> None:
    status, code, error = FAILURES[kind]
    response = api.get(f"/v1/failures/{kind}")
    found = problem(response, status, code)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert error not in json.dumps(found)
    (line,) = log.errors
    assert line["error"] == error
    assert SECRET not in json.dumps([log.errors, log.infos])
    assert log.infos[-1]["status"] == status
