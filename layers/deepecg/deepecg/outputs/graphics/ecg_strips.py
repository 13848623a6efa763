"""ECG strips of the most severe events, and of example ectopic beats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.outputs.graphics.mark_strips import marks_with_strip
from deepecg.outputs.graphics.settings import StripSettings
from deepecg.rhythm.event_kinds import EVENT_KINDS, PATIENT_MARK, Kind
from deepecg.rhythm.events import Event
from deepecg.scored_recording import ScoredRecording
from deepecg.signal.stretches import stretches


@dataclass(frozen=True)
class Strip:
    """A few seconds of an analysed lead, with its beats.

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
    signal_mv : ndarray of float32, shape (n,)
        Conditioned signal.
    beat_times_s : ndarray of float64, shape (n_beats,)
        R peaks in the strip, in seconds from its start.
    beat_classes : str
        Their classes, one letter each.
    from_s, until_s : float
        Start and end of the event, in seconds from the start of the strip. A longer event ends with
        the strip.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat, in seconds, also if the previous beat is outside the strip.
        NaN where there is none, as across a gap.
    lost : tuple of tuple of float
        Start and end of each stretch that cannot be analysed, in seconds from the start of the
        strip.
    lead : str
        Name of the lead.
    """

    id: str
    event_number: int | None
    kind: Kind
    start_s: float
    rate_hz: float
    signal_mv: Floats32
    beat_times_s: Floats
    beat_classes: str
    from_s: float
    until_s: float
    rr_s: Floats
    lost: tuple[tuple[float, float], ...]
    lead: str

    @property
    def event_at_s(self) -> float:
        """Start of the event, in seconds from the start of the recording."""
        return self.start_s + self.from_s


def choose_strips(
    events: Sequence[Event], settings: StripSettings, findings: Sequence[Event] = ()
) -> list[int]:
    """Choose the events that get a strip.

    Events of findings and the highest and lowest heart rate always get one. Of the others, the
    worst event of every kind comes first, then further events of the most severe kinds.

    Parameters
    ----------
    events : sequence of Event
        The listed events.
    settings : StripSettings
        Number of strips.
    findings : sequence of Event
        The events of urgent and notable findings, the most urgent first.

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
    ranked = [
        (place > 0, severity, place, number)
        for severity, numbers in groups.items()
        for place, number in enumerate(_worst_first(events, numbers)[: settings.max_per_kind])
    ]
    chosen = sorted(ranked)[: max(settings.max_events - len(always), 0)]
    return [number for *_, number in sorted(chosen, key=lambda rank: rank[1:])] + always


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
        the patient's marks, in the order of time.
    """
    wanted: list[tuple[int | None, Kind, float, float]] = [
        (number, events[number].kind, events[number].start_s, events[number].duration_s)
        for number in choose_strips(events, settings, scored.rhythm.finding_events)
    ]
    for kind, beats in isolated.items():
        for beat in _typical(scored, beats, settings.examples):
            wanted.append((None, kind, float(scored.beats.times_s[beat]), 0.0))
    marks = scored.recording.marks
    for number in marks_with_strip(marks, settings):
        wanted.append((None, PATIENT_MARK, marks[number].start_s, 0.0))
    return tuple(
        _cut(scored, f"strip-{place}", what, settings) for place, what in enumerate(wanted, start=1)
    )


def _worst_first(events: Sequence[Event], numbers: list[int]) -> list[int]:
    measures = events[numbers[0]].kind.severity
    return sorted(numbers, key=lambda number: [-measure(events[number]) for measure in measures])


def _typical(scored: ScoredRecording, beats: Sequence[int], number: int) -> list[int]:
    """Return the beats with the most probable class, one from each of ``number`` equal parts."""
    parts = np.array_split(np.asarray(beats, np.int64), number)
    sure = scored.beats.probabilities
    return [int(part[sure[part].max(axis=1).argmax()]) for part in parts if len(part)]


def _cut(
    scored: ScoredRecording,
    name: str,
    what: tuple[int | None, Kind, float, float],
    settings: StripSettings,
) -> Strip:
    """Return a strip with an event in its middle, or with the start of a longer event."""
    number, kind, begin, duration = what
    shown, beats = scored.lead_for(begin, duration), scored.beats
    lead = shown.conditioned
    margin = max((settings.strip_s - duration) / 2, settings.lead_in_s)
    length = min(round(settings.strip_s * lead.clock_hz), len(lead.signal))
    first = min(max(round((begin - margin) * lead.clock_hz), 0), len(lead.signal) - length)
    start_s, length_s = first / lead.clock_hz, length / lead.clock_hz
    inside = slice(*np.searchsorted(beats.times_s, (start_s, start_s + length_s)))
    return Strip(
        id=name,
        event_number=number,
        kind=kind,
        start_s=start_s,
        rate_hz=lead.clock_hz,
        signal_mv=lead.signal[first : first + length].copy(),
        beat_times_s=beats.times_s[inside] - start_s,
        beat_classes="".join(CLASSES[label] for label in beats.labels[inside]),
        from_s=max(begin - start_s, 0.0),
        until_s=min(begin + duration - start_s, length_s),
        rr_s=beats.rr_s[inside].copy(),
        lost=_lost(scored, start_s, length_s),
        lead=scored.recording.leads[shown.number],
    )


def _lost(
    scored: ScoredRecording, start_s: float, length_s: float
) -> tuple[tuple[float, float], ...]:
    """Return the stretches of seconds inside a strip that cannot be analysed."""
    first, stop = int(start_s), int(np.ceil(start_s + length_s))
    edges = first + stretches(~scored.flags.analysable[first:stop]) - start_s
    return tuple((begin, end) for begin, end in np.clip(edges, 0.0, length_s).tolist())
