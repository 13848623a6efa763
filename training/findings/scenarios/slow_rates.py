"""Atrioventricular block of every degree, bradycardia, escape rhythms."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from training.findings.ecg_script import EcgScript, Span
from training.findings.ecg_waves import INFERIOR_WALL, NORMAL, RETROGRADE_P, QrsShape
from training.findings.expectation import Required, expect, mentioned, urgent
from training.findings.finding_keys import (
    AV_BLOCK,
    AV_BLOCK_1,
    BLOCK_OR_BRADYCARDIA,
    BRADYCARDIA,
    ESCAPE_RHYTHM,
    VENTRICULAR_BURDEN,
    VENTRICULAR_RHYTHM,
    Keys,
)
from training.findings.scenario import Scenario, Story

SECOND, THIRD, BRADY, ESCAPE = (
    "AV block, second degree",
    "AV block, third degree",
    "bradycardia",
    "escape rhythm",
)
SLOW_BPM = 40.0
"""A rate below this for a minute is urgent."""
LONG_PR_S = 0.30
"""PR interval of first-degree block."""


def block(
    script: EcgScript, write: Callable[[EcgScript], Span], *, ventricular_bpm: float
) -> Story:
    """Write sinus rhythm with some minutes of block that is urgent.

    Parameters
    ----------
    script : EcgScript
        The script.
    write : callable
        Writes the block.
    ventricular_bpm : float
        Rate of the ventricles in it: where it is below 40/min, bradycardia is right too.
    """
    script.sinus(180)
    rest_bpm = script.bpm
    span = write(script)
    script.sinus(260, rest_bpm)
    keys: Keys = BLOCK_OR_BRADYCARDIA if ventricular_bpm < SLOW_BPM else AV_BLOCK
    return Story(expect(script, urgent(keys, span, covered=0.6), tolerated=BLOCK_OR_BRADYCARDIA))


def complete_block(script: EcgScript, escape_bpm: float, shape: QrsShape) -> Story:
    """Write sinus rhythm with minutes of complete block."""
    script.sinus(180)
    rest_bpm = script.bpm
    span = script.complete_block(240, 82, escape_bpm, shape)
    script.sinus(240, rest_bpm)
    keys: Keys = BLOCK_OR_BRADYCARDIA if escape_bpm < SLOW_BPM else AV_BLOCK
    tolerated = BLOCK_OR_BRADYCARDIA
    if shape is not NORMAL:
        tolerated |= VENTRICULAR_BURDEN | VENTRICULAR_RHYTHM
    found = urgent(keys, span, covered=0.6)
    return Story(expect(script, found, tolerated=tolerated, judge_classes=shape is NORMAL))


def wenckebach(script: EcgScript, bpm: float) -> Story:
    """Write sinus rhythm with minutes of Mobitz I block."""
    script.sinus(150)
    rest_bpm = script.bpm
    span = script.wenckebach(300, bpm)
    script.sinus(150, rest_bpm)
    return Story(expect(script, mentioned(AV_BLOCK_1, span)))


def first_degree(script: EcgScript) -> Story:
    """Write sinus rhythm with a long PR interval throughout."""
    script.patient = replace(script.patient, pr_s=LONG_PR_S)
    script.sinus(720)
    return Story(expect(script))


def slow_sinus(script: EcgScript, bpm: float, duration_s: float) -> Story:
    """Write slow sinus rhythm for some minutes."""
    script.sinus(180)
    rest_bpm = script.bpm
    script.sinus(40, rest_bpm, bpm)
    span = script.sinus(duration_s, bpm)
    script.sinus(60, bpm, rest_bpm)
    script.sinus(220)
    required: list[Required] = [urgent(BRADYCARDIA, span, covered=0.6)] if bpm < SLOW_BPM else []
    return Story(expect(script, *required))


def night(script: EcgScript, bpm: float) -> Story:
    """Write a slow sinus rhythm throughout."""
    script.sinus(900, bpm, rsa=0.05)
    return Story(expect(script))


def escape(
    script: EcgScript, bpm: float, shape: QrsShape = NORMAL, *, retrograde: bool = False
) -> Story:
    """Write sinus arrest with an escape rhythm for some minutes."""
    script.sinus(180)
    p = RETROGRADE_P if retrograde else None
    span = script.escape_rhythm(200, bpm, shape, p=p, p_from_r_s=0.14)
    script.sinus(240)
    required = []
    tolerated: Keys = frozenset()
    if bpm < SLOW_BPM:
        required = [urgent(ESCAPE_RHYTHM | VENTRICULAR_RHYTHM, span, covered=0.6)]
        tolerated = VENTRICULAR_BURDEN if shape is not NORMAL else frozenset()
    return Story(
        expect(script, *required, tolerated=tolerated, judge_classes=shape is NORMAL),
    )


def blocked_premature(script: EcgScript) -> Story:
    """Write minutes in which every second P wave is premature and not conducted."""
    script.sinus(180)
    for _ in range(80):
        script.sinus_beats(1)
        script.atrial_beat(0.45, conducted=False)
    script.sinus(360)
    return Story(expect(script))


def _mobitz_2(script: EcgScript) -> Span:
    return script.mobitz_2(180, 78)


def _constant(script: EcgScript, bpm: float, ratio: int) -> Span:
    return script.constant_block(240, bpm, ratio)


SCENARIOS = (
    Scenario("Wenckebach at 75/min, 5 min", SECOND, partial(wenckebach, bpm=75)),
    Scenario("Wenckebach at 95/min, 5 min", SECOND, partial(wenckebach, bpm=95)),
    Scenario("Mobitz II, 3 min", SECOND, partial(block, write=_mobitz_2, ventricular_bpm=58)),
    *(
        Scenario(
            f"{ratio}:1 block of {bpm}/min, 4 min",
            SECOND,
            partial(
                block,
                write=partial(_constant, bpm=bpm, ratio=ratio),
                ventricular_bpm=bpm / ratio,
            ),
        )
        for bpm, ratio in ((92, 2), (76, 2), (90, 3), (112, 4))
    ),
    Scenario("first-degree block throughout", SECOND, first_degree),
    *(
        Scenario(
            f"complete block, {bpm}/min, {width} QRS",
            THIRD,
            partial(complete_block, escape_bpm=bpm, shape=shape),
        )
        for bpm, width, shape in (
            *((25, "wide", INFERIOR_WALL), (30, "narrow", NORMAL)),
            *((32, "wide", INFERIOR_WALL), (38, "narrow", NORMAL), (44, "narrow", NORMAL)),
        )
    ),
    Scenario("sinus 35/min, 4 min", BRADY, partial(slow_sinus, bpm=35, duration_s=240)),
    Scenario("sinus 37/min, 2 min", BRADY, partial(slow_sinus, bpm=37, duration_s=120)),
    Scenario("sinus 45/min, 4 min", BRADY, partial(slow_sinus, bpm=45, duration_s=240)),
    Scenario("sinus 45/min throughout", BRADY, partial(night, bpm=45)),
    Scenario("junctional escape 46/min", ESCAPE, partial(escape, bpm=46)),
    Scenario(
        "junctional escape 52/min, retrograde P", ESCAPE, partial(escape, bpm=52, retrograde=True)
    ),
    Scenario("junctional escape 34/min", ESCAPE, partial(escape, bpm=34)),
    Scenario("ventricular escape 32/min", ESCAPE, partial(escape, bpm=32, shape=INFERIOR_WALL)),
    Scenario("blocked premature P in bigeminy", BRADY, blocked_premature),
)
