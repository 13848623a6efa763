import copy
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import jsonschema
import numpy as np
import pytest
from published_schemas import schema
from synthetic_summary import EVENTS, made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.graphics.rr_plots import Poincare, RrHistogram
from deepecg.outputs.report.report_page import render_report as render_summary
from deepecg.outputs.warning_texts import warning_text
from deepecg.study import Study

SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
LIMIT_BYTES = 1_000_000
HOSTILE = '</script><script>alert("x")</script><b onmouseover=alert(1)>'


class Page(HTMLParser):
    """What a browser would make of the page: elements, and the text of marked figures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.figures: dict[str, list[str]] = {}
        self._figure: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self._figure = attributes.get("data-figure")

    def handle_data(self, data: str) -> None:
        if self._figure is not None:
            self.figures.setdefault(self._figure, []).append(data)
            self._figure = None

    def values(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.elements if attribute in a]


def dash(text: str) -> str:
    """Return hours as they are printed, with an en dash."""
    return text.replace("-", "\N{EN DASH}")


def render_report(summary: dict[str, Any], graphics: Graphics, *operations: Any) -> str:
    return render_summary(summary_of(summary), graphics, operations=operations)


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(made_up_summary(), made_up_graphics())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def rendered(**changes: Any) -> str:
    """Render a summary with changes at dotted paths, written with ``__`` for the dot."""
    summary = copy.deepcopy(made_up_summary())
    for path, value in changes.items():
        *parents, key = path.split("__")
        place = summary
        for parent in parents:
            place = place[parent]
        place[key] = value
    return render_report(summary, made_up_graphics())


def text_of(html: str) -> str:
    """Return what is read: no elements, and every stretch of white space as one space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))


def at(summary: dict[str, Any], path: str) -> Any:
    found: Any = summary
    for key in path.split("."):
        found = found[key]
    return found


def seconds_of(text: str) -> float:
    """Read "23 h 53 min 27 s" back."""
    parts = re.findall(r"([\d.]+) (d|h|min|s)\b", text)
    assert "".join(f"{n} {unit} " for n, unit in parts).strip() == text
    return sum(float(n) * SECONDS[unit] for n, unit in parts)


def test_every_figure_on_the_page_is_the_one_in_the_summary(page: Page) -> None:
    summary = made_up_summary()
    checked = 0
    for path, texts in page.figures.items():
        value = at(summary, path)
        for text in texts:
            if path.endswith(("at_s", ".start_s", "start_local")):
                continue  # times of day have a test of their own
            if isinstance(value, float | int) and re.fullmatch(r"[\d,.]+", text):
                digits = len(text.partition(".")[2])
                assert float(text.replace(",", "")) == pytest.approx(value, abs=0.51 * 10**-digits)
            else:
                assert seconds_of(text) == pytest.approx(value, abs=0.5)
            checked += 1
    assert checked > 70


@pytest.mark.parametrize(
    "path",
    [
        "signal.analysable_percent", "signal.analysable_s", "heart_rate.mean_bpm",
        "heart_rate.minimum_bpm", "heart_rate.minimum_at_s", "heart_rate.maximum_bpm",
        "heart_rate.maximum_at_s", "ventricular.burden_percent", "ventricular.precision_percent",
        "supraventricular.burden_percent", "supraventricular.precision_percent",
        "atrial_fibrillation.burden_percent", "atrial_fibrillation.precision_percent",
        "pauses.longest_s",
    ],
)  # fmt: skip
def test_the_first_screen_shows(html: str, path: str) -> None:
    first = html[html.index("<main") : html.index('<section id="trend"')]
    assert f'data-figure="{path}"' in first


def test_times_are_those_of_the_clock_on_the_wall(page: Page) -> None:
    # the recording starts at 09:30:00; 61,235 s are 17 h 0 min 35 s, 33,100 s are 9 h 11 min 40 s
    assert page.figures["heart_rate.minimum_at_s"] == ["02:30:35"]
    assert page.figures["heart_rate.maximum_at_s"] == ["18:41:40"]
    assert page.figures["recording.start_local"] == ["1 Mar 2024, 09:30:00"]


def test_without_a_start_times_count_from_it() -> None:
    summary = made_up_summary(start_local=None)
    page = Page(render_report(summary, made_up_graphics()))
    assert page.figures["heart_rate.minimum_at_s"] == ["+17:00:35"]
    assert page.figures["recording.start_local"] == ["not known"]


