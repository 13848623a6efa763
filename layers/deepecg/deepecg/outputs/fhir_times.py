"""Times in FHIR documents: instants where the recorder's time zone is known, otherwise days.

A FHIR dateTime with a time of day must have an offset from UTC, and Holter files contain no time
zone. The recorder's clock runs on through a change of summer time, so a time in the recording is
the instant of its start and the seconds since then.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deepecg.outputs.summary import RecordingBlock


def effective_period(recording: RecordingBlock, from_s: float, until_s: float) -> dict[str, Any]:
    """Return the ``effectivePeriod`` of a part of a recording.

    Parameters
    ----------
    recording : RecordingBlock
        Start of the recording and time zone.
    from_s, until_s : float
        The part, in seconds from the start of the recording.

    Returns
    -------
    dict
        Empty if the start of the recording is not known. The end is missing if it is after the year
        9999, as a damaged header can say.
    """
    if recording.start_local is None:
        return {}
    local = datetime.fromisoformat(recording.start_local)
    start = _certain_start(local, recording.time_zone)
    period = {}
    for name, at_s in (("start", from_s), ("end", until_s)):
        with suppress(OverflowError):
            if start is None:
                period[name] = (local + timedelta(seconds=at_s)).date().isoformat()
            else:
                at = (start.astimezone(UTC) + timedelta(seconds=at_s)).astimezone(start.tzinfo)
                period[name] = instant(at)
    return {"effectivePeriod": period}


def instant(at: datetime) -> str:
    """Return a time with a time zone as FHIR writes it."""
    return at.isoformat().replace("+00:00", "Z")


def _certain_start(local: datetime, time_zone: str | None) -> datetime | None:
    """Return a local time as an instant, or None if it is not certain which instant it is.

    A time that summer time skips is one of a clock that was not changed (PEP 495: ``fold=0``). A
    time that the end of summer time repeats could be either of two.
    """
    if time_zone is None:
        return None
    first, second = (local.replace(tzinfo=ZoneInfo(time_zone), fold=fold) for fold in (0, 1))
    offset, later_offset = (at.utcoffset() or timedelta() for at in (first, second))
    # Before there was standard time, offsets had seconds, which FHIR's cannot have
    is_certain = offset <= later_offset and offset % timedelta(minutes=1) == timedelta()
    return first if is_certain else None
