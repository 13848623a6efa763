"""One self-contained HTML file from a summary and its graphics: no network, screen and A4."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from deepecg.outputs.browser_libraries import uplot
from deepecg.outputs.graphics.ecg_strips import Strip
from deepecg.outputs.graphics.report_graphics import Graphics
from deepecg.outputs.html_templates import policy_hash, template_environment
from deepecg.outputs.report import labels as words
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
from deepecg.outputs.report.trend_chart import trend_data, trend_picture
from deepecg.rhythm.event_kinds import (
    GROUPS,
    SUPRAVENTRICULAR_TACHYCARDIA,
    UNCONFIRMED_PAUSE,
    VENTRICULAR_TACHYCARDIA,
    Kind,
)
from deepecg.units import SECONDS_PER_HOUR

RUNS = (VENTRICULAR_TACHYCARDIA.key, SUPRAVENTRICULAR_TACHYCARDIA.key)
"""Urgent findings whose precision is that of runs."""
SCRIPTS = ("trend.js", "events.js")
NO_RATE = "\N{EN DASH}"
SHARE_DIGITS = 2
PRINTED_EVENTS = 60
"""With more events than this, paper shows those with a strip only."""


@dataclass(frozen=True)
class ShownStrip:
    """A strip with all that its caption says."""

    strip: Strip
    picture: StripPicture
    kind: Kind
    event: Mapping[str, Any] | None


class Figures:
    """Looks figures up in a summary and marks them with where they come from."""

    def __init__(self, summary: Mapping[str, Any], clock: Clock) -> None:
        self._summary = summary
        self._clock = clock

    def value(self, path: str) -> Any:
        """Return what is at a dotted path of keys."""
        found: Any = self._summary
        for key in path.split("."):
            found = found[key]
        return found

    def number(self, path: str, digits: int | None = None, unit: str = "") -> Markup:
        """Return a number and its unit; "not known" has none."""
        value = self.value(path)
        shown = Markup('<span data-figure="{}">{}</span>').format(path, words.number(value, digits))
        return shown if value is None or not unit else shown + Markup(" ") + _unit(unit)

    def share(self, path: str, *, some: bool = False, whole: bool = True) -> Markup:
        """Return a percentage that is not rounded to 0 where there is some, nor to 100.

        Parameters
        ----------
        path : str
            Of the percentage.
        some, whole : bool
            Whether there is any at all, and whether 100 would be true.
        """
        value = self.value(path)
        least, most = 10.0**-SHARE_DIGITS, 100 - 10.0**-SHARE_DIGITS
        if value is not None and some and value < least / 2:
            sign, shown = "< ", least
        elif value is not None and not whole and value > most + least / 2:
            sign, shown = "> ", most
        else:
            return self.number(path, SHARE_DIGITS, "%")
        return Markup('{}<span data-figure="{}">{}</span> ').format(
            sign, path, words.number(shown, SHARE_DIGITS)
        ) + _unit("%")

    def count(self, path: str, what: str) -> Markup:
        """Return how many of something: "1 run", "2 runs"."""
        return self.number(path) + f" {what}{'' if self.value(path) == 1 else 's'}"

    def duration(self, path: str) -> Markup:
        """Return a length of time."""
        seconds = self.value(path)
        if seconds is None:
            return self.number(path)
        return Markup('<time data-figure="{}" datetime="PT{}S">{}</time>').format(
            path, seconds, words.duration(seconds)
        )

    def moment(self, path: str) -> Markup:
        """Return when something was."""
        seconds = self.value(path)
        if seconds is None:
            return self.number(path)
        return Markup('<time data-figure="{}" datetime="{}">{}</time>').format(
            path, self._clock.iso(seconds), self._clock.at(seconds)
        )


def render_report(summary: Mapping[str, Any], graphics: Graphics) -> str:
    """Return the report of a recording as one HTML page.

    The same summary and graphics give the same bytes.

    Parameters
    ----------
    summary : mapping
        As :func:`deepecg.outputs.summary.summarise` makes it, schema version 2.
    graphics : Graphics
        Trend, histograms, strips and clusters of the same recording.

    Returns
    -------
    str
        HTML that loads nothing from anywhere.

    Raises
    ------
    MissingVendoredError
        If the package was put together without uPlot.
    """
    recording = summary["recording"]
    start = recording["start_local"]
    clock = Clock(datetime.fromisoformat(start) if start else None, recording["duration_s"])
    strips = _strips(summary, graphics)
    data = trend_data(graphics.trend, clock, _marks(strips, clock))
    shapes = shape_pictures(graphics.clusters)
    papers = [shown.picture for shown in strips] + shapes
    sheet = (
        max((paper.width for paper in papers), default=0.0),
        max((paper.height for paper in papers), default=0.0),
    )
    style = Markup(uplot("uPlot.min.css") + _text("style.css") + _page_style(summary))
    scripts = [Markup(text) for text in (uplot("uPlot.iife.min.js"), *map(_text, SCRIPTS))]
    events = summary["events"]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            s=summary,
            f=Figures(summary, clock),
            clock=clock,
            start=clock.start,
            policy=_policy([style], scripts),
            style=style,
            scripts=scripts,
            uplot_licence=uplot("LICENSE"),
            trend=trend_picture(graphics.trend, clock),
            trend_data=_json(data),
            trend_bin=graphics.trend.bin_s,
            hours=hours_picture(summary["hours"], clock),
            histogram=histogram_picture(graphics.rr_histogram),
            poincare=poincare_picture(graphics.poincare),
            strips=strips,
            printed_mm=PRINTED_MM,
            thin_lines=paper_lines(*sheet, 1),
            thick_lines=paper_lines(*sheet, BOX_MM),
            clusters=list(zip(graphics.clusters, shapes, strict=True)),
            urgent=_urgent(summary, strips),
            urgent_events={finding["event"] for finding in summary["urgent"]},
            unconfirmed=_longest_unconfirmed(summary, strips),
            limits=summary["provenance"]["settings"]["rhythm"],
            has_hour=summary["signal"]["analysable_s"] >= SECONDS_PER_HOUR,
            events_of_group=_events_of_group(events),
            print_all_events=len(events) <= PRINTED_EVENTS,
            settings=_settings(summary["provenance"]["settings"]),
            groups=GROUPS,
            words=words,
        )
    )


@cache
def _environment() -> Environment:
    environment = template_environment("deepecg.outputs.report")
    environment.filters["number"] = words.number
    environment.filters["duration"] = words.duration
    environment.filters["rate"] = _rate
    environment.filters["mm"] = _mm
    return environment


@cache
def _text(name: str) -> str:
    return files("deepecg").joinpath("outputs", "report", name).read_text(encoding="utf-8")


def _strips(summary: Mapping[str, Any], graphics: Graphics) -> list[ShownStrip]:
    events = summary["events"]
    return [
        ShownStrip(
            strip,
            strip_picture(strip),
            strip.kind,
            None if strip.event_number is None else events[strip.event_number],
        )
        for strip in graphics.strips
    ]


def _marks(strips: list[ShownStrip], clock: Clock) -> list[dict[str, Any]]:
    """Return what the trend shows of every strip: where it is, and what it is called."""
    marks = []
    for shown in strips:
        at_s = shown.strip.start_s + shown.strip.from_s
        marks.append(
            {
                "id": shown.strip.id,
                "at": round(at_s, 1),
                "mark": shown.kind.mark,
                "group": shown.kind.group,
                "label": f"{shown.kind.name}, {clock.at(at_s)}",
            }
        )
    return marks


def _urgent(summary: Mapping[str, Any], strips: list[ShownStrip]) -> list[dict[str, Any]]:
    """Return the urgent findings with the place on the page that shows each."""
    found = []
    for finding in summary["urgent"]:
        kind = words.kind_of(finding["kind"])
        part = kind.group if finding["kind"] in RUNS else None
        found.append({**finding, "kind": kind, "part": part, **_place(finding["event"], strips)})
    return found


def _longest_unconfirmed(
    summary: Mapping[str, Any], strips: list[ShownStrip]
) -> dict[str, str] | None:
    """Return the place that shows the longest pause that is not confirmed, if any is listed."""
    events = [event for event in summary["events"] if event["kind"] == UNCONFIRMED_PAUSE.key]
    if not events:
        return None
    return _place(max(events, key=lambda event: event["duration_s"])["number"], strips)


def _place(event: int | None, strips: list[ShownStrip]) -> dict[str, str]:
    """Return the place on the page that shows an event, and how the link to it is called."""
    if event is None:
        return {"target": "ectopy", "called": "See the figures"}
    for shown in strips:
        if shown.strip.event_number == event:
            return {"target": shown.strip.id, "called": "See the strip"}
    return {"target": f"event-{event}", "called": "See the event"}


def _events_of_group(events: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many of the listed events are in each group that has any."""
    groups = [words.kind_of(event["kind"]).group for event in events]
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


def _page_style(summary: Mapping[str, Any]) -> str:
    """Return the lines that repeat on every printed page."""
    text = f"Holter ECG report · {summary['recording_id']}"
    return f'@page{{@top-left{{content:"{_css_text(text)}"}}}}'


def _css_text(text: str) -> str:
    """Return a text for a quoted string of CSS: whatever is unusual as its code point."""
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
    """Return a rate for a narrow column, where a dash is "not known"."""
    return NO_RATE if bpm is None else f"{bpm:.1f}"


def _mm(value: float) -> str:
    return short(value, 2)


def _unit(unit: str) -> Markup:
    return Markup('<span class="unit">{}</span>').format(escape(unit))
