"""Real Chromium, offline: the browser that the tests need beside Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PATIENCE_MS, find_chromium, launch_chromium
from playwright.sync_api import Browser, expect, sync_playwright
from synthetic_summary import made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.report.report_page import render_report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))  # they share one browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium from DEEPECG_CHROMIUM or PATH.

    Not for the whole session: while it is open, Playwright's event loop runs in this thread, and
    other tests could run none of their own.
    """
    if find_chromium() is None:
        pytest.skip("needs Chromium: on Debian `apt-get install chromium`, or DEEPECG_CHROMIUM")
    with sync_playwright() as playwright:
        launched = launch_chromium(playwright)
        expect.set_options(timeout=PATIENCE_MS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a made-up report."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(
        render_report(summary_of(made_up_summary()), made_up_graphics()), encoding="utf-8"
    )
    return path.as_uri()
