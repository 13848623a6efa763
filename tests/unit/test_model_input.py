from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.pieces import RATE, ecg, every

from deepecg.model_input import (
    CHANNELS,
    FEATURES,
    InputSpec,
    ModelInput,
    model_inputs,
    shape_features,
)
from deepecg.rr_features import rr_features, rr_intervals
from deepecg.settings import WindowSettings
from deepecg.windows import cut_windows

SPEC = InputSpec(CHANNELS, FEATURES, RATE, WindowSettings())
BEATS_S = every(0.8, 120)
VENTRICULAR = np.arange(len(BEATS_S)) % 9 == 4


def mixed_ecg() -> NDArray[np.float32]:
    usual = ecg(BEATS_S[~VENTRICULAR], 120)
    wide = ecg(BEATS_S[VENTRICULAR], 120, r_mv=-2.0, qrs_s=0.05, p_mv=0)
    return usual + wide + np.random.default_rng(0).normal(0, 0.01, len(usual)).astype(np.float32)


SIGNAL = mixed_ecg()


def inputs(
    signal: NDArray[np.float32] = SIGNAL,
    beats_s: NDArray[np.float64] = BEATS_S,
    spec: InputSpec = SPEC,
) -> ModelInput:
    parts = list(model_inputs(signal, beats_s * RATE, rr_intervals(beats_s), spec))
    return ModelInput(
        np.concatenate([part.shape for part in parts]),
        np.concatenate([part.rhythm for part in parts]),
    )


FOUND = inputs()


def feature(name: str, found: ModelInput = FOUND) -> NDArray[np.float32]:
    return found.rhythm[:, FEATURES.index(name)]


def test_the_names_of_features_are_those_that_are_computed() -> None:
    windows = cut_windows(SIGNAL, BEATS_S * RATE, RATE, SPEC.windows)
    computed = [
        *rr_features(rr_intervals(BEATS_S), SPEC.windows),
        *shape_features(windows, windows[0], RATE, SPEC.windows),
    ]
    assert sorted(computed) == sorted(FEATURES)


def test_every_beat_gives_one_row_in_the_order_asked_for() -> None:
    assert FOUND.shape.shape == (len(BEATS_S), *SPEC.shape) == (len(BEATS_S), 4, 1, 128)
    assert FOUND.rhythm.shape == (len(BEATS_S), len(FEATURES))
    assert FOUND.shape.dtype == FOUND.rhythm.dtype == np.float32
    turned = replace(SPEC, channels=CHANNELS[::-1], features=FEATURES[::-1])
    np.testing.assert_array_equal(inputs(spec=turned).shape, FOUND.shape[:, ::-1])
    np.testing.assert_array_equal(inputs(spec=turned).rhythm, FOUND.rhythm[:, ::-1])