def test_urgent_findings_lead_to_their_strips(html: str, page: Page) -> None:
    summary = made_up_summary()
    assert len(page.values("data-urgent")) == len(summary["urgent"]) > 1
    first = html[html.index('<section id="findings"') : html.index('<section id="events"')]
    for finding in summary["urgent"]:
        assert finding["message"] in first
        assert f'href="#{summary["events"][finding["event"]]["strip"]}"' in first


@pytest.mark.parametrize("start", ["9999-12-31T23:00:00", "9999-12-31T23:59:59.9"])
def test_a_start_at_the_end_of_the_calendar_leaves_times_from_the_start(start: str) -> None:
    page = Page(render_report(made_up_summary(start), made_up_graphics()))
    assert page.figures["heart_rate.minimum_at_s"] == ["+17:00:35"]
    assert page.figures["recording.start_local"][0].startswith("31 Dec 9999, 23:")


def test_no_urgent_finding_is_said_too_with_what_was_looked_for() -> None:
    html = rendered(urgent=[], notable=[])
    text = text_of(html)
    assert 'class="urgent none"' in html
    assert "No urgent findings" in text
    assert "Nothing notable either" in text
    for sought in (
        "wide-QRS tachycardia of 30 s or more",
        "third-degree AV block",
        "atrial flutter",
    ):
        assert sought in text
    assert "Not assessed: First-degree AV block." in text
    assert "ventricular tachycardia (above 100/min) of 6 or more beats" in text
    assert "ventricular beats above 10 % of all" in text
    assert "supraventricular tachycardia longer than 30 s" in text
    assert "atrial fibrillation faster than 110/min, pauses of 3 s or more" in text
    assert "no beat found for 10 s or more" in text
    assert "second-degree AV block for 1 min or more, third-degree AV block" in text
    assert "rates below 40/min for 1 min" in text
    assert "more than 30 supraventricular beats an hour" in text


def test_the_page_is_preliminary_until_somebody_signs(html: str) -> None:
    text = text_of(html)
    assert text.count("Preliminary: not signed") == 3  # at the top, above the line, in the method
    assert "Name Date Signature" in text
    assert "Preliminary Holter ECG report" in html  # at the top of every printed page
    signed = rendered(
        review__status="final",
        review__signed_by="Dr A. Kern",
        review__signed_at="2024-03-02T14:05:59+01:00",
        review__reviewers=["T. Frei", "Dr A. Kern"],
        review__conclusion="Sinus rhythm.\nNo cause for syncope found.",
        review__renamed_beats_count=13,
        review__comments=[
            {
                "text": "Electrode loose",
                "author": "T. Frei",
                "written_at": "2024-03-02T13:00:00+01:00",
                "at_s": 3600.0,
            }
        ],
    )
    text = text_of(signed)
    assert "Preliminary" not in signed
    assert "Final Signed by Dr A. Kern on 2 Mar 2024, 14:05 UTC+01:00" in text
    assert "Sinus rhythm. No cause for syncope found." in text
    assert "Reviewed by T. Frei, Dr A. Kern: 13 beats renamed" in text
    assert "10:30:00: Electrode loose (T. Frei, 2 Mar 2024, 13:00 UTC+01:00)" in text
    assert 'class="lines"' in html
    assert 'class="lines"' not in signed
    amended = rendered(
        review__status="amended",
        review__signed_by="Dr A. Kern",
        review__signed_at="2024-03-03T08:00:00+01:00",
    )
    assert "Amended Signed by Dr A. Kern" in text_of(amended)


def test_the_patient_label_is_on_the_page_or_a_line_to_write_on(html: str) -> None:
    assert '<p class="patient">Patient: <span class="write"></span></p>' in html
    study = Study(patient_label=f"Anna <b>Muster</b>{'x' * 80}")
    labelled = render_summary(summary_of(made_up_summary()), made_up_graphics(), study)
    assert "Patient: Anna &lt;b&gt;Muster&lt;/b&gt;xxx" in labelled
    assert "Anna \\3c b\\3e Muster" in labelled  # at the top of every printed page
    assert "<b>Muster" not in labelled


