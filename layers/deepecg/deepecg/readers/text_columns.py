"""What the columns of a table of numbers are: the time of each row, signals, or neither."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from deepecg.arrays import Floats
from deepecg.errors import MalformedHeaderError, NoLeadsError
from deepecg.readers.text_header import TableHeader, time_unit
from deepecg.readers.text_options import SECONDS_PER_TIME_UNIT, TextOptions
from deepecg.readers.text_table import MISSING, TableLayout
from deepecg.readers.text_times import RowTimes, epoch_moment
from deepecg.readers.voltage_units import is_steps, millivolts_per_unit

_TIME_WORDS: Final = {
    *("time", "timestamp", "timestamps", "datetime", "date", "elapsed", "clock", "epoch", "unix"),
    *("t", "zeit", "uhrzeit", "zeitstempel", "temps", "heure", "tiempo", "hora", "tempo", "ora"),
}
_COUNTER: Final = re.compile(
    r"(?:sample|samples|index|idx|nr|no|n|nseq|seq|row|counter|count|id|i|unnamed: 0|)"
    r"[\s_.]*(?:#|no|nr|num|number|index|idx)?[.:]?|#",
    re.IGNORECASE,
)
_EVEN: Final = 0.1
_MOSTLY: Final = 0.8


@dataclass(frozen=True)
class SignalColumn:
    """A column of numbers that are samples.

    Attributes
    ----------
    number : int
        Its number from 0 among all columns.
    label, unit : str
        By the lines before the table, or the options; empty where there is none.
    is_wanted : bool
        Whether the options name it as an ECG lead.
    """

    number: int
    label: str = field(repr=False)
    unit: str = field(repr=False)
    is_wanted: bool


@dataclass(frozen=True)
class TimeColumn:
    """The column that says when each row was sampled.

    Attributes
    ----------
    number : int
        Its number from 0 among all columns.
    kind : str
        ``t`` for times in words, such as 09:30:00; ``n`` for numbers.
    unit : str or None
        Unit of the numbers; None where it is not known, ``row`` where the column counts rows.
    cells : RowTimes
        Reads the times in words.
    """

    number: int
    kind: str
    unit: str | None
    cells: RowTimes


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are for.

    Attributes
    ----------
    signals : tuple of SignalColumn
        In the order of the table, at least one.
    times : TimeColumn or None
        None where no column has times of rows.
    first_moment : datetime or None
        Time of the first row by the first column with dates.
    """

    signals: tuple[SignalColumn, ...]
    times: TimeColumn | None
    first_moment: datetime | None

    def start(self, first_time: float) -> datetime | None:
        """Return the date and time of the first row, if a column has dates or an epoch's time.

        Parameters
        ----------
        first_time : float
            The number in the column of times of the first row.
        """
        if self.first_moment is not None:
            return self.first_moment
        if self.times is None or self.times.kind == "t":
            return None
        given = SECONDS_PER_TIME_UNIT.get(self.times.unit or "")
        scales = [given] if given else SECONDS_PER_TIME_UNIT.values()
        moments = (epoch_moment(first_time * scale) for scale in scales)
        return next((moment for moment in moments if moment is not None), None)


def find_columns(layout: TableLayout, header: TableHeader, given: TextOptions) -> Columns:
    """Return what each column of a table is for.

    Parameters
    ----------
    layout : TableLayout
        The form of the table, with its first rows.
    header : TableHeader
        What the lines before the table say.
    given : TextOptions
        Its columns, unit, time column and time unit count more than the table's own.

    Raises
    ------
    MalformedHeaderError
        If the options name columns that the table does not have, or that cannot be what they say.
    NoLeadsError
        If no column of numbers is left besides the time.
    """
    labels = list(header.labels)
    numbers = [number for number, kind in enumerate(layout.kinds) if kind == "n"]
    times = _times(layout, header, given)
    names = given.columns
    free = [number for number in numbers if times is None or number != times.number]
    if names and not header.is_named and not all(map(str.isdecimal, names)):
        wanted = {len(labels): range(len(labels)), len(free): free}.get(len(names))
        if wanted is None:
            raise MalformedHeaderError(
                f"found {len(names)} names in `columns` for {len(labels)} columns without names, "
                "expected a name for each"
            )
        for number, name in zip(wanted, names, strict=True):
            labels[number] = name
        chosen = set(free)
    else:
        chosen = {_column(name, labels, "columns") for name in names}
        if not chosen <= set(free):
            raise MalformedHeaderError(
                "found a column in `columns` that has no numbers or is the time, expected another"
            )
    signals = tuple(
        SignalColumn(
            number,
            labels[number],
            _unit(header.units[number], given, number in chosen),
            number in chosen,
        )
        for number in numbers
        if not (times is not None and number == times.number)
        and (number in chosen if names else not _is_time_or_counter(layout, header, number))
    )
    if not signals:
        raise NoLeadsError("found no column of numbers besides the time, expected an ECG")
    return Columns(signals, times, _first_moment(layout))


