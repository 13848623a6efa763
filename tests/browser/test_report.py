"""The report of a recording in Chromium."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from synthetic_summary import EVENTS, made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.report.report_page import render_report
from deepecg.rhythm.event_kinds import PAUSE
from deepecg.study import Study

DAY_S = 86_400
START_S = 9.5 * 3600
MM = 96 / 25.4
"""Pixels of CSS."""
A4_WIDTH_MM, MARGIN_MM = 210, 12


PLACE = """path => {
  const box = path.getBBox(), matrix = path.getScreenCTM();
  return [matrix.a * box.x + matrix.e, matrix.a * box.width];
}"""
"""Left edge and width of a path on the screen, without its line's width."""


@pytest.fixture
def page(browser: Browser, report: str) -> Iterator[Page]:
    """The opened report; fails on console messages and further requests."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        opened = context.new_page()
        complaints: list[str] = []
        asked: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(report)
        opened.wait_for_selector(".js #trend-plot[data-from]")
        yield opened
        assert not complaints
        assert [url for url in asked if not url.startswith("data:")] == [report]


def view(page: Page) -> tuple[float, float]:
    """Return the part of the day that the trend shows, in seconds from the start."""
    data = page.locator("#trend-plot").evaluate("e => [e.dataset.from, e.dataset.until]")
    return float(data[0]) - START_S, float(data[1]) - START_S


def test_it_opens_without_complaint_or_request(page: Page) -> None:
    expect(page).to_have_title("Holter ECG report 9f86d081884c7d659a2f")
    expect(page.locator("h1")).to_contain_text("9f86d081884c7d659a2f")


def test_figures_on_the_first_screen_equal_the_summary(page: Page) -> None:
    summary = made_up_summary()
    shown = page.locator(".cards [data-figure]").evaluate_all(
        "all => all.map(e => [e.dataset.figure, e.innerText, e.getBoundingClientRect().bottom])"
    )
    plain = [(path, text) for path, text, _ in shown if re.fullmatch(r"[\d.,]+", text)]
    assert len(plain) > 20
    for path, text in plain:
        value: Any = summary
        for key in path.split("."):
            value = value[key]
        digits = len(text.partition(".")[2])
        assert float(text.replace(",", "")) == pytest.approx(value, abs=0.51 * 10**-digits), path
    assert all(bottom < 900 for _, _, bottom in shown), "the first screen holds them all"
    expect(page.get_by_role("link", name="3 urgent findings")).to_be_in_viewport()


def test_the_trend_is_drawn_with_all_its_lanes(page: Page) -> None:
    plot = page.locator("#trend-plot svg.trend")
    # what is drawn of the whole day: a curve as wide as the view, and fibrillation where it was
    left, width = plot.locator(".view .grid").first.evaluate(PLACE)  # a line from end to end
    assert plot.locator(".curve").evaluate(PLACE)[1] == pytest.approx(width, abs=1)
    for lane, first_s, last_s in (("fibrillation", 70_000, 74_000), ("gap", 30_000, 30_350)):
        assert plot.locator(f".lane.{lane} .fill").evaluate(PLACE) == pytest.approx(
            [left + width * first_s / DAY_S, width * (last_s - first_s) / DAY_S], abs=0.5
        )
    for group in ("ventricular", "supraventricular"):
        assert plot.locator(f".lane.{group} .fill").evaluate("path => path.getTotalLength()") > 900
    expect(plot.locator(".times text")).to_contain_text(["10:00", "12:00", "14:00"])
    # zoomed in, the same paths show their middle, with thin lines still
    for _ in range(6):
        page.get_by_role("button", name="Zoom in").click()
    expect(plot.locator(".times text").first).to_have_text("21:20")
    assert plot.locator(".curve").evaluate(PLACE)[1] == pytest.approx(64 * width, rel=0.01)
    style = plot.locator(".curve").evaluate("e => getComputedStyle(e).vectorEffect")
    assert style == "non-scaling-stroke"


def test_keys_and_buttons_zoom_and_move_the_trend(page: Page) -> None:
    page.locator("#trend-plot").focus()
    assert view(page) == pytest.approx((0, DAY_S))
    page.keyboard.press("+")
    assert view(page) == pytest.approx((DAY_S / 4, DAY_S * 3 / 4))
    page.keyboard.press("ArrowRight")
    assert view(page) == pytest.approx((DAY_S * 0.45, DAY_S * 0.95))
    page.keyboard.press("ArrowRight")
    assert view(page) == pytest.approx((DAY_S / 2, DAY_S)), "no farther than the end"
    expect(page.locator("#trend-status")).to_have_text("Showing 1 Mar 21:30 to 2 Mar 09:30")
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert view(page) == pytest.approx((0, DAY_S)), "no farther than the whole"
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Earlier").click()
    assert view(page) == pytest.approx((DAY_S * 0.05, DAY_S * 0.55))
    page.get_by_role("button", name="Whole recording").click()
    assert view(page) == pytest.approx((0, DAY_S))


def test_dragging_zooms_and_the_wheel_with_ctrl_too(page: Page) -> None:
    plot = page.locator("#trend-plot .view .grid >> nth=0")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    x, y = box["x"], box["y"] - 20
    page.mouse.move(x + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.5, y, steps=5)
    page.mouse.up()
    page.wait_for_function("Number(document.getElementById('trend-plot').dataset.from) > 40000")
    assert view(page) == pytest.approx((DAY_S / 4, DAY_S / 2), abs=DAY_S / 200)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function("Number(document.getElementById('trend-plot').dataset.from) > 56000")
    begin, end = view(page)
    assert end - begin == pytest.approx(DAY_S / 4 / 1.25, rel=0.02)


def test_a_mark_above_the_trend_leads_to_its_strip_and_back(page: Page) -> None:
    marks = page.locator("#trend-plot a.mark")
    expect(marks).to_have_count(len(EVENTS))
    pause = page.locator("#trend-plot").get_by_role("link", name="Pause, ")
    expect(pause).to_have_accessible_name("Pause, 00:01:52: go to the strip")
    pause.focus()
    page.keyboard.press("Enter")
    expect(page.locator("figure#strip-5")).to_be_in_viewport()
    page.locator("figure#strip-5 a.to-trend").click()
    begin, end = view(page)
    assert begin < 52_311.8 < end
    assert end - begin == pytest.approx(600)


def test_a_link_to_what_the_filter_hides_shows_all_again(page: Page) -> None:
    """The urgent findings' links, the marks above the trend, and an address with a target."""
    for link in (".urgent a >> nth=0", "#trend-plot a.mark.ventricular >> nth=0"):
        page.locator("#only-rate").check(force=True)
        target = page.locator(f"figure{page.locator(link).get_attribute('href')}")
        expect(target).to_be_hidden()
        page.locator(link).focus()
        page.keyboard.press("Enter")
        expect(target).to_be_in_viewport()
        expect(page.locator("#only-all")).to_be_checked()
        # the same link once more: the address does not change now
        page.locator("#only-rate").check(force=True)
        page.locator(link).focus()
        page.keyboard.press("Enter")
        expect(target).to_be_in_viewport()


