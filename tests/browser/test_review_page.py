"""The review of a recording through the upload page, with the whole service, in Chromium."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from page_servers import Watch, opened, served, upload_card
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect
from synthetic_day import make_day

from deepecg.cli import main

SCORED_MS = 90_000
"""Longest wait for scoring a recording of 15 minutes, on a busy machine."""
FIRST, SECOND = "Dr A. Meier", "Dr B. Frei"
CONCLUSION = "Ventricular ectopy."
CONFLICT = "status of 412"
"""Browsers write a line to the console for a response like this one."""
NOT_YET = "status of 404"


@pytest.fixture(scope="module")
def address(browser: Browser) -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_day(tmp_path_factory.mktemp("day"), 0.25, leads=2).path


@contextmanager
def browsing(browser: Browser, address: str) -> Iterator[tuple[BrowserContext, Watch]]:
    with opened(browser, address) as (context, watch):
        watch.excused = (CONFLICT, NOT_YET)
        yield context, watch


def upload(context: BrowserContext, address: str, day: Path) -> str:
    """Upload a recording through the page; return its ID when it is scored."""
    page = context.new_page()
    page.goto(address)
    files = [day, day.with_suffix(".dat")]
    page.get_by_label("Choose Holter files").set_input_files(files)
    card = upload_card(page, day.name)
    expect(card.locator(".mark-line")).to_have_text("Scored", timeout=SCORED_MS)
    link = card.get_by_role("link", name="Review day.hea")
    identity = (link.get_attribute("href") or "").removeprefix("#review/")
    page.close()
    return identity


def review(context: BrowserContext, address: str, recording: str, name: str) -> Page:
    """Open a recording for review and write a name."""
    page = context.new_page()
    page.goto(f"{address}/#review/{recording}")
    frame = report_in(page)
    expect(frame.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Escape")
    return page


def report_in(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.report-frame")


def expect_final(page: Page, told: str) -> None:
    expect(page.locator(".review-notice")).to_contain_text(told, timeout=SCORED_MS)


def without_authors(document: dict[str, Any]) -> list[dict[str, Any]]:
    private = {"author", "at"}
    return [
        {key: value for key, value in operation.items() if key not in private}
        for operation in document["operations"]
    ]


def summary_of(context: BrowserContext, address: str, recording: str) -> dict[str, Any]:
    status = context.request.get(f"{address}/v1/recordings/{recording}").json()
    found: dict[str, Any] = status["summary"]
    return found


def same(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a summary without what names the recording, the reviewer and the time."""
    review = {**summary["review"], "sha256": 0, "signed_by": 0, "signed_at": 0, "reviewers": 0}
    return {**summary, "recording_id": 0, "review": review}


def test_a_review_on_the_page_equals_one_written_by_hand(
    browser: Browser, address: str, day: Path, tmp_path: Path
) -> None:
    with browsing(browser, address) as (context, _):
        recording = upload(context, address, day)
        before = summary_of(context, address, recording)
        clusters = [cluster["number"] for cluster in before["clusters"]][:3]
        events = [event for event in before["events"] if "heart_rate" not in event["kind"]][:2]
        page = review(context, address, recording, FIRST)
        frame = report_in(page)
        for number in clusters:
            choice = frame.get_by_label(re.compile(f"^Class of cluster {number} "))
            choice.select_option("V" if number == 1 else "N")
        for event in events:
            row = frame.locator(f"tr[data-event='{event['number']}']")
            row.get_by_role("button", name="Remove").click()
        frame.get_by_role("textbox", name="Conclusion").fill(CONCLUSION)
        page.keyboard.press("Control+Enter")
        expect_final(page, f"Final: signed by {FIRST}")
        expect(report_in(page).locator("#review-operations li")).to_have_count(
            len(without_authors(saved(context, address, recording)))
        )
        expect(report_in(page).get_by_label("Your name")).to_have_value(FIRST)
        document = saved(context, address, recording)
        after = summary_of(context, address, recording)
        page.goto(f"{address}/#recording/{recording}")
        expect(page.locator(".review.reviewed")).to_contain_text(f"Final: signed by {FIRST}")

    by_hand = {"author": "Hand Written", "at": "2026-01-01T12:00:00+01:00"}
    classes = {cluster["number"]: cluster["class"] for cluster in before["clusters"]}
    operations: list[dict[str, Any]] = [
        {"op": "rename_cluster", "cluster": number, "class": "V" if number == 1 else "N"}
        for number in clusters
        if classes[number] != ("V" if number == 1 else "N")
    ]
    for event in events:
        place = {"start_s": event["start_s"], "duration_s": event["duration_s"]}
        operations.append({"op": "remove_event", "event_kind": event["kind"], **place})
    operations += [{"op": "conclude", "text": CONCLUSION}, {"op": "sign"}]
    assert without_authors(document) == operations

    document["operations"] = [by_hand | operation for operation in operations]
    written = tmp_path / "day.review.json"
    written.write_text(json.dumps(document), encoding="utf-8")
    assert main(["score", str(day), "--out", str(tmp_path), "--quiet"]) == 0
    arguments = ["score", str(day), "--out", str(tmp_path), "--quiet", "--review", str(written)]
    assert main(arguments) == 0
    (folder,) = (tmp_path / "day").glob("review-*")
    assert same(json.loads((folder / "summary.json").read_bytes())) == same(after)
    assert after["review"]["renamed_beats_count"] > 0


