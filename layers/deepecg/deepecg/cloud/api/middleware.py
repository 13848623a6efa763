"""What surrounds every request: a line in the log, a limit of its size, headers of the answer.

Plain ASGI, each a function call: Starlette's ``BaseHTTPMiddleware`` would start a task a request.
"""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepecg.cloud.api.problem_details import ProblemError, internal_error
from deepecg.cloud.error_logging import describe_failure
from deepecg.cloud.logger import Log

MAX_BODY_BYTES = 5_000_000
"""API Gateway and Lambda take 6 MB, headers and escapes included."""
MAX_DIGITS = 20
"""As many of a declared length are read; with more of them, it is too large anyhow."""
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
NO_STORE = (b"cache-control", b"no-store")
PATIENTS = "/v1/"
"""Below this path answers are about patients, and no cache is to keep them."""


class Middleware:
    """Surrounds requests; whatever else a server sends passes by."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle what a server sends."""
        await (self.answer if scope["type"] == "http" else self.app)(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        raise NotImplementedError


class RequestLog(Middleware):
    """Logs one line a request, and answers failures that nobody foresaw.

    A line holds the route's template, never the path: what callers put into it may be anything.
    Failures are caught here, before Starlette, uvicorn or Mangum log their messages, which may
    name a patient.
    """

    def __init__(self, app: ASGIApp, log: Log) -> None:
        super().__init__(app)
        self.log = log

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        began_s = time.perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note_status)
        except Exception as error:
            self.log.error("failed", **describe_failure(error))
            if status:  # half of an answer is out
                raise
            await internal_error().response()(scope, receive, note_status)
        self.log.info(
            "answered",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            status=status,
            ms=round(1000 * (time.perf_counter() - began_s), 1),
        )


class AnswerHeaders(Middleware):
    """Adds the headers that every answer has."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                headers.extend(SECURITY_HEADERS)
                is_said = any(name == NO_STORE[0] for name, _ in headers)
                if scope["path"].startswith(PATIENTS) and not is_said:
                    headers.append(NO_STORE)
            await send(message)

        await self.app(scope, receive, add_headers)


class BodyLimit(Middleware):
    """Refuses bodies that are too large: by what they say, or while they come in."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        declared = dict(scope["headers"]).get(b"content-length", b"")[:MAX_DIGITS]
        if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
            await _too_large().response()(scope, receive, send)
            return
        n_bytes = 0

        async def receive_some() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > MAX_BODY_BYTES:
                raise _too_large()
            return message

        await self.app(scope, receive_some, send)


def _too_large() -> ProblemError:
    return ProblemError("too_large", f"Expected at most {MAX_BODY_BYTES} bytes.")
