"""The geometry of the page's charts: numbers in, coordinates out; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BAR_WIDTH = 44.0
BAR_GAP = 8.0
BAR_HEIGHT = 116.0
BAR_TOP = 18.0
"""Room for the count above the highest bar."""
LEAST_BAR = 1.5
"""A class with any recording at all can be seen."""
SPARK_WIDTH = 240.0
SPARK_HEIGHT = 56.0
SPARK_MARGIN = 5.0
"""Half a dot, so that none is cut."""
OUTCOME_WIDTH = 1000.0
OUTCOME_GAP = 3.0


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram, in the drawing's units; ``middle`` is where its texts stand."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    count: int
    label: str


@dataclass(frozen=True)
class Spark:
    """A figure over the nights of the window, and tonight's as the last point.

    Attributes
    ----------
    paths : str
        SVG path of the nights before, broken where one is missing.
    dots : tuple of (float, float)
        Nights between two missing ones, which no line shows.
    x, y : float or None
        Tonight.
    band_y, band_height, median_y : float or None
        The usual range, and its middle; None where it is not known.
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
    """A part of the bar of outcomes."""

    name: str
    x: float
    width: float


def histogram(bars: Sequence[dict[str, Any]]) -> tuple[Bar, ...]:
    """Return the bars of a distribution of the report, equally wide."""
    highest = max(*(bar["recordings_count"] for bar in bars), 1)
    drawn = []
    for number, bar in enumerate(bars):
        count = bar["recordings_count"]
        height = max(BAR_HEIGHT * count / highest, LEAST_BAR) if count else 0.0
        x = number * (BAR_WIDTH + BAR_GAP) + BAR_GAP / 2
        drawn.append(
            Bar(
                x=x,
                y=round(BAR_TOP + BAR_HEIGHT - height, 1),
                width=BAR_WIDTH,
                height=round(height, 1),
                middle=x + BAR_WIDTH / 2,
                count=count,
                label=range_label(bar["from_percent"], bar["below_percent"]),
            )
        )
    return tuple(drawn)


def range_label(low: float, high: float) -> str:
    """Return what a class of percentages is called."""
    if low == high:
        return "none"
    if high == 100:
        return f"≥ {low:g}"
    return f"{low:g}\N{EN DASH}{high:g}" if low else f"< {high:g}"


def sparkline(figure: dict[str, Any]) -> Spark:
    """Return the line of a figure of the report's drift.

    Parameters
    ----------
    figure : dict
        Of ``drift.figures``.
    """
    history: list[float | None] = figure["history"]
    known = [value for value in (*history, figure["value"]) if value is not None]
    middle = figure["median"]
    band = None if middle is None else (figure["usual_from"], figure["usual_to"])
    known += band or ()
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
    return Spark(
        paths="".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in line) for line in lines if len(line) > 1
        ),
        dots=tuple(line[0] for line in lines if len(line) == 1),
        x=x_of(len(history)),
        y=None if figure["value"] is None else y_of(figure["value"]),
        band_y=None if band is None else y_of(band[1]),
        band_height=None if band is None else round(y_of(band[0]) - y_of(band[1]), 1),
        median_y=None if middle is None else y_of(middle),
    )


def outcome_bar(counts: Sequence[tuple[str, int]]) -> tuple[Segment, ...]:
    """Return the parts of the bar of outcomes, those that are not empty.

    Parameters
    ----------
    counts : sequence of (str, int)
        Name and uploads of each outcome.
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
