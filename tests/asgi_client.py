"""Calls the API in process, without a server or further threads."""

import asyncio
from typing import Any, Self

import httpx
from fastapi import FastAPI

HOST = "http://api.example"


class Caller:
    """Sends requests to an application, one at a time.

    Starlette's test client needs a further package and starts a thread for each request.

    Parameters
    ----------
    app : FastAPI
        The application. An exception that it does not handle fails the test.
    loop : asyncio.AbstractEventLoop, optional
        For tests that must not open sockets; a new loop opens a pair of them.
    """

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.new_event_loop()
        self._close_loop = loop is None
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=HOST, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._client.aclose())
        if self._close_loop:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def __call__(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Return the response; arguments are those of ``httpx.Client.request``."""
        return self._loop.run_until_complete(self._client.request(method, path, **arguments))

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self("GET", path, **arguments)

    def post(self, path: str, body: Any) -> httpx.Response:
        """Send a body as JSON."""
        return self("POST", path, json=body)
