"""The page of the nightly report in Chromium."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from synthetic_nights import fill

from deepecg.night.folder_night_store import FolderStore
from deepecg.night.make_report import make_night
from deepecg.night.night_report import DeadLettersOfDate
from deepecg.outputs.warning_texts import warning_text

NIGHT = date(2026, 11, 21)
JUDGED = 10
"""Metrics that are compared with earlier nights."""
MM = 96 / 25.4
"""Pixels of CSS."""
A4_INSIDE_MM = 210 - 2 * 12


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the report on a made-up night that differs from the 28 nights before it."""
    results = tmp_path_factory.mktemp("results")
    store = FolderStore(results)
    fill(store, NIGHT, 260, seed=5, n_before=60, noise=4.0)
    report = make_night(NIGHT, store, dead_letters=DeadLettersOfDate(1, is_complete=False))
    first = results / "reports" / "2026-11-21" / (report.ranked[0].report or "")
    first.parent.mkdir(parents=True)
    first.write_text("<title>The recording's own report</title>", encoding="utf-8")
    return results / "reports" / "2026-11-21"


@pytest.fixture
def report(night: Path) -> dict[str, Any]:
    """The JSON report beside the page."""
    found: dict[str, Any] = json.loads((night / "report.json").read_bytes())
    return found


