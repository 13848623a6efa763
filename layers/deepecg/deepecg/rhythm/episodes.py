"""A stretch of consecutive beats: a run, a pause or an episode."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.rhythm.beat_stream import BeatStream

RATE_DIGITS = 6
"""Decimals that rates are rounded to, so that rounding errors of times do not decide whether a rate
of 100/min exceeds 100/min."""


@dataclass(frozen=True)
class Episode:
    """Beats ``first`` to ``last`` of a stream, both included.

    Attributes
    ----------
    first, last : int
        Indices of the beats; for a pause, of the beats on either side.
    start_s : float
        Time of the first beat in seconds from the recording's start.
    duration_s : float
        From the first R peak to the last.
    rate_bpm : float or None
        Number of intervals divided by the time they cover; None for a single beat, and where
        beats may be missing.
    """

    first: int
    last: int
    start_s: float
    duration_s: float
    rate_bpm: float | None

    @property
    def n_beats(self) -> int:
        """Number of beats."""
        return self.last - self.first + 1


def episodes_between(
    stream: BeatStream, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[Episode, ...]:
    """Return the episodes between pairs of beats. No pair may have a gap inside.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    first, last : ndarray of int64, shape (n_episodes,)
        Indices of the beats, with ``first <= last``.

    Returns
    -------
    tuple of Episode
        In the order of the input.
    """
    start = stream.times_s[first]
    duration = stream.times_s[last] - start
    n_intervals = last - first
    rate = np.round(60 * n_intervals / np.where(n_intervals > 0, duration, 1), RATE_DIGITS)
    rates = (bpm if n > 0 else None for bpm, n in zip(rate.tolist(), n_intervals, strict=True))
    return tuple(
        map(Episode, first.tolist(), last.tolist(), start.tolist(), duration.tolist(), rates)
    )
