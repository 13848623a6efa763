"""The heart-rate trend: the data that ``trend.js`` draws, and an SVG for paper."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats
from deepecg.outputs.graphics.heart_rate_trend import Trend
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.svg_paths import bars, line, multiples, nice_step, short
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_MINUTE

WIDTH = 1000
LEFT = 62
RIGHT = 8
TOP = 12
CURVE_HEIGHT = 168
LANE_GAP = 10
COUNT_LANE_HEIGHT = 34
SPAN_LANE_HEIGHT = 10
AXIS_HEIGHT = 18
FEWEST_BPM_SHOWN = 40.0
"""Smallest span of the heart rate's axis, so that a steady rate does not look irregular."""
TICK_STEPS_S = (300, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800)
MOST_TICKS = 13


@dataclass(frozen=True)
class Lane:
    """A row below the curve: counts as bars, or stretches of time as bands."""

    mark: str
    group: str
    y: float
    height: float
    path: str
    most: str


@dataclass(frozen=True)
class TrendPicture:
    """Paths and labels of the trend's SVG."""

    width: int
    height: float
    left: float
    right: float
    bottom: float
    curve: str
    range: str
    shaded: str
    lanes: tuple[Lane, ...]
    rate_ticks: tuple[tuple[float, str], ...]
    time_ticks: tuple[tuple[float, str], ...]


