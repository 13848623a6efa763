"""Coordinates of the page's charts, which the template draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepecg.night.drift import MetricDrift
from deepecg.night.night_report import HistogramBar

BAR_WIDTH = 44.0
BAR_GAP = 8.0
BAR_HEIGHT = 116.0
BAR_TOP = 18.0
"""Space for the count above the highest bar."""
LEAST_BAR = 1.5
"""Smallest height of a bar that is not empty, so that one recording is visible."""
SPARK_WIDTH = 240.0
SPARK_HEIGHT = 56.0
SPARK_MARGIN = 5.0
"""Half a dot, so that no dot is cut off."""
OUTCOME_WIDTH = 1000.0
OUTCOME_GAP = 3.0


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram, in units of the drawing."""

    x: float
    y: float
    height: float
    count: int
    label: str


@dataclass(frozen=True)
class Spark:
    """The line of a metric over the nights before and this night.

    Attributes
    ----------
    paths : str
        SVG path of the nights before, interrupted at missing nights.
    dots : tuple of (float, float)
        Nights between two missing ones, which a line cannot show.
    x, y : float or None
        This night; y is None if its value is not known.
    band_y, band_height, median_y : float or None
        The usual range and the median; None if the metric is not judged.
    """

    paths: str
    dots: tuple[tuple[float, float], ...]
    x: float
    y: float | None
    band_y: float | None
    band_height: float | None
    median_y: float | None


@dataclass(frozen=True)
class Segment:
    """A segment of the bar of outcomes."""

    name: str
    x: float
    width: float


def histogram(bars: Sequence[HistogramBar]) -> tuple[Bar, ...]:
    """Return the bars of a distribution, all of one width."""
    highest = max(*(bar.recordings_count for bar in bars), 1)
    drawn = []
    for number, bar in enumerate(bars):
        count = bar.recordings_count
        height = max(BAR_HEIGHT * count / highest, LEAST_BAR) if count else 0.0
        x = number * (BAR_WIDTH + BAR_GAP) + BAR_GAP / 2
        y = round(BAR_TOP + BAR_HEIGHT - height, 1)
        label = range_label(bar.from_percent, bar.below_percent)
        drawn.append(Bar(x, y, round(height, 1), count, label))
    return tuple(drawn)


def range_label(low: float, high: float) -> str:
    """Return the label of a range of percentages."""
    if low == high:
        return "none"
    if high == 100:
        return f"≥ {low:g}"
    return f"{low:g}\N{EN DASH}{high:g}" if low else f"< {high:g}"


def sparkline(metric: MetricDrift) -> Spark:
    """Return the line of a metric."""
    history, tonight = metric.history, metric.value
    shown = (*history, tonight, metric.usual_from, metric.usual_to)
    known = [value for value in shown if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span = high - low

    def x_of(number: int) -> float:
        return round(
            SPARK_MARGIN + (SPARK_WIDTH - 2 * SPARK_MARGIN) * number / max(len(history), 1), 1
        )

    def y_of(value: float) -> float:
        share = (value - low) / span if span else 0.5
        return round(SPARK_HEIGHT - SPARK_MARGIN - share * (SPARK_HEIGHT - 2 * SPARK_MARGIN), 1)

    lines: list[list[tuple[float, float]]] = [[]]
    for number, value in enumerate(history):
        if value is None:
            lines.append([])
        else:
            lines[-1].append((x_of(number), y_of(value)))
    top, bottom, middle = (
        None if value is None else y_of(value)
        for value in (metric.usual_to, metric.usual_from, metric.median)
    )
    return Spark(
        paths="".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in line) for line in lines if len(line) > 1
        ),
        dots=tuple(line[0] for line in lines if len(line) == 1),
        x=x_of(len(history)),
        y=None if tonight is None else y_of(tonight),
        band_y=top,
        band_height=None if top is None or bottom is None else round(bottom - top, 1),
        median_y=middle,
    )


def outcome_bar(counts: Sequence[tuple[str, int]]) -> tuple[Segment, ...]:
    """Return the segments of the bar of outcomes, without the empty ones.

    Parameters
    ----------
    counts : sequence of (str, int)
        Name and number of uploads of each outcome.
    """
    some = [(name, count) for name, count in counts if count]
    total = sum(count for _, count in some)
    room = OUTCOME_WIDTH - OUTCOME_GAP * (len(some) - 1)
    drawn, x = [], 0.0
    for name, count in some:
        width = room * count / total
        drawn.append(Segment(name, round(x, 2), round(width, 2)))
        x += width + OUTCOME_GAP
    return tuple(drawn)
