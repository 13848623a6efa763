"""Tables of numbers in text (``.csv``, ``.tsv``, ``.txt``): a row for each sample.

Separators are comma, semicolon, tab, ``|`` or spaces; decimals begin with a point or a comma;
encodings are UTF-8, UTF-16 and Latin-1. Rate, unit, start and the columns' names come from the
lines before the table, and what these lack from ``NAME.csv.json`` or the options
(:mod:`~deepecg.readers.text_options`). Among the exports that are read so:

- Polar Sensor Logger: ``Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]``
- Movesense: ``timestamp,samples`` and ``Timestamp (ms),ECG (mV)`` (the former has no unit)
- Apple Watch: ``Sample Rate,512 hertz``, ``Unit,µV`` and a value a line, with decimal commas in
  some languages
- PhysioNet's ``rdsamp -v``: ``'Elapsed time','MLII','V5'`` above ``'hh:mm:ss.mmm','mV','mV'``
- MIT-BIH on Kaggle: ``'sample #','MLII','V5'`` (no rate, no unit)
- OpenSignals (BITalino, biosignalsplux): a JSON object in a comment (no unit)
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats, Floats32, Ints
from deepecg.errors import (
    MalformedHeaderError,
    NoLeadsError,
    SamplingRateError,
    SettingsError,
    TooShortError,
)
from deepecg.readers.declared_length import refuse_long_gaps
from deepecg.readers.file_signals import FileSignal, recording_of
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.text_header import UNCALIBRATED, TableHeader, read_table_header, time_unit
from deepecg.readers.text_options import SECONDS_PER_TIME_UNIT, TextOptions, read_text_options
from deepecg.readers.text_table import HEAD_BYTES, MISSING, TableLayout, find_layout
from deepecg.readers.text_times import RowTimes, epoch_moment, local_start
from deepecg.readers.uniform_grid import Grid, even_rows, fit_grid, usual_distance
from deepecg.readers.voltage_units import millivolts_per_unit
from deepecg.recording import ReadingWarning, Recording

if TYPE_CHECKING:
    import pandas as pd

OPTIONS_SUFFIX: Final = ".json"
"""What is added to the name of a table for the file with its options."""
_MAX_OPTIONS_BYTES: Final = 100_000
_ROWS_AT_A_TIME: Final = 200_000
_MAX_LINE_BYTES: Final = 1 << 20
_LARGEST: Final = 1e30
"""Numbers beyond this are damage, and float32 holds few of them."""

_TIME_WORDS: Final = {
    *("time", "timestamp", "timestamps", "datetime", "date", "elapsed", "clock", "epoch", "unix"),
    *("t", "zeit", "uhrzeit", "zeitstempel", "temps", "heure", "tiempo", "hora", "tempo", "ora"),
}
_COUNTER: Final = re.compile(
    r"(?:sample|samples|index|idx|nr|no|n|nseq|seq|row|counter|count|id|i|unnamed: 0|)"
    r"[\s_.]*(?:#|no|nr|num|number|index|idx)?[.:]?|#",
    re.IGNORECASE,
)
_RATES_HZ: Final = (40.0, 4000.0)
"""Rates by which the unit of a column of times is found; each unit is 1,000 times the next."""
_SAME_RATE: Final = 0.05
_EVEN: Final = 0.1
_MOSTLY: Final = 0.8
_IN_ORDER: Final = 0.01
"""Largest share of rows before which the time goes back, for them to be out of order."""
_BETTER: Final = 0.2
"""Share of the uneven steps that remain where rows are sorted into their order."""
_BEAT_MV: Final = (0.2, 10.0)
"""Height of the QRS complexes of an ECG in mV, from base to peak on any lead."""
_WINDOW_S: Final = 2.0
_WINDOWS: Final = 100
_CLOCK_ERROR: Final = 1e-3
_BRIDGED_S: Final = 0.02
"""Longest gap in seconds that is bridged by a straight line: a fifth of a QRS complex.

