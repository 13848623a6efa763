"""Every kind of urgent finding: its condition, its message and its rank, defined once."""

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
    Kind,
    by_beats,
    by_rate,
    by_slowness,
)
from deepecg.rhythm.finding_kinds import (
    EventFindingKind,
    beats_at_rate,
    fibrillation_at_rate,
    named,
)
from deepecg.rhythm.number_wording import exact, rate, span
from deepecg.rhythm.settings import RhythmSettings
from deepecg.time_units import ROUNDING_S


@dataclass(frozen=True, eq=False, kw_only=True)
class UrgentKind(Kind):
    """A kind of urgent finding: what a clinician should see first.

    Attributes
    ----------
    ranking_points : float
        Weight in the nightly ranking of recordings: the sooner the finding can harm, the more.
    """

    ranking_points: float


@dataclass(frozen=True, eq=False, kw_only=True)
class UrgentEventKind(UrgentKind, EventFindingKind):
    """A kind of urgent finding that is a severe case of an event."""


def _ventricular_tachycardia(run: Episode, settings: RhythmSettings) -> str:
    is_sustained = run.duration_s >= settings.urgent.sustained_s
    return f"{beats_at_rate(run, settings)}{', sustained' if is_sustained else ''}"


def _length_and_rate(run: Episode, settings: RhythmSettings) -> str:
    length = span(run.duration_s, settings.urgent.supraventricular_run_s)
    return f"{length} at {rate(run, settings.ectopy.tachycardia_bpm)}"


def _bradycardia(episode: Episode, settings: RhythmSettings) -> str:
    return f"{span(episode.duration_s)} at {rate(episode, settings.rate.severe_bradycardia_bpm)}"


URGENT_KINDS: Final = (
    UrgentEventKind(
        *named(VENTRICULAR_TACHYCARDIA),
        ranking_points=100.0,
        event=VENTRICULAR_TACHYCARDIA,
        is_met=lambda run, s: run.n_beats >= s.urgent.ventricular_run_beats,
        one="Ventricular tachycardia of",
        several=lambda s: (
            f"ventricular tachycardias of {s.urgent.ventricular_run_beats} or more beats"
        ),
        figures=_ventricular_tachycardia,
        severity=by_beats,
    ),
    UrgentEventKind(
        *named(WIDE_QRS_TACHYCARDIA),
        ranking_points=90.0,
        event=WIDE_QRS_TACHYCARDIA,
        is_met=lambda episode, s: True,  # noqa: ARG005
        one="Wide-QRS tachycardia of",
        several=lambda s: "wide-QRS tachycardias",  # noqa: ARG005
        figures=_length_and_rate,
        remark=": ventricular or aberrant",
    ),
    UrgentEventKind(
        *named(PAUSE),
        ranking_points=80.0,
        event=PAUSE,
        is_met=lambda pause, s: pause.duration_s >= s.urgent.pause_s - ROUNDING_S,
        one="Pause of",
        several=lambda s: f"pauses of {s.urgent.pause_s:g} s or more",
        figures=lambda pause, s: f"{exact(pause.duration_s, 1, s.urgent.pause_s)} s",
    ),
    UrgentEventKind(
        "no_beat_found",
        "No beat found",
        "P?",
        "pause",
        ranking_points=70.0,
        event=UNCONFIRMED_PAUSE,
        is_met=lambda pause, s: pause.duration_s >= s.urgent.unconfirmed_pause_s - ROUNDING_S,
        one="No beat found for",
        several=lambda s: f"stretches of {s.urgent.unconfirmed_pause_s:g} s or more without a beat",
        figures=lambda pause, s: span(pause.duration_s, s.urgent.unconfirmed_pause_s),
        remark=": an electrode or asystole",
    ),
    UrgentEventKind(
        *named(THIRD_DEGREE_BLOCK),
        ranking_points=75.0,
        event=THIRD_DEGREE_BLOCK,
        is_met=lambda episode, s: True,  # noqa: ARG005
        one="Third-degree AV block suspected for",
        several=lambda s: "episodes of suspected third-degree AV block",  # noqa: ARG005
        figures=lambda episode, s: span(episode.duration_s),  # noqa: ARG005
    ),
    UrgentEventKind(
        *named(SECOND_DEGREE_BLOCK),
        ranking_points=65.0,
        event=SECOND_DEGREE_BLOCK,
        is_met=lambda episode, s: episode.duration_s >= s.urgent.second_degree_block_s,
        one="Second-degree AV block suspected for",
        several=lambda s: (
            "episodes of suspected second-degree AV block of "
            f"{s.urgent.second_degree_block_s:g} s or more"
        ),
        figures=lambda episode, s: span(episode.duration_s, s.urgent.second_degree_block_s),
    ),
    UrgentEventKind(
        *named(BRADYCARDIA),
        ranking_points=62.0,
        event=BRADYCARDIA,
        is_met=lambda episode, s: 0 < by_rate(episode) < s.rate.severe_bradycardia_bpm,
        one="Bradycardia of",
        several=lambda s: f"episodes of bradycardia below {s.rate.severe_bradycardia_bpm:g}/min",
        figures=_bradycardia,
        superlative="the slowest",
        severity=by_slowness,
    ),
    UrgentEventKind(
        "fast_atrial_fibrillation",
        "Fast atrial fibrillation",
        "AF",
        "fibrillation",
        ranking_points=60.0,
        event=ATRIAL_FIBRILLATION,
        is_met=lambda episode, s: by_rate(episode) > s.urgent.fibrillation_bpm,
        one="Atrial fibrillation of",
        several=lambda s: (
            f"episodes of atrial fibrillation faster than {s.urgent.fibrillation_bpm:g}/min"
        ),
        figures=fibrillation_at_rate,
    ),
    UrgentEventKind(
        *named(SUPRAVENTRICULAR_TACHYCARDIA),
        ranking_points=50.0,
        event=SUPRAVENTRICULAR_TACHYCARDIA,
        is_met=lambda run, s: run.duration_s > s.urgent.supraventricular_run_s,
        one="Supraventricular tachycardia of",
        several=lambda s: (
            f"supraventricular tachycardias longer than {s.urgent.supraventricular_run_s:g} s"
        ),
        figures=_length_and_rate,
    ),
    VENTRICULAR_BURDEN := UrgentKind(
        "ventricular_burden", "Ventricular burden", "V", "ventricular", ranking_points=40.0
    ),
)
"""All kinds of urgent finding, the most urgent first: what can end in arrest, then what weakens the
heart over months. Where no beat was found it may be asystole, and more often is an electrode."""