def test_a_change_of_summer_time_is_told_and_shown_in_the_hours() -> None:
    summary = made_up_summary("2026-10-24T09:30:00")
    summary["recording"]["time_zone"] = "Europe/Zurich"
    text = text_of(render_report(summary, made_up_graphics()))
    assert "At 03:00 clocks were put back by 1 h (Europe/Zurich)" in text
    assert "after the change, clocks on the wall showed less by 1 h" in text
    assert dash("03-04 on the wall 02-03") in text
    assert dash("08-09 on the wall 07-08") in text
    assert dash("02-03 on the wall") not in text
    assert "on the wall" not in text_of(rendered())


def test_settings_are_an_appendix_that_paper_shows_only_if_it_is_open(html: str) -> None:
    assert html.index('<section id="method"') < html.index('<details class="settings">')
    style = html[html.index("<style>") : html.index("</style>")]
    assert ".settings:not([open]) { display: none; }" in style[style.index("@media print") :]


def test_the_banner_is_not_green_while_something_is_notable() -> None:
    html = rendered(urgent=[])
    assert 'class="urgent mentioned"' in html
    assert 'class="urgent none"' not in html
    text = text_of(html)
    assert "Nothing notable either" not in text
    assert "Not assessed: First-degree AV block." in text


def test_notable_findings_come_after_the_urgent_ones_and_lead_to_their_strips(
    html: str, page: Page
) -> None:
    assert page.values("data-notable") == ["fibrillation"]
    notable = html[html.index('id="notable-title"') : html.index('<section id="conclusion"')]
    assert html.index("Pause of 3.2 s") < html.index('id="notable-title"')
    assert "Atrial fibrillation of 67 min at 99/min" in notable
    assert 'href="#strip-6"' in notable
    assert 'id="notable-title"' not in rendered(notable=[])


def test_thresholds_stand_where_they_matter(html: str) -> None:
    text = text_of(html)
    assert "Tachycardia (above 100/min), time" in text
    assert "Bradycardia (below 50/min), time" in text
    assert "Atrial fibrillation, episodes of 30 s or more" in text
    assert "Runs of 3 or more" in text
    settings = copy.deepcopy(made_up_summary()["provenance"]["settings"])
    settings["rhythm"]["rate"]["tachycardia_bpm"] = 120.0
    changed = text_of(rendered(provenance__settings=settings))
    assert "Tachycardia (above 120/min), time" in changed


def test_where_no_pause_is_confirmed_the_longest_unconfirmed_one_is_told() -> None:
    html = rendered(
        pauses__count=0, pauses__longest_s=None, pauses__longest_at_s=None, pauses__threshold_s=2.0
    )
    card = html[html.index("Longest pause") : html.index("Ventricular burden")]
    text = text_of(card)
    assert "none confirmed" in text
    # 09:30:00 and 82,400 s are 08:23:20
    assert "longest unconfirmed pause: 24.3 s at 08:23:20" in text
    assert "a beat may have been missed in it (7 unconfirmed in all)" in text
    assert 'href="#strip-8"' in card
    none = rendered(
        pauses__count=0,
        pauses__longest_s=None,
        pauses__longest_at_s=None,
        pauses__unconfirmed_count=0,
        pauses__longest_unconfirmed_s=None,
        pauses__longest_unconfirmed_at_s=None,
    )
    card = none[none.index("Longest pause") : none.index("Ventricular burden")]
    assert '<p class="large">none</p>' in card


def test_pauses_have_two_digits() -> None:
    summary = made_up_summary()
    summary["events"][4]["duration_s"] = 2.962
    html = render_report(summary, made_up_graphics())
    assert html.count("2.96 s") == 2  # in the list and beside the strip
    assert 'data-figure="pauses.longest_s">2.96<' in rendered(pauses__longest_s=2.96)


def test_a_pacemaker_is_told_on_the_first_screen() -> None:
    paced = rendered(warnings=[{"code": "paced", "message": "made up"}])
    first = paced[: paced.index('<section id="trend"')]
    assert "a model trained without paced beats" in first
    assert "Pacemaker:" not in rendered()


def test_a_share_is_not_rounded_to_nothing_or_to_all() -> None:
    html = rendered(signal__analysable_percent=100.0, ventricular__burden_percent=0.0)
    text = text_of(html)
    assert "&gt; 99.99 %" in text
    assert "&lt; 0.01 %" in text
    signal = made_up_summary()["signal"] | {
        "missing_s": 0,
        "flat_s": 0,
        "saturated_s": 0,
        "noisy_s": 0,
    }
    text = text_of(rendered(signal=signal | {"analysable_percent": 100.0}))
    assert "&gt;" not in text
    assert "100.00 %" in text


