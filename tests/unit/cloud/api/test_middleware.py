"""Middleware: log line, body size limit, response headers."""

import json
from collections.abc import AsyncIterator, Callable

import pytest
from asgi_client import Caller
from fastapi import APIRouter, FastAPI, Request, Response
from recorded_log import LogLines

LIMIT_BYTES = 5_000_000


@pytest.fixture
def api(app: FastAPI, call: Callable[[FastAPI], Caller]) -> Caller:
    router = APIRouter()

    @router.post("/v1/lengths/{name}")
    async def length(request: Request, name: str) -> int:
        return len(await request.body())

    @router.get("/v1/kept")
    async def kept() -> Response:
        return Response("", headers={"Cache-Control": "private"})

    app.include_router(router)
    return call(app)


@pytest.mark.parametrize("path", ["/health", "/nothing", "/docs", "/v1/lengths/1"])
def test_every_response_has_the_security_headers(api: Caller, path: str) -> None:
    headers = api.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert not {name for name in headers if name.startswith("access-control")}


def test_responses_with_patient_data_are_not_cached(api: Caller) -> None:
    assert api.get("/v1/nothing").headers["cache-control"] == "no-store"
    assert api.get("/v1/kept").headers.get_list("cache-control") == ["private"]
    assert "cache-control" not in api.get("/health").headers


def test_the_log_contains_the_route_but_nothing_of_the_request(api: Caller, log: LogLines) -> None:
    api("POST", "/v1/lengths/Mueller?name=Mueller", content=b"Mueller")
    (line,) = log.infos
    assert line.pop("ms") >= 0
    assert line == {
        "message": "answered",
        "method": "POST",
        "route": "/v1/lengths/{name}",
        "status": 200,
    }


def test_an_unknown_path_is_not_logged(api: Caller, log: LogLines) -> None:
    api.get("/v1/Mueller")
    assert log.infos[0]["status"] == 404
    assert "Mueller" not in json.dumps(log.infos)


@pytest.mark.parametrize(("n_bytes", "status"), [(LIMIT_BYTES, 200), (LIMIT_BYTES + 1, 413)])
@pytest.mark.parametrize("streamed", [False, True], ids=["declared", "streamed"])
def test_a_body_that_is_too_large_is_rejected(
    api: Caller, n_bytes: int, status: int, streamed: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield (n_bytes - 1) * b" "
        yield b" "

    response = api("POST", "/v1/lengths/1", content=pieces() if streamed else n_bytes * b" ")
    assert response.status_code == status
    if status == 413:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["code"] == "too_large"


@pytest.mark.parametrize("declared", ["5000001", "9" * 5000])
def test_a_declared_length_that_is_too_large_is_rejected(api: Caller, declared: str) -> None:
    headers = {"content-length": declared}
    response = api("POST", "/v1/lengths/1", content=b"1", headers=headers)
    assert response.json()["code"] == "too_large"
