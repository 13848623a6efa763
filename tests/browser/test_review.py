"""The review mode of a report that was opened from a file, in Chromium."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from synthetic_summary import made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.report.report_page import render_report
from deepecg.review.review_file import read_review

BEATS = "b" * 64
"""Of the made-up summary."""
AUTHOR = "Dr A. Meier"
VT = {"event_kind": "ventricular_tachycardia", "start_s": 20_400.2, "duration_s": 4.1}
PAUSE = {"event_kind": "pause", "start_s": 52_311.8, "duration_s": 3.2}


@pytest.fixture
def page(browser: Browser, report: str) -> Iterator[Page]:
    """The opened report; fails on console messages and requests."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield from opened(context.new_page(), report)


def opened(page: Page, address: str) -> Iterator[Page]:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url))
    page.goto(address)
    yield page
    known = (address, "blob:", "data:")
    assert not [one for one in complaints if not one.startswith(known)]


def begin(page: Page) -> None:
    """Open the review mode and write a name, with the keyboard."""
    page.get_by_role("button", name="Review", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(AUTHOR)
    page.keyboard.press("Escape")


def saved(page: Page, tmp_path: Path, press: str = "Control+Enter") -> list[dict[str, Any]]:
    """Save with a key; return the operations of the file without author and time."""
    with page.expect_download() as download:
        page.keyboard.press(press)
    assert download.value.suggested_filename == "9f86d081884c7d659a2f.review.json"
    path = tmp_path / "saved.review.json"
    download.value.save_as(path)
    read_review(path.read_bytes())
    document = json.loads(path.read_bytes())
    assert {key: document[key] for key in document if key != "operations"} == {
        "kind": "review", "schema_version": "1.0", "beats": BEATS,
    }  # fmt: skip
    for operation in document["operations"]:
        assert operation.pop("author") == AUTHOR
        assert datetime.fromisoformat(operation.pop("at")).tzinfo
    operations: list[dict[str, Any]] = document["operations"]
    return operations


def go_to(page: Page, what: str, step: str = "j") -> None:
    """Move with the keyboard until the focus is on what a selector describes."""
    for _ in range(40):
        if page.locator(":focus").evaluate(f"e => e.matches({json.dumps(what)})"):
            return
        page.keyboard.press(step)
    raise AssertionError(what)


def test_the_keyboard_is_enough_for_a_whole_review(page: Page, tmp_path: Path) -> None:
    begin(page)
    go_to(page, "li[data-event='2']")
    page.keyboard.press("x")
    expect(page.locator("#review-status")).to_have_text(
        "Ventricular tachycardia at 15:10:00: removed."
    )
    go_to(page, "figure[data-event='4']")
    page.keyboard.press("r")
    page.keyboard.type("Long interval")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("data-event", "4")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("i")
    page.keyboard.press("v")
    page.keyboard.press("a")
    go_to(page, "li[data-cluster='1']", "]")
    go_to(page, "li[data-cluster='2']")
    page.keyboard.press("f")
    page.keyboard.press("c")
    page.keyboard.type("Same shape as before.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("Sinus rhythm.")
    at_s = 52_309.8
    assert saved(page, tmp_path) == [
        {"op": "remove_event", **VT},
        {"op": "rename_event", **PAUSE, "to": "unconfirmed_pause"},
        {"op": "rename_beats", "times_s": [52_311.9], "class": "S"},
        {"op": "delete_beats", "times_s": [52_312.7]},
        {"op": "insert_beat", "time_s": 52_312.3, "class": "V"},
        {"op": "mark_artefact", "start_s": at_s, "end_s": at_s + 6},
        {"op": "rename_cluster", "cluster": 2, "class": "F"},
        {"op": "comment", "text": "Same shape as before.", "at_s": None},
        {"op": "conclude", "text": "Sinus rhythm."},
        {"op": "sign"},
    ]
    expect(page.locator("#review-status")).to_have_text("Signed and saved.")
    expect(page.locator("#review-next")).to_contain_text(
        "deepecg score FILE --out DIR --review 9f86d081884c7d659a2f.review.json"
    )


def test_the_mouse_is_enough_too(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_label("Your name").fill(AUTHOR)
    page.get_by_label("Class of cluster 1").select_option("Q")
    page.locator("tr[data-event='4']").get_by_role("button", name="Remove Pause").click()
    strip = page.locator("#strip-2")
    strip.locator(".beat").nth(1).click()
    page.keyboard.press("v")
    box = strip.locator("svg.paper").first.bounding_box()
    letter = strip.locator(".beat").nth(0).bounding_box()
    assert box
    assert letter
    mm = 96 / 25.4
    page.mouse.click(letter["x"] + letter["width"] / 2 + 10 * mm, box["y"] + box["height"] / 2)
    page.keyboard.press("n")
    page.get_by_role("button", name="Save without signing").focus()
    found = saved(page, tmp_path, "Enter")
    inserted = found.pop()
    start_s = 8_012.4 - 2
    assert found == [
        {"op": "rename_cluster", "cluster": 1, "class": "Q"},
        {"op": "remove_event", **PAUSE},
        {"op": "rename_beats", "times_s": [pytest.approx(start_s + 0.5 + 0.8)], "class": "V"},
    ]
    assert inserted["time_s"] == pytest.approx(start_s + 0.5 + 10 / 25, abs=0.02)
    expect(page.locator("#review-status")).to_have_text("Saved; not signed yet.")


def test_changes_are_shown_where_they_are_and_can_be_undone(page: Page) -> None:
    begin(page)
    go_to(page, "li[data-event='2']")
    page.keyboard.press("x")
    for place in ("li", "figure", "tr"):
        expect(page.locator(f"{place}[data-event='2'] .review-note")).to_have_text("removed")
    page.keyboard.press("x")
    expect(page.locator("#review-operations li")).to_have_count(0)
    go_to(page, "#strip-1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("v")
    letter = page.locator("#strip-1 .beat").first
    expect(letter).to_have_text("V")
    expect(page.locator("#review-operations li")).to_contain_text("1 beat in the strip at 02:30:35")
    page.keyboard.press("u")
    expect(letter).to_have_text("N")
    page.keyboard.press("v")
    page.get_by_role("button", name="Undo: 1 beat").click()
    expect(page.locator("#review-operations li")).to_have_count(0)


def test_strips_that_are_drawn_later_show_the_changes_too(page: Page) -> None:
    whole = page.locator("#strip-1").inner_html()
    page.locator("#strip-1").evaluate("figure => figure.replaceChildren()")
    begin(page)
    go_to(page, "figure[data-event='1']")
    page.keyboard.press("x")
    page.locator("#strip-1").evaluate(
        """(figure, html) => {
          figure.innerHTML = html;
          figure.dispatchEvent(new Event("strip-drawn", { bubbles: true })); // as strips.js does
        }""",
        whole,
    )
    expect(page.locator("#strip-1").get_by_role("button", name="Artefact")).to_be_visible()
    page.locator("#strip-1 .beat").first.click()
    page.keyboard.press("s")
    expect(page.locator("#strip-1 .beat").first).to_have_text("S")
    expect(page.locator("#review-operations li")).to_have_count(2)


def test_what_follows_from_the_beats_cannot_be_removed(page: Page) -> None:
    begin(page)
    go_to(page, "figure[data-event='0']")
    page.keyboard.press("x")
    expect(page.locator("#review-status")).to_contain_text("follows from the beats")
    expect(page.locator("#review-operations li")).to_have_count(0)


def test_nothing_is_recorded_without_a_name(page: Page) -> None:
    page.get_by_role("button", name="Review", exact=True).click()
    page.locator("li[data-event='2']").get_by_role("button", name="Remove").click()
    expect(page.locator("#review-status")).to_have_text(
        "Write your name first: every change carries it."
    )
    expect(page.get_by_label("Your name")).to_be_focused()
    expect(page.locator("#review-operations li")).to_have_count(0)


def review_file(tmp_path: Path, **other: Any) -> Path:
    about = {"author": "Dr B. Frei", "at": "2026-11-30T10:00:00+01:00"}
    operations = [{"op": "remove_event", **VT, **about}, {"op": "sign", **about}]
    document = {"kind": "review", "schema_version": "1.0", "beats": BEATS, "operations": operations}
    path = tmp_path / "earlier.review.json"
    path.write_text(json.dumps(document | other), encoding="utf-8")
    return path


def test_a_review_is_continued_from_its_file(page: Page, tmp_path: Path) -> None:
    begin(page)
    page.get_by_label("Class of cluster 1").select_option("Q")
    page.get_by_label("Continue a review").set_input_files(review_file(tmp_path))
    expect(page.locator("#review-status")).to_contain_text("Loaded 2 changes by Dr B. Frei.")
    shown = page.locator("#review-operations li")
    expect(shown).to_have_count(3)
    expect(shown.get_by_role("button")).to_have_count(1)  # what was signed stays
    page.locator("#review-title").click()
    with page.expect_download() as download:
        page.keyboard.press("Control+Enter")
    found = json.loads(Path(download.value.path()).read_bytes())["operations"]
    assert [one["op"] for one in found] == ["remove_event", "sign", "rename_cluster", "sign"]
    assert [one["author"] for one in found] == 2 * ["Dr B. Frei"] + 2 * [AUTHOR]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"beats": "a" * 64}, "This review is of another version of the beats"),
        ({"schema_version": "9.0"}, "This review has version 9.0 of the format, expected 1.0."),
        ({"kind": "summary"}, "This is no review file."),
    ],
)
def test_a_review_that_does_not_belong_here_is_refused(
    page: Page, tmp_path: Path, other: dict[str, Any], told: str
) -> None:
    begin(page)
    page.get_by_label("Continue a review").set_input_files(review_file(tmp_path, **other))
    expect(page.locator("#review-status")).to_contain_text(told)
    expect(page.locator("#review-operations li")).to_have_count(0)


