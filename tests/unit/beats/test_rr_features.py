from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepecg.beats.rr_features import rr_features
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.beats.settings import WindowSettings

SETTINGS = WindowSettings()
NAN = np.nan


def test_intervals_are_those_before_the_beats_and_the_first_has_none() -> None:
    np.testing.assert_allclose(rr_intervals(np.array([1.0, 1.8, 3.0])), [NAN, 0.8, 1.2])


def test_no_interval_reaches_across_a_gap() -> None:
    rr = rr_intervals(np.array([1.0, 1.8, 9.0, 9.7]), np.array([False, False, True, False]))
    np.testing.assert_allclose(rr, [NAN, 0.8, NAN, 0.7])


def test_no_beats_have_no_intervals() -> None:
    assert rr_intervals(np.empty(0)).shape == (0,)
    assert all(len(values) == 0 for values in rr_features(np.empty(0), SETTINGS).values())


def test_a_regular_rhythm_has_ratios_of_one() -> None:
    found = rr_features(np.array([NAN] + [0.75] * 499), SETTINGS)
    for name in ("pre_local", "post_local", "pre_global", "post_global", "pre_post"):
        np.testing.assert_allclose(found[name], 0, atol=1e-6)
    np.testing.assert_allclose(found["pre_rr_s"], 0.75, rtol=1e-6)
    np.testing.assert_allclose(found["local_rr"], np.log(0.75), rtol=1e-6)
    np.testing.assert_allclose(found["local_irregularity"], 0, atol=1e-6)


def test_a_premature_beat_with_its_pause_by_hand() -> None:
    rr = np.full(401, 0.8)
    rr[0] = NAN
    rr[200], rr[201] = 0.5, 1.1  # premature, then fully compensated: the mean stays 0.8
    found = rr_features(rr, SETTINGS)
    expected = {
        "pre_rr_s": 0.5,
        "post_rr_s": 1.1,
        "pre_local": np.log(0.5 / 0.8),
        "post_local": np.log(1.1 / 0.8),
        "pre_global": np.log(0.5 / 0.8),
        "post_global": np.log(1.1 / 0.8),
        "pre_post": np.log(0.5 / 1.1),
        "earlier_local": 0,
        "later_local": 0,
        "local_rr": np.log(0.8),
        # steps of 0.3, 0.6 and 0.3 s among 80, in means of 0.8 s
        "local_irregularity": 1.2 / 0.8 / 80,
        "pair_local": 0,  # the pause makes up for it
        "pair_median": 0,
        # of 11 steps or more only three are any, and of those to the next but one four
        **dict.fromkeys(["step_11", "step_21", "step_41", "step_81"], 0),
        **dict.fromkeys(["skipping_step_21", "skipping_step_61"], 0),
        "changing_21": 3 / 21,
        "changing_61": 3 / 61,
    }
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name][200] == pytest.approx(value, abs=1e-6), name
    assert found["later_local"][199] == pytest.approx(np.log(1.1 / 0.8), abs=1e-6)
    assert found["earlier_local"][201] == pytest.approx(np.log(0.5 / 0.8), abs=1e-6)


def test_an_early_beat_without_a_pause_makes_a_short_pair() -> None:
    rr = np.full(401, 0.8)
    rr[200] = 0.5
    found = rr_features(rr, SETTINGS)
    assert found["pair_median"][200] == pytest.approx(np.log(1.3 / 1.6), abs=1e-6)
    assert found["pair_local"][200] == pytest.approx(
        np.log(1.3 / (2 * (79 * 0.8 + 0.5) / 80)), abs=1e-6
    )
    assert found["pair_median"][199] == found["pair_median"][200]  # the same pair's other half


def test_alternating_intervals_have_large_steps_and_small_skipping_steps() -> None:
    found = rr_features(np.tile([0.5, 1.0], 200), SETTINGS)
    middle = slice(100, 300)
    for name in ("step_11", "step_21", "step_41", "step_81"):
        np.testing.assert_allclose(found[name][middle], np.log(2), rtol=1e-6)
    for name in ("skipping_step_21", "skipping_step_61"):
        np.testing.assert_array_equal(found[name][middle], 0)
    for name in ("changing_21", "changing_61"):
        np.testing.assert_allclose(found[name][middle], 1, rtol=1e-6)
    np.testing.assert_allclose(found["pair_local"][middle], 0, atol=1e-6)
    # Of 41 intervals 21 are the beat's own.
    np.testing.assert_allclose(found["pair_median"][100:300:2], np.log(1.5), rtol=1e-5)
    np.testing.assert_allclose(found["pair_median"][101:300:2], np.log(0.75), rtol=1e-5)


def test_a_short_run_changes_steps_over_few_beats_and_not_over_many() -> None:
    rr = np.full(401, 0.8)
    rr[200:205:2] = 0.4  # six steps, one after the other
    found = rr_features(rr, SETTINGS)
    np.testing.assert_allclose(found["step_11"][200:206], np.log(2), rtol=1e-6)
    assert found["step_11"][199] == found["step_11"][206] == 0
    for name in ("step_21", "step_41", "step_81"):
        np.testing.assert_array_equal(found[name], 0)


