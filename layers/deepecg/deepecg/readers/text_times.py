"""Times of rows in a table of text: times of day, elapsed times, dates, in many spellings."""

import re
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

import numpy as np

from deepecg.arrays import Floats
from deepecg.time_units import SECONDS_PER_DAY

if TYPE_CHECKING:
    import pandas as pd

_BRACKETS: Final = " '\"[]"
_CLOCK_AND_DATE: Final = re.compile(r"(?P<clock>\d+:[\d:.]+) (?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})")
"""As PhysioNet's tools write it: ``[09:30:00.000 01/03/2024]``."""
_DAY_FIRST: Final = re.compile(r"(?P<d>\d\d?)(?P<by>[./])(?P<m>\d\d?)[./](?P<y>\d{4})")
_YEAR_FIRST: Final = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)")
_PLAIN_CLOCK: Final = r"\d+:[\d:]+(?:\.\d+)?"
_TWELVE_HOURS: Final = re.compile(r"(.*?)(\d\d?)(:[\d:.]+) ?([AP])M", re.IGNORECASE)
"""A time of day before or after noon, with or without a date before it."""
_EPOCH_YEARS: Final = range(2000, 2100)
_MONTHS: Final = 12


class RowTimes:
    """Reads the times of a column, whose form is that of its first cells.

    Parameters
    ----------
    cells : sequence of str
        The first cells of the column.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        # Who writes 3/1/2024 9:30 PM writes the month first.
        self._is_month_first = any(
            found is not None
            and found["by"] == "/"
            and (int(found["m"]) > _MONTHS or _TWELVE_HOURS.fullmatch(cell.strip(_BRACKETS)))
            for cell in cells
            for found in [_DAY_FIRST.match(cell)]
        )
        self.has_date = any(map(self._date, cells[:1]))
        self._last_s = -np.inf
        self._days_s = 0.0

    def moment(self, cell: str) -> datetime | None:
        """Return the date and time in a cell, with its UTC offset if it has one."""
        try:
            return datetime.fromisoformat(self._iso(cell)) if self._date(cell) else None
        except ValueError:
            return None

    def seconds(self, cells: "pd.Series[str]") -> Floats:
        """Return seconds from any fixed time; NaN for cells that are no time.

        Times of day without a date go on after midnight. Call it for all rows in their order.
        """
        times_s = self._parsed(cells)
        other = np.isnan(times_s) & cells.notna().to_numpy()
        if other.any():  # written in another way than pandas reads
            times_s[other] = self._parsed(cells[other].astype("str").map(self._usual_form))
        return times_s if self.has_date else self._after_midnight(times_s)

    def _parsed(self, cells: "pd.Series[str]") -> Floats:
        import pandas as pd  # noqa: PLC0415  # takes half a second to import

        if self.has_date:
            moments = pd.to_datetime(cells, format="ISO8601", utc=True, errors="coerce")
            stamps = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
            times = (stamps - np.datetime64(0, "us")).astype("timedelta64[us]")
        else:
            # pandas leaves out commas: 9:30:00,004 would be four seconds later.
            clocks = cells.where(cells.str.fullmatch(_PLAIN_CLOCK, na=False))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of units in cells that are no times: "5S"
                elapsed = pd.to_timedelta(clocks, errors="coerce")
            times = elapsed.to_numpy().astype("timedelta64[us]")
        return np.where(np.isnat(times), np.nan, times.astype(np.int64) / 1e6)

    def _usual_form(self, cell: str) -> str:
        """Return a time as ISO 8601 with a date, or as hours, minutes and seconds."""
        if self.has_date:
            return self._iso(cell)
        plain = _plain(cell)
        return f"00:{plain}" if plain.count(":") == 1 else plain

    def _after_midnight(self, times_s: Floats) -> Floats:
        known = np.isfinite(times_s)
        if not known.any():
            return times_s
        found = np.concatenate(([max(self._last_s, -1.0)], times_s[known]))
        is_midnight = (np.diff(found) < -SECONDS_PER_DAY / 2) & (found[:-1] < SECONDS_PER_DAY)
        new_days = np.cumsum(is_midnight) * SECONDS_PER_DAY
        times_s = times_s.copy()
        self._last_s = float(found[-1])
        times_s[known] += new_days + self._days_s
        self._days_s += float(new_days[-1])
        return times_s

    def _date(self, cell: str) -> re.Match[str] | None:
        plain = cell.strip(_BRACKETS)
        return (
            _CLOCK_AND_DATE.fullmatch(plain) or _DAY_FIRST.match(plain) or _YEAR_FIRST.match(plain)
        )

    def _iso(self, cell: str) -> str:
        """Return a time with a date in the form of ISO 8601."""
        plain = _plain(cell)
        found = self._date(plain)
        if found is None:
            return plain
        if "clock" in found.re.groupindex:
            rest = found["clock"]
        else:
            rest = re.sub(r"\s+(?=[-+Z])", "", plain[found.end() :].lstrip("T "))
        hour, colon, others = rest.partition(":")
        month, day = found["m"], found["d"]
        if self._is_month_first and "by" in found.re.groupindex:
            month, day = day, month
        return f"{found['y']}-{month:0>2}-{day:0>2}T{hour:0>2}{colon}{others}"


def _plain(cell: str) -> str:
    """Return a time without brackets, with a decimal point, and in hours from 0 to 23."""
    plain = cell.strip(_BRACKETS).replace(",", ".")
    if (found := _TWELVE_HOURS.fullmatch(plain)) is None:
        return plain
    before, hour, minutes, half = found.groups()
    return f"{before}{int(hour) % 12 + (12 if half in 'pP' else 0)}{minutes}"


def epoch_moment(seconds: float) -> datetime | None:
    """Return the time of a number of seconds since 1970; None if it is no such number."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year in _EPOCH_YEARS else None


def local_start(moment: datetime, zone: tzinfo | None, warnings: dict[str, str]) -> datetime | None:
    """Return a time by the recorder's clock, without zone.

    A time with a UTC offset needs the recorder's zone. Without it, an offset other than 0 is that
    of the recorder's clock, and a time in UTC is that of no clock on a wall.
    """
    offset = moment.utcoffset()
    if offset is None:
        return moment
    if zone is not None:
        return moment.astimezone(zone).replace(tzinfo=None)
    if offset:
        return moment.replace(tzinfo=None)
    warnings["start_in_utc"] = (
        "found times in UTC and no time zone, so the time of day is unknown: give time_zone in the "
        "settings"
    )
    return None
