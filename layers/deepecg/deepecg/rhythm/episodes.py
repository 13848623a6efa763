"""A stretch of consecutive beats that is worth a name: a run, a pause, an episode."""

from dataclasses import dataclass

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