def test_channels_are_z_scored_and_the_slope_is_that_of_the_beat() -> None:
    np.testing.assert_allclose(FOUND.shape.mean(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(FOUND.shape.std(axis=-1), 1, atol=1e-4)
    beat, beat_slope = FOUND.shape[7, 0, 0], FOUND.shape[7, 1, 0]
    assert np.corrcoef(np.diff(beat), beat_slope[:-1])[0, 1] > 0.9999


def test_the_dominant_beat_is_shared_by_all_and_is_the_usual_one() -> None:
    assert np.all(FOUND.shape[:, 2] == FOUND.shape[0, 2])
    usual = ecg(np.array([0.375]), 1)
    assert np.corrcoef(FOUND.shape[0, 2, 0], usual)[0, 1] > 0.99


def test_ventricular_beats_are_unlike_the_dominant_beat_and_larger() -> None:
    assert feature("similarity")[~VENTRICULAR].min() > 0.95
    assert feature("qrs_similarity")[~VENTRICULAR].min() > 0.95
    assert feature("similarity")[VENTRICULAR].max() < 0
    np.testing.assert_allclose(feature("qrs_amplitude")[~VENTRICULAR], 0, atol=0.1)
    assert feature("qrs_amplitude")[VENTRICULAR].min() > np.log(1.5)


def test_a_beat_is_compared_with_the_one_before() -> None:
    previous = feature("previous_similarity")
    assert previous[0] == pytest.approx(1, abs=1e-5)
    assert previous[VENTRICULAR].max() < 0.3
    assert previous[np.flatnonzero(VENTRICULAR)[:-1] + 1].max() < 0.3


def test_a_beat_twice_as_large_has_a_log_amplitude_of_log_2() -> None:
    shape = np.random.default_rng(0).normal(size=128).astype(np.float32)
    found = shape_features(np.stack([shape, 2 * shape]), shape, RATE, SPEC.windows)
    for name in ("amplitude", "qrs_amplitude", "p_wave_amplitude"):
        np.testing.assert_allclose(found[name], [0, np.log(2)], atol=1e-5)
    for name in ("similarity", "qrs_similarity", "p_wave_similarity", "previous_similarity"):
        np.testing.assert_allclose(found[name], [1, 1], atol=1e-5)


def test_an_absent_p_wave_is_unlike_the_dominant_one() -> None:
    usual = ecg(np.array([0.375]), 1, p_mv=0.15)
    without = ecg(np.array([0.375]), 1, p_mv=0.0)
    found = shape_features(np.stack([usual, without]), usual, RATE, SPEC.windows)
    assert found["qrs_similarity"].min() > 0.99
    assert found["p_wave_amplitude"][1] < np.log(0.2)


def test_flat_beats_give_finite_numbers() -> None:
    found = inputs(np.zeros_like(SIGNAL))
    assert np.isfinite(found.rhythm).all()
    assert not found.shape.any()


def test_no_beats_give_no_input() -> None:
    assert list(model_inputs(SIGNAL, np.empty(0), np.empty(0), SPEC)) == []


def test_the_dominant_beat_is_taken_anew_with_every_group_of_beats() -> None:
    spec = replace(SPEC, windows=replace(SPEC.windows, dominant_beats=50))
    signal = np.concatenate([SIGNAL, ecg(BEATS_S, 120, r_mv=0.4, qrs_s=0.02, t_mv=-0.3)])
    beats = np.concatenate([BEATS_S, BEATS_S + 120])
    parts = list(model_inputs(signal, beats * RATE, rr_intervals(beats), spec))
    assert len(parts) == round(len(beats) / 50)
    assert sum(len(part.shape) for part in parts) == len(beats)
    first, last = parts[0].shape[0, 2, 0], parts[-1].shape[-1, 2, 0]
    assert np.corrcoef(first, last)[0, 1] < 0.9


@given(st.integers(-6, 6))
@settings(max_examples=8, deadline=None)
def test_a_gain_of_a_power_of_two_changes_no_shape_and_hardly_a_feature(power: int) -> None:
    scaled = inputs(SIGNAL * np.float32(2.0**power))
    np.testing.assert_array_equal(scaled.shape, FOUND.shape)
    np.testing.assert_allclose(scaled.rhythm, FOUND.rhythm, atol=0.01)


@given(st.floats(0.05, 20))
@settings(max_examples=8, deadline=None)
def test_any_gain_changes_input_only_by_rounding(gain: float) -> None:
    scaled = inputs((SIGNAL * gain).astype(np.float32))
    np.testing.assert_allclose(scaled.shape, FOUND.shape, atol=1e-3)
    np.testing.assert_allclose(scaled.rhythm, FOUND.rhythm, atol=0.01)


def test_inverted_electrodes_turn_the_shapes_round_and_leave_the_features() -> None:
    inverted = inputs(-SIGNAL)
    np.testing.assert_array_equal(inverted.shape, -FOUND.shape)
    np.testing.assert_allclose(inverted.rhythm, FOUND.rhythm, atol=1e-6)


@given(st.integers(1, 60))
@settings(max_examples=8, deadline=None)
def test_a_delay_by_whole_seconds_changes_no_input(delay_s: int) -> None:
    quiet = np.full(delay_s * RATE, SIGNAL[0])
    delayed = inputs(np.concatenate([quiet, SIGNAL]), BEATS_S + delay_s)
    np.testing.assert_array_equal(delayed.shape, FOUND.shape)
    np.testing.assert_allclose(delayed.rhythm, FOUND.rhythm, atol=1e-5)
