"""Cases worked by hand from the definitions of EC57, and comparison with two other packages."""

import numpy as np
import pytest
import sleepecg
from hypothesis import given, settings
from hypothesis import strategies as st
from wfdb.processing import compare_annotations

from deepecg.beats.aami_classes import CLASSES
from training.beat_comparison import ABSENT, NO_SEGMENTS, BeatCounts, match_beats, metrics

N, S, V, F, Q = range(len(CLASSES))
FIRST_FIVE_MINUTES = np.array([[-1.0, 299.999]])


def counts(reference, found, excluded=NO_SEGMENTS, not_analysable=NO_SEGMENTS):
    """Count from lists of (time, class)."""
    columns = []
    for pairs in (reference, found):
        columns.append(np.array([time for time, _ in pairs], float))
        columns.append(np.array([label for _, label in pairs], np.int64))
    return BeatCounts.of(*columns, excluded, not_analysable)


def pairs(reference, found):
    return match_beats(np.array(reference, float), np.array(found, float)).tolist()


# --- pairing: EC57 4.3.2, as bxb walks the two files


def test_a_beat_within_150_ms_is_found_and_one_beyond_is_not():
    assert pairs([1.0, 2.0], [1.149, 2.151]) == [0, -1]


@pytest.mark.parametrize("rate_hz", [360, 250, 1000])
def test_exactly_150_ms_is_within_whatever_the_rounding(rate_hz):
    window = int(0.150 * rate_hz)
    reference = np.arange(301, 600) * rate_hz
    for shift, is_found in ((window, True), (-window, True), (window + 1, False)):
        partner = match_beats(reference / rate_hz, (reference + shift) / rate_hz)
        assert ((partner >= 0) == is_found).all()


def test_a_found_beat_matches_one_annotation_only():
    assert pairs([1.0, 1.2], [1.11]) == [-1, 0]


def test_of_two_found_beats_the_nearer_one_matches():
    assert pairs([1.0], [0.9, 1.05]) == [1]
    assert pairs([1.0], [0.95, 1.1]) == [0]


def test_a_beat_whose_match_has_a_nearer_neighbour_stays_unpaired():
    # bxb: 0.06 is nearer to 0.10 than to 0.00, and 0.12 is nearer still.
    assert pairs([0.0, 0.10], [0.06, 0.12]) == [-1, 1]


def test_of_two_equally_near_beats_the_later_one_matches():
    assert pairs([1.0], [0.9375, 1.0625]) == [1]
    samples = np.arange(301, 600) * 360
    for shift in range(1, 50):
        found = np.stack([samples - shift, samples + shift], axis=1).ravel()
        assert (match_beats(samples / 360, found / 360) == np.arange(1, 2 * 299, 2)).all()


# --- the matrix


def test_the_matrix_holds_missed_and_extra_beats():
    found = counts(
        [(1.0, N), (2.0, V), (3.0, V), (4.0, S)], [(1.0, N), (2.05, V), (4.0, N), (4.5, V)]
    ).matrix
    assert found[N, N] == found[V, V] == found[S, N] == 1
    assert found[V, ABSENT] == 1
    assert found[ABSENT, V] == 1
    assert found.sum() == 5


def test_two_found_beats_at_one_annotation_are_one_right_and_one_extra():
    found = counts([(1.0, N)], [(0.9, V), (1.05, N)]).matrix
    assert found[N, N] == found[ABSENT, V] == 1
    assert found.sum() == 2


def test_sensitivity_counts_missed_beats_and_predictivity_extra_ones():
    table = counts(
        [(1.0, V), (2.0, V), (3.0, V), (4.0, N)], [(1.0, V), (2.0, N), (4.0, V), (5.0, V)]
    )
    assert table.metric("V_sensitivity") == pytest.approx(1 / 3)
    assert table.metric("V_predictivity", ec57=True) == pytest.approx(1 / 3)
    assert table.detection() == (pytest.approx(3 / 4), pytest.approx(3 / 4))
    assert table.missed("V") == (1, 3)
    assert table.metric("accuracy") == pytest.approx(1 / 4)


