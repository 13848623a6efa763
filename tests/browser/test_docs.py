"""The API's documentation page in Chromium: Swagger UI, loaded from the API's own origin."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from api_operations import OPERATIONS
from playwright.sync_api import Browser, expect
from recorded_log import LogLines

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app
from deepecg.cloud.settings import ApiSettings

PATIENCE_S = 20


@pytest.fixture(scope="module")
def origin(model_dir: Path) -> Iterator[str]:
    """Address of a running API without storage."""
    settings = ApiSettings("uploads", "results", model_dir, ZoneInfo("Europe/Berlin"), "none")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "made-up")
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        app = create_app(Services.connect(settings), LogLines())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until_s = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < until_s:
        time.sleep(0.05)
    (socket,) = server.servers[0].sockets
    host, port = socket.getsockname()
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


def test_every_operation_is_shown_and_can_be_tried(browser: Browser, origin: str) -> None:
    complaints: list[str] = []
    asked: set[str] = set()
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.add(request.url))
        page.goto(f"{origin}/docs")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator(".opblock")).to_have_count(len(OPERATIONS))
        shown = {
            f"{block.locator('.opblock-summary-method').inner_text()} "
            + block.locator(".opblock-summary-path").get_attribute("data-path")
            for block in page.locator(".opblock").all()
        }
        assert shown == OPERATIONS
        health = page.locator(".opblock", has_text="/health")
        health.locator(".opblock-summary-control").click()
        health.get_by_role("button", name="Try it out").click()
        health.get_by_role("button", name="Execute").click()
        expect(health.locator(".live-responses-table .response-col_status")).to_have_text(
            ["Code", "200"]
        )
    assert not complaints
    assert {url for url in asked if not url.startswith((f"{origin}/", "data:"))} == set()
