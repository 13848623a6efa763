"""The start of a recording in the header of EDF and EDF+ files."""

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Final

from deepecg.readers.patient_marks import decoded

_PLUS_DATE: Final = re.compile(
    r"\s*Startdate\s+(\d{1,2})[-./ ]([^\W\d_]{3,}|\d{1,2})[-./ ](\d{4})(?!\d)", re.IGNORECASE
)
_WITHOUT_DATE: Final = re.compile(r"\s*Startdate\s+X\b", re.IGNORECASE)
_DATES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<day>\d{1,2})\D{1,3}(?P<month>\d{1,2})\D{1,3}(?P<year>\d{4}|\d{2})",
        r"(?P<year>\d{4})\D{1,3}(?P<month>\d{1,2})\D{1,3}(?P<day>\d{1,2})",
        r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{2})",
    )
)
_TIME: Final = re.compile(r"(\d{1,2})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})\D?|(\d{2})(\d{2})(\d{2})")
_ANONYMOUS_DATE: Final = date(1985, 1, 1)
"""Date of a header whose date was removed."""
_CLIPPING_YEAR: Final = 85
"""Years of two digits from this on are of the 20th century, those before it of the 21st."""
_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            "jan ene gen", "feb fev fév", "mar mrz mär mrt", "apr abr avr", "may mai mei mag maj",
            "jun juin giu", "jul juil lug", "aug ago aoû", "sep set", "oct okt out ott", "nov",
            "dec dez dic déc des",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Beginnings of months' names in the languages of those who write them in their own."""


def edf_start(fixed: bytes, first_onset_s: float, warnings: dict[str, str]) -> datetime | None:
    """Return the local time of the first sample; None if the header does not contain it.

    Parameters
    ----------
    fixed : bytes
        The header's first 256 bytes.
    first_onset_s : float
        Seconds from the start in the header to the first data record.
    warnings : dict of str to str
        Message by code; gets ``no_start`` if there is none, ``bad_start`` if there are two dates.
    """
    day = _start_date(fixed, warnings)
    clock = _start_time(_text(fixed[176:184]))
    if day is not None and clock is not None:
        with suppress(ValueError, OverflowError):
            return datetime.combine(day, clock) + timedelta(seconds=first_onset_s)
    warnings["no_start"] = "found a start that is anonymised or not a date and time, expected both"
    return None


def _text(field: bytes) -> str:
    return decoded(field).replace("\0", " ").strip()


def _start_date(fixed: bytes, warnings: dict[str, str]) -> date | None:
    """Return the date: EDF+ has a year of four digits, which wins, EDF one of two."""
    recording = _text(fixed[88:168])
    plain = _plain_date(_text(fixed[168:176]))
    if match := _PLUS_DATE.match(recording):
        day, name, year = match.groups()
        month = int(name) if name.isdigit() else _month(name, plain)
        with suppress(ValueError, TypeError):
            plus = date(int(year), month, int(day))  # type: ignore[arg-type]
            if plain not in (None, _ANONYMOUS_DATE, plus):
                warnings["bad_start"] = (
                    "found two start dates in the header that differ, expected one; used that "
                    "with a year of four digits"
                )
            return plus
    if _WITHOUT_DATE.match(recording) or plain == _ANONYMOUS_DATE:
        return None
    return plain


def _month(name: str, plain: date | None) -> int | None:
    """Return a month by its name; one in another language is that of the plain date."""
    folded = name.casefold()
    for length in (4, 3):
        if folded[:length] in _MONTHS:
            return _MONTHS[folded[:length]]
    return plain.month if plain is not None else None


def _plain_date(text: str) -> date | None:
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            year = int(match["year"])
            if len(match["year"]) == 2:
                year += 1900 if year >= _CLIPPING_YEAR else 2000
            with suppress(ValueError):
                return date(year, int(match["month"]), int(match["day"]))
    return None


def _start_time(text: str) -> time | None:
    if match := _TIME.fullmatch(text):
        with suppress(ValueError):
            hour, minute, second = (int(part) for part in match.groups() if part)
            return time(hour, minute, second)
    return None
