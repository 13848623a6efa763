"""Bar charts by hour: heart rate, ventricular and supraventricular beats."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.svg_paths import bars, multiples, nice_step, short
from deepecg.outputs.summary import HourRow

WIDTH = 960
LEFT, RIGHT = 44, 24
"""Room for the labels of the rows, and for the half of the last hour's label."""
ROW_GAP = 34
RATE_HEIGHT = 110
COUNT_HEIGHT = 64
TOP = 22
FILLED = 0.68
"""Width of a bar as a share of the hour's width."""
MOST_LABELS = 12


@dataclass(frozen=True)
class HoursRow:
    """One row of bars."""

    title: str
    group: str
    y: float
    height: float
    path: str
    ticks: tuple[tuple[float, str], ...]
    dots: str = ""


@dataclass(frozen=True)
class HoursPicture:
    """Rows of bars with a common time axis."""

    width: int
    height: float
    left: float
    rows: tuple[HoursRow, ...]
    labels: tuple[tuple[float, str], ...]


def hours_picture(hours: Sequence[HourRow], clock: Clock) -> HoursPicture:
    """Draw the hours of a summary: rows of bars with a common time axis."""
    step = (WIDTH - LEFT - RIGHT) / max(len(hours), 1)
    width = step * FILLED
    lefts = [LEFT + i * step + (step - width) / 2 for i in range(len(hours))]
    rows = [_rates(hours, lefts, width)]
    top = TOP + RATE_HEIGHT + ROW_GAP
    for group in ("ventricular", "supraventricular"):
        counts: list[int] = [getattr(hour, f"{group}_count") for hour in hours]
        high: float = max([*counts, 1])
        tick = max(nice_step(high, 3), 1)
        high = tick * -(-high // tick)
        scale = COUNT_HEIGHT / high
        path = bars(
            (x, top + COUNT_HEIGHT - n * scale, width, n * scale)
            for x, n in zip(lefts, counts, strict=True)
            if n
        )
        ticks = tuple(
            (top + COUNT_HEIGHT - count * scale, f"{count:,.0f}")
            for count in multiples(tick, 0, high)
        )
        title = f"{group.capitalize()} beats by hour"
        rows.append(HoursRow(title, group, top, COUNT_HEIGHT, path, ticks))
        top += COUNT_HEIGHT + ROW_GAP
    every = -(-len(hours) // MOST_LABELS) or 1
    ends_s = [*(hour.start_s for hour in hours[1:]), clock.duration_s]
    labels = tuple(
        (LEFT + (i + 0.5) * step, clock.hour(hours[i].start_s, ends_s[i]))
        for i in range(0, len(hours), every)
    )
    return HoursPicture(width=WIDTH, height=top, left=LEFT, rows=tuple(rows), labels=labels)


def _rates(hours: Sequence[HourRow], lefts: list[float], width: float) -> HoursRow:
    """Return bars from minimum to maximum, with a dash at the mean."""
    known = [
        bpm
        for hour in hours
        for bpm in (hour.minimum_bpm, hour.mean_bpm, hour.maximum_bpm)
        if bpm is not None
    ]
    low = 10 * (min(known, default=50) // 10)
    high = max(10 * -(-max(known, default=100) // 10), low + 40)
    scale = RATE_HEIGHT / (high - low)

    def y(bpm: float) -> float:
        return TOP + (high - bpm) * scale

    ranges = bars(
        (x, y(hour.maximum_bpm), width, (hour.maximum_bpm - hour.minimum_bpm) * scale)
        for x, hour in zip(lefts, hours, strict=True)
        if hour.maximum_bpm is not None and hour.minimum_bpm is not None
    )
    means = "".join(
        f"M{short(x - width * 0.12)} {short(y(hour.mean_bpm))}h{short(width * 1.24)}"
        for x, hour in zip(lefts, hours, strict=True)
        if hour.mean_bpm is not None
    )
    tick = nice_step(high - low, 4)
    ticks = tuple((y(bpm), short(bpm, 0)) for bpm in multiples(tick, low, high))
    title = "Heart rate in bpm: bar from minimum to maximum, dash at the mean"
    return HoursRow(title, "rate", TOP, RATE_HEIGHT, ranges, ticks, means)
