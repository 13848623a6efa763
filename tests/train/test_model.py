"""The committed model: it is the one of the card, and its metrics can be reproduced."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.onnx_without_telemetry import InferenceSession
from deepecg.settings import ScoringSettings
from training.annotated_records import annotated_records
from training.beat_comparison import BeatCounts
from training.data_roles import DS2, patient_of, require_training_role
from training.evaluate import (
    annotated_probabilities,
    card_evaluation,
    evaluate_record,
    group_document,
)
from training.export_onnx import export_float
from training.network import HybridNetwork
from training.recipes import DEFAULT, SINGLE_BEAT
from training.record_metrics import beat_metrics
from training.train import CHECKPOINT_FILE
from training.training_examples import make_examples

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
def in_float(data_dir, classifier, tmp_path_factory):
    """The classifier with its float32 original, made of the checkpoint, in place of int8."""
    network = HybridNetwork(DEFAULT.network, DEFAULT.input, len(CLASSES))
    network.load_state_dict(torch.load(RESULTS / CHECKPOINT_FILE, weights_only=True))
    path = tmp_path_factory.mktemp("float") / "model.onnx"
    settings = ScoringSettings()
    (record,) = annotated_records(data_dir, DS2.records[:1], settings, DEFAULT.n_leads)
    export_float(network, make_examples(record, DEFAULT.input, settings.detector).beats, path)
    return replace(classifier, session=InferenceSession(str(path)))


@pytest.fixture(scope="module")
def ds2(data_dir, classifier, in_float, tmp_path_factory):
    """The evaluation of DS2 that ``make evaluate`` would write into the card."""
    out = tmp_path_factory.mktemp("annotations")
    results = {
        record: evaluate_record(
            data_dir, record, classifier, ScoringSettings(), out=out, float32=in_float
        )
        for record in DS2.records
    }
    return card_evaluation(group_document("DS2", results, [classifier]))


@pytest.mark.parametrize(("folder", "card"), [(MODEL, CARD), (SINGLE_BEAT_MODEL, SINGLE_BEAT_CARD)])
def test_the_file_is_the_cards_and_fits_in_213_kb(folder, card):
    model = (folder / "beat_classifier.onnx").read_bytes()
    assert sha256(model).hexdigest() == card["model"]["sha256"]
    assert len(model) == card["model"]["bytes"] <= 213_000


def test_the_model_fits_the_small_parts_of_the_report():
    cost = CARD["model"]["cost"]
    assert cost["parameters"] <= cost["small_part"]["flash_bytes"]
    assert cost["peak_activation_bytes"] <= cost["small_part"]["ram_bytes"]


def test_no_test_record_was_trained_on():
    assert set(CARD["test_records"]) == set(DS2.records)
    for card in (CARD, SINGLE_BEAT_CARD):
        trained_on = set(card["training"]["records"])
        assert trained_on
        assert not {patient_of(record) for record in trained_on} & {
            patient_of(record) for record in DS2.records if record != "mitdb/202"
        }, "201, of DS1, and 202 are one man: de Chazal's split"
        require_training_role(trained_on)


def test_the_cards_metrics_can_be_reproduced(ds2):
    for name in ("annotated", "annotated_float32", "end_to_end"):
        _assert_close(ds2[name], CARD["evaluation"][name])


def test_the_cards_events_can_be_reproduced(ds2):
    expected, found = CARD["evaluation"]["events"], ds2["events"]
    assert found.keys() == expected.keys()
    # Other processors round differently: an event or two of a kind may differ.
    for kind, metrics in found.items():
        for name, value in metrics.items():
            margin = 2 if name.endswith("_count") else 0.1
            of_card = expected[kind][name]
            is_defined = of_card is not None
            assert value == (pytest.approx(of_card, rel=0.02, abs=margin) if is_defined else None)


def test_int8_loses_at_most_0_2_points(ds2):
    shipped, float32 = ds2["annotated"], ds2["annotated_float32"]
    assert shipped["accuracy"] >= float32["accuracy"] - 0.002
    for name in "VS":
        assert shipped["classes"][name]["f1"] >= float32["classes"][name]["f1"] - 0.002


def test_floors_on_ds2_with_annotated_r_peaks(ds2):
    """The aims are reached except for S, 0.55: training/EXPERIMENTS.md."""
    shipped = ds2["annotated"]
    assert shipped["classes"]["V"]["f1"] >= 0.955
    assert shipped["classes"]["S"]["f1"] >= 0.48
    assert shipped["accuracy"] >= 0.955


def test_the_single_beat_model_has_the_metrics_of_its_card_and_reaches_the_floor(data_dir):
    settings = ScoringSettings()
    alone = BeatClassifier.load(SINGLE_BEAT_MODEL)
    counts = BeatCounts.empty()
    for record in annotated_records(data_dir, DS2.records, settings, SINGLE_BEAT.n_leads):
        found = annotated_probabilities(record, alone, settings).argmax(axis=1)
        counts += BeatCounts.of_classes(record.labels, found)
    found = beat_metrics(counts, ec57=False)
    _assert_close(found, SINGLE_BEAT_CARD["evaluation"]["annotated"])
    assert found["classes"]["V"]["f1"] >= 0.85


def test_floors_on_ds2_end_to_end(ds2):
    """The aims are reached except for S, 0.50: training/EXPERIMENTS.md."""
    end_to_end = ds2["end_to_end"]
    assert end_to_end["qrs_sensitivity"] >= 0.998
    assert end_to_end["qrs_predictivity"] >= 0.998
    assert end_to_end["v_missed_by_detector"] <= 0.002 * end_to_end["v_annotated"]
    assert end_to_end["classes"]["V"]["f1"] >= 0.97
    assert end_to_end["classes"]["S"]["f1"] >= 0.45


def _assert_close(found, expected):
    """Other processors round differently: a few beats of 50,000 may differ."""
    assert np.abs(np.array(found["matrix"]) - np.array(expected["matrix"])).sum() <= 40
