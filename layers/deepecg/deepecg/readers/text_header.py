"""What the lines before a table say: names and units of its columns, rate, start.

Nothing else of these lines is read: they often contain the patient's name.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from deepecg.readers.text_options import SECONDS_PER_TIME_UNIT
from deepecg.readers.text_table import MISSING, TableLayout
from deepecg.readers.voltage_units import is_other_quantity, is_steps, millivolts_per_unit

_TIME_UNITS: Final = {
    **{name: name for name in SECONDS_PER_TIME_UNIT},
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("msec", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("usec", "micros", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("nsec", "nanos", "nanosecond", "nanoseconds"), "ns"),
}
_FORMS_OF_TIMES: Final = frozenset(("hh:mm:ss.mmm", "hh:mm:ss", "mm:ss.mmm", "yyyy-mm-dd"))
_OTHER_WORDS: Final = frozenset(
    (
        *("a", "f", "l", "m", "t", "ma", "na", "pa", "min", "bar", "siemens", "nd", "1", "-"),
        *("unit", "units", "none", "n/a"),
    )
)
"""Units elsewhere that are other words in the names of columns, such as ``ecg_min`` or ``t``."""
_IN_BRACKETS: Final = re.compile(r"(?P<name>.*?)\s*[\[(](?P<unit>[^\[\]()]{1,16})[\])]\s*")
_AT_THE_END: Final = re.compile(r"(?P<name>.+?)(?:_|\s|/|,\s*)(?P<unit>[A-Za-zµμ]{1,12})")
_KEY_AND_VALUE: Final = re.compile(
    r"[\s#%/\"']*([^:=;,\t]{1,60}?)\s*[:=;,\t]\s*[\"']?(.*?)[\"']?[\s;,]*"
)
_RATE: Final = re.compile(
    r"(?:\bsampl\w*[ _-]*(?:rate|freq\w*)|\bfs\b|\bsfreq\b|\bfrequency\b)[^0-9\n]{0,30}?"
    r"(\d+(?:[.,]\d+)?)\s*(k?)(?:hz|hertz)?",
    re.IGNORECASE | re.ASCII,
)
_HERTZ: Final = re.compile(r"(?<![\d.,-])(\d+(?:[.,]\d+)?)\s*(k?)(?:hz|hertz)\b", re.I | re.ASCII)
_FILTER: Final = re.compile(r"filt|notch|band|low|high|pass|mains|cut", re.IGNORECASE)
_INTERVAL: Final = re.compile(
    r"\bsampl\w*[ _-]*(?:interval|period|time)[^0-9\n]{0,30}?(\d+(?:[.,]\d+)?)\s*(ms|us|s)\b",
    re.IGNORECASE | re.ASCII,
)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?", re.ASCII
)
_BEGIN: Final = re.compile(r"start|begin|record|creat|measur|date", re.IGNORECASE)
_BIRTH: Final = re.compile(r"birth|dob|geb", re.IGNORECASE)


@dataclass(frozen=True)
class TableHeader:
    """What is said about the columns of a table.

    Attributes
    ----------
    labels, units : tuple of str
        Name and unit of each column; empty where there is none.
    is_named : bool
        Whether a line names the columns.
    sampling_rate_hz : float or None
        Rows per second.
    start : datetime or None
        Time of the first row, with a UTC offset where there is one.
    """

    labels: tuple[str, ...] = field(repr=False)
    units: tuple[str, ...] = field(repr=False)
    is_named: bool
    sampling_rate_hz: float | None
    start: datetime | None


def read_table_header(layout: TableLayout) -> TableHeader:
    """Return what the lines before a table say about it."""
    width = len(layout.kinds)
    open_signals = _open_signals(layout.before)
    names, below, others = _line_of_names(layout)
    pairs = [_label_and_unit(name) for name in names] if names else [("", "")] * width
    labels = [label for label, _ in pairs]
    units = [unit for _, unit in pairs]
    if below:
        units = [unit or own for unit, own in zip(below, units, strict=True)]
    common = _common_unit(others)
    units = [
        unit or (common if kind == "n" else "")
        for unit, kind in zip(units, layout.kinds, strict=True)
    ]
    if width == 1 and not labels[0]:
        labels = [_lead_name(others)]
    if open_signals is not None:
        labels = _open_signals_labels(open_signals, width) or labels
    return TableHeader(
        labels=tuple(labels),
        units=tuple(units),
        is_named=bool(names) or open_signals is not None,
        sampling_rate_hz=_rate(others, open_signals),
        start=_start(others, open_signals),
    )


def time_unit(unit: str) -> str | None:
    """Return a unit of time by its usual abbreviation; None for another unit."""
    return _TIME_UNITS.get(unit.strip().replace("µ", "u").replace("μ", "u").casefold())


def _line_of_names(
    layout: TableLayout,
) -> tuple[list[str], list[str], Sequence[str]]:
    """Return the cells with names and units of columns, and the lines before them."""
    before, width = list(layout.before), len(layout.kinds)
    while before and all(cell.casefold() in MISSING for cell in layout.cells(before[-1])):
        before.pop()  # a row without values
    below: list[str] = []
    if before and _is_line_of_units(cells := _padded(layout, before[-1], width)):
        below = [cell if cell.casefold() not in {"-", "none"} else "" for cell in cells]
        before.pop()
    if not before:
        return [], below, before
    cells = _padded(layout, before[-1], width)
    if not cells or (width == 1 and re.search(r"[,;:=\t]", cells[0])):
        return [], below, before
    return cells, below, before[:-1]


def _padded(layout: TableLayout, line: str, width: int) -> list[str]:
    """Return the cells of a line if they are as many as the columns, or none."""
    cells = layout.cells(line.lstrip("#%/ ") if line.startswith(("#", "%", "/")) else line)
    if len(cells) == width - 1 and layout.kinds.endswith("m"):
        cells.append("")  # only the rows end with a separator
    return cells if len(cells) == width else []


def _is_line_of_units(cells: Sequence[str]) -> bool:
    given = [cell.strip("[]()") for cell in cells if cell]
    return bool(given) and all(_is_unit(cell) or cell == "-" for cell in given)


def _is_unit(text: str) -> bool:
    folded = text.strip().casefold()
    if millivolts_per_unit(text) is not None or time_unit(text) is not None:
        return True
    if folded in _OTHER_WORDS:
        return False
    return is_other_quantity(text) or is_steps(text) or folded in _FORMS_OF_TIMES


def _label_and_unit(name: str) -> tuple[str, str]:
    """Return the parts of ``ecg [uV]``, ``ECG (mV)``, ``ecg_uv`` or ``Time/s``."""
    for pattern in (_IN_BRACKETS, _AT_THE_END):
        found = pattern.fullmatch(name)
        if found is None:
            continue
        unit = found["unit"].strip()
        # "Lead V" and "status C" end with a letter, not with a unit.
        if _is_unit(unit) and (pattern is _IN_BRACKETS or len(unit) > 1 or unit == "s"):
            return found["name"].strip(), unit
    if _is_unit(name) and len(name.strip()) > 1:
        return name, name  # a column named "mV"
    return name, ""


def _pairs(lines: Sequence[str]) -> list[tuple[str, str]]:
    found = (_KEY_AND_VALUE.fullmatch(line[:400]) for line in lines)
    return [(match[1], match[2]) for match in found if match is not None]


def _common_unit(lines: Sequence[str]) -> str:
    """Return the voltage that a line before the table gives: ``Unit,µV``."""
    units = {value for _, value in _pairs(lines) if millivolts_per_unit(value) is not None}
    return units.pop() if len(units) == 1 else ""


def _lead_name(lines: Sequence[str]) -> str:
    return next((value for key, value in _pairs(lines) if key.casefold() == "lead"), "")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _rate(lines: Sequence[str], open_signals: dict[str, Any] | None) -> float | None:
    """Return the sampling rate that lines before the table give, if they give one."""
    if open_signals is not None:
        rate = open_signals.get("sampling rate")
        return float(rate) if isinstance(rate, int | float) and 0 < rate < 1e6 else None
    found: set[float] = set()
    for line in lines:
        short = line[:400]
        found |= {_number(rate) * (1000 if k else 1) for rate, k in _RATE.findall(short)}
        for interval, unit in _INTERVAL.findall(short):
            seconds = _number(interval) * SECONDS_PER_TIME_UNIT[unit.casefold()]
            found |= {1 / seconds} if seconds else set()
    if not found:
        hertz = [
            m for line in lines if not _FILTER.search(line) for m in _HERTZ.findall(line[:400])
        ]
        found = {_number(rate) * (1000 if k else 1) for rate, k in hertz}
    return found.pop() if len(found) == 1 and min(found) > 0 else None


def _start(lines: Sequence[str], open_signals: dict[str, Any] | None) -> datetime | None:
    """Return the date and time at which the recording began, if a line gives it."""
    if open_signals is not None:
        moment = f"{open_signals.get('date')} {open_signals.get('time')}"
        parts = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?) (\d\d?):(\d\d?):(\d\d?)(\.\d*)?", moment)
        try:
            return datetime(*map(int, parts.groups()[:6])) if parts else None  # type: ignore[arg-type]
        except ValueError:
            return None
    found = {
        match[0]: bool(_BEGIN.search(line[: match.start()]))
        for line in (line[:400] for line in lines)
        if not _BIRTH.search(line)
        for match in _MOMENT.finditer(line)
    }
    wanted = [text for text, begins in found.items() if begins] or list(found)
    if len(wanted) != 1:
        return None
    try:
        return datetime.fromisoformat(re.sub(r"\s+([-+Z])", r"\1", wanted[0]))
    except ValueError:
        return None


def _open_signals(lines: Sequence[str]) -> dict[str, Any] | None:
    """Return the description of the first device in the header of an OpenSignals table."""
    for line in lines:
        text = line.lstrip("# ")
        if line.startswith("#") and text.startswith("{"):
            try:
                devices = json.loads(text)
            except (ValueError, RecursionError):
                return None
            first = next(iter(devices.values()), None)
            return first if isinstance(first, dict) and "sampling rate" in first else None
    return None


def _open_signals_labels(device: dict[str, Any], width: int) -> list[str]:
    """Return the names of the columns; those of channels are what their sensors measure."""
    columns, sensors = device.get("column"), device.get("sensor")
    if not isinstance(columns, list) or len(columns) > width:
        return []
    labels = [str(column) for column in columns]
    if isinstance(sensors, list) and 0 < len(sensors) <= len(labels):
        labels[-len(sensors) :] = [str(sensor) for sensor in sensors]
    return labels + [""] * (width - len(labels))
