"""Setting a night against those before it: robust, since a few of them may be odd themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, pi, sin, sqrt
from statistics import median
from typing import Literal

from deepecg.night.night_totals import FIGURES, Figure, NightTotals
from deepecg.night.settings import DriftSettings

ALL = 100.0
"""Percent."""
MAD_TO_SD = 1.4826
"""A normal distribution's standard deviation is so many median absolute deviations."""
Status = Literal["usual", "shifted", "not_judged"]
Verdict = Literal["usual", "shifted", "not_enough_nights", "not_enough_recordings"]


@dataclass(frozen=True)
class FigureDrift:
    """One figure of the night beside those of the nights before.

    Attributes
    ----------
    figure : Figure
        Which.
    value : float or None
        This night's.
    history : tuple of (float or None)
        Of each night of the window, the oldest first; None where there is none.
    median : float or None
        Of the nights that count.
    usual : (float, float) or None
        The range in which a value is not remarked on.
    z : float or None
        The modified z-score.
    status : str
        ``usual``, ``shifted``, or ``not_judged``.
    """

    figure: Figure
    value: float | None
    history: tuple[float | None, ...]
    median: float | None
    usual: tuple[float, float] | None
    z: float | None
    status: Status


@dataclass(frozen=True)
class Drift:
    """How a night compares with the nights before it.

    Attributes
    ----------
    verdict : str
        ``shifted`` if any figure is; why there is no verdict otherwise.
    n_nights : int
        Nights in the window that count.
    figures : tuple of FigureDrift
        All figures.
    other_models : tuple of str
        Models of these nights that are not this night's: a reason for a shift.
    """

    verdict: Verdict
    n_nights: int
    figures: tuple[FigureDrift, ...]
    other_models: tuple[str, ...]


def drift(
    tonight: NightTotals, before: Sequence[NightTotals | None], settings: DriftSettings
) -> Drift:
    """Compare a night with those before it.

    Each figure's modified z-score is its distance from the median of the nights before, in units
    of their median absolute deviation (Iglewicz & Hoaglin 1993); that of a percentage is taken of
    the arcsine of its root.

    Parameters
    ----------
    tonight : NightTotals
        The night.
    before : sequence of (NightTotals or None)
        The nights of the window, the oldest first; None where there is no report.
    settings : DriftSettings
        Thresholds.
    """
    counted = [
        None if night is None or night.scored_count < settings.least_recordings else night
        for night in before
    ]
    nights = [night for night in counted if night is not None]
    enough = len(nights) >= settings.least_nights
    judged = enough and tonight.scored_count >= settings.least_recordings
    figures = tuple(_compare(figure, tonight, counted, judged, settings) for figure in FIGURES)
    verdict: Verdict
    if not enough:
        verdict = "not_enough_nights"
    elif not judged:
        verdict = "not_enough_recordings"
    else:
        verdict = "shifted" if any(f.status == "shifted" for f in figures) else "usual"
    others = {model for night in nights for model in night.models} - set(tonight.models)
    return Drift(verdict, len(nights), figures, tuple(sorted(others)))


def _compare(
    figure: Figure,
    tonight: NightTotals,
    before: Sequence[NightTotals | None],
    judged: bool,
    settings: DriftSettings,
) -> FigureDrift:
    value = tonight.figures[figure.name]
    history = tuple(None if night is None else night.figures[figure.name] for night in before)
    known = [past for past in history if past is not None]
    if value is None or not judged or not figure.judged or len(known) < settings.least_nights:
        return FigureDrift(figure, value, history, None, None, None, "not_judged")
    to_scale, from_scale = (_angle, _share) if figure.is_share else (float, float)
    middle = median(known)
    centre = to_scale(middle)
    room = min(middle, ALL - middle) if figure.is_share else middle
    least = max(settings.least_scale, settings.least_scale_share * room)
    scale = max(
        MAD_TO_SD * median(abs(to_scale(past) - centre) for past in known),
        (to_scale(middle + least) - to_scale(middle - least)) / 2,
    )
    z = (to_scale(value) - centre) / scale
    status: Status = "shifted" if abs(z) > settings.z else "usual"
    reach = settings.z * scale
    usual = max(from_scale(centre - reach), 0.0), from_scale(centre + reach)
    return FigureDrift(figure, value, history, middle, usual, z, status)


def _angle(percent: float) -> float:
    """Return a share on a scale where its scatter does not depend on how large it is.

    The arcsine of the root (Anscombe 1948): shares near 0 or 100 % scatter to one side only, and
    ordinary nights of few recordings would be flagged for it.
    """
    return asin(sqrt(min(max(percent, 0.0), ALL) / ALL))


def _share(angle: float) -> float:
    return ALL * sin(min(max(angle, 0.0), pi / 2)) ** 2
