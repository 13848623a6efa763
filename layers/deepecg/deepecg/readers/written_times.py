"""Times that files write as digits, and the recorder's clock."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

_DIGITS: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6})\d*)?)?(?:([+-])(\d\d)(\d\d))?",
    re.ASCII,
)


def time_of_digits(text: str) -> datetime | None:
    """Return a time that is written as ``YYYYMMDDHHMMSS.FFFFFF+ZZXX``, as DICOM and HL7 do.

    Parameters
    ----------
    text : str
        Seconds, their fraction and the offset from UTC may be missing, the rest may not.

    Returns
    -------
    datetime or None
        Aware if ``text`` contains an offset; None if ``text`` is no such time.
    """
    match = _DIGITS.fullmatch(text.strip())
    if not match:
        return None
    *parts, fraction, sign, hours, minutes = match.groups()
    zone = None
    try:
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-offset if sign == "-" else offset)
        year, month, day, hour, minute, second = (int(part or 0) for part in parts)
        microsecond = int((fraction or "").ljust(6, "0"))
        return datetime(year, month, day, hour, minute, second, microsecond, zone)
    except ValueError:
        return None


def recorder_clock(moment: datetime, zone: tzinfo | None) -> datetime:
    """Return the local time that the recorder's clock showed, without its offset from UTC.

    Parameters
    ----------
    moment : datetime
        As the file gives it. Without an offset it is the time of the clock already.
    zone : tzinfo or None
        Time zone of the clock, if it is known. Otherwise it is the one that the file names.
    """
    if moment.tzinfo is None:
        return moment
    try:
        return (moment.astimezone(zone) if zone else moment).replace(tzinfo=None)
    except OverflowError:  # in the year 1 or 9999
        return moment.replace(tzinfo=None)
