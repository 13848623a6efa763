import numpy as np

from training.evaluate_pauses import LongIntervals, ReferenceIntervals

BEATS_S = np.array([0.0, 1.0, 3.5, 4.5, 6.47, 7.5, 10.0, 11.0, 20.0, 21.0])
"""Pauses at 1.0 and 7.5 s, almost one at 4.5 s, and flutter from 11 s on."""


def judged(*found: tuple[float, float], noise: float | None = None) -> LongIntervals:
    """Judge found intervals; in the one that begins at ``noise`` beats may not be annotated."""
    begins = BEATS_S[:-1]
    flutter = begins == 11.0
    reference = ReferenceIntervals(begins, BEATS_S[1:], flutter, flutter | (begins == noise))
    ends = np.array(found)
    return reference.judge(ends[:, 0], ends[:, 1], 2.0)


def test_a_found_interval_is_true_if_the_annotations_have_the_same() -> None:
    assert judged((1.0, 3.5), (7.4, 10.1)) == LongIntervals(true=2)


def test_an_annotated_interval_a_little_too_short_makes_no_false_pause() -> None:
    assert judged((4.5, 6.5)) == LongIntervals(borderline=1)


def test_a_found_interval_with_a_beat_in_it_or_with_other_ends_is_false() -> None:
    assert judged((1.0, 4.5), (3.5, 6.47), (1.3, 3.5)) == LongIntervals(false=3)


def test_flutter_and_annotated_noise_are_left_out() -> None:
    assert judged((12.0, 15.0), (17.0, 20.0)) == LongIntervals(left_out=2)
    assert judged((1.0, 3.5), (1.0, 3.0), noise=1.0) == LongIntervals(left_out=1, false=1)


def test_annotated_pauses_are_those_that_can_be_read() -> None:
    begins, ends = BEATS_S[:-1], BEATS_S[1:]
    flutter = begins == 11.0
    reference = ReferenceIntervals(begins, ends, flutter, flutter)
    assert begins[reference.of_at_least(2.0)].tolist() == [1.0, 7.5]
