from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from deepecg import scoring
from deepecg.classifier import BeatClassifier, softmax
from deepecg.model_input import ModelInput
from deepecg.readers import open_recording
from deepecg.settings import ScoringSettings
from training.configs import CONFIGS, DEFAULT
from training.datasets import annotated_leads
from training.examples import annotated_r_peaks, lead_input, make_examples
from training.export import cost, export_float, quantise
from training.network import HybridNetwork
from training.train import predict, train

pytestmark = pytest.mark.xdist_group("training")


@pytest.fixture(scope="module")
def leads(data_dir):
    return list(annotated_leads(data_dir, ["mitdb/119"], ScoringSettings()))


@pytest.fixture(scope="module")
def examples(leads):
    return make_examples(leads, DEFAULT.input, ScoringSettings().detector)


@pytest.fixture(scope="module")
def trained(examples):
    torch.set_num_threads(1)
    losses = []
    config = replace(DEFAULT, epochs=2, batch_beats=64, average_decay=0.0)
    network, scaling = train(
        config, examples, seed=1, after_epoch=lambda _, loss, *__: losses.append(loss)
    )
    return network, scaling, losses


def test_one_small_run_learns_the_ventricular_beats_of_record_119(trained, examples):
    network, scaling, losses = trained
    assert losses[1] < losses[0]
    found = predict(network, scaling, ModelInput(examples.shape, examples.rhythm)).argmax(axis=1)
    assert (found == examples.labels).mean() > 0.95


def test_the_same_seed_gives_the_same_network(examples):
    torch.set_num_threads(1)
    config = replace(DEFAULT, epochs=1, batch_beats=256)
    first, second = (train(config, examples, seed=7)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_sees_what_scoring_sees_byte_for_byte(data_dir, leads, model_dir, monkeypatch):
    lead, settings = leads[0], ScoringSettings()
    r_peaks = annotated_r_peaks(lead, settings.detector)
    seen = []
    classify = BeatClassifier.probabilities

    def note(self, beats):
        seen.append(beats)
        return classify(self, beats)

    monkeypatch.setattr(scoring, "detect_r_peaks", lambda *_: r_peaks)
    monkeypatch.setattr(BeatClassifier, "probabilities", note)
    recording = open_recording(data_dir / "mitdb" / "119.hea")
    classifier = BeatClassifier.load(model_dir)
    scoring.score_recording(recording, classifier, settings)
    learnt = lead_input(lead, classifier.card.input, settings.detector)
    assert b"".join(part.shape.tobytes() for part in seen) == learnt.shape.tobytes()
    assert b"".join(part.rhythm.tobytes() for part in seen) == learnt.rhythm.tobytes()


def test_onnx_in_float_is_pytorch_within_rounding_and_int8_close(trained, examples, tmp_path):
    network, scaling, _ = trained
    rhythm = scaling.apply(examples.rhythm)
    export_float(network, examples.shape.shape[1:], rhythm.shape[1], tmp_path / "float.onnx")
    quantise(tmp_path / "float.onnx", examples.shape, rhythm, tmp_path / "int8.onnx")
    exact = predict(network, scaling, ModelInput(examples.shape, examples.rhythm))
    answers = {}
    for name in ("float", "int8"):
        session = onnxruntime.InferenceSession(str(tmp_path / f"{name}.onnx"))
        given = {"shape": examples.shape, "rhythm": rhythm}
        answers[name] = softmax(session.run(None, given)[0])
    np.testing.assert_allclose(answers["float"], exact, atol=1e-5)
    assert (answers["int8"].argmax(axis=1) == exact.argmax(axis=1)).mean() > 0.99


def test_costs_are_those_of_the_layers(tmp_path):
    network = HybridNetwork(DEFAULT.network, 4, 16, 5)
    export_float(network, (4, 1, 128), 16, tmp_path / "float.onnx")
    told = cost(tmp_path / "float.onnx")
    convolutions = 64 * 16 * 4 * 7 + 32 * 24 * 16 * 5 + 16 * 32 * 24 * 5
    dense = 16 * 32 + 32 * 16 + (32 * 8 + 16) * 48 + 48 * 5
    assert told["macs_per_beat"] == convolutions + dense
    weights = sum(p.numel() for n, p in network.named_parameters() if "shape.1" not in n)
    assert told["parameters"] == pytest.approx(weights, rel=0.01)
    assert told["peak_activation_bytes"] == 4 * (64 * 16 * 2)  # in and out of the first ReLU


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("length", [96, 128, 250])
def test_networks_take_windows_of_other_lengths(config, length):
    network = HybridNetwork(config.network, len(config.input.channels), 2, 5).eval()
    assert network(
        torch.zeros(3, len(config.input.channels), 1, length), torch.zeros(3, 2)
    ).shape == (3, 5)
