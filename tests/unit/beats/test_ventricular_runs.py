"""Runs whose QRS complex is that of single ventricular beats are ventricular, others are not."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import RATE, bell

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_input import ModelInput
from deepecg.beats.settings import VentricularRunSettings, WindowSettings
from deepecg.beats.ventricular_runs import relabel_ventricular_runs

SPEC = InputSpec(("relative",), (), ("pre_local",), RATE, WindowSettings())
SETTINGS = VentricularRunSettings()
AT = np.arange(SPEC.length) / RATE - 0.375
NARROW = bell(AT, 0.0, 0.012) + 0.25 * bell(AT, 0.3, 0.045)
WIDE = bell(AT, 0.0, 0.03) - 0.5 * bell(AT, 0.06, 0.02) - 0.3 * bell(AT, 0.3, 0.05)
WIDE_IN_RUN = bell(AT, 0.0, 0.03) - 0.5 * bell(AT, 0.06, 0.02) - 0.6 * bell(AT, 0.2, 0.03)
"""The same QRS complex, with the T wave of a tachycardia."""
LATE = np.roll(WIDE_IN_RUN, -round(0.05 * RATE))
"""The same, with the R peak found 50 ms later in it."""
RUN = slice(100, 120)
N_BEATS = 160


def relabelled(
    run_shape: NDArray[np.float64],
    *,
    single: int = 5,
    single_class: str = "V",
    rr_s: float = 0.375,
    run_class: str = "S",
    usable: NDArray[np.bool_] | None = None,
) -> NDArray[np.str_]:
    """Return the classes after the rule: normal beats, single wide ones, and a run."""
    labels = np.full(N_BEATS, "N")
    shapes = np.repeat(NARROW[None], N_BEATS, axis=0)
    at = np.arange(10, 10 + 10 * single, 10)
    labels[at], shapes[at] = single_class, WIDE
    labels[RUN], shapes[RUN] = run_class, run_shape
    rr = np.full(N_BEATS, 0.8)
    rr[RUN] = rr_s
    probabilities = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(c) for c in labels]]
    beats = ModelInput(
        shapes[:, None, None].astype(np.float32),
        np.empty((N_BEATS, 1, 0), np.float32),
        np.ones((N_BEATS, 1), bool) if usable is None else usable,
        np.zeros((N_BEATS, 1), np.float32),
    )
    found = relabel_ventricular_runs(probabilities, beats, rr, SPEC, SETTINGS)
    changed = np.array(CLASSES)[found.argmax(axis=1)]
    outside = np.ones(N_BEATS, bool)
    outside[RUN] = False
    assert (changed[outside] == labels[outside]).all()
    return changed[RUN]


@pytest.mark.parametrize("run_shape", [WIDE, WIDE_IN_RUN, LATE], ids=["same", "other T", "late"])
@pytest.mark.parametrize("run_class", ["S", "Q"])
def test_a_run_of_the_shape_of_single_ventricular_beats_is_ventricular(
    run_shape: NDArray[np.float64], run_class: str
) -> None:
    assert (relabelled(run_shape, run_class=run_class) == "V").all()


@pytest.mark.parametrize(
    "others",
    [
        {"run_shape": NARROW},
        {"single": 2},
        {"single_class": "N"},
        {"rr_s": 0.7},
        {"run_class": "N"},
    ],
    ids=["narrow", "two single beats", "wide normal beats", "slow", "called normal"],
)
def test_other_runs_stay_as_they_are(others: dict[str, object]) -> None:
    given = {"run_shape": WIDE_IN_RUN, "run_class": "S"} | others
    assert (relabelled(**given) == given["run_class"]).all()


def test_a_lead_that_cannot_be_analysed_in_the_run_has_no_say() -> None:
    settings = replace(SETTINGS, min_single=3)
    labels = ["N"] * 20 + ["V", "N"] * 5 + ["S"] * 10
    probabilities = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(c) for c in labels]]
    first = np.array([NARROW if c == "N" else WIDE for c in labels])
    second = np.random.default_rng(0).normal(size=first.shape)
    usable = np.ones((len(labels), 2), bool)
    usable[-10:, 1] = False
    beats = ModelInput(
        np.stack([first, second], axis=1)[:, :, None].astype(np.float32),
        np.empty((len(labels), 2, 0), np.float32),
        usable,
        np.zeros((len(labels), 1), np.float32),
    )
    rr_s = np.where(np.arange(len(labels)) < 30, 0.8, 0.4)
    found = relabel_ventricular_runs(probabilities, beats, rr_s, SPEC, settings)
    assert (found[-10:].argmax(axis=1) == CLASSES.index("V")).all()


def test_without_runs_nothing_changes() -> None:
    probabilities = np.full((8, 5), 0.2, np.float32)
    beats = ModelInput(
        np.zeros((8, 1, 1, SPEC.length), np.float32),
        np.empty((8, 1, 0), np.float32),
        np.ones((8, 1), bool),
        np.zeros((8, 1), np.float32),
    )
    rr_s = np.full(8, np.nan)
    found = relabel_ventricular_runs(probabilities, beats, rr_s, SPEC, SETTINGS)
    np.testing.assert_array_equal(found, probabilities)