def test_less_than_an_hour_has_no_rate_per_hour() -> None:
    assert "per hour" in text_of(rendered())
    text = text_of(rendered(signal__analysable_s=3599))
    assert "per hour" not in text
    assert "less than an hour analysed" in text


def test_intervals_beyond_the_axes_are_counted() -> None:
    graphics = made_up_graphics()
    count = np.zeros(100, np.int64)
    count[50] = 100_000
    count[[2, 90, 95]] = (3, 4, 5)
    pairs = np.zeros((100, 100), np.int64)
    pairs[50, 50] = 100_000
    pairs[50, 2] = pairs[95, 95] = 7
    graphics = replace(
        graphics,
        rr_histogram=RrHistogram(20.0, 200.0, count, count),
        poincare=Poincare(20.0, 200.0, pairs),
    )
    text = text_of(render_report(made_up_summary(), graphics))
    assert "3 shorter and 9 longer intervals are not shown" in text
    assert "14 pairs with a shorter or longer interval are not shown" in text


def test_paper_shows_what_is_urgent_or_has_a_strip_of_a_long_list() -> None:
    summary = made_up_summary()
    more = [summary["events"][1] | {"number": n, "strip": None} for n in range(8, 62)]
    summary["events"] += more
    summary["urgent"][0]["event"] = 40
    html = render_report(summary, made_up_graphics())
    assert "Printed: events of findings and events with a strip" in html
    assert 'class="events-table shorten"' in html
    rows = [a for tag, a in Page(html).elements if tag == "tr" and "data-group" in a]
    kept = [a["id"] for a in rows if "data-strip" in a or "data-finding" in a]
    assert kept == [*(f"event-{n}" for n in range(8)), "event-40"]
    on_screen = replace(
        made_up_graphics(),
        strips=tuple(
            replace(strip, is_further=strip.event_number == 2)
            for strip in made_up_graphics().strips
        ),
    )
    rows = [a for tag, a in Page(render_report(summary, on_screen)).elements if tag == "tr"]
    assert [a["id"] for a in rows if "data-strip" in a] == [
        f"event-{n}" for n in range(8) if n != 2
    ]
    summary["events"] = summary["events"][:60]
    assert "events-table shorten" not in render_report(summary, made_up_graphics())


def test_precision_is_told_in_words_beside_the_burden(html: str) -> None:
    text = re.sub(r"<[^>]*>", "", html)
    assert re.search(r"in evaluation, 96 of 100 beats classified as V were V", text)
    assert re.search(r"in evaluation, 57 of 100 beats classified as S were S", text)
    assert "51 of 100 detected runs were runs" in text
    unknown = re.sub(r"<[^>]*>", "", rendered(ventricular__precision_percent=None))
    assert "precision of class V in evaluation: not known" in unknown


def test_how_often_a_finding_was_right_is_told_beside_each(html: str) -> None:
    findings = re.findall(r"<li data-(?:urgent|notable).*?</li>", html, re.DOTALL)
    assert len(findings) > 2
    known = [
        found for found in findings if "19 of 20 right in evaluation, 6 patients" in text_of(found)
    ]
    unknown = [found for found in findings if "accuracy not known" in found]
    assert len(known) == 1
    assert "entricular tachycardia" in known[0]
    assert len(known) + len(unknown) == len(findings)


def test_the_made_up_summary_is_one_that_the_software_could_write() -> None:
    jsonschema.validate(made_up_summary(), schema("summary"), cls=jsonschema.Draft202012Validator)


