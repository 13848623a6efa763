"""The upload page with the whole service: upload recordings and read their results."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from holter_file_writers import synthetic_ecg, write_edf, write_ishne, write_wfdb
from page_servers import opened, served, upload_card
from playwright.sync_api import Browser, Error, Page, Request, Route, expect
from synthetic_day import make_day

from deepecg.outputs.next_steps import NEXT_STEPS

SCORED_MS = 60_000
"""Longest wait for scoring a recording of one minute, which takes 1 to 2 s on an idle machine."""
ANY_RECORDING = re.compile(r"/v1/recordings/[0-9a-f]{20}$")


@pytest.fixture(scope="module")
def address(browser: Browser) -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The opened page; fails on console messages and requests to other origins."""
    with opened(browser, address) as (context, _):
        page = context.new_page()
        page.goto(address)
        yield page


@pytest.fixture
def edf(tmp_path: Path) -> Path:
    return write_edf(tmp_path / "Miller, Jane.edf", synthetic_ecg(60))


def expect_outcome(page: Page, name: str, outcome: str) -> None:
    expect(upload_card(page, name).locator(".mark-line")).to_have_text(outcome, timeout=SCORED_MS)


def test_a_file_is_uploaded_and_scored_and_its_report_opens(page: Page, tmp_path: Path) -> None:
    day = make_day(tmp_path, 0.25, leads=2)
    page.get_by_label("Choose Holter files").set_input_files(
        [day.path, day.path.with_suffix(".dat")]
    )
    card = upload_card(page, "day.hea")
    expect_outcome(page, "day.hea", "Scored")
    expect(card).to_contain_text("15 min")
    beats = card.locator("dd").last.inner_text()
    counts = {
        name: int(n.replace(",", "")) for name, n in re.findall(r"([NSVFQ])\s([\d,]+)", beats)
    }
    assert counts["V"] == pytest.approx(day.classes.count("V"), rel=0.1)
    assert sum(counts.values()) == pytest.approx(len(day.classes), rel=0.02)
    with page.expect_popup() as popup:
        card.get_by_role("button", name=re.compile("^Report of")).click()
    report = popup.value
    expect(report.locator("h1")).to_contain_text("Recording")
    recording = report.locator("h1 .id").inner_text()
    report.close()
    expect(page.locator("#recordings-list")).to_contain_text(recording)

    card.get_by_role("link", name="All values").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(recording)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.locator(".classes tbody tr")).to_have_count(len(counts))
    shown = page.locator(".classes tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    assert {name.split()[0]: int(n.replace(",", "")) for name, n, _ in shown} == counts
    page.go_back()
    expect(page.locator("#home")).to_be_visible()
    page.reload()
    page.goto(f"{page.url.partition('#')[0]}#recording/{recording}")
    expect(page.get_by_role("heading", level=1)).to_have_text(recording)


def test_annotations_are_downloaded_and_the_fhir_report_is_opened(page: Page, edf: Path) -> None:
    page.get_by_label("Choose Holter files").set_input_files(edf)
    expect_outcome(page, edf.name, "Scored")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="FHIR report").click()
    shown = popup.value.locator("body")
    expect(shown).to_contain_text(re.compile(r"\}\s*$"))  # at first the tab is empty
    document = json.loads(shown.inner_text())
    assert document["resourceType"] == "Bundle"
    popup.value.close()
    with page.expect_download() as download:
        page.get_by_role("button", name="Annotations").click()
    assert re.fullmatch(r"[0-9a-f]{20}\.deepecg", download.value.suggested_filename)
    assert len(page.context.pages) == 1


def test_the_nightly_report_leads_back_to_its_recordings(page: Page, edf: Path) -> None:
    page.get_by_label("Choose Holter files").set_input_files(edf)
    expect_outcome(page, edf.name, "Scored")
    nights = page.locator("#nights-list")
    # Wait for the report first: an empty list does not contain the text below either.
    expect(nights.get_by_text("nightly report", exact=True).first).to_be_visible()
    expect(nights).not_to_contain_text("no nightly report yet")
    nights.get_by_role("link").first.click()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Nightly report").click()
    report = popup.value
    link = report.locator("a.id").first
    recording = link.inner_text()
    with report.expect_download() as saved:
        report.get_by_role("link", name="All recordings (CSV)").click()
    assert recording in Path(saved.value.path()).read_text()
    expect(report.locator("#night-view")).to_be_visible()
    report.go_back()
    link.click()
    expect(report.get_by_role("heading", level=1)).to_have_text(recording)
    expect(report.locator("#recording-view")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="All recordings").click()
    assert recording in Path(download.value.path()).read_text()


def test_a_broken_file_is_rejected_with_a_next_step(page: Page, edf: Path) -> None:
    broken = edf.with_name("broken.edf")
    broken.write_bytes(edf.read_bytes()[:400])
    page.get_by_label("Choose Holter files").set_input_files(broken)
    expect_outcome(page, "broken.edf", "Rejected")
    card = upload_card(page, "broken.edf")
    expect(card).to_contain_text("Truncated header: Found")
    expect(card).to_contain_text(NEXT_STEPS["truncated_header"])
    expect(card.get_by_role("button", name="Report of")).to_have_count(0)
    row = page.locator("#recordings-list tbody tr", has_text="broken.edf")
    expect(row).to_contain_text("Rejected")