class TrendChart:
    """The heart-rate trend as both drawings show it: in the browser and on paper.

    Attributes
    ----------
    trend : Trend
        Heart rate and beats in equal bins of time.
    clock : Clock
        Time of day of the recording.
    low_bpm, high_bpm : float
        Ends of the heart rate's axis, multiples of ten.
    fibrillation, lost : list of list of int
        First and last-plus-one bin of stretches with any atrial fibrillation, and with any time
        that cannot be analysed: no episode is too short to be seen.
    """

    def __init__(self, trend: Trend, clock: Clock) -> None:
        self.trend = trend
        self.clock = clock
        self.low_bpm, self.high_bpm = rate_limits(trend.mean_bpm)
        self.fibrillation: list[list[int]] = stretches(trend.fibrillation_share > 0).tolist()
        self.lost: list[list[int]] = stretches(trend.analysable_share < 1).tolist()

    def data(self, marks: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what ``trend.js`` draws: short lists, and times in seconds since midnight."""
        return {
            "bin": self.trend.bin_s,
            "origin": self.clock.since_midnight_s,
            "days": self.clock.days,
            "low": self.low_bpm,
            "high": self.high_bpm,
            "bpm": [None if np.isnan(v) else round(v, 1) for v in self.trend.mean_bpm.tolist()],
            "v": self.trend.ventricular_count.tolist(),
            "s": self.trend.supraventricular_count.tolist(),
            "af": self.fibrillation,
            "gap": self.lost,
            "marks": marks,
        }

    def picture(self) -> TrendPicture:
        """Draw the trend for paper, and for browsers without scripts.

        Bins that share a pixel are drawn as their mean, with a band from the least to the most.
        """
        trend, n = self.trend, len(self.trend.mean_bpm)
        inner = WIDTH - LEFT - RIGHT
        n_columns = min(n, inner)
        first = np.arange(n_columns) * n // n_columns
        least = np.fmin.reduceat(trend.mean_bpm, first)
        most = np.fmax.reduceat(trend.mean_bpm, first)
        known = np.add.reduceat(np.isfinite(trend.mean_bpm), first)
        total = np.add.reduceat(np.nan_to_num(trend.mean_bpm), first)
        mean = np.divide(total, known, out=np.full(n_columns, np.nan), where=known > 0)

        span_s = n * trend.bin_s
        x_of = inner / span_s
        x = LEFT + (first + 0.5) * trend.bin_s * x_of

        def y(bpm: Floats) -> Floats:
            return TOP + CURVE_HEIGHT * (self.high_bpm - bpm) / (self.high_bpm - self.low_bpm)

        lanes: list[Lane] = []
        top = float(TOP + CURVE_HEIGHT + LANE_GAP)
        for mark, group, count in (
            ("V", "ventricular", trend.ventricular_count),
            ("S", "supraventricular", trend.supraventricular_count),
        ):
            counted = np.add.reduceat(count, first)
            minutes = np.diff(first, append=n) * trend.bin_s / SECONDS_PER_MINUTE
            per_minute = counted / minutes
            highest = float(per_minute.max(initial=0))
            heights = COUNT_LANE_HEIGHT * per_minute / max(highest, 1)
            heights = np.where(counted > 0, np.maximum(heights, 1.5), 0)
            width = inner / n_columns
            path = bars(
                (LEFT + i * width, top + COUNT_LANE_HEIGHT - heights[i], max(width, 1), heights[i])
                for i in np.flatnonzero(counted)
            )
            limit = f"≤ {max(round(highest), 1)}/min" if highest else "none"
            lanes.append(Lane(mark, group, top, COUNT_LANE_HEIGHT, path, limit))
            top += COUNT_LANE_HEIGHT + LANE_GAP
        for mark, group, spans in (
            ("AF", "fibrillation", self.fibrillation),
            ("lost", "gap", self.lost),
        ):
            path = bars(_bands(spans, trend.bin_s * x_of, top, SPAN_LANE_HEIGHT))
            lanes.append(Lane(mark, group, top, SPAN_LANE_HEIGHT, path, ""))
            top += SPAN_LANE_HEIGHT + LANE_GAP
        step = nice_step(self.high_bpm - self.low_bpm, 6)
        rates = np.arange(np.ceil(self.low_bpm / step) * step, self.high_bpm + step / 2, step)
        return TrendPicture(
            width=WIDTH,
            height=top + AXIS_HEIGHT,
            left=LEFT,
            right=WIDTH - RIGHT,
            bottom=top,
            curve=line(x, y(mean)),
            range=_envelope(x, y(least), y(most)),
            shaded=bars(_bands(self.fibrillation, trend.bin_s * x_of, TOP, CURVE_HEIGHT)),
            lanes=tuple(lanes),
            rate_ticks=tuple((float(y(np.array(bpm))), short(float(bpm), 0)) for bpm in rates),
            time_ticks=time_ticks(self.clock, span_s, LEFT, x_of),
        )


def rate_limits(bpm: Floats) -> tuple[float, float]:
    """Return the ends of the heart rate's axis, multiples of ten."""
    known = bpm[np.isfinite(bpm)]
    if len(known) == 0:
        return 40.0, 120.0
    low = 10 * np.floor(known.min() / 10)
    high = 10 * np.ceil(known.max() / 10)
    missing = max(FEWEST_BPM_SHOWN - (high - low), 0)
    low = max(low - 10 * np.ceil(missing / 20), 0)
    return float(low), float(max(high, low + FEWEST_BPM_SHOWN))


def time_ticks(
    clock: Clock, span_s: float, left: float, x_of: float
) -> tuple[tuple[float, str], ...]:
    """Return position and label of the time ticks, which are at full hours of the clock."""
    step = next((s for s in TICK_STEPS_S if span_s / s <= MOST_TICKS), TICK_STEPS_S[-1])
    origin = clock.since_midnight_s
    return tuple(
        (left + (tick - origin) * x_of, clock.tick(tick))
        for tick in multiples(step, origin, origin + span_s)
    )


def _bands(
    spans: list[list[int]], width: float, top: float, height: float
) -> list[tuple[float, float, float, float]]:
    return [
        (LEFT + first * width, top, max((stop - first) * width, 1), height) for first, stop in spans
    ]


def _envelope(
    x: NDArray[np.floating], low: NDArray[np.floating], high: NDArray[np.floating]
) -> str:
    """Return the area between two lines."""
    pieces = []
    for first, stop in stretches(np.isfinite(low)):
        there = zip(x[first:stop], high[first:stop], strict=True)
        back = zip(x[first:stop][::-1], low[first:stop][::-1], strict=True)
        points = [f"{short(a)} {short(b)}" for a, b in (*there, *back)]
        pieces.append("M" + points[0] + "L" + " ".join(points[1:]) + "z")
    return "".join(pieces)
