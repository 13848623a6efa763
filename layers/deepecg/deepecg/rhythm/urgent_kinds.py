"""Every kind of urgent finding: its condition, its message and its rank, defined once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import (
    ATRIAL_FIBRILLATION,
    BRADYCARDIA,
    PAUSE,
    SECOND_DEGREE_BLOCK,
    SUPRAVENTRICULAR_TACHYCARDIA,
    THIRD_DEGREE_BLOCK,
    UNCONFIRMED_PAUSE,
    VENTRICULAR_TACHYCARDIA,
    WIDE_QRS_TACHYCARDIA,
    EventKind,
    Kind,
    Measure,
    by_beats,
    by_duration,
    by_rate,
    by_slowness,
)
from deepecg.rhythm.number_wording import exact, rate, span
from deepecg.rhythm.settings import RhythmSettings
from deepecg.time_units import ROUNDING_S


@dataclass(frozen=True, eq=False)
class UrgentKind(Kind):
    """A kind of urgent finding: what a clinician should see first.

    Attributes
    ----------
    ranking_points : float
        Weight in the nightly ranking of recordings: the sooner the finding can harm, the more.
    """

    ranking_points: float


@dataclass(frozen=True, eq=False)
class UrgentEventKind(UrgentKind):
    """A kind of urgent finding that is a severe case of an event.

    Attributes
    ----------
    event : EventKind
        The kind of event.
    is_urgent : callable
        Whether an event of that kind is urgent, by the recording's settings.
    message : callable
        The finding in a line, with values and units.
    severity : callable
        The measure by which one event stands for several.
    """

    event: EventKind
    is_urgent: Callable[[Episode, RhythmSettings], bool]
    message: Callable[[Episode, RhythmSettings], str]
    severity: Measure = by_duration


def _named(kind: Kind) -> tuple[str, str, str, str]:
    """Return the key, name, mark and group of a kind."""
    return kind.key, kind.name, kind.mark, kind.group


def _ventricular_tachycardia(run: Episode, settings: RhythmSettings) -> str:
    is_sustained = run.duration_s >= settings.urgent.sustained_s
    name = "Sustained ventricular tachycardia" if is_sustained else "Ventricular tachycardia"
    return f"{name} of {run.n_beats} beats at {rate(run, settings.ectopy.tachycardia_bpm)}"


def _supraventricular_tachycardia(run: Episode, settings: RhythmSettings) -> str:
    length = span(run.duration_s, settings.urgent.supraventricular_run_s)
    return (
        f"Supraventricular tachycardia of {length} at {rate(run, settings.ectopy.tachycardia_bpm)}"
    )


def _fast_atrial_fibrillation(episode: Episode, settings: RhythmSettings) -> str:
    bpm = rate(episode, settings.urgent.fibrillation_bpm)
    return f"Atrial fibrillation of {span(episode.duration_s)} at {bpm}"


def _pause(pause: Episode, settings: RhythmSettings) -> str:
    return f"Pause of {exact(pause.duration_s, 1, settings.urgent.pause_s)} s"


def _no_beat_found(pause: Episode, settings: RhythmSettings) -> str:
    length = span(pause.duration_s, settings.urgent.unconfirmed_pause_s)
    return f"No beat found for {length}: an electrode or asystole"


def _wide_qrs_tachycardia(episode: Episode, settings: RhythmSettings) -> str:
    bpm = rate(episode, settings.ectopy.tachycardia_bpm)
    return f"Wide-QRS tachycardia of {span(episode.duration_s)} at {bpm}: ventricular or aberrant"


def _third_degree_block(episode: Episode, settings: RhythmSettings) -> str:  # noqa: ARG001
    return f"Third-degree AV block suspected for {span(episode.duration_s)}"


def _second_degree_block(episode: Episode, settings: RhythmSettings) -> str:
    length = span(episode.duration_s, settings.urgent.second_degree_block_s)
    return f"Second-degree AV block suspected for {length}"


def _bradycardia(episode: Episode, settings: RhythmSettings) -> str:
    bpm = rate(episode, settings.rate.severe_bradycardia_bpm)
    return f"Bradycardia of {span(episode.duration_s)} at {bpm}"


URGENT_KINDS: Final = (
    UrgentEventKind(
        *_named(VENTRICULAR_TACHYCARDIA),
        ranking_points=100.0,
        event=VENTRICULAR_TACHYCARDIA,
        is_urgent=lambda run, s: run.n_beats >= s.urgent.ventricular_run_beats,
        severity=by_beats,
        message=_ventricular_tachycardia,
    ),
    UrgentEventKind(
        *_named(WIDE_QRS_TACHYCARDIA),
        ranking_points=90.0,
        event=WIDE_QRS_TACHYCARDIA,
        is_urgent=lambda episode, s: True,  # noqa: ARG005
        message=_wide_qrs_tachycardia,
    ),
    UrgentEventKind(
        *_named(PAUSE),
        ranking_points=80.0,
        event=PAUSE,
        is_urgent=lambda pause, s: pause.duration_s >= s.urgent.pause_s - ROUNDING_S,
        message=_pause,
    ),
    UrgentEventKind(
        "no_beat_found",
        "No beat found",
        "P?",
        "pause",
        ranking_points=70.0,
        event=UNCONFIRMED_PAUSE,
        is_urgent=lambda pause, s: pause.duration_s >= s.urgent.unconfirmed_pause_s - ROUNDING_S,
        message=_no_beat_found,
    ),
    UrgentEventKind(
        *_named(THIRD_DEGREE_BLOCK),
        ranking_points=75.0,
        event=THIRD_DEGREE_BLOCK,
        is_urgent=lambda episode, s: True,  # noqa: ARG005
        message=_third_degree_block,
    ),
    UrgentEventKind(
        *_named(SECOND_DEGREE_BLOCK),
        ranking_points=65.0,
        event=SECOND_DEGREE_BLOCK,
        is_urgent=lambda episode, s: episode.duration_s >= s.urgent.second_degree_block_s,
        message=_second_degree_block,
    ),
    UrgentEventKind(
        *_named(BRADYCARDIA),
        ranking_points=62.0,
        event=BRADYCARDIA,
        is_urgent=lambda episode, s: 0 < by_rate(episode) < s.rate.severe_bradycardia_bpm,
        severity=by_slowness,
        message=_bradycardia,
    ),
    UrgentEventKind(
        "fast_atrial_fibrillation",
        "Fast atrial fibrillation",
        "AF",
        "fibrillation",
        ranking_points=60.0,
        event=ATRIAL_FIBRILLATION,
        is_urgent=lambda episode, s: by_rate(episode) > s.urgent.fibrillation_bpm,
        message=_fast_atrial_fibrillation,
    ),
    UrgentEventKind(
        *_named(SUPRAVENTRICULAR_TACHYCARDIA),
        ranking_points=50.0,
        event=SUPRAVENTRICULAR_TACHYCARDIA,
        is_urgent=lambda run, s: run.duration_s > s.urgent.supraventricular_run_s,
        message=_supraventricular_tachycardia,
    ),
    VENTRICULAR_BURDEN := UrgentKind(
        "ventricular_burden", "Ventricular burden", "V", "ventricular", ranking_points=40.0
    ),
)
"""All kinds of urgent finding, the most urgent first: what can end in arrest, then what weakens the
heart over months. Where no beat was found it may be asystole, and more often is an electrode."""
