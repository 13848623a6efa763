"""Figures of strips: caption and drawing on ECG paper. One unit of a drawing is a millimetre.

They are written here and not in a template because a day has up to a thousand of them.
"""

from collections.abc import Iterator
from functools import partial

from markupsafe import Markup, escape

from deepecg.outputs.graphics.ecg_strips import Strip
from deepecg.outputs.report.ecg_paper import PRINTED_MM, LeadPicture, StripPicture
from deepecg.outputs.report.labels_and_formats import duration, number
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.svg_paths import short
from deepecg.outputs.summary import EventRow

mm = partial(short, digits=2)


def strip_figure(
    strip: Strip,
    picture: StripPicture,
    event: EventRow | None,
    clock: Clock,
    disclosure: str | None,
    *,
    calibrated: bool = True,
    with_traces: bool = True,
) -> Markup:
    """Return what is inside the figure of a strip.

    Parameters
    ----------
    strip, picture : Strip, StripPicture
        The strip and its drawing.
    event : EventRow or None
        The event that it shows; None for an example.
    clock : Clock
        Times of the recording.
    disclosure : str or None
        Address of the full disclosure; None if there is none.
    calibrated : bool
        False to draw no calibration pulse, and to say why.
    with_traces : bool
        False to leave the paths of the traces empty, for strips.js to draw.
    """
    return Markup(
        "\n".join(
            (
                *_caption(strip, picture, event, clock, disclosure, calibrated=calibrated),
                *_drawing(
                    strip,
                    picture,
                    clock.at(strip.event_at_s),
                    calibrated=calibrated,
                    with_traces=with_traces,
                ),
            )
        )
    )


def _caption(
    strip: Strip,
    picture: StripPicture,
    event: EventRow | None,
    clock: Clock,
    disclosure: str | None,
    *,
    calibrated: bool,
) -> Iterator[str]:
    kind, at = strip.kind, clock.at(strip.event_at_s)
    which = f"{kind.name.lower()} at {at}"
    facts = [f'<time datetime="{clock.iso(strip.event_at_s)}">{at}</time>']
    if event:
        if event.rate_bpm is not None and kind.group != "pause":
            facts.append(f"{number(event.rate_bpm, 0)} bpm")
        if event.beats_count > 2:
            facts.append(f"{number(event.beats_count)} beats")
        facts.append(duration(event.duration_s, 2 if kind.group == "pause" else 1))
    facts.append(_lead_names(strip))
    if picture.is_beyond:
        facts.append("the trace exceeds the paper")
    if not calibrated:
        facts.append("amplitude not calibrated")
    yield (
        f'<figcaption><strong><span class="letter {kind.group}">{kind.mark}</span> {kind.name}'
        f'</strong>\n<span class="facts">'
    )
    yield " ".join(f"<span>{fact}</span>" for fact in facts) + "</span>"
    yield (
        f'<span class="links"><a class="to-trend" href="#trend" data-at="{mm(strip.event_at_s)}" '
        f'aria-label="Show {which} in the trend">Trend</a>'
    )
    if event:
        yield (
            f'<a href="#event-{event.number}" aria-label="Show {which} in the list of events">'
            "List</a>"
        )
    if disclosure:
        yield (
            f'<a class="to-disclosure" href="{disclosure}#t={mm(strip.event_at_s)}" '
            f'aria-label="Show {which} in the full disclosure">Full disclosure</a>'
        )
    yield "</span></figcaption>"


