"""The committed model: it is the one of the card, and the card's figures come out again."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from deepecg.classifier import BeatClassifier
from deepecg.settings import ScoringSettings
from training.configs import DEFAULT
from training.datasets import annotated_leads, ds2_records
from training.ec57 import figures
from training.evaluate import evaluate_annotated, evaluate_end_to_end, score_records
from training.events import evaluate_events
from training.network import HybridNetwork
from training.train import CHECKPOINT_FILE, Scaling, predict

MODEL = Path(__file__).parents[2] / "layers" / "model"
SINGLE_BEAT = MODEL / "single_beat"
RESULTS = Path(__file__).parents[2] / "training" / "results" / "default"
CARD = json.loads((MODEL / "model_card.json").read_text())
SINGLE_BEAT_CARD = json.loads((SINGLE_BEAT / "model_card.json").read_text())

pytestmark = pytest.mark.xdist_group("model")


@pytest.fixture(scope="module")
def classifier():
    return BeatClassifier.load(MODEL)


@pytest.fixture(scope="module")
def network():
    built = HybridNetwork(
        DEFAULT.network, len(DEFAULT.input.channels), len(DEFAULT.input.features), 5
    )
    built.load_state_dict(torch.load(RESULTS / CHECKPOINT_FILE, weights_only=True))
    return built


@pytest.fixture(scope="module")
def scaling(classifier):
    return Scaling(classifier.card.feature_mean, classifier.card.feature_scale)


@pytest.fixture(scope="module")
def ds2(data_dir):
    return list(annotated_leads(data_dir, ds2_records(), ScoringSettings()))


@pytest.fixture(scope="module")
def shipped(ds2, classifier):
    found = evaluate_annotated(ds2, classifier.probabilities, DEFAULT.input, ScoringSettings())
    return figures(found.gross, ec57=False)


@pytest.fixture(scope="module")
def exact(ds2, network, scaling):
    found = evaluate_annotated(
        ds2, lambda beats: predict(network, scaling, beats), DEFAULT.input, ScoringSettings()
    )
    return figures(found.gross, ec57=False)


@pytest.fixture(scope="module")
def scored(data_dir, classifier):
    return score_records(data_dir, ds2_records(), classifier, ScoringSettings())


@pytest.fixture(scope="module")
def end_to_end(data_dir, scored):
    return figures(evaluate_end_to_end(data_dir, scored).gross, ec57=True)


@pytest.mark.parametrize(("folder", "card"), [(MODEL, CARD), (SINGLE_BEAT, SINGLE_BEAT_CARD)])
def test_the_file_is_the_cards_and_fits_in_213_kb(folder, card):
    model = (folder / "beat_classifier.onnx").read_bytes()
    assert sha256(model).hexdigest() == card["model"]["sha256"]
    assert len(model) == card["model"]["bytes"] <= 213_000


def test_the_model_fits_the_small_parts_the_report_aims_at():
    cost = CARD["model"]["cost"]
    assert cost["parameters"] <= cost["small_part"]["flash_bytes"]
    assert cost["peak_activation_bytes"] <= cost["small_part"]["ram_bytes"]


def test_no_test_record_was_trained_on():
    assert set(CARD["test_records"]) == set(ds2_records())
    assert not set(CARD["training"]["records"]) & set(ds2_records())
    assert SINGLE_BEAT_CARD["training"]["records"] == CARD["training"]["records"]


def test_the_cards_figures_come_out_again(shipped, exact, end_to_end):
    _assert_close(shipped, CARD["evaluation"]["annotated"])
    _assert_close(exact, CARD["evaluation"]["annotated_float32"])
    _assert_close(end_to_end, CARD["evaluation"]["end_to_end"])


def test_the_cards_events_come_out_again(data_dir, scored):
    told = CARD["evaluation"]["events"]
    found = evaluate_events(data_dir, scored)
    assert found.keys() == told.keys()
    # Other processors round otherwise: an event or two of a kind may differ.
    for kind, figures_of_kind in found.items():
        for name, value in figures_of_kind.items():
            margin = 2 if name.endswith("_count") else 0.1
            expected = told[kind][name]
            is_known = expected is not None
            assert value == (pytest.approx(expected, rel=0.02, abs=margin) if is_known else None)


def test_int8_loses_at_most_what_is_allowed(shipped, exact):
    assert shipped["accuracy"] >= exact["accuracy"] - 0.002
    for name in "VS":
        assert shipped["classes"][name]["f1"] >= exact["classes"][name]["f1"] - 0.005


def test_floors_on_ds2_with_annotated_r_peaks(shipped):
    assert shipped["classes"]["V"]["f1"] >= 0.93
    assert shipped["classes"]["S"]["f1"] >= 0.30
    assert shipped["accuracy"] >= 0.94


def test_a_beat_alone_is_classified_as_its_card_says_and_not_below_the_floor(ds2):
    alone = BeatClassifier.load(SINGLE_BEAT)
    counts = evaluate_annotated(ds2, alone.probabilities, alone.card.input, ScoringSettings())
    found = figures(counts.gross, ec57=False)
    _assert_close(found, SINGLE_BEAT_CARD["evaluation"]["annotated"])
    assert found["classes"]["V"]["f1"] >= 0.85


def test_floors_on_ds2_end_to_end(end_to_end):
    assert end_to_end["qrs_sensitivity"] >= 0.997
    assert end_to_end["qrs_predictivity"] >= 0.997
    assert end_to_end["v_missed_by_detector"] <= 0.01 * end_to_end["v_annotated"]


def _assert_close(found, told):
    """Other processors round otherwise: a few beats of 50,000 may differ."""
    assert np.abs(np.array(found["matrix"]) - np.array(told["matrix"])).sum() <= 40
