"""The judges of QT intervals and ST episodes, and what they say of held-back patients."""

from pathlib import Path

import numpy as np
import pytest

from training.waves.evaluate_qt import BeatQt, errors, marked_qt, rows, second_annotator
from training.waves.evaluate_st import EUROPEAN, annotated_episodes, row, scores, united
from training.waves.wave_marks import waves_of
from training.waves.wave_records import QTDB_RECORDS, held_back

pytestmark = pytest.mark.xdist_group("training")
REPORTED = "assessed beats, smoothed (as reported)"


@pytest.fixture(scope="module")
def qtdb(data_dir: Path) -> Path:
    if not (data_dir / "qtdb").is_dir():
        pytest.skip("needs qtdb/ in DEEPECG_DATA (see training/README.md)")
    return data_dir


def test_qt_is_from_qrs_onset_to_the_end_of_the_next_t_wave() -> None:
    symbols = list("(p)(N)t)(N)(N)t)t)")
    found = marked_qt(waves_of(symbols, np.arange(len(symbols), dtype=float)))
    assert found.times_s.tolist() == [4, 9, 12]
    np.testing.assert_array_equal(found.qt_ms, [4000, np.nan, 4000])


def test_only_beats_that_both_have_are_compared() -> None:
    reference = BeatQt(np.array([1.0, 2.0, 3.0, 4.0]), np.array([400.0, 410.0, np.nan, 390.0]))
    found = BeatQt(np.array([1.02, 3.0, 4.1, 7.0]), np.array([412.0, 400.0, np.nan, 1.0]))
    np.testing.assert_array_equal(found.minus(reference), [12.0])
    table = rows([("QT", "a", np.array([10.0, 20.0])), ("QT", "b", np.array([-30.0]))])
    assert table == [["QT", "2", "3", "0.0 ± 21.6", "-30 to 15"]]


def test_qt_of_held_back_patients_is_within_its_floor(qtdb: Path) -> None:
    judged = [
        errors_ms
        for name, _, errors_ms in errors(qtdb, held_back(QTDB_RECORDS))
        if name == REPORTED
    ]
    every = np.concatenate(judged)
    assert len(every) >= 330
    assert abs(every.mean()) <= 10
    assert every.std() <= 40


def test_the_second_annotator_is_compared_with_the_first(qtdb: Path) -> None:
    found = {record: errors_ms for _, record, errors_ms in second_annotator(qtdb, QTDB_RECORDS)}
    assert set(found) >= {"qtdb/sel114", "qtdb/sel116", "qtdb/sel223", "qtdb/sel230"}
    assert all(len(errors_ms) <= 60 for errors_ms in found.values())


def test_episodes_of_an_excerpt_may_begin_before_and_end_after_it() -> None:
    notes = ["ST1-)", "(ST2+", "AST2+200", "(T1-", "(ST1-", "ST2+)", "AST1-100", "T1-)", "(ST2-"]
    times_s = [30.0, 100.0, 120.0, 130.0, 140.0, 200.0, 210.0, 220.0, 300.0]
    assert annotated_episodes(notes, times_s, 900.0) == [(0.0, 30.0), (100.0, 900.0)]
    assert united([(5.0, 6.0), (1.0, 3.0), (2.0, 4.0)]) == [(1.0, 4.0), (5.0, 6.0)]


def test_annotated_episodes_of_two_excerpts_are_found(qtdb: Path) -> None:
    results = scores(qtdb, ("qtdb/sele0106", "qtdb/sele0122"), annotated=True)
    # From the annotation files: 326 to 527 s, and 328 to 483 s in either lead
    assert [[(round(b), round(e)) for b, e in one.annotated or []] for one in results] == [
        [(326, 527)],
        [(328, 483)],
    ]
    assert row("both", results)[2:6] == ["2", "2", "2", "2"]
    assert set(EUROPEAN) >= {"qtdb/sele0106", "qtdb/sele0122"}
