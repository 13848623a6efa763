"""Which sample each row of a table is: by its time in the order of time, or by its number."""

from typing import Final

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.errors import SamplingRateError
from deepecg.readers.short_gaps import BRIDGED_S
from deepecg.readers.text_columns import Columns, TimeColumn
from deepecg.readers.text_options import SECONDS_PER_TIME_UNIT
from deepecg.readers.text_row_order import rows_in_order
from deepecg.readers.text_rows import TableRows
from deepecg.readers.uniform_grid import Grid, even_rows, fit_grid, usual_distance

_RATES_HZ: Final = (40.0, 4000.0)
"""Rates by which the unit of a column of times is found; each unit is 1,000 times the next."""
_SAME_RATE: Final = 0.05
_CLOCK_ERROR: Final = 1e-3


def grid_of_rows(
    table: TableRows, columns: Columns, stated_hz: float | None, warnings: dict[str, str]
) -> tuple[Grid, Ints | None]:
    """Return which sample each row is, and the rows in the order of time if it is another.

    Parameters
    ----------
    table : TableRows
        The rows. Their times may be changed to seconds in place.
    columns : Columns
        What the columns are for.
    stated_hz : float or None
        Sampling rate that the options or the file state.
    warnings : dict of str to str
        Message by code; gets ``repeated_rows``, ``rows_out_of_order``, ``gaps``,
        ``clock_set_back`` and ``clock_rate``.

    Returns
    -------
    grid : Grid
        The sample of each row of those that are kept.
    order : ndarray of int64 or None
        Numbers of the rows that are kept, in the order of time; None for all as they are.

    Raises
    ------
    SamplingRateError
        If neither times nor ``stated_hz`` give the rate, they contradict each other, or the unit of
        the times cannot be told.
    """
    times = columns.times
    if times is None or (times.unit == "row" and stated_hz is None):
        if stated_hz is None:
            raise SamplingRateError(
                "found neither times of rows nor a sampling rate, expected sampling_rate_hz in "
                "NAME.csv.json beside the table, or --text sampling_rate_hz=HZ"
            )
        return even_rows(table.n_rows, stated_hz), None
    times_s = table.times
    order = rows_in_order(table)
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
            f"those of up to {1000 * BRIDGED_S:g} ms were bridged, the others are missing"
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


def _seconds_per_unit(times: TimeColumn, values: Floats, stated_hz: float | None) -> float:
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
