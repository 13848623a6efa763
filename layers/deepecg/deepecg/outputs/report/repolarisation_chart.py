"""The trends of ST level and QTc, as paths of an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.svg_paths import bars, line, multiples, nice_step, short
from deepecg.outputs.summary import QtIntervalBlock, StSegmentBlock

WIDTH = 960
LEFT, RIGHT = 44, 8
TOP, ROW_GAP = 22, 34
ROW_HEIGHT = 80
LEAST_MV, LEAST_MS = 0.2, 40.0
"""Smallest span of an axis, so that a steady level does not look restless."""
MOST_LABELS = 12
LABEL_STEPS_S = (60, 300, 900, 3600, 7200, 14_400, 43_200, 86_400, 172_800)


@dataclass(frozen=True)
class TrendRow:
    """One curve with its axis, and bands at the episodes."""

    title: str
    y: float
    height: float
    curve: str
    bands: str
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class RepolarisationPicture:
    """Rows with a common time axis."""

    width: int
    height: float
    left: float
    rows: tuple[TrendRow, ...]
    labels: tuple[tuple[float, str], ...]


def repolarisation_picture(
    st: StSegmentBlock, qt: QtIntervalBlock, duration_s: float, clock: Clock
) -> RepolarisationPicture | None:
    """Draw the ST level of every lead and QTc over time; None if neither was assessed."""
    x_of = (WIDTH - LEFT - RIGHT) / duration_s
    rows: list[TrendRow] = []

    def add(
        title: str, values: Sequence[float | None], step_s: float, least: float, bands: str = ""
    ) -> None:
        levels = np.array(values, np.float64)  # None becomes NaN
        if np.isfinite(levels).any():
            y = TOP + len(rows) * (ROW_HEIGHT + ROW_GAP)
            x = np.asarray(LEFT + (np.arange(len(levels)) + 0.5) * step_s * x_of, np.float64)
            rows.append(_row(title, x, levels, float(y), least=least, bands=bands))

    for lead in st.leads:
        y = TOP + len(rows) * (ROW_HEIGHT + ROW_GAP)
        spans = [one for one in st.episodes if one.lead == lead.lead]
        bands = bars(
            (LEFT + one.start_s * x_of, y, max(one.duration_s * x_of, 1), ROW_HEIGHT)
            for one in spans
        )
        title = f"ST level in mV, lead {lead.lead}"
        add(title, lead.trend_level_mv, st.trend_step_s, LEAST_MV, bands)
    add("QTc in ms", qt.trend_qtc_ms, qt.trend_step_s, LEAST_MS)
    if not rows:
        return None
    step_s = next((s for s in LABEL_STEPS_S if duration_s <= MOST_LABELS * s), LABEL_STEPS_S[-1])
    times_s = np.arange(0, duration_s, step_s).tolist()
    labels = tuple(
        (LEFT + at_s * x_of, clock.tick(clock.since_midnight_s + at_s)) for at_s in times_s
    )
    height = TOP + len(rows) * (ROW_HEIGHT + ROW_GAP)
    return RepolarisationPicture(WIDTH, height, LEFT, tuple(rows), labels)


def _row(
    title: str, x: Floats, levels: Floats, top: float, *, least: float, bands: str
) -> TrendRow:
    low, high = float(np.nanmin(levels)), float(np.nanmax(levels))
    missing = max(least - (high - low), 0)
    step = nice_step(high - low + missing, 3)
    low = step * np.floor((low - missing / 2) / step)
    high = step * np.ceil((high + missing / 2) / step)
    scale = ROW_HEIGHT / (high - low)
    ticks = tuple(
        (top + (high - level) * scale, short(level, 2)) for level in multiples(step, low, high)
    )
    return TrendRow(title, top, ROW_HEIGHT, line(x, top + (high - levels) * scale), bands, ticks)
