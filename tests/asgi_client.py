"""Calls the API in process: no server, and no thread but those of the application."""

import asyncio
from typing import Any, Self

import httpx
from fastapi import FastAPI

HOST = "http://api.example"


class Caller:
    """Sends requests to an application, one at a time.

    Starlette's test client asks for a package of its own, and gives every request a thread.

    Parameters
    ----------
    app : FastAPI
        What is called. A failure that it lets through fails the test.
    loop : asyncio.AbstractEventLoop, optional
        For tests that may not open sockets, which a new loop would.
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
        """Return the answer; arguments are those of ``httpx.Client.request``."""
        return self._loop.run_until_complete(self._client.request(method, path, **arguments))

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self("GET", path, **arguments)

    def post(self, path: str, body: Any) -> httpx.Response:
        """Send a body as JSON."""
        return self("POST", path, json=body)
