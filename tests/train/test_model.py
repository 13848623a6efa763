"""The committed model: it is the one of the card, and the card's figures come out again."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from deepecg.classes import CLASSES
from deepecg.classifier import BeatClassifier
from deepecg.inference import InferenceSession
from deepecg.settings import ScoringSettings
from training.configs import DEFAULT, SINGLE_BEAT
from training.datasets import annotated_records, ds2_records
from training.ec57 import figures
from training.evaluate import evaluate_annotated, evaluate_end_to_end, score_records
from training.events import evaluate_events
from training.examples import make_examples
from training.export import export_float
from training.network import HybridNetwork
from training.train import CHECKPOINT_FILE

MODEL = Path(__file__).parents[2] / "layers" / "model"
SINGLE_BEAT_MODEL = MODEL / "single_beat"
RESULTS = Path(__file__).parents[2] / "training" / "results" / "default"
CARD = json.loads((MODEL / "model_card.json").read_text())
SINGLE_BEAT_CARD = json.loads((SINGLE_BEAT_MODEL / "model_card.json").read_text())

pytestmark = pytest.mark.xdist_group("model")


@pytest.fixture(scope="module")
def classifier():
    return BeatClassifier.load(MODEL)


@pytest.fixture(scope="module")
def ds2(data_dir):
    records = ds2_records()
    return list(annotated_records(data_dir, records, ScoringSettings(), DEFAULT.n_leads))


@pytest.fixture(scope="module")
def in_float(ds2, classifier, tmp_path_factory):
    """The classifier with its float32 original, made of the checkpoint, in place of int8."""
    network = HybridNetwork(DEFAULT.network, DEFAULT.input, len(CLASSES))
    network.load_state_dict(torch.load(RESULTS / CHECKPOINT_FILE, weights_only=True))
    path = tmp_path_factory.mktemp("float") / "model.onnx"
    beats = make_examples(ds2[0], DEFAULT.input, ScoringSettings().detector).beats
    export_float(network, beats, path)
    return replace(classifier, session=InferenceSession(str(path)))


@pytest.fixture(scope="module")
def shipped(ds2, classifier):
    return figures(evaluate_annotated(ds2, classifier, ScoringSettings()).gross, ec57=False)


@pytest.fixture(scope="module")
def exact(ds2, in_float):
    return figures(evaluate_annotated(ds2, in_float, ScoringSettings()).gross, ec57=False)


@pytest.fixture(scope="module")
def scored(data_dir, classifier):
    return score_records(data_dir, ds2_records(), classifier, ScoringSettings())


@pytest.fixture(scope="module")
def end_to_end(data_dir, scored):
    return figures(evaluate_end_to_end(data_dir, scored).gross, ec57=True)


@pytest.mark.parametrize(("folder", "card"), [(MODEL, CARD), (SINGLE_BEAT_MODEL, SINGLE_BEAT_CARD)])
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
        assert shipped["classes"][name]["f1"] >= exact["classes"][name]["f1"] - 0.002


def test_floors_on_ds2_with_annotated_r_peaks(shipped):
    """What was aimed at, V 0.955 and S 0.55, is missed: training/EXPERIMENTS.md."""
    assert shipped["classes"]["V"]["f1"] >= 0.945
    assert shipped["classes"]["S"]["f1"] >= 0.48
    assert shipped["accuracy"] >= 0.955


def test_a_beat_alone_is_classified_as_its_card_says_and_not_below_the_floor(data_dir):
    settings = ScoringSettings()
    records = annotated_records(data_dir, ds2_records(), settings, SINGLE_BEAT.n_leads)
    alone = BeatClassifier.load(SINGLE_BEAT_MODEL)
    found = figures(evaluate_annotated(records, alone, settings).gross, ec57=False)
    _assert_close(found, SINGLE_BEAT_CARD["evaluation"]["annotated"])
    assert found["classes"]["V"]["f1"] >= 0.85


def test_floors_on_ds2_end_to_end(end_to_end):
    """What was aimed at is reached but for S, 0.50: training/EXPERIMENTS.md."""
    assert end_to_end["qrs_sensitivity"] >= 0.998
    assert end_to_end["qrs_predictivity"] >= 0.998
    assert end_to_end["v_missed_by_detector"] <= 0.002 * end_to_end["v_annotated"]
    assert end_to_end["classes"]["V"]["f1"] >= 0.97
    assert end_to_end["classes"]["S"]["f1"] >= 0.45


def _assert_close(found, told):
    """Other processors round otherwise: a few beats of 50,000 may differ."""
    assert np.abs(np.array(found["matrix"]) - np.array(told["matrix"])).sum() <= 40
