"""The evaluation of groups of records: folds, documents, Markdown, plots."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepecg.beats.classifier import BeatClassifier
from deepecg.outputs.json_documents import to_json
from deepecg.settings import ScoringSettings
from training import evaluate
from training.annotation_files import BeatFile
from training.beat_comparison import NO_SEGMENTS, BeatCounts
from training.calibration import calibration, reliability
from training.data_roles import training_records
from training.evaluate import (
    RecordResult,
    card_evaluation,
    evaluate_record,
    fold_classifiers,
    group_document,
    worst_errors,
)
from training.evaluate_fibrillation import Seconds
from training.evaluation_report import evaluation_report, length_table
from training.event_accuracy import RecordEvents
from training.plots import Strip, plot_group, plot_strips
from training.recipes import DEFAULT
from training.record_comparison import compare

NO_FIBRILLATION = Seconds(1800, 0, 0, 0, 0, 0, 0)


def beats(text: str) -> BeatFile:
    """Return one beat a letter and second, from 400 s on."""
    labels = np.array(["NSVFQ".index(c) for c in text], np.int64)
    return BeatFile(400.0 + np.arange(len(text)), labels, NO_SEGMENTS, NO_SEGMENTS)


def misclassified(record: str, probability: float) -> Strip:
    signal = np.sin(np.arange(600) / 50).astype(np.float32)
    return Strip(f"{record}, MLII", probability, 100.0, signal, {200: "N", 300: "V>N"})


def result(annotated: str, found: str, float32: bool = True) -> RecordResult:
    """Return a record in which found beats have 0.8 of their class."""
    one, other = beats(annotated), beats(found)
    probabilities = np.full((len(annotated), 5), 0.05, np.float32)
    probabilities[np.arange(len(annotated)), other.labels] = 0.8
    comparison = compare(one, other, 1800.0)
    return RecordResult(
        comparison,
        RecordEvents(comparison.runs, NO_FIBRILLATION),
        one.labels,
        probabilities,
        probabilities if float32 else None,
        None if annotated == found else misclassified("mitdb/999", 0.8),
        2,
    )


@pytest.fixture
def classifier(model_dir):
    return BeatClassifier.load(model_dir)


@pytest.fixture
def group(classifier):
    results = {
        "mitdb/200": result("NNVVVNNSSNNNF", "NNVVNNNSNNNVV"),
        "mitdb/202": result("NNNNNVVNNNNNN", "NNNNNVVNNNNNN"),
    }
    return group_document("made up", results, [classifier] * 2)


def test_a_group_has_metrics_end_to_end_and_at_annotated_positions(group, classifier):
    assert group["models"] == [classifier.version]
    assert group["leads"] == "2"
    annotated, whole = group["annotated"]["gross"], group["end_to_end"]["gross"]
    assert annotated["matrix"] == whole["matrix"]
    assert annotated["classes"]["V"]["predictivity"] == round(4 / 6, 4)
    assert whole["classes"]["V"]["predictivity"] == round(4 / 5, 4)  # V on F is not false
    assert group["annotated_float32"]["matrix"] == annotated["matrix"]
    assert group["annotated_float32"]["called_otherwise_by_int8_count"] == 0


def test_without_a_float32_model_the_report_does_not_mention_it(classifier):
    document = group_document(
        "made up", {"svdb/800": result("NNV", "NNV", float32=False)}, [classifier]
    )
    assert document["annotated_float32"] is None
    assert "float32" not in evaluation_report({"svdb": document})


def test_the_report_can_be_made_of_the_document_alone(group):
    document = {"ds2": group}
    assert evaluation_report(json.loads(to_json(document))) == evaluation_report(document)
    assert "all but 202" in evaluation_report(document)
    assert "| V | 1 | 0 | 4 | 0 | 0 | 0 |" in evaluation_report(document)


def test_every_row_of_every_table_has_as_many_cells_as_its_head(group):
    rows = evaluation_report({"ds2": group}).splitlines()
    head = 0
    for before, line in zip(["", *rows], rows, strict=False):
        if line.startswith("|"):
            head = head if before.startswith("|") else line.count("|")
            assert line.count("|") == head, line


def test_the_length_table_has_the_counts_of_the_matrix():
    matrix = np.zeros((7, 7), int)
    matrix[2, 3] = 5
    assert "| 2 | 0 | 0 | 0 | 5 | 0 | 0 | 0 |" in length_table(matrix.tolist())


def test_the_card_contains_the_metrics_that_summaries_copy(group):
    document = card_evaluation(group)
    assert document["end_to_end"]["classes"]["V"]["sensitivity"] == round(4 / 5, 4)
    assert document["events"]["ventricular_run"]["annotated_count"] == 1
    assert document["end_to_end_by_record"].keys() == {"mitdb/200", "mitdb/202"}
    assert document.keys() == {
        "annotated",
        "annotated_by_record",
        "annotated_float32",
        "end_to_end",
        "end_to_end_by_record",
        "events",
    }


def test_plots_are_drawn_and_small(group, tmp_path):
    plot_group(group, tmp_path / "group.png")
    plot_strips(
        [misclassified("mitdb/200", 0.9), misclassified("mitdb/201", 0.8)], tmp_path / "strips.png"
    )
    plot_strips([], tmp_path / "none.png")
    for name in ("group", "strips"):
        assert 5_000 < (tmp_path / f"{name}.png").stat().st_size < 300_000
    assert not (tmp_path / "none.png").exists()


def test_worst_errors_are_one_a_record_the_most_probable_first():
    results = [
        replace(result("N", "N"), worst_error=misclassified(f"mitdb/{n}", p))
        for n, p in enumerate((0.5, 0.9, 0.7, 0.6, 0.8, 0.4, 0.3, 0.99))
    ]
    assert [each.probability for each in worst_errors(results)] == [0.99, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert worst_errors([result("N", "N")]) == []


# --- folds


def make_folds(model: Path, folder: Path, *held_back: list[str]) -> Path:
    for number, records in enumerate(held_back):
        fold = folder / str(number)
        fold.mkdir(parents=True)
        shutil.copy(model / "beat_classifier.onnx", fold)
        card = json.loads((model / "model_card.json").read_text())
        card["training"]["held_back"] = records
        (fold / "model_card.json").write_text(json.dumps(card))
    return folder


def test_each_record_gets_the_model_of_the_fold_that_held_it_back(model_dir, tmp_path):
    folds = make_folds(model_dir, tmp_path, ["mitdb/101", "svdb/800"], ["mitdb/106"])
    found = fold_classifiers(folds)
    assert found.keys() == {"mitdb/101", "svdb/800", "mitdb/106"}
    assert found["mitdb/101"] is found["svdb/800"] is not found["mitdb/106"]


def test_a_record_held_back_twice_is_refused(model_dir, tmp_path):
    with pytest.raises(SystemExit, match="mitdb/101 is held back by more than one fold"):
        fold_classifiers(make_folds(model_dir, tmp_path, ["mitdb/101"], ["mitdb/101"]))


# --- calibration


def test_probabilities_equal_to_observed_shares_have_no_error():
    probabilities = np.repeat(np.array([0.25, 0.75], np.float32), 400)
    outcomes = np.concatenate([np.arange(400) < 100, np.arange(400) < 300])
    document = reliability(probabilities, outcomes)
    assert document["expected_calibration_error"] == 0
    assert [each["share"] for each in document["bins"]] == [0.25, 0.75]


def test_the_error_is_the_mean_distance_weighted_by_beats():
    probabilities = np.repeat(np.array([0.9, 0.3], np.float32), [300, 100])
    outcomes = np.concatenate([np.arange(300) < 210, np.zeros(100, bool)])  # 0.7 and 0
    document = reliability(probabilities, outcomes)
    assert document["expected_calibration_error"] == pytest.approx(
        0.75 * 0.2 + 0.25 * 0.3, abs=1e-5
    )


def test_probability_one_is_in_the_last_bin_and_each_class_has_its_own_error():
    labels = np.array([0, 2, 1])
    document = calibration(np.eye(5, dtype=np.float32)[labels], labels)
    assert {document[key]["expected_calibration_error"] for key in ("any", "V", "S")} == {0}
    assert document["any"]["bins"] == [{"beats_count": 3, "probability": 1.0, "share": 1.0}]
    assert [each["beats_count"] for each in document["V"]["bins"]] == [2, 1]


# --- a real record, that the model was trained on


@pytest.mark.xdist_group("training")
def test_a_record_is_compared_from_the_file_that_scoring_writes(data_dir, classifier, tmp_path):
    record = "mitdb/119"
    found = evaluate_record(data_dir, record, classifier, ScoringSettings(), out=tmp_path)
    assert (tmp_path / "mitdb" / "119.deepecg").is_file()
    reference = BeatFile.read(data_dir / record)
    assert found.labels.tolist() == reference.labels.tolist()
    assert found.probabilities.shape == (len(found.labels), 5)
    counts: BeatCounts = found.end_to_end.beats
    compared = reference.times_s >= 300
    assert counts.matrix[:5].sum() + counts.not_analysable.sum() == compared.sum()
    assert counts.metric("V_f1", ec57=True) > 0.99
    assert found.end_to_end.compared_s == pytest.approx(1505.6, abs=0.1)


@pytest.mark.xdist_group("training")
def test_the_command_line_uses_the_folds_and_keeps_groups_that_it_did_not_evaluate(
    data_dir, model_dir, tmp_path, monkeypatch
):
    records = training_records(data_dir, DEFAULT.databases)
    folds = make_folds(model_dir, tmp_path / "folds", list(records[::2]), list(records[1::2]))
    results = tmp_path / "results"

    def evaluate_only(*only: str) -> dict:
        options = {"data": data_dir, "folds": folds, "results": results, "out": tmp_path / "out"}
        given = [part for name, path in options.items() for part in (f"--{name}", str(path))]
        monkeypatch.setattr(
            sys, "argv", ["evaluate", *given, "--records", "training", "--only", *only]
        )
        evaluate.main()
        return json.loads((results / "evaluation.json").read_text())

    first = evaluate_only("mitdb/119")
    assert first.keys() == {"ds1"}
    both = evaluate_only("svdb/800")
    assert both.keys() == {"ds1", "svdb"}
    assert both["ds1"] == first["ds1"]
    report = (results / "evaluation.md").read_text()
    assert report == evaluation_report({group: both[group] for group in ("ds1", "svdb")})
    assert sorted(path.name for path in results.glob("*.png")) == [
        "evaluation_ds1.png",
        "evaluation_svdb.png",
    ]
    assert (tmp_path / "out" / "svdb" / "800.deepecg").is_file()


def test_training_records_without_a_fold_are_refused(data_dir, model_dir, tmp_path, monkeypatch):
    folds = make_folds(model_dir, tmp_path, ["mitdb/101"])
    options = ["--data", str(data_dir), "--folds", str(folds), "--records", "training"]
    monkeypatch.setattr(sys, "argv", ["evaluate", *options, "--results", str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="holds back mitdb/106"):
        evaluate.main()
