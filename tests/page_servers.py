"""Serve the upload page to tests: with the whole service, or with a made-up API."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from chromium import PATIENCE_MS
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

from deepecg.cloud.api.problem_details import ProblemError
from deepecg.cloud.settings import ApiSettings
from deepecg.cloud.upload_page.render_page import render_page

MADE_UP = "https://ecg.test"
"""Address of the page with the made-up API; no request leaves the browser."""
Answer = Callable[[Route], None]


@contextmanager
def served() -> Iterator[str]:
    """Run ``deepecg serve``; yield the address of the page."""
    command = [sys.executable, "-m", "deepecg", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        log = process.stdout
        assert log is not None
        address = next(word for word in log.readline().split() if "://" in word)
        reader = Thread(target=log.read)  # a full pipe would block the service
        reader.start()
        try:
            yield address
        finally:
            process.terminate()
            reader.join()


class Watch:
    """Collects console messages, script errors, and requests to other origins than the allowed."""

    def __init__(self, context: BrowserContext, *origins: str) -> None:
        self.complaints: list[str] = []
        self._origins = origins
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", lambda request: self._look(request.url))
        self.excused: tuple[str, ...] = ()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.location["url"].endswith("/favicon.ico"):
            return  # browsers request it for documents that name no icon, such as JSON
        if not any(excuse in message.text for excuse in self.excused):
            self.complaints.append(message.text)

    def _look(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and not url.startswith(self._origins):
            self.complaints.append(f"request to {parts.scheme}://{parts.netloc}")


@contextmanager
def opened(
    browser: Browser, address: str, *others: str, width: int = 1200
) -> Iterator[tuple[BrowserContext, Watch]]:
    """Yield a browser context for a page and its watch; fails if the watch has complaints."""
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        watch = Watch(context, address, *others)
        yield context, watch
        assert not watch.complaints, watch.complaints


class MadeUpApi:
    """Answers a page's requests by method and path, without a server.

    Parameters
    ----------
    context : BrowserContext
        The context whose requests it answers.
    settings
        Settings of the page that differ from the defaults.
    """

    def __init__(self, context: BrowserContext, **settings: Any) -> None:
        page = render_page(
            ApiSettings(
                uploads_bucket="uploads",
                results_bucket="results",
                model_folder=Path("model"),
                time_zone=ZoneInfo("UTC"),
                **{"authorisation": "none"} | settings,
            ),
            "'self'",
            "'self'",
        )
        self._headers = {"Content-Security-Policy": page.policy}
        self._html = page.html
        self.answers: dict[str, Answer] = {
            "GET /": self._page,
            "GET /v1/recordings": answer({"recordings": [], "next_cursor": None}),
            "GET /v1/nights": answer({"nights": [], "next_cursor": None}),
        }
        context.route(f"{MADE_UP}/**", self._answer)

    def takes(self, recording_id: str, n_files: int = 1) -> None:
        """Accept upload requests and files of a recording."""
        forms = [{"url": f"{MADE_UP}/storage", "fields": {"key": str(n)}} for n in range(n_files)]
        accepted = {"recording_id": recording_id, "expires_at": "2099-01-01T00:00:00Z"}
        self.answers["POST /v1/recordings"] = answer({**accepted, "uploads": forms}, 201)
        self.answers["POST /storage"] = lambda route: route.fulfill(status=204)

    def _page(self, route: Route) -> None:
        route.fulfill(body=self._html, content_type="text/html", headers=self._headers)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        self.answers[f"{route.request.method} {path}"](route)


def answer(document: dict[str, Any], status: int = 200) -> Answer:
    """Return a handler that sends a JSON document."""
    return lambda route: route.fulfill(status=status, json=document)


def answer_problem(code: str, detail: str) -> Answer:
    """Return a handler that sends a problem document."""
    problem = ProblemError(code, detail)
    return answer(msgspec.to_builtins(problem.document()), problem.status_code)


def in_turn(*answers: Answer) -> Answer:
    """Return a handler that uses one handler after the other; the last one stays."""
    left = list(answers)

    def answer_next(route: Route) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        now(route)

    return answer_next


def expect_empty_lists(page: Page) -> None:
    """Wait until a page shows its lists, which are empty."""
    expect(page.locator("#recordings-list")).to_contain_text("There are no recordings yet.")
    expect(page.locator("#nights-list")).to_contain_text("There are no nights yet.")


def upload_card(page: Page, name: str) -> Any:
    """Return the card of an upload."""
    return page.locator("li.upload", has=page.get_by_role("heading", name=name, exact=True))
