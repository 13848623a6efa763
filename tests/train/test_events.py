import numpy as np
import pytest

from training.events import EventCounts, compare

NOTHING = np.empty((0, 2))


def spans(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, float).reshape(-1, 2)


def test_events_that_overlap_within_150_ms_are_the_same() -> None:
    annotated = spans((10, 12), (20, 21), (30, 31))
    found = spans((12.14, 13), (21.16, 22), (25, 26))
    assert compare(annotated, found, NOTHING) == EventCounts(3, 1, 3, 1, 1)


def test_two_found_in_one_annotated_are_both_right_and_it_is_detected_once() -> None:
    assert compare(spans((10, 20)), spans((10, 12), (15, 20)), NOTHING) == EventCounts(
        1, 1, 2, 2, 1
    )


def test_what_is_not_judged_is_not_counted_but_still_pairs_with_what_is() -> None:
    # The annotated run begins in the learning time; what is found of it lies after that.
    learning = spans((-1, 300))
    annotated, found = spans((299, 305), (400, 401)), spans((302, 305), (500, 501))
    assert compare(annotated, found, learning) == EventCounts(1, 0, 2, 1, 1)


def test_figures_of_nothing_are_null() -> None:
    told = EventCounts().figures()
    assert (told["sensitivity"], told["predictivity"]) == (None, None)


def test_predictivity_is_told_of_enough_events_of_enough_patients_alone() -> None:
    enough = EventCounts(20, 15, 20, 14, 3)
    assert enough.figures()["predictivity"] == pytest.approx(0.7)
    assert enough.figures()["sensitivity"] == pytest.approx(0.75)
    for thin in (EventCounts(20, 15, 19, 14, 3), EventCounts(20, 15, 20, 14, 2)):
        assert thin.figures()["predictivity"] is None


def test_records_add_up() -> None:
    one, other = EventCounts(2, 1, 3, 2, 1), EventCounts(2, 2, 0, 0, 0)
    assert one + other == EventCounts(4, 3, 3, 2, 1)
