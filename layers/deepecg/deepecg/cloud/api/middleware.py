"""Middleware around every request: log line, body size limit, response headers.

Plain ASGI: Starlette's ``BaseHTTPMiddleware`` would start a task for each request.
"""

import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deepecg.cloud.api.problem_details import ProblemError, internal_error
from deepecg.cloud.error_logging import describe_failure
from deepecg.cloud.logger_protocol import Log

MAX_BODY_BYTES = 5_000_000
"""Largest request body: API Gateway and Lambda accept 6 MB including headers and escapes."""
MAX_DIGITS = 20
"""Digits of a declared body length that are read; any longer number is too large."""
SECURITY_HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
PATIENT_DATA_PREFIX = "/v1/"
"""Responses below this path contain patient data, so caches must not store them."""


class HttpMiddleware:
    """Base of middleware that handles HTTP requests and passes all other ASGI events on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an ASGI event."""
        handle = self.handle_request if scope["type"] == "http" else self.app
        await handle(scope, receive, send)

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an HTTP request."""
        raise NotImplementedError


class RequestLog(HttpMiddleware):
    """Logs one line for each request, and turns unexpected exceptions into a 500 response.

    The line contains the route's template, never the path, because callers can write anything
    into a path. Exceptions are caught here, before Starlette, uvicorn or Mangum can log their
    messages, which may contain a patient's name.
    """

    def __init__(self, app: ASGIApp, log: Log) -> None:
        super().__init__(app)
        self.log = log

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an HTTP request."""
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
            if status:  # the response has begun, so it cannot be replaced
                raise
            await internal_error().response()(scope, receive, note_status)
        self.log.info(
            "answered",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            status=status,
            ms=round(1000 * (time.perf_counter() - began_s), 1),
        )


class ResponseHeaders(HttpMiddleware):
    """Adds the security headers to every response, and ``no-store`` to those with patient data."""

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an HTTP request."""

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if scope["path"].startswith(PATIENT_DATA_PREFIX):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, add_headers)


class BodyLimit(HttpMiddleware):
    """Rejects bodies that are too large, by their declared length or while they are received."""

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an HTTP request."""
        declared = dict(scope["headers"]).get(b"content-length", b"")[:MAX_DIGITS]
        if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
            await _too_large().response()(scope, receive, send)
            return
        n_bytes = 0

        async def receive_limited() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > MAX_BODY_BYTES:
                raise _too_large()
            return message

        await self.app(scope, receive_limited, send)


def _too_large() -> ProblemError:
    return ProblemError("too_large", f"Expected at most {MAX_BODY_BYTES} bytes. Send less signal.")