Single samples are lost often, and a second in which one is missing is not analysed."""


def read_text(path: Path, options: ReadingOptions) -> Recording:
    """Read a table of numbers; its samples are kept in temporary files.

    Parameters
    ----------
    path : Path
        The table. ``NAME.csv.json`` beside ``NAME.csv`` contains what it does not say.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        Leads in millivolts at the rate of the rows' times, or else at the stated one. Time between
        rows that is more than their distance is missing, unless it is so short that a straight line
        bridges it. Warnings: ``bad_rows``,
        ``rows_without_time``, ``rows_out_of_order``, ``repeated_rows``, ``gaps``,
        ``clock_set_back``, ``clock_rate``, ``start_in_utc``, ``unit_assumed``.

    Raises
    ------
    MalformedHeaderError
        If the options are not valid or do not fit the table, or its form is ambiguous.
    NoLeadsError
        If there is no table, or no column is an ECG lead.
    SamplingRateError
        If neither times nor a line nor the options give the rate, or these contradict each other.
    NoSignalError
        If the rows are a small part of the time from the first to the last.
    TooShortError
        If there are fewer than two rows.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    given = options.text.over(_options_beside(path))
    layout = find_layout(head, given)
    header = read_table_header(layout)
    columns = _columns(layout, header, given)
    warnings: dict[str, str] = {}
    table = _read_rows(path, layout, columns, warnings)
    grid, order = _grid(table, columns, given.sampling_rate_hz or header.sampling_rate_hz, warnings)
    refuse_long_gaps(grid.n_samples / grid.rate_hz, grid.n_rows / grid.rate_hz)
    signals = [
        _signal(column, samples, grid, order)
        for column, samples in zip(columns.signals, table.samples, strict=True)
        if np.isfinite(samples).any()
    ]
    if not signals:
        raise NoLeadsError("found no column of numbers besides the time, expected an ECG")
    moment = given.start or columns.start(table) or header.start
    start = None if moment is None else local_start(moment, options.zone, warnings)
    recording = recording_of(
        "text", [signal for signal, _ in signals], options, warnings, start=start
    )
    scales = (signals[number - 1][1] for number in recording.signal_numbers)
    if assumed := next((scale for scale in scales if scale is not None), None):
        unit_assumed = ReadingWarning(
            "unit_assumed",
            f"found columns without a unit whose numbers are no millivolts, multiplied by "
            f"{assumed:g}: give `unit` if it is known; no figure in mV holds",
        )
        return replace(recording, warnings=(*recording.warnings, unit_assumed))
    return recording


def _options_beside(path: Path) -> TextOptions:
    """Return the options in the file beside a table."""
    try:
        beside = FilesBeside(path.parent).find(path.name + OPTIONS_SUFFIX)
        if beside is None:
            return TextOptions()
        with beside.open("rb") as file:
            content = file.read(_MAX_OPTIONS_BYTES)
    except OSError as error:
        raise MalformedHeaderError(
            f"found a {OPTIONS_SUFFIX} file beside the table that cannot be read "
            f"({type(error).__name__}), expected a file"
        ) from None
    try:
        return read_text_options(content, f"the {OPTIONS_SUFFIX} file beside the table")
    except SettingsError as error:
        raise MalformedHeaderError(str(error)) from None


@dataclass(frozen=True)
class _Signal:
    """A column of numbers that are samples."""

    number: int
    label: str = field(repr=False)
    unit: str = field(repr=False)
    is_wanted: bool


@dataclass(frozen=True)
class _Times:
    """The column that says when each row was sampled.

    ``unit`` is None where it is not known, ``row`` where the column counts rows.
    """

    number: int
    kind: str
    unit: str | None
    cells: RowTimes


@dataclass(frozen=True)
class _Columns:
    """What the columns of a table are for."""

    signals: tuple[_Signal, ...]
    times: _Times | None
    first_moment: datetime | None
    """Time of the first row by the first column with dates."""

    def start(self, table: "_Table") -> datetime | None:
        """Return the time of the first row, if a column has dates."""
        if self.first_moment is not None:
            return self.first_moment
        if self.times is None or self.times.kind == "t" or not table.n_rows:
            return None
        first = table.first_time
        given = SECONDS_PER_TIME_UNIT.get(self.times.unit or "")
        scales = [given] if given else SECONDS_PER_TIME_UNIT.values()
        moments = (epoch_moment(first * scale) for scale in scales)
        return next((moment for moment in moments if moment is not None), None)


