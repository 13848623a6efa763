"""A stretch of consecutive beats that is worth a name: a run, a pause, an episode."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.rhythm.beat_stream import BeatStream

RATE_DIGITS = 6
"""Rates are kept to so many decimals, so that the last bit of a difference of times does not
decide whether 100/min is more than 100/min."""


@dataclass(frozen=True)
class Episode:
    """Beats ``first`` to ``last`` of a stream, both included.

    Attributes
    ----------
    first, last : int
        Numbers of the beats. Of a pause: the beats on either side.
    start_s : float
        Time of the first beat from the recording's start.
    duration_s : float
        From the first R peak to the last.
    rate_bpm : float or None
        Intervals over the time they cover; None for a single beat, and where beats may be missing.
    """

    first: int
    last: int
    start_s: float
    duration_s: float
    rate_bpm: float | None

    @property
    def n_beats(self) -> int:
        """How many beats."""
        return self.last - self.first + 1


def episodes_between(
    stream: BeatStream, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[Episode, ...]:
    """Return the episodes between pairs of beats, none of which has a gap inside.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    first, last : ndarray of int64, shape (n_episodes,)
        Numbers of the beats; ``first <= last``.

    Returns
    -------
    tuple of Episode
        In the order given.
    """
    start = stream.times_s[first]
    duration = stream.times_s[last] - start
    n_intervals = last - first
    rate = np.round(60 * n_intervals / np.where(n_intervals > 0, duration, 1), RATE_DIGITS)
    rates = (bpm if n > 0 else None for bpm, n in zip(rate.tolist(), n_intervals, strict=True))
    return tuple(
        map(Episode, first.tolist(), last.tolist(), start.tolist(), duration.tolist(), rates)
    )
