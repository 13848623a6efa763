import numpy as np

from training.evaluate_pauses import LongIntervals, ReferenceIntervals

BEATS_S = np.array([0.0, 1.0, 3.5, 4.5, 6.47, 7.5, 10.0, 11.0, 20.0, 21.0])
"""Pauses at 1.0 and 7.5 s, almost one at 4.5 s, and flutter from 11 s on."""


def compared(*found: tuple[float, float], noise: float | None = None) -> LongIntervals:
    """Compare found intervals; the one that begins at ``noise`` contains noise."""
    begins = BEATS_S[:-1]
    flutter = begins == 11.0
    reference = ReferenceIntervals(begins, BEATS_S[1:], flutter, flutter | (begins == noise))
    ends = np.array(found)
    return reference.compare(ends[:, 0], ends[:, 1], 2.0)


def test_a_found_interval_that_is_annotated_is_true() -> None:
    assert compared((1.0, 3.5), (7.4, 10.1)) == LongIntervals(true=2)


def test_an_annotated_interval_slightly_too_short_makes_no_false_pause() -> None:
    assert compared((4.5, 6.5)) == LongIntervals(borderline=1)


def test_a_found_interval_with_a_beat_in_it_or_with_other_ends_is_false() -> None:
    assert compared((1.0, 4.5), (3.5, 6.47), (1.3, 3.5)) == LongIntervals(false=3)


def test_flutter_and_annotated_noise_are_excluded() -> None:
    assert compared((12.0, 15.0), (17.0, 20.0)) == LongIntervals(excluded=2)
    assert compared((1.0, 3.5), (1.0, 3.0), noise=1.0) == LongIntervals(excluded=1, false=1)


def test_annotated_pauses_exclude_flutter() -> None:
    begins, ends = BEATS_S[:-1], BEATS_S[1:]
    flutter = begins == 11.0
    reference = ReferenceIntervals(begins, ends, flutter, flutter)
    assert begins[reference.of_at_least(2.0)].tolist() == [1.0, 7.5]
