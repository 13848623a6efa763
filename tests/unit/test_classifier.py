from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.special import softmax as scipy_softmax
from unit.pieces import RATE, ecg, every

from deepecg.classes import CLASSES
from deepecg.classifier import BeatClassifier, softmax, standardise
from deepecg.model_input import ModelInput, model_inputs
from deepecg.rr_features import rr_intervals

BEATS_S = every(0.8, 260) + 0.03 * np.sin(np.arange(len(every(0.8, 260))))
SIGNAL = ecg(BEATS_S, 260) + np.random.default_rng(0).normal(0, 0.03, 260 * RATE).astype(np.float32)
N_BEATS = len(BEATS_S)
EVERYWHERE = np.ones((1, N_BEATS), bool)
NOWHERE = np.ones((1, 0), bool)


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


@pytest.fixture(scope="module")
def beats(classifier: BeatClassifier) -> ModelInput:
    (found,) = model_inputs(SIGNAL, BEATS_S * RATE, rr_intervals(BEATS_S), classifier.card.input)
    return found


@pytest.fixture(scope="module")
def together(classifier: BeatClassifier, beats: ModelInput) -> NDArray[np.float32]:
    return classifier.probabilities(beats)


def test_every_beat_has_a_probability_for_every_class_and_they_sum_to_1(
    classifier: BeatClassifier,
) -> None:
    found = classifier.classify([SIGNAL], BEATS_S * RATE, rr_intervals(BEATS_S), EVERYWHERE)
    assert found.shape == (N_BEATS, len(CLASSES))
    assert found.dtype == np.float32
    assert np.all(found >= 0)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_regular_narrow_beats_are_normal(together: NDArray[np.float32]) -> None:
    assert (together.argmax(axis=1) == 0).mean() > 0.9


@given(st.integers(0, N_BEATS - 1), st.integers(1, 300))
@settings(max_examples=15, deadline=None)
def test_a_beats_score_does_not_depend_on_the_others_in_its_batch(first: int, length: int) -> None:
    classifier, beats, together = SHARED
    some = slice(first, first + length)
    alone = classifier.probabilities(ModelInput(beats.shape[some], beats.rhythm[some]))
    np.testing.assert_array_equal(alone, together[some])


@pytest.fixture(autouse=True, scope="module")
def _shared(classifier: BeatClassifier, beats: ModelInput, together: NDArray[np.float32]) -> None:
    """Fixtures for the property test: hypothesis runs it many times."""
    global SHARED  # noqa: PLW0603
    SHARED = (classifier, beats, together)


def test_an_extreme_beat_in_the_batch_changes_no_other(
    classifier: BeatClassifier, beats: ModelInput, together: NDArray[np.float32]
) -> None:
    shape, rhythm = beats.shape.copy(), beats.rhythm.copy()
    shape[50] *= 1000
    rhythm[50] = 1e6
    found = classifier.probabilities(ModelInput(shape, rhythm))
    others = np.arange(N_BEATS) != 50
    np.testing.assert_array_equal(found[others], together[others])
    assert np.isfinite(found).all()


def test_the_order_of_beats_in_a_batch_is_that_of_their_scores(
    classifier: BeatClassifier, beats: ModelInput, together: NDArray[np.float32]
) -> None:
    turned = classifier.probabilities(ModelInput(beats.shape[::-1], beats.rhythm[::-1]))
    np.testing.assert_array_equal(turned, together[::-1])


def test_no_beats_have_no_probabilities(classifier: BeatClassifier) -> None:
    assert classifier.classify([SIGNAL], np.empty(0), np.empty(0), NOWHERE).shape == (0, 5)
    n_channels, one, length = classifier.card.input.shape
    none = ModelInput(
        np.empty((0, n_channels, one, length), np.float32),
        np.empty((0, len(classifier.card.input.features)), np.float32),
    )
    assert classifier.probabilities(none).shape == (0, 5)


def test_progress_ends_at_1(classifier: BeatClassifier) -> None:
    told: list[float] = []
    classifier.classify([SIGNAL], BEATS_S * RATE, rr_intervals(BEATS_S), EVERYWHERE, told.append)
    assert told[-1] == 1


def test_features_are_standardised_and_cut_at_the_limit() -> None:
    found = standardise(np.array([[3, 10], [1, -90]], np.float32), (1.0, 0.0), (2.0, 4.0), 5.0)
    np.testing.assert_array_equal(found, np.array([[1, 2.5], [0, -5]], np.float32))
    assert found.dtype == np.float32


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