@pytest.fixture
def page(browser: Browser, night: Path) -> Iterator[Page]:
    """The opened page; fails on console messages and further requests."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        opened = context.new_page()
        complaints: list[str] = []
        asked: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto((night / "index.html").as_uri())
        yield opened
        assert not complaints
        assert {url for url in asked if not url.endswith("/report.html")} == {
            (night / "index.html").as_uri()
        }


def cut(page: Page) -> list[str]:
    """Return the elements that exceed the page, their cell or their drawing."""
    found: list[str] = page.evaluate(
        """() => {
          const out = [];
          const width = document.documentElement.clientWidth;
          for (const e of document.querySelectorAll("body *")) {
            const box = e.getBoundingClientRect();
            if (!box.width || e.closest(".unseen, .skip, thead")) continue;
            if (box.right > width + 1 || box.left < -1) out.push(e.outerHTML.slice(0, 120));
          }
          for (const e of document.querySelectorAll("td, dd, dt, li, p, caption"))
            if (e.scrollWidth > e.clientWidth + 1 && !e.closest(".unseen"))
              out.push(e.outerHTML.slice(0, 120));
          for (const text of document.querySelectorAll("svg text")) {
            const box = text.getBoundingClientRect();
            const around = text.ownerSVGElement.getBoundingClientRect();
            if (box.left < around.left - 1 || box.right > around.right + 1
                || box.top < around.top - 1 || box.bottom > around.bottom + 1)
              out.push(text.outerHTML);
          }
          return out;
        }"""
    )
    return found


def test_it_opens_without_complaint_and_shows_the_night(page: Page, report: dict[str, Any]) -> None:
    expect(page).to_have_title("Nightly report 2026-11-21 · Deep-ECG")
    expect(page.locator("h1")).to_have_text("Saturday, 21 November 2026")
    tiles = dict(
        page.locator(".tiles > div").evaluate_all(
            "all => all.map(e => ['dt', 'dd'].map(name => e.querySelector(name).innerText))"
        )
    )
    outcomes = report["outcomes"]
    assert tiles == {
        "Uploaded": str(outcomes["uploaded_count"]),
        "Scored": str(outcomes["scored_count"]),
        "With urgent findings": str(report["urgent"]["recordings_count"]),
        "With notable findings": str(report["notable"]["recordings_count"]),
        "Reviewed and signed": str(report["signed_count"]),
        "Rejected": str(outcomes["rejected_count"]),
        "Waiting for parts": str(outcomes["waiting_count"]),
        "Failed or not yet processed": str(outcomes["failed_count"] + outcomes["received_count"]),
    }


def test_its_style_sheet_is_let_through_by_its_own_policy(page: Page) -> None:
    assert page.locator(".tiles").evaluate("e => getComputedStyle(e).display") == "grid"


def test_the_ranked_table_says_what_the_document_says(page: Page, report: dict[str, Any]) -> None:
    shown = page.locator(".ranked .recording").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))"
    )
    assert len(shown) == len(report["ranked"]) == 200
    for cells, row in zip(shown, report["ranked"], strict=True):
        assert cells[0] == str(row["rank"])
        assert cells[1] == row["recording_id"]
        messages = [found["message"] for found in (*row["urgent"], *row["notable"])]
        warned = [warning_text(code).name for code in row["important_warning_codes"]]
        assert cells[2].splitlines() == [*(messages or ["none"]), *warned]
        assert (cells[3] == "Signed") == (row["review_status"] == "final")
        assert float(cells[4]) == pytest.approx(row["ventricular_burden_percent"], abs=0.006)
        assert float(cells[5]) == pytest.approx(row["supraventricular_burden_percent"], abs=0.006)
        assert float(cells[6]) == pytest.approx(row["fibrillation_burden_percent"], abs=0.06)


def test_a_click_leads_to_the_recordings_own_report(page: Page) -> None:
    page.locator(".ranked tbody a").first.click()
    expect(page).to_have_title("The recording's own report")


def test_bars_and_lines_are_drawn_as_the_document_counts(
    page: Page, report: dict[str, Any]
) -> None:
    for kind, name in (
        ("ventricular", "ventricular_burden"),
        ("supraventricular", "supraventricular_burden"),
        ("quality", "analysable"),
    ):
        counts = [bar["recordings_count"] for bar in report["distributions"][name]["bars"]]
        heights = page.locator(f".histogram.{kind} rect").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect().height)"
        )
        labels = page.locator(f".histogram.{kind} .count").all_text_contents()
        assert labels == [str(count) for count in counts]
        scale = max(heights) / max(counts)
        for height, count in zip(heights, counts, strict=True):
            assert height == pytest.approx(scale * count, abs=2)
    expect(page.locator(".spark .tonight")).to_have_count(JUDGED)
    expect(page.locator(".spark .band")).to_have_count(JUDGED)


def test_an_unusual_metric_is_marked_in_words_and_outside_its_band(
    page: Page, report: dict[str, Any]
) -> None:
    shifted = [item for item in report["drift"]["figures"] if item["status"] == "shifted"]
    assert "analysable_percent" in {item["name"] for item in shifted}
    expect(page.locator(".drift .status")).to_have_count(len(shifted))
    expect(page.locator(".verdict.some")).to_contain_text("analysable time lower")
    item = page.locator(".drift li", has_text="Analysable time")
    expect(item.locator(".status")).to_have_text("▼ lower than usual")
    band, dot = item.locator(".band").bounding_box(), item.locator(".tonight").bounding_box()
    assert band is not None
    assert dot is not None
    assert dot["y"] + dot["height"] / 2 > band["y"] + band["height"]


@pytest.mark.parametrize("width", [1440, 1024, 768, 390, 320])
def test_nothing_is_cut_at_any_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert cut(page) == []


def test_on_a_narrow_screen_the_table_is_still_one_for_screen_readers(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    ranked = page.get_by_role("table").first
    n_tiers = page.locator(".ranked .tier").count()
    assert n_tiers == 3
    expect(ranked.get_by_role("row")).to_have_count(1 + n_tiers + 200)
    expect(ranked.get_by_role("columnheader")).to_have_count(10)
    expect(ranked.get_by_role("rowheader")).to_have_count(n_tiers + 200)
    label = page.locator(".ranked td.number[data-label]").first.evaluate(
        "e => getComputedStyle(e, '::before').content"
    )
    assert label == '"V, % of beats"'


def test_printed_on_a4_nothing_is_cut_and_tables_stay_tables(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": int(A4_INSIDE_MM * MM), "height": 900})
    assert cut(page) == []
    for selector, display in ((".ranked tr", "table-row"), (".ranked thead", "table-header-group")):
        shown = page.locator(selector).first.evaluate("e => getComputedStyle(e).display")
        assert shown == display
    expect(page.locator("nav")).to_be_hidden()


def test_it_prints_on_a_handful_of_pages(page: Page) -> None:
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert 4 <= pdf.count(b"/Type /Page\n") <= 14
    assert b"/MediaBox [0 0 594" in pdf or b"/MediaBox [0 0 595" in pdf


def test_the_keyboard_goes_past_the_header_to_the_recordings(page: Page) -> None:
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("Skip to the recordings")
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0, "it is seen while it has the focus"
    page.keyboard.press("Enter")
    expect(page.locator("#recordings")).to_be_focused()


def test_pictures_have_names_that_tell_their_numbers(page: Page, report: dict[str, Any]) -> None:
    pictures = page.get_by_role("img")
    expect(pictures).to_have_count(1 + 3 + JUDGED)
    bars = report["distributions"]["analysable"]["bars"]
    name = page.locator(".histogram.quality").get_attribute("aria-label")
    assert name is not None
    assert name.endswith(f"≥ 99 %: {bars[-1]['recordings_count']}")


def test_recordings_with_important_warnings_can_be_shown_alone(
    page: Page, report: dict[str, Any]
) -> None:
    warned = [row["recording_id"] for row in report["ranked"] if row["important_warning_codes"]]
    assert 0 < len(warned) < len(report["ranked"])
    rows = page.locator(".ranked tr.recording:visible")
    expect(rows).to_have_count(len(report["ranked"]))
    page.get_by_label("Only recordings with important warnings").check()
    expect(rows.locator(".id")).to_have_text(warned)