def test_ec57_counts_no_false_v_on_fusion_and_unclassifiable_beats():
    table = counts(
        [(1.0, V), (2.0, F), (3.0, Q), (4.0, N)], [(1.0, V), (2.0, V), (3.0, V), (4.0, V)]
    )
    assert table.metric("V_predictivity", ec57=True) == pytest.approx(1 / 2)
    assert table.metric("V_predictivity", ec57=False) == pytest.approx(1 / 4)


def test_s_is_false_on_fusion_beats_but_not_on_unclassifiable_ones():
    table = counts([(1.0, S), (2.0, F), (3.0, Q)], [(1.0, S), (2.0, S), (3.0, S)])
    assert table.metric("S_predictivity", ec57=True) == pytest.approx(1 / 2)


def test_a_v_found_as_fusion_is_a_missed_v_and_a_found_beat():
    table = counts([(1.0, V), (2.0, F), (3.0, Q)], [(1.0, F), (2.0, N)])
    assert table.metric("V_sensitivity") == 0
    assert table.detection() == (pytest.approx(2 / 3), 1)


WORKED = np.array(
    # n    s   v   f  q  missed
    [
        [900, 10, 4, 1, 0, 5],
        [20, 70, 6, 0, 0, 4],
        [3, 2, 90, 2, 1, 2],
        [4, 1, 5, 8, 0, 2],
        [1, 1, 2, 0, 3, 1],
        [3, 2, 1, 0, 0, 0],
    ]
)
"""A record as bxb would print it; the metrics below are computed by hand from its formulas."""


def test_metrics_of_a_matrix_follow_the_formulas():
    values = metrics(WORKED, ec57=True)
    beats = 915 + 96 + 98 + 18 + 7  # QTP: found at annotated ones
    assert values["qrs_sensitivity"] == pytest.approx(beats / (beats + 14))
    assert values["qrs_predictivity"] == pytest.approx(beats / (beats + 6))
    assert values["V_sensitivity"] == pytest.approx(90 / 100)
    assert values["V_predictivity"] == pytest.approx(90 / (90 + 4 + 6 + 1))  # Nv, Sv, Ov
    assert values["S_sensitivity"] == pytest.approx(70 / 100)
    assert values["S_predictivity"] == pytest.approx(70 / (70 + 10 + 2 + 1 + 2))  # Ns, Vs, Fs, Os
    se, p = 90 / 100, 90 / 101
    assert values["V_f1"] == pytest.approx(2 * se * p / (se + p))
    assert values["accuracy"] == pytest.approx((900 + 70 + 90 + 8 + 3) / 1148)
    assert metrics(WORKED, ec57=False)["V_predictivity"] == pytest.approx(90 / 108)


def test_metrics_of_no_beats_are_nan_in_arrays_and_zero_as_single_values():
    empty = BeatCounts.empty()
    assert all(np.isnan(value) for value in metrics(empty.matrix, ec57=True).values())
    assert empty.metric("V_f1", ec57=True) == empty.metric("accuracy") == 0


def test_a_class_without_annotations_has_a_predictivity_and_no_f1():
    values = metrics(counts([(1.0, N)], [(1.0, V)]).matrix, ec57=True)
    assert values["V_predictivity"] == 0
    assert np.isnan(values["V_sensitivity"])
    assert np.isnan(values["V_f1"])


# --- what is not compared


def test_excluded_beats_count_on_neither_side():
    table = counts(
        [(1.0, N), (400.0, N)], [(1.0, V), (2.0, V), (400.0, N)], np.array([[-1.0, 300.0]])
    )
    assert table.matrix.sum() == table.matrix[N, N] == 1


def test_a_pair_across_the_five_minutes_counts_by_the_time_of_its_annotation():
    before = counts([(299.95, N), (310.0, N)], [(300.05, V), (310.0, N)], FIRST_FIVE_MINUTES)
    assert before.matrix.sum() == before.matrix[N, N] == 1
    after = counts([(300.05, N), (310.0, N)], [(299.95, V), (310.0, N)], FIRST_FIVE_MINUTES)
    assert after.matrix[N, V] == after.matrix[N, N] == 1


