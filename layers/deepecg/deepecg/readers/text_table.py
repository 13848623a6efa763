"""The layout of a table of numbers in text: encoding, separator, decimal sign, header, first row.

A table has no magic number. It is recognised by its rows: as many cells in each, and in each column
numbers, times or nothing. One column may hold words, such as an annotation.

The format of a file is found with :func:`looks_like_table`, so this module imports no NumPy.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from deepecg.errors import MalformedHeaderError, NoLeadsError
from deepecg.readers.text_options import MAX_COLUMNS, TextOptions

HEAD_BYTES: Final = 1 << 18
"""Length of the part of a file in which its layout is found: some 10,000 rows."""
_SAMPLED_LINES: Final = 400
_MAX_LINE: Final = 1 << 16
_MIN_ROWS: Final = 5
"""Fewest rows by which a table is recognised; an address or a list of results has fewer."""
_LONG_LINE: Final = 300
"""Characters of a row of which there are less than :data:`_MIN_ROWS` in the head of a file."""
_NEXT_ROWS: Final = 10
_MIN_SHARE: Final = 0.8
"""Share of the lines that have to be rows of one form."""
_TEXT_COSTS: Final = 0.1
"""A form in which a column is text has to fit so many more of the lines."""
_COMMENT: Final = ("#", "%", "//")

NUMBER: Final = r"[+-]?(?:\d+(?:{0}\d*)?|{0}\d+)(?:[eE][+-]?\d+)?"
_NUMBERS: Final = {sign: re.compile(NUMBER.format(re.escape(sign)), re.ASCII) for sign in ".,"}
MISSING: Final = ("", "-", "--", "?", "nan", "na", "n/a", "null", "none", "inf", "-inf", "nat")
"""Cells without a value, in lower case."""
CLOCK: Final = re.compile(
    r"""\[?
    (?:(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[./]\d\d?[./]\d{4})[T\ ]\s*)?
    \d{1,3}:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:\ ?[AaPp][Mm])?
    (?:\ ?Z|\ ?[+-]\d\d:?\d\d)?(?:\ \d\d/\d\d/\d{4})?
    \]?""",
    re.ASCII | re.VERBOSE,
)
"""A time of day or elapsed time, with or without a date and a UTC offset."""
_DATE: Final = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[./]\d\d?[./]\d{4}", re.ASCII)
_LEADING_ZERO: Final = re.compile(r"0\d+", re.ASCII)
_WFDB_SEGMENTS: Final = re.compile(rb"\s*(?:#[^\n]*\n\s*)*\S+/\d+[ \t]+\d")
"""First line of the header of a multi-segment WFDB record, whose lines may be names of digits."""
_OPEN_SIGNALS: Final = b"# OpenSignals Text File Format"
"""First line of BITalino's and biosignalsplux's tables, whose second line may be long."""


@dataclass(frozen=True)
class TableLayout:
    """Where the rows of a table are, and how they are written.

    Attributes
    ----------
    encoding : str
        Name of the codec.
    first_row : int
        Byte at which the first row starts.
    separator : str
        Separator of columns; a space for any white space, empty for a table of one column.
    decimal : str
        ``.`` or ``,``.
    quoted : bool
        Whether cells are in double quotes.
    is_spaced : bool
        Whether empty lines between rows are no rows.
    kinds : str
        A letter for each column: ``n`` number, ``t`` time of day or elapsed time, ``d`` date,
        ``m`` missing values only, ``x`` text.
    rows : tuple of tuple of str
        The cells of the rows at the beginning of the table.
    before : tuple of str
        The lines before the first row, without empty ones.
    """

    encoding: str
    first_row: int
    separator: str
    decimal: str
    quoted: bool
    is_spaced: bool
    kinds: str
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    before: tuple[str, ...] = field(repr=False)

    def cells(self, line: str) -> list[str]:
        """Return the cells of a line."""
        return split_cells(line, self.separator)


def looks_like_table(head: bytes) -> bool:
    """Return whether a file is a table of numbers, by its first bytes.

    Parameters
    ----------
    head : bytes
        The first bytes of a file, whose last line may be cut off.
    """
    if head.startswith(_OPEN_SIGNALS):
        return True
    if _WFDB_SEGMENTS.match(head):
        return False
    try:
        layout = find_layout(head, TextOptions())
    except (MalformedHeaderError, NoLeadsError):
        return False
    length = sum(map(len, layout.rows[0]))
    return len(layout.rows) >= (2 if length > _LONG_LINE else _MIN_ROWS)


def find_layout(head: bytes, options: TextOptions) -> TableLayout:
    """Return the layout of a table.

    Parameters
    ----------
    head : bytes
        The first bytes of a file, whose last line may be cut off.
    options : TextOptions
        Separator and decimal sign, if they are known.

    Raises
    ------
    NoLeadsError
        If there are no rows of numbers.
    MalformedHeaderError
        If separator and decimal sign cannot be told apart, or there are too many columns.
    """
    encoding, mark = _encoding(head)
    if encoding.startswith("utf-16"):
        head = head[: len(head) // 2 * 2]
    elif b"\0" in head:
        raise NoLeadsError("found bytes that are no text, expected a table of numbers")
    errors = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
    text = head[mark:].decode(encoding, errors)
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r|\Z)", text)[:-1]
    if any(len(line) > _MAX_LINE for line in lines):
        raise MalformedHeaderError(
            f"found a line of more than {_MAX_LINE} characters, expected a table"
        )
    if len(lines) > 1 and not lines[-1].endswith(("\r", "\n")):
        lines.pop()  # it may be cut off
    plain = [line.strip("\r\n \0") for line in lines]
    content = [line for line in plain if _is_content(line)]
    # The first half may be about the recording.
    sample = content[-min(_SAMPLED_LINES, max(_MIN_ROWS, len(content) // 2)) :]
    separator, decimal, kinds = _form(sample, options)
    if len(kinds) > MAX_COLUMNS:
        raise MalformedHeaderError(
            f"found {len(kinds)} columns, expected at most {MAX_COLUMNS}: export the ECG only"
        )
    first = _first_row(plain, separator, decimal, kinds)
    rows = [
        tuple(cells)
        for line in plain[first : first + _SAMPLED_LINES * 5]
        if _is_row(cells := split_cells(line, separator), decimal, kinds)
    ]
    n_empty = plain[first:].count("")
    quoted = any('"' in line for line in plain[first : first + _SAMPLED_LINES])
    return TableLayout(
        encoding=encoding,
        first_row=mark + len("".join(lines[:first]).encode(encoding, errors)),
        separator=separator,
        decimal=decimal,
        quoted=quoted,
        # In a table of one column, a few empty lines are missing samples.
        is_spaced=len(kinds) > 1 or n_empty > len(rows) / _NEXT_ROWS,
        kinds=kinds,
        rows=tuple(rows),
        before=tuple(line for line in plain[:first] if line),
    )


def split_cells(line: str, separator: str) -> list[str]:
    """Return the cells of a line without quotes and white space around them."""
    if separator == " ":
        cells = line.split()
    elif not separator:
        cells = [line]
    elif '"' in line:
        try:
            cells = next(csv.reader([line], delimiter=separator), [""])
        except csv.Error:
            cells = line.split(separator)
    else:
        cells = line.split(separator)
    return [cell.strip().strip("'\"").strip() for cell in cells]


def _encoding(head: bytes) -> tuple[str, int]:
    """Return the codec of a text and the length of its byte order mark."""
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if head.startswith(mark):
            return name, len(mark)
    for name, zeros, others in (
        ("utf-16-le", head[1:400:2], head[:400:2]),
        ("utf-16-be", head[:400:2], head[1:400:2]),
    ):
        if len(zeros) > _NEXT_ROWS and not any(zeros) and all(others):
            return name, 0
    try:
        head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1", 0
    return "utf-8", 0


def _is_content(line: str) -> bool:
    return bool(line) and not line.startswith(_COMMENT)


def _kind(cell: str, decimal: str) -> str:
    if _NUMBERS[decimal].fullmatch(cell):
        return "n"
    if cell.casefold() in MISSING:
        return "m"
    if CLOCK.fullmatch(cell):
        return "t"
    return "d" if _DATE.fullmatch(cell) else "x"


def _form(sample: Sequence[str], options: TextOptions) -> tuple[str, str, str]:
    """Return separator, decimal sign and kinds of columns that most lines fit."""
    best_share, best = 0.0, ("", "", "")
    is_quoted = any('"' in line for line in sample)
    for separator, decimal in _candidates(options, is_quoted=is_quoted):
        kinds, share = _kinds(sample, separator, decimal)
        share -= _TEXT_COSTS * kinds.count("x")
        if share > best_share and _is_table(kinds):
            best_share, best = share, (separator, decimal, kinds)
    if best_share < _MIN_SHARE - _TEXT_COSTS:
        raise NoLeadsError(
            "found no table: expected rows with the same number of columns, separated by comma, "
            "semicolon, tab or spaces, and a number in each"
        )
    if best[:2] == (",", ".") and not (options.separator and options.decimal):
        return _without_decimal_commas(sample, best, options)
    return best


def _candidates(options: TextOptions, *, is_quoted: bool) -> Iterator[tuple[str, str]]:
    for separator in (";", "\t", "|", ",", " ", ""):
        for decimal in ".,":
            is_wanted = options.separator in {None, separator} and options.decimal in {
                None,
                decimal,
            }
            if is_wanted and (separator != decimal or is_quoted):
                yield separator, decimal


def _kinds(sample: Sequence[str], separator: str, decimal: str) -> tuple[str, float]:
    """Return the kind of each column, and the share of lines that fit."""
    cells = [split_cells(line, separator) for line in sample]
    widths = Counter(map(len, cells))
    if not widths:
        return "", 0.0
    width, _ = widths.most_common(1)[0]
    if width == 1 and separator:
        return "", 0.0  # one column has no separator
    of_width = [row for row in cells if len(row) == width]
    kinds = ""
    for column in zip(*of_width, strict=True):
        counts = Counter(_kind(cell, decimal) for cell in column)
        n_missing = counts.pop("m", 0)
        kind, count = counts.most_common(1)[0] if counts else ("m", n_missing)
        kinds += kind if count >= _MIN_SHARE * (len(column) - n_missing) or kind == "m" else "x"
    fitting = sum(_is_row(row, decimal, kinds) for row in of_width)
    return kinds, fitting / len(sample)


def _is_table(kinds: str) -> bool:
    return "n" in kinds and kinds.count("x") <= 1


def _is_row(cells: Sequence[str], decimal: str, kinds: str) -> bool:
    """Return whether a line is a row of the table: each cell of its column's kind or missing."""
    if len(cells) != len(kinds):
        return False
    found = [_kind(cell, decimal) for cell in cells]
    fits = all(want in {"x", kind} or kind == "m" for kind, want in zip(found, kinds, strict=True))
    return fits and any(kind in "nt" for kind in found)


