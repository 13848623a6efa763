"""Artefacts over sinus rhythm: rhythmic shaking, pops, hum, muscles. None of them is arrhythmia."""

from functools import partial

from training.findings.artefacts import Artefact, hum, muscles, pops, shaking
from training.findings.ecg_script import EcgScript, Span
from training.findings.expectation import expect
from training.findings.scenario import Scenario, Story

SHAKING, POPS, HUM, MUSCLES = "rhythmic shaking", "electrode pops", "hum", "muscle noise"
LENGTH_S = 660.0
"""Length of these recordings."""
SPANS = (Span(90, 112), Span(190, 230), Span(310, 370), Span(450, 475), Span(540, 590))
"""When there is an artefact, unless it is throughout."""
ONE_LEAD = (0,)


def shaken(script: EcgScript, hz: float, mv: float, *, all_leads: bool) -> Story:
    """Write sinus rhythm with times of rhythmic shaking."""
    script.sinus(LENGTH_S)
    leads = None if all_leads else ONE_LEAD
    artefacts = [shaking(span.start_s, span.stop_s, hz, mv, leads) for span in SPANS]
    return Story(expect(script, disturbed=SPANS if all_leads else ()), artefacts)


def popping(script: EcgScript, per_minute: float, mv: float, *, all_leads: bool) -> Story:
    """Write sinus rhythm with sparse pops throughout."""
    script.sinus(LENGTH_S)
    artefact = pops(0, LENGTH_S, per_minute, mv, None if all_leads else ONE_LEAD)
    return Story(expect(script), [artefact])


def humming(script: EcgScript, hz: float, mv: float, *, all_leads: bool, throughout: bool) -> Story:
    """Write sinus rhythm with hum, which can be filtered: all beats have to be found."""
    script.sinus(LENGTH_S)
    leads = None if all_leads else ONE_LEAD
    spans = (Span(0, LENGTH_S),) if throughout else (Span(100, 250), Span(340, 560))
    artefacts = [hum(span.start_s, span.stop_s, hz, mv, leads) for span in spans]
    return Story(expect(script), artefacts)


def tense(script: EcgScript, mv: float) -> Story:
    """Write sinus rhythm with times of muscle noise on all leads."""
    script.sinus(LENGTH_S)
    artefacts: list[Artefact] = [muscles(span.start_s, span.stop_s, mv) for span in SPANS]
    return Story(expect(script, disturbed=SPANS), artefacts)


def _leads(*, all_leads: bool) -> str:
    return "all leads" if all_leads else "one lead"


SCENARIOS = (
    *(
        Scenario(
            f"shaking at {hz} Hz, {mv} mV, {_leads(all_leads=all_leads)}",
            SHAKING,
            partial(shaken, hz=hz, mv=mv, all_leads=all_leads),
        )
        for hz, mv, all_leads in (
            *((3, 1.0, True), (4, 1.0, True), (5, 1.0, True), (6, 1.0, True), (7, 1.0, True)),
            *((3, 0.5, True), (5, 0.5, True), (4, 1.5, True), (6, 1.5, True)),
            *((3, 1.5, False), (4, 0.7, False), (5, 1.0, False), (6, 1.5, False), (7, 1.0, False)),
        )
    ),
    *(
        Scenario(
            f"pops of {mv} mV, {n} a minute, {_leads(all_leads=all_leads)}",
            POPS,
            partial(popping, per_minute=n, mv=mv, all_leads=all_leads),
        )
        for n, mv, all_leads in ((3, 1.0, True), (6, 2.0, True), (10, 1.5, False))
    ),
    *(
        Scenario(
            f"hum of {hz} Hz, {mv} mV, {_leads(all_leads=all_leads)}, "
            f"{'throughout' if throughout else 'minutes'}",
            HUM,
            partial(humming, hz=hz, mv=mv, all_leads=all_leads, throughout=throughout),
        )
        for hz, mv, all_leads, throughout in (
            *((50, 0.2, True, True), (50, 0.5, True, True), (50, 1.0, True, True)),
            *((50, 0.5, True, False), (50, 1.0, True, False), (50, 1.0, False, False)),
            *((60, 0.2, True, False), (60, 0.5, True, True), (60, 1.0, True, False)),
            (60, 1.0, False, True),
        )
    ),
    Scenario("muscle noise of 0.08 mV", MUSCLES, partial(tense, mv=0.08)),
    Scenario("muscle noise of 0.2 mV", MUSCLES, partial(tense, mv=0.2)),
)