def _drawing(
    strip: Strip, p: StripPicture, at: str, *, calibrated: bool, with_traces: bool
) -> Iterator[str]:
    name, key, height = strip.kind.name, strip.id, mm(p.height)
    yield f'<div class="scroll" role="region" aria-label="Strip of {name.lower()} at {at}">'
    yield (
        f'<svg class="paper" viewBox="0 0 {p.width} {height}" width="{p.width}mm" '
        f'height="{height}mm" preserveAspectRatio="xMinYMin slice" role="img" '
        f'aria-labelledby="{key}-t {key}-d">\n<title id="{key}-t">{name} at {at}</title>'
    )
    yield (
        f'<desc id="{key}-d">ECG of {_lead_names(strip)}, {len(strip.beat_classes)} beats of class '
        f"{' '.join(strip.beat_classes)}{'; hatched parts are not analysable' * bool(p.lost)}"
        f"{f'; {duration(p.cut.left_out_s)} left out' if p.cut else ''}</desc>"
    )
    event_x, event_width = mm(p.event_x), mm(p.event_width)
    yield (
        f'<g id="{key}-g"><rect class="sheet" width="{p.width}" height="{height}"/>'
        f'<rect class="event" x="{event_x}" width="{event_width}" height="{height}"/>'
        '<use href="#paper"/>'
    )
    for gap in p.lost:
        yield (
            f'<rect class="lost" x="{mm(gap.x)}" y="{mm(gap.y)}" width="{mm(gap.width)}" '
            f'height="{mm(gap.height)}" fill="url(#hatch)"/>'
        )
        if gap.is_named:
            x, y = mm(gap.x + gap.width / 2), mm(gap.y + gap.height / 2)
            yield f'<text class="lost-text" x="{x}" y="{y}">lost</text>'
    yield f'<path class="event-bar" d="M{event_x} {mm(p.height - 0.6)}h{event_width}"/>'
    for lead in p.leads:
        yield from _lead(lead, p, calibrated=calibrated, with_trace=with_traces)
    for beat, at_s in zip(p.letters, strip.beat_times_s.tolist(), strict=True):
        yield (
            f'<text data-at="{strip.recording_s(at_s):.3f}" class="beat class-{beat.name}" '
            f'x="{beat.x:.2f}" y="4.2">{beat.name}</text>'
        )
        if beat.rr_ms:
            yield f'<text class="rr" x="{beat.rr_x:.2f}" y="8">{beat.rr_ms}</text>'
    if p.cut:
        wide = mm(p.cut.width)
        yield f'<path class="cut" d="M{mm(p.cut.x)} 0h{wide}v{height}h-{wide}z"/>'
        x, y = mm(p.cut.x + p.cut.width / 2), mm(p.height / 2)
        yield (
            f'<text class="cut-text" transform="translate({x} {y}) rotate(-90)"><tspan x="0" '
            f'y="-0.6">{duration(p.cut.left_out_s)}</tspan><tspan x="0" y="3.2">left out</tspan>'
            "</text>"
        )
    yield "</g></svg>"
    for begin in p.more_rows:
        width = min(PRINTED_MM, p.width - begin)
        yield (
            f'<svg class="paper more" viewBox="{begin} 0 {width} {height}" width="{width}mm" '
            f'height="{height}mm" aria-hidden="true"><use href="#{key}-g"/></svg>'
        )
    yield "</div>"


def _lead(
    lead: LeadPicture, p: StripPicture, *, calibrated: bool, with_trace: bool
) -> Iterator[str]:
    y = mm(lead.baseline)
    if calibrated:
        yield f'<path class="pulse" d="M1 {y}h1.5v-10h5v10h1.5"/>'
    path = lead.path if with_trace else ""
    yield (f'<path class="trace" transform="translate(10 {y}) scale({p.scale})" d="{path}"/>')
    # EDF writes the kind of signal before the lead, which has no room beside the trace.
    name = escape(lead.name.removeprefix("ECG "))
    for begin in (0, *p.more_rows):
        is_cut = p.cut is not None and p.cut.x <= begin < p.cut.x + p.cut.width
        x = p.cut.x + p.cut.width if p.cut and is_cut else begin
        yield (
            f'<text class="lead{" more" if begin else ""}" x="{mm(x + 1)}" '
            f'y="{mm(lead.baseline + 3.8)}">{name}</text>'
        )


def _lead_names(strip: Strip) -> str:
    plural = "s" if len(strip.leads) > 1 else ""
    return f"lead{plural} {escape(', '.join(strip.leads))}"
