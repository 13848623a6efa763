"""The evaluation around the judge: folds, documents, Markdown, pictures."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepecg.beats.classifier import BeatClassifier
from deepecg.outputs.json_files import to_json
from deepecg.settings import ScoringSettings
from training import evaluate
from training.annotated_records import read_annotations, training_records
from training.beat_matching import NOWHERE, BeatCounts
from training.calibration import calibration, reliability
from training.ec57 import BeatFile, judge
from training.evaluate import (
    RecordResult,
    card_evaluation,
    evaluate_record,
    fold_classifiers,
    group_document,
    worst,
)
from training.evaluate_fibrillation import Seconds
from training.evaluation_report import evaluation_report, length_table
from training.event_accuracy import RecordEvents
from training.plots import Mistake, plot_group, plot_mistakes

NO_FIBRILLATION = Seconds(1800, 0, 0, 0, 0, 0, 0)


def beats(text: str) -> BeatFile:
    """Return one beat a letter and second, from 400 s on."""
    labels = np.array(["NSVFQ".index(c) for c in text], np.int64)
    return BeatFile(400.0 + np.arange(len(text)), labels, NOWHERE, NOWHERE)


def mistake(record: str, probability: float) -> Mistake:
    return Mistake(
        record=record,
        lead="MLII",
        at_s=403.0,
        annotated="V",
        found="N",
        probability=probability,
        start_s=400.0,
        rate_hz=100.0,
        signal_mv=np.sin(np.arange(600) / 50).astype(np.float32),
        beats_annotated=[(402.0, "N"), (403.0, "V")],
        beats_found=[(402.0, "N"), (403.05, "N")],
    )


def result(annotated: str, found: str, exact: bool = True) -> RecordResult:
    """Return a record in which found beats have 0.8 of their class."""
    one, other = beats(annotated), beats(found)
    probabilities = np.full((len(annotated), 5), 0.05, np.float32)
    probabilities[np.arange(len(annotated)), other.labels] = 0.8
    judged = judge(one, other, 1800.0)
    return RecordResult(
        judged,
        RecordEvents(judged.runs, NO_FIBRILLATION),
        one.labels,
        probabilities,
        probabilities if exact else None,
        None if annotated == found else mistake("mitdb/999", 0.8),
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


def test_a_group_tells_both_ways_of_judging(group, classifier):
    assert group["models"] == [classifier.version]
    assert group["leads"] == "2"
    annotated, whole = group["annotated"]["gross"], group["end_to_end"]["gross"]
    assert annotated["matrix"] == whole["matrix"]
    assert annotated["classes"]["V"]["predictivity"] == round(4 / 6, 4)
    assert whole["classes"]["V"]["predictivity"] == round(4 / 5, 4)  # V on F is forgiven
    assert group["annotated_float32"]["matrix"] == annotated["matrix"]
    assert group["annotated_float32"]["called_otherwise_by_int8_count"] == 0


def test_without_a_float_model_nothing_is_told_of_it(classifier):
    told = group_document("made up", {"svdb/800": result("NNV", "NNV", exact=False)}, [classifier])
    assert told["annotated_float32"] is None
    assert "float32" not in evaluation_report({"svdb": told})


def test_the_report_can_be_made_of_the_document_alone(group):
    told = {"ds2": group}
    assert evaluation_report(json.loads(to_json(told))) == evaluation_report(told)
    assert "all but 202" in evaluation_report(told)
    assert "| V | 1 | 0 | 4 | 0 | 0 | 0 |" in evaluation_report(told)


def test_every_row_of_every_table_has_as_many_cells_as_its_head(group):
    rows = evaluation_report({"ds2": group}).splitlines()
    head = 0
    for before, line in zip(["", *rows], rows, strict=False):
        if line.startswith("|"):
            head = head if before.startswith("|") else line.count("|")
            assert line.count("|") == head, line


def test_lengths_are_told_as_they_are():
    matrix = np.zeros((7, 7), int)
    matrix[2, 3] = 5
    assert "| 2 | 0 | 0 | 0 | 5 | 0 | 0 | 0 |" in length_table(matrix.tolist())


def test_the_card_is_told_what_summaries_ask_it_for(group):
    told = card_evaluation(group)
    assert told["end_to_end"]["classes"]["V"]["sensitivity"] == round(4 / 5, 4)
    assert told["events"]["ventricular_run"]["annotated_count"] == 1
    assert told["end_to_end_by_record"].keys() == {"mitdb/200", "mitdb/202"}
    assert told.keys() == {
        "annotated",
        "annotated_by_record",
        "annotated_float32",
        "end_to_end",
        "end_to_end_by_record",
        "events",
    }


def test_pictures_are_drawn_and_small(group, tmp_path):
    plot_group(group, tmp_path / "group.png")
    plot_mistakes([mistake("mitdb/200", 0.9), mistake("mitdb/201", 0.8)], tmp_path / "strips.png")
    plot_mistakes([], tmp_path / "none.png")
    for name in ("group", "strips"):
        assert 5_000 < (tmp_path / f"{name}.png").stat().st_size < 300_000
    assert not (tmp_path / "none.png").exists()


def test_the_worst_errors_are_one_a_record_and_the_surest_first():
    results = [
        replace(result("N", "N"), mistake=mistake(f"mitdb/{n}", p))
        for n, p in enumerate((0.5, 0.9, 0.7, 0.6, 0.8, 0.4, 0.3, 0.99))
    ]
    assert [each.probability for each in worst(results)] == [0.99, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert worst([result("N", "N")]) == []


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


def test_each_record_is_given_to_the_fold_that_held_it_back(model_dir, tmp_path):
    folds = make_folds(model_dir, tmp_path, ["mitdb/101", "svdb/800"], ["mitdb/106"])
    found = fold_classifiers(folds)
    assert found.keys() == {"mitdb/101", "svdb/800", "mitdb/106"}
    assert found["mitdb/101"] is found["svdb/800"] is not found["mitdb/106"]


def test_a_record_held_back_twice_is_refused(model_dir, tmp_path):
    with pytest.raises(SystemExit, match="mitdb/101 is held back by more than one fold"):
        fold_classifiers(make_folds(model_dir, tmp_path, ["mitdb/101"], ["mitdb/101"]))


# --- calibration


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error():
    foretold = np.repeat(np.array([0.25, 0.75], np.float32), 400)
    came = np.concatenate([np.arange(400) < 100, np.arange(400) < 300])
    told = reliability(foretold, came)
    assert told["expected_calibration_error"] == 0
    assert [each["share"] for each in told["bins"]] == [0.25, 0.75]


def test_the_error_is_the_mean_distance_weighed_by_beats():
    foretold = np.repeat(np.array([0.9, 0.3], np.float32), [300, 100])
    came = np.concatenate([np.arange(300) < 210, np.zeros(100, bool)])  # 0.7 and 0
    told = reliability(foretold, came)
    assert told["expected_calibration_error"] == pytest.approx(0.75 * 0.2 + 0.25 * 0.3, abs=1e-5)


def test_certainty_falls_into_the_last_bin_and_classes_have_their_own_error():
    labels = np.array([0, 2, 1])
    told = calibration(np.eye(5, dtype=np.float32)[labels], labels)
    assert {told[key]["expected_calibration_error"] for key in ("any", "V", "S")} == {0}
    assert told["any"]["bins"] == [{"beats_count": 3, "probability": 1.0, "share": 1.0}]
    assert [each["beats_count"] for each in told["V"]["bins"]] == [2, 1]


# --- a real record, that the model was trained on


@pytest.mark.xdist_group("training")
def test_a_record_is_judged_from_the_file_that_scoring_writes(data_dir, classifier, tmp_path):
    record = "mitdb/119"
    found = evaluate_record(data_dir, record, classifier, ScoringSettings(), out=tmp_path)
    assert (tmp_path / "mitdb" / "119.deepecg").is_file()
    reference = read_annotations(data_dir / record)
    assert found.labels.tolist() == reference.labels.tolist()
    assert found.probabilities.shape == (len(found.labels), 5)
    counts: BeatCounts = found.end_to_end.beats
    judged = reference.samples >= 300 * 360
    assert counts.matrix[:5].sum() + counts.given_up.sum() == judged.sum()
    assert counts.f1("V", ec57=True) > 0.99
    assert found.end_to_end.judged_s == pytest.approx(1505.6, abs=0.1)


@pytest.mark.xdist_group("training")
def test_the_command_line_judges_with_the_folds_and_keeps_what_it_did_not_judge(
    data_dir, model_dir, tmp_path, monkeypatch
):
    records = training_records(data_dir, ("mitdb", "svdb"))
    folds = make_folds(model_dir, tmp_path / "folds", list(records[::2]), list(records[1::2]))
    results = tmp_path / "results"

    def judge_only(*only: str) -> dict:
        options = {"data": data_dir, "folds": folds, "results": results, "out": tmp_path / "out"}
        given = [part for name, path in options.items() for part in (f"--{name}", str(path))]
        monkeypatch.setattr(
            sys, "argv", ["evaluate", *given, "--records", "training", "--only", *only]
        )
        evaluate.main()
        return json.loads((results / "evaluation.json").read_text())

    first = judge_only("mitdb/119")
    assert first.keys() == {"ds1"}
    both = judge_only("svdb/800")
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
