"""Ventricular tachycardia of every length, slow ventricular rhythm, ventricular fibrillation."""

from functools import partial

from training.findings.ecg_script import EcgScript
from training.findings.ecg_waves import (
    APEX,
    INFERIOR_WALL,
    LATERAL_WALL,
    OUTFLOW_TRACT,
    VENTRICULAR,
    QrsShape,
)
from training.findings.expectation import event, expect, urgent
from training.findings.finding_keys import (
    VENTRICULAR_BURDEN,
    VENTRICULAR_FIBRILLATION,
    VENTRICULAR_RHYTHM,
    VENTRICULAR_TACHYCARDIA,
    WIDE_QRS_TACHYCARDIA,
)
from training.findings.scenario import Scenario, Story

TACHYCARDIA, SLOW, FIBRILLATION = (
    "ventricular tachycardia",
    "slow ventricular rhythm",
    "ventricular fibrillation",
)
URGENT_BEATS = 6
"""A ventricular tachycardia of at least this many beats is urgent."""


def short_runs(script: EcgScript, beats: int, bpm: float, n: int, shape: QrsShape) -> Story:
    """Write sinus rhythm with some ventricular runs of a few beats."""
    script.sinus(180)
    spans = []
    for _ in range(n):
        spans.append(script.ventricular_beats(beats, bpm, shape))
        script.sinus(60)
    script.sinus(310)
    found = event(VENTRICULAR_TACHYCARDIA, *spans, covered=0.8, counts=(n, n))
    required = (
        [found, urgent(VENTRICULAR_TACHYCARDIA, *spans)] if beats >= URGENT_BEATS else [found]
    )
    return Story(expect(script, *required))


def long_run(script: EcgScript, duration_s: float, bpm: float, shape: QrsShape) -> Story:
    """Write one ventricular tachycardia of a given length in sinus rhythm."""
    script.sinus(180)
    span = script.ventricular_run(duration_s, bpm, shape)
    script.sinus(400)
    found = urgent(VENTRICULAR_TACHYCARDIA, span, covered=0.9)
    return Story(expect(script, found, tolerated=WIDE_QRS_TACHYCARDIA))


def throughout(script: EcgScript, bpm: float, shape: QrsShape) -> Story:
    """Write a recording that is ventricular tachycardia from its start to its end."""
    span = script.ventricular_run(720, bpm, shape, coupling=0.3)
    found = urgent(WIDE_QRS_TACHYCARDIA, span)
    return Story(
        expect(script, found, tolerated=VENTRICULAR_BURDEN, judge_classes=False),
    )


def slow_run(script: EcgScript, duration_s: float, bpm: float, shape: QrsShape) -> Story:
    """Write an accelerated idioventricular rhythm, not faster than 100/min."""
    script.sinus(300, bpm - 6)
    span = script.ventricular_run(duration_s, bpm, shape, coupling=0.95)
    script.sinus(300)
    return Story(expect(script, event(VENTRICULAR_RHYTHM, span, covered=0.7)))


def polymorphic(script: EcgScript) -> Story:
    """Write a tachycardia whose beats change their shape."""
    script.sinus(240)
    begin = script.ventricular_beats(1, 200, VENTRICULAR[0])
    for number in range(5):
        shape = VENTRICULAR[(number + 1) % len(VENTRICULAR)]
        end = script.ventricular_beats(5, 200, shape, coupling=0.3 / script.rr_s)
    span = type(begin)(begin.start_s, end.stop_s)
    script.sinus(370)
    return Story(expect(script, urgent(VENTRICULAR_TACHYCARDIA, span, covered=0.7)))


def ventricular_fibrillation(script: EcgScript, duration_s: float, mv: float) -> Story:
    """Write fibrillation of the ventricles that ends by itself."""
    script.sinus(240)
    span = script.ventricular_fibrillation(duration_s, mv)
    script.sinus(350)
    found = urgent(VENTRICULAR_FIBRILLATION, span)
    return Story(
        expect(script, found, tolerated=VENTRICULAR_BURDEN, disturbed=[span], judge_classes=False)
    )


SCENARIOS = (
    Scenario(
        "VT of 3 beats, 5 times",
        TACHYCARDIA,
        partial(short_runs, beats=3, bpm=150, n=5, shape=OUTFLOW_TRACT),
    ),
    Scenario(
        "VT of 5 beats, 3 times",
        TACHYCARDIA,
        partial(short_runs, beats=5, bpm=165, n=3, shape=LATERAL_WALL),
    ),
    Scenario(
        "VT of 6 beats, 3 times",
        TACHYCARDIA,
        partial(short_runs, beats=6, bpm=140, n=3, shape=INFERIOR_WALL),
    ),
    Scenario(
        "VT of 20 beats, twice",
        TACHYCARDIA,
        partial(short_runs, beats=20, bpm=185, n=2, shape=APEX),
    ),
    Scenario(
        "VT 45 s at 170/min",
        TACHYCARDIA,
        partial(long_run, duration_s=45, bpm=170, shape=OUTFLOW_TRACT),
    ),
    Scenario(
        "VT 90 s at 115/min",
        TACHYCARDIA,
        partial(long_run, duration_s=90, bpm=115, shape=INFERIOR_WALL),
    ),
    Scenario(
        "VT 5 min at 160/min",
        TACHYCARDIA,
        partial(long_run, duration_s=300, bpm=160, shape=INFERIOR_WALL),
    ),
    Scenario(
        "VT 5 min at 190/min",
        TACHYCARDIA,
        partial(long_run, duration_s=300, bpm=190, shape=APEX),
    ),
    Scenario(
        "VT 12 min at 160/min",
        TACHYCARDIA,
        partial(long_run, duration_s=720, bpm=160, shape=OUTFLOW_TRACT),
    ),
    Scenario(
        "VT 12 min at 140/min",
        TACHYCARDIA,
        partial(long_run, duration_s=720, bpm=140, shape=LATERAL_WALL),
    ),
    Scenario(
        "VT throughout, 150/min", TACHYCARDIA, partial(throughout, bpm=150, shape=OUTFLOW_TRACT)
    ),
    Scenario(
        "VT throughout, 175/min", TACHYCARDIA, partial(throughout, bpm=175, shape=INFERIOR_WALL)
    ),
    Scenario("polymorphic VT", TACHYCARDIA, polymorphic),
    Scenario(
        "idioventricular rhythm 80/min, 40 s",
        SLOW,
        partial(slow_run, duration_s=40, bpm=80, shape=INFERIOR_WALL),
    ),
    Scenario(
        "idioventricular rhythm 92/min, 3 min",
        SLOW,
        partial(slow_run, duration_s=180, bpm=92, shape=APEX),
    ),
    *(
        Scenario(
            f"ventricular fibrillation of {mv} mV, {s} s",
            FIBRILLATION,
            partial(ventricular_fibrillation, duration_s=s, mv=mv),
            gains=(1.0, 1.0),
        )
        for mv, s in ((0.15, 25), (0.3, 20), (0.8, 20))
    ),
)
