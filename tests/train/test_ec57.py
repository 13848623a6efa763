"""The judge, from annotation files: one record worked by hand."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import wfdb

from training import ec57
from training.ec57 import BeatFile, document, judge_files, markdown

RATE_HZ = 250
DURATION_S = 600

REFERENCE = [
    (100.0, "N", 0),  # learning time
    (299.9, "V", 0),  # found at 300.02: a pair of the learning time
    (310.0, "N", 0),
    (320.0, "j", 0),  # nodal escape: N
    (330.0, "A", 0),  # called N
    (340.0, "V", 0),  # at exactly 150 ms
    (350.0, "V", 0),  # at 154 ms: missed, and one extra
    (360.0, "F", 0),  # called V: forgiven
    (370.0, "Q", 0),  # called S: forgiven
    (380.0, "N", 0),  # two found near it
    (400.0, "[", 0),
    (401.0, "!", 0),
    (402.0, "N", 0),  # in flutter: not judged
    (410.0, "]", 0),
    (420.0, "V", 0),  # three V in a row,
    (421.0, "V", 0),
    (422.0, "V", 0),  # of which the last is missed
    (423.0, "N", 0),
    (450.0, "N", 0),  # given up
    (451.0, "V", 0),  # given up
    (470.0, "~", 2),  # the reference's own noise leaves nothing out
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
def judged(folder):
    return judge_files(folder / "record", folder / "record")


def test_the_matrix_is_the_one_that_was_worked_by_hand(judged):
    assert judged.beats.matrix.tolist() == MATRIX
    assert judged.beats.given_up.tolist() == [1, 0, 1, 0, 0]


def test_the_figures_are_those_of_the_formulas(judged):
    told = document({"record": judged})
    assert told["gross"]["qrs_sensitivity"] == pytest.approx(11 / 13, abs=1e-5)
    assert told["gross"]["qrs_predictivity"] == pytest.approx(11 / 14, abs=1e-5)
    v = told["gross"]["classes"]["V"]
    assert v["sensitivity"] == pytest.approx(3 / 5)
    assert v["predictivity"] == pytest.approx(3 / 5)  # two extra; the F is forgiven
    s = told["gross"]["classes"]["S"]
    assert s["sensitivity"] == s["predictivity"] == 0
    assert told["average"]["V_sensitivity"] == pytest.approx(3 / 5)
    assert told["intervals"]["V_sensitivity"] == [0.6, 0.6]  # one patient


def test_runs_of_the_record(judged):
    told = document({"record": judged})["runs"]["ventricular"]
    # V V F at 340 to 360, found as V V V; and V V V from 420 on, found as V V.
    assert (told["runs"]["annotated_count"], told["runs"]["detected_count"]) == (2, 1)
    assert told["runs"]["found_count"] == told["runs"]["right_count"] == 1
    assert told["couplets"]["found_count"] == told["couplets"]["right_count"] == 1


def test_time_without_learning_time_and_flutter_is_judged_and_what_is_given_up_told(judged):
    given_up = document({"record": judged})["given_up"]
    assert given_up["judged_seconds"] == 600 - 300 - 10
    assert given_up["seconds"] == 15
    assert (given_up["beats_count"], given_up["v_count"]) == (2, 1)
    assert given_up["qrs_sensitivity_if_missed"] == pytest.approx(11 / 15, abs=1e-5)
    assert given_up["v_sensitivity_if_missed"] == pytest.approx(3 / 6)


def test_a_stretch_that_never_ends_lasts_to_the_end(folder):
    write(folder, "deepecg", [(310.0, "N", 0), (500.0, "~", -1)])
    assert judge_files(folder / "record", folder / "record").given_up_s == 100


def test_one_that_begins_twice_begins_once_and_lost_ends_end_nothing(folder):
    marks = [(310.0, "N", 0), (320.0, "~", 0), (330.0, "~", -1), (340.0, "~", -1), (350.0, "~", 1)]
    write(folder, "deepecg", marks)
    read = BeatFile.read(folder / "record", "deepecg")
    assert read.given_up.tolist() == [[330.0, 350.0]]


def test_two_records_average_and_add_up(judged, folder):
    perfect = judge_files(folder / "record", folder / "record", found_extension="atr")
    told = document({"a": judged, "b": perfect})
    assert told["average"]["V_sensitivity"] == pytest.approx((3 / 5 + 1) / 2)
    assert told["gross"]["classes"]["V"]["sensitivity"] == pytest.approx(
        (3 + 6) / (5 + 6), abs=1e-4
    )


def test_the_command_line_prints_and_writes(folder, monkeypatch, capsys):
    out = folder / "told.json"
    arguments = ["--reference", str(folder), "--found", str(folder), "--json", str(out)]
    monkeypatch.setattr(sys, "argv", ["ec57", *arguments])
    ec57.main()
    told = json.loads(out.read_text())
    assert told["gross"]["matrix"] == MATRIX
    printed = capsys.readouterr().out
    assert printed.strip() == markdown(told).strip()
    assert "| V | 0 | 0 | 3 | 0 | 0 | 2 |" in printed


def test_a_folder_without_annotations_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ec57", "--reference", "x", "--found", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"no \*\.deepecg"):
        ec57.main()