def saved(context: BrowserContext, address: str, recording: str) -> dict[str, Any]:
    found = context.request.get(f"{address}/v1/recordings/{recording}/review")
    assert found.ok
    document: dict[str, Any] = found.json()
    return document


def test_of_two_reviewers_at_once_the_second_is_told_and_nothing_is_lost(
    browser: Browser, address: str, day: Path
) -> None:
    with browsing(browser, address) as (context, _):
        recording = upload(context, address, day)
        one = review(context, address, recording, FIRST)
        other = review(context, address, recording, SECOND)
        report_in(one).get_by_label(re.compile("^Class of cluster 1 ")).select_option("S")
        report_in(other).get_by_label(re.compile("^Class of cluster 1 ")).select_option("V")
        report_in(other).get_by_label(re.compile("^Comment")).fill("Seen.")
        report_in(one).get_by_role("button", name="Save without signing").click()
        expect(one.locator(".review-notice")).to_contain_text("Saved.")
        report_in(other).get_by_role("button", name="Sign and save").click()
        notice = other.locator(".review-notice")
        expect(notice).to_contain_text(f"{FIRST} has saved in the meantime.")
        expect(report_in(other).locator("#review-status")).to_contain_text("Not saved")
        assert [item["author"] for item in saved(context, address, recording)["operations"]] == [
            FIRST
        ]
        notice.get_by_role("button", name="Load that review").click()
        changes = report_in(other).locator("#review-operations li")
        expect(changes).to_have_count(3)  # the signature was for what was seen before
        report_in(other).get_by_role("button", name="Sign and save").click()
        expect_final(other, f"Final: signed by {SECOND}")
        document = saved(context, address, recording)
    assert [item["op"] for item in document["operations"]] == [
        "rename_cluster", "rename_cluster", "comment", "sign",
    ]  # fmt: skip
    assert [item["author"] for item in document["operations"]] == [FIRST, *3 * [SECOND]]


def test_a_review_of_an_older_version_of_the_beats_is_not_continued(
    browser: Browser, address: str, day: Path
) -> None:
    old = {"kind": "review", "schema_version": "1.0", "beats": "a" * 64, "operations": []}
    with browsing(browser, address) as (context, _):
        recording = upload(context, address, day)
        context.route(
            f"{address}/v1/recordings/{recording}/review",
            lambda route: route.fulfill(json=old, headers={"etag": '"1"'}),
        )
        page = review(context, address, recording, FIRST)
        expect(report_in(page).locator("#review-operations li")).to_have_count(0)
        page.reload()
        expect(report_in(page).locator("#review-status")).to_contain_text(
            "This review is of another version of the beats"
        )
        answer = context.request.put(
            f"{address}/v1/recordings/{recording}/review", data=old, headers={"if-none-match": "*"}
        )
        assert answer.json()["code"] == "review_of_other_beats"


def test_changes_that_are_not_saved_survive_a_visit_elsewhere(
    browser: Browser, address: str, day: Path
) -> None:
    with browsing(browser, address) as (context, _):
        recording = upload(context, address, day)
        page = review(context, address, recording, FIRST)
        choice = report_in(page).get_by_label(re.compile("^Class of cluster 1 "))
        expect(choice).to_be_visible()
        page.evaluate("window.heard = 0; addEventListener('message', () => { heard += 1; })")
        choice.select_option("S")
        while not page.evaluate("heard"):  # the frame's message with the change has not arrived
            page.wait_for_timeout(20)
        page.get_by_role("link", name="All recordings").click()
        expect(page.locator("#home")).to_be_visible()
        page.go_back()
        expect(report_in(page).locator("#review-operations li")).to_contain_text("Cluster 1 is S")


def test_a_refused_review_can_be_corrected_and_signed(
    browser: Browser, address: str, day: Path
) -> None:
    with browsing(browser, address) as (context, _):
        recording = upload(context, address, day)
        beats = summary_of(context, address, recording)["provenance"]["beats_sha256"]
        by = {"author": SECOND, "at": "2026-01-01T12:00:00+01:00"}
        operations = [{"op": "delete_beats", "times_s": [0.001]} | by, {"op": "sign"} | by]
        faulty = {"kind": "review", "schema_version": "1.0", "beats": beats}
        answer = context.request.put(
            f"{address}/v1/recordings/{recording}/review",
            data=faulty | {"operations": operations},
            headers={"if-none-match": "*"},
        )
        assert answer.ok
        while not summary_of(context, address, recording)["warnings"]:
            sleep(0.5)
        page = review(context, address, recording, FIRST)
        expect(report_in(page).locator("#review-status")).to_contain_text("Undo that change")
        report_in(page).get_by_role("button", name="Undo: 1 beat").click()
        report_in(page).get_by_role("button", name="Undo: Signed").click()
        page.keyboard.press("Control+Enter")
        expect_final(page, f"Final: signed by {FIRST}")
        assert summary_of(context, address, recording)["warnings"] == []
