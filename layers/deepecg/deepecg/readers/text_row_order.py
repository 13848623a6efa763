"""The order of the rows of a table by their times, and rows that are there twice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats, Ints
from deepecg.readers.text_rows import ROWS_AT_A_TIME, TableRows

_IN_ORDER: Final = 0.01
"""Largest share of rows before which the time goes back, for them to be out of order."""
_BETTER: Final = 0.2
"""Share of the uneven steps that remain where rows are sorted into their order."""
_MOSTLY: Final = 0.8


def rows_in_order(table: TableRows) -> Ints | None:
    """Return the rows in the order of their times without repetitions; None if they are so.

    Rows are sorted only where nearly all steps of the times are even then: a clock that was set
    back, or times with much jitter, say nothing about the order of samples.

    Parameters
    ----------
    table : TableRows
        Rows with times.

    Returns
    -------
    ndarray of int64 or None
        Numbers of the rows to keep.
    """
    n_back = n_same = 0
    for first in range(0, table.n_rows, ROWS_AT_A_TIME):
        steps = np.diff(table.times[first : first + ROWS_AT_A_TIME + 1])
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


def _repeated(table: TableRows, rows: Ints, steps: Floats) -> NDArray[np.bool_]:
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