def test_paper_shows_all_strips_and_rows_whatever_the_filter(page: Page) -> None:
    page.locator("#only-rate").check(force=True)
    expect(page.locator("figure.strip:visible")).to_have_count(2)
    page.emulate_media(media="print")
    expect(page.locator("figure.strip:visible")).to_have_count(len(made_up_graphics().strips))
    expect(page.locator(".events-table tbody tr:visible")).to_have_count(len(EVENTS))


def test_strips_can_be_focused_where_they_scroll(page: Page) -> None:
    expect(page.locator(".strip .scroll[tabindex]")).to_have_count(1)  # the one of 10 s
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".strip .scroll[tabindex='0']")).to_have_count(len(EVENTS))


@pytest.fixture
def crowded(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A report with strips only seconds apart, and with one known value of the heart rate."""
    graphics = made_up_graphics()
    bpm = np.full(len(graphics.trend.mean_bpm), np.nan)
    bpm[4000] = 70.0
    strips = tuple(
        replace(strip, start_s=40_000.0 + 20 * n, kind=PAUSE)
        for n, strip in enumerate(graphics.strips[:7])
    )
    crowded = replace(graphics, trend=replace(graphics.trend, mean_bpm=bpm), strips=strips)
    path = tmp_path / "crowded.html"
    path.write_text(render_report(summary_of(made_up_summary()), crowded), encoding="utf-8")
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".js #trend-plot[data-from]")
        yield page


def test_marks_that_would_overlap_are_one_that_leads_to_the_first(crowded: Page) -> None:
    shown = crowded.locator("#trend-plot a.mark:visible")
    expect(shown).to_have_text(["P", "P", "5"])
    # 09:30:00 and 40,042 s are 20:37:22
    name = "5 marks, the first Pause, 20:37:22: go to the strip"
    expect(shown.last).to_have_accessible_name(name)
    shown.last.focus()
    crowded.keyboard.press("Enter")
    expect(crowded.locator("figure#strip-3")).to_be_in_viewport()
    crowded.locator("figure#strip-3 a.to-trend").click()
    expect(shown).to_have_text(["P"] * 7)


def test_a_rate_with_unknown_ones_on_either_side_is_a_point(crowded: Page) -> None:
    curve = crowded.locator("#trend-plot .curve")
    path, cap = curve.evaluate("e => [e.getAttribute('d'), getComputedStyle(e).strokeLinecap]")
    assert re.fullmatch(r"M(\S+ \S+)L\1", path)
    assert cap == "round", "a line of no length is a dot"


def test_the_readout_says_what_the_pointer_is_at(page: Page) -> None:
    line = page.locator("#trend-plot .view .grid >> nth=0")
    line.scroll_into_view_if_needed()
    view_box = line.bounding_box()
    assert view_box
    page.mouse.move(view_box["x"] + view_box["width"] / 2, view_box["y"] - 20)
    bpm = made_up_graphics().trend.mean_bpm[DAY_S // 20]
    expect(page.locator("#trend-readout")).to_contain_text("1 Mar 21:30:00 · ")
    expect(page.locator("#trend-readout")).to_contain_text(f" · {bpm:.0f} bpm · V ")
    page.mouse.move(0, 0)
    expect(page.locator("#trend-readout")).to_be_empty()


def test_a_time_zone_shifts_nothing(browser: Browser, report: str) -> None:
    with browser.new_context(timezone_id="Asia/Kathmandu") as context:
        page = context.new_page()
        page.goto(report)
        expect(page.locator("#trend-status")).to_have_text("Showing 1 Mar 09:30 to 2 Mar 09:30")


def test_every_strip_is_drawn_on_paper(page: Page) -> None:
    drawn = page.locator("figure.strip").evaluate_all(
        """all => all.map(figure => {
          const paper = figure.querySelector("svg.paper"), trace = figure.querySelector(".trace");
          const box = trace.getBBox();
          return [trace.getTotalLength(), box.width, paper.getBoundingClientRect().width];
        })"""
    )
    strips = made_up_graphics().strips
    assert len(drawn) == len(strips)
    for (length, samples, width), strip in zip(drawn, strips, strict=True):
        n_samples = strip.signal_mv.shape[1]
        assert length > n_samples
        assert samples == n_samples - 1
        seconds = n_samples / strip.rate_hz
        assert width / MM == pytest.approx(10 + 25 * seconds, abs=5)


def test_events_are_filtered_by_keyboard(page: Page) -> None:
    rows = page.locator(".events-table tbody tr:visible")
    expect(rows).to_have_count(len(EVENTS))
    page.locator("#only-all").focus()
    page.keyboard.press("ArrowRight")
    expect(rows).to_have_count(2)
    expect(page.locator("figure.strip:visible")).to_have_count(2)
    expect(rows.first).to_contain_text("Ventricular")


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_page_is_as_wide_as_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_function(
        "document.querySelector('.trend').viewBox.baseVal.width == "
        "document.getElementById('trend-plot').clientWidth"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_without_scripts_the_trend_is_there_too(browser: Browser, report: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(report)
        expect(page.locator("svg.trend .curve")).to_be_visible()
        expect(page.locator(".tools")).to_be_hidden()


def test_on_paper_the_controls_go_and_the_trend_stays(page: Page) -> None:
    page.emulate_media(media="print")
    for gone in ("nav", ".tools", ".filter", ".settings", "#trend-plot a.mark >> nth=0"):
        expect(page.locator(gone)).to_be_hidden()
    lengths = page.locator("svg.trend .curve").evaluate("path => path.getTotalLength()")
    assert lengths > 900
    page.emulate_media(media="screen")
    page.locator(".settings summary").click()
    page.emulate_media(media="print")
    expect(page.locator(".settings")).to_be_visible()


def test_what_was_zoomed_is_printed_whole(page: Page) -> None:
    page.get_by_role("button", name="Zoom in").click()
    assert view(page) != pytest.approx((0, DAY_S))
    page.pdf()  # as the browser's own print dialogue does
    assert view(page) == pytest.approx((0, DAY_S))


def test_on_paper_strips_are_true_to_scale_and_nothing_is_wider_than_the_page(page: Page) -> None:
    width = round((A4_WIDTH_MM - 2 * MARGIN_MM) * MM)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = page.locator("figure.strip").evaluate_all(
        """all => all.map(figure => [...figure.querySelectorAll("svg.paper")].map(
          paper => [paper.getBoundingClientRect().width, paper.getScreenCTM().a]))"""
    )
    for rows, strip in zip(found, made_up_graphics().strips, strict=True):
        assert all(scale == pytest.approx(MM, rel=1e-3) for _, scale in rows)
        shown_mm = sum(row for row, _ in rows) / MM
        assert shown_mm >= 10 + 25 * strip.signal_mv.shape[1] / strip.rate_hz - 0.1


def test_printed_pages_cut_no_strip_and_no_row(browser: Browser, report: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(report)
        page.wait_for_selector(".js #trend-plot[data-from]")
        n_marked = page.evaluate(MARK_ENDS, UNCUT)
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    places = places_of_links(pdf)
    assert n_marked > 60
    assert len({number for number, _ in places.values()}) >= 4
    for item in range(n_marked):
        (first, top), (last, end) = places[f"top-{item}"], places[f"end-{item}"]
        assert first == last, f"number {item} of {UNCUT} lies on two pages"
        assert top > end  # a PDF counts upwards


def test_the_first_printed_page_ends_with_the_advisory(browser: Browser, tmp_path: Path) -> None:
    """With many findings, in a night in which clocks were put back."""
    summary = made_up_summary("2026-10-24T09:30:00")
    text = "12 supraventricular tachycardias longer than 30 s; the longest 12 min at 160/min"
    urgent, notable = summary["urgent"], summary["notable"]
    summary["urgent"] = [urgent[n % 3] | {"message": text} for n in range(8)]
    summary["notable"] = [notable[0] | {"message": text} for _ in range(6)]
    summary["recording"]["time_zone"] = "Europe/Zurich"
    path = tmp_path / "crowded.html"
    path.write_text(
        render_report(summary_of(summary), made_up_graphics(), Study(patient_label="x" * 90)),
        encoding="utf-8",
    )
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.evaluate(MARK_ENDS, ".patient, #advisory, #events")
        places = places_of_links(page.pdf(prefer_css_page_size=True, print_background=True))
    assert [places[name][0] for name in ("top-0", "end-1", "top-2")] == [0, 0, 1]


UNCUT = "figure, .card, tbody tr, .clusters li, .urgent li"
MARK_ENDS = """what => {
  // A link at either end of every element: a PDF tells where its links are.
  const style = new CSSStyleSheet();
  style.replaceSync(".marked { position: relative } .marked > .end-mark"
    + " { position: absolute; display: block !important; width: 3px; height: 1px; left: 0 }");
  document.adoptedStyleSheets.push(style);
  const elements = [...document.querySelectorAll(what)];
  elements.forEach((element, number) => {
    const host = element.matches("tr") ? element.firstElementChild : element;
    host.classList.add("marked");
    for (const [end, side] of [["top", "top"], ["end", "bottom"]]) {
      const link = document.createElement("a");
      link.href = `https://place.invalid/${end}-${number}`;
      link.className = "end-mark";
      link.style[side] = "0";
      host.append(link);
    }
  });
  return elements.length;
}"""


def places_of_links(pdf: bytes) -> dict[str, tuple[int, float]]:
    """Return page number and height of every marked end, from Chromium's plain objects."""
    objects = dict(re.findall(rb"^(\d+) 0 obj\n(.*?)^endobj", pdf, flags=re.S | re.M))
    pages = [body for body in objects.values() if body.startswith(b"<</Type /Page\n")]
    places = {}
    for number, page in enumerate(pages):
        links = re.search(rb"/Annots \[(.*?)\]", page, flags=re.S)
        for reference in re.findall(rb"(\d+) 0 R", links[1] if links else b""):
            link = objects[reference]
            name = re.search(rb"place\.invalid/([\w-]+)", link)
            height = re.search(rb"/Rect \[\S+ (\S+)", link)
            if name and height:
                places[name[1].decode()] = (number, float(height[1]))
    return places
