"""The heart-rate trend as an SVG, which ``trend.js`` zooms and moves on screen."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepecg.arrays import Floats
from deepecg.outputs.graphics.heart_rate_trend import Trend
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.svg_paths import bars, line, multiples, nice_step, short
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_MINUTE

LEFT = 74
RIGHT = 20
"""Room for the half of a time's label at the end of the recording."""
"""Width of the labels at the left of the view."""
VIEW_WIDTH = 930
TOP = 12
CURVE_HEIGHT = 130
LANE_GAP = 8
COUNT_LANE_HEIGHT = 26
SPAN_LANE_HEIGHT = 10
AXIS_HEIGHT = 18
LEAST_BAR = 2.0
"""Height of the lowest bar, so that a single beat is seen."""
FINE_DIGITS = 3
"""Decimals of times in paths: a minute of a day fills the view at 1,440 times this."""
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
    """Paths and labels of the trend's SVG; paths count from the left edge of the view."""

    width: int
    height: float
    left: float
    view_width: float
    top: float
    bottom: float
    curve: str
    shaded: str
    lanes: tuple[Lane, ...]
    rate_ticks: tuple[tuple[float, str], ...]
    time_ticks: tuple[tuple[float, str], ...]


class TrendChart:
    """The heart-rate trend: one drawing for screen and paper, in which every bin is drawn.

    Attributes
    ----------
    trend : Trend
        Heart rate and beats in equal bins of time.
    clock : Clock
        Time of day of the recording.
    low_bpm, high_bpm : float
        Ends of the heart rate's axis, multiples of ten.
    """

    def __init__(self, trend: Trend, clock: Clock) -> None:
        self.trend = trend
        self.clock = clock
        self.low_bpm, self.high_bpm = rate_limits(trend.mean_bpm)

    def data(self, marks: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what ``trend.js`` reads out: short lists, and times in seconds since midnight."""
        return {
            "bin": self.trend.bin_s,
            "origin": self.clock.since_midnight_s,
            "days": self.clock.days,
            "bpm": [None if np.isnan(v) else round(v, 1) for v in self.trend.mean_bpm.tolist()],
            "v": self.trend.ventricular_count.tolist(),
            "s": self.trend.supraventricular_count.tolist(),
            "marks": marks,
        }

    def picture(self) -> TrendPicture:
        """Draw the trend of the whole recording.

        Stretches with any atrial fibrillation or any lost time are drawn: none is too short to be
        seen.
        """
        trend, n = self.trend, len(self.trend.mean_bpm)
        per_bin = VIEW_WIDTH / n

        def y(bpm: Floats) -> Floats:
            return TOP + CURVE_HEIGHT * (self.high_bpm - bpm) / (self.high_bpm - self.low_bpm)

        def bands(shown: Any, top: float, height: float) -> str:
            spans = stretches(shown).tolist()
            rectangles = ((a * per_bin, top, (b - a) * per_bin, height) for a, b in spans)
            return bars(rectangles, FINE_DIGITS)

        lanes: list[Lane] = []
        top = float(TOP + CURVE_HEIGHT + LANE_GAP)
        # A bar is a minute, or a bin if that is longer.
        together = max(round(SECONDS_PER_MINUTE / trend.bin_s), 1)
        first = np.arange(0, n, together)
        for mark, group, count in (
            ("V", "ventricular", trend.ventricular_count),
            ("S", "supraventricular", trend.supraventricular_count),
        ):
            minutes = np.diff(first, append=n) * trend.bin_s / SECONDS_PER_MINUTE
            per_minute = np.add.reduceat(count, first) / minutes
            highest = float(per_minute.max())
            heights = np.maximum(COUNT_LANE_HEIGHT * per_minute / max(highest, 1), LEAST_BAR)
            bottom = top + COUNT_LANE_HEIGHT
            path = bars(
                (
                    (first[i] * per_bin, bottom - heights[i], together * per_bin, heights[i])
                    for i in np.flatnonzero(per_minute)
                ),
                FINE_DIGITS,
            )
            limit = f"≤ {max(round(highest), 1)}/min" if highest else "none"
            lanes.append(Lane(mark, group, top, COUNT_LANE_HEIGHT, path, limit))
            top = bottom + LANE_GAP
        for mark, group, shown in (
            ("AF", "fibrillation", trend.fibrillation_share > 0),
            ("lost", "gap", trend.analysable_share < 1),
        ):
            path = bands(shown, top, SPAN_LANE_HEIGHT)
            lanes.append(Lane(mark, group, top, SPAN_LANE_HEIGHT, path, ""))
            top += SPAN_LANE_HEIGHT + LANE_GAP
        step = nice_step(self.high_bpm - self.low_bpm, 6)
        rates = np.arange(np.ceil(self.low_bpm / step) * step, self.high_bpm + step / 2, step)
        return TrendPicture(
            width=LEFT + VIEW_WIDTH + RIGHT,
            height=top + AXIS_HEIGHT,
            left=LEFT,
            view_width=VIEW_WIDTH,
            top=TOP,
            bottom=top,
            curve=line((np.arange(n) + 0.5) * per_bin, y(trend.mean_bpm), FINE_DIGITS),
            shaded=bands(trend.fibrillation_share > 0, TOP, CURVE_HEIGHT),
            lanes=tuple(lanes),
            rate_ticks=tuple((float(y(np.array(bpm))), short(float(bpm), 0)) for bpm in rates),
            time_ticks=time_ticks(self.clock, n * trend.bin_s, LEFT, per_bin / trend.bin_s),
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
