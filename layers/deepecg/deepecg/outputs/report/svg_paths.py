"""Compact SVG paths from arrays."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Bools, Ints
from deepecg.signal.stretches import stretches


def short(value: float, digits: int = 1) -> str:
    """Return a number without trailing zeros: 3.0 becomes "3"."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def line(x: NDArray[np.floating], y: NDArray[np.floating], x_digits: int = 1) -> str:
    """Return the path of a line through points, broken where ``y`` is NaN."""
    pieces = []
    for first, stop in stretches(np.isfinite(y)):
        points = [
            f"{short(a, x_digits)} {short(b)}"
            for a, b in zip(x[first:stop], y[first:stop], strict=True)
        ]
        if len(points) == 1:
            points.append(points[0])  # a dot: a line of no length with a round cap
        pieces.append("M" + points[0] + "L" + " ".join(points[1:]))
    return "".join(pieces)


def trace(levels: Ints, shown: Bools | None = None) -> str:
    """Return the path of samples one unit apart, as steps from one sample to the next.

    Samples that are not ``shown`` interrupt it. None shows all samples.
    """
    pieces = [(0, len(levels))] if shown is None else stretches(shown)
    return "".join(
        f"M{first} {levels[first]}l"
        + " ".join(f"1{step:+d}" for step in np.diff(levels[first:stop]).tolist())
        for first, stop in pieces
        if stop - first > 1
    )


def bars(rectangles: Iterable[tuple[float, float, float, float]], x_digits: int = 1) -> str:
    """Return one path of rectangles with x, y, width and height."""
    return "".join(
        f"M{short(x, x_digits)} {short(y)}h{short(w, x_digits)}v{short(h)}h{short(-w, x_digits)}z"
        for x, y, w, h in rectangles
    )


def nice_step(span: float, n_most: int) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50 ... that gives at most ``n_most`` parts."""
    step = 10.0 ** np.floor(np.log10(max(span, 1e-9) / n_most))
    return float(step * next(n for n in (1, 2, 5, 10) if n == 10 or span / (n * step) <= n_most))


def multiples(step: float, low: float, high: float) -> list[float]:
    """Return the multiples of a step from ``low`` to ``high``."""
    return [n * step for n in range(int(np.ceil(low / step)), int(high // step) + 1)]