def test_irregular_intervals_have_large_skipping_steps() -> None:
    rr = np.tile([0.5, 0.7, 1.1], 150)
    found = rr_features(rr, SETTINGS)
    # Every third step to the next but one is that to the one before: the medians are the same.
    for name in ("step_21", "step_81", "skipping_step_21", "skipping_step_61"):
        np.testing.assert_allclose(found[name][100:300], np.log(1.1 / 0.7), rtol=1e-6)


@pytest.mark.parametrize(("ratio", "share"), [(1.07, 0), (1.09, 1)])
def test_steps_are_large_from_8_percent_on(ratio: float, share: float) -> None:
    found = rr_features(np.tile([0.8, 0.8 * ratio], 200), SETTINGS)
    for name in ("changing_21", "changing_61"):
        np.testing.assert_allclose(found[name][100:300], share, atol=1e-6)


def test_several_streams_have_the_features_of_each_one() -> None:
    streams = np.random.default_rng(0).uniform(0.4, 1.2, (3, 150))
    streams[1, 70] = NAN
    together = rr_features(streams, SETTINGS)
    for number, stream in enumerate(streams):
        for name, values in rr_features(stream, SETTINGS).items():
            np.testing.assert_array_equal(together[name][number], values, err_msg=name)


def test_the_local_rhythm_is_a_mean_and_not_a_median() -> None:
    rr = np.tile([0.6, 0.6, 1.8], 200)  # the median is 0.6
    found = rr_features(rr, WindowSettings(local_beats=81, global_beats=402))
    np.testing.assert_allclose(found["local_rr"][100:-100], 0, atol=1e-6)  # a mean of 1 s
    np.testing.assert_allclose(found["pre_local"][102:500:3], np.log([rr[102]] * 133), atol=1e-6)


def test_the_local_mean_follows_the_rhythm_faster_than_the_global_one() -> None:
    rr = np.repeat([0.6, 1.2], 1000)
    found = rr_features(rr, SETTINGS)
    assert found["pre_local"][1100] == pytest.approx(0, abs=1e-6)
    assert found["pre_global"][1100] == pytest.approx(np.log(1.2 / (0.25 * 0.6 + 0.75 * 1.2)), 0.01)
    assert found["pre_global"][1300] == pytest.approx(0, abs=1e-6)


def test_a_missing_interval_counts_as_the_local_mean() -> None:
    rr = np.full(200, 0.7)
    rr[100] = NAN
    found = rr_features(rr, SETTINGS)
    assert found["pre_rr_s"][100] == pytest.approx(0.7)
    assert found["pre_local"][100] == pytest.approx(0, abs=1e-6)
    assert found["post_local"][99] == pytest.approx(0, abs=1e-6)
    assert found["later_local"][98] == pytest.approx(0, abs=1e-6)


def test_pauses_are_clipped_at_the_longest_interval() -> None:
    rr = np.full(200, 1.0)
    rr[100] = 8.0
    found = rr_features(rr, SETTINGS)
    assert found["pre_rr_s"][100] == pytest.approx(3.0)
    assert found["local_rr"][100] == pytest.approx(np.log((79 + 3) / 80), abs=1e-6)


@pytest.mark.parametrize("rr", [[NAN], [NAN, NAN, NAN], [NAN, 0.8], [0.2], [NAN] * 500])
def test_few_or_no_intervals_still_give_finite_features(rr: list[float]) -> None:
    for values in rr_features(np.array(rr), SETTINGS).values():
        assert values.shape == (len(rr),)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()


@given(
    st.lists(st.one_of(st.just(NAN), st.floats(0.2, 20)), min_size=1, max_size=150),
)
@settings(max_examples=40, deadline=None)
def test_features_of_any_intervals_are_finite(rr: list[float]) -> None:
    for name, values in rr_features(np.array(rr), SETTINGS).items():
        assert np.isfinite(values).all(), name


@given(st.floats(0.5, 2.0), st.integers(0, 10))
@settings(max_examples=20, deadline=None)
def test_ratios_do_not_change_with_the_heart_rate(factor: float, seed: int) -> None:
    rr = np.random.default_rng(seed).uniform(0.5, 1.2, 300)
    once, scaled = rr_features(rr, SETTINGS), rr_features(factor * rr, SETTINGS)
    for name in set(once) - {"pre_rr_s", "post_rr_s", "local_rr"}:
        np.testing.assert_allclose(scaled[name], once[name], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(scaled["local_rr"], once["local_rr"] + np.log(factor), atol=1e-5)


def test_the_interval_after_a_beat_is_the_one_before_the_next() -> None:
    rr = np.random.default_rng(0).uniform(0.5, 1.2, 50)
    found = rr_features(rr, SETTINGS)
    for index, following in pairwise(range(50)):
        assert found["post_rr_s"][index] == found["pre_rr_s"][following]
