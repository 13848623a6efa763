from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.special import softmax as scipy_softmax
from unit.small_recordings import RATE, bell, ecg, every

from deepecg.beats import classifier as classifier_module
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier, softmax
from deepecg.beats.model_input import ModelInput, model_inputs
from deepecg.beats.rr_intervals import rr_intervals

BEATS_S = every(0.8, 260) + 0.03 * np.sin(np.arange(len(every(0.8, 260))))
N_BEATS = len(BEATS_S)
SECOND_MV = np.where(np.arange(N_BEATS) % 11 == 5, -0.8, 0.5)


def noise(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.03, 260 * RATE).astype(np.float32)


SIGNAL = ecg(BEATS_S, 260) + noise(0)
SECOND = ecg(BEATS_S, 260, r_mv=SECOND_MV, t_mv=-0.1) + noise(1)


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


@pytest.fixture(scope="module")
def beats(classifier: BeatClassifier) -> ModelInput:
    (found,) = model_inputs(
        [SIGNAL, SECOND], BEATS_S * RATE, rr_intervals(BEATS_S), classifier.card.input
    )
    return found


@pytest.fixture(scope="module")
def in_context(classifier: BeatClassifier, beats: ModelInput) -> NDArray[np.float32]:
    return classifier.in_context(beats)


@pytest.fixture(scope="module")
def without_context(classifier: BeatClassifier, beats: ModelInput) -> NDArray[np.float32]:
    return classifier.without_context(beats)


@pytest.fixture(autouse=True, scope="module")
def _shared(
    classifier: BeatClassifier, beats: ModelInput, without_context: NDArray[np.float32]
) -> None:
    """Fixtures for the property test: hypothesis runs it many times."""
    global SHARED  # noqa: PLW0603
    SHARED = (classifier, beats, without_context)


