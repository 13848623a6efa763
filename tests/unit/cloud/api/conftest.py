"""The application, called in process, without reachable storage."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from asgi_client import Caller
from fastapi import FastAPI
from recorded_log import LogLines

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app
from deepecg.cloud.settings import ApiSettings

LOOP = asyncio.new_event_loop()
"""Created at import, before sockets are blocked: an event loop opens a pair of them."""


@pytest.fixture(scope="session", autouse=True)
def _loop() -> Iterator[None]:
    yield
    LOOP.run_until_complete(LOOP.shutdown_default_executor())
    LOOP.close()


@pytest.fixture
def log() -> LogLines:
    return LogLines()


@pytest.fixture(scope="session")
def services(model_dir: Path) -> Services:
    """Services whose storage cannot be reached."""
    settings = ApiSettings("uploads", "results", model_dir, ZoneInfo("Europe/Berlin"), "none")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "made-up")
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        return Services.connect(settings)


@pytest.fixture
def app(services: Services, log: LogLines) -> FastAPI:
    return create_app(services, log)


@pytest.fixture
def call() -> Iterator[Callable[[FastAPI], Caller]]:
    """Return a function that makes a caller for an application."""
    callers: list[Caller] = []

    def caller_of(app: FastAPI) -> Caller:
        callers.append(Caller(app, LOOP))
        return callers[-1]

    yield caller_of
    for caller in callers:
        caller.__exit__()


@pytest.fixture
def api(app: FastAPI, call: Callable[[FastAPI], Caller]) -> Caller:
    """A caller for the application."""
    return call(app)