def _columns(layout: TableLayout, header: TableHeader, given: TextOptions) -> _Columns:
    """Decide what each column is for."""
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
        _Signal(
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
    return _Columns(signals, times, _first_moment(layout))


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
    is_voltage = (
        not unit or unit.casefold() in UNCALIBRATED or millivolts_per_unit(unit) is not None
    )
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


def _times(layout: TableLayout, header: TableHeader, given: TextOptions) -> _Times | None:
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
    return _Times(number, kind, unit, RowTimes([row[number] for row in layout.rows]))


@dataclass(frozen=True)
class _Table:
    """The rows of a table: samples in the unit of their column, times in that of theirs."""

    n_rows: int
    samples: tuple[Floats32, ...]
    times: Floats
    first_time: float


class _CheckedLines(io.RawIOBase):
    """A file whose lines are not too long and are text; for a parser that keeps whole lines.

    A line of 1 GB, or a quote that is never closed, would be kept in memory as one row.
    """

    def __init__(self, file: IO[bytes], layout: TableLayout) -> None:
        self._file = file
        self._layout = layout
        self._is_wide = layout.encoding.startswith("utf-16")
        self._since_line = 0
        self._quotes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._file.read(len(buffer))
        if not self._is_wide and b"\0" in content:
            raise MalformedHeaderError("found bytes in the table that are no text")
        end = max(content.rfind(b"\n"), content.rfind(b"\r"))
        self._since_line = len(content) - end - 1 if end >= 0 else self._since_line + len(content)
        if self._since_line > _MAX_LINE_BYTES:
            raise MalformedHeaderError(
                f"found a line of more than {_MAX_LINE_BYTES} bytes in the table, expected rows"
            )
        if self._layout.quoted:
            self._check_quotes(content)
        buffer[: len(content)] = content
        return len(content)

    def _check_quotes(self, content: bytes) -> None:
        codes = np.frombuffer(content, np.uint8)
        quotes = self._quotes + np.cumsum(codes == ord('"'))
        if (quotes[codes == ord("\n")] % 2).any():
            raise MalformedHeaderError("found a quote in the table that is not closed in its line")
        self._quotes = int(quotes[-1]) % 2 if quotes.size else self._quotes


def _read_rows(
    path: Path, layout: TableLayout, columns: _Columns, warnings: dict[str, str]
) -> _Table:
    """Read all rows into temporary files, a part at a time.

    The files have no name and are closed; they last as long as the arrays that map them.
    """
    with ExitStack() as stack:
        files = [
            stack.enter_context(tempfile.TemporaryFile()) for _ in range(len(columns.signals) + 1)
        ]
        return _read_into(files, path, layout, columns, warnings)


def _read_into(
    all_files: Sequence[IO[bytes]],
    path: Path,
    layout: TableLayout,
    columns: _Columns,
    warnings: dict[str, str],
) -> _Table:
    time_file, *sample_files = all_files
    times = columns.times
    n_rows = n_bad = n_untimed = 0
    for chunk in _chunks(path, layout, columns):
        keep = np.ones(len(chunk), bool)
        if times is not None:
            if times.kind == "t":
                seconds = times.cells.seconds(chunk[times.number])
            else:
                seconds = _numbers(chunk[times.number], layout.decimal)[0]
            keep = np.isfinite(seconds)
            seconds[keep].tofile(time_file)
        is_bad = np.zeros(len(chunk), bool)
        for signal, file in zip(columns.signals, sample_files, strict=True):
            numbers, bad = _numbers(chunk[signal.number], layout.decimal)
            is_bad |= bad
            numbers[keep].astype(np.float32).tofile(file)
        n_bad += int(is_bad.sum())
        n_untimed += int((~keep).sum())
        n_rows += int(keep.sum())
    if n_rows < 2:
        raise TooShortError(f"found {n_rows} rows of numbers, expected one for each sample")
    if n_bad:
        warnings["bad_rows"] = (
            f"found {n_bad} rows with cells that are no numbers, taken for missing samples"
        )
    if n_untimed:
        warnings["rows_without_time"] = f"left out {n_untimed} rows without a time"
    samples = tuple(np.memmap(file, np.float32, "r", shape=(n_rows,)) for file in sample_files)
    if times is None:
        return _Table(n_rows, samples, np.empty(0), np.nan)
    row_times = np.memmap(time_file, np.float64, "r+", shape=(n_rows,))
    first_time = float(row_times[0])
    row_times -= first_time  # in the file, so that a day's times are not in memory
    return _Table(n_rows, samples, row_times, first_time)


def _chunks(path: Path, layout: TableLayout, columns: _Columns) -> Iterator["pd.DataFrame"]:
    """Yield the rows of a table, some at a time; columns have their numbers as names."""
    import pandas as pd  # noqa: PLC0415

    numbers = {signal.number for signal in columns.signals}
    texts = {}
    if columns.times is not None:
        numbers.add(columns.times.number)
        if columns.times.kind == "t":
            texts[columns.times.number] = "str"
    separators = {" ": r"\s+", "": ";" if layout.decimal == "," else ","}
    with path.open("rb") as file:
        file.seek(layout.first_row)
        checked = io.BufferedReader(_CheckedLines(file, layout), HEAD_BYTES)
        lines = io.TextIOWrapper(checked, layout.encoding, errors="replace", newline="")
        try:
            yield from pd.read_csv(
                lines,
                sep=separators.get(layout.separator, layout.separator),
                decimal=layout.decimal,
                header=None,
                usecols=sorted(numbers),
                dtype=texts,
                index_col=False,
                quoting=csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE,
                comment="#",
                skipinitialspace=True,
                na_values=["-", "--", "?", "none", "None"],
                chunksize=_ROWS_AT_A_TIME,
                low_memory=False,
                on_bad_lines="skip",
                skip_blank_lines=layout.is_spaced,
            )
        except (ValueError, OverflowError) as error:  # pandas' errors are ValueErrors
            raise MalformedHeaderError(
                f"found rows that cannot be read ({type(error).__name__}), expected a table"
            ) from None


def _numbers(cells: "pd.Series[Any]", decimal: str) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the numbers in a column, and which cells are neither numbers nor empty."""
    import pandas as pd  # noqa: PLC0415

    is_bad = np.zeros(len(cells), bool)
    if cells.dtype.kind in "iuf":
        values = cells.to_numpy(np.float64, copy=True)
    else:
        text = cells.astype("str").str.strip(" '\"").str.replace(decimal, ".", regex=False)
        values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64, copy=True)
        is_bad = (
            np.isnan(values)
            & cells.notna().to_numpy()
            & ~text.str.casefold().isin(MISSING).to_numpy()
        )
    with np.errstate(invalid="ignore"):
        values[~(np.abs(values) < _LARGEST)] = np.nan
    return values, is_bad


def _grid(
    table: _Table, columns: _Columns, stated_hz: float | None, warnings: dict[str, str]
) -> tuple[Grid, Ints | None]:
    """Return which sample each row is, and the rows in the order of time if it is another."""
    times = columns.times
    if times is None or (times.unit == "row" and stated_hz is None):
        if stated_hz is None:
            raise SamplingRateError(
                "found neither times of rows nor a sampling rate, expected sampling_rate_hz in "
                "NAME.csv.json beside the table, or --text sampling_rate_hz=HZ"
            )
        return even_rows(table.n_rows, stated_hz), None
    times_s = table.times
    order = _order(table)
    if order is not None:
        if order.size < table.n_rows:
            warnings["repeated_rows"] = f"left out {table.n_rows - order.size} repeated rows"
        if (np.diff(order) < 0).any():
            warnings["rows_out_of_order"] = "found rows that are out of order, sorted by their time"
        times_s = times_s[order]
    scale = 1.0 if times.kind == "t" else _seconds_per_unit(times, times_s, stated_hz)
    if scale != 1.0:
        times_s *= scale
    grid = fit_grid(times_s, stated_hz)
    _warn_of_times(grid, stated_hz, warnings)
    return grid, order


def _warn_of_times(grid: Grid, stated_hz: float | None, warnings: dict[str, str]) -> None:
    n_gaps = grid.first_rows.size - 1 - grid.n_back
    missing = grid.n_samples - grid.n_rows
    if missing:
        warnings["gaps"] = (
            f"found {n_gaps} gaps in the times of rows, {missing / grid.rate_hz:.1f} s together; "
            f"those of up to {1000 * _BRIDGED_S:g} ms were bridged, the others are missing"
        )
    if grid.n_back:
        warnings["clock_set_back"] = (
            f"found a clock that was set back {grid.n_back} times; the rows after it were taken to "
            "follow those before it"
        )
    if stated_hz is not None and abs(grid.rate_hz / stated_hz - 1) > _CLOCK_ERROR:
        warnings["clock_rate"] = (
            f"found times of rows at {grid.rate_hz:.6g} Hz, expected {stated_hz:g} Hz; the times "
            "were used"
        )


def _seconds_per_unit(times: _Times, values: Floats, stated_hz: float | None) -> float:
    """Return how many seconds the unit of a column of times is."""
    if times.unit == "row" and stated_hz is not None:
        return 1 / stated_hz
    if times.unit is not None:
        return SECONDS_PER_TIME_UNIT[times.unit]
    distance = usual_distance(values)
    rates = {
        scale: 1 / (distance * scale) if distance > 0 else 0.0
        for scale in SECONDS_PER_TIME_UNIT.values()
    }
    low, high = _RATES_HZ
    same = [scale for scale, hz in rates.items() if low <= hz <= high and distance != 1]
    if stated_hz is not None:
        near = [scale for scale, hz in rates.items() if abs(hz / stated_hz - 1) < _SAME_RATE]
        # A column with steps of 1 counts the rows, unless these are milliseconds.
        same = near or ([1 / stated_hz] if distance == 1 else same)
    if not same:
        raise SamplingRateError(
            "found times of rows in a unit that cannot be told, expected time_unit or "
            "sampling_rate_hz in NAME.csv.json beside the table, or with --text"
        )
    return same[0]


def _order(table: _Table) -> Ints | None:
    """Return the rows in the order of their times without repetitions; None if they are so.

    Rows are sorted only where nearly all steps of the times are even then: a clock that was set
    back, or times with much jitter, say nothing about the order of samples.
    """
    n_back = n_same = 0
    for first in range(0, table.n_rows, _ROWS_AT_A_TIME):
        steps = np.diff(table.times[first : first + _ROWS_AT_A_TIME + 1])
        n_back += int((steps < 0).sum())
        n_same += int((steps == 0).sum())
    if not n_back and (not n_same or n_same > _BETTER * table.n_rows):
        return None  # as in nearly all tables
    steps, rows = np.diff(table.times), np.arange(table.n_rows)
    if 0 < n_back <= _IN_ORDER * table.n_rows + 1:
        by_time = np.argsort(table.times, kind="stable")
        in_order = np.diff(table.times[by_time])
        new = int((in_order == 0).sum()) - n_same
        is_better = _n_uneven(in_order) <= _BETTER * _n_uneven(steps)
        # Other samples of the same times are from a clock that was set back.
        if is_better and (new == 0 or _repeated(table, by_time, in_order).sum() >= new):
            rows, steps = by_time, in_order
    # Where many rows have one time, that is the time of their packet.
    if 0 < int((steps == 0).sum()) <= _BETTER * table.n_rows:
        rows = rows[~_repeated(table, rows, steps)]
    return None if rows.size == table.n_rows and (np.diff(rows) > 0).all() else rows


def _repeated(table: _Table, rows: Ints, steps: Floats) -> NDArray[np.bool_]:
    """Return which rows have the time and all samples of the row before.

    Times that are rounded to more than the distance of samples make rows equal that are not
    repeated. Then most rows of one time differ.
    """
    same_time = np.flatnonzero(steps == 0) + 1
    is_same = np.ones(same_time.size, bool)
    for samples in table.samples:
        later, earlier = samples[rows[same_time]], samples[rows[same_time - 1]]
        is_same &= (later == earlier) | (np.isnan(later) & np.isnan(earlier))
    is_repeated = np.zeros(rows.size, bool)
    if is_same.mean() >= _MOSTLY:
        is_repeated[same_time] = is_same
    return is_repeated


def _n_uneven(steps: Floats) -> int:
    usual = np.median(steps[steps > 0]) if (steps > 0).any() else 0.0
    return int(np.count_nonzero((np.abs(steps - usual) > usual / 2) & (steps != 0)))


def _signal(
    column: _Signal, samples: Floats32, grid: Grid, order: Ints | None
) -> tuple[FileSignal, float | None]:
    """Return a column as a signal, in millivolts if it has a voltage or no unit.

    The second value is the scale that was assumed, for a unit that is missing and not millivolts.
    """
    scale = millivolts_per_unit(column.unit)
    has_no_unit = not column.unit.strip() or column.unit.strip().casefold() in UNCALIBRATED
    unit = column.unit
    if has_no_unit:
        scale = _assumed_scale(samples, grid.rate_hz)
        unit = "mV" if column.is_wanted else ""
    signal = FileSignal(
        label=column.label,
        unit=unit,
        sampling_rate_hz=grid.rate_hz,
        n_samples=grid.n_samples,
        read=_Placed(samples, grid, order, 1.0 if scale is None else scale).read,
        calibrated=not has_no_unit,
    )
    return signal, scale if has_no_unit and scale != 1.0 else None


def _assumed_scale(samples: Floats32, rate_hz: float) -> float:
    """Return the power of ten that makes a column without a unit as large as an ECG in mV."""
    length = max(2, int(_WINDOW_S * rate_hz))
    starts = np.linspace(0, max(samples.size - length, 0), _WINDOWS).astype(np.int64)
    windows = (samples[start : start + length] for start in starts)
    heights = [np.ptp(w) for w in (w[np.isfinite(w)] for w in windows) if w.size]
    height = float(np.median(heights)) if heights else 0.0
    low, high = _BEAT_MV
    if not height or low <= height <= high:
        return 1.0
    return float(10.0 ** -np.round(np.log10(height)))


@dataclass(frozen=True)
class _Placed:
    """The samples of a column on the grid."""

    samples: Floats32
    grid: Grid
    order: Ints | None
    scale: float

    def read(self, start: int, stop: int) -> Floats32:
        """Return samples of the grid in millivolts; NaN in gaps that are not bridged."""
        longest = int(_BRIDGED_S * self.grid.rate_hz)
        first = max(start - longest - 1, 0)
        values = self._rows(first, min(stop + longest + 1, self.grid.n_samples))
        _bridge(values, longest)
        return np.multiply(values[start - first : stop - first], self.scale, dtype=np.float32)

    def _rows(self, start: int, stop: int) -> Floats32:
        """Return samples of the grid as they are in the column; NaN where there is no row."""
        grid, values = self.grid, np.full(stop - start, np.nan, np.float32)
        first = max(int(np.searchsorted(grid.first_samples, start, "right")) - 1, 0)
        last = int(np.searchsorted(grid.first_samples, stop, "left"))
        for k in range(first, last):
            offset = int(grid.first_samples[k] - grid.first_rows[k])
            row = max(int(grid.first_rows[k]), start - offset)
            end = min(int(grid.last_rows[k]), stop - offset)
            if row < end:
                rows = slice(row, end) if self.order is None else self.order[row:end]
                values[row + offset - start : end + offset - start] = self.samples[rows]
        return values


def _bridge(values: Floats32, longest: int) -> None:
    """Replace runs of up to ``longest`` missing samples by straight lines between samples."""
    is_missing = np.isnan(values)
    edges = np.diff(is_missing.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    is_short = (ends - begins <= longest) & (begins > 0) & (ends < values.size)
    inside = np.zeros(values.size + 1, np.int8)
    inside[begins[is_short]] += 1
    inside[ends[is_short]] -= 1
    bridged = np.flatnonzero(np.cumsum(inside))
    known = np.flatnonzero(~is_missing)
    if bridged.size:
        values[bridged] = np.interp(bridged, known, values[known])
