"""Sinus tachycardia, which is not urgent, and supraventricular tachycardia, which is."""

from functools import partial

from training.findings.artefacts import muscles
from training.findings.ecg_script import EcgScript, Span
from training.findings.ecg_waves import (
    LEFT_ATRIAL_P,
    RETROGRADE_P,
    RIGHT_BUNDLE_BRANCH_BLOCK,
    PShape,
)
from training.findings.expectation import event, expect, urgent
from training.findings.finding_keys import (
    SINUS_TACHYCARDIA,
    SUPRAVENTRICULAR_RUN,
    SUPRAVENTRICULAR_TACHYCARDIA,
    VENTRICULAR_BURDEN,
    WIDE_QRS_TACHYCARDIA,
)
from training.findings.scenario import Scenario, Story

SINUS, PAROXYSMAL = "sinus tachycardia", "supraventricular tachycardia"
EFFORT_NOISE_MV = 0.03
"""Muscle noise of a patient who exercises, beside the background's."""
FEVER_SWAY_BPM = 4.0
"""Slow change of the rate in fever."""
CLEARLY_FAST_BPM = 112
"""Mean rate in fever from which every minute is above 100/min."""
URGENT_S = 30.0
"""A supraventricular tachycardia longer than this is urgent."""


def exercise(script: EcgScript, bpm: float, rise_s: float, plateau_s: float = 150.0) -> Story:
    """Write rest, a rise, a plateau and a slower fall."""
    rest_bpm = script.patient.resting_bpm
    script.sinus(200)
    up = script.sinus(rise_s, rest_bpm, bpm)
    plateau = script.sinus(plateau_s, bpm)
    script.sinus(150, bpm, 0.55 * bpm + 0.45 * rest_bpm)
    down = script.sinus(120, script.bpm, rest_bpm)
    script.sinus(60)
    noise = muscles(up.start_s, down.stop_s, EFFORT_NOISE_MV)
    return Story(expect(script, event(SINUS_TACHYCARDIA, plateau, covered=0.6)), [noise])


def spurts(
    script: EcgScript, *, bpm: float, rise_s: float, plateau_s: float, fall_s: float, n: int
) -> Story:
    """Write several short rises of the sinus rate."""
    rest_bpm = script.patient.resting_bpm
    script.sinus(100)
    noises = []
    for _ in range(n):
        rise = script.sinus(rise_s, rest_bpm, bpm)
        script.sinus(plateau_s, bpm)
        fall = script.sinus(fall_s, bpm, rest_bpm)
        noises.append(muscles(rise.start_s, fall.stop_s, EFFORT_NOISE_MV))
        script.sinus(45, rest_bpm)
    return Story(expect(script), noises)


def fever(script: EcgScript, bpm: float) -> Story:
    """Write sinus tachycardia throughout."""
    begin_s = script.next_p_s
    for _ in range(6):
        script.sinus(60, bpm - FEVER_SWAY_BPM, bpm + FEVER_SWAY_BPM)
        script.sinus(60, bpm + FEVER_SWAY_BPM, bpm - FEVER_SWAY_BPM)
    whole = Span(begin_s, script.last_r_s)
    required = [event(SINUS_TACHYCARDIA, whole, covered=0.7)] if bpm >= CLEARLY_FAST_BPM else []
    return Story(expect(script, *required))


def paroxysm(
    script: EcgScript,
    *,
    bpm: float,
    duration_s: float,
    n: int = 1,
    p: PShape | None = None,
    p_from_r_s: float = 0.0,
    warm_up: float = 1.0,
) -> Story:
    """Write sinus rhythm with tachycardias that begin and end abruptly."""
    script.sinus(240)
    spans = []
    for _ in range(n):
        spans.append(
            script.supraventricular_tachycardia(
                duration_s, bpm, p=p, p_from_r_s=p_from_r_s, warm_up=warm_up
            )
        )
        script.sinus(90)
    script.sinus(240)
    if duration_s > URGENT_S:
        found = urgent(SUPRAVENTRICULAR_TACHYCARDIA, *spans, covered=0.8)
    else:
        found = event(SUPRAVENTRICULAR_RUN, *spans, covered=0.6, counts=(n, n))
    return Story(expect(script, found))