def classify(
    classifier: BeatClassifier,
    *signals: NDArray[np.float32],
    usable: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    return classifier.classify(signals, BEATS_S * RATE, rr_intervals(BEATS_S), usable)


def test_every_beat_has_a_probability_for_every_class_and_they_sum_to_1(
    classifier: BeatClassifier,
    in_context: NDArray[np.float32],
    without_context: NDArray[np.float32],
) -> None:
    for found in (classify(classifier, SIGNAL, SECOND), in_context, without_context):
        assert found.shape == (N_BEATS, len(CLASSES))
        assert found.dtype == np.float32
        assert np.all(found >= 0)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_regular_narrow_beats_are_normal(classifier: BeatClassifier) -> None:
    assert (classify(classifier, SIGNAL).argmax(axis=1) == 0).mean() > 0.9


# Leads


@pytest.mark.parametrize(
    "garbage",
    [
        np.zeros_like(SIGNAL),
        1000 * noise(2),
        np.full_like(SIGNAL, 3e4),
        bell(np.arange(len(SIGNAL)) % 40, 20, 3).astype(np.float32),
    ],
    ids=["flat", "noise", "far off", "spikes"],
)
def test_a_lead_that_cannot_be_used_changes_nothing_whatever_is_in_it(
    classifier: BeatClassifier, garbage: NDArray[np.float32]
) -> None:
    usable = np.ones((2, N_BEATS), bool)
    usable[1] = False
    found = classify(classifier, SIGNAL, garbage, usable=usable)
    np.testing.assert_array_equal(found, classify(classifier, SIGNAL, SECOND, usable=usable))
    # Sums over twice as many samples, of which half are 0, are rounded otherwise.
    np.testing.assert_allclose(found, classify(classifier, SIGNAL), rtol=0, atol=1e-4)
    turned = classify(classifier, garbage, SIGNAL, usable=usable[::-1])
    np.testing.assert_allclose(turned, found, rtol=0, atol=1e-4)


def test_the_model_ignores_a_lead_that_cannot_be_used(
    classifier: BeatClassifier, beats: ModelInput
) -> None:
    first = replace(
        beats,
        waveforms=beats.waveforms[:, :1],
        morphology=beats.morphology[:, :1],
        usable=beats.usable[:, :1],
    )
    without = replace(beats, usable=beats.usable & np.array([True, False]))
    for found, expected in (
        (classifier.in_context(without), classifier.in_context(first)),
        (classifier.without_context(without), classifier.without_context(first)),
    ):
        np.testing.assert_array_equal(found, expected)


def test_a_second_lead_changes_the_result(classifier: BeatClassifier) -> None:
    both = classify(classifier, SIGNAL, SECOND)
    for one in (SIGNAL, SECOND):
        assert np.abs(np.log(both / classify(classifier, one))).max() > 0.1


def test_the_order_of_leads_changes_nothing_but_rounding(classifier: BeatClassifier) -> None:
    usable = np.ones((2, N_BEATS), bool)
    usable[0, 40:60] = usable[1, 100:130] = False
    for good in (None, usable):
        found = classify(classifier, SIGNAL, SECOND, usable=good)
        turned = classify(classifier, SECOND, SIGNAL, usable=None if good is None else good[::-1])
        np.testing.assert_allclose(turned, found, rtol=0, atol=1e-4)


# Neighbours


@pytest.mark.parametrize("batch_beats", [1, 7, 100, 1000])
def test_a_beats_score_does_not_depend_on_where_runs_of_the_model_begin(
    classifier: BeatClassifier,
    beats: ModelInput,
    in_context: NDArray[np.float32],
    batch_beats: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert N_BEATS > classifier_module.BATCH_BEATS
    monkeypatch.setattr(classifier_module, "BATCH_BEATS", batch_beats)
    np.testing.assert_allclose(classifier.in_context(beats), in_context, rtol=0, atol=1e-5)


@pytest.mark.parametrize("beat", [0, 3, 150, 255, 256, N_BEATS - 1])
def test_a_beat_affects_as_many_neighbours_as_the_card_says(
    classifier: BeatClassifier, beats: ModelInput, in_context: NDArray[np.float32], beat: int
) -> None:
    timing = beats.timing.copy()
    timing[beat] += 3
    found = classifier.in_context(replace(beats, timing=timing))
    changed = np.flatnonzero((found != in_context).any(axis=1))
    assert len(changed) > 3
    assert np.abs(changed - beat).max() <= classifier.card.context_beats


@given(st.integers(0, N_BEATS - 1), st.integers(1, 300))
@settings(max_examples=15, deadline=None)
def test_without_context_a_beats_result_does_not_depend_on_the_others(
    first: int, length: int
) -> None:
    classifier, beats, without_context = SHARED
    some = slice(first, first + length)
    np.testing.assert_array_equal(classifier.without_context(beats[some]), without_context[some])


def test_without_context_an_extreme_beat_changes_no_other(
    classifier: BeatClassifier, beats: ModelInput, without_context: NDArray[np.float32]
) -> None:
    waveforms, morphology, timing = (
        beats.waveforms.copy(),
        beats.morphology.copy(),
        beats.timing.copy(),
    )
    waveforms[50] *= 1000
    morphology[50] = -1e6
    timing[50] = 1e6
    extreme = replace(beats, waveforms=waveforms, morphology=morphology, timing=timing)
    found = classifier.without_context(extreme)
    others = np.arange(N_BEATS) != 50
    np.testing.assert_array_equal(found[others], without_context[others])
    assert np.isfinite(found).all()
    assert np.isfinite(classifier.in_context(extreme)).all()


def test_without_context_the_order_of_beats_does_not_matter(
    classifier: BeatClassifier, beats: ModelInput, without_context: NDArray[np.float32]
) -> None:
    np.testing.assert_array_equal(classifier.without_context(beats[::-1]), without_context[::-1])


def test_a_model_without_context_gives_the_same_result_either_way(model_dir: Path) -> None:
    single = BeatClassifier.load(model_dir / "single_beat")
    (seen,) = model_inputs([SIGNAL], BEATS_S * RATE, rr_intervals(BEATS_S), single.card.input)
    np.testing.assert_array_equal(single.without_context(seen), single.in_context(seen))


# Any number of beats


def test_no_beats_have_no_probabilities(classifier: BeatClassifier, beats: ModelInput) -> None:
    assert classifier.classify([SIGNAL], np.empty(0), np.empty(0)).shape == (0, 5)
    assert classifier.in_context(beats[:0]).shape == (0, 5)
    assert classifier.without_context(beats[:0]).shape == (0, 5)


def test_progress_ends_at_1(classifier: BeatClassifier) -> None:
    reported: list[float] = []
    classifier.classify([SIGNAL], BEATS_S * RATE, rr_intervals(BEATS_S), progress=reported.append)
    assert reported[-1] == 1


@given(hnp.arrays(np.float32, (4, 5), elements=st.floats(-80, 80, width=32)))
@settings(max_examples=40, deadline=None)
def test_softmax_is_scipys(logits: NDArray[np.float32]) -> None:
    found = softmax(logits)
    np.testing.assert_allclose(found, scipy_softmax(logits.astype(np.float64), axis=1), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_softmax_of_huge_logits_does_not_overflow() -> None:
    np.testing.assert_allclose(
        softmax(np.array([[1e4, 0, 0, 0, -1e4]], np.float32)), [[1, 0, 0, 0, 0]]
    )
