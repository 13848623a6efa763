"""Folders of recordings and many uploads at once, with a made-up API."""

import copy
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from page_servers import MADE_UP, MadeUpApi, answer, expect_empty_lists, opened, upload_card
from playwright.sync_api import Browser, Page, Route, expect
from synthetic_summary import made_up_summary

from deepecg.outputs.next_steps import NEXT_STEPS

URGENT = made_up_summary()
NOTABLE = copy.deepcopy(URGENT) | {"urgent": []}
CALM = copy.deepcopy(NOTABLE) | {"notable": []}
REJECTED = {
    "status": "rejected",
    "rejection": {"code": "flat_line", "message": "found no signal on any lead"},
}
WAITING = {"status": "waiting", "waiting_for": "scoring", "until": None}
Place = tuple[Page, MadeUpApi]


def scored(summary: dict[str, Any]) -> dict[str, Any]:
    return {"status": "scored", "summary": summary, "links": {}}


@pytest.fixture
def place(browser: Browser) -> Iterator[Place]:
    with opened(browser, MADE_UP) as (context, _):
        api = MadeUpApi(context)
        page = context.new_page()
        page.goto(MADE_UP)
        expect_empty_lists(page)
        yield page, api


def take(api: MadeUpApi, *statuses: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer each upload with the next status; return the list that requests are added to."""
    requests: list[dict[str, Any]] = []
    numbers = count()

    def accept(route: Route) -> None:
        requests.append(route.request.post_data_json)
        number = next(numbers)
        recording = f"{number:020x}"
        status = statuses[number % len(statuses)] | {"recording_id": recording}
        api.answers[f"GET /v1/recordings/{recording}"] = answer(status)
        forms = [{"url": f"{MADE_UP}/storage", "fields": {"key": "1"}}] * 3
        accepted = {"recording_id": recording, "expires_at": "2099-01-01T00:00:00Z"}
        answer({**accepted, "uploads": forms}, 201)(route)

    api.answers["POST /v1/recordings"] = accept
    api.answers["POST /storage"] = lambda route: route.fulfill(status=204)
    return requests


def ward(folder: Path) -> Path:
    """Write two patients' folders with files of the same names, and files that are no ECG."""
    for patient in ("bed 1", "bed 2"):
        (folder / patient).mkdir(parents=True)
        (folder / patient / "holter.hea").write_bytes(b"holter 1 250 100\nholter.dat 16 200\n")
        (folder / patient / "holter.dat").write_bytes(bytes(200))
        (folder / patient / "letter.pdf").write_bytes(b"%PDF")
        (folder / patient / ".DS_Store").write_bytes(b"x")
    (folder / "day.edf").write_bytes(bytes(300))
    return folder


def expect_ward(page: Page, requests: list[dict[str, Any]]) -> None:
    """Expect the folder's recordings, each uploaded with the parts of its own folder."""
    names = ("ward/day.edf", "ward/bed 1/holter.hea", "ward/bed 2/holter.hea")
    for name in names:
        expect(upload_card(page, name).locator(".mark-line")).to_have_text("Scored")
    expect(page.locator("li.upload")).to_have_count(3)
    sent = sorted((r["main"]["name"], *(p["name"] for p in r["parts"])) for r in requests)
    assert sent == [("holter.hea", "holter.dat"), ("holter.hea", "holter.dat"), ("recording.edf",)]
    left_out = page.get_by_role("region", name="Files that were not uploaded")
    expect(left_out.get_by_role("listitem")).to_have_count(1)
    expect(left_out).to_contain_text("ward/bed 1/letter.pdf and ward/bed 2/letter.pdf: each is not")


def test_a_folder_can_be_chosen(place: Place, tmp_path: Path) -> None:
    page, api = place
    requests = take(api, scored(CALM))
    page.get_by_label("Choose a whole folder").set_input_files(ward(tmp_path / "ward"))
    expect_ward(page, requests)


def test_a_folder_can_be_dropped(place: Place, tmp_path: Path) -> None:
    page, api = place
    requests = take(api, scored(CALM))
    session = page.context.new_cdp_session(page)
    dropped = {"items": [], "files": [str(ward(tmp_path / "ward"))], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": 200, "y": 200, "data": dropped}
        session.send("Input.dispatchDragEvent", event)
    expect_ward(page, requests)


def test_many_uploads_are_a_compact_list_with_the_urgent_ones_first(place: Place) -> None:
    page, api = place
    take(api, WAITING, scored(CALM), REJECTED, scored(NOTABLE), scored(URGENT), scored(CALM))
    files = [
        {"name": f"{number}.edf", "mimeType": "", "buffer": bytes(1_000)} for number in range(6)
    ]
    page.get_by_label("Choose Holter files").set_input_files(files)  # type: ignore[arg-type]
    summary = page.locator("#uploads-summary")
    expect(summary).to_contain_text(
        "6 uploads: 1 urgent, 1 notable, 1 in progress, 1 not scored, 2 without findings"
    )
    marks = page.locator(".upload .mark-line")
    expect(marks).to_have_text(["Scored", "Scored", "Being scored", "Rejected", "Scored", "Scored"])
    cards = page.locator(".upload")
    expect(cards.first).to_contain_text("Ventricular tachycardia of 11 beats")
    expect(cards.nth(1)).to_contain_text("Atrial fibrillation of 67 min")
    expect(cards.nth(3)).to_contain_text(NEXT_STEPS["flat_line"])
    expect(cards.first.locator(".figures")).to_be_hidden()
    expect(cards.first.get_by_role("button", name="Report of")).to_be_visible()
    heights = cards.evaluate_all("all => all.map(e => e.offsetHeight)")
    assert heights[-1] < 60, "one without findings takes a line"
    for _ in range(2):
        cards.last.get_by_role("button", name="Remove").click()
    expect(summary).to_be_hidden()
    expect(cards.locator(".figures").first).to_be_visible()


def test_a_finding_leads_to_its_strip_in_the_report(place: Place) -> None:
    page, api = place
    recording = "0123456789abcdef0123"
    api.answers |= {
        f"GET /v1/recordings/{recording}": answer(scored(URGENT) | {"recording_id": recording}),
        f"GET /v1/recordings/{recording}/report": answer({"url": f"{MADE_UP}/report?signed"}),
        "GET /report": lambda route: route.fulfill(body="<p>report", content_type="text/html"),
    }
    page.goto(f"{MADE_UP}#recording/{recording}")
    strips = {event["number"]: event["strip"] for event in URGENT["events"]}
    found = [*URGENT["urgent"], *URGENT["notable"]]
    buttons = page.get_by_role("button", name="See in the report")
    expect(buttons).to_have_count(sum(finding["event"] is not None for finding in found))
    with page.expect_popup() as popup:
        page.get_by_role("button", name=f"in a new tab: {found[0]['message']}").click()
    place_in_report = strips[found[0]["event"]] or f"event-{found[0]['event']}"
    popup.value.wait_for_url(f"{MADE_UP}/report?signed#{place_in_report}")
