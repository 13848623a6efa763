"""Converts seconds of a recording to times of day, or to times from its start."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from deepecg.time_units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Names of months, independent of the locale."""


@dataclass(frozen=True)
class Clock:
    """Formats times of a recording.

    Attributes
    ----------
    start : datetime or None
        Local time of the start, without a time zone; None if it is unknown.
    duration_s : float
        Length of the recording. Times of a recording longer than a day include the date.
    """

    start: datetime | None
    duration_s: float

    @property
    def is_known(self) -> bool:
        """Whether times of day exist. They do not if a damaged header ends after the year 9999."""
        return (
            self.start is not None
            and (datetime.max - self.start).total_seconds() > self.duration_s + SECONDS_PER_DAY
        )

    def at(self, seconds: float) -> str:
        """Return "13:25:10", "2 Mar 13:25:10" in recordings of more than a day, or "+3:55:10"."""
        if not self.is_known:
            return "+" + _hours(seconds)
        moment = self._moment(seconds)
        time = moment.strftime("%H:%M:%S")
        return f"{_date(moment)} {time}" if self.duration_s > SECONDS_PER_DAY else time

    def minute(self, seconds: float) -> str:
        """Return the time as :meth:`at` does, without seconds."""
        return self.at(seconds)[:-3]

    def iso(self, seconds: float) -> str:
        """Return the value of a ``datetime`` attribute: a local time, or a duration."""
        if not self.is_known:
            return f"PT{seconds:.1f}S"
        return self._moment(seconds).isoformat()

    @property
    def since_midnight_s(self) -> float:
        """Seconds from the midnight before the start; 0 if the start is unknown."""
        if not self.is_known:
            return 0.0
        assert self.start is not None
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        return (self.start - midnight).total_seconds()

    @property
    def date_of_start(self) -> str:
        """Date of the start with its year; empty if it is unknown."""
        return f"{_date(self.start)} {self.start.year}" if self.start else ""

    @property
    def days(self) -> list[str]:
        """Dates of the recording; empty if its start is unknown."""
        if not self.is_known:
            return []
        assert self.start is not None
        n_days = int((self.since_midnight_s + self.duration_s) // SECONDS_PER_DAY) + 1
        return [_date(self.start + timedelta(days=day)) for day in range(n_days)]

    def tick(self, since_midnight_s: float) -> str:
        """Return an axis label: the hour, and the date at midnight."""
        whole = round(since_midnight_s)
        if not self.is_known:
            return _hours(whole)[:-3]
        days, rest = divmod(whole, SECONDS_PER_DAY)
        if rest == 0 and days and days < len(self.days):
            return self.days[days]
        hours, rest = divmod(rest, SECONDS_PER_HOUR)
        return f"{hours:02d}:{rest // SECONDS_PER_MINUTE:02d}"

    def tick_of_hour(self, seconds: float) -> str:
        """Return an axis label for an hour by its start, in seconds from the recording's start."""
        return self.tick(self.since_midnight_s + seconds)

    def _moment(self, seconds: float) -> datetime:
        assert self.start is not None
        moment = self.start + timedelta(seconds=seconds)
        return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _hours(seconds: float) -> str:
    hours, rest = divmod(round(seconds), SECONDS_PER_HOUR)
    return f"{hours}:{rest // SECONDS_PER_MINUTE:02d}:{rest % SECONDS_PER_MINUTE:02d}"


def _date(moment: datetime) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]}"
