"""Floors of the bench of findings: the first variant of every scenario, scored end to end."""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from training.findings.__main__ import Row, score_case
from training.findings.cases import Case, scenario_cases

MODEL = Path(__file__).parents[2] / "layers" / "model"
FLOORS = {
    "normal rhythm": 4,
    "changing conduction": 5,
    "sinus tachycardia": 11,
    "supraventricular tachycardia": 9,
    "ventricular tachycardia": 12,
    "slow ventricular rhythm": 1,
    "ventricular fibrillation": 1,
    "ventricular ectopy": 7,
    "supraventricular ectopy": 4,
    "atrial fibrillation": 5,
    "atrial flutter": 3,
    "sinus arrhythmia": 1,
    "irregular, not fibrillation": 3,
    "AV block, second degree": 6,
    "AV block, third degree": 4,
    "bradycardia": 4,
    "escape rhythm": 3,
    "standstill with P waves": 5,
    "asystole": 7,
    "sinus pauses": 1,
    "lead off": 6,
    "rhythmic shaking": 13,
    "electrode pops": 0,
    "hum": 9,
    "muscle noise": 1,
}
"""Scenarios of each kind that are right, of all of its first variants. One less than was measured:
processors round differently, and a count of S can be at its limit."""


@cache
def first_variants() -> dict[str, list[Case]]:
    kinds = defaultdict(list)
    for case in scenario_cases():
        if case.name.endswith("#1"):
            kinds[case.kind].append(case)
    return kinds


def test_every_kind_has_a_floor() -> None:
    assert first_variants().keys() == FLOORS.keys()
    assert sum(map(len, first_variants().values())) >= 60
    assert sum(FLOORS.values()) > 0.75 * sum(map(len, first_variants().values()))


@pytest.mark.parametrize("kind", FLOORS)
def test_findings_of_a_kind_are_right_and_nothing_else_is_urgent(kind: str) -> None:
    rows: list[Row] = [score_case(case, MODEL) for case in first_variants()[kind]]
    wrong = [f"{row.name}: {'; '.join(row.problems)}" for row in rows if not row.is_right]
    assert len(rows) - len(wrong) >= FLOORS[kind], "\n".join(wrong)
    assert not [line for line in wrong if "false urgent" in line]