def aberrant(script: EcgScript) -> Story:
    """Write supraventricular tachycardia with right bundle branch block."""
    script.sinus(240)
    span = script.supraventricular_tachycardia(60, 175, shape=RIGHT_BUNDLE_BRANCH_BLOCK)
    script.sinus(330)
    keys = SUPRAVENTRICULAR_TACHYCARDIA | WIDE_QRS_TACHYCARDIA
    found = urgent(keys, span)
    return Story(expect(script, found, tolerated=VENTRICULAR_BURDEN, judge_classes=False))


def in_exercise(script: EcgScript) -> Story:
    """Write a paroxysm that begins from a sinus rate of 115/min."""
    script.sinus(150)
    script.sinus(90, script.patient.resting_bpm, 115)
    script.sinus(60, 115)
    span = script.supraventricular_tachycardia(90, 195, p=RETROGRADE_P, p_from_r_s=0.11)
    script.sinus(60, 115)
    script.sinus(150, 115, script.patient.resting_bpm)
    script.sinus(60)
    return Story(expect(script, urgent(SUPRAVENTRICULAR_TACHYCARDIA, span, covered=0.8)))


SCENARIOS = (
    *(
        Scenario(f"exercise, to {bpm}/min in {s} s", SINUS, partial(exercise, bpm=bpm, rise_s=s))
        for bpm, s in ((130, 60), (150, 240), (160, 60), (170, 240), (185, 120), (190, 240))
    ),
    Scenario(
        "standing up, 8 s", SINUS, partial(spurts, bpm=112, rise_s=8, plateau_s=8, fall_s=25, n=6)
    ),
    Scenario(
        "stairs, 14 s", SINUS, partial(spurts, bpm=128, rise_s=14, plateau_s=10, fall_s=50, n=5)
    ),
    Scenario(
        "stairs, 40 s", SINUS, partial(spurts, bpm=145, rise_s=40, plateau_s=15, fall_s=80, n=4)
    ),
    Scenario(
        "fright, 5 s", SINUS, partial(spurts, bpm=135, rise_s=5, plateau_s=20, fall_s=70, n=4)
    ),
    *(
        Scenario(f"fever, {bpm}/min throughout", SINUS, partial(fever, bpm=bpm))
        for bpm in (110, 125, 140)
    ),
    Scenario("AVNRT 140/min, 45 s", PAROXYSMAL, partial(paroxysm, bpm=140, duration_s=45)),
    Scenario(
        "AVNRT 180/min, 60 s twice", PAROXYSMAL, partial(paroxysm, bpm=180, duration_s=60, n=2)
    ),
    Scenario("AVNRT 170/min, 12 min", PAROXYSMAL, partial(paroxysm, bpm=170, duration_s=720)),
    Scenario(
        "AVRT 220/min, 40 s",
        PAROXYSMAL,
        partial(paroxysm, bpm=220, duration_s=40, p=RETROGRADE_P, p_from_r_s=0.10),
    ),
    Scenario(
        "AVRT 160/min, 5 min",
        PAROXYSMAL,
        partial(paroxysm, bpm=160, duration_s=300, p=RETROGRADE_P, p_from_r_s=0.12),
    ),
    Scenario(
        "atrial tachycardia 150/min, 2 min",
        PAROXYSMAL,
        partial(paroxysm, bpm=150, duration_s=120, p=LEFT_ATRIAL_P, p_from_r_s=-0.13, warm_up=0.85),
    ),
    Scenario(
        "atrial tachycardia 135/min, 8 s three times",
        PAROXYSMAL,
        partial(paroxysm, bpm=135, duration_s=8, n=3, p=LEFT_ATRIAL_P, p_from_r_s=-0.13),
    ),
    Scenario("AVNRT 190/min, 6 s twice", PAROXYSMAL, partial(paroxysm, bpm=190, duration_s=6, n=2)),
    Scenario("SVT with right bundle branch block", PAROXYSMAL, aberrant),
    Scenario("AVRT 195/min in exercise", PAROXYSMAL, in_exercise),
)