def test_links_within_the_page_arrive(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    targets = [href[1:] for href in page.values("href") if href.startswith("#")]
    assert len(targets) > 25
    assert set(targets) <= set(ids)
    described = [name for value in page.values("aria-labelledby") for name in value.split()]
    assert set(described) <= set(ids)


def test_every_strip_has_its_trace_and_a_letter_over_every_beat(html: str) -> None:
    for strip in made_up_graphics().strips:
        drawn = html[html.index(f'id="{strip.id}"') :]
        drawn = drawn[: drawn.index("</figure>")]
        letters = re.findall(r'class="beat class-\w" x="([\d.]+)" y="[\d.]+">(\w)<', drawn)
        assert "".join(name for _, name in letters) == strip.beat_classes
        places = [10 + 25 * at_s for at_s in strip.beat_times_s]  # 10 mm of paper before, 25 mm/s
        assert [float(x) for x, _ in letters] == pytest.approx(places, abs=0.01)


def test_a_trace_is_drawn_at_25_mm_a_second_and_10_mm_a_millivolt(html: str) -> None:
    strip = made_up_graphics().strips[0]
    drawn = html[html.index(f'id="{strip.id}"') :]
    path = re.search(r'class="trace" transform="translate\(10 ([\d.]+)\) '
                     r'scale\(([\d.]+) ([\d.]+)\)" d="M0 (-?\d+)l([^"]*)"', drawn)  # fmt: skip
    assert path
    _, per_sample, per_step, begin, steps = path.groups()
    moved = [int(step) for step in re.findall(r"1([+-]\d+)", steps)]
    assert float(per_sample) * strip.rate_hz == pytest.approx(25, abs=0.001)
    heights_mm = -np.cumsum([int(begin), *moved]) * float(per_step)
    np.testing.assert_allclose(heights_mm, strip.signal_mv[0] * 10, atol=0.06)


def test_hours_are_listed_as_they_are(html: str) -> None:
    table = html[html.index('class="hours-table"') :]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", table[: table.index("</table>")])
    assert len(rows) == 25
    for row, hour in zip(rows, made_up_summary()["hours"], strict=True):
        cells = re.sub(r"</?t[dh][^>]*>", "|", row).split("||")
        assert seconds_of(cells[1]) == hour["analysable_s"]
        assert int(cells[2].replace(",", "")) == hour["beats_count"]
        assert int(cells[6]) == hour["ventricular_count"]
        assert int(cells[8]) == hour["supraventricular_count"]
    assert rows[0].startswith(dash("1 Mar 09:30-10<"))
    assert rows[1].startswith(dash("10-11<"))
    assert rows[15].startswith(dash("2 Mar 00-01<"))
    assert rows[24].startswith(dash("09-09:30<"))


def test_the_trend_for_the_script_is_the_trend(html: str) -> None:
    found = re.search(r'<script type="application/json" id="trend-data">(.*?)</script>', html)
    assert found
    data = json.loads(found[1])
    trend = made_up_graphics().trend
    bpm = np.array([np.nan if v is None else v for v in data["bpm"]])
    np.testing.assert_allclose(bpm, trend.mean_bpm, atol=0.051)
    assert data["v"] == trend.ventricular_count.tolist()
    assert data["s"] == trend.supraventricular_count.tolist()
    assert data["origin"] == 9.5 * 3600
    assert len(data["marks"]) == len(EVENTS)


def test_what_is_not_known_says_so() -> None:
    html = rendered(
        heart_rate__mean_bpm=None,
        heart_rate_variability__sdann_ms=None,
        atrial_fibrillation__burden_percent=None,
    )
    page = Page(html)
    for path in (
        "heart_rate.mean_bpm",
        "heart_rate_variability.sdann_ms",
        "atrial_fibrillation.burden_percent",
    ):
        assert set(page.figures[path]) == {"not known"}
    assert "None" not in re.sub(r"<style>.*?</style>|<script.*?</script>", "", html, flags=re.S)


def test_a_recording_with_nothing_in_it_still_has_a_report() -> None:
    graphics = made_up_graphics()
    n = len(graphics.trend.mean_bpm)
    empty = replace(
        graphics,
        trend=replace(graphics.trend, mean_bpm=np.full(n, np.nan), analysable_share=np.zeros(n)),
        rr_histogram=replace(graphics.rr_histogram, count=graphics.rr_histogram.count * 0),
        poincare=replace(graphics.poincare, count=graphics.poincare.count * 0),
        strips=(),
        clusters=(),
    )
    summary = made_up_summary() | {
        "events": [],
        "urgent": [],
        "notable": [],
        "events_left_out_count": {},
    }
    html = render_report(summary, empty)
    assert "There is no event or beat to show" in html
    assert "No urgent findings" in html


def test_marks_have_the_rhythm_found_there(html: str) -> None:
    (section,) = re.findall(r'<section id="marks".*?</section>', html, re.DOTALL)
    section = text_of(section.replace("</t", " </t"))
    assert "2 marks" in section
    assert (
        "15:10:30 diary dizzy on the stairs Ventricular tachycardia; heart rate 91/min; "
        "11 ventricular beats, no supraventricular beats; 53 of 60 s analysable" in section
    )
    assert "23:23:20 file Not analysable" in section


def test_without_what_the_patient_wrote_the_page_says_how_to_see_it() -> None:
    mark = made_up_summary()["marks"][0] | {
        "text": None, "event_kinds": [], "rate_bpm": None, "ventricular_count": 1,
        "analysable_s": 60,
    }  # fmt: skip
    html = rendered(marks=[mark])
    assert '<th scope="col">Text</th>' not in html
    assert "diary_text" in html
    assert (
        "No event found; heart rate not known; 1 ventricular beat, no supraventricular beats "
        in text_of(html)
    )


def test_without_marks_there_is_no_table_of_them() -> None:
    html = rendered(marks=[])
    assert 'id="marks"' not in html
    assert 'href="#marks"' not in html


def test_names_from_a_file_cannot_become_markup() -> None:
    summary = made_up_summary()
    summary["recording"] |= {"leads": [HOSTILE, "V1"], "lead_used": HOSTILE}
    summary["recording_id"] = HOSTILE
    summary["warnings"] = [{"code": HOSTILE, "message": HOSTILE}]
    summary["urgent"][0]["message"] = HOSTILE
    summary["notable"][0]["message"] = HOSTILE
    summary["marks"][0]["text"] = HOSTILE
    for event in summary["events"]:
        event["lead"] = HOSTILE
    graphics = made_up_graphics()
    strips = tuple(replace(strip, leads=(HOSTILE,)) for strip in graphics.strips)
    comment = {"op": "comment", "author": HOSTILE, "text": HOSTILE}
    html = render_report(summary, replace(graphics, strips=strips), comment)
    assert "alert(" in html  # it is there, as text
    page = Page(html)
    assert not [a for _, a in page.elements if any(key.startswith("on") for key in a)]
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 7
    assert "<script>alert" not in html


def test_the_page_loads_nothing_and_says_so_to_the_browser(html: str, page: Page) -> None:
    assert "xlink" not in html
    for attribute in ("href", "src", "action", "data", "srcset", "poster"):
        assert all(value.startswith(("#", "data:,")) for value in page.values(attribute))
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, flags=re.S))
    assert "@import" not in styles
    assert "url(" not in styles
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv"))
    assert policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not page.values("style")


