"""Ventricular standstill and asystole of every length, and electrodes that come off."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from training.findings.artefacts import Artefact, breathing, hum, lead_off
from training.findings.ecg_script import EcgScript, Span
from training.findings.expectation import event, expect, mentioned, urgent
from training.findings.finding_keys import NO_BEAT_FOUND, PAUSE, SILENCE, Keys
from training.findings.scenario import Scenario, Story

STANDSTILL, ASYSTOLE, SINUS_ARREST, LEAD_OFF = (
    "standstill with P waves",
    "asystole",
    "sinus pauses",
    "lead off",
)
LENGTH_S = 640.0
"""Length of recordings with sinus pauses."""
HIGH_P_GAIN = 1.9
"""Height of P waves of some 0.3 mV against the usual."""
CANNOT_BE_TOLD: dict[str, Keys] = {"noise": SILENCE, "hum": NO_BEAT_FOUND}
"""What may be urgent while no lead has an electrode: noise without beats is like asystole, and hum
covers what there is."""


def silence(
    script: EcgScript,
    duration_s: float,
    *,
    with_p: bool,
    p_gain: float | None = None,
    wander_mv: float = 0.0,
    hum_mv: float = 0.0,
) -> Story:
    """Write sinus rhythm with two times without a ventricular beat."""
    if p_gain:
        script.patient = replace(script.patient, p_gain=p_gain)
    script.sinus(300)
    spans = []
    for _ in range(2):
        spans.append(script.standstill(duration_s, with_p=with_p))
        script.sinus(150)
    artefacts: list[Artefact] = []
    for span in spans:
        if wander_mv:
            artefacts.append(breathing(span.start_s - 20, span.stop_s + 20, wander_mv))
        if hum_mv:
            artefacts.append(hum(span.start_s - 20, span.stop_s + 20, 50.0, hum_mv))
    return Story(expect(script, urgent(SILENCE, *spans)), artefacts)


def sinus_pauses(script: EcgScript, durations_s: Sequence[float], *, is_urgent: bool) -> Story:
    """Write sinus rhythm with pauses without P waves."""
    script.sinus(150)
    spans = []
    for duration_s in durations_s:
        spans.append(script.standstill(duration_s, with_p=False))
        script.sinus(60)
    script.sinus(LENGTH_S - script.last_r_s)
    n = len(durations_s)
    counted = event(PAUSE, *spans, covered=0.8, counts=(n, n))
    tier = urgent if is_urgent else mentioned
    return Story(expect(script, tier(PAUSE, *spans), counted))


def electrode(script: EcgScript, form: str, *, all_leads: bool) -> Story:
    """Write sinus rhythm in which an electrode comes off three times."""
    script.sinus(660)
    spans = [Span(150, 170), Span(300, 340), Span(480, 540)]
    leads = None if all_leads else (0,)
    artefacts = [lead_off(span.start_s, span.stop_s, form, leads) for span in spans]
    tolerated = CANNOT_BE_TOLD.get(form, frozenset()) if all_leads else frozenset()
    disturbed = spans if all_leads else []
    return Story(expect(script, tolerated=tolerated, disturbed=disturbed), artefacts)


LENGTHS_S = (4, 10, 20, 40)
SCENARIOS = (
    *(
        Scenario(f"standstill of {s} s", STANDSTILL, partial(silence, duration_s=s, with_p=True))
        for s in LENGTHS_S
    ),
    *(
        Scenario(
            f"standstill of {s} s, P waves of 0.3 mV",
            STANDSTILL,
            partial(silence, duration_s=s, with_p=True, p_gain=HIGH_P_GAIN),
        )
        for s in (4, 20)
    ),
    *(
        Scenario(f"asystole of {s} s", ASYSTOLE, partial(silence, duration_s=s, with_p=False))
        for s in LENGTHS_S
    ),
    *(
        Scenario(
            f"asystole of {s} s, breathing",
            ASYSTOLE,
            partial(silence, duration_s=s, with_p=False, wander_mv=0.3),
        )
        for s in (10, 40)
    ),
    *(
        Scenario(
            f"asystole of {s} s, hum",
            ASYSTOLE,
            partial(silence, duration_s=s, with_p=False, hum_mv=0.1),
        )
        for s in (10, 40)
    ),
    Scenario(
        "sinus pauses of 2.2 to 2.8 s",
        SINUS_ARREST,
        partial(sinus_pauses, durations_s=(2.2, 2.4, 2.6, 2.8, 2.3, 2.7), is_urgent=False),
    ),
    Scenario(
        "sinus pauses of 3.4 to 3.7 s",
        SINUS_ARREST,
        partial(sinus_pauses, durations_s=(3.5, 3.4, 3.7), is_urgent=True),
    ),
    *(
        Scenario(
            f"lead off: {form}, {'all leads' if all_leads else 'one lead'}",
            LEAD_OFF,
            partial(electrode, form=form, all_leads=all_leads),
        )
        for form in ("flat", "noise", "hum", "rail")
        for all_leads in (False, True)
    ),
)
