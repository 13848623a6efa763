"""The full disclosure in Chromium."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from unit.small_recordings import RATE, ecg, every, scored_of

from deepecg.outputs.disclosure.disclosure_page import write_disclosure
from deepecg.outputs.report.recording_clock import Clock
from deepecg.scored_recording import ScoredRecording

DURATION_S = 26 * 3600
START = datetime(2024, 3, 1, 9, 58, 40)
BEATS_S = every(0.8, DURATION_S)
V_AT_S = (7_200.5, 7_201.3, 50_000.5)


@pytest.fixture(scope="module")
def scored() -> ScoredRecording:
    """Return 26 hours in which two minutes have ventricular beats; an hour and more is lost."""
    at = {int(np.argmin(np.abs(BEATS_S - v_s))) for v_s in V_AT_S}
    classes = "".join("V" if beat in at else "N" for beat in range(len(BEATS_S)))
    minute = np.tile(ecg(every(0.8, 60, 0.5), 60), DURATION_S // 60)
    return scored_of(
        BEATS_S,
        classes,
        rate=RATE,
        duration_s=DURATION_S,
        signal_mv=minute,
        bad={"flat": range(60_000, 64_000)},
    )


@pytest.fixture(scope="module")
def address(scored: ScoredRecording, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = Path(tmp_path_factory.mktemp("disclosure"), "disclosure.html")
    write_disclosure(scored, path, "0123456789abcdef0123", Clock(START, DURATION_S))
    return path.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        opened = context.new_page()
        complaints: list[str] = []
        asked: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        opened.goto(address)
        yield opened
        assert not complaints
        assert {url for url in asked if not url.startswith("data:")} == {address}


def colours(page: Page, row: int) -> dict[str, int]:
    """Return how many pixels of each colour a drawn row has."""
    canvas = page.locator(f'.row[data-row="{row}"][data-lead] canvas')
    found: dict[str, int] = canvas.evaluate(
        """canvas => {
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const count = {};
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] < 100) continue;
            const key = [data[i], data[i + 1], data[i + 2]].join();
            count[key] = (count[key] || 0) + 1;
          }
          return count;
        }"""
    )
    return found


def row_of(at_s: float) -> int:
    """Return the number of the row, which is a minute of the clock."""
    return int((at_s + START.second) // 60)


def label_of(at_s: float) -> str:
    moment = START + timedelta(seconds=at_s)
    return f"{moment.day} Mar {moment:%H:%M}"


def test_only_rows_near_the_screen_are_drawn(page: Page) -> None:
    expect(page.locator(".row")).to_have_count(26 * 60 + 1)
    expect(page.locator('.row[data-row="0"][data-lead] canvas')).to_be_visible()
    assert 10 < page.locator(".row[data-lead]").count() < 60


def test_an_address_with_a_time_shows_and_marks_its_minute(page: Page, address: str) -> None:
    page.goto(f"{address}#t=50000.5")
    marked = page.locator(".row.marked")
    expect(marked).to_be_in_viewport()
    expect(marked.locator("b")).to_have_text(label_of(50_000.5))
    expect(marked.locator("canvas")).to_have_attribute("aria-label", _has("1 of class V"))
    found = colours(page, row_of(50_000.5))
    assert found.get("255,213,74", 0) > 50, "the mark"
    assert found.get("168,67,0", 0) > 10, "the ventricular beat"
    dark = [n for key, n in found.items() if max(map(int, key.split(","))) < 120]
    assert sum(dark) > 100, "the trace"


def test_lost_time_is_hatched(page: Page, address: str) -> None:
    page.goto(f"{address}#t=61000")
    canvas = page.locator(".row.marked canvas")
    expect(canvas).to_have_attribute("aria-label", _has("60 s not analysable"))


def test_a_time_of_day_is_found_by_keyboard(page: Page) -> None:
    page.keyboard.press("t")
    page.keyboard.type("9:05")
    page.keyboard.press("Enter")
    expect(page.locator("#jump-status")).to_have_text("The recording does not contain this time")
    page.locator("#day").select_option("2 Mar")
    page.locator("#time").press("Enter")
    expect(page.locator(".row.marked b")).to_have_text("2 Mar 09:05")
    expect(page.locator(".row.marked")).to_be_in_viewport()


def test_keys_lead_from_one_minute_with_ectopic_beats_to_the_next(page: Page) -> None:
    marked = page.locator(".row.marked b")
    page.keyboard.press("n")
    expect(marked).to_have_text(label_of(V_AT_S[0]))
    page.keyboard.press("n")
    expect(marked).to_have_text(label_of(V_AT_S[2]))
    page.keyboard.press("n")
    expect(page.locator("#jump-status")).to_have_text("No later minute has V or S")
    page.keyboard.press("p")
    expect(marked).to_have_text(label_of(V_AT_S[0]))


def test_samples_read_from_the_page_are_the_signal(page: Page, scored: ScoredRecording) -> None:
    read = """async block => {
      const element = document.querySelectorAll("script.block")[block];
      const {document: {rows}, levels} = await unpackLevels(element);
      return [rows, [...levels]];
    }"""
    rows, levels = page.evaluate(read, 40)
    assert len(rows) == 10
    first = round(rows[0]["from_s"] * RATE)
    assert rows[0]["from_s"] == 400 * 60 - START.second
    signal = scored.conditioned.signal[first : first + len(levels)]
    np.testing.assert_allclose(0.01 * np.array(levels), signal, atol=0.0051)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_as_wide_as_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator('.row[data-row="0"][data-lead] canvas')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def _has(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
