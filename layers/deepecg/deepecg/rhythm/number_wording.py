"""Rates and durations as the message of a finding gives them."""

from deepecg.rhythm.episode import Episode
from deepecg.time_units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

UP_TO_SECONDS = 120
"""Durations up to this are given in seconds, longer ones in minutes."""
UP_TO_MINUTES = 120
"""Durations up to this are given in minutes, longer ones in hours."""


def rate(episode: Episode, limit_bpm: float) -> str:
    """Return a rate with its unit, such as ``151/min``."""
    return f"{exact(episode.rate_bpm or 0.0, 0, limit_bpm)}/min"


def span(duration_s: float, limit_s: float | None = None) -> str:
    """Return a duration in seconds, minutes or hours, whichever suits its length."""
    if duration_s <= UP_TO_SECONDS:
        return f"{exact(duration_s, 0, limit_s)} s"
    if duration_s <= UP_TO_MINUTES * SECONDS_PER_MINUTE:
        return f"{duration_s / SECONDS_PER_MINUTE:.0f} min"
    return f"{duration_s / SECONDS_PER_HOUR:.1f} h"


def exact(value: float, digits: int, limit: float | None) -> str:
    """Return a number with so many decimals, and one more near the limit that it is judged by.

    A rate of 100.4, which exceeds 100, is not printed as "100".
    """
    is_near = limit is not None and abs(value - limit) < 10.0**-digits
    return f"{value:.{digits + is_near}f}"
