"""Accessibility of the pages by axe-core: no violation of any of its rules, light and dark."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.test_page_states import FAILED, ID, PATH, REJECTED, SCORED, VIEWS, full_page
from page_servers import MADE_UP, MadeUpApi, answer, answer_problem, expect_empty_lists
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect
from synthetic_nights import fill
from unit.small_recordings import RATE, ecg, scored_of

from deepecg.night.folder_night_store import FolderStore
from deepecg.night.make_report import make_night
from deepecg.outputs.disclosure.disclosure_page import write_disclosure
from deepecg.outputs.report.recording_clock import Clock

NIGHT = date(2026, 11, 21)
AXE = Axe()
SIZES = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.fixture(params=SIZES, ids=lambda size: "-".join(map(str, size)))
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    scheme, width = request.param
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    ) as found:
        yield found


def expect_accessible(page: Page | Frame) -> None:
    """Hold that axe finds nothing, and that nothing is wider than the screen."""
    found = AXE.run(page).response["violations"]  # type: ignore[arg-type]  # a frame, too
    assert [
        (violation["impact"], violation["id"], [node["html"][:150] for node in violation["nodes"]])
        for violation in found
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module", params=[0, 3, 60], ids="{} uploads".format)
def night(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> str:
    """Address of a night: empty, of few uploads, and one that differs from those before."""
    store = FolderStore(tmp_path_factory.mktemp("results"))
    n: int = request.param
    fill(store, NIGHT, n, seed=5, n_before=n, noise=4.0)
    make_night(NIGHT, store)
    return (store.results / "reports" / NIGHT.isoformat() / "index.html").as_uri()


def test_the_nightly_page(context: BrowserContext, night: str) -> None:
    page = context.new_page()
    page.goto(night)
    expect_accessible(page)


def test_the_report(context: BrowserContext, report: str) -> None:
    page = context.new_page()
    page.goto(report)
    page.locator("details").evaluate_all("all => all.forEach(e => (e.open = true))")
    expect_accessible(page)


def test_the_review_mode_of_the_report(context: BrowserContext, report: str) -> None:
    page = context.new_page()
    page.goto(report)
    review(page)
    expect_accessible(page)


def review(report: Page | Frame) -> None:
    """Open the review mode of a report, and make changes of several kinds."""
    if report.locator("#review-panel").is_hidden():
        report.get_by_role("button", name="Review", exact=True).click()
    report.locator("details").evaluate_all("all => all.forEach(e => (e.open = true))")
    report.get_by_label("Your name").fill("Dr A. Meier")
    report.get_by_label("Class of cluster 1").select_option("Q")
    report.locator("li[data-event='2']").get_by_role("button", name="Remove").click()
    report.locator("#strip-1").get_by_role("button", name="Artefact").click()
    report.locator("#strip-1 .beat").first.click()
    report.locator("body").press("s")
    report.get_by_role("button", name="Rename").first.click()
    expect(report.locator("#review-operations li")).to_have_count(4)


def test_the_full_disclosure(context: BrowserContext, tmp_path: Path) -> None:
    times_s = np.arange(600) + 0.5
    minutes = np.tile(ecg(times_s[:60], 60), 10)
    scored = scored_of(times_s, "NNV" * 200, rate=RATE, duration_s=600.0, signal_mv=minutes)
    path = tmp_path / "disclosure.html"
    write_disclosure(scored, path, "0123456789abcdef0123", Clock(None, 600.0))
    page = context.new_page()
    page.goto(path.as_uri())
    page.get_by_role("button", name="Next V or S").click()
    expect(page.locator(".row[data-lead]").first).to_be_visible()
    expect_accessible(page)


def test_the_review_view_of_the_upload_page(context: BrowserContext, report: str) -> None:
    api = MadeUpApi(context)
    html = Path(report.removeprefix("file://")).read_text(encoding="utf-8")
    api.answers |= {
        PATH: answer(SCORED),
        f"{PATH}/report": answer({"url": f"{MADE_UP}/report.html"}),
        f"{PATH}/review": answer_problem("no_review", "PUT the first one."),
        "GET /report.html": lambda route: route.fulfill(body=html, content_type="text/html"),
    }
    page = context.new_page()
    page.goto(f"{MADE_UP}#review/{ID}")
    expect(page.frame_locator("iframe.report-frame").get_by_label("Your name")).to_be_focused()
    expect_accessible(page)
    frame = page.frames[-1]
    review(frame)
    expect_accessible(frame)


def test_the_upload_page_without_recordings(context: BrowserContext) -> None:
    MadeUpApi(context)
    page = context.new_page()
    page.goto(MADE_UP)
    expect_empty_lists(page)
    expect_accessible(page)


def test_every_view_of_the_upload_page(context: BrowserContext) -> None:
    page = full_page(context)
    for view, last_shown in VIEWS.items():
        page.goto(MADE_UP + view)
        expect(page.locator(last_shown).first).to_be_visible()
        expect_accessible(page)


def test_many_uploads(context: BrowserContext) -> None:
    api = MadeUpApi(context)
    api.takes(ID)
    api.answers[PATH] = answer(REJECTED)
    page = context.new_page()
    page.goto(MADE_UP)
    files = [{"name": f"{n}.edf", "mimeType": "", "buffer": bytes(100)} for n in range(6)]
    page.get_by_label("Choose Holter files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator(".many .note")).to_have_count(6)
    expect_accessible(page)


def test_a_recording_that_failed(context: BrowserContext) -> None:
    api = MadeUpApi(context)
    api.answers[PATH] = answer(FAILED)
    page = context.new_page()
    page.goto(f"{MADE_UP}#recording/{ID}")
    expect(page.locator("#recording-view .note")).to_be_visible()
    expect_accessible(page)


@pytest.mark.parametrize("authorisation", ["iam", "jwt"])
def test_the_page_before_the_sign_in(context: BrowserContext, authorisation: str) -> None:
    MadeUpApi(
        context, authorisation=authorisation, jwt_issuer="https://id.test", jwt_audience="page"
    )
    page = context.new_page()
    page.goto(MADE_UP)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect_accessible(page)
