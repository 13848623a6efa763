"""ECG strips: every urgent and notable event, the worst of each other kind, and example beats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.graphics.mark_strips import marks_with_strip
from deepecg.outputs.graphics.settings import StripSettings
from deepecg.rhythm.event_kinds import EVENT_KINDS, PATIENT_MARK, Kind
from deepecg.rhythm.event_tiers import event_tier
from deepecg.rhythm.events import Event
from deepecg.scored_recording import ScoredRecording
from deepecg.signal.conditioning import condition_stretch
from deepecg.signal.stretches import stretches

Spans = tuple[tuple[float, float], ...]
"""Start and end of stretches, in seconds from the start of a strip."""


class WantedStrip(NamedTuple):
    """What a strip shall show.

    Attributes
    ----------
    event_number : int or None
        Number of the event in the list of events; None for what is not in it.
    kind : Kind
        Kind of the event or example.
    start_s, duration_s : float
        The time to show, in seconds from the start of the recording.
    every_lead : bool
        Whether to show the leads that were not analysed as well.
    is_further : bool
        Whether the strip is shown on screen only, below the others.
    """

    event_number: int | None
    kind: Kind
    start_s: float
    duration_s: float
    every_lead: bool = False
    is_further: bool = False


@dataclass(frozen=True)
class Cut:
    """The place in a strip where the middle of a long event is left out.

    Attributes
    ----------
    from_s, until_s : float
        The empty part of the strip, in seconds from its start.
    left_out_s : float
        Length of the time that is left out.
    """

    from_s: float
    until_s: float
    left_out_s: float


@dataclass(frozen=True)
class Strip:
    """Some seconds of some leads on a common axis of time, with their beats.

    Attributes
    ----------
    id : str
        ``strip-1`` and so on, in the order of the report.
    event_number : int or None
        Number of the event in the list of events; None for an example.
    kind : Kind
        Kind of the event or example.
    start_s : float
        Start of the strip, in seconds from the start of the recording.
    rate_hz : float
        Samples per second of ``signal_mv``.
    leads : tuple of str
        Names of the leads, in the order of the recording.
    signal_mv : ndarray of float32, shape (n_leads, n)
        Conditioned signals; NaN where the strip is cut.
    lost : tuple of tuple
        Start and end of each stretch of a lead that cannot be analysed, in seconds from the start
        of the strip, for each lead.
    beat_times_s : ndarray of float64, shape (n_beats,)
        R peaks in the strip, in seconds from its start.
    beat_classes : str
        Their classes, one letter each.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat, in seconds, also if the previous beat is outside the strip.
        NaN where there is none, as across a gap or a cut.
    from_s, until_s : float
        Start and end of the event, in seconds from the start of the strip.
    cut : Cut or None
        Where the middle of a long event is left out; None for a strip without a cut.
    is_further : bool
        Whether the strip is shown on screen only, below the others.
    """

    id: str
    event_number: int | None
    kind: Kind
    start_s: float
    rate_hz: float
    leads: tuple[str, ...]
    signal_mv: Floats32
    lost: tuple[Spans, ...]
    beat_times_s: Floats
    beat_classes: str
    rr_s: Floats
    from_s: float
    until_s: float
    cut: Cut | None = None
    is_further: bool = False

    @property
    def event_at_s(self) -> float:
        """Start of the event, in seconds from the start of the recording."""
        return self.start_s + self.from_s

    @property
    def length_s(self) -> float:
        """Length of the strip, in seconds."""
        return float(self.signal_mv.shape[1] / self.rate_hz)

    def recording_s(self, at_s: float) -> float:
        """Return the time of a place of the strip, in seconds from the start of the recording."""
        skipped_s = 0.0
        if self.cut and at_s >= self.cut.until_s:
            skipped_s = self.cut.left_out_s - (self.cut.until_s - self.cut.from_s)
        return self.start_s + at_s + skipped_s


def choose_strips(
    events: Sequence[Event],
    settings: StripSettings,
    findings: Sequence[Event] = (),
    clarity: Sequence[float] | None = None,
) -> list[int]:
    """Choose the events whose strips come first, and are printed.

    Events of findings and the highest and lowest heart rate always are. Of the others, the worst
    event of every kind that can be seen clearly comes first, then further events of the most severe
    kinds.

    Parameters
    ----------
    events : sequence of Event
        The listed events.
    settings : StripSettings
        Number of strips.
    findings : sequence of Event
        The events of urgent and notable findings, the most urgent first.
    clarity : sequence of float, optional
        How clearly each event can be seen, from 0 to 1 (see :func:`event_clarity`); if None, all
        are equally clear.

    Returns
    -------
    list of int
        Numbers in ``events``, the most severe first.
    """
    of_kind = {event.kind: number for number, event in enumerate(events)}
    always = [of_kind[kind] for kind in EVENT_KINDS if kind.always_has_strip and kind in of_kind]
    groups: dict[int, list[int]] = {}
    for number, event in enumerate(events):
        if event in findings:
            groups[findings.index(event) - len(findings)] = [number]
        elif not event.kind.always_has_strip:
            groups.setdefault(EVENT_KINDS.index(event.kind), []).append(number)
    clear = np.ones(len(events)) if clarity is None else np.asarray(clarity)
    clear = np.minimum(clear, settings.clear).tolist()
    ranked = [
        (place > 0, severity, place, number)
        for severity, numbers in groups.items()
        for place, number in enumerate(
            _clear_and_worst_first(events, clear, numbers)[: settings.max_per_kind]
        )
    ]
    chosen = sorted(ranked)[: max(settings.max_events - len(always), 0)]
    return [number for *_, number in sorted(chosen, key=lambda rank: rank[1:])] + always


def event_clarity(
    scored: ScoredRecording, events: Sequence[Event], settings: StripSettings
) -> list[float]:
    """Return how clearly events can be seen: the fastest couplet is often found in noise.

    Parameters
    ----------
    scored : ScoredRecording
        The recording.
    events : sequence of Event
        Events of it.
    settings : StripSettings
        How far around an event is looked.

    Returns
    -------
    list of float
        Mean probability of the classes of an event's beats, times the share of analysable seconds
        of all analysed leads around it; 0 to 1.
    """
    sure = scored.beats.probabilities.max(axis=1)
    analysable = np.mean([lead.flags.analysable for lead in scored.used], axis=0)
    found = []
    for event in events:
        first = max(int(event.start_s - settings.lead_in_s), 0)
        stop = int(event.start_s + event.duration_s + settings.lead_in_s) + 1
        of_beats = sure[event.first : event.last + 1].mean()
        found.append(float(of_beats * analysable[first:stop].mean()))
    return found


def cut_strips(
    scored: ScoredRecording,
    events: Sequence[Event],
    isolated: Mapping[Kind, Sequence[int]],
    settings: StripSettings,
) -> tuple[Strip, ...]:
    """Return the strips of events, and of examples of isolated beats.

    Parameters
    ----------
    scored : ScoredRecording
        The recording.
    events : sequence of Event
        The listed events.
    isolated : mapping of Kind to sequence of int
        Indices of the beats to choose examples from, by kind of example.
    settings : StripSettings
        Number and length of strips.

    Returns
    -------
    tuple of Strip
        The strips of events in the order of :func:`choose_strips`, then the examples, then those of
        the patient's marks, then the other urgent and notable events, both in the order of time.
    """
    findings = scored.rhythm.finding_events
    clarity = event_clarity(scored, events, settings)
    chosen = choose_strips(events, settings, findings, clarity)
    wanted = [
        _of_event(number, events[number], every_lead=events[number] in findings)
        for number in chosen
    ]
    for kind, beats in isolated.items():
        for beat in _typical(scored, beats, settings.examples):
            wanted.append(WantedStrip(None, kind, float(scored.beats.times_s[beat]), 0.0))
    marks = scored.recording.marks
    for number in marks_with_strip(marks, settings):
        wanted.append(WantedStrip(None, PATIENT_MARK, marks[number].start_s, 0.0))
    further = {*range(len(events))}.difference(chosen)
    wanted += [
        _of_event(number, events[number], is_further=True)
        for number in sorted(further)
        if event_tier(events[number], scored.settings.rhythm)
    ]
    analysable = {lead.number: lead.flags.analysable for lead in scored.used}
    return tuple(
        _cut(scored, f"strip-{place}", what, settings, analysable)
        for place, what in enumerate(wanted, start=1)
    )


def _of_event(
    number: int, event: Event, *, every_lead: bool = False, is_further: bool = False
) -> WantedStrip:
    return WantedStrip(number, event.kind, event.start_s, event.duration_s, every_lead, is_further)


def _clear_and_worst_first(
    events: Sequence[Event], clear: Sequence[float], numbers: list[int]
) -> list[int]:
    measures = events[numbers[0]].kind.severity
    return sorted(
        numbers,
        key=lambda number: (-clear[number], *(-measure(events[number]) for measure in measures)),
    )


def _typical(scored: ScoredRecording, beats: Sequence[int], number: int) -> list[int]:
    """Return the beats with the most probable class, one from each of ``number`` equal parts."""
    parts = np.array_split(np.asarray(beats, np.int64), number)
    sure = scored.beats.probabilities
    return [int(part[sure[part].max(axis=1).argmax()]) for part in parts if len(part)]


def _cut(
    scored: ScoredRecording,
    name: str,
    what: WantedStrip,
    settings: StripSettings,
    analysable: Mapping[int, Bools],
) -> Strip:
    """Return a strip with an event in its middle, or with both ends of a long event."""
    clock_hz, n_samples = scored.conditioned.clock_hz, len(scored.conditioned.signal)
    parts = _parts(what, clock_hz, n_samples, settings)
    gap = round(settings.cut_s * clock_hz)
    beats, start_s, cut = scored.beats, parts[0].start / clock_hz, None
    times_s, labels, rr_s = [], [], []
    for part, place in _places(parts, gap):
        until_s, on_paper_s = part.stop / clock_hz, (place - part.start) / clock_hz
        inside = slice(*np.searchsorted(beats.times_s, (part.start / clock_hz, until_s)))
        times_s.append(beats.times_s[inside] + on_paper_s)
        labels.append(beats.labels[inside])
        rr_s.append(beats.rr_s[inside].copy())
        if place:
            rr_s[-1][:1] = np.nan  # this interval begins where the strip is cut
            left_out_s = (part.start - parts[0].stop) / clock_hz
            cut = Cut((place - gap) / clock_hz, place / clock_hz, left_out_s)
    numbers = range(len(scored.recording.leads)) if what.every_lead else sorted(analysable)
    leads = [_lead(scored, number, parts, gap, analysable.get(number)) for number in numbers]
    return Strip(
        id=name,
        event_number=what.event_number,
        kind=what.kind,
        start_s=start_s,
        rate_hz=clock_hz,
        leads=tuple(scored.recording.leads[number] for number in numbers),
        signal_mv=np.stack([signal for signal, _ in leads]),
        lost=tuple(lost for _, lost in leads),
        beat_times_s=np.concatenate(times_s),
        beat_classes="".join(CLASSES[label] for label in np.concatenate(labels)),
        rr_s=np.concatenate(rr_s),
        from_s=max(what.start_s - start_s, 0.0),
        until_s=min(what.start_s + what.duration_s, until_s) + on_paper_s,
        cut=cut,
        is_further=what.is_further,
    )


def _parts(
    what: WantedStrip, clock_hz: float, n_samples: int, settings: StripSettings
) -> list[range]:
    """Return the samples that a strip shows: of a long event, those at either end."""
    end_s = what.start_s + what.duration_s
    least_s = settings.further_s if what.is_further else settings.strip_s
    length_s = max(what.duration_s + 2 * settings.lead_in_s, least_s)
    if not what.is_further and what.duration_s + settings.lead_in_s <= least_s:
        length_s = least_s  # with half the lead-in, the event fits into one printed row
    if length_s <= settings.whole_s:
        margin_s = (length_s - what.duration_s) / 2
        starts_s = [what.start_s - margin_s]
    else:
        length_s = least_s
        starts_s = [what.start_s - settings.lead_in_s, end_s + settings.lead_in_s - length_s]
    length = min(round(length_s * clock_hz), n_samples)
    firsts = [min(max(round(at * clock_hz), 0), n_samples - length) for at in starts_s]
    return [range(first, first + length) for first in firsts]


def _places(parts: Sequence[range], gap: int) -> Iterator[tuple[range, int]]:
    """Yield each part with the place of its first sample in the strip."""
    place = 0
    for part in parts:
        yield part, place
        place += len(part) + gap


def _lead(
    scored: ScoredRecording,
    number: int,
    parts: Sequence[range],
    gap: int,
    analysable: Bools | None,
) -> tuple[Floats32, Spans]:
    """Return the signal of a lead and its lost stretches; it was not analysed if those are None."""
    clock_hz = scored.conditioned.clock_hz
    pieces: list[Floats32] = []
    lost: list[tuple[float, float]] = []
    for part, place in _places(parts, gap):
        if place:
            pieces.append(np.full(gap, np.nan, np.float32))
        seconds = slice(int(part.start / clock_hz), int(np.ceil(part.stop / clock_hz)))
        if analysable is None:
            conditioning = scored.settings.conditioning
            pieces.append(condition_stretch(scored.recording, number, part, conditioning))
            is_lost = _missing_seconds(scored, number, seconds)
        else:
            (used,) = (lead for lead in scored.used if lead.number == number)
            pieces.append(used.conditioned.signal[part.start : part.stop])
            is_lost = ~analysable[seconds]
        begin_s, end_s = place / clock_hz, (place + len(part)) / clock_hz
        for first, stop in stretches(is_lost).tolist():
            on_paper_s = seconds.start - part.start / clock_hz + begin_s
            lost.append((max(first + on_paper_s, begin_s), min(stop + on_paper_s, end_s)))
    return np.concatenate(pieces), tuple(lost)


def _missing_seconds(scored: ScoredRecording, lead: int, seconds: slice) -> Bools:
    """Return which seconds of a lead that was not analysed have missing samples."""
    rate = scored.recording.sampling_rate_hz
    first, stop = round(seconds.start * rate), round(seconds.stop * rate)
    missing = np.zeros(seconds.stop - seconds.start, bool)
    at = np.flatnonzero(np.isnan(scored.recording.read(lead, first, stop)))
    missing[(at / rate).astype(np.int64)] = True
    return missing
