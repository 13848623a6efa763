"""Atrial fibrillation and flutter, and irregular rhythms that are neither."""

from collections.abc import Sequence
from functools import partial

from training.findings.ecg_script import Atrial, EcgScript, Ventricular
from training.findings.ecg_waves import LEFT_ATRIAL_P, LOW_ATRIAL_P, NORMAL, SINUS_P
from training.findings.expectation import Limits, expect, mentioned, near, urgent
from training.findings.finding_keys import (
    ATRIAL_FIBRILLATION,
    ATRIAL_FLUTTER,
    AV_BLOCK_1,
    FAST_ATRIAL_FIBRILLATION,
    SUPRAVENTRICULAR_TACHYCARDIA,
)
from training.findings.scenario import Scenario, Story

FIBRILLATION, FLUTTER, ARRHYTHMIA, IRREGULAR = (
    "atrial fibrillation",
    "atrial flutter",
    "sinus arrhythmia",
    "irregular, not fibrillation",
)
FAST_BPM = 110.0
"""Fibrillation faster than this is urgent."""
DURATION_SHARE = 0.15
"""Share by which the duration of fibrillation may be wrong."""
BREATH_S = 4.0
"""Length of a breath in deep sinus arrhythmia."""
SLOW_BPM = 63.0
"""Sinus rate of these recordings."""
RMSSD_OF_AMPLITUDE = 0.96
"""RMSSD as a share of the amplitude of sinus arrhythmia, at that rate and breathing."""


def fibrillation(
    script: EcgScript, bpm: float, duration_s: float, *, throughout: bool = False
) -> Story:
    """Write atrial fibrillation in sinus rhythm, or throughout."""
    if not throughout:
        script.sinus(240)
    span = script.atrial_fibrillation(duration_s, bpm)
    if not throughout:
        script.sinus(290)
    keys, tier = ATRIAL_FIBRILLATION, mentioned
    if bpm > FAST_BPM:
        keys, tier = FAST_ATRIAL_FIBRILLATION | ATRIAL_FIBRILLATION, urgent
    lasting = near(span.duration_s, share=DURATION_SHARE, extra=20)
    found = tier(keys, span, covered=0.8)
    return Story(expect(script, found, fibrillation_s=lasting))


def flutter(script: EcgScript, ratios: Sequence[int], beats_of_a_ratio: int = 1) -> Story:
    """Write atrial flutter for some minutes in sinus rhythm."""
    script.sinus(200)
    span = script.atrial_flutter(300, ratios, beats_of_a_ratio=beats_of_a_ratio)
    script.sinus(240)
    tier = urgent if max(ratios) == 2 else mentioned
    found = tier(ATRIAL_FLUTTER, span, covered=0.5)
    return Story(
        expect(
            script,
            found,
            tolerated=ATRIAL_FLUTTER,
            judge_classes=False,
            fibrillation_s=None,
        )
    )


def sinus_arrhythmia(script: EcgScript, rmssd_share: float) -> Story:
    """Write respiratory sinus arrhythmia throughout, its depth given as RMSSD over RR."""
    depth = rmssd_share / RMSSD_OF_AMPLITUDE
    script.sinus(900, SLOW_BPM, rsa=depth, breath_s=BREATH_S)
    return Story(expect(script))


def frequent_atrial_beats(script: EcgScript, share: float) -> Story:
    """Write atrial beats at random, each with its P wave."""
    script.sinus(20)
    while script.next_p_s < 720:
        if script.random.random() < share:
            script.atrial_beat(float(script.random.uniform(0.55, 0.78)))
        else:
            script.sinus_beats(1)
    script.sinus(10)
    return Story(expect(script))


def multifocal(script: EcgScript, bpm: float) -> Story:
    """Write an atrial rhythm of three origins, with changing PP and PR intervals."""
    script.sinus(240)
    random = script.random
    begin_s = at_s = script.next_p_s
    shapes = (SINUS_P, LOW_ATRIAL_P, LEFT_ATRIAL_P)
    while at_s < begin_s + 300:
        script.atrial.append(Atrial(at_s, shapes[int(random.integers(3))]))
        pr_s = script.pr_s() * random.uniform(0.85, 1.25)
        script.ventricular.append(Ventricular(at_s + pr_s, NORMAL, "N"))
        at_s += max(60 / bpm * (1 + 0.14 * random.normal()), 0.42)
    script.next_p_s = at_s
    script.sinus(180)
    tolerated = SUPRAVENTRICULAR_TACHYCARDIA
    none = Limits(0, 30)
    return Story(expect(script, tolerated=tolerated, judge_classes=False, fibrillation_s=none))


def wenckebach_throughout(script: EcgScript) -> Story:
    """Write Wenckebach periods throughout, which are irregular but no fibrillation."""
    span = script.wenckebach(720, 82, beats=(2, 3, 4, 5))
    return Story(expect(script, mentioned(AV_BLOCK_1, span)))


SCENARIOS = (
    *(
        Scenario(
            f"fibrillation at {bpm}/min, 6 min",
            FIBRILLATION,
            partial(fibrillation, bpm=bpm, duration_s=360),
        )
        for bpm in (70, 90, 130)
    ),
    Scenario(
        "fibrillation at 80/min throughout",
        FIBRILLATION,
        partial(fibrillation, bpm=80, duration_s=720, throughout=True),
    ),
    Scenario(
        "fibrillation at 140/min throughout",
        FIBRILLATION,
        partial(fibrillation, bpm=140, duration_s=720, throughout=True),
    ),
    Scenario(
        "fibrillation at 95/min, 1.5 min",
        FIBRILLATION,
        partial(fibrillation, bpm=95, duration_s=90),
    ),
    Scenario("flutter 2:1, 5 min", FLUTTER, partial(flutter, ratios=(2,))),
    Scenario("flutter 4:1, 5 min", FLUTTER, partial(flutter, ratios=(4,))),
    Scenario("flutter 2:1 to 5:1, changing", FLUTTER, partial(flutter, ratios=(2, 3, 4, 5))),
    Scenario(
        "flutter 2:1 and 4:1, by stretches",
        FLUTTER,
        partial(flutter, ratios=(2, 4), beats_of_a_ratio=8),
    ),
    *(
        Scenario(
            f"sinus arrhythmia, RMSSD {100 * share:.0f} % of RR",
            ARRHYTHMIA,
            partial(sinus_arrhythmia, rmssd_share=share),
        )
        for share in (0.08, 0.13, 0.18, 0.25)
    ),
    Scenario("atrial beats at random, 12 %", IRREGULAR, partial(frequent_atrial_beats, share=0.12)),
    Scenario("atrial beats at random, 22 %", IRREGULAR, partial(frequent_atrial_beats, share=0.22)),
    Scenario("Wenckebach throughout", IRREGULAR, wenckebach_throughout),
    Scenario("multifocal atrial rhythm, 92/min", IRREGULAR, partial(multifocal, bpm=92)),
)
