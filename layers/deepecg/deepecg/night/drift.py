"""Comparison of a night with the nights before it, robust against a few unusual ones of them."""

import datetime
from collections.abc import Sequence
from math import asin, pi, sin, sqrt
from statistics import median
from typing import Literal

from msgspec import field

from deepecg.night.night_metrics import METRICS, Metric, NightTotals
from deepecg.night.settings import DriftSettings
from deepecg.outputs.summary import Block, Count, Measure

ALL_PERCENT = 100.0
MAD_TO_SD = 1.4826
"""Standard deviation of a normal distribution, in median absolute deviations."""
Verdict = Literal["usual", "shifted", "not_enough_nights", "not_enough_recordings"]


class MetricDrift(Block, frozen=True, kw_only=True):
    """One metric of the night beside those of the nights before."""

    name: str
    """Name of the metric, with its unit."""
    value: Measure | None
    """Value of this night."""
    history: tuple[Measure | None, ...]
    """Values of the nights before. Null for a night without a report on enough recordings."""
    median: Measure | None
    """Median of the history. Null if the metric is not judged."""
    usual_from: Measure | None
    """Lower end of the usual range. Null if the metric is not judged."""
    usual_to: Measure | None
    """Upper end of the usual range. Null if the metric is not judged."""
    z: float | None
    """Modified z-score of the value. Null if the metric is not judged."""
    status: Literal["usual", "shifted", "not_judged"]
    """Whether the value is in the usual range."""


class Drift(Block, frozen=True, kw_only=True):
    """Comparison of a night with the nights before it."""

    verdict: Verdict
    """Whether any metric has shifted, or why the night is not judged."""
    nights_count: Count
    """Nights before with a report on enough recordings."""
    least_nights_count: Count
    """Number of such nights that a comparison needs (a setting)."""
    dates: tuple[datetime.date, ...]
    """Dates of the nights before, the oldest first."""
    other_models: tuple[str, ...]
    """Versions of the models that scored recordings of these nights and none of this night."""
    metrics: tuple[MetricDrift, ...] = field(name="figures")
    """Every metric."""


def drift(
    tonight: NightTotals, before: Sequence[NightTotals | None], settings: DriftSettings
) -> Drift:
    """Compare a night with the nights before it.

    The modified z-score of a metric is its distance from the median of the nights before, divided
    by their scaled median absolute deviation (Iglewicz & Hoaglin 1993). A percentage is first
    replaced by the arcsine of its square root.

    Parameters
    ----------
    tonight : NightTotals
        The night.
    before : sequence of (NightTotals or None)
        The nights of the dates in :func:`window`; None for a night without a report.
    settings : DriftSettings
        Thresholds.
    """
    counted = [
        None if night is None or night.scored_count < settings.least_recordings else night
        for night in before
    ]
    nights = [night for night in counted if night is not None]
    enough_nights = len(nights) >= settings.least_nights
    judged = enough_nights and tonight.scored_count >= settings.least_recordings
    metrics = tuple(_compare(metric, tonight, counted, judged, settings) for metric in METRICS)
    verdict: Verdict
    if not enough_nights:
        verdict = "not_enough_nights"
    elif not judged:
        verdict = "not_enough_recordings"
    else:
        verdict = "shifted" if any(item.status == "shifted" for item in metrics) else "usual"
    models = {model for night in nights for model in night.models}
    return Drift(
        verdict=verdict,
        nights_count=len(nights),
        least_nights_count=settings.least_nights,
        dates=window(tonight.date, settings),
        other_models=tuple(sorted(models - set(tonight.models))),
        metrics=metrics,
    )


def window(night: datetime.date, settings: DriftSettings) -> tuple[datetime.date, ...]:
    """Return the dates that a night is compared with, the oldest first."""
    days = range(settings.window_nights, 0, -1)
    return tuple(night - datetime.timedelta(days=n) for n in days)


def _compare(
    metric: Metric,
    tonight: NightTotals,
    before: Sequence[NightTotals | None],
    judged: bool,
    settings: DriftSettings,
) -> MetricDrift:
    value = tonight.metrics[metric.name]
    history = tuple(None if night is None else night.metrics.get(metric.name) for night in before)
    known = [past for past in history if past is not None]
    if value is None or not judged or not metric.judged or len(known) < settings.least_nights:
        return MetricDrift(
            name=metric.name,
            value=value,
            history=history,
            median=None,
            usual_from=None,
            usual_to=None,
            z=None,
            status="not_judged",
        )
    to_scale, from_scale = (_angle, _percentage) if metric.is_percentage else (float, float)
    middle = median(known)
    centre = to_scale(middle)
    # 1 % of a metric, or of the distance of a percentage to 0 or 100.
    room = min(middle, ALL_PERCENT - middle) if metric.is_percentage else middle
    least = max(settings.least_scale, settings.least_scale_share * room)
    scale = max(
        MAD_TO_SD * median(abs(to_scale(past) - centre) for past in known),
        (to_scale(middle + least) - to_scale(middle - least)) / 2,
    )
    z = (to_scale(value) - centre) / scale
    reach = settings.z * scale
    return MetricDrift(
        name=metric.name,
        value=value,
        history=history,
        median=round(middle, 4),
        usual_from=round(max(from_scale(centre - reach), 0.0), 4),
        usual_to=round(from_scale(centre + reach), 4),
        z=round(z, 2),
        status="shifted" if abs(z) > settings.z else "usual",
    )


def _angle(percentage: float) -> float:
    """Return a percentage on a scale where its scatter does not depend on its size.

    The arcsine of the square root (Anscombe 1948). Near 0 or 100 %, a percentage scatters to one
    side only; without this scale, ordinary nights with few recordings would count as shifted.
    """
    return asin(sqrt(min(max(percentage, 0.0), ALL_PERCENT) / ALL_PERCENT))


def _percentage(angle: float) -> float:
    return ALL_PERCENT * sin(min(max(angle, 0.0), pi / 2)) ** 2