def test_two_files_at_once(page: Page, edf: Path, tmp_path: Path) -> None:
    other = write_ishne(tmp_path / "second.ecg", synthetic_ecg(60, bpm=100))
    page.get_by_label("Choose Holter files").set_input_files([edf, other])
    for file, rate in ((edf, "75.0"), (other, "100.0")):
        expect_outcome(page, file.name, "Scored")
        expect(upload_card(page, file.name)).to_contain_text(f"{rate} bpm")


def test_a_missing_part_is_named_and_can_be_chosen_later(page: Page, edf: Path) -> None:
    header = write_wfdb(edf.with_name("w1.hea"), synthetic_ecg(60))
    page.get_by_label("Choose Holter files").set_input_files([header, edf])
    left_out = page.get_by_role("region", name="Files that were not uploaded")
    expect(left_out).to_contain_text("w1.hea needs w1.dat, which is missing")
    expect_outcome(page, edf.name, "Scored")  # the other was not held up
    page.get_by_label("Choose Holter files").set_input_files(header.with_suffix(".dat"))
    expect(left_out).to_be_hidden()
    expect_outcome(page, "w1.hea", "Scored")
    expect(upload_card(page, "w1.hea")).to_contain_text("in 2 files")


def test_progress_is_shown_in_words_and_an_upload_can_be_cancelled(page: Page) -> None:
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 500_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.get_by_label("Choose Holter files").set_input_files(
        {"name": "large.edf", "mimeType": "", "buffer": bytes(5_000_000)}
    )
    card = upload_card(page, "large.edf")
    told = re.compile(r"^[1-9]\d? %, [\d.]+ [kM]B of 5\.0 MB, about \d+ s left$")
    expect(card.locator(".progress span")).to_have_text(told)
    assert 0 < card.get_by_role("progressbar").evaluate("e => e.position") < 1
    card.get_by_role("button", name="Cancel").click()
    expect_outcome(page, "large.edf", "Not uploaded")
    expect(card.get_by_role("button", name="Try again")).to_be_focused()


def test_files_can_be_dropped_anywhere(page: Page, edf: Path) -> None:
    transfer = page.evaluate_handle(
        """bytes => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.edf"));
          return transfer;
        }""",
        list(edf.read_bytes()),
    )
    page.dispatch_event("footer", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("footer", "drop", {"dataTransfer": transfer})
    expect_outcome(page, "dropped.edf", "Scored")


def test_after_a_reload_uploads_are_still_followed(page: Page, edf: Path) -> None:
    waits = {"status": "waiting", "waiting_for": "scoring", "until": None}
    page.route(ANY_RECORDING, lambda route: route.fulfill(json=waits))
    page.get_by_label("Choose Holter files").set_input_files(edf)
    card = upload_card(page, edf.name)
    expect(card).to_contain_text("is being scored")
    page.reload()
    expect(card).to_contain_text("is being scored")
    page.unroute(ANY_RECORDING)
    expect_outcome(page, edf.name, "Scored")


def test_a_reload_during_an_upload_is_reported(page: Page, edf: Path, address: str) -> None:
    held: list[Route] = []
    page.route(f"{address}/embedded-s3/**", lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request(f"{address}/embedded-s3/**"):
        page.get_by_label("Choose Holter files").set_input_files(edf)
    card = upload_card(page, edf.name)
    expect(card.locator(".mark-line")).to_have_text("Uploading")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("h2").first.click()  # browsers only warn those who have done something
    page.reload()
    assert asked == ["beforeunload"]
    expect_outcome(page, edf.name, "Cut off")
    expect(card).to_contain_text("Choose the file again")
    for route in held:
        with suppress(Error):
            route.abort()  # the browser has given it up
    page.unroute(f"{address}/embedded-s3/**")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose the file again").click()
    chooser.value.set_files(edf)
    expect_outcome(page, edf.name, "Scored")


def test_the_keyboard_is_enough(page: Page, edf: Path) -> None:
    # Registering the listener early gives the browser time to hand over file choosers.
    page.on("filechooser", lambda _: None)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose Holter files")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(edf)
    expect_outcome(page, edf.name, "Scored")
    report = upload_card(page, edf.name).get_by_role("button", name=re.compile("^Report of"))
    remover = upload_card(page, edf.name).get_by_role("button", name="Remove")
    for stop in (page.get_by_label("Choose a whole folder"), remover, report):
        page.keyboard.press("Tab")
        expect(stop).to_be_focused()
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    expect(popup.value.locator("h1")).to_contain_text("Recording")


def test_the_name_of_a_single_file_never_leaves_the_browser(page: Page, edf: Path) -> None:
    sent: list[bytes] = []

    def keep(request: Request) -> None:
        sent.append(request.url.encode() + str(request.headers).encode())
        sent.append(request.post_data_buffer or b"")

    page.on("request", keep)
    page.get_by_label("Choose Holter files").set_input_files(edf)
    expect_outcome(page, edf.name, "Scored")
    assert any(b"recording.edf" in body for body in sent)
    assert not any(b"Miller" in body for body in sent)
