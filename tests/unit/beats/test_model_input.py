from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.small_recordings import RATE, bell, ecg, every

from deepecg.beats.beat_windows import cut_windows
from deepecg.beats.input_spec import CHANNELS, MORPHOLOGY_FEATURES, TIMING_FEATURES, InputSpec
from deepecg.beats.model_input import (
    LARGEST_RELATIVE,
    ModelInput,
    input_from_windows,
    model_inputs,
    morphology_features,
)
from deepecg.beats.rr_features import rr_features
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.beats.settings import WindowSettings

SPEC = InputSpec(CHANNELS, MORPHOLOGY_FEATURES, TIMING_FEATURES, RATE, WindowSettings())
BEATS_S = every(0.8, 120)
VENTRICULAR = np.arange(len(BEATS_S)) % 9 == 4
N_BEATS = len(BEATS_S)
Z_SCORED = [CHANNELS.index(name) for name in ("beat", "beat_slope")]


def mixed_ecg(r_mv: float = 1.0, wide_mv: float = -2.0, seed: int = 0) -> NDArray[np.float32]:
    usual = ecg(BEATS_S[~VENTRICULAR], 120, r_mv=r_mv)
    wide = ecg(BEATS_S[VENTRICULAR], 120, r_mv=wide_mv, qrs_s=0.05, p_mv=0)
    noise = np.random.default_rng(seed).normal(0, 0.01, len(usual)).astype(np.float32)
    return usual + wide + noise


SIGNAL = mixed_ecg()
SECOND = mixed_ecg(0.6, 1.5, seed=1)


def inputs(
    *signals: NDArray[np.float32],
    beats_s: NDArray[np.float64] = BEATS_S,
    spec: InputSpec = SPEC,
    usable: NDArray[np.bool_] | None = None,
) -> ModelInput:
    parts = list(model_inputs(signals, beats_s * RATE, rr_intervals(beats_s), spec, usable))
    return ModelInput(
        np.concatenate([part.waveforms for part in parts]),
        np.concatenate([part.morphology for part in parts]),
        np.concatenate([part.usable for part in parts]),
        np.concatenate([part.timing for part in parts]),
    )


FOUND = inputs(SIGNAL)


def feature(name: str, found: ModelInput = FOUND) -> NDArray[np.float32]:
    return found.morphology[:, 0, MORPHOLOGY_FEATURES.index(name)]


def channel(name: str, found: ModelInput = FOUND) -> NDArray[np.float32]:
    return found.waveforms[:, 0, CHANNELS.index(name)]


def test_the_names_of_features_are_those_that_are_computed() -> None:
    windows = cut_windows(SIGNAL, BEATS_S * RATE, RATE, SPEC.windows)
    assert sorted(rr_features(rr_intervals(BEATS_S), SPEC.windows)) == sorted(TIMING_FEATURES)
    assert sorted(morphology_features(windows, windows[:1], RATE, SPEC.windows)) == sorted(
        MORPHOLOGY_FEATURES
    )


def test_channels_and_features_have_the_order_of_the_spec() -> None:
    assert len(FOUND) == N_BEATS
    assert FOUND.waveforms.shape == (N_BEATS, 1, len(CHANNELS), SPEC.length)
    assert SPEC.length == 128
    assert FOUND.morphology.shape == (N_BEATS, 1, len(MORPHOLOGY_FEATURES))
    assert FOUND.timing.shape == (N_BEATS, len(TIMING_FEATURES))
    assert FOUND.usable.shape == (N_BEATS, 1)
    assert FOUND.usable.all()
    assert FOUND.waveforms.dtype == FOUND.morphology.dtype == FOUND.timing.dtype == np.float32
    turned = inputs(
        SIGNAL,
        spec=replace(
            SPEC,
            channels=CHANNELS[::-1],
            morphology=MORPHOLOGY_FEATURES[::-1],
            timing=TIMING_FEATURES[::-1],
        ),
    )
    np.testing.assert_array_equal(turned.waveforms, FOUND.waveforms[:, :, ::-1])
    np.testing.assert_array_equal(turned.morphology, FOUND.morphology[:, :, ::-1])
    np.testing.assert_array_equal(turned.timing, FOUND.timing[:, ::-1])


def test_a_slice_contains_the_rows_of_its_beats() -> None:
    some = FOUND[10:14]
    assert len(some) == 4
    np.testing.assert_array_equal(some.waveforms, FOUND.waveforms[10:14])
    np.testing.assert_array_equal(some.morphology, FOUND.morphology[10:14])
    np.testing.assert_array_equal(some.usable, FOUND.usable[10:14])
    np.testing.assert_array_equal(some.timing, FOUND.timing[10:14])


# Channels


