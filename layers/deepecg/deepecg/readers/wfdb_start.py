"""The time and date of a WFDB record's first sample, from the end of its record line.

References
----------
Moody GB. WFDB Applications Guide: header(5), base time and base date.
https://physionet.org/physiotools/wag/header-5.htm
"""

import re
from contextlib import suppress
from datetime import datetime
from typing import Final

_TIME: Final = (
    r"(?:(?:(?P<hour>[0-9]{1,2}):)?(?P<minute>[0-9]{1,2}):)?(?P<second>[0-9]{1,2})"
    r"(?:[.,](?P<fraction>[0-9]*))?"
)
_DATE: Final = (
    r"(?:(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)"
    r"(?P<year>[0-9]{4}|[0-9]{2})"
    r"|(?P<iso>[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}))"
)
_STARTS: Final = (
    re.compile(rf"{_TIME}(?:[\sT]+{_DATE})?"),
    re.compile(rf"{_DATE}[\sT]+{_TIME}"),
)
_PIVOT_YEAR: Final = 85
"""First year of the last century among those of two digits, as in EDF."""


def parse_start(when: str, warnings: dict[str, str]) -> datetime | None:
    """Return time and date of the first sample.

    Parameters
    ----------
    when : str
        End of the record line: ``HH:MM:SS DD/MM/YYYY``. Hours may be left out, and minutes with
        them, as the WFDB library does for times soon after midnight: ``31:51.982`` is 00:31:51.982.
        Brackets around it, the date before the time, a date as ``DD.MM.YYYY`` or ``YYYY-MM-DD``,
        and a year of two digits are accepted too.
    warnings : dict of str to str
        Gets ``bad_start`` if ``when`` is not empty and cannot be read, and ``ambiguous_start`` if
        it may mean something else.

    Returns
    -------
    datetime or None
        None if there is no date, or ``when`` cannot be read.
    """
    text = when.split("#", maxsplit=1)[0].strip().removeprefix("[").removesuffix("]").strip()
    if not text:
        return None
    found = next(filter(None, (form.fullmatch(text) for form in _STARTS)), None)
    if found is not None:
        with suppress(ValueError):
            return _moment(found, warnings)
    warnings["bad_start"] = (
        "found a start that is not a time and a date, expected HH:MM:SS DD/MM/YYYY; times are "
        "counted from the first sample"
    )
    return None


def _moment(found: re.Match[str], warnings: dict[str, str]) -> datetime | None:
    """Return the moment of a match; raise ValueError if there is no such time or date."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    fraction = (found["fraction"] or "")[:6]
    moment = datetime(1, 1, 1, hour, minute, second, int(fraction.ljust(6, "0")))
    if found["iso"]:
        date = datetime.strptime(re.sub("[/.]", "-", found["iso"]), "%Y-%m-%d")
    elif found["year"]:
        year = int(found["year"])
        if len(found["year"]) == 2:
            year += 1900 if year >= _PIVOT_YEAR else 2000
            warnings["ambiguous_start"] = (
                f"found a start with a year of two digits, read as {year}; expected DD/MM/YYYY"
            )
        date = datetime(year, int(found["month"]), int(found["day"]))
    else:
        return None
    may_be_hours = found["hour"] is None and not fraction and 0 < minute < 24
    if may_be_hours:
        warnings["ambiguous_start"] = (
            "found a start of two numbers, read as minutes and seconds after midnight, as WFDB "
            "defines it; if they are hours and minutes, all times of day are wrong: add the seconds"
        )
    return date.replace(
        hour=moment.hour,
        minute=moment.minute,
        second=moment.second,
        microsecond=moment.microsecond,
    )
