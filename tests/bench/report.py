"""Measures the report of a made-up day and its full disclosure: size, time to make and to draw.

    python tests/bench/report.py [--hours 24] [--events 860]

The day comes from ``tests/synthetic_day.py`` and is scored end to end; Chromium then opens its
report. With ``--events``, so many further events are made up, of all kinds that are urgent or
notable, and each has its strip. The browser's own clock says how long it takes until the page is
laid out and the trend is drawn (``DOMContentLoaded``, after all scripts), until the first paint,
and two frames after. These times grow where other programs want the processor too; the main
thread's processor time does not.
"""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import launch_chromium  # noqa: E402
from synthetic_day import make_day  # noqa: E402

from deepecg.beats.classifier import BeatClassifier  # noqa: E402
from deepecg.beats.model_card import model_folder  # noqa: E402
from deepecg.beats.pause_confirmation import confirm_pauses  # noqa: E402
from deepecg.outputs.disclosure.disclosure_page import write_disclosure  # noqa: E402
from deepecg.outputs.fhir import diagnostic_report  # noqa: E402
from deepecg.outputs.file_names import DISCLOSURE_FILE  # noqa: E402
from deepecg.outputs.graphics.ecg_strips import cut_strips  # noqa: E402
from deepecg.outputs.graphics.report_graphics import draw  # noqa: E402
from deepecg.outputs.graphics.settings import StripSettings  # noqa: E402
from deepecg.outputs.json_documents import to_json  # noqa: E402
from deepecg.outputs.report.report_page import render_report, report_clock  # noqa: E402
from deepecg.outputs.report.report_pdf import report_pages  # noqa: E402
from deepecg.outputs.summarise import summarise  # noqa: E402
from deepecg.outputs.summary import Summary  # noqa: E402
from deepecg.readers.open_recording import open_recording  # noqa: E402
from deepecg.rhythm.event_kinds import (  # noqa: E402
    ATRIAL_FIBRILLATION,
    ATRIAL_FLUTTER,
    BRADYCARDIA,
    PAUSE,
    UNCONFIRMED_PAUSE,
)
from deepecg.rhythm.events import Event, listed_events  # noqa: E402
from deepecg.rhythm.finding_kinds import EventFindingKind  # noqa: E402
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS  # noqa: E402
from deepecg.rhythm.rhythm_analysis import analyse_rhythm  # noqa: E402
from deepecg.scored_recording import ScoredRecording  # noqa: E402
from deepecg.scoring import score_recording  # noqa: E402