def _times(layout: TableLayout, header: TableHeader, given: TextOptions) -> TimeColumn | None:
    """Return the column with the times of rows: the one with most different and even times."""
    found = []
    if given.time_column is not None:
        numbers = [_column(given.time_column, header.labels, "time_column")]
        if layout.kinds[numbers[0]] not in "nt":
            raise MalformedHeaderError("found a `time_column` without times, expected another")
    else:
        numbers = [
            number
            for number, kind in enumerate(layout.kinds)
            if kind == "t" or (kind == "n" and _is_time_or_counter(layout, header, number))
        ]
    for number in numbers:
        values = _head_values(layout, number)
        steps = np.diff(values)
        counts = layout.kinds[number] == "n" and _counts(layout, header, number)
        if not steps.size or np.mean(steps >= 0) < _MOSTLY or values[-1] <= values[0]:
            continue  # such as a time that is always 0
        if counts and (steps < 0).any():
            continue  # such as a counter from 0 to 15
        spread = np.median(np.abs(steps - np.median(steps))) / max(np.mean(steps), 1e-300)
        rank = (counts, -round(np.mean(steps > 0), 1), round(float(spread), 2), number)
        found.append((rank, number))
    if not found:
        if given.time_column is not None:
            raise MalformedHeaderError("found a `time_column` that does not advance")
        return None
    number = min(found)[1]
    kind = layout.kinds[number]
    unit = None if kind == "t" else given.time_unit or time_unit(header.units[number])
    if kind == "n" and unit is None and _counts(layout, header, number):
        unit = "row"
    return TimeColumn(number, kind, unit, RowTimes([row[number] for row in layout.rows]))


def _first_moment(layout: TableLayout) -> datetime | None:
    """Return date and time of the first row, from one column or from one each."""
    clocks = [number for number, kind in enumerate(layout.kinds) if kind == "t"]
    columns = [[row[number] for row in layout.rows] for number in clocks]
    date = layout.kinds.find("d")
    if clocks and date >= 0:
        columns.append([f"{row[date]} {row[clocks[0]]}" for row in layout.rows])
    moments = (RowTimes(cells).moment(cells[0]) for cells in columns)
    return next((moment for moment in moments if moment is not None), None)


def _unit(unit: str, given: TextOptions, is_chosen: bool) -> str:
    """Return the unit of a column: the one given, unless the column measures something else."""
    is_voltage = not unit or is_steps(unit) or millivolts_per_unit(unit) is not None
    return given.unit if given.unit and (is_chosen or is_voltage) else unit


def _column(name: str, labels: Sequence[str], option: str) -> int:
    """Return the number of the column with this name or number from 1."""
    folded = [label.casefold() for label in labels]
    if name.casefold() in folded:
        return folded.index(name.casefold())
    if name.isdecimal() and 1 <= int(name) <= len(labels):
        return int(name) - 1
    raise MalformedHeaderError(
        f"found no column for a name in `{option}` among {len(labels)} columns, expected a name of "
        f"the header line or a number from 1 to {len(labels)}"
    )


def _head_values(layout: TableLayout, number: int) -> Floats:
    """Return the numbers of a column in the first rows, or its times in seconds."""
    cells = [row[number] for row in layout.rows]
    if layout.kinds[number] == "t":
        import pandas as pd  # noqa: PLC0415

        values = RowTimes(cells).seconds(pd.Series(cells, dtype="str"))
    else:
        is_known = [cell.casefold() not in MISSING for cell in cells]
        points = (cell.replace(layout.decimal, ".") for cell in cells)
        values = np.array(
            [float(c) if known else np.nan for c, known in zip(points, is_known, strict=True)]
        )
    return values[np.isfinite(values)]


def _is_time_or_counter(layout: TableLayout, header: TableHeader, number: int) -> bool:
    words = set(re.split(r"[\W_]+", header.labels[number].casefold()))
    if time_unit(header.units[number]) is not None or words & _TIME_WORDS:
        return True
    return _counts(layout, header, number) or _is_even(layout, header, number)


def _counts(layout: TableLayout, header: TableHeader, number: int) -> bool:
    """Return whether a column counts the rows, over and over or on and on."""
    if not _COUNTER.fullmatch(header.labels[number]) or header.units[number]:
        return False
    steps = np.diff(_head_values(layout, number))
    return bool(steps.size and np.mean(steps == 1) > _MOSTLY)


def _is_even(layout: TableLayout, header: TableHeader, number: int) -> bool:
    """Return whether the first column of several is a time by its even steps."""
    if number or len(layout.kinds) == 1 or header.units[number]:
        return False
    steps = np.diff(_head_values(layout, number))
    usual = float(np.median(steps)) if steps.size else 0.0
    return usual > 0 and bool(
        np.mean(np.abs(steps - usual) <= _EVEN * usual) > _MOSTLY and (steps > 0).all()
    )
