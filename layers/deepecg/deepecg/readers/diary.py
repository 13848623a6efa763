"""The patient's diary beside a recording, ``NAME.diary.csv``: a time and a text in each row.

A time is a clock time (``9:05``, ``21:05:30``, ``9:05 pm``), with or without a date (``2024-03-01``
or ``01.03.2024``), ISO 8601, or a number of seconds from the start. It is one of the recorder's
clock. A time of day without a date is the one that the recording contains; where it contains
several, rows are in the order of time.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Final

from deepecg.readers.formats import recording_stem
from deepecg.readers.patient_marks import marks_within
from deepecg.readers.suffixes_beside import DIARY_SUFFIX, MAX_BYTES_BESIDE
from deepecg.recording import PatientMark, ReadingWarning, Recording
from deepecg.time_units import SECONDS_PER_DAY, SECONDS_PER_MINUTE

_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
"""Of UTF-16, which spreadsheets write as "Unicode text"."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
_FIRST_CELL: Final = re.compile(
    r"""^(?:"[^"\r\n]*"|[0-9]+,[0-9]+(?=[;\t])|[^",;\t\r\n]*)([,;\t])""", re.MULTILINE
)
"""First cell of a row, which may be seconds with a decimal comma, and the delimiter after it."""
_SAMPLE: Final = 10_000
"""Characters at the beginning of a diary by which its delimiter is chosen: some hundred rows."""
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9})?", re.ASCII)
_CLOCK: Final = re.compile(
    r"""(?:(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)(?:T|\s+)
        |(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4}),?\s+))?
        (?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>[.,]\d{1,9})?)?
        (?:\s*(?P<half>[ap])\.?m\.?)?
        \s*(?P<zone>Z|(?P<sign>[+-])(?P<ahead_h>\d\d):?(?P<ahead_min>\d\d))?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def diary_beside(path: Path) -> Path:
    """Return where the diary of a recording is, whether or not there is one."""
    return path.with_name(recording_stem(path.name) + DIARY_SUFFIX)


def read_diary(
    content: bytes, recording: Recording, zone: tzinfo | None = None
) -> tuple[tuple[PatientMark, ...], tuple[ReadingWarning, ...]]:
    """Read a diary.

    Parameters
    ----------
    content : bytes
        CSV with comma, semicolon or tab, in UTF-8, UTF-16 or Latin-1; a first row without a time is
        a header. Of a file that is too large, any :data:`MAX_BYTES_BESIDE` + 1 bytes.
    recording : Recording
        The recording; its start makes times of day seconds.
    zone : tzinfo, optional
        Time zone of the recorder's clock, without which no time with a UTC offset can be placed.

    Returns
    -------
    marks : tuple of PatientMark
        In the order of time. A time of day without seconds is a mark of a minute.
    warnings : tuple of ReadingWarning
        ``bad_diary``, and no mark, if the content is no text or too large; ``diary_time_unknown``
        with the number of rows whose time is not in the recording; ``diary_without_dates`` if the
        order of the rows decides on the day; and ``marks_left_out``. No warning contains a text.
    """
    warnings: dict[str, str] = {}
    text = _text(content, warnings)
    rows = _rows(text)
    if rows and not any(letter.isdigit() for letter in rows[0][0]):
        rows = rows[1:]
    clock = _DiaryClock(recording, zone)
    found = [mark for time_, note in rows if (mark := clock.mark(time_, note)) is not None]
    if len(found) < len(rows):
        known = "" if recording.start else "; the recording has no time of its start"
        warnings["diary_time_unknown"] = (
            f"found {len(rows) - len(found)} of {len(rows)} rows of the diary with a time that is "
            "not in the recording, expected a clock time, ISO 8601 or seconds from the start"
            + known
        )
    if clock.n_ambiguous:
        warnings["diary_without_dates"] = (
            f"found {clock.n_ambiguous} times of day in the diary that the recording contains "
            "more than once, expected dates; read in the order of the rows"
        )
    marks = marks_within(found, recording.duration_s, warnings)
    return marks, tuple(ReadingWarning(code, message) for code, message in warnings.items())


def _text(content: bytes, warnings: dict[str, str]) -> str:
    """Return the content as text; empty, with a warning, if it is none."""
    if len(content) > MAX_BYTES_BESIDE:
        warnings["bad_diary"] = (
            f"found a diary of more than {MAX_BYTES_BESIDE} bytes, expected a short table; it "
            "was not read"
        )
        return ""
    encodings = ("utf-16",) if content.startswith(_BYTE_ORDER_MARKS) else ("utf-8-sig", "latin-1")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
        break
    warnings["bad_diary"] = (
        "found a diary that is not text, expected CSV with a time and a text in each row; it was "
        "not read"
    )
    return ""


def _rows(text: str) -> list[tuple[str, str]]:
    """Return time and text of each row that is not empty."""
    delimiters = Counter(_FIRST_CELL.findall(text[:_SAMPLE])).most_common(1)
    delimiter = delimiters[0][0] if delimiters else ","
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        # A quotation mark in a text; without this the rest of the file would be its cell.
        table = [line.split(delimiter, 1) for line in text.splitlines()]
    return [
        (row[0].strip(' \t"'), delimiter.join(row[1:]).rstrip(delimiter))
        for row in table
        if any(cell.strip() for cell in row)
    ]


class _DiaryClock:
    """Places the times of a diary, row by row.

    Attributes
    ----------
    n_ambiguous : int
        Number of times of day, so far, that the recording contains more than once.
    """

    def __init__(self, recording: Recording, zone: tzinfo | None) -> None:
        self._recording, self._zone = recording, zone
        self._last_s = 0.0
        self.n_ambiguous = 0

    def mark(self, cell: str, text: str) -> PatientMark | None:
        """Return the mark of a row; None if its time is not in the recording."""
        lasts_s = 0.0
        if _SECONDS.fullmatch(cell):
            times_s = [float(cell.replace(",", "."))]
        elif found := _CLOCK.fullmatch(cell):
            lasts_s = 0.0 if found["second"] else float(SECONDS_PER_MINUTE)
            times_s = list(self._times(found))
        else:
            return None
        duration_s = self._recording.duration_s
        # A minute that began before the recording counts as its first seconds.
        inside = [
            at_s for at_s in times_s if (at_s >= 0 or at_s + lasts_s > 0) and at_s <= duration_s
        ]
        if not inside:
            return None
        self.n_ambiguous += len(inside) > 1
        later = (at_s for at_s in inside if at_s + lasts_s >= self._last_s)
        at_s = next(later, inside[-1])
        self._last_s = max(at_s, 0.0)
        return PatientMark(self._last_s, at_s + lasts_s - self._last_s, text, "diary")

    def _times(self, found: re.Match[str]) -> Iterator[float]:
        """Yield the seconds from the start that a clock time may stand for."""
        start = self._recording.start
        hour, dated = int(found["hour"]), bool(found["year"] or found["y"])
        if found["half"]:
            if not 1 <= hour <= 12:
                return
            hour = hour % 12 + 12 * (found["half"] in "pP")
        try:
            of_day = time(hour, int(found["minute"]), int(found["second"] or 0))
            year, month, day = (
                int(found[name] or found[name[0]] or 0) for name in ("year", "month", "day")
            )
            moment = datetime.combine(datetime(year, month, day), of_day) if dated else None
        except ValueError:
            return
        if start is None:
            return
        fraction_s = float((found["fraction"] or "0").replace(",", "."))
        if moment is None:
            if found["zone"]:
                return
            first_s = (datetime.combine(start, of_day) - start).total_seconds() + fraction_s
            n_days = int(self._recording.duration_s // SECONDS_PER_DAY) + 2
            yield from (first_s + day * SECONDS_PER_DAY for day in range(n_days))
        elif found["zone"] is None:
            yield (moment - start).total_seconds() + fraction_s
        elif self._zone is not None:
            ahead = timedelta(
                hours=int(found["ahead_h"] or 0), minutes=int(found["ahead_min"] or 0)
            )
            ahead = -ahead if found["sign"] == "-" else ahead
            if abs(ahead) < timedelta(days=1):
                moment = moment.replace(tzinfo=timezone(ahead))
                since = moment - start.replace(tzinfo=self._zone)
                yield since.total_seconds() + fraction_s
