"""Reads the rows of a table of numbers into temporary files, a part at a time."""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats, Floats32
from deepecg.errors import MalformedHeaderError, TooShortError
from deepecg.readers.text_columns import Columns
from deepecg.readers.text_table import HEAD_BYTES, MISSING, TableLayout

if TYPE_CHECKING:
    import pandas as pd

ROWS_AT_A_TIME: Final = 200_000
_MAX_LINE_BYTES: Final = 1 << 20
_LARGEST: Final = 1e30
"""Numbers beyond this are damage, and float32 holds few of them."""


@dataclass(frozen=True)
class TableRows:
    """All rows of a table.

    Attributes
    ----------
    n_rows : int
        Number of rows, at least two.
    samples : tuple of ndarray of float32, shape (n_rows,)
        Samples of each signal column in the unit of the column, mapped from a temporary file.
    times : ndarray of float64
        Time of each row since the first, in the unit of the time column, mapped likewise; empty
        where there is no such column.
    first_time : float
        Time of the first row in that unit; NaN where there is no such column.
    """

    n_rows: int
    samples: tuple[Floats32, ...]
    times: Floats
    first_time: float


def read_rows(
    path: Path, layout: TableLayout, columns: Columns, warnings: dict[str, str]
) -> TableRows:
    """Read all rows into temporary files, a part at a time.

    The files have no name and are closed; they last as long as the arrays that map them.

    Parameters
    ----------
    path : Path
        The table.
    layout : TableLayout
        Its form.
    columns : Columns
        The columns to read.
    warnings : dict of str to str
        Message by code; gets ``bad_rows`` and ``rows_without_time``.

    Raises
    ------
    MalformedHeaderError
        If the rows are no text, cannot be parsed, or have lines that are too long.
    TooShortError
        If there are fewer than two rows.
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
    columns: Columns,
    warnings: dict[str, str],
) -> TableRows:
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
        return TableRows(n_rows, samples, np.empty(0), np.nan)
    row_times = np.memmap(time_file, np.float64, "r+", shape=(n_rows,))
    first_time = float(row_times[0])
    row_times -= first_time  # in the file, so that a day's times are not in memory
    return TableRows(n_rows, samples, row_times, first_time)


def _chunks(path: Path, layout: TableLayout, columns: Columns) -> Iterator["pd.DataFrame"]:
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
                chunksize=ROWS_AT_A_TIME,
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
