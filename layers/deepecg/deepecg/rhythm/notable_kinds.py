"""Every kind of notable finding, defined once: worth mentioning, but not urgent.

Conditions do not contain the limits of the urgent tier, because
:func:`deepecg.rhythm.notable_findings.notable_findings` leaves out every kind of event that is
urgent in the recording.
"""

from typing import Final

from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import (
    ATRIAL_FIBRILLATION,
    ATRIAL_FLUTTER,
    BRADYCARDIA,
    PAUSE,
    SECOND_DEGREE_BLOCK,
    SUPRAVENTRICULAR_TACHYCARDIA,
    TYPE_1_BLOCK,
    VENTRICULAR_RHYTHM,
    VENTRICULAR_TACHYCARDIA,
    Kind,
    by_beats,
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


def _always(episode: Episode, settings: RhythmSettings) -> bool:  # noqa: ARG001
    return True


def _length(episode: Episode, settings: RhythmSettings) -> str:  # noqa: ARG001
    return span(episode.duration_s)


def _bradycardia(episode: Episode, settings: RhythmSettings) -> str:
    return f"{span(episode.duration_s)} at {rate(episode, settings.rate.bradycardia_bpm)}"


NOTABLE_KINDS: Final = (
    EventFindingKind(
        *named(ATRIAL_FIBRILLATION),
        event=ATRIAL_FIBRILLATION,
        is_met=_always,
        one="Atrial fibrillation of",
        several=lambda s: "episodes of atrial fibrillation",  # noqa: ARG005
        figures=fibrillation_at_rate,
    ),
    EventFindingKind(
        *named(ATRIAL_FLUTTER),
        event=ATRIAL_FLUTTER,
        is_met=_always,
        one="Atrial flutter suspected for",
        several=lambda s: "episodes of suspected atrial flutter",  # noqa: ARG005
        figures=fibrillation_at_rate,
    ),
    EventFindingKind(
        *named(VENTRICULAR_TACHYCARDIA),
        event=VENTRICULAR_TACHYCARDIA,
        is_met=_always,
        one="Ventricular tachycardia of",
        several=lambda s: f"ventricular tachycardias of {s.ectopy.run_beats} or more beats",
        figures=beats_at_rate,
        severity=by_beats,
    ),
    EventFindingKind(
        *named(SECOND_DEGREE_BLOCK),
        event=SECOND_DEGREE_BLOCK,
        is_met=_always,
        one="Second-degree AV block suspected for",
        several=lambda s: "episodes of suspected second-degree AV block",  # noqa: ARG005
        figures=_length,
    ),
    EventFindingKind(
        *named(PAUSE),
        event=PAUSE,
        is_met=_always,
        one="Pause of",
        several=lambda s: f"pauses of {s.pauses.pause_s:g} s or more",
        figures=lambda pause, s: f"{exact(pause.duration_s, 1, s.urgent.pause_s)} s",
    ),
    EventFindingKind(
        *named(SUPRAVENTRICULAR_TACHYCARDIA),
        event=SUPRAVENTRICULAR_TACHYCARDIA,
        is_met=lambda run, s: run.n_beats >= s.notable.supraventricular_run_beats,
        one="Supraventricular tachycardia of",
        several=lambda s: (
            f"supraventricular tachycardias of {s.notable.supraventricular_run_beats} or more beats"
        ),
        figures=beats_at_rate,
        severity=by_beats,
    ),
    EventFindingKind(
        *named(BRADYCARDIA),
        event=BRADYCARDIA,
        is_met=_always,
        one="Bradycardia of",
        several=lambda s: f"episodes of bradycardia below {s.rate.bradycardia_bpm:g}/min",
        figures=_bradycardia,
        superlative="the slowest",
        severity=by_slowness,
    ),
    EventFindingKind(
        *named(TYPE_1_BLOCK),
        event=TYPE_1_BLOCK,
        is_met=_always,
        one="Second-degree AV block, Mobitz I, suspected for",
        several=lambda s: "episodes of suspected Mobitz I second-degree AV block",  # noqa: ARG005
        figures=_length,
    ),
    EventFindingKind(
        *named(VENTRICULAR_RHYTHM),
        event=VENTRICULAR_RHYTHM,
        is_met=_always,
        one="Slow ventricular run of",
        several=lambda s: f"slow ventricular runs of {s.ectopy.run_beats} or more beats",
        figures=beats_at_rate,
        severity=by_beats,
    ),
    SUPRAVENTRICULAR_BURDEN := Kind(
        "supraventricular_burden", "Supraventricular burden", "S", "supraventricular"
    ),
)
"""All kinds of notable finding, the most important first."""