def test_a_beat_is_z_scored_and_the_slope_is_that_of_the_beat() -> None:
    np.testing.assert_allclose(FOUND.waveforms[:, :, Z_SCORED].mean(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(FOUND.waveforms[:, :, Z_SCORED].std(axis=-1), 1, atol=1e-4)
    beat, beat_slope = channel("beat")[7], channel("beat_slope")[7]
    assert np.corrcoef(np.diff(beat), beat_slope[:-1])[0, 1] > 0.9999


def test_all_beats_share_the_template_beat() -> None:
    for name in ("template", "template_slope", "template_compressed"):
        assert np.all(channel(name) == channel(name)[0])
    usual = ecg(np.array([0.375]), 1)
    assert np.corrcoef(channel("template")[0], usual)[0, 1] > 0.99


def test_relative_channels_are_in_units_of_the_template_beat() -> None:
    template = ecg(np.array([0.375]), 1)
    windows = np.stack([template, 3 * template + np.float32(0.5), 1000 * template])[:, None]
    timing = rr_features(np.full(3, 0.8), SPEC.windows)
    found = input_from_windows(
        windows, template[None, None], timing, SPEC, usable=np.ones((3, 1), bool)
    )
    level, spread = template.mean(), template.std()
    np.testing.assert_allclose(
        channel("relative", found)[0], (template - level) / spread, atol=1e-4
    )
    np.testing.assert_array_equal(channel("relative", found)[0], channel("template", found)[0])
    expected = (3 * template + 0.5 - level) / spread
    np.testing.assert_allclose(
        channel("relative", found)[1], np.clip(expected, -LARGEST_RELATIVE, 12), atol=1e-4
    )
    assert np.abs(channel("relative", found)[2]).max() == 12
    assert np.abs(channel("relative_slope", found)[2]).max() == 12
    steps = np.append(np.diff(template), 0)
    np.testing.assert_allclose(
        channel("relative_slope", found)[0], np.clip(steps / steps.std(), -12, 12), atol=1e-4
    )
    height = 0.1 * (template.max() - template.min())
    for row in (0, 1, 2):
        np.testing.assert_allclose(
            channel("compressed", found)[row],
            np.arcsinh((windows[row, 0].astype(np.float64) - level) / height),
            atol=1e-4,
        )


def test_compression_lifts_the_p_wave_against_the_r_peak() -> None:
    p_wave = slice(24, 32)  # 0.16 s before the R peak at sample 48

    def share(name: str) -> float:
        beat = channel(name)[0] - channel(name)[0, 15]  # the level between T and P
        return float(beat[p_wave].max() / beat[48])

    assert share("template") < 0.15
    assert share("template_compressed") > 0.25


# Morphology features


def test_ventricular_beats_are_unlike_the_template_beat_and_larger() -> None:
    assert feature("similarity")[~VENTRICULAR].min() > 0.95
    assert feature("qrs_similarity")[~VENTRICULAR].min() > 0.95
    assert feature("similarity")[VENTRICULAR].max() < 0
    np.testing.assert_allclose(feature("qrs_amplitude")[~VENTRICULAR], 0, atol=0.1)
    assert feature("qrs_amplitude")[VENTRICULAR].min() > np.log(1.5)


def test_a_beat_is_compared_with_the_one_before_and_the_one_after() -> None:
    before, after = feature("previous_similarity"), feature("next_similarity")
    assert before[0] == pytest.approx(1, abs=1e-5)
    assert after[-1] == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(before[1:], after[:-1])
    unlike = np.flatnonzero(VENTRICULAR)
    assert before[unlike].max() < 0.3
    assert after[unlike[:-1]].max() < 0.3  # the last beat is one
    assert before[unlike[:-1] + 1].max() < 0.3
    assert after[unlike - 1].max() < 0.3


def test_with_a_given_beat_before_the_beat_after_counts_as_equal() -> None:
    windows = cut_windows(SIGNAL, BEATS_S * RATE, RATE, SPEC.windows)
    some = np.array([3, 30, 61])
    template = np.broadcast_to(windows[1], windows[some].shape)
    together = morphology_features(windows, windows[1:2], RATE, SPEC.windows)
    apart = morphology_features(windows[some], template, RATE, SPEC.windows, windows[some - 1])
    for name in set(MORPHOLOGY_FEATURES) - {"next_similarity"}:
        np.testing.assert_array_equal(apart[name], together[name][some], err_msg=name)
    np.testing.assert_array_equal(apart["next_similarity"], 1)


def test_a_beat_twice_as_large_has_a_log_amplitude_of_log_2() -> None:
    shape = np.random.default_rng(0).normal(size=128).astype(np.float32)
    found = morphology_features(np.stack([shape, 2 * shape]), shape[None], RATE, SPEC.windows)
    for name in MORPHOLOGY_FEATURES:
        expected = [0, np.log(2)] if name.endswith("amplitude") else [1, 1]
        np.testing.assert_allclose(found[name], expected, atol=1e-5, err_msg=name)


def test_a_missing_p_wave_has_a_low_amplitude_feature() -> None:
    usual = ecg(np.array([0.375]), 1, p_mv=0.15)
    without = ecg(np.array([0.375]), 1, p_mv=0.0)
    found = morphology_features(np.stack([usual, without]), usual[None], RATE, SPEC.windows)
    assert found["qrs_similarity"].min() > 0.99
    assert found["p_wave_amplitude"][1] < np.log(0.2)


# Any signal, any number of beats


def test_flat_beats_give_finite_numbers() -> None:
    found = inputs(np.zeros_like(SIGNAL))
    assert np.isfinite(found.timing).all()
    assert np.isfinite(found.morphology).all()
    assert not found.waveforms.any()


def test_no_beats_give_no_input() -> None:
    assert list(model_inputs([SIGNAL], np.empty(0), np.empty(0), SPEC)) == []


def test_each_group_of_beats_has_its_own_template_beat() -> None:
    spec = replace(SPEC, windows=replace(SPEC.windows, template_beats=50))
    signal = np.concatenate([SIGNAL, ecg(BEATS_S, 120, r_mv=0.4, qrs_s=0.02, t_mv=-0.3)])
    beats = np.concatenate([BEATS_S, BEATS_S + 120])
    parts = list(model_inputs([signal], beats * RATE, rr_intervals(beats), spec))
    assert len(parts) == round(len(beats) / 50)
    assert sum(len(part) for part in parts) == len(beats)
    first, last = channel("template", parts[0])[0], channel("template", parts[-1])[-1]
    assert np.corrcoef(first, last)[0, 1] < 0.9


# Leads


def test_leads_do_not_affect_each_other_nor_the_rr_features() -> None:
    both = inputs(SIGNAL, SECOND)
    for lead, signal in enumerate((SIGNAL, SECOND)):
        one = inputs(signal)
        np.testing.assert_array_equal(both.waveforms[:, lead], one.waveforms[:, 0])
        np.testing.assert_array_equal(both.morphology[:, lead], one.morphology[:, 0])
        np.testing.assert_array_equal(both.timing, one.timing)


def test_usable_leads_are_passed_on_for_each_beat() -> None:
    usable = np.ones((2, N_BEATS), bool)
    usable[1, 20:40] = False
    found = inputs(SIGNAL, SECOND, usable=usable)
    np.testing.assert_array_equal(found.usable, usable.T)


def test_beats_in_unusable_seconds_do_not_change_the_template_beat() -> None:
    usable = np.ones((2, N_BEATS), bool)
    usable[1, : round(0.7 * N_BEATS)] = False  # an electrode that is put on late
    half = round(BEATS_S[round(0.7 * N_BEATS)] * RATE) - RATE // 2
    artefact = 5 * bell(np.arange(half) % 40, 20, 5)
    worn_late = SECOND.copy()
    worn_late[:half] = artefact
    found = inputs(SIGNAL, worn_late, usable=usable)
    both = inputs(SIGNAL, SECOND)
    template = CHANNELS.index("template")
    assert np.corrcoef(found.waveforms[0, 1, template], both.waveforms[0, 1, template])[0, 1] > 0.99
    np.testing.assert_array_equal(found.waveforms[:, 0], both.waveforms[:, 0])


# What an ECG machine does to a signal


@given(st.integers(-6, 6))
@settings(max_examples=8, deadline=None)
def test_a_gain_of_a_power_of_two_changes_input_only_by_rounding(power: int) -> None:
    scaled = inputs(SIGNAL * np.float32(2.0**power))
    np.testing.assert_array_equal(scaled.waveforms[:, :, Z_SCORED], FOUND.waveforms[:, :, Z_SCORED])
    np.testing.assert_allclose(scaled.waveforms, FOUND.waveforms, rtol=0.01, atol=0.01)
    np.testing.assert_allclose(scaled.morphology, FOUND.morphology, atol=0.01)
    np.testing.assert_array_equal(scaled.timing, FOUND.timing)


@given(st.floats(0.05, 20))
@settings(max_examples=8, deadline=None)
def test_any_gain_changes_input_only_by_rounding(gain: float) -> None:
    scaled = inputs((SIGNAL * gain).astype(np.float32))
    np.testing.assert_allclose(scaled.waveforms, FOUND.waveforms, rtol=0.01, atol=0.01)
    np.testing.assert_allclose(scaled.morphology, FOUND.morphology, atol=0.01)


def test_inverted_electrodes_invert_waveforms_and_keep_features() -> None:
    inverted = inputs(-SIGNAL)
    np.testing.assert_allclose(inverted.waveforms, -FOUND.waveforms, atol=1e-5)
    np.testing.assert_allclose(inverted.morphology, FOUND.morphology, atol=1e-5)
    np.testing.assert_array_equal(inverted.timing, FOUND.timing)


@given(st.integers(1, 60))
@settings(max_examples=8, deadline=None)
def test_a_delay_by_whole_seconds_changes_no_input(delay_s: int) -> None:
    quiet = np.full(delay_s * RATE, SIGNAL[0])
    delayed = inputs(np.concatenate([quiet, SIGNAL]), beats_s=BEATS_S + delay_s)
    np.testing.assert_array_equal(delayed.waveforms, FOUND.waveforms)
    np.testing.assert_array_equal(delayed.morphology, FOUND.morphology)
    np.testing.assert_allclose(delayed.timing, FOUND.timing, atol=1e-5)
