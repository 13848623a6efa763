"""Pauses: long RR intervals in which no beat was missed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.rhythm.episodes import Episode, episodes_between
from deepecg.rhythm.settings import PauseSettings
from deepecg.rhythm.stream import BeatStream

ROUNDING_S = 1e-6
"""Far below a sample: the last bit of a difference of times does not decide on a pause."""


@dataclass(frozen=True)
class Pauses:
    """Pauses of a recording.

    Attributes
    ----------
    episodes : tuple of Episode
        From R peak to R peak, in the order of time.
    unconfirmed_count : int
        Intervals as long that are not known to be quiet: a beat may have been missed there.
    """

    episodes: tuple[Episode, ...]
    unconfirmed_count: int

    @property
    def longest(self) -> Episode | None:
        """The longest pause, the first of several; None if there is none."""
        return max(self.episodes, key=lambda pause: pause.duration_s, default=None)


def pauses(stream: BeatStream, settings: PauseSettings) -> Pauses:
    """Find the pauses: quiet intervals of at least ``settings.pause_s``.

    A pause after an ectopic beat is a pause as well; an interval across a gap is none.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : PauseSettings
        How long a pause is.

    Returns
    -------
    Pauses
        Those that are confirmed, and the number of the others.
    """
    long = is_at_least(stream.rr_s, settings.pause_s)
    after = np.flatnonzero(long & stream.quiet_before)
    return Pauses(
        episodes_between(stream, after - 1, after), int((long & ~stream.quiet_before).sum())
    )


def is_at_least(rr_s: NDArray[np.float64], pause_s: float) -> NDArray[np.bool_]:
    """Return which intervals are as long as a pause, but for rounding; NaN is not."""
    return rr_s >= pause_s - ROUNDING_S
