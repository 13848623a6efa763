"""Converts seconds of a recording to times of day, or to times from its start."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property

from deepecg.time_units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Names of months, independent of the locale."""
TO = "\N{EN DASH}"
"""Between the ends of a row of hours."""


@dataclass(frozen=True)
class ClockChange:
    """A change to or from summer time during a recording.

    Attributes
    ----------
    at_s : float
        When it was, in seconds from the recording's start.
    forward_s : float
        Seconds by which clocks were put forward; negative if they were put back.
    """

    at_s: float
    forward_s: float


@dataclass(frozen=True)
class Clock:
    """Formats times of a recording, as the recorder's clock showed them.

    A recorder does not change to or from summer time: after a change, its clock differs from those
    on the wall (:attr:`changes`, :meth:`wall_hour`).

    Attributes
    ----------
    start : datetime or None
        Local time of the start, without a time zone; None if it is unknown.
    duration_s : float
        Length of the recording. Times of a recording longer than a day include the date.
    zone : tzinfo or None
        Time zone that the recorder's clock was set to; None if it is unknown.
    """

    start: datetime | None
    duration_s: float
    zone: tzinfo | None = None

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

    def hour(self, start_s: float, end_s: float) -> str:
        """Return a row of hours, such as 09:30 to 10, "2 Mar" 00 to 01, or +0 to 1 from the start.

        Parameters
        ----------
        start_s, end_s : float
            From where to where the row goes. The first row of a day begins with its date if the
            recording lasts for several days.
        """
        if not self.is_known:
            return f"+{start_s / SECONDS_PER_HOUR:.0f}{TO}{-(-end_s // SECONDS_PER_HOUR):.0f}"
        begin = self._moment(start_s)
        is_first = start_s == 0 or begin.hour == begin.minute == 0
        date = f"{_date(begin)} " if is_first and len(self.days) > 1 else ""
        return f"{date}{_short(begin)}{TO}{_short(self._moment(end_s), is_end=True)}"

    def wall_hour(self, start_s: float, end_s: float) -> str:
        """Return a row of hours by clocks on the wall; empty if they show the recorder's hours."""
        forward_s = sum(change.forward_s for change in self.changes if change.at_s <= start_s + 1)
        if not forward_s:
            return ""
        begin, end = self._moment(start_s + forward_s), self._moment(end_s + forward_s)
        return f"{_short(begin)}{TO}{_short(end, is_end=True)}"

    @cached_property
    def changes(self) -> tuple[ClockChange, ...]:
        """Changes to or from summer time in the recording; empty if its zone is unknown."""
        if not self.is_known or self.start is None or self.zone is None:
            return ()
        zone = self.zone
        try:
            start = self.start.replace(tzinfo=zone).astimezone(UTC)
        except OverflowError:
            return ()  # a damaged header may place the start at the beginning of the year 1

        def offset_s(at_s: float) -> float:
            offset = (start + timedelta(seconds=at_s)).astimezone(zone).utcoffset()
            return (offset or timedelta()).total_seconds()

        first_s = -start.second - start.microsecond / 1e6  # clocks are changed at full minutes
        minutes = [
            first_s + SECONDS_PER_MINUTE * n
            for n in range(1, int((self.duration_s - first_s) // SECONDS_PER_MINUTE) + 1)
        ]
        offsets_s = [offset_s(0.0), *map(offset_s, minutes)]
        return tuple(
            ClockChange(at_s, after - before)
            for at_s, before, after in zip(minutes, offsets_s, offsets_s[1:], strict=False)
            if after != before
        )

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

    def _moment(self, seconds: float) -> datetime:
        assert self.start is not None
        moment = self.start + timedelta(seconds=seconds)
        return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def written(iso: str) -> str:
    """Return when something was written, from ISO 8601: "2 Mar 2024, 14:05 UTC+01:00"."""
    moment = datetime.fromisoformat(iso)
    return f"{_date(moment)} {moment.year}, {moment:%H:%M} {moment.tzname() or ''}".rstrip()


def _hours(seconds: float) -> str:
    hours, rest = divmod(round(seconds), SECONDS_PER_HOUR)
    return f"{hours}:{rest // SECONDS_PER_MINUTE:02d}:{rest % SECONDS_PER_MINUTE:02d}"


def _date(moment: datetime) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]}"


def _short(moment: datetime, *, is_end: bool = False) -> str:
    """Return "09", or "09:30" if it is no full hour; a midnight at the end is "24"."""
    if moment.minute or moment.second:
        return f"{moment:%H:%M}"
    return "24" if is_end and moment.hour == 0 else f"{moment:%H}"
