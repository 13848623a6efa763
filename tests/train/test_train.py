import subprocess
from dataclasses import replace
from hashlib import sha256

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from deepecg import scoring
from deepecg.beats import detection
from deepecg.beats.classifier import BeatClassifier, softmax
from deepecg.beats.model_card import read_card
from deepecg.beats.model_input import ModelInput
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from training.annotated_records import annotated_records
from training.augmented_batches import Sequences, augment
from training.data_roles import HeldBackRecordError
from training.export_onnx import cost, export_float, model_arrays, quantise
from training.network import HybridNetwork
from training.recipes import CONFIGS, DEFAULT, REPORT
from training.trained_model import Trained, git_commit, quantisation_beats, save
from training.training_examples import annotated_r_peaks, make_examples
from training.training_loop import predict, train

pytestmark = pytest.mark.xdist_group("training")
SMALL = replace(DEFAULT, batch_beats=256, average_decay=0.0, uneventful_share=1.0)


@pytest.fixture(scope="module")
def record(data_dir):
    (found,) = annotated_records(data_dir, ["mitdb/119"], ScoringSettings(), n_leads=2)
    return found


@pytest.fixture(scope="module")
def examples(record):
    return make_examples(record, DEFAULT.input, ScoringSettings().detector)


@pytest.fixture(scope="module")
def trained(examples):
    torch.set_num_threads(1)
    losses = []
    network, scalings = train(
        replace(SMALL, epochs=8),
        [examples],
        seed=1,
        after_epoch=lambda _, loss, *__: losses.append(loss),
    )
    return network, scalings, losses


def test_a_short_training_learns_the_ventricular_beats_of_record_119(trained, examples):
    network, scalings, losses = trained
    assert losses[-1] < losses[0]
    found = predict(network, scalings, examples.beats).argmax(axis=1)
    assert (found == examples.labels).mean() > 0.95


@pytest.mark.parametrize("name", ["mitdb/100", "svdb/801", "elsewhere/1"])
def test_records_that_are_held_back_are_not_trained_on(examples, name):
    with pytest.raises(HeldBackRecordError, match=name):
        train(SMALL, [examples, replace(examples, record=name)], seed=0)


def test_the_same_seed_gives_the_same_network(examples):
    torch.set_num_threads(1)
    config = replace(DEFAULT, epochs=1, batch_beats=256)
    first, second = (train(config, [examples], seed=7)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_and_scoring_have_the_same_inputs_byte_for_byte(
    data_dir, record, examples, model_dir, monkeypatch
):
    settings = ScoringSettings()
    r_peaks = annotated_r_peaks(record, settings.detector)
    seen = []
    in_context = BeatClassifier.in_context

    def note(self, beats):
        seen.append(beats)
        return in_context(self, beats)

    monkeypatch.setattr(detection, "detect_r_peaks", lambda *_: r_peaks)
    monkeypatch.setattr(BeatClassifier, "in_context", note)
    recording = open_recording(data_dir / "mitdb" / "119.hea")
    classifier = BeatClassifier.load(model_dir)
    scored = scoring.score_recording(recording, classifier, settings)
    assert classifier.card.input == DEFAULT.input
    assert len(record.signals) == len(scored.used) == 2
    assert record.leads == tuple(recording.leads[lead.number] for lead in scored.used)
    for name in ("waveforms", "morphology", "usable", "timing"):
        one = b"".join(getattr(part, name).tobytes() for part in seen)
        assert one == getattr(examples.beats, name).tobytes(), name


# --- export


def test_the_card_records_data_machine_and_commit(data_dir, trained, examples, tmp_path):
    network, scalings, _ = trained
    model = Trained(SMALL, network, scalings, [examples] * 2, ["mitdb/101"], 1, data_dir)
    save(model, tmp_path / "out", tmp_path / "logs")
    found = read_card(tmp_path / "out").document["training"]
    parts = [
        sha256((data_dir / "mitdb" / f"119.{end}").read_bytes()).digest()
        for end in ("hea", "dat", "atr")
    ]
    assert found["data_sha256"] == {"mitdb/119": sha256(b"".join(parts)).hexdigest()[:12]}
    assert found["records"] == ["mitdb/119"]
    assert found["held_back"] == ["mitdb/101"]
    assert found["threads"] == torch.get_num_threads()
    assert found["processor"]


def test_the_commit_is_that_of_the_checkout_and_none_outside(tmp_path):
    assert git_commit(tmp_path) is None
    for command in (["init"], ["commit", "--allow-empty", "-m", "First"]):
        author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *author, *command], cwd=tmp_path, check=True, capture_output=True)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tmp_path, text=True).strip()
    assert git_commit(tmp_path) == head
    (tmp_path / "file").write_text("1")
    subprocess.run(["git", "add", "file"], cwd=tmp_path, check=True)
    assert git_commit(tmp_path) == f"{head}-dirty"


