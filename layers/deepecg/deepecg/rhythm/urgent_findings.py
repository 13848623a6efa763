"""What a clinician should see first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deepecg.beats.rr_intervals import ROUNDING_S
from deepecg.rhythm import events as kinds
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.events import Event
from deepecg.rhythm.settings import RhythmSettings, UrgentSettings
from deepecg.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

VENTRICULAR_TACHYCARDIA = kinds.VENTRICULAR_TACHYCARDIA
VENTRICULAR_BURDEN = "ventricular_burden"
SUPRAVENTRICULAR_TACHYCARDIA = kinds.SUPRAVENTRICULAR_TACHYCARDIA
FAST_ATRIAL_FIBRILLATION = "fast_atrial_fibrillation"
PAUSE = kinds.PAUSE
NO_BEAT_FOUND = "no_beat_found"

UP_TO_SECONDS = 120
UP_TO_MINUTES = 120
"""Up to so many, durations are told in seconds (minutes), beyond in minutes (hours)."""


@dataclass(frozen=True)
class Urgent:
    """One urgent finding; several events of a kind make one, which the worst stands for.

    Attributes
    ----------
    kind : str
        One of the constants above.
    at_s : float or None
        When the worst event begins, from the recording's start; None of a burden.
    message : str
        The finding in a line, with values and units.
    count : int
        How many events are urgent; of a burden 1.
    n_beats : int
        Of the worst event; of a burden, all ectopic beats.
    duration_s : float or None
        Of the worst event; None of a burden.
    event : Event or None
        The worst event: the run of most beats, the longest pause or episode. None of a burden.
    """

    kind: str
    at_s: float | None
    message: str
    count: int
    n_beats: int
    duration_s: float | None
    event: Event | None


def urgent_findings(
    events: Iterable[Event], ventricular: Ectopy, settings: RhythmSettings
) -> tuple[Urgent, ...]:
    """Return the urgent findings, at most one of each kind.

    Parameters
    ----------
    events : iterable of Event
        All events of the recording.
    ventricular : Ectopy
        For the burden.
    settings : RhythmSettings
        What is urgent, and from where a run is a tachycardia.

    Returns
    -------
    tuple of Urgent
        Ventricular tachycardia, pause, no beat found, fast atrial fibrillation, supraventricular
        tachycardia, burden: those that there are, in this order.
    """
    limits = settings.urgent
    tachycardia_bpm = settings.ectopy.tachycardia_bpm
    of_kind: dict[str, list[Event]] = {}
    for event in events:
        of_kind.setdefault(event.kind, []).append(event)
    ventricular_runs = [
        run
        for run in of_kind.get(kinds.VENTRICULAR_TACHYCARDIA, [])
        if run.n_beats >= limits.ventricular_run_beats
    ]
    pauses = [
        pause
        for pause in of_kind.get(kinds.PAUSE, [])
        if pause.duration_s >= limits.pause_s - ROUNDING_S
    ]
    without_beats = [
        pause
        for pause in of_kind.get(kinds.UNCONFIRMED_PAUSE, [])
        if pause.duration_s >= limits.unconfirmed_pause_s - ROUNDING_S
    ]
    fibrillation = [
        episode
        for episode in of_kind.get(kinds.ATRIAL_FIBRILLATION, [])
        if (episode.rate_bpm or 0) > limits.fibrillation_bpm
    ]
    supraventricular_runs = [
        run
        for run in of_kind.get(kinds.SUPRAVENTRICULAR_TACHYCARDIA, [])
        if run.duration_s > limits.supraventricular_run_s
    ]
    return (
        *_worst(
            VENTRICULAR_TACHYCARDIA,
            ventricular_runs,
            lambda run: _ventricular_tachycardia(run, limits.sustained_s, tachycardia_bpm),
            _n_beats,
        ),
        *_worst(PAUSE, pauses, lambda pause: _pause(pause, limits.pause_s), _duration),
        *_worst(
            NO_BEAT_FOUND,
            without_beats,
            lambda pause: _no_beat_found(pause, limits.unconfirmed_pause_s),
            _duration,
        ),
        *_worst(
            FAST_ATRIAL_FIBRILLATION,
            fibrillation,
            lambda episode: _fibrillation(episode, limits.fibrillation_bpm),
            _duration,
        ),
        *_worst(
            SUPRAVENTRICULAR_TACHYCARDIA,
            supraventricular_runs,
            lambda run: _supraventricular_tachycardia(
                run, limits.supraventricular_run_s, tachycardia_bpm
            ),
            _duration,
        ),
        *_burden(ventricular, limits),
    )


def _worst(
    kind: str,
    events: list[Event],
    message: Callable[[Event], str],
    severity: Callable[[Event], float],
) -> list[Urgent]:
    if not events:
        return []
    worst = max(events, key=severity)
    text = message(worst)
    if len(events) > 1:
        what, colon, remark = text.partition(":")
        text = f"{what}, the longest of {len(events)}{colon}{remark}"
    return [Urgent(kind, worst.start_s, text, len(events), worst.n_beats, worst.duration_s, worst)]


def _burden(ventricular: Ectopy, settings: UrgentSettings) -> list[Urgent]:
    percent = ventricular.burden_percent or 0.0
    if percent <= settings.ventricular_burden_percent:
        return []
    told = _told(percent, 1, settings.ventricular_burden_percent)
    text = f"Ventricular ectopic beats are {told} % of all beats"
    return [Urgent(VENTRICULAR_BURDEN, None, text, 1, ventricular.count, None, None)]


def _n_beats(event: Event) -> float:
    return event.n_beats


def _duration(event: Event) -> float:
    return event.duration_s


def _ventricular_tachycardia(run: Event, sustained_s: float, limit_bpm: float) -> str:
    name = "Ventricular tachycardia"
    if run.duration_s >= sustained_s:
        name = "Sustained ventricular tachycardia"
    return f"{name} of {run.n_beats} beats at {_rate(run, limit_bpm)}"


def _supraventricular_tachycardia(run: Event, limit_s: float, limit_bpm: float) -> str:
    span = _span(run.duration_s, limit_s)
    return f"Supraventricular tachycardia of {span} at {_rate(run, limit_bpm)}"


def _fibrillation(episode: Event, limit_bpm: float) -> str:
    return f"Atrial fibrillation of {_span(episode.duration_s)} at {_rate(episode, limit_bpm)}"


def _pause(pause: Event, limit_s: float) -> str:
    return f"Pause of {_told(pause.duration_s, 1, limit_s)} s"


def _no_beat_found(pause: Event, limit_s: float) -> str:
    return f"No beat found for {_span(pause.duration_s, limit_s)}: an electrode or asystole"


def _rate(event: Event, limit_bpm: float) -> str:
    return f"{_told(event.rate_bpm or 0.0, 0, limit_bpm)}/min"


def _span(duration_s: float, limit_s: float | None = None) -> str:
    if duration_s <= UP_TO_SECONDS:
        return f"{_told(duration_s, 0, limit_s)} s"
    if duration_s <= UP_TO_MINUTES * SECONDS_PER_MINUTE:
        return f"{duration_s / SECONDS_PER_MINUTE:.0f} min"
    return f"{duration_s / SECONDS_PER_HOUR:.1f} h"


def _told(value: float, digits: int, limit: float | None) -> str:
    """Return a number with so many decimals, and one more near the limit that it is judged by.

    What is 100.4 and so above 100 does not read "100".
    """
    near = limit is not None and abs(value - limit) < 10.0**-digits
    return f"{value:.{digits + near}f}"
