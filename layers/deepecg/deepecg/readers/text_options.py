"""What a table of numbers does not say about itself: rate, unit, columns, times, start.

The same fields are in ``NAME.csv.json`` beside ``NAME.csv``, in the group ``text`` of a settings
file, and in ``deepecg score --text FIELD=VALUE``::

    {"sampling_rate_hz": 130, "unit": "uV", "columns": ["ecg"], "time_column": "timestamp",
     "time_unit": "ms", "start": "2024-03-01T09:30:00", "separator": ";", "decimal": ","}
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from deepecg.errors import SettingsError
from deepecg.mistyped_names import meant_by
from deepecg.readers.voltage_units import millivolts_per_unit

SECONDS_PER_TIME_UNIT: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Units of time that a column can be in."""
SEPARATORS: Final = {";": ";", ",": ",", "tab": "\t", "\t": "\t", "|": "|", "space": " ", " ": " "}
"""Separators of columns by the words for them."""
MAX_TEXT: Final = 100
"""Longest name of a column in characters."""
MAX_COLUMNS: Final = 64
"""Largest number of columns of a table: a 12-lead ECG with three of everything else."""


@dataclass(frozen=True)
class TextOptions:
    """How to read a table of numbers; each field that is None is found in the table itself.

    Attributes
    ----------
    sampling_rate_hz : float or None
        Rows per second.
    unit : str or None
        Unit of the ECG columns: ``mV``, ``uV``, ``V`` or ``nV``.
    columns : tuple of str
        The columns that are ECG leads, by name or number from 1; of a table without a header line,
        the names of all its columns or of all but the time.
    time_column : str or None
        Column of the time of each row, by name or number from 1.
    time_unit : str or None
        Unit of that column: ``s``, ``ms``, ``us`` or ``ns``.
    start : datetime or None
        Time of the first row by the recorder's clock.
    separator, decimal : str or None
        Separator of columns, and decimal point or comma.
    """

    sampling_rate_hz: float | None = None
    unit: str | None = None
    columns: tuple[str, ...] = field(default=(), repr=False)
    time_column: str | None = field(default=None, repr=False)
    time_unit: str | None = None
    start: datetime | None = None
    separator: str | None = None
    decimal: str | None = None

    def over(self, others: "TextOptions") -> "TextOptions":
        """Return these options, and those of ``others`` where a field is not given here."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return replace(others, **{name: value for name, value in given.items() if value})


FIELDS: Final = tuple(item.name for item in fields(TextOptions))


def parse_text_options(given: object, where: str) -> TextOptions:
    """Return the options in a JSON object.

    Parameters
    ----------
    given : object
        The parsed JSON.
    where : str
        What it is, for messages: ``text``.

    Raises
    ------
    SettingsError
        If it is no object, has an unknown field or a value that is not allowed. The message names
        the field, never its value; an unknown field only where it resembles a known one.
    """
    if not isinstance(given, Mapping):
        raise SettingsError(f"found no object for {where}, expected some of {', '.join(FIELDS)}")
    for name in given:
        if name not in FIELDS:
            meant = "".join(meant_by(name, FIELDS))
            found = f"the unknown field `{name}` in {where}: did you mean `{meant}`?"
            raise SettingsError(
                f"found {found if meant else f'an unknown field in {where}'}, expected some of "
                f"{', '.join(FIELDS)}"
            )
    return TextOptions(**{name: _VALUES[name](value, name, where) for name, value in given.items()})


def text_options_of_pairs(pairs: Iterable[str]) -> TextOptions:
    """Return the options of ``--text FIELD=VALUE``; columns are separated by commas.

    Raises
    ------
    SettingsError
        As for :func:`parse_text_options`.
    """
    given: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError("found --text without a value, expected --text FIELD=VALUE")
        given[name] = value.split(",") if name == "columns" else value
    if "sampling_rate_hz" in given:
        try:
            given["sampling_rate_hz"] = float(str(given["sampling_rate_hz"]))
        except ValueError:
            raise SettingsError(
                "found a text for sampling_rate_hz in --text, expected a number"
            ) from None
    return parse_text_options(given, "--text")


def read_text_options(content: bytes, where: str) -> TextOptions:
    """Return the options in a file of JSON.

    Raises
    ------
    SettingsError
        As for :func:`parse_text_options`, and if the content is no JSON.
    """
    try:
        given = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"found {where} that is not JSON ({type(error).__name__}), expected an object"
        ) from None
    return parse_text_options(given, where)


def _rate(value: object, name: str, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6:
        return float(value)
    raise SettingsError(f"found no rate for {name} in {where}, expected a number of Hz above 0")


def _text(value: object, name: str, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and 0 < len(value.strip()) <= MAX_TEXT:
        return value.strip()
    raise SettingsError(f"found no name for {name} in {where}, expected 1 to {MAX_TEXT} characters")


def _unit(value: object, name: str, where: str) -> str:
    if isinstance(value, str) and millivolts_per_unit(value) is not None:
        return value
    raise SettingsError(f"found no voltage for {name} in {where}, expected mV, uV, V or nV")


def _columns(value: object, name: str, where: str) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and 0 < len(value) <= MAX_COLUMNS:
        return tuple(_text(each, name, where) for each in value)
    raise SettingsError(f"found no list for {name} in {where}, expected names of columns")


def _time_unit(value: object, name: str, where: str) -> str:
    if isinstance(value, str) and value in SECONDS_PER_TIME_UNIT:
        return value
    units = ", ".join(SECONDS_PER_TIME_UNIT)
    raise SettingsError(f"found another value for {name} in {where}, expected one of {units}")


def _start(value: object, name: str, where: str) -> datetime:
    try:
        return datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise SettingsError(
            f"found no date and time for {name} in {where}, expected ISO 8601 such as "
            "2024-03-01T09:30:00"
        ) from None


def _separator(value: object, name: str, where: str) -> str:
    if isinstance(value, str) and value in SEPARATORS:
        return SEPARATORS[value]
    raise SettingsError(f"found another value for {name} in {where}, expected ; , | tab or space")


def _decimal(value: object, name: str, where: str) -> str:
    if isinstance(value, str) and value in {".", ","}:
        return value
    raise SettingsError(f"found another value for {name} in {where}, expected . or ,")


_VALUES: Final[Mapping[str, Any]] = {
    "sampling_rate_hz": _rate,
    "unit": _unit,
    "columns": _columns,
    "time_column": _text,
    "time_unit": _time_unit,
    "start": _start,
    "separator": _separator,
    "decimal": _decimal,
}
