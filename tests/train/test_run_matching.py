"""Runs as sequences: cases worked by hand from rxr's definitions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.beat_comparison import NO_SEGMENTS
from training.run_matching import LONGEST, BeatSequence, RunCounts, compare_runs

START_S = 400.0
"""Of the first beat; beats follow each second, so that a letter of a text is a second."""


def sequence(text: str, *breaks_s: float, start_s: float = START_S) -> BeatSequence:
    """Return one beat a letter; none where there is a dot."""
    there = [(start_s + i, "NSVFQ".index(c)) for i, c in enumerate(text) if c != "."]
    times, labels = zip(*there, strict=True) if there else ((), ())
    return BeatSequence(
        np.array(times, float), np.array(labels, np.int64), np.array(breaks_s, float)
    )


def compare(reference: str, found: str, kind: str = "V", not_analysable=NO_SEGMENTS) -> RunCounts:
    return compare_runs(sequence(reference), sequence(found), kind, np.array(not_analysable))


def cells(matrix: np.ndarray) -> dict[tuple[int, int], int]:
    """Return the entries that are not 0, by annotated and found length."""
    return {(int(r), int(c)): int(matrix[r, c]) for r, c in np.argwhere(matrix)}


def test_a_run_of_three_of_which_one_is_missed_is_no_run():
    counts = compare("NVVVNN", "NVV.NN")
    assert cells(counts.annotated) == {(3, 2): 1}
    assert cells(counts.found) == {(2, 2): 1}  # in the couplet's place lie two annotated V
    assert counts.detected("runs") == (0, 1)
    assert counts.right("couplets") == (1, 1)


def test_a_run_with_an_n_in_it_is_two_runs():
    counts = compare("NVVVVVN", "NVVNVVN")
    assert cells(counts.annotated) == {(5, 2): 1}
    assert cells(counts.found) == {(2, 2): 2}


def test_a_found_run_over_a_couplet_detects_it_and_is_false_itself():
    counts = compare("NVVNNN", "NVVVNN")
    assert cells(counts.annotated) == {(2, 2): 1}
    assert cells(counts.found) == {(2, 3): 1}
    assert counts.detected("couplets") == (1, 1)
    assert counts.right("runs") == (0, 1)


def test_a_found_run_where_nothing_is_annotated_is_false():
    counts = compare("NNNNNN", "NVVVNN")
    assert cells(counts.annotated) == {}
    assert cells(counts.found) == {(0, 3): 1}


def test_of_several_rows_in_a_runs_place_the_longest_counts():
    assert cells(compare("VVVVVVN", "VNVVVNN").annotated) == {(6, 3): 1}


def test_long_runs_must_be_found_as_long_ones():
    counts = compare("NVVVVVVVVN", "NVVVVVNNNN")
    assert cells(counts.annotated) == {(6, 5): 1}
    assert counts.detected("long_runs") == (0, 1)
    assert counts.detected("runs") == (1, 1)
    assert counts.right("short_runs") == (1, 1)


def test_fusion_beats_make_ventricular_runs_and_end_supraventricular_ones():
    assert cells(compare("NVFVN", "NVVVN").annotated) == {(3, 3): 1}
    assert cells(compare("NSFSN", "NSSSN", "S").annotated) == {(1, 1): 2}


def test_supraventricular_runs_are_made_of_s_alone():
    counts = compare("NSSSVVVN", "NSSSVVVN", "S")
    assert cells(counts.annotated) == cells(counts.found) == {(3, 3): 1}


def test_beats_up_to_150_ms_outside_a_run_count_to_its_place():
    reference = sequence("NVVN")
    inside = sequence("NVVN", start_s=START_S + 0.15)
    outside = sequence("NVVN", start_s=START_S + 0.16)
    assert compare_runs(reference, inside, "V", NO_SEGMENTS).detected("couplets") == (1, 1)
    assert compare_runs(reference, outside, "V", NO_SEGMENTS).detected("couplets") == (0, 1)


def test_a_run_across_the_end_of_the_learning_period_begins_after_it():
    reference, found = (sequence("VVVVV", start_s=298.0) for _ in range(2))
    counts = compare_runs(reference, found, "V", NO_SEGMENTS)
    assert cells(counts.annotated) == cells(counts.found) == {(3, 3): 1}


def test_no_run_crosses_a_break():
    counts = compare_runs(sequence("NVVVV"), sequence("NVVVV", START_S + 2.5), "V", NO_SEGMENTS)
    assert cells(counts.annotated) == {(4, 2): 1}
    assert cells(counts.found) == {(2, 2): 2}


def test_no_run_contains_excluded_beats():
    flutter = np.array([[START_S + 1.5, START_S + 3.5]])
    left = sequence("VVVVVV").without(flutter)
    assert left.runs("V").tolist() == [[0, 1], [2, 3]]


def test_runs_that_touch_a_not_analysable_segment_are_counted_separately():
    counts = compare("NVVVNNVVN", "N......VN", not_analysable=[[START_S + 2.5, START_S + 5.5]])
    assert counts.not_analysable.tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert cells(counts.annotated) == {(2, 1): 1}


def test_no_beats_make_no_runs():
    assert cells(compare("", "", "S").annotated) == {}


texts = st.text("NSVF", max_size=60)


@settings(deadline=None)
@given(texts, texts)
def test_every_run_is_counted_once(reference, found):
    counts = compare(reference, found)
    for text, lengths in ((reference, counts.annotated.sum(1)), (found, counts.found.sum(0))):
        rows = "".join("V" if c in "VF" else " " for c in text).split()
        expected = np.bincount([min(len(row), LONGEST) for row in rows], minlength=LONGEST + 1)
        assert lengths.tolist() == expected.tolist()


@settings(deadline=None)
@given(texts)
def test_runs_found_as_annotated_are_all_correct(text):
    counts = compare(text, text)
    assert (counts.annotated == counts.found).all()
    assert (counts.annotated == np.diag(np.diag(counts.annotated))).all()


@settings(deadline=None)
@given(texts, texts)
def test_the_two_sides_may_be_exchanged(reference, found):
    one, other = compare(reference, found), compare(found, reference)
    assert (one.annotated == other.found.T).all()