RECORDING_ID = "0123456789abcdef0123"
TIMES = 7
TIMING = """() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => {
  const [page] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  resolve([page.domContentLoadedEventEnd, paint ? paint.startTime : NaN, performance.now()]);
})))"""


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24, help="length of the recording")
    parser.add_argument("--events", type=int, default=0, help="further events to make up")
    parser.add_argument("--save", type=Path, help="keep the page here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        day = make_day(folder, given.hours)
        classifier = BeatClassifier.load(model_folder())
        scored = score_recording(open_recording(day.path), classifier)
        rhythm_settings = scored.settings.rhythm
        rows = [
            ("long intervals looked up, s", _best(lambda: _quiet(scored))),
            ("rhythm, s", _best(lambda: analyse_rhythm(scored.beats, rhythm_settings))),
        ]
        events = (*scored.rhythm.events, *_made_up_events(scored, given.events))
        kept = scored.rhythm.finding_events
        listed = listed_events(events, rhythm_settings.events, kept)
        graphics = draw(scored, listed)
        rows.append(("numbers of the graphics, s", _best(lambda: draw(scored, listed))))
        strips = partial(cut_strips, scored, listed.events, {}, StripSettings())
        rows.append(("of these, strips, s", _best(strips)))
        summary = summarise(scored, listed, graphics, RECORDING_ID)
        rows.append(
            ("summary, s", _best(lambda: summarise(scored, listed, graphics, RECORDING_ID)))
        )
        rows.append(("JSON and FHIR, s", _best(lambda: _documents(summary))))
        begin = time.perf_counter()
        page = partial(render_report, summary, graphics, disclosure=DISCLOSURE_FILE)
        html = page()
        first_s = time.perf_counter() - begin
        rows.append(("HTML, s", _best(page)))
        together_s = sum(seconds for what, seconds in rows if not what.startswith("of these"))
        rows.append(("together, s", together_s))
        rows.append(("together, a process's first page, s", together_s - rows[-2][1] + first_s))
        path = given.save or folder / "report.html"
        path.write_text(html, encoding="utf-8")
        rows.append(("size, MB", len(html.encode()) / 1e6))
        began_s = time.perf_counter(), time.process_time()
        pages = report_pages(html)
        pdf = pages.write_pdf()
        rows += [
            ("report.pdf, s", time.perf_counter() - began_s[0]),
            ("report.pdf, s of the processor", time.process_time() - began_s[1]),
            ("report.pdf, MB", len(pdf) / 1e6),
            ("report.pdf, pages", len(pages.pages)),
        ]
        laid_out, painted, framed, busy = _in_chromium(path)
        rows += [
            ("Chromium: laid out and trend drawn, s", laid_out),
            ("Chromium: first paint, s", painted),
            ("Chromium: two frames later, s", framed),
            ("Chromium: processor time of the main thread, s", busy),
        ]
        whole = path.with_name(DISCLOSURE_FILE)
        rows.append(
            (
                "full disclosure: time to write, s",
                _best(lambda: write_disclosure(scored, whole, RECORDING_ID, report_clock(summary))),
            )
        )
        rows.append(("full disclosure: size, MB", whole.stat().st_size / 1e6))
        rows.append(("full disclosure: two frames after laid out, s", _in_chromium(whole)[2]))
    print(f"{given.hours:g} h, {len(scored.beats.times_s):,} beats, {len(listed.events)} events, "
          f"{len(graphics.strips)} strips; urgent and notable events with a strip: "
          f"{sum(e.strip is not None for e in summary.events if e.tier)} of "
          f"{sum(e.tier is not None for e in summary.events)}\n")  # fmt: skip
    print("| what | figure |\n|---|---|")
    for what, value in rows:
        print(f"| {what} | {value:.3f} |")


def _made_up_events(scored: ScoredRecording, number: int) -> list[Event]:
    """Return events of all tiers, spread over the recording, as long as they usually are."""
    random = np.random.default_rng(0)
    kinds = [kind.event for kind in NOTABLE_KINDS if isinstance(kind, EventFindingKind)]
    kinds.append(UNCONFIRMED_PAUSE)
    beats = {ATRIAL_FIBRILLATION: 200, ATRIAL_FLUTTER: 200, PAUSE: 2, BRADYCARDIA: 60}
    events = []
    for place in range(number):
        kind = kinds[place % len(kinds)]
        n_beats = beats.get(kind, int(random.integers(4, 9)))
        first = random.integers(0, len(scored.beats.times_s) - n_beats, 1)
        events += [Event.of(kind, e) for e in scored.beats.episodes(first, first + n_beats - 1)]
    return events


def _quiet(scored: ScoredRecording) -> object:
    beats = scored.beats
    return confirm_pauses(
        scored.recording,
        scored.lead,
        scored.conditioned,
        beats.times_s,
        beats.rr_s,
        settings=scored.settings,
        pauses=scored.settings.rhythm.pauses,
    )


def _documents(summary: Summary) -> tuple[str, str]:
    return to_json(summary), to_json(diagnostic_report(summary))


def _best(function: object) -> float:
    """Return the least time of a few calls."""
    assert callable(function)
    times = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def _in_chromium(path: Path) -> tuple[float, float, float, float]:
    """Return the least times of a few openings, each in a page of its own."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        timings = []
        for _ in range(TIMES):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            tools = page.context.new_cdp_session(page)
            tools.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.as_uri())
            seconds = [ms / 1000 for ms in page.evaluate(TIMING)]
            told = tools.send("Performance.getMetrics")["metrics"]
            busy = next(metric["value"] for metric in told if metric["name"] == "TaskDuration")
            timings.append([*seconds, busy])
            page.close()
        browser.close()
    laid_out, painted, framed, busy = (min(column) for column in zip(*timings, strict=True))
    return laid_out, painted, framed, busy


if __name__ == "__main__":
    main()
