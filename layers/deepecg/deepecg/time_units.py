"""Units of time, and how exact a time is."""

SECONDS_PER_MINUTE = 60
HOURS_PER_DAY = 24
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = HOURS_PER_DAY * SECONDS_PER_HOUR
ROUNDING_S = 1e-6
"""Tolerance in seconds, far below a sample, for rounding in differences of times."""