def test_a_damaged_review_is_refused(page: Page, tmp_path: Path) -> None:
    begin(page)
    path = review_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    page.get_by_label("Continue a review").set_input_files(path)
    expect(page.locator("#review-status")).to_contain_text("This review file is damaged")


def test_a_report_made_with_a_review_continues_from_it(browser: Browser, tmp_path: Path) -> None:
    operations = json.loads(review_file(tmp_path).read_bytes())["operations"]
    path = tmp_path / "report.html"
    html = render_report(summary_of(made_up_summary()), made_up_graphics(), operations=operations)
    path.write_text(html, encoding="utf-8")
    with browser.new_context() as context:
        for page in opened(context.new_page(), path.as_uri()):
            begin(page)
            expect(page.locator("#review-operations li")).to_have_count(2)
            go_to(page, "li[data-event='4']")
            page.keyboard.press("x")
            with page.expect_download() as download:
                page.keyboard.press("Control+Enter")
            found = json.loads(Path(download.value.path()).read_bytes())["operations"]
    assert found[:2] == operations
    assert [one["op"] for one in found[2:]] == ["remove_event", "sign"]


def test_nothing_of_the_review_mode_is_printed(page: Page) -> None:
    begin(page)
    page.emulate_media(media="print")
    for part in ("#review-panel", "#review-open", ".review-tools"):
        expect(page.locator(part).first).to_be_hidden()
