"""Times that files write as digits, the recorder's clock, and its sampling rate."""

import re
from contextlib import suppress
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


def rate_of_interval(interval_s: float, rounded_s: float) -> float:
    """Return the sampling rate of an interval between samples that is written with few digits.

    Parameters
    ----------
    interval_s : float
        Seconds between two samples, above 0.
    rounded_s : float
        Seconds by which it may be rounded.

    Returns
    -------
    float
        The nearest whole number of hertz if that would be written so: 360 Hz for 2,778 us, where
        1 / 0.002778 s would be 7 s wrong after a day.
    """
    rate = 1 / interval_s
    whole = round(rate)
    return float(whole) if whole and abs(1 / whole - interval_s) < rounded_s else rate


def clock_time(
    moment: datetime | None, after_s: float, zone: tzinfo | None, warnings: dict[str, str]
) -> datetime | None:
    """Return the local time that the recorder's clock showed, without its offset from UTC.

    Parameters
    ----------
    moment : datetime or None
        As the file gives it. Without an offset it is the time of the clock already.
    after_s : float
        Seconds from ``moment`` to the time wanted.
    zone : tzinfo or None
        Time zone of the clock, if it is known. Otherwise it is the one that the file names.
    warnings : dict of str to str
        Message by code; gets ``no_start`` if there is no such time.
    """
    if moment is not None:
        with suppress(OverflowError):  # before the year 1 or after 9999
            moment += timedelta(seconds=after_s)
            local = moment.astimezone(zone) if zone and moment.tzinfo else moment
            return local.replace(tzinfo=None)
    warnings["no_start"] = "found no date and time at which the recording starts"
    return None
