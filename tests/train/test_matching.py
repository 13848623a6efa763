"""Cases worked by hand from EC57's definitions."""

import numpy as np
import pytest

from deepecg.classes import CLASSES
from training.matching import ABSENT, BeatCounts, match_beats

N, S, V, F, Q = range(len(CLASSES))
JUDGE_ALL = np.empty((0, 2))


def counts(reference, found, left_out=JUDGE_ALL):
    """Count from lists of (time, class)."""
    columns = [
        np.array(column) for pairs in (reference, found) for column in zip(*pairs, strict=True)
    ]
    return BeatCounts.of(*columns, left_out)


def test_a_beat_within_150_ms_is_found_and_one_beyond_is_not():
    assert match_beats(np.array([1.0, 2.0]), np.array([1.149, 2.151])).tolist() == [0, -1]


def test_a_found_beat_serves_one_annotation_only():
    assert match_beats(np.array([1.0, 1.2]), np.array([1.11])).tolist() == [-1, 0]


def test_of_two_found_beats_the_closer_one_is_taken():
    assert match_beats(np.array([1.0]), np.array([0.9, 1.05])).tolist() == [1]


def test_the_matrix_holds_missed_and_spurious_beats():
    found = counts(
        [(1.0, N), (2.0, V), (3.0, V), (4.0, S)], [(1.0, N), (2.05, V), (4.0, N), (4.5, V)]
    ).matrix
    assert found[N, N] == found[V, V] == found[S, N] == 1
    assert found[V, ABSENT] == 1
    assert found[ABSENT, V] == 1
    assert found.sum() == 5


def test_sensitivity_counts_missed_beats_and_predictivity_spurious_ones():
    table = counts(
        [(1.0, V), (2.0, V), (3.0, V), (4.0, N)], [(1.0, V), (2.0, N), (4.0, V), (5.0, V)]
    )
    assert table.sensitivity("V") == pytest.approx(1 / 3)
    assert table.predictivity("V", ec57=True) == pytest.approx(1 / 3)
    assert table.detection() == (pytest.approx(3 / 4), pytest.approx(3 / 4))
    assert table.missed("V") == (1, 3)
    assert table.accuracy() == pytest.approx(1 / 4)


def test_ec57_does_not_punish_v_on_fusion_and_unclassifiable_beats():
    table = counts(
        [(1.0, V), (2.0, F), (3.0, Q), (4.0, N)], [(1.0, V), (2.0, V), (3.0, V), (4.0, V)]
    )
    assert table.predictivity("V", ec57=True) == pytest.approx(1 / 2)
    assert table.predictivity("V", ec57=False) == pytest.approx(1 / 4)


def test_s_is_forgiven_on_unclassifiable_beats_but_not_on_fusion_beats():
    table = counts([(1.0, S), (2.0, F), (3.0, Q)], [(1.0, S), (2.0, S), (3.0, S)])
    assert table.predictivity("S", ec57=True) == pytest.approx(1 / 2)


def test_what_is_left_out_counts_on_neither_side():
    table = counts(
        [(1.0, N), (400.0, N)], [(1.0, V), (2.0, V), (400.0, N)], np.array([[-1.0, 300.0]])
    )
    assert table.matrix.sum() == table.matrix[N, N] == 1


def test_a_pair_across_the_border_is_judged_by_the_annotation():
    table = counts([(299.95, N), (310.0, N)], [(300.05, N), (310.0, N)], np.array([[-1.0, 300.0]]))
    assert table.matrix.sum() == table.matrix[N, N] == 1
