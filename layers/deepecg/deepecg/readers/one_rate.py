"""Leads of different sampling rates, read at one rate."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepecg.arrays import Floats, Floats32, Ints

_MAX_TERM = 1_000_000
"""Largest integer in the ratio of two rates; time differs by less than a sample in 90 days."""


@dataclass(frozen=True)
class InterpolatedSignal:
    """A signal at a higher rate than its own, by cubic interpolation between four samples.

    A sample depends on the four around it and on its number, so that chunks equal the whole.

    Attributes
    ----------
    read_own : callable
        ``(start, stop)`` to the signal at its own rate; missing samples are NaN.
    n_own : int
        Number of samples at its own rate.
    own_hz, wanted_hz : float
        Its own sampling rate and the higher one.
    """

    read_own: Callable[[int, int], Floats32]
    n_own: int
    own_hz: float
    wanted_hz: float

    def read(self, start: int, stop: int) -> Floats32:
        """Return samples ``start`` to ``stop`` at the higher rate.

        A sample is NaN if one beside it is missing. The signal's last sample is held for the time
        of one more.
        """
        ratio = (Fraction(self.own_hz) / Fraction(self.wanted_hz)).limit_denominator(_MAX_TERM)
        place = np.arange(start, stop, dtype=np.int64) * ratio.numerator
        before, within = place // ratio.denominator, place % ratio.denominator
        first, last = int(before[0]) - 1, int(before[-1]) + 3
        own = np.full(last - first, np.nan)
        begin, end = max(first, 0), min(last, self.n_own)
        if begin < end:
            own[begin - first : end - first] = self.read_own(begin, end)
        if first <= self.n_own < last and self.n_own:
            own[self.n_own - first] = self.read_own(self.n_own - 1, self.n_own)[0]
        return _cubic(own, before - first, within / ratio.denominator).astype(np.float32)


def _cubic(samples: Floats, before: Ints, share: Floats) -> Floats:
    """Return values between samples ``before`` and ``before + 1``, by Lagrange's cubic.

    Beside a missing sample the cubic's outer point is the straight line's.
    """
    left, right = samples[before], samples[before + 1]
    right = np.where(share == 0, left, right)
    outer_left, outer_right = samples[before - 1], samples[before + 2]
    outer_left = np.where(np.isnan(outer_left), 2 * left - right, outer_left)
    outer_right = np.where(np.isnan(outer_right), 2 * right - left, outer_right)
    return np.asarray(
        -share * (share - 1) * (share - 2) / 6 * outer_left
        + (share + 1) * (share - 1) * (share - 2) / 2 * left
        - (share + 1) * share * (share - 2) / 2 * right
        + (share + 1) * share * (share - 1) / 6 * outer_right
    )