def test_the_same_summary_gives_the_same_bytes(html: str) -> None:
    assert render_report(made_up_summary(), made_up_graphics()) == html


def test_a_day_is_small(html: str) -> None:
    assert len(html.encode()) < LIMIT_BYTES


def test_tables_and_pictures_have_names(html: str, page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table")
    pictures = [a for tag, a in page.elements if tag == "svg" and a.get("role") == "img"]
    assert len(pictures) == tags.count("title") - 1  # the page has a title too
    headings = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(headings))
    assert all("scope" in a for tag, a in page.elements if tag == "th")


IMPORTANT = (
    ("time_lost", "found 24 h, expected 48 h by the header"),
    ("impossible_amplitude", "found 2,250 in 1 of 3 leads"),
    ("crc_mismatch", "found one checksum"),
)


def test_important_warnings_are_on_page_1_and_all_are_in_the_last_section() -> None:
    warnings = [{"code": code, "message": message} for code, message in IMPORTANT]
    html = unescape(rendered(warnings=warnings))
    first, _, rest = html.partition('<section id="events"')
    found = re.findall(r'<li data-warning="(\w+)">', first)
    assert found == ["time_lost", "impossible_amplitude"]
    for code, message in IMPORTANT:
        text = warning_text(code)
        assert (text.meaning in text_of(first)) == (code != "crc_mismatch")
        assert all(part in text_of(rest) for part in (text.meaning, text.next_step, message))
    assert "Check before you use this result" not in rendered(warnings=warnings[2:])


def test_lost_time_is_beside_the_analysable_time() -> None:
    html = rendered(recording__lost_s=43_200.0, signal__analysable_of_declared_percent=66.4)
    assert (
        "12 h of the 36 h that the file declares are not in it; 66.4 % of them analysable"
        in text_of(html)
    )
    assert "that the file declares" not in text_of(rendered())


def test_strips_of_a_lead_that_is_not_calibrated_have_no_scale() -> None:
    html = rendered(recording__amplitudes_calibrated=False)
    # The settings, all of them, name thresholds in mV.
    shown = html.partition('<section id="settings"')[0]
    assert '<path class="pulse"' not in shown
    assert "10 mm/mV" not in shown
    assert "amplitude not calibrated" in shown
    assert '<path class="pulse"' in rendered()
    assert "not calibrated" not in rendered()
