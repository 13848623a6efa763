"""The report of a recording: one self-contained HTML file for screen and A4, without network."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from deepecg.outputs.browser_libraries import uplot
from deepecg.outputs.graphics.ecg_strips import Strip
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.html_templates import policy_hash, template_environment
from deepecg.outputs.report import labels
from deepecg.outputs.report.ecg_paper import (
    BOX_MM,
    PRINTED_MM,
    StripPicture,
    paper_lines,
    shape_pictures,
    strip_picture,
)
from deepecg.outputs.report.hourly_bars import hours_picture
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.rr_charts import histogram_picture, poincare_picture
from deepecg.outputs.report.svg_paths import short
from deepecg.outputs.report.trend_chart import TrendChart
from deepecg.outputs.report.value_markup import ValueMarkup
from deepecg.outputs.summary import EventRow, Summary, UrgentRow
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.rhythm.event_kinds import (
    GROUPS,
    SUPRAVENTRICULAR_TACHYCARDIA,
    UNCONFIRMED_PAUSE,
    VENTRICULAR_TACHYCARDIA,
    Kind,
)
from deepecg.units import SECONDS_PER_HOUR

RUNS = (VENTRICULAR_TACHYCARDIA.key, SUPRAVENTRICULAR_TACHYCARDIA.key)
"""Kinds of urgent finding that are runs."""
SCRIPTS = ("trend.js", "events.js")
NO_RATE = "\N{EN DASH}"
PRINTED_EVENTS = 60
"""Longest list of events that is printed whole. Of a longer one, paper shows only urgent events and
those with a strip."""


@dataclass(frozen=True)
class ShownStrip:
    """A strip with the values of its caption."""

    strip: Strip
    picture: StripPicture
    event: EventRow | None


@dataclass(frozen=True)
class Place:
    """A place on the page, and the text of links to it."""

    target: str
    called: str


@dataclass(frozen=True)
class ShownFinding:
    """An urgent finding with the place that shows it.

    Attributes
    ----------
    row : UrgentRow
        The finding.
    kind : Kind
        Its kind.
    place : Place
        Its strip or event.
    runs : SummaryValue or None
        The ectopic beats that it is a run of; None for other findings.
    """

    row: UrgentRow
    kind: Kind
    place: Place
    runs: SummaryValue | None


def render_report(summary: Summary, graphics: Graphics) -> str:
    """Return the report of a recording as one HTML page.

    The same summary and graphics give the same bytes.

    Parameters
    ----------
    summary : Summary
        The results of a recording.
    graphics : Graphics
        Trend, histograms, strips and clusters of the same recording.

    Returns
    -------
    str
        HTML that loads nothing from the network.

    Raises
    ------
    MissingVendoredError
        If the package was built without uPlot.
    """
    start = summary.recording.start_local
    clock = Clock(datetime.fromisoformat(start) if start else None, summary.recording.duration_s)
    values = SummaryValue(summary)
    strips = _strips(summary, graphics)
    chart = TrendChart.of(graphics.trend, clock)
    shapes = shape_pictures(graphics.clusters)
    papers = [shown.picture for shown in strips] + shapes
    sheet = (
        max((paper.width for paper in papers), default=0.0),
        max((paper.height for paper in papers), default=0.0),
    )
    style = Markup(uplot("uPlot.min.css") + _text("style.css") + _page_style(summary))
    scripts = [Markup(text) for text in (uplot("uPlot.iife.min.js"), *map(_text, SCRIPTS))]
    settings = summary.provenance.settings
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            s=summary,
            v=values,
            f=ValueMarkup(clock),
            clock=clock,
            start=clock.start,
            policy=_policy([style], scripts),
            style=style,
            scripts=scripts,
            uplot_licence=uplot("LICENSE"),
            trend=chart.picture(),
            trend_data=_json(chart.data(_marks(strips, clock))),
            trend_bin=graphics.trend.bin_s,
            hours=hours_picture(summary.hours, clock),
            histogram=histogram_picture(graphics.rr_histogram),
            poincare=poincare_picture(graphics.poincare),
            strips=strips,
            printed_mm=PRINTED_MM,
            thin_lines=paper_lines(*sheet, 1),
            thick_lines=paper_lines(*sheet, BOX_MM),
            clusters=list(zip(graphics.clusters, shapes, strict=True)),
            urgent=_urgent(values, strips),
            urgent_events={finding.event for finding in summary.urgent},
            unconfirmed=_longest_unconfirmed(summary, strips),
            limits=settings.rhythm,
            has_hour=summary.signal.analysable_s >= SECONDS_PER_HOUR,
            events_of_group=_events_of_group(summary.events),
            print_all_events=len(summary.events) <= PRINTED_EVENTS,
            settings=_settings(asdict(settings)),
            groups=GROUPS,
            labels=labels,
        )
    )


@cache
def _environment() -> Environment:
    environment = template_environment("deepecg.outputs.report")
    environment.filters["number"] = labels.number
    environment.filters["duration"] = labels.duration
    environment.filters["rate"] = _rate
    environment.filters["mm"] = _mm
    return environment


@cache
def _text(name: str) -> str:
    return files("deepecg").joinpath("outputs", "report", name).read_text(encoding="utf-8")


def _strips(summary: Summary, graphics: Graphics) -> list[ShownStrip]:
    return [
        ShownStrip(
            strip,
            strip_picture(strip),
            None if strip.event_number is None else summary.events[strip.event_number],
        )
        for strip in graphics.strips
    ]


def _marks(strips: list[ShownStrip], clock: Clock) -> list[dict[str, Any]]:
    """Return a mark of the trend for each strip: its time, letter and label."""
    marks = []
    for shown in strips:
        at_s = shown.strip.start_s + shown.strip.from_s
        marks.append(
            {
                "id": shown.strip.id,
                "at": round(at_s, 1),
                "mark": shown.strip.kind.mark,
                "group": shown.strip.kind.group,
                "label": f"{shown.strip.kind.name}, {clock.at(at_s)}",
            }
        )
    return marks


def _urgent(values: SummaryValue, strips: list[ShownStrip]) -> list[ShownFinding]:
    """Return the urgent findings with the place on the page that shows each."""
    found = []
    for row in values.value.urgent:
        kind = labels.kind_of(row.kind)
        runs = getattr(values, kind.group) if row.kind in RUNS else None
        found.append(ShownFinding(row, kind, _place(row.event, strips), runs))
    return found


def _longest_unconfirmed(summary: Summary, strips: list[ShownStrip]) -> Place | None:
    """Return the place that shows the longest unconfirmed pause; None if none is listed."""
    events = [event for event in summary.events if event.kind == UNCONFIRMED_PAUSE.key]
    if not events:
        return None
    return _place(max(events, key=lambda event: event.duration_s).number, strips)


def _place(event: int | None, strips: list[ShownStrip]) -> Place:
    """Return the place on the page that shows an event."""
    if event is None:
        return Place("ectopy", "See the table")
    for shown in strips:
        if shown.strip.event_number == event:
            return Place(shown.strip.id, "See the strip")
    return Place(f"event-{event}", "See the event")


def _events_of_group(events: Sequence[EventRow]) -> dict[str, int]:
    """Return the number of listed events in each group that has any."""
    groups = [labels.kind_of(event.kind).group for event in events]
    return {name: groups.count(name) for name in GROUPS if name in groups}


def _settings(settings: Mapping[str, Any], path: str = "") -> list[tuple[str, str]]:
    """Return every setting as its path and value."""
    found: list[tuple[str, str]] = []
    for key, value in settings.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            found += _settings(value, name)
        else:
            found.append((name, "none" if value is None else str(value)))
    return found


def _page_style(summary: Summary) -> str:
    """Return the style of the header of every printed page."""
    text = f"Holter ECG report · {summary.recording_id}"
    return f'@page{{@top-left{{content:"{_css_text(text)}"}}}}'


def _css_text(text: str) -> str:
    """Return a text for a quoted CSS string, with other than plain characters as code points."""
    return re.sub(r"[^A-Za-z0-9 ._-]", lambda found: f"\\{ord(found[0]):x} ", text)


def _policy(styles: list[Markup], scripts: list[Markup]) -> str:
    """Return a content security policy that allows these texts and nothing else."""
    allowed = (" ".join(map(policy_hash, texts)) for texts in (styles, scripts))
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        "style-src {}; script-src {}".format(*allowed)
    )


def _json(data: dict[str, Any]) -> Markup:
    """Return data for a script element: no ``<``, so nothing can end the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def _rate(bpm: float | None) -> str:
    """Return a rate for a narrow column; a dash if it is unknown."""
    return NO_RATE if bpm is None else f"{bpm:.1f}"


def _mm(value: float) -> str:
    return short(value, 2)
