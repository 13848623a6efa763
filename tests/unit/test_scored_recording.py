"""A beat has one class: whatever is written or counted of a recording uses that decision."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import wfdb
from unit.small_recordings import RATE, recording_of

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.outputs.file_names import SUMMARY_FILE
from deepecg.outputs.result_files import write_outputs
from deepecg.readers.open_recording import open_recording
from deepecg.rhythm.atrial_fibrillation import without_supraventricular
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.scoring import score_recording

N, S, V = (CLASSES.index(name) for name in "NSV")


def stream_of(probabilities: np.ndarray) -> BeatStream:
    n_beats = len(probabilities)
    no_pause = np.zeros(n_beats, bool)
    return BeatStream(
        np.arange(float(n_beats)), np.ones(n_beats), probabilities, no_pause, no_pause
    )


def test_beats_that_are_s_inside_fibrillation_become_n_and_all_others_stay() -> None:
    probabilities = np.full((4, 5), 0.05, np.float32)
    for beat, label in enumerate((S, S, V, N)):
        probabilities[beat, label] = 0.8
    decided = without_supraventricular(
        stream_of(probabilities), np.array([False, True, True, True])
    )
    assert decided.labels.tolist() == [S, N, V, N]
    np.testing.assert_allclose(decided.probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(decided.probabilities[0], probabilities[0])


def test_a_v_that_is_less_probable_than_n_and_s_together_is_n_inside_fibrillation() -> None:
    """Version 0.4 kept the label V beside a probability of N that was larger."""
    probabilities = np.array([[0.3, 0.3, 0.4, 0, 0]], np.float32)
    decided = without_supraventricular(stream_of(probabilities), np.array([True]))
    assert decided.labels.tolist() == [N]


def test_no_beat_of_a_record_in_fibrillation_is_s(data_dir: Path, model_dir: Path) -> None:
    """Record 203 is in fibrillation throughout; its annotators called 2 beats of 2,980 S."""
    recording = open_recording(data_dir / "mitdb" / "203.hea")
    scored = score_recording(recording, BeatClassifier.load(model_dir))
    inside = scored.rhythm.fibrillation.beats
    assert inside.mean() > 0.9
    assert np.count_nonzero(scored.beats.labels[inside] == S) == 0
    assert np.count_nonzero(scored.beats.labels == S) < 30


@pytest.mark.parametrize("record", ["mitdb/203", "mitdb/222", "mitdb/201"])
def test_every_document_counts_the_most_probable_class_of_each_beat(
    data_dir: Path, model_dir: Path, tmp_path: Path, record: str
) -> None:
    recording = open_recording(data_dir / f"{record}.hea")
    scored = score_recording(recording, BeatClassifier.load(model_dir))
    write_outputs(scored, tmp_path, "r", "0" * 20)
    classes = [CLASSES[label] for label in scored.beats.probabilities.argmax(axis=1)]
    counts = Counter(classes)
    symbols = wfdb.rdann(str(tmp_path / "r"), "deepecg").symbol
    assert [symbol for symbol in symbols if symbol != "~"] == classes
    summary = json.loads((tmp_path / SUMMARY_FILE).read_text())
    assert summary["beats"]["class_count"] == {name: counts[name] for name in CLASSES}
    assert summary["ventricular"]["count"] == counts["V"]
    assert summary["supraventricular"]["count"] == counts["S"]
    assert sum(hour["ventricular_count"] for hour in summary["hours"]) == counts["V"]
    assert sum(hour["supraventricular_count"] for hour in summary["hours"]) == counts["S"]
    fhir = json.loads((tmp_path / "diagnostic_report.json").read_text())
    observed = {
        entry["resource"]["code"]["coding"][-1]["code"]: entry["resource"]
        for entry in fhir["entry"]
        if entry["resource"]["resourceType"] == "Observation"
    }
    for kind, name in (("ventricular", "V"), ("supraventricular", "S")):
        assert observed[f"{kind}.count"]["valueQuantity"]["value"] == counts[name]


def test_a_recording_without_fibrillation_keeps_what_the_classifier_says(model_dir: Path) -> None:
    random = np.random.default_rng(3)
    signal = 0.02 * random.normal(size=60 * RATE)
    signal[RATE // 2 :: RATE] += 1
    scored = score_recording(recording_of(signal, rate=RATE), BeatClassifier.load(model_dir))
    assert not scored.rhythm.fibrillation.episodes
    np.testing.assert_array_equal(scored.beats.labels, scored.beats.probabilities.argmax(axis=1))
