"""Comparison of annotation files: one record worked by hand."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import wfdb

from training import ec57
from training.annotation_files import BeatFile
from training.record_comparison import compare_files
from training.record_metrics import accuracy_document
from training.record_metrics_tables import markdown

RATE_HZ = 250
DURATION_S = 600

REFERENCE = [
    (100.0, "N", 0),  # learning period
    (299.9, "V", 0),  # found at 300.02: a pair of the learning period
    (310.0, "N", 0),
    (320.0, "j", 0),  # nodal escape: N
    (330.0, "A", 0),  # found as N
    (340.0, "V", 0),  # at exactly 150 ms
    (350.0, "V", 0),  # at 154 ms: missed, and one extra
    (360.0, "F", 0),  # found as V: not false
    (370.0, "Q", 0),  # found as S: not false
    (380.0, "N", 0),  # two found near it
    (400.0, "[", 0),
    (401.0, "!", 0),
    (402.0, "N", 0),  # in flutter: not compared
    (410.0, "]", 0),
    (420.0, "V", 0),  # three V in a row,
    (421.0, "V", 0),
    (422.0, "V", 0),  # of which the last is missed
    (423.0, "N", 0),
    (450.0, "N", 0),  # not analysable
    (451.0, "V", 0),  # not analysable
    (470.0, "~", 2),  # the reference's own noise excludes nothing
    (480.0, "N", 0),
]
FOUND = [
    (100.0, "V", 0),
    (300.02, "N", 0),
    (310.0, "N", 0),
    (320.0, "N", 0),
    (330.0, "N", 0),
    (340.15 - 0.002, "V", 0),
    (350.156, "V", 0),
    (360.0, "V", 0),
    (370.0, "S", 0),
    (379.9, "V", 0),
    (380.02, "N", 0),
    (405.0, "V", 0),  # in flutter
    (420.0, "V", 0),
    (421.0, "V", 0),
    (423.0, "N", 0),
    (440.0, "~", -1),
    (455.0, "~", 0),
    (472.0, "S", 0),  # extra
    (480.0, "N", 0),
]
# annotated N, S, V, F, Q, none; found N, S, V, F, Q, none
MATRIX = [
    [5, 0, 0, 0, 0, 0],
    [1, 0, 0, 0, 0, 0],
    [0, 0, 3, 0, 0, 2],
    [0, 0, 1, 0, 0, 0],
    [0, 1, 0, 0, 0, 0],
    [0, 1, 2, 0, 0, 0],
]


def write(folder: Path, extension: str, marks: list[tuple[float, str, int]]) -> None:
    times, symbols, subtypes = zip(*marks, strict=True)
    wfdb.wrann(
        "record",
        extension,
        np.rint(np.array(times) * RATE_HZ).astype(np.int64),
        list(symbols),
        np.array(subtypes),
        fs=RATE_HZ,
        write_dir=str(folder),
    )


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "atr", REFERENCE)
    write(tmp_path, "deepecg", FOUND)
    (tmp_path / "record.hea").write_text(f"record 0 {RATE_HZ} {RATE_HZ * DURATION_S}\n")
    return tmp_path


@pytest.fixture
def comparison(folder):
    return compare_files(folder / "record", folder / "record")


def test_the_matrix_is_the_one_worked_by_hand(comparison):
    assert comparison.beats.matrix.tolist() == MATRIX
    assert comparison.beats.not_analysable.tolist() == [1, 0, 1, 0, 0]


def test_metrics_follow_the_formulas(comparison):
    document = accuracy_document({"record": comparison})
    assert document["gross"]["qrs_sensitivity"] == pytest.approx(11 / 13, abs=1e-5)
    assert document["gross"]["qrs_predictivity"] == pytest.approx(11 / 14, abs=1e-5)
    v = document["gross"]["classes"]["V"]
    assert v["sensitivity"] == pytest.approx(3 / 5)
    assert v["predictivity"] == pytest.approx(3 / 5)  # two extra; V on F is not false
    s = document["gross"]["classes"]["S"]
    assert s["sensitivity"] == s["predictivity"] == 0
    assert document["average"]["V_sensitivity"] == pytest.approx(3 / 5)
    assert document["intervals"]["V_sensitivity"] == [0.6, 0.6]  # one patient


def test_runs_of_the_record(comparison):
    document = accuracy_document({"record": comparison})["runs"]["ventricular"]
    # V V F at 340 to 360, found as V V V; and V V V from 420 on, found as V V.
    assert (document["runs"]["annotated_count"], document["runs"]["detected_count"]) == (2, 1)
    assert document["runs"]["found_count"] == document["runs"]["right_count"] == 1
    assert document["couplets"]["found_count"] == document["couplets"]["right_count"] == 1


def test_compared_time_excludes_learning_period_and_flutter_and_not_analysable_time_is_reported(
    comparison,
):
    not_analysable = accuracy_document({"record": comparison})["not_analysable"]
    assert not_analysable["judged_seconds"] == 600 - 300 - 10
    assert not_analysable["seconds"] == 15
    assert (not_analysable["beats_count"], not_analysable["v_count"]) == (2, 1)
    assert not_analysable["qrs_sensitivity_if_missed"] == pytest.approx(11 / 15, abs=1e-5)
    assert not_analysable["v_sensitivity_if_missed"] == pytest.approx(3 / 6)


def test_a_segment_without_end_lasts_to_the_end_of_the_record(folder):
    write(folder, "deepecg", [(310.0, "N", 0), (500.0, "~", -1)])
    assert compare_files(folder / "record", folder / "record").not_analysable_s == 100


def test_a_second_begin_and_an_end_without_begin_are_ignored(folder):
    marks = [(310.0, "N", 0), (320.0, "~", 0), (330.0, "~", -1), (340.0, "~", -1), (350.0, "~", 1)]
    write(folder, "deepecg", marks)
    read = BeatFile.read(folder / "record", "deepecg")
    assert read.not_analysable.tolist() == [[330.0, 350.0]]


def test_two_records_have_an_average_and_a_sum(comparison, folder):
    perfect = compare_files(folder / "record", folder / "record", found_extension="atr")
    document = accuracy_document({"a": comparison, "b": perfect})
    assert document["average"]["V_sensitivity"] == pytest.approx((3 / 5 + 1) / 2)
    assert document["gross"]["classes"]["V"]["sensitivity"] == pytest.approx(
        (3 + 6) / (5 + 6), abs=1e-4
    )


def test_the_command_line_prints_and_writes(folder, monkeypatch, capsys):
    out = folder / "metrics.json"
    arguments = ["--reference", str(folder), "--found", str(folder), "--json", str(out)]
    monkeypatch.setattr(sys, "argv", ["ec57", *arguments])
    ec57.main()
    document = json.loads(out.read_text())
    assert document["gross"]["matrix"] == MATRIX
    printed = capsys.readouterr().out
    assert printed.strip() == markdown(document).strip()
    assert "| V | 0 | 0 | 3 | 0 | 0 | 2 |" in printed


def test_a_folder_without_annotations_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ec57", "--reference", "x", "--found", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"no \*\.deepecg"):
        ec57.main()
