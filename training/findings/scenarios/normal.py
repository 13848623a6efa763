"""Normal rhythm of every shape and size, and conduction that changes in the ventricles."""

from functools import partial

from training.findings.ecg_script import EcgScript
from training.findings.ecg_waves import (
    LEFT_BUNDLE_BRANCH_BLOCK,
    NORMAL,
    PACED,
    PREEXCITED,
    RIGHT_BUNDLE_BRANCH_BLOCK,
    TALL_T,
    QrsShape,
)
from training.findings.expectation import event, expect
from training.findings.finding_keys import SINUS_TACHYCARDIA, VENTRICULAR_BURDEN
from training.findings.scenario import Scenario, Story

CONDUCTION, PLAIN = "changing conduction", "normal rhythm"
WIDE_ABOVE_BPM = 95.0
"""Rate above which rate-dependent bundle branch block is present."""


def plain(script: EcgScript, shape: QrsShape = NORMAL) -> Story:
    """Write sinus rhythm that slowly changes its rate."""
    rest_bpm = script.patient.resting_bpm
    for _ in range(3):
        script.sinus(120, rest_bpm, rest_bpm + 12, shape=shape)
        script.sinus(120, rest_bpm + 12, rest_bpm, shape=shape)
    return Story(expect(script))


def intermittent(script: EcgScript, shape: QrsShape, longest_s: float) -> Story:
    """Write sinus rhythm in which conduction changes at the same rate, for 5 s and longer."""
    script.sinus(120)
    while script.next_p_s < 660:
        script.sinus(float(script.random.uniform(5, longest_s)), shape=shape)
        script.sinus(float(script.random.uniform(20, 80)))
    script.sinus(60)
    return Story(expect(script))


def single_beats(script: EcgScript, shape: QrsShape) -> Story:
    """Write sinus rhythm in which single beats at their time are conducted differently."""
    script.sinus(60)
    while script.next_p_s < 660:
        script.sinus_beats(int(script.random.integers(4, 30)))
        script.sinus_beats(int(script.random.integers(1, 4)), shape=shape)
    return Story(expect(script))


def rate_dependent(script: EcgScript) -> Story:
    """Write exercise in which left bundle branch block appears above a rate."""
    rest_bpm = script.patient.resting_bpm
    script.sinus(200)
    script.sinus(80, rest_bpm, WIDE_ABOVE_BPM)
    script.sinus(80, WIDE_ABOVE_BPM, 140, shape=LEFT_BUNDLE_BRANCH_BLOCK)
    plateau = script.sinus(120, 140, shape=LEFT_BUNDLE_BRANCH_BLOCK)
    script.sinus(140, 140, WIDE_ABOVE_BPM, shape=LEFT_BUNDLE_BRANCH_BLOCK)
    script.sinus(120, WIDE_ABOVE_BPM, rest_bpm)
    return Story(expect(script, event(SINUS_TACHYCARDIA, plateau, covered=0.6)))


def paced(script: EcgScript) -> Story:
    """Write ventricular pacing without P waves, throughout."""
    script.escape_rhythm(720, 70, PACED)
    return Story(expect(script, tolerated=VENTRICULAR_BURDEN, judge_classes=False))


SCENARIOS = (
    Scenario("plain sinus rhythm", PLAIN, plain),
    Scenario("plain sinus rhythm, inverted leads", PLAIN, plain, inverted=True),
    Scenario("tall T waves", PLAIN, partial(plain, shape=TALL_T)),
    Scenario("low amplitude, 0.3 mV", PLAIN, plain, gains=(0.3, 0.3)),
    Scenario("low amplitude, 0.1 to 0.15 mV", PLAIN, plain, gains=(0.15, 0.10)),
    Scenario(
        "left bundle branch block throughout", PLAIN, partial(plain, shape=LEFT_BUNDLE_BRANCH_BLOCK)
    ),
    *(
        Scenario(
            f"intermittent {shape.name}, to 90 s",
            CONDUCTION,
            partial(intermittent, shape=shape, longest_s=90),
        )
        for shape in (LEFT_BUNDLE_BRANCH_BLOCK, RIGHT_BUNDLE_BRANCH_BLOCK, PREEXCITED)
    ),
    *(
        Scenario(f"single beats with {shape.name}", CONDUCTION, partial(single_beats, shape=shape))
        for shape in (LEFT_BUNDLE_BRANCH_BLOCK, RIGHT_BUNDLE_BRANCH_BLOCK, PREEXCITED)
    ),
    Scenario("rate-dependent left bundle branch block", CONDUCTION, rate_dependent),
    Scenario("ventricular pacing throughout", CONDUCTION, paced),
)
