"""The report of a recording: one self-contained HTML file for screen and A4, without network."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from deepecg.applied_review import REVIEW_NOT_APPLIED
from deepecg.outputs.graphics.ecg_strips import Strip
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.html_pages import page_policy, script_json, template_environment
from deepecg.outputs.package_files import package_text
from deepecg.outputs.packed_levels import pack_levels
from deepecg.outputs.report import labels_and_formats as labels
from deepecg.outputs.report.ecg_paper import (
    BOX_MM,
    PRINTED_MM,
    Paper,
    StripPicture,
    paper_lines,
    shape_pictures,
    strip_picture,
)
from deepecg.outputs.report.hourly_bars import hours_picture
from deepecg.outputs.report.recording_clock import Clock, written
from deepecg.outputs.report.repolarisation_chart import repolarisation_picture
from deepecg.outputs.report.review_data import review_data
from deepecg.outputs.report.rr_charts import histogram_picture, poincare_picture
from deepecg.outputs.report.strip_figures import mm, strip_figure
from deepecg.outputs.report.trend_chart import TrendChart
from deepecg.outputs.report.value_markup import ValueMarkup
from deepecg.outputs.summary import PACED, EventRow, Summary
from deepecg.outputs.value_with_path import SummaryValue
from deepecg.outputs.warning_texts import important_warnings, warning_text
from deepecg.rhythm.assessment_obstacles import OBSTACLES
from deepecg.rhythm.event_kinds import (
    GROUPS,
    UNCONFIRMED_PAUSE,
)
from deepecg.signal.stretches import stretches
from deepecg.study import Study
from deepecg.time_units import SECONDS_PER_HOUR

SCRIPTS = (
    "report/trend.js",
    "report/events.js",
    "packed_levels.js",
    "report/strips.js",
    "report/review.js",
)
SHOWN_AT_A_GLANCE = (PACED, REVIEW_NOT_APPLIED)
"""Codes of important warnings that are shown above the findings, and not below them."""
NO_RATE = "\N{EN DASH}"
PRINTED_EVENTS = 60
"""Longest list of events that is printed whole. Of a longer one, paper shows only events of
findings and those with a strip."""
LABEL_LENGTH = 60
"""Characters of a patient label that the top of every printed page has room for."""


def render_report(
    summary: Summary,
    graphics: Graphics,
    study: Study | None = None,
    disclosure: str | None = None,
    operations: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return the report of a recording as one HTML page.

    The same summary and graphics give the same bytes.

    Parameters
    ----------
    summary : Summary
        The results of a recording.
    graphics : Graphics
        Trend, histograms, strips and clusters of the same recording.
    study : Study, optional
        What the caller says about the recording: the patient label is in this document only.
    disclosure : str, optional
        Address of the full disclosure, relative to the report; without it, no event links there.
    operations : sequence of mapping, optional
        Operations of the review that was applied, for a review that continues from it.

    Returns
    -------
    str
        HTML that loads nothing from the network.
    """
    clock = report_clock(summary)
    patient_label = (study or Study()).patient_label
    values = SummaryValue(summary)
    pictures = [strip_picture(strip) for strip in graphics.strips]
    leading = [strip for strip in graphics.strips if not strip.is_further]
    chart = TrendChart(graphics.trend, clock)
    shapes = shape_pictures(graphics.clusters)
    papers: list[Paper] = [*pictures, *shapes]
    sheet = (
        max((paper.width for paper in papers), default=0.0),
        max((paper.height for paper in papers), default=0.0),
    )
    drawn = list(zip(graphics.strips, pictures, strict=True))
    further = [(strip, picture) for strip, picture in drawn if strip.is_further]

    def figure(strip: Strip, picture: StripPicture, *, with_traces: bool = True) -> Markup:
        event = None if strip.event_number is None else summary.events[strip.event_number]
        return strip_figure(
            strip,
            picture,
            event,
            clock,
            disclosure,
            calibrated=summary.recording.amplitudes_calibrated,
            with_traces=with_traces,
        )

    styles = map(_text, ("report/style.css", "report/review.css"))
    style = Markup("".join(styles) + _page_style(summary, patient_label))
    scripts = [Markup(_text(name)) for name in SCRIPTS]
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
            policy=page_policy([style], scripts),
            style=style,
            scripts=scripts,
            patient_label=patient_label,
            trend=chart.picture(),
            trend_data=script_json(chart.data(_marks(leading, clock))),
            review_data=script_json(review_data(summary, operations)),
            trend_bin=graphics.trend.bin_s,
            hours=hours_picture(summary.hours, clock),
            repolarisation=repolarisation_picture(
                summary.st_segment, summary.qt_interval, summary.recording.duration_s, clock
            ),
            obstacles=OBSTACLES,
            important=[
                warning
                for warning in important_warnings(summary.warnings)
                if warning.code not in SHOWN_AT_A_GLANCE
            ],
            warning_text=warning_text,
            histogram=histogram_picture(graphics.rr_histogram),
            poincare=poincare_picture(graphics.poincare),
            strips=[(strip, figure(strip, p)) for strip, p in drawn if not strip.is_further],
            further=[(strip, picture.height) for strip, picture in further],
            further_ids={strip.id for strip, _ in further},
            packed_strips=_packed(further, figure),
            disclosure=disclosure,
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


def report_clock(summary: Summary) -> Clock:
    """Return the clock of a recording, as its report and its full disclosure show it."""
    start, zone = summary.recording.start_local, summary.recording.time_zone
    return Clock(
        datetime.fromisoformat(start) if start else None,
        summary.recording.duration_s,
        ZoneInfo(zone) if zone else None,
    )


StripFigure = Callable[..., Markup]
"""What :func:`strip_figure` returns for the strips of one report."""


@cache
def _environment() -> Environment:
    environment = template_environment("deepecg.outputs.report")
    environment.filters |= {
        "number": labels.number,
        "duration": labels.duration,
        "rate": _rate,
        "mm": mm,
        "ms": "{:.3f}".format,
        "written": written,
    }
    return environment


def _text(name: str) -> str:
    return package_text("outputs", name)


def _packed(strips: Sequence[tuple[Strip, StripPicture]], figure: StripFigure) -> Markup:
    """Return the figures of strips, and apart from them the samples of their traces."""
    document, levels, first = {}, [], 0
    for strip, picture in strips:
        document[strip.id] = {
            "figure": figure(strip, picture, with_traces=False),
            "first": first,
            "samples": strip.signal_mv.shape[1],
            "shown": [stretches(lead.shown).tolist() for lead in picture.leads],
        }
        levels += [lead.levels for lead in picture.leads]
        first += strip.signal_mv.size
    return Markup(pack_levels(document, np.concatenate(levels)) if strips else "")


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


def _page_style(summary: Summary, patient_label: str | None) -> str:
    """Return the style of the header of every printed page."""
    patient = f"{patient_label[:LABEL_LENGTH]} · " if patient_label else ""
    status = "Preliminary " if summary.review.signed_by is None else ""
    text = f"{patient}{status}Holter ECG report · {summary.recording_id}"
    return f'@page{{@top-left{{content:"{_css_text(text)}"}}}}'


def _css_text(text: str) -> str:
    """Return a text for a quoted CSS string, with other than plain characters as code points."""
    return re.sub(r"[^A-Za-z0-9 ._-]", lambda found: f"\\{ord(found[0]):x} ", text)


def _rate(bpm: float | None) -> str:
    """Return a rate for a narrow column; a dash if it is unknown."""
    return NO_RATE if bpm is None else f"{bpm:.1f}"
