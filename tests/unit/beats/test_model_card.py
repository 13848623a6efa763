import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import (
    CARD_FILE,
    MODEL_FILE,
    SINGLE_BEAT_FOLDER,
    Scaling,
    conditioning_of,
    read_card,
)
from deepecg.beats.settings import ClusterConsensusSettings
from deepecg.errors import ModelMismatchError
from deepecg.signal.settings import ConditioningSettings

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def model(model_dir: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may break."""
    return Path(shutil.copytree(model_dir, tmp_path / "model"))


def change_card(model: Path, change: Change) -> None:
    card = json.loads((model / CARD_FILE).read_text())
    change(card)
    (model / CARD_FILE).write_text(json.dumps(card))


def test_the_committed_model_is_the_one_its_card_describes(model_dir: Path) -> None:
    card = read_card(model_dir)
    content = (model_dir / MODEL_FILE).read_bytes()
    assert sha256(content).hexdigest() == card.sha256
    assert card.document["model"]["bytes"] == len(content) <= 213 * 1024
    assert card.conditioning == conditioning_of(ConditioningSettings())
    for scaling, names in (
        (card.morphology, card.input.morphology),
        (card.timing, card.input.timing),
    ):
        assert len(scaling.mean) == len(scaling.scale) == len(names) > 0
        assert min(scaling.scale) > 0
    dilations = card.document["training"]["config"]["network"]["dilations"]
    assert card.context_beats == sum(dilations)  # three taps each


def test_no_record_of_the_test_set_was_trained_on(model_dir: Path) -> None:
    document = read_card(model_dir).document
    tested = set(document["test_records"])
    assert len(tested) == 22
    assert not tested & set(document["training"]["records"])


def test_a_changed_model_file_is_rejected(model: Path) -> None:
    content = bytearray((model / MODEL_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (model / MODEL_FILE).write_bytes(content)
    with pytest.raises(ModelMismatchError, match="found a model file with SHA-256"):
        BeatClassifier.load(model)


CHANGES: dict[str, tuple[Change, str]] = {
    "class order": (lambda card: card.update(classes=list("NVSFQ")), "class order"),
    "classes missing": (lambda card: card.update(classes=list("NSV")), "class order"),
    "layout": (lambda card: card.update(card_version=99), "layout 99, expected 3"),
    "layout before": (lambda card: card.update(card_version=1), "layout 1, expected 3"),
    "window field missing": (lambda card: card["input"]["windows"].pop("before_s"), "window"),
    "window field unknown": (lambda card: card["input"]["windows"].update(warp=1), "window"),
    "timing unknown": (
        lambda card: card["input"]["timing"][0].update(name="pre_warp"),
        "pre_warp",
    ),
    "timing missing": (lambda card: card["input"]["timing"].pop(), "inputs"),
    "morphology unknown": (
        lambda card: card["input"]["morphology"][0].update(name="kinship"),
        "kinship",
    ),
    "morphology missing": (lambda card: card["input"]["morphology"].pop(), "inputs"),
    "no morphology": (lambda card: card["input"].update(morphology=[]), "inputs"),
    "no scale": (lambda card: card["input"]["timing"][0].pop("scale"), "KeyError"),
    "no context": (lambda card: card.pop("context_beats"), "KeyError"),
    "no cluster_consensus": (lambda card: card.pop("cluster_consensus"), "KeyError"),
    "no paroxysmal_svt": (lambda card: card.pop("paroxysmal_svt"), "KeyError"),
    "paroxysmal_svt unknown": (lambda card: card["paroxysmal_svt"].update(warp=1), "TypeError"),
    "cluster_consensus unknown": (
        lambda card: card["cluster_consensus"].update(warp=1),
        "TypeError",
    ),
    "channel unknown": (lambda card: card["input"].update(channels=["echo"]), "echo"),
    "channel missing": (lambda card: card["input"]["channels"].pop(), "inputs"),
    "longer window": (lambda card: card["input"]["windows"].update(after_s=1.0), "inputs"),
    "no evaluation": (lambda card: card.pop("evaluation"), "KeyError"),
    "no checksum": (lambda card: card["model"].pop("sha256"), "KeyError"),
    "no rate": (lambda card: card["conditioning"].pop("rate_hz"), "KeyError"),
    "other checksum": (lambda card: card["model"].update(sha256="0" * 64), "SHA-256"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_a_card_that_does_not_fit_is_rejected(model: Path, change: Change, message: str) -> None:
    change_card(model, change)
    with pytest.raises(ModelMismatchError, match=message):
        BeatClassifier.load(model)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"card"', "{}"])
def test_a_file_that_is_no_card_is_rejected(model: Path, content: str) -> None:
    (model / CARD_FILE).write_text(content)
    with pytest.raises(ModelMismatchError, match="model card"):
        BeatClassifier.load(model)


@pytest.mark.parametrize(
    "other", [{"rate_hz": 250}, {"low_hz": 0.05}, {"high_hz": 40.0}, {"order": 4}]
)
def test_signal_conditioned_differently_is_rejected(model_dir: Path, other: dict[str, Any]) -> None:
    card = read_card(model_dir)
    with pytest.raises(ModelMismatchError, match="conditioned"):
        card.refuse_other_conditioning(replace(ConditioningSettings(), **other))


def test_the_length_of_chunks_is_not_compared_with_the_card(model_dir: Path) -> None:
    card = read_card(model_dir)
    card.refuse_other_conditioning(ConditioningSettings(chunk_s=30, margin_s=60))


def test_features_are_standardised_and_clipped_at_the_limit() -> None:
    found = Scaling((1.0, 0.0), (2.0, 4.0), 5.0).apply(np.array([[3, 10], [1, -90]], np.float32))
    np.testing.assert_array_equal(found, np.array([[1, 2.5], [0, -5]], np.float32))
    assert found.dtype == np.float32


def test_features_are_standardised_along_the_last_axis() -> None:
    each = np.arange(24, dtype=np.float32).reshape(3, 4, 2)
    found = Scaling((4.0, 5.0), (2.0, 1.0), 100.0).apply(each)
    np.testing.assert_array_equal(found[..., 0], (each[..., 0] - 4) / 2)
    np.testing.assert_array_equal(found[..., 1], each[..., 1] - 5)
    assert Scaling((), (), 5.0).apply(np.empty((3, 1, 0), np.float32)).shape == (3, 1, 0)


def test_the_model_for_single_beats_has_neither_context_nor_rules(model_dir: Path) -> None:
    card = read_card(model_dir / SINGLE_BEAT_FOLDER)
    assert card.context_beats == 0
    assert card.cluster_consensus is None
    assert card.paroxysmal_svt is None
    assert card.input.morphology == ()


def test_the_rule_of_the_consensus_is_read_from_the_card(model: Path) -> None:
    rule = {
        "correlation": 0.8,
        "correlation_of_one_lead": 0.9,
        "share": 0.5,
        "before_s": 0.1,
        "after_s": 0.2,
    }
    change_card(model, lambda card: card.update(cluster_consensus=rule))
    assert read_card(model).cluster_consensus == ClusterConsensusSettings(**rule)


def test_classes_are_those_of_ec57_in_their_order() -> None:
    assert CLASSES == ("N", "S", "V", "F", "Q")


RULES: dict[str, Change] = {
    "a rule of the consensus": lambda card: card["cluster_consensus"].update(share=0.7),
    "a rule of paroxysmal SVT": lambda card: card["paroxysmal_svt"].update(max_rr_s=0.5),
    "no consensus": lambda card: card.update(cluster_consensus=None),
    "a feature's scaling": lambda card: card["input"]["timing"][0].update(scale=0.2),
    "a limit of features": lambda card: card["input"].update(feature_limit=4.0),
    "windows of the rhythm around": lambda card: card["input"]["windows"].update(local_beats=60),
    "the filter": lambda card: card["conditioning"].update(high_hz=40.0),
    "the beats around": lambda card: card.update(context_beats=14),
}


@pytest.mark.parametrize("change", RULES.values(), ids=RULES)
def test_a_change_of_results_changes_the_version(model: Path, change: Change) -> None:
    before = read_card(model).version
    change_card(model, change)
    assert read_card(model).version != before


def test_a_change_of_no_result_keeps_the_version(model: Path) -> None:
    before = read_card(model).version
    change_card(model, lambda card: card.update(limits="Adults.", evaluation={}))
    assert read_card(model).version == before
