"""Paroxysmal SVT, in RR intervals made by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.paroxysmal_svt import find_paroxysmal_svt, relabel_paroxysmal_svt
from deepecg.beats.settings import ParoxysmalSvtSettings

SETTINGS = ParoxysmalSvtSettings()
SLOW, FAST = 0.8, 0.4
N, S, V = (CLASSES.index(name) for name in "NSV")


def intervals(*parts: tuple[int, float]) -> NDArray[np.float64]:
    return np.concatenate([np.full(count, rr_s) for count, rr_s in parts])


def found(rr_s: NDArray[np.float64]) -> list[tuple[int, int]]:
    return list(find_paroxysmal_svt(rr_s, SETTINGS))


def test_an_svt_lasts_from_the_first_fast_beat_to_the_last() -> None:
    assert found(intervals((20, SLOW), (30, FAST), (20, SLOW))) == [(20, 50)]


def test_no_interval_before_and_after_a_fast_beat_is_no_onset() -> None:
    rr_s = np.full(60, np.nan)
    rr_s[30:33] = FAST
    assert found(rr_s) == []


def test_an_svt_may_last_for_hours_and_to_the_recordings_end() -> None:
    assert found(intervals((20, SLOW), (20_000, FAST))) == [(20, 20_020)]


def test_a_rate_that_rises_over_a_minute_is_not_paroxysmal() -> None:
    rising = np.exp(np.linspace(np.log(SLOW), np.log(FAST), 90))
    assert found(np.concatenate([intervals((20, SLOW)), rising, intervals((200, FAST))])) == []


def test_a_sudden_rate_below_100_per_minute_is_no_svt() -> None:
    assert found(intervals((20, 1.2), (50, 0.62))) == []


def test_nine_beats_are_too_few_and_ten_are_enough() -> None:
    assert found(intervals((20, SLOW), (9, FAST), (20, SLOW))) == []
    assert found(intervals((20, SLOW), (10, FAST), (20, SLOW))) == [(20, 30)]


def test_bigeminy_is_no_svt() -> None:
    assert found(np.tile([FAST, SLOW], 50)) == []


def test_an_ectopic_beat_does_not_end_an_svt() -> None:
    rr_s = intervals((20, SLOW), (40, FAST), (20, SLOW))
    rr_s[35:37] = 0.25, 0.55
    assert found(rr_s) == [(20, 60)]


def test_an_svt_ends_at_a_gap() -> None:
    rr_s = intervals((20, SLOW), (40, FAST))
    rr_s[40] = np.nan
    assert found(rr_s) == [(20, 40)]


@pytest.mark.parametrize("beat", [20, 21, 22])
def test_a_change_of_rate_across_a_gap_is_no_onset(beat: int) -> None:
    rr_s = intervals((20, 0.9), (1800, 0.45))
    rr_s[beat] = np.nan
    assert found(rr_s) == []


def test_a_fast_rate_from_the_first_beat_on_has_no_onset() -> None:
    assert found(np.concatenate([[np.nan], intervals((100, FAST))])) == []


@pytest.mark.parametrize("n_beats", [0, 1, 5])
def test_few_beats_contain_no_svt(n_beats: int) -> None:
    assert found(np.full(n_beats, FAST)) == []


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_fibrillation_with_sudden_onset_is_no_svt(seed: int) -> None:
    irregular = np.random.default_rng(seed).uniform(0.3, 0.58, 300)
    assert found(np.concatenate([intervals((20, SLOW)), irregular])) == []


def test_only_normal_beats_are_relabelled_and_probabilities_sum_to_1() -> None:
    rr_s = intervals((20, SLOW), (30, FAST), (20, SLOW))
    probabilities = np.full((70, 5), 0.05, np.float32)
    probabilities[:, N] = 0.8
    probabilities[25] = [0.05, 0.05, 0.8, 0.05, 0.05]
    named = relabel_paroxysmal_svt(probabilities, rr_s, SETTINGS)
    labels = named.argmax(axis=1)
    assert labels[25] == V
    assert set(labels[20:25]) == set(labels[26:50]) == {S}
    np.testing.assert_array_equal(np.delete(named, slice(20, 50), axis=0)[:, N], np.float32(0.8))
    np.testing.assert_allclose(named.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(probabilities[30, N], np.float32(0.8))  # what is given stays
