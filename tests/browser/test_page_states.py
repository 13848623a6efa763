"""The upload page in rare states, with a made-up API."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from page_servers import (
    MADE_UP,
    Answer,
    MadeUpApi,
    Watch,
    answer,
    answer_problem,
    expect_empty_lists,
    in_turn,
    opened,
    upload_card,
)
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FilePayload,
    Page,
    Route,
    expect,
)
from synthetic_summary import made_up_summary

from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.warning_texts import warning_text

ID = "0123456789abcdef0123"
OTHER_ID = "fedcba9876543210fedc"
PATH = f"GET /v1/recordings/{ID}"
SCORING = {"recording_id": ID, "status": "waiting", "waiting_for": "scoring", "until": None}
SCORED = {"recording_id": ID, "status": "scored", "summary": made_up_summary(), "links": {}}
REJECTED = {
    "recording_id": ID,
    "status": "rejected",
    "rejection": {"code": "flat_line", "message": "found no signal on any lead"},
}
FAILED = {"recording_id": ID, "status": "failed", "code": "MemoryError"}
FOR_PARTS = {**SCORING, "waiting_for": "parts", "until": "2024-11-22T20:05:00+00:00"}
LOST = "Failed to load resource"
"""Console message of the browser for every failed request."""
TROUBLE = answer_problem("storage_unavailable", "Try again later.")


def item(number: int, **more: Any) -> dict[str, Any]:
    found = {
        "recording_id": f"{number:020x}", "night": "2024-11-22",
        "uploaded_at": "2024-11-22T10:05:00+00:00", "outcome": "scored", "code": None,
        "duration_s": 86_400.0, "beats_count": 98_344, "analysable_percent": 99.55,
        "urgent_count": 0, "urgent": [], "notable": [], "review_status": "not_reviewed",
    }  # fmt: skip
    return found | more


NOTHING = {"duration_s": None, "beats_count": None, "analysable_percent": None}
NOTHING |= {"urgent_count": None, "urgent": None, "notable": None, "review_status": None}
ITEMS = [
    item(1, urgent_count=2, urgent=["Ventricular tachycardia of 11 beats", "Pause of 3.2 s"]),
    item(2, **NOTHING, outcome="rejected", code="flat_line"),
    item(3, **NOTHING, outcome="waiting"),
    item(4, **NOTHING, outcome="received", uploaded_at=None),
    item(
        5,
        notable=["Atrial fibrillation of 67 min at 99/min"],
        review_status="final",
        duration_s=43_200.0,
        lost_s=43_200.0,
        important_warning_codes=["time_lost", "uncalibrated"],
    ),
]
CURSOR = f"2024-11-22.1732270000.{3:020x}"
NIGHT = {
    "date": "2024-11-22",
    "report": "/v1/nights/2024-11-22/report",
    "outcomes": {"uploaded_count": 140, "scored_count": 137, "rejected_count": 1}
    | {"waiting_count": 1, "received_count": 1, "failed_count": 0},
    "recordings": ITEMS,
    "next_cursor": None,
}
NIGHTS = {"nights": [{"date": "2024-11-22", "has_report": True}], "next_cursor": None}


def edf(name: str = "ward 3.edf", size: int = 200_000) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": bytes(size)}


Place = tuple[Page, MadeUpApi, Watch]


@pytest.fixture
def place(browser: Browser) -> Iterator[Place]:
    """The page, its API, and the watch over it."""
    with opened(browser, MADE_UP) as (context, watch):
        api = MadeUpApi(context)
        api.takes(ID)
        api.answers[PATH] = answer(SCORED)
        page = context.new_page()
        page.goto(MADE_UP)
        expect_empty_lists(page)  # what is answered from here on is answered to the test
        yield page, api, watch


def choose(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Choose Holter files").set_input_files(list(files))


def test_urgent_findings_come_first_and_values_are_those_of_the_summary(place: Place) -> None:
    page, _, _ = place
    choose(page, edf())
    card = upload_card(page, "ward 3.edf")
    expect(card.locator(".result > *").first).to_contain_text("3 urgent findings")
    expect(card.locator(".urgent.some")).to_contain_text("Pause of 3.2 s at 00:01:52")
    figures = card.locator("dl.figures > div").evaluate_all(
        "all => all.map(e => [...e.children].map(child => child.innerText))"
    )
    assert dict(figures) == {
        "Duration": "24 h",
        "Analysable": "99.55 %",
        "Heart rate, mean": "68.3 bpm (44.1\N{EN DASH}141.2)",
        "Longest pause": "3.20 s",
        "Ventricular burden": "2.05 %",
        "Supraventricular burden": "1.03 %",
        "AF burden": "4.65 %",
        "Beats": "98,344 N\N{NO-BREAK SPACE}95,316 · S\N{NO-BREAK SPACE}1,009 · "
        "V\N{NO-BREAK SPACE}2,017 · F\N{NO-BREAK SPACE}0 · Q\N{NO-BREAK SPACE}2",
    }
    expect(page.locator("header")).to_contain_text(ADVISORY)
    expect(page.get_by_role("status").first).to_have_text("ward 3.edf: scored, 3 urgent findings")


def test_the_recording_view_shows_the_six_cards_of_the_report(place: Place) -> None:
    page, _, _ = place
    page.goto(f"{MADE_UP}#recording/{ID}")
    cards = page.locator(".cards > .card")
    expect(cards).to_have_count(6)
    shown = [[line for line in text.split("\n") if line] for text in cards.all_inner_texts()]
    assert {title: value for title, value, *_ in shown} == {
        "Analysable time": "99.55 %",
        "Heart rate, mean": "68.3 bpm",
        "Longest pause": "3.20 s",
        "Ventricular burden": "2.05 %",
        "Supraventricular burden": "1.03 %",
        "Atrial fibrillation burden": "4.65 %",
    }
    colours = cards.evaluate_all("all => all.map(e => e.className.replace(/^card ?/, ''))")
    assert colours == ["", "", "pause", "ventricular", "supraventricular", "fibrillation"]


def test_files_that_cannot_be_uploaded_are_listed_with_reasons(place: Place) -> None:
    page, api, _ = place
    del api.answers["POST /v1/recordings"]  # nothing is to be asked
    header = b"m 2 250 100\na.dat 16 200\nb.dat 16 200\n"
    master = b"long/3 1 250 200\nlong_1 100\n~ 50\nlong_2 50\n"
    segment = b"long_1 1 250 100\nlong_1.dat 16 200\n"
    choose(
        page,
        edf("empty.edf", 0),
        edf("letter.docx"),
        edf("lone.dat"),
        edf("100.atr"),
        {"name": "m.hea", "mimeType": "", "buffer": header},
        edf("a.dat"),
        {"name": "long.hea", "mimeType": "", "buffer": master},
        {"name": "long_1.hea", "mimeType": "", "buffer": segment},
    )
    left_out = page.get_by_role("region", name="Files that were not uploaded").get_by_role(
        "listitem"
    )
    expect(left_out).to_have_count(8)
    said = {text.split()[0]: text for text in left_out.all_inner_texts()}
    assert set(said) == {
        "empty.edf", "letter.docx", "lone.dat", "100.atr", "m.hea", "a.dat", "long.hea",
        "long_1.hea",
    }  # fmt: skip
    assert "is empty" in said["empty.edf"]
    assert "is not a Holter file" in said["letter.docx"]
    assert "Choose its header (.hea)" in said["lone.dat"]
    assert "annotations" in said["100.atr"]
    assert "needs b.dat, which is missing" in said["m.hea"]
    assert "needs long_2.hea and long_1.dat, which are missing" in said["long.hea"]
    expect(page.locator("li.upload")).to_have_count(0)


def test_a_multi_segment_record_is_uploaded_whole(place: Place) -> None:
    page, api, _ = place
    api.takes(ID, 6)
    master = b"r/3 1 250 150\nr_0 0\n~ 50\nr_1 100\n"
    layout, segment = b"r_0 1 250 0\n~ 0 200\n", b"r_1 1 250 100\r\nr_1.dat 212 200\r\n# paced\r\n"
    texts = {"r.hea": master, "r_0.hea": layout, "r_1.hea": segment, "r_1.dat": b"x"}
    texts["r.settings.json"] = b"{}"
    texts["r.diary.csv"] = b"9:00,dizzy"
    with page.expect_request(lambda request: request.method == "POST") as asked:
        choose(page, *({"name": n, "mimeType": "", "buffer": b} for n, b in texts.items()))
    body = asked.value.post_data_json
    assert body["main"] == {"name": "r.hea", "size_bytes": len(master)}
    assert [part["name"] for part in body["parts"]] == list(texts)[1:]
    expect(upload_card(page, "r.hea")).to_contain_text("in 6 files")


def test_at_most_two_are_sent_at_once_and_the_others_wait(place: Place) -> None:
    page, api, _ = place
    held: list[Any] = []
    api.answers["POST /storage"] = held.append
    choose(page, *(edf(f"{number}.edf") for number in range(4)))
    marks = page.locator(".mark-line")
    expect(marks).to_have_text(["Queued", "Queued", "Uploading", "Uploading"])
    upload_card(page, "3.edf").get_by_role("button", name="Cancel").click()
    expect(upload_card(page, "3.edf")).to_contain_text("Cancelled.")
    upload_card(page, "0.edf").get_by_role("button", name="Cancel").click()
    expect(marks).to_have_text(["Not uploaded", "Uploading", "Uploading", "Not uploaded"])
    api.answers["POST /storage"] = lambda route: route.fulfill(status=204)
    expect(upload_card(page, "0.edf").get_by_role("button", name="Try again")).to_be_focused()
    for route in held:
        with suppress(Error):
            route.fulfill(status=204)  # fails for the one that was cancelled
    expect(marks).to_have_text(["Not uploaded", "Scored", "Scored", "Not uploaded"])
    page.keyboard.press("Enter")
    expect(marks.last).to_have_text("Scored")


def test_a_lost_connection_is_reported_and_retried(place: Place) -> None:
    page, api, watch = place
    watch.excused = (LOST,)
    lost = lambda route: route.abort("internetdisconnected")  # noqa: E731
    sent, announce = api.answers["POST /storage"], api.answers["POST /v1/recordings"]
    api.answers["POST /v1/recordings"] = in_turn(lost, announce)
    api.answers["POST /storage"] = in_turn(lost, sent)
    api.answers[PATH] = in_turn(TROUBLE, lost, answer(SCORED))
    said = page.evaluate_handle(
        """() => {
          const said = new Set();
          new MutationObserver(() => {
            for (const e of document.querySelectorAll(".message")) said.add(e.textContent);
          }).observe(document.body, { childList: true, subtree: true });
          return said;
        }"""
    )
    choose(page, edf())
    expect(upload_card(page, "ward 3.edf").locator(".mark-line")).to_have_text("Scored")
    found = page.evaluate("said => [...said]", said)
    assert "There is no connection to the server. Trying again …" in found
    assert "The storage does not respond. Trying again …" in found


def test_a_rejected_form_is_replaced_by_a_new_one(place: Place) -> None:
    page, api, watch = place
    watch.excused = (LOST,)
    sent = api.answers["POST /storage"]
    api.answers["POST /storage"] = in_turn(lambda route: route.fulfill(status=403), sent)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    choose(page, edf())
    expect(upload_card(page, "ward 3.edf").locator(".mark-line")).to_have_text("Scored")
    assert asked.count(f"POST {MADE_UP}/v1/recordings") == 2


def test_an_upload_rejected_by_the_storage_can_be_tried_again(place: Place) -> None:
    page, api, watch = place
    watch.excused = (LOST,)
    sent = api.answers["POST /storage"]
    api.answers["POST /storage"] = lambda route: route.fulfill(status=400)
    choose(page, edf())
    card = upload_card(page, "ward 3.edf")
    expect(card).to_contain_text("The storage rejected the file (400).")
    api.answers["POST /storage"] = sent
    card.get_by_role("button", name="Try again").click()
    expect(card.locator(".mark-line")).to_have_text("Scored")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (FOR_PARTS, "Waiting for the other files of this record until 22 Nov 2024"),
        (SCORING, "The recording is being scored"),
        (REJECTED, "Flat line: Found no signal on any lead."),
        (FAILED, "Scoring failed several times."),
        ({"recording_id": ID, "status": "part", "part_of": OTHER_ID}, OTHER_ID),
    ],
)
def test_every_status_is_explained_in_its_card_and_its_view(
    place: Place, status: dict[str, Any], said: str
) -> None:
    page, api, _ = place
    api.answers[PATH] = answer(status)
    choose(page, edf())
    expect(upload_card(page, "ward 3.edf")).to_contain_text(said)
    page.goto(f"{MADE_UP}#recording/{ID}")
    expect(page.locator("#recording-view")).to_contain_text(said)


def test_no_request_is_sent_while_the_page_is_hidden(place: Place) -> None:
    page, api, _ = place
    api.answers[PATH] = answer(SCORING)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    choose(page, edf())
    expect(upload_card(page, "ward 3.edf").locator(".mark-line")).to_have_text("Being scored")
    with page.expect_request(lambda request: request.url.endswith(ID)):
        page.clock.run_for(5_000)
    page.evaluate(HIDE, True)
    page.clock.run_for(20_000)  # longer than any pause: the last one may have begun before
    page.wait_for_timeout(500)  # by the real clock: requests are reported a little later
    n_asked = len(asked)
    page.clock.run_for(120_000)
    assert len(asked) == n_asked
    api.answers[PATH] = answer(SCORED)
    page.evaluate(HIDE, False)
    expect(upload_card(page, "ward 3.edf").locator(".mark-line")).to_have_text("Scored")


HIDE = """isHidden => {
  Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_an_unknown_recording_is_reported_in_its_view(place: Place) -> None:
    page, api, watch = place
    watch.excused = (LOST,)
    api.answers[PATH] = answer_problem("unknown_recording", "It has been deleted.")
    page.goto(f"{MADE_UP}#recording/{ID}")
    expect(page.get_by_role("alert")).to_contain_text(
        "There is no recording with this ID. It has been deleted."
    )


def test_an_upload_unknown_to_the_server_can_be_sent_again(place: Place) -> None:
    page, api, watch = place
    watch.excused = (LOST,)
    api.answers[PATH] = answer_problem("unknown_recording", "It has been deleted.")
    choose(page, edf())
    card = upload_card(page, "ward 3.edf")
    expect(card.locator(".mark-line")).to_have_text("Not known")
    page.reload()
    expect(card.get_by_role("button", name="Choose the file again")).to_be_visible()
    card.get_by_role("button", name="Remove").click()
    choose(page, edf())
    expect(card.locator(".mark-line")).to_have_text("Not known")
    api.answers[PATH] = answer(SCORED)
    card.get_by_role("button", name="Try again").click()
    expect(card.locator(".mark-line")).to_have_text("Scored")


def test_a_document_that_cannot_be_fetched_leaves_no_empty_tab(place: Place) -> None:
    page, api, watch = place
    watch.excused = (LOST,)
    api.answers[f"{PATH}/report"] = answer_problem("no_result", "It is not scored.")
    page.goto(f"{MADE_UP}#recording/{ID}")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Report of").first.click()
    expect(page.get_by_role("alert")).to_have_text(
        "The recording has no such result. It is not scored."
    )
    if not popup.value.is_closed():  # the browser tells of it when it comes to it
        popup.value.wait_for_event("close")


def test_lists_are_paged_and_show_urgent_findings(place: Place) -> None:
    page, api, _ = place
    first = answer({"recordings": ITEMS[:3], "next_cursor": CURSOR})
    rest = answer({"recordings": ITEMS[3:], "next_cursor": None})
    api.answers["GET /v1/recordings"] = lambda route: (
        rest if CURSOR in route.request.url else first
    )(route)
    api.answers["GET /v1/nights"] = answer(NIGHTS)
    api.answers["GET /v1/nights/2024-11-22"] = answer(NIGHT)
    page.reload()
    rows = page.locator("#recordings-list tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("2 urgent")
    expect(rows.first).to_contain_text("Ventricular tachycardia of 11 beats")
    expect(rows.first).to_contain_text("Not reviewed")
    expect(rows.nth(1)).to_contain_text(NEXT_STEPS["flat_line"])
    with page.expect_request(f"**/v1/recordings?limit=10&cursor={CURSOR}"):
        page.get_by_role("button", name="Show more recordings").click()
    expect(rows).to_have_count(5)
    expect(rows.last).to_contain_text("Atrial fibrillation of 67 min at 99/min")
    expect(rows.last).to_contain_text("Signed")
    expect(rows.last.locator(".warning")).to_have_text(["Time lost", "Amplitude not calibrated"])
    expect(rows.last).to_contain_text("12 h of 24 h declared")
    expect(page.get_by_role("button", name="Show more recordings")).to_be_hidden()
    page.get_by_role("link", name="Friday, 22 Nov 2024").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Friday, 22 Nov 2024")
    tiles = page.locator(".tiles > div")
    expect(tiles).to_have_count(len(NIGHT["outcomes"]))
    said = [tile.split("\n") for tile in tiles.all_inner_texts()]
    assert said[:2] == [["Uploaded", "140"], ["Scored", "137"]]
    buttons = page.locator("#night-view .buttons").first.get_by_role("button")
    expect(buttons).to_have_text(["Nightly report", "All recordings (CSV)", "Report (JSON)"])
    expect(page.locator("#night-view tbody tr")).to_have_count(5)
    page.go_back()
    expect(page.get_by_role("link", name="Friday, 22 Nov 2024")).to_be_focused()


def test_with_iam_the_page_explains_that_it_cannot_be_used(browser: Browser) -> None:
    with opened(browser, MADE_UP) as (context, _):
        api = MadeUpApi(context, authorisation="iam")
        api.answers = {"GET /": api.answers["GET /"]}  # nothing else is asked
        page = context.new_page()
        page.goto(MADE_UP)
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "This page cannot be used in a browser"
        )
        expect(page.locator("main")).to_contain_text("JwtIssuer")
        for chooser in page.locator("input").all():
            expect(chooser).to_be_hidden()


VIEWS = {
    "": "#recordings-list tbody tr",
    f"#recording/{ID}": ".classes tbody tr",
    "#night/2024-11-22": "#night-view tbody tr",
}
"""By a view's address, an element that appears when the view is complete."""


def full_page(context: BrowserContext) -> Page:
    """Return a page that shows every kind of element."""
    api = MadeUpApi(context)
    api.takes(ID, 2)
    api.answers |= {
        PATH: in_turn(answer(REJECTED), answer(SCORED)),
        "GET /v1/recordings": answer({"recordings": ITEMS, "next_cursor": None}),
        "GET /v1/nights": answer(NIGHTS),
        "GET /v1/nights/2024-11-22": answer(NIGHT),
    }
    page = context.new_page()
    page.goto(MADE_UP)
    name = "a_rather_long_name_without_any_place_to_break_it_" * 2
    choose(page, edf(f"{name}.edf"))
    expect(page.locator(".note.some code")).to_be_visible()
    choose(page, edf(f"{name}.ecg"), edf("lone.dat"))
    expect(page.locator(".figures")).to_be_visible()
    return page


def test_a_reviewed_recording_has_no_figures_of_the_evaluation(place: Place) -> None:
    page, api, _ = place
    signed = {"status": "final", "signed_by": "Dr A. Meier", "signed_at": "2026-11-30T10:00:00Z"}
    reviewed = made_up_summary()
    reviewed["review"] = reviewed["review"] | signed
    reviewed["provenance"] = reviewed["provenance"] | {"review": "reviewed"}
    for summary, count in ((made_up_summary(), 3), (reviewed, 0)):
        api.answers[PATH] = answer({**SCORED, "summary": summary})
        page.goto(MADE_UP)
        page.goto(f"{MADE_UP}#recording/{ID}")
        expect(page.locator(".classes tbody tr").first).to_be_visible()
        expect(page.get_by_text("in evaluation")).to_have_count(count)
    expect(page.locator(".review.final")).to_contain_text("Final: signed by Dr A. Meier")


def test_a_refused_review_is_told_beside_the_results(place: Place) -> None:
    page, api, _ = place
    message = "the review 01234567 was not applied: found no beat at 7.000 s"
    summary = made_up_summary() | {"warnings": [{"code": "review_not_applied", "message": message}]}
    api.answers[PATH] = answer({**SCORED, "summary": summary})
    page.goto(f"{MADE_UP}#recording/{ID}")
    expect(page.locator(".caution")).to_contain_text("was not applied: found no beat at 7.000 s.")


def warned_summary() -> dict[str, Any]:
    """Return a summary with three important warnings and another one."""
    summary = made_up_summary()
    summary["recording"] |= {"lost_s": 43_200.0, "amplitudes_calibrated": False}
    summary["signal"]["analysable_of_declared_percent"] = 66.4
    codes = ("crc_mismatch", "impossible_amplitude", "clock_drift", "time_lost")
    summary["warnings"] = [{"code": code, "message": f"found {code}"} for code in codes]
    return summary


def test_important_warnings_and_lost_time_are_shown_with_the_result(place: Place) -> None:
    page, api, _ = place
    api.answers[PATH] = answer({**SCORED, "summary": warned_summary()})
    choose(page, edf())
    in_card = upload_card(page, "ward 3.edf").locator(".caution li")
    expect(in_card).to_have_count(3)
    page.goto(f"{MADE_UP}#recording/{ID}")
    shown = page.locator("#recording-view .caution li")
    expect(shown).to_have_count(3)
    for place_of, code in enumerate(("time_lost", "clock_drift", "impossible_amplitude")):
        text = warning_text(code)
        for part in (text.name, text.meaning, text.next_step, f"Found {code}."):
            expect(shown.nth(place_of)).to_contain_text(part)
    expect(page.locator(".card").first).to_contain_text(
        "12 h of the 36 h that the file declares are not in it; 66.4 % of them analysable"
    )


@pytest.mark.parametrize("width", [1200, 768, 320])
def test_nothing_is_cut_at_any_width_and_contrast_suffices(browser: Browser, width: int) -> None:
    with opened(browser, MADE_UP, width=width) as (context, _):
        page = full_page(context)
        for view, last_shown in VIEWS.items():
            page.goto(MADE_UP + view)
            expect(page.locator(last_shown).first).to_be_visible()
            assert page.evaluate(CUT) == []
            assert page.evaluate(PALE) == []


CUT = """() => {
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest(".unseen, .skip, thead")) return false;
    const sticksOut = box.right > width + 1 || box.left < -1;
    const isCut = e.matches("td, th, dd, dt, li, p, h1, h3") && e.scrollWidth > e.clientWidth + 1;
    return sticksOut || isCut;
  }).map((e) => e.outerHTML.slice(0, 120));
}"""
PALE = """() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const hasText = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *:not(script, style)")]
    .filter((e) => hasText(e) && e.checkVisibility()).filter((e) => {
      const a = light(getComputedStyle(e).color), b = light(ground(e));
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    }).map((e) => e.outerHTML.slice(0, 120));
}"""


def test_signals_are_sent_before_the_header_that_needs_them(place: Place) -> None:
    page, api, _ = place
    texts = {
        "r.hea": b"r/2 1 250 200\nr_1 100\nr_2 100\n",
        "r_1.hea": b"r_1 1 250 100\nr_1.dat 16 200\n",
        "r_1.dat": b"x",
        "r_2.hea": b"r_2 1 250 100\nr_2.dat 16 200\n",
        "r_2.dat": b"x",
    }
    names: list[str] = []
    sent: list[str] = []

    def announce(route: Route) -> None:
        body = route.request.post_data_json
        names.extend(file["name"] for file in (body["main"], *body["parts"]))
        forms = [{"url": f"{MADE_UP}/storage/{name}", "fields": {}} for name in names]
        expires_at = "2099-01-01T00:00:00Z"
        answer({"recording_id": ID, "expires_at": expires_at, "uploads": forms}, 201)(route)

    def store(route: Route) -> None:
        sent.append(route.request.url.rpartition("/")[2])
        route.fulfill(status=204)

    api.answers["POST /v1/recordings"] = announce
    api.answers |= {f"POST /storage/{name}": store for name in texts}
    choose(page, *({"name": n, "mimeType": "", "buffer": b} for n, b in texts.items()))
    expect(upload_card(page, "r.hea").locator(".mark-line")).to_have_text("Scored")
    assert names[0] == "r.hea"
    assert set(sent[:2]) == {"r_1.dat", "r_2.dat"}
    assert sent[2] == "r.hea"
    assert set(sent[3:]) == {"r_1.hea", "r_2.hea"}


def test_lists_are_reloaded_after_a_result_and_keep_focus_and_length(place: Place) -> None:
    page, api, _ = place
    night = {"date": "2024-11-22", "has_report": False}
    listed = [item(number) for number in range(1, 13)]

    def recordings(route: Route) -> None:
        length = int(parse_qs(urlsplit(route.request.url).query)["limit"][0])
        cursor = CURSOR if length < len(listed) else None
        answer({"recordings": listed[:length], "next_cursor": cursor})(route)

    api.answers["GET /v1/recordings"] = in_turn(
        recordings, answer({"recordings": listed[10:], "next_cursor": None}), recordings
    )
    nights = {"nights": [night], "next_cursor": None}
    api.answers["GET /v1/nights"] = in_turn(
        answer({"nights": [], "next_cursor": None}), answer(nights), answer(NIGHTS)
    )
    page.reload()
    expect(page.locator("#nights-list")).to_contain_text("There are no nights yet.")
    page.get_by_role("button", name="Show more recordings").click()
    rows = page.locator("#recordings-list tbody tr")
    expect(rows).to_have_count(12)
    choose(page, edf())
    link = rows.nth(11).get_by_role("link")
    link.focus()
    expect(page.locator("#nights-list")).to_contain_text("no nightly report yet")
    expect(page.locator("#nights-list")).not_to_contain_text("yet")
    expect(rows).to_have_count(12)
    expect(link).to_be_focused()


REPORT = """<!DOCTYPE html><script>
addEventListener("message", ({ data }) => {
  document.title = JSON.stringify([JSON.parse(document.title || "[]"), data].flat());
  if (document.body.dataset.sent || !data.kind) return;
  document.body.dataset.sent = "yes";
  const review = { kind: "review", schema_version: "1.0", beats: "b".repeat(64), operations: [{}] };
  parent.postMessage({ kind: "deepecg-review", save: true, author: "Dr A. Meier", review }, "*");
});
</script><body>Report"""
"""A report that saves a review as soon as it is shown for review, and keeps what it is told."""
DIGEST = "5f" * 32
REVIEW = f"/v1/recordings/{ID}/review"


def reviewing(place: Place, *statuses: Answer) -> Page:
    """Open a recording for review; the statuses are those after the review was saved."""
    page, api, watch = place
    watch.excused = (LOST,)
    saved = {"recording_id": ID, "sha256": DIGEST}
    api.answers |= {
        f"GET {REVIEW}": answer_problem("no_review", "PUT the first one."),
        f"PUT {REVIEW}": lambda route: route.fulfill(json=saved, headers={"etag": '"1"'}),
        f"GET /v1/recordings/{ID}/report": answer({"url": f"{MADE_UP}/report"}),
        "GET /report": lambda route: route.fulfill(body=REPORT, content_type="text/html"),
        PATH: in_turn(*statuses),
    }
    page.goto(f"{MADE_UP}/#review/{ID}")
    return page


def with_warning(message: str) -> dict[str, Any]:
    warning = {"code": "review_not_applied", "message": message}
    summary = made_up_summary()
    summary["warnings"] = [warning]
    return {**SCORED, "summary": summary}


def with_review() -> dict[str, Any]:
    summary = made_up_summary()
    summary["review"] = {**(summary["review"] or {}), "sha256": DIGEST}
    return {**SCORED, "summary": summary}


def test_a_warning_about_the_former_review_is_not_about_the_one_just_saved(place: Place) -> None:
    former = with_warning("the review 01234567 was not applied: found no beat at 7.000 s")
    page = reviewing(place, answer(former), answer(with_review()))
    notice = page.locator(".review-notice")
    expect(notice).to_contain_text("This is the report made with your review")


def test_a_review_that_is_not_applied_is_told(place: Place) -> None:
    message = f"the review {DIGEST[:8]} was not applied: found no beat at 7.000 s"
    page = reviewing(place, answer(with_warning(message)))
    expect(page.locator(".review-notice").get_by_role("alert")).to_contain_text("7.000 s")


def test_a_saved_review_is_not_called_unsaved_when_its_result_cannot_be_read(place: Place) -> None:
    page = reviewing(place, answer_problem("unknown_recording", "It has been deleted."))
    alert = page.locator(".review-notice").get_by_role("alert")
    expect(alert).to_contain_text("It has been deleted.")
    told = page.frames[-1].title()
    assert '"saved"' in told
    assert "Not saved" not in told


def test_a_reviewer_learns_that_another_one_saved_before_the_report_was_made(place: Place) -> None:
    page, api, _ = place
    page.clock.install()
    reviewing(place, answer(SCORED))
    notice = page.locator(".review-notice")
    expect(notice).to_contain_text("The report is being made anew")
    theirs = {"kind": "review", "operations": []}
    api.answers[f"GET {REVIEW}"] = lambda route: route.fulfill(json=theirs, headers={"etag": '"2"'})
    page.clock.run_for(150_000)
    expect(notice).to_contain_text("Another reviewer has saved since")
