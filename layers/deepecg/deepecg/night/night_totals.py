"""The figures that stand for a night when it is set against those before it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from statistics import fmean, median
from typing import Any

from deepecg.beats.aami_classes import CLASSES
from deepecg.night.night_entry import Digest, Entry, number
from deepecg.outputs.report.labels import CLASS_NAMES
from deepecg.units import SECONDS_PER_DAY

NIGHT_TOTALS_SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class Figure:
    """A figure of a night.

    Attributes
    ----------
    name : str
        Its key, with its unit.
    label : str
        What a reader sees.
    unit : str
        Short, to be set behind the number.
    digits : int
        Decimals shown.
    judged : bool
        Whether it is set against the nights before. The number of uploads is not: it follows
        the days of the week.
    """

    name: str
    label: str
    unit: str
    digits: int
    judged: bool = True

    @property
    def is_share(self) -> bool:
        """Whether it is a percentage, which lies between 0 and 100."""
        return self.unit == "%"


RARE = ("F", "Q")
"""Classes whose share is told to a third decimal."""
FIGURES = (
    *(
        Figure(
            f"{name.lower()}_beats_percent",
            f"{CLASS_NAMES[name]} beats",
            "%",
            3 if name in RARE else 2,
        )
        for name in CLASSES
    ),
    Figure("mean_bpm", "Mean heart rate", "/min", 1),
    Figure("analysable_percent", "Analysable time", "%", 2),
    Figure("rejected_percent", "Rejected uploads", "%", 2),
    Figure("urgent_percent", "Recordings with urgent findings", "%", 1),
    Figure("processing_s_per_day", "Processing of 24 hours, median", "s", 2),
    Figure("uploaded_count", "Uploads", "", 0, judged=False),
)


@dataclass(frozen=True)
class NightTotals:
    """What later nights keep of a night.

    Attributes
    ----------
    scored_count : int
        Scored recordings.
    figures : dict of str to (float or None)
        By the names in :data:`FIGURES`; None where nothing was there to take it from.
    models : tuple of str
        Versions of the models that scored, sorted.
    """

    scored_count: int
    figures: dict[str, float | None]
    models: tuple[str, ...]

    def document(self, night: str) -> dict[str, Any]:
        """Return the JSON-ready ``totals.json`` of a date."""
        return {
            "schema_version": NIGHT_TOTALS_SCHEMA_VERSION,
            "kind": "night_totals",
            "date": night,
            "scored_count": self.scored_count,
            "figures": self.figures,
            "models": list(self.models),
        }


def night_totals(entries: Sequence[Entry]) -> NightTotals:
    """Return the figures of a night from its entries, in any order."""
    digests = [entry.digest for entry in entries if entry.digest is not None]
    n_rejected = sum(entry.outcome == "rejected" for entry in entries)
    class_count = beats_by_class(digests)
    n_beats = sum(class_count.values())
    rates = sorted(digest.mean_bpm for digest in digests if digest.mean_bpm is not None)
    # By the length of the recording: a night with more long ones is no slower.
    per_day = [
        entry.processing_s * SECONDS_PER_DAY / entry.digest.duration_s
        for entry in entries
        if entry.digest and entry.digest.duration_s and entry.processing_s is not None
    ]
    found: dict[str, float | None] = {
        f"{name.lower()}_beats_percent": percent(n, n_beats) for name, n in class_count.items()
    }
    found |= {
        "mean_bpm": round(fmean(rates), 4) if rates else None,
        "analysable_percent": percent(
            fsum(digest.analysable_s for digest in digests),
            fsum(digest.duration_s for digest in digests),
        ),
        "rejected_percent": percent(n_rejected, len(digests) + n_rejected),
        "urgent_percent": percent(sum(bool(d.urgent) for d in digests), len(digests)),
        "processing_s_per_day": round(median(per_day), 4) if per_day else None,
        "uploaded_count": float(len(entries)),
    }
    models = {digest.model_version for digest in digests if digest.model_version is not None}
    return NightTotals(len(digests), found, tuple(sorted(models)))


def read_totals(body: bytes | None) -> NightTotals | None:
    """Return the totals of an earlier night, or None where there are none that can be read."""
    try:
        document = json.loads(body or b"null")
        if document["kind"] != "night_totals":
            return None
        if document["schema_version"] != NIGHT_TOTALS_SCHEMA_VERSION:
            return None
        figures = {
            name: None if value is None else number(value)
            for name, value in ((f.name, document["figures"].get(f.name)) for f in FIGURES)
        }
        models = tuple(str(model) for model in document["models"])
        return NightTotals(int(number(document["scored_count"])), figures, models)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def beats_by_class(digests: Sequence[Digest]) -> dict[str, int]:
    """Return the beats of each class over recordings."""
    return {name: sum(digest.class_count[name] for digest in digests) for name in CLASSES}


def processing_times_s(entries: Sequence[Entry]) -> list[float]:
    """Return the processing times that are known, sorted."""
    return sorted(entry.processing_s for entry in entries if entry.processing_s is not None)


def percent(part: float, whole: float) -> float | None:
    """Return a share in percent, None of nothing."""
    return round(100 * part / whole, 4) if whole else None