def _without_decimal_commas(
    sample: Sequence[str], form: tuple[str, str, str], options: TextOptions
) -> tuple[str, str, str]:
    """Return the form of lines with commas, which separate columns or begin decimals.

    Whole numbers have no leading zeros, but one in ten decimals has: ``1,05``.
    """
    rows = [split_cells(line, ",") for line in sample]
    zeros = sum(any(map(_LEADING_ZERO.fullmatch, row[1:])) for row in rows)
    one_column, share = _kinds(sample, "", ",")
    is_decimal = share >= _MIN_SHARE and (
        zeros > 0 or any(len(row) == 1 or row[0] == "-0" for row in rows)
    )
    if is_decimal and options.separator is None:
        return "", ",", one_column
    if zeros > len(rows) / 20:
        raise MalformedHeaderError(
            "found commas that separate columns and begin decimals alike, expected semicolons or "
            "quotes: export the table with decimal points"
        )
    return form


def _first_row(lines: Sequence[str], separator: str, decimal: str, kinds: str) -> int:
    """Return the first line that is a row and is followed by rows."""
    fits = [_is_row(split_cells(line, separator), decimal, kinds) for line in lines]
    counted = [fit for fit, line in zip(fits, lines, strict=True) if _is_content(line)]
    place = 0
    for number, (fit, line) in enumerate(zip(fits, lines, strict=True)):
        if not _is_content(line):
            continue
        following = counted[place : place + _NEXT_ROWS]
        if fit and sum(following) >= _MIN_SHARE * len(following):
            return number
        place += 1
    raise NoLeadsError("found no row of numbers, expected a table")
