"""The report of a recording: one self-contained HTML file for screen and A4, without network."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache, partial
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from deepecg.outputs.browser_libraries import uplot
from deepecg.outputs.graphics.ecg_strips import Strip
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.html_pages import policy_hash, script_json, template_environment
from deepecg.outputs.package_files import package_text
from deepecg.outputs.report import labels_and_formats as labels
from deepecg.outputs.report.ecg_paper import (
    BOX_MM,
    PRINTED_MM,
    Picture,
    paper_lines,
    shape_pictures,
    strip_picture,
)
from deepecg.outputs.report.hourly_bars import hours_picture
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.repolarisation_chart import repolarisation_picture
from deepecg.outputs.report.rr_charts import histogram_picture, poincare_picture
from deepecg.outputs.report.svg_paths import short
from deepecg.outputs.report.trend_chart import TrendChart
from deepecg.outputs.report.value_markup import ValueMarkup
from deepecg.outputs.summary import EventRow, Summary
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.rhythm.assessment_obstacles import OBSTACLES
from deepecg.rhythm.event_kinds import (
    GROUPS,
    UNCONFIRMED_PAUSE,
)
from deepecg.time_units import SECONDS_PER_HOUR

SCRIPTS = ("trend.js", "events.js")
NO_RATE = "\N{EN DASH}"
PRINTED_EVENTS = 60
"""Longest list of events that is printed whole. Of a longer one, paper shows only events of
findings and those with a strip."""


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
    pictures = [strip_picture(strip) for strip in graphics.strips]
    chart = TrendChart(graphics.trend, clock)
    shapes = shape_pictures(graphics.clusters)
    papers: list[Picture] = [*pictures, *shapes]
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
            trend_data=script_json(chart.data(_marks(graphics.strips, clock))),
            trend_bin=graphics.trend.bin_s,
            hours=hours_picture(summary.hours, clock),
            repolarisation=repolarisation_picture(
                summary.st_segment, summary.qt_interval, summary.recording.duration_s, clock
            ),
            obstacles=OBSTACLES,
            histogram=histogram_picture(graphics.rr_histogram),
            poincare=poincare_picture(graphics.poincare),
            strips=list(zip(graphics.strips, pictures, strict=True)),
            printed_mm=PRINTED_MM,
            thin_lines=paper_lines(*sheet, 1),
            thick_lines=paper_lines(*sheet, BOX_MM),
            clusters=list(zip(graphics.clusters, shapes, strict=True)),
            place_of=partial(_place, graphics.strips),
            finding_events={found.event for found in (*summary.urgent, *summary.notable)},
            unconfirmed=_longest_unconfirmed(summary),
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
    environment.filters |= {
        "number": labels.number,
        "duration": labels.duration,
        "rate": _rate,
        "mm": partial(short, digits=2),
    }
    return environment


def _text(name: str) -> str:
    return package_text("outputs/report", name)


def _marks(strips: Iterable[Strip], clock: Clock) -> list[dict[str, Any]]:
    """Return a mark of the trend for each strip: its time, letter and label."""
    return [
        {
            "id": strip.id,
            "at": round(strip.event_at_s, 1),
            "mark": strip.kind.mark,
            "group": strip.kind.group,
            "label": f"{strip.kind.name}, {clock.at(strip.event_at_s)}",
        }
        for strip in strips
    ]


def _longest_unconfirmed(summary: Summary) -> int | None:
    """Return the number of the longest listed unconfirmed pause; None if none is listed."""
    events = [event for event in summary.events if event.kind == UNCONFIRMED_PAUSE.key]
    return max(events, key=lambda event: event.duration_s).number if events else None


def _place(strips: Iterable[Strip], event: int | None) -> tuple[str, str]:
    """Return the place on the page that shows an event, and the text of links to it."""
    if event is None:
        return "ectopy", "See the table"
    for strip in strips:
        if strip.event_number == event:
            return strip.id, "See the strip"
    return f"event-{event}", "See the event"


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


def _rate(bpm: float | None) -> str:
    """Return a rate for a narrow column; a dash if it is unknown."""
    return NO_RATE if bpm is None else f"{bpm:.1f}"
