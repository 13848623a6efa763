"""The page as tests open it: served with the embedded cloud, or with an API made up here."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from chromium import PATIENCE_MS
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

from deepecg.cloud.settings import ApiSettings
from deepecg.cloud.upload_page.render_page import render_page

MADE_UP = "https://ecg.test"
"""Where the page lies whose API is made up; no request leaves the browser."""
Answer = Callable[[Route], None]


@contextmanager
def served() -> Iterator[str]:
    """Run ``deepecg serve``; give the address of the page."""
    command = [sys.executable, "-m", "deepecg", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        log = process.stdout
        assert log is not None
        address = next(word for word in log.readline().split() if "://" in word)
        reader = Thread(target=log.read)  # a full pipe would hold the service up
        reader.start()
        try:
            yield address
        finally:
            process.terminate()
            reader.join()


class Watch:
    """Collects what a page must not do: complain, or ask anybody but its own origin."""

    def __init__(self, context: BrowserContext, *origins: str) -> None:
        self.complaints: list[str] = []
        self._origins = origins
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", lambda request: self._look(request.url))
        self.excused: tuple[str, ...] = ()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.location["url"].endswith("/favicon.ico"):
            return  # browsers look for one where a document, such as JSON, names none
        if not any(excuse in message.text for excuse in self.excused):
            self.complaints.append(message.text)

    def _look(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and not url.startswith(self._origins):
            self.complaints.append(f"asked {parts.scheme}://{parts.netloc}")


@contextmanager
def opened(
    browser: Browser, address: str, *others: str, width: int = 1200
) -> Iterator[tuple[BrowserContext, Watch]]:
    """Give a browser's context for a page, and hold it to having nothing to complain of."""
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        watch = Watch(context, address, *others)
        yield context, watch
        assert not watch.complaints, watch.complaints


class MadeUpApi:
    """Answers a page's requests by path, without any server.

    Parameters
    ----------
    context : BrowserContext
        Whose requests it answers.
    settings
        Of the page, beside what every page has.
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
        """Take announcements and files of a recording."""
        forms = [{"url": f"{MADE_UP}/storage", "fields": {"key": str(n)}} for n in range(n_files)]
        announced = {"recording_id": recording_id, "expires_at": "2099-01-01T00:00:00Z"}
        self.answers["POST /v1/recordings"] = answer({**announced, "uploads": forms}, 201)
        self.answers["POST /storage"] = lambda route: route.fulfill(status=204)

    def _page(self, route: Route) -> None:
        route.fulfill(body=self._html, content_type="text/html", headers=self._headers)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        self.answers[f"{route.request.method} {path}"](route)


def answer(document: dict[str, Any], status: int = 200) -> Answer:
    """Return what answers with a document."""
    return lambda route: route.fulfill(status=status, json=document)


def in_turn(*answers: Answer) -> Answer:
    """Return what answers differently each time; the last one stays."""
    left = list(answers)

    def answer_next(route: Route) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        now(route)

    return answer_next


def expect_empty_lists(page: Page) -> None:
    """Wait until a page has asked for its lists, and was told that they are empty."""
    expect(page.locator("#recordings-list")).to_contain_text("There are no recordings yet.")
    expect(page.locator("#nights-list")).to_contain_text("There are no nights yet.")


def upload_card(page: Page, name: str) -> Any:
    """Return the card of an upload."""
    return page.locator("li.upload", has=page.get_by_role("heading", name=name, exact=True))
