"""Recordings to be scored and judged, by name: scenarios and altered records."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deepecg.recording import Recording
from training.findings.altered_records import altered_records
from training.findings.expectation import Expectation
from training.findings.scenarios import SCENARIOS


@dataclass(frozen=True)
class Case:
    """A recording with its expectation, made when it is needed.

    Attributes
    ----------
    name : str
        Unique.
    kind : str
        Row of the table that it is counted in.
    make : callable
        Returns recording and expectation.
    """

    name: str
    kind: str
    make: Callable[[], tuple[Recording, Expectation]]


def scenario_cases() -> Iterator[Case]:
    """Yield every variant of every scenario."""
    for scenario in SCENARIOS:
        for variant in range(len(scenario.gains)):
            name = f"{scenario.name} #{variant + 1}"
            yield Case(name, scenario.kind, partial(scenario.recording, variant))


def altered_cases(data: Path) -> Iterator[Case]:
    """Yield every altered record.

    Parameters
    ----------
    data : Path
        Folder with ``mitdb/``, ``svdb/`` and ``qtdb/``.
    """
    for name, kind, make in altered_records():
        yield Case(name, kind, partial(make, data))
