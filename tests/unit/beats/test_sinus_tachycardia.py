"""Tachycardia of gradual onset is sinus rhythm; that of abrupt onset stays supraventricular."""

import numpy as np
import pytest

from deepecg.arrays import Floats
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.settings import SinusTachycardiaSettings
from deepecg.beats.sinus_tachycardia import relabel_sinus_tachycardia

SETTINGS = SinusTachycardiaSettings()
REST = np.full(60, 0.8)


def labels(rr_s: Floats, supraventricular: slice) -> list[str]:
    """Return the classes after the rule, of beats that the model calls S in a stretch."""
    probabilities = np.zeros((len(rr_s), len(CLASSES)), np.float32)
    probabilities[:, CLASSES.index("N")] = 0.9
    probabilities[:, CLASSES.index("S")] = 0.1
    probabilities[supraventricular] = probabilities[supraventricular][:, [1, 0, 2, 3, 4]]
    jitter = np.random.default_rng(1).normal(1, 0.01, len(rr_s))
    relabelled = relabel_sinus_tachycardia(probabilities, rr_s * jitter, SETTINGS)
    np.testing.assert_allclose(relabelled.sum(axis=1), 1, rtol=1e-6)
    return [CLASSES[label] for label in relabelled.argmax(axis=1)]


@pytest.mark.parametrize("n_ramp", [8, 30, 200])
@pytest.mark.parametrize("fast_s", [0.55, 0.4, 0.32])
def test_a_tachycardia_that_accelerates_over_beats_is_normal(n_ramp: int, fast_s: float) -> None:
    if n_ramp < 8 * np.log(0.8 / fast_s) / np.log(0.8 / 0.4):
        n_ramp = 12
    ramp = np.geomspace(0.8, fast_s, n_ramp)
    rr_s = np.concatenate([REST, ramp, np.full(120, fast_s), ramp[::-1], REST])
    fast = slice(60 + n_ramp // 2, 60 + n_ramp + 130)
    assert set(labels(rr_s, fast)) == {"N"}


@pytest.mark.parametrize("fast_s", [0.6, 0.4, 0.32])
@pytest.mark.parametrize("late", [0, 10])
def test_a_tachycardia_that_begins_with_a_premature_beat_is_not(fast_s: float, late: int) -> None:
    rr_s = np.concatenate([REST, np.full(120, fast_s), REST])
    found = labels(rr_s, slice(60 + late, 180))
    assert set(found[60 + late : 180]) == {"S"}
    assert set(found[:60]) == {"N"}


def test_where_the_onset_is_not_seen_the_end_decides() -> None:
    fast = np.full(100, 0.38)
    gradual = np.concatenate([fast, np.geomspace(0.38, 0.8, 40), REST])
    abrupt = np.concatenate([fast, REST])
    assert set(labels(gradual, slice(0, 100))) == {"N"}
    assert set(labels(abrupt, slice(0, 100))[:100]) == {"S"}


def test_a_run_that_slows_down_over_many_beats_is_normal_whatever_its_onset() -> None:
    rr_s = np.concatenate([REST, [0.55], np.full(60, 0.42), np.geomspace(0.42, 0.8, 40), REST])
    assert set(labels(rr_s, slice(62, 121))) == {"N"}


def test_without_onset_and_end_only_rates_below_150_are_normal() -> None:
    assert set(labels(np.full(500, 0.45), slice(0, 500))) == {"N"}
    assert set(labels(np.full(500, 0.36), slice(0, 500))) == {"S"}


def test_an_irregular_run_and_isolated_beats_are_not_changed() -> None:
    irregular = np.concatenate([REST, np.random.default_rng(2).uniform(0.4, 0.8, 40), REST])
    assert set(labels(irregular, slice(60, 100))[60:100]) == {"S"}
    assert labels(REST, slice(30, 31))[30] == "S"