def test_float32_onnx_equals_pytorch_within_rounding_and_int8_is_close(trained, examples, tmp_path):
    network, scalings, _ = trained
    export_float(network, examples.beats, tmp_path / "float.onnx")
    quantise(
        tmp_path / "float.onnx", quantisation_beats([examples], scalings), tmp_path / "int8.onnx"
    )
    expected = predict(network, scalings, examples.beats)
    given = model_arrays(scalings.apply(examples.beats))
    answers = {}
    for name in ("float", "int8"):
        session = onnxruntime.InferenceSession(str(tmp_path / f"{name}.onnx"))
        assert {one.name for one in session.get_inputs()} == set(given)
        assert [one.name for one in session.get_outputs()] == ["logits", "alone"]
        answers[name] = softmax(session.run(["logits"], given)[0])
    np.testing.assert_allclose(answers["float"], expected, atol=1e-4)
    assert (answers["int8"].argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.99


def some_beats(config, n_beats=64):
    random = np.random.default_rng(0)
    spec, n_leads = config.input, config.n_leads

    def normal(*shape):
        return random.normal(size=shape).astype(np.float32)

    return ModelInput(
        normal(n_beats, n_leads, len(spec.channels), spec.length),
        normal(n_beats, n_leads, len(spec.morphology)),
        np.ones((n_beats, n_leads), bool),
        normal(n_beats, len(spec.timing)),
    )


def test_unused_inputs_and_outputs_are_not_in_the_file(tmp_path):
    network = HybridNetwork(REPORT.network, REPORT.input, 5)
    export_float(network, some_beats(REPORT), tmp_path / "float.onnx")
    graph = onnx.load(str(tmp_path / "float.onnx")).graph
    assert [given.name for given in graph.input] == ["waveforms", "timing"]
    assert [given.name for given in graph.output] == ["logits"]


def test_the_cost_is_the_sum_over_the_layers(tmp_path):
    network = HybridNetwork(DEFAULT.network, DEFAULT.input, 5)
    export_float(network, some_beats(DEFAULT), tmp_path / "float.onnx")
    costs = cost(tmp_path / "float.onnx")
    convolutions = 64 * 12 * 6 * 7 + 32 * 16 * 12 * 5 + 16 * 24 * 16 * 5
    lead = (24 * 8 + 8) * 32 + 32
    dense = 19 * 32 + 32 * 16 + (32 + 16) * 32 + 2 * 32 * 5
    sequence = 4 * 32 * 32 * 3
    assert costs["macs_per_beat"] == convolutions + lead + dense + sequence
    weights = sum(p.numel() for n, p in network.named_parameters() if "waveforms.1" not in n)
    assert costs["parameters"] == pytest.approx(weights, rel=0.02)
    assert costs["peak_activation_bytes"] == 4 * (64 * 12 * 2)  # in and out of the first ReLU


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("before_s", [0.375, 0.875, 1.375])
def test_networks_take_windows_of_other_lengths(config, before_s):
    windows = replace(config.input.windows, before_s=before_s)
    config = replace(config, input=replace(config.input, windows=windows))
    network = HybridNetwork(config.network, config.input, 5).eval()
    given = [torch.from_numpy(values) for values in model_arrays(some_beats(config, 3)).values()]
    logits, alone = network(*given)
    assert logits.shape == alone.shape == (3, 5)


def test_sequences_of_a_batch_do_not_influence_each_other():
    network = HybridNetwork(DEFAULT.network, DEFAULT.input, 5).eval()
    beats = some_beats(DEFAULT, 60)

    def logits(some, n_sequences=1):
        given = [torch.from_numpy(values) for values in model_arrays(some).values()]
        with torch.no_grad():
            return network(*given, n_sequences)[0].numpy()

    apart = np.concatenate([logits(beats[start : start + 20]) for start in (0, 20, 40)])
    np.testing.assert_allclose(logits(beats, 3), apart, atol=1e-5)
    assert np.abs(logits(beats) - apart).max() > 1e-3


# --- sequences


def records_of(*lengths, ectopic=()):
    """Return labels of records; of those numbered in ``ectopic`` every 50th beat is S."""
    labels = [np.zeros(length, np.int64) for length in lengths]
    for number in ectopic:
        labels[number][::50] = 1
    return labels


def test_a_sequence_never_crosses_a_records_border():
    labels = records_of(200, 65, 64, 63, 500)  # the fourth is too short for any
    borders = np.cumsum([0, *map(len, labels)])
    sequences = Sequences(labels, SMALL)
    order, seen = np.random.default_rng(0), set()
    for _ in range(20):
        for beats, _ in sequences.epoch(order):
            for sequence in beats.reshape(-1, 64).numpy():
                assert np.all(np.diff(sequence) == 1)
                first, last = np.searchsorted(borders, sequence[[0, -1]], side="right")
                assert first == last
                seen.add(int(first))
    assert seen == {1, 2, 3, 5}


def test_uneventful_sequences_weigh_more_for_the_skipped_ones():
    config = replace(SMALL, uneventful_share=0.25, batch_beats=64)
    labels = records_of(64 * 100, 64 * 10, ectopic=[1])
    sequences = Sequences(labels, config)
    assert sequences.steps == 10 + 25
    total, eventful = 0.0, 0
    for beats, importance in sequences.epoch(np.random.default_rng(0)):
        assert len(importance.unique()) == 1
        total += importance.sum().item()
        if beats.min() >= 64 * 100:
            assert importance[0] == 1
            eventful += 1
        else:
            assert importance[0] == 4
    assert eventful == 10
    assert total == 64 * 110


# --- augmentation


def of_ones(n_sequences=50, n_leads=2):
    n_beats = n_sequences * SMALL.sequence_beats
    return (
        torch.ones(n_beats, n_leads, len(SMALL.input.channels), 8),
        torch.ones(n_beats, n_leads),
        torch.zeros(n_beats, len(SMALL.input.timing)),
    )


def test_one_lead_of_two_is_hidden_in_the_whole_sequence():
    torch.manual_seed(0)
    _, usable, _ = augment(*of_ones(), replace(SMALL, lead_dropout=1.0))
    by_sequence = usable.reshape(50, -1, 2)
    assert torch.all(by_sequence == by_sequence[:, :1])
    assert torch.all(by_sequence[:, 0].sum(dim=1) == 1)
    assert 0 < by_sequence[:, 0, 0].sum() < 50
    _, usable, _ = augment(*of_ones(), replace(SMALL, lead_dropout=0.0))
    assert torch.all(usable == 1)
    _, usable, _ = augment(*of_ones(n_leads=1), replace(SMALL, lead_dropout=1.0))
    assert torch.all(usable == 1)


def test_whole_leads_are_inverted_together_with_the_template_beat():
    torch.manual_seed(0)
    shape, _, _ = augment(*of_ones(), replace(SMALL, noise=0.0, flip_polarity=True))
    by_sequence = shape.reshape(50, 64, 2, -1)
    assert torch.all(by_sequence == by_sequence[:, :1, :, :1])
    assert set(by_sequence[:, 0, :, 0].unique().tolist()) == {-1.0, 1.0}


def test_noise_changes_only_the_beat_and_rate_jitter_only_the_rate():
    torch.manual_seed(0)
    given = of_ones()
    before = [values.clone() for values in given]
    shape, _, timing = augment(*given, replace(SMALL, flip_polarity=False, lead_dropout=0.0))
    for number, name in enumerate(SMALL.input.channels):
        is_same = bool(torch.all(shape[:, :, number] == 1))
        assert is_same == name.startswith("template"), name
    local_rr = SMALL.input.timing.index("local_rr")
    others = [n for n in range(timing.shape[1]) if n != local_rr]
    assert torch.all(timing[:, others] == 0)
    rates = timing[:, local_rr].reshape(50, -1)
    assert torch.all(rates == rates[:, :1])
    assert len(rates[:, 0].unique()) == 50
    assert all(torch.equal(one, other) for one, other in zip(given, before, strict=True))
