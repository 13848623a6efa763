"""Premature beats, single and in patterns, at several burdens."""

from functools import partial

from training.findings.ecg_script import EcgScript, Span
from training.findings.ecg_waves import LATERAL_WALL, OUTFLOW_TRACT, VENTRICULAR, QrsShape
from training.findings.expectation import event, expect
from training.findings.finding_keys import (
    SUPRAVENTRICULAR_BIGEMINY,
    SUPRAVENTRICULAR_RUN,
    VENTRICULAR_BIGEMINY,
    VENTRICULAR_COUPLET,
    VENTRICULAR_TRIGEMINY,
)
from training.findings.scenario import Scenario, Story

VENTRICULAR_BEATS, ATRIAL_BEATS = "ventricular ectopy", "supraventricular ectopy"
LENGTH_S = 720.0
"""Length of these recordings."""


def isolated_ventricular(script: EcgScript, every: int, shapes: tuple[QrsShape, ...]) -> Story:
    """Write single ventricular beats, on average one in ``every`` beats."""
    script.sinus(30)
    while script.next_p_s < LENGTH_S:
        script.sinus_beats(int(script.random.integers(3, 2 * every - 4)))
        script.ventricular_beats(1, shape=shapes[int(script.random.integers(len(shapes)))])
    script.sinus(20)
    return Story(expect(script))


def interpolated(script: EcgScript) -> Story:
    """Write ventricular beats between two sinus beats of a slow rhythm."""
    script.sinus(60, 56)
    while script.next_p_s < LENGTH_S:
        script.sinus_beats(int(script.random.integers(8, 24)))
        script.interpolated_beat()
    script.sinus(20)
    return Story(expect(script))


def ventricular_pattern(script: EcgScript, sinus_beats: int, duration_s: float) -> Story:
    """Write bigeminy (one sinus beat) or trigeminy (two)."""
    script.sinus(240)
    begin_s = script.last_r_s
    while script.next_p_s < begin_s + duration_s:
        script.sinus_beats(sinus_beats)
        script.ventricular_beats()
    span = Span(begin_s, script.last_r_s)
    script.sinus(LENGTH_S - 240 - duration_s)
    keys = VENTRICULAR_BIGEMINY if sinus_beats == 1 else VENTRICULAR_TRIGEMINY
    return Story(expect(script, event(keys, span, covered=0.8)))


def ventricular_couplets(script: EcgScript) -> Story:
    """Write couplets."""
    script.sinus(60)
    n = 14
    for _ in range(n):
        script.sinus_beats(int(script.random.integers(30, 60)))
        script.ventricular_beats(2, 150, LATERAL_WALL)
    script.sinus(60)
    return Story(expect(script, event(VENTRICULAR_COUPLET, counts=(n - 1, n + 1))))


def isolated_atrial(script: EcgScript, every: int) -> Story:
    """Write single atrial beats, on average one in ``every`` beats."""
    script.sinus(60)
    while script.next_p_s < LENGTH_S:
        script.sinus_beats(int(script.random.integers(2, 2 * every - 2)))
        script.atrial_beat(float(script.random.uniform(0.55, 0.75)))
    script.sinus(20)
    return Story(expect(script))


def atrial_bigeminy(script: EcgScript) -> Story:
    """Write minutes in which every second beat is atrial."""
    script.sinus(240)
    begin_s = script.last_r_s
    while script.next_p_s < begin_s + 150:
        script.sinus_beats(1)
        script.atrial_beat()
    span = Span(begin_s, script.last_r_s)
    script.sinus(330)
    return Story(expect(script, event(SUPRAVENTRICULAR_BIGEMINY, span, covered=0.7)))


def atrial_runs(script: EcgScript, beats: int, n: int) -> Story:
    """Write short atrial runs."""
    script.sinus(120)
    for _ in range(n):
        script.sinus_beats(50)
        script.atrial_beats(beats, 150)
    script.sinus(240)
    counts = (n - 1, n + 1)
    required = [event(SUPRAVENTRICULAR_RUN, counts=counts)] if beats > 2 else []
    return Story(expect(script, *required))


SCENARIOS = (
    *(
        Scenario(
            f"ventricular beats, one in {every}",
            VENTRICULAR_BEATS,
            partial(isolated_ventricular, every=every, shapes=(OUTFLOW_TRACT,)),
        )
        for every in (100, 18, 7)
    ),
    Scenario(
        "ventricular beats of four shapes, one in 20",
        VENTRICULAR_BEATS,
        partial(isolated_ventricular, every=20, shapes=VENTRICULAR),
    ),
    Scenario("interpolated ventricular beats", VENTRICULAR_BEATS, interpolated),
    Scenario(
        "ventricular bigeminy, 2 min",
        VENTRICULAR_BEATS,
        partial(ventricular_pattern, sinus_beats=1, duration_s=110),
    ),
    Scenario(
        "ventricular bigeminy, 7 min",
        VENTRICULAR_BEATS,
        partial(ventricular_pattern, sinus_beats=1, duration_s=420),
    ),
    Scenario(
        "ventricular trigeminy, 3 min",
        VENTRICULAR_BEATS,
        partial(ventricular_pattern, sinus_beats=2, duration_s=170),
    ),
    Scenario("ventricular couplets", VENTRICULAR_BEATS, ventricular_couplets),
    *(
        Scenario(
            f"atrial beats, one in {every}", ATRIAL_BEATS, partial(isolated_atrial, every=every)
        )
        for every in (50, 12)
    ),
    Scenario("atrial bigeminy, 2.5 min", ATRIAL_BEATS, atrial_bigeminy),
    Scenario("atrial couplets", ATRIAL_BEATS, partial(atrial_runs, beats=2, n=10)),
    Scenario("atrial runs of 5 beats", ATRIAL_BEATS, partial(atrial_runs, beats=5, n=6)),
)