def test_missed_beats_in_not_analysable_segments_are_counted_separately():
    not_analysable = np.array([[2.0, 4.0]])
    reference = [(1.0, N), (2.5, V), (3.0, N), (3.9, V), (5.0, N)]
    table = counts(reference, [(1.0, N), (4.02, V)], NO_SEGMENTS, not_analysable)
    assert table.not_analysable.tolist() == [1, 0, 1, 0, 0]  # the V at 3.9 was found, outside
    assert table.matrix[V, V] == 1
    assert table.matrix[N, ABSENT] == 1  # at 5.0: missed, not in the segment
    assert table.matrix.sum() == 3


def test_no_beat_is_counted_as_not_analysable_in_the_first_five_minutes():
    table = counts([(200.0, V)], [], FIRST_FIVE_MINUTES, np.array([[100.0, 400.0]]))
    assert table.not_analysable.sum() == table.matrix.sum() == 0


# --- properties

beats = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, len(CLASSES) - 1)),
    max_size=40,
    unique_by=lambda beat: beat[0],
).map(lambda found: [(time / 250, label) for time, label in sorted(found)])


@settings(deadline=None)
@given(beats, beats)
def test_every_beat_is_counted_once(reference, found):
    table = counts(reference, found)
    for name, label in zip(CLASSES, range(len(CLASSES)), strict=True):
        assert table.matrix[label].sum() == sum(each == label for _, each in reference), name
        assert table.matrix[:, label].sum() == sum(each == label for _, each in found), name


@settings(deadline=None)
@given(beats, beats)
def test_not_analysable_beats_leave_the_matrix_one_by_one(reference, found):
    not_analysable = np.array([[10.0, 40.0]])
    plain, apart = counts(reference, found), counts(reference, found, NO_SEGMENTS, not_analysable)
    missing = plain.matrix - apart.matrix
    assert missing[:ABSENT, ABSENT].tolist() == apart.not_analysable.tolist()
    assert missing.sum() == apart.not_analysable.sum()


@settings(deadline=None)
@given(beats, beats, st.permutations(range(len(CLASSES))))
def test_other_names_for_the_classes_only_move_the_counts(reference, found, names):
    renamed = counts(
        *([(time, names[label]) for time, label in side] for side in (reference, found))
    )
    order = [*names, ABSENT]
    assert (renamed.matrix[np.ix_(order, order)] == counts(reference, found).matrix).all()


@settings(deadline=None)
@given(beats, beats, beats, beats)
def test_records_may_be_added_in_any_order(one, two, three, four):
    first, second = counts(one, two), counts(three, four)
    assert ((first + second).matrix == (second + first).matrix).all()


@settings(deadline=None)
@given(beats, beats)
def test_a_shorter_window_elsewhere_never_finds_a_closer_pair(reference, found):
    times = [np.array([time for time, _ in side]) for side in (reference, found)]
    partner = match_beats(*times)
    paired = partner >= 0
    assert len(set(partner[paired])) == paired.sum()
    assert (np.diff(partner[paired]) > 0).all()
    assert (np.abs(times[0][paired] - times[1][partner[paired]]) <= 0.150001).all()


# Beats of a heart: on each side at least 0.3 s apart, so that at most one is within the window.
hearts = st.lists(st.integers(75, 400), max_size=30).map(lambda steps: np.cumsum([100, *steps]))


@settings(deadline=None)
@given(hearts, hearts)
def test_other_packages_find_the_same_number_of_pairs(reference, found):
    window = 37  # samples at 250 Hz
    paired = int((match_beats(reference / 250, found / 250) >= 0).sum())
    assert compare_annotations(reference, found, window + 1).tp == paired
    hit, extra, missed = sleepecg.compare_heartbeats(found, reference, window)
    assert (len(hit), len(extra), len(missed)) == (
        paired,
        len(found) - paired,
        len(reference) - paired,
    )
