"""The columns of a table as signals in millivolts, each sample in its place on the grid."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from deepecg.arrays import Floats32, Ints
from deepecg.readers.file_signals import FileSignal
from deepecg.readers.short_gaps import BRIDGED_S, bridge_short_gaps
from deepecg.readers.text_columns import SignalColumn
from deepecg.readers.uniform_grid import Grid
from deepecg.readers.voltage_units import is_steps, millivolts_per_unit

_BEAT_MV: Final = (0.2, 10.0)
"""Height of the QRS complexes of an ECG in mV, from base to peak on any lead."""
_WINDOW_S: Final = 2.0
_WINDOWS: Final = 100


def column_signal(
    column: SignalColumn, samples: Floats32, grid: Grid, order: Ints | None
) -> tuple[FileSignal, float | None]:
    """Return a column as a signal, in millivolts if it has a voltage or no unit.

    Parameters
    ----------
    column : SignalColumn
        Its label and unit.
    samples : ndarray of float32, shape (n_rows,)
        Its samples, in the order of the file.
    grid : Grid
        The sample that each row is.
    order : ndarray of int64 or None
        Rows in the order of time, if it is another.

    Returns
    -------
    signal : FileSignal
        Its samples are placed when they are read.
    assumed : float or None
        Scale that was assumed for numbers without a unit that are not millivolts.
    """
    scale = millivolts_per_unit(column.unit)
    has_no_unit = not column.unit.strip() or is_steps(column.unit)
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
        longest = int(BRIDGED_S * self.grid.rate_hz)
        first = max(start - longest - 1, 0)
        values = self._rows(first, min(stop + longest + 1, self.grid.n_samples))
        bridge_short_gaps(values, longest)
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
