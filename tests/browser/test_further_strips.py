"""Strips that are drawn in the browser from packed samples."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from synthetic_summary import EVENTS, made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.graphics.ecg_strips import Cut, Strip
from deepecg.outputs.report.report_page import render_report

N_FURTHER = len(EVENTS) - 1
STEP_MV = 0.01


def strips() -> tuple[Strip, ...]:
    """Return made-up strips: one is cut, one of two leads, one with a lost second."""
    made = list(made_up_graphics().strips)
    signal = made[1].signal_mv.copy()
    signal[:, 300:350] = np.nan
    made[1] = replace(made[1], signal_mv=signal, cut=Cut(300 / 128, 350 / 128, 4000.0))
    both = np.concatenate([made[2].signal_mv, -0.5 * made[2].signal_mv])
    made[2] = replace(made[2], leads=("II", "V1"), signal_mv=both, lost=((), ((1.0, 2.0),)))
    return tuple(made)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return a report with all strips in it, and one that draws all but the first."""
    folder = tmp_path_factory.mktemp("further")
    graphics, found = made_up_graphics(), []
    for name, is_further in (("written", False), ("drawn", True)):
        shown = tuple(
            replace(strip, is_further=is_further and number > 0)
            for number, strip in enumerate(strips())
        )
        html = render_report(
            summary_of(made_up_summary()),
            replace(graphics, strips=shown),
            disclosure="disclosure.html",
        )
        path = Path(folder, f"{name}.html")
        path.write_text(html, encoding="utf-8")
        found.append(path.as_uri())
    return found[0], found[1]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        assert not complaints


def test_a_strip_drawn_in_the_browser_equals_the_written_one(
    page: Page, addresses: tuple[str, str]
) -> None:
    contents = []
    for address in addresses:
        page.goto(address)
        page.evaluate("document.getElementById('further')?.setAttribute('open', '')")
        for figure in page.locator("figure.strip").all():
            figure.scroll_into_view_if_needed()
            expect(figure.locator("svg.paper .trace").first).to_have_attribute("d", re.compile("M"))
        text = "figure => [figure.id, figure.innerHTML.replace(/ tabindex=.0./, '').trim()]"
        contents.append(dict(page.locator("figure.strip").evaluate_all(f"all => all.map({text})")))
    assert len(contents[0]) == len(EVENTS)
    assert contents[0] == contents[1]


def test_samples_read_from_the_page_are_the_signal(page: Page, addresses: tuple[str, str]) -> None:
    page.goto(addresses[1])
    read = """async () => {
      const packed = document.getElementById("packed-strips");
      const {document: strips, levels} = await unpackLevels(packed);
      return [strips, [...levels]];
    }"""
    documents, levels = page.evaluate(read)
    assert len(documents) == N_FURTHER
    for strip in strips()[1:]:
        packed = documents[strip.id]
        first, n_samples = packed["first"], packed["samples"]
        assert n_samples == strip.signal_mv.shape[1]
        for lead, signal in enumerate(strip.signal_mv):
            found = np.array(levels[first + lead * n_samples :][:n_samples]) * -STEP_MV
            np.testing.assert_allclose(found, np.nan_to_num(signal), atol=0.51 * STEP_MV)


def test_a_link_to_a_further_strip_unfolds_and_draws_it(
    page: Page, addresses: tuple[str, str]
) -> None:
    page.goto(addresses[1])
    last = page.locator(f"figure#strip-{len(EVENTS)}")
    expect(last).to_be_hidden()
    assert page.locator("figure.further .trace").count() == 0
    page.locator(f'.events-table a[href="#strip-{len(EVENTS)}"]').focus()
    page.keyboard.press("Enter")
    expect(last).to_be_in_viewport()
    expect(last.locator(".trace").first).to_have_attribute("d", re.compile("M"))
    last.get_by_role("link", name="in the trend").click()
    begin, end = (float(page.locator("#trend-plot").get_attribute(f"data-{edge}") or 0)
                  for edge in ("from", "until"))  # fmt: skip
    assert end - begin == pytest.approx(600)
    # ... and to the list of events
    last.get_by_role("link", name="in the list of events").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#event-{len(EVENTS) - 1}")).to_be_in_viewport()


def test_an_address_with_a_further_strip_shows_it(page: Page, addresses: tuple[str, str]) -> None:
    page.goto(f"{addresses[1]}#strip-4")
    figure = page.locator("figure#strip-4")
    expect(figure).to_be_in_viewport()
    expect(figure.locator(".trace").first).to_have_attribute("d", re.compile("M"))


def test_paper_shows_the_first_strips_only(page: Page, addresses: tuple[str, str]) -> None:
    page.goto(f"{addresses[1]}#strip-4")
    page.emulate_media(media="print")
    expect(page.locator("figure.strip:visible")).to_have_count(1)


def test_a_report_opened_with_a_presigned_address_links_to_no_file_beside_it(
    page: Page, addresses: tuple[str, str]
) -> None:
    page.goto(addresses[1])
    expect(page.locator("td a.to-disclosure[href]")).to_have_count(len(EVENTS))
    expect(page.get_by_text("Open it where you opened this report")).to_be_hidden()
    page.goto(f"{addresses[1]}?X-Amz-Signature=0#strip-4")
    expect(page.locator("figure#strip-4 .links")).to_be_visible()
    expect(page.locator("td a.to-disclosure[href]")).to_have_count(0)
    expect(page.locator("figure .to-disclosure:visible")).to_have_count(0)
    expect(page.get_by_text("Open it where you opened this report")).to_be_visible()
