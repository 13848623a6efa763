"""The metrics of a night, which later nights are compared with."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from statistics import fmean, median
from typing import Literal

import msgspec
from msgspec import Struct, field

from deepecg.beats.aami_classes import CLASSES
from deepecg.night.night_entry import (
    BeatsOfClass,
    Count,
    Measure,
    NightEntry,
    SummaryExtract,
    Text,
    are_printable,
)
from deepecg.outputs.report.labels_and_formats import CLASS_NAMES
from deepecg.time_units import SECONDS_PER_DAY


@dataclass(frozen=True)
class Metric:
    """A metric of a night.

    Attributes
    ----------
    name : str
        Key in the JSON files, with the unit.
    label : str
        Name on the page.
    unit : str
        Unit on the page, behind the number.
    digits : int
        Decimals on the page.
    judged : bool
        Whether it is compared with earlier nights. The number of uploads is not: it depends on
        the day of the week.
    """

    name: str
    label: str
    unit: str
    digits: int
    judged: bool = True

    @property
    def is_percentage(self) -> bool:
        """Whether it is limited to 0 to 100."""
        return self.unit == "%"


RARE_CLASSES = ("F", "Q")
"""Classes whose share is shown with a third decimal."""
METRICS = (
    *(
        Metric(
            f"{name.lower()}_beats_percent",
            f"{CLASS_NAMES[name]} beats",
            "%",
            3 if name in RARE_CLASSES else 2,
        )
        for name in CLASSES
    ),
    Metric("mean_bpm", "Mean heart rate", "/min", 1),
    Metric("analysable_percent", "Analysable time", "%", 2),
    Metric("rejected_percent", "Rejected uploads", "%", 2),
    Metric("urgent_percent", "Recordings with urgent findings", "%", 1),
    Metric("processing_s_per_day", "Processing of 24 hours, median", "s", 2),
    Metric("uploaded_count", "Uploads", "", 0, judged=False),
)


class NightTotals(Struct, frozen=True, kw_only=True, tag_field="kind", tag="night_totals"):
    """The document ``totals.json`` of a night, for later nights."""

    schema_version: Literal["1.0"]
    """Version of this document; other versions are not read."""
    date: datetime.date
    """Date of the night."""
    scored_count: Count
    """Scored recordings."""
    metrics: dict[str, Measure | None] = field(name="figures")
    """Values by the names in :data:`METRICS`. Null where a value could not be computed."""
    models: tuple[Text, ...]
    """Versions of the models that scored recordings, sorted."""


TOTALS_DECODER = msgspec.json.Decoder(NightTotals)


def night_totals(night: datetime.date, entries: Sequence[NightEntry]) -> NightTotals:
    """Return the metrics of a night from its entries, in any order."""
    extracts = [entry.digest for entry in entries if entry.digest is not None]
    n_rejected = sum(entry.outcome == "rejected" for entry in entries)
    class_count = msgspec.structs.asdict(beats_by_class(extracts))
    n_beats = sum(class_count.values())
    rates = sorted(extract.mean_bpm for extract in extracts if extract.mean_bpm is not None)
    # Divided by the length of the recording, so that long recordings do not count as slow ones.
    per_day = [
        entry.processing_s * SECONDS_PER_DAY / entry.digest.duration_s
        for entry in entries
        if entry.digest and entry.digest.duration_s and entry.processing_s is not None
    ]
    metrics: dict[str, float | None] = {
        f"{name.lower()}_beats_percent": percent(n, n_beats) for name, n in class_count.items()
    }
    metrics |= {
        "mean_bpm": round(fmean(rates), 4) if rates else None,
        "analysable_percent": percent(
            fsum(extract.analysable_s for extract in extracts),
            fsum(extract.duration_s for extract in extracts),
        ),
        "rejected_percent": percent(n_rejected, len(extracts) + n_rejected),
        "urgent_percent": percent(sum(bool(extract.urgent) for extract in extracts), len(extracts)),
        "processing_s_per_day": round(median(per_day), 4) if per_day else None,
        "uploaded_count": float(len(entries)),
    }
    models = {extract.model_version for extract in extracts if extract.model_version is not None}
    return NightTotals(
        schema_version="1.0",
        date=night,
        scored_count=len(extracts),
        metrics=metrics,
        models=tuple(sorted(models)),
    )


def read_totals(body: bytes | None) -> NightTotals | None:
    """Return the totals of an earlier night, or None if they are missing or not valid."""
    try:
        totals = TOTALS_DECODER.decode(body or b"")
    except (ValueError, RecursionError):
        return None
    return totals if are_printable(totals.models) else None


def beats_by_class(extracts: Sequence[SummaryExtract]) -> BeatsOfClass:
    """Return the number of beats of each class over all recordings."""
    return BeatsOfClass(
        **{
            name: sum(getattr(extract.class_count, name) for extract in extracts)
            for name in CLASSES
        }
    )


def percent(part: float, whole: float) -> float | None:
    """Return a share in percent, or None if the whole is zero."""
    return round(100 * part / whole, 4) if whole else None
