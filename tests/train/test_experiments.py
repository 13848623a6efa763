"""Experiments can be run again, and the log shows their rows."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from training import augmented_copies
from training.experiments import experiment
from training.experiments.experiment import Experiment, main
from training.experiments.fast_copies import EXPERIMENT
from training.experiments.table import experiments_table
from training.recipes import DEFAULT

LOG = Path(__file__).parents[2] / "training" / "EXPERIMENTS.md"

pytestmark = pytest.mark.xdist_group("training")


def test_the_log_shows_all_rows() -> None:
    assert experiments_table() in LOG.read_text(encoding="utf-8")


def test_the_variants_of_an_experiment_differ_in_what_it_asks() -> None:
    without, given = EXPERIMENT.variants.values()
    assert (without.fast_copies, given.fast_copies) == (0, 2)
    assert replace(without, fast_copies=2) == given == DEFAULT


def test_an_experiment_appends_a_row_a_variant(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(
        DEFAULT, databases=("mitdb",), epochs=1, n_folds=2, noisy_copies=0, ectopic_copies=0
    )
    chosen = ("mitdb/101", "mitdb/119", "mitdb/209", "mitdb/223")
    monkeypatch.setattr(augmented_copies, "training_records", lambda data, databases: chosen)
    monkeypatch.setattr(experiment, "ROWS_FILE", tmp_path / "rows.jsonl")
    monkeypatch.setattr(sys, "argv", ["x", "--data", str(data_dir), "--folds", "0", "1"])
    main(Experiment("small", "a small one", {"one epoch": small}))
    (row,) = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert row["variant"] == "one epoch"
    assert row["folds"] == [0, 1]
    measures = row["mitdb"]
    assert 0 <= measures["s_f1_percent"] <= 100
    assert 0 <= measures["v_f1_percent"] <= 100
    assert 0 <= measures["false_s_per_1000_n"] <= 1000
    assert "one epoch" in experiments_table(tmp_path / "rows.jsonl")
