"""A stretch of consecutive beats: a run, a pause or an episode."""

from dataclasses import dataclass

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
