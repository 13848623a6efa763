"""Metrics of compared records, JSON-ready."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from training.beat_matching import BeatCounts, metrics
from training.bootstrap import intervals
from training.record_comparison import KINDS, RecordComparison
from training.run_matching import GROUPS, Kind, RunCounts

METRICS = {
    "accuracy": "accuracy",
    "QRS Se": "qrs_sensitivity",
    "QRS +P": "qrs_predictivity",
    **{
        f"{name} {short}": f"{name}_{metric}"
        for name in "VS"
        for short, metric in (("Se", "sensitivity"), ("+P", "predictivity"), ("F1", "f1"))
    },
}
"""Reported metrics by their name in tables."""
RUN_NAMES: dict[Kind, str] = {"V": "ventricular", "S": "supraventricular"}


def accuracy_document(by_record: Mapping[str, RecordComparison]) -> dict[str, Any]:
    """Return the metrics of records: gross, average, intervals, runs and by record."""
    first, *others = by_record.values()
    gross = sum(others, first)
    return {
        "gross": beat_metrics(gross.beats, ec57=True),
        "intervals": beat_intervals({name: each.beats for name, each in by_record.items()}),
        "average": average([each.beats for each in by_record.values()]),
        "not_analysable": _not_analysable(gross),
        "runs": {RUN_NAMES[kind]: _run_metrics(kind, by_record) for kind in KINDS},
        "by_record": {
            name: beat_metrics(each.beats, ec57=True) | {"not_analysable": _not_analysable(each)}
            for name, each in by_record.items()
        },
    }


def beat_metrics(counts: BeatCounts, *, ec57: bool) -> dict[str, Any]:
    """Return the metrics of a matrix.

    Parameters
    ----------
    counts : BeatCounts
        The matrix.
    ec57 : bool
        Whether V and S on annotated F and Q are no false positives, and detection is reported.
    """
    by_class = {
        name: {
            "sensitivity": round(counts.sensitivity(name), 4),
            "predictivity": round(counts.predictivity(name, ec57=ec57), 4),
            "f1": round(counts.f1(name, ec57=ec57), 4),
        }
        for name in CLASSES
    }
    document: dict[str, Any] = {
        "accuracy": round(counts.accuracy(), 4),
        "classes": by_class,
        "matrix": counts.matrix.tolist(),
    }
    if ec57:
        sensitivity, predictivity = counts.detection()
        missed, annotated = counts.missed("V")
        document["qrs_sensitivity"] = round(sensitivity, 5)
        document["qrs_predictivity"] = round(predictivity, 5)
        document["v_missed_by_detector"] = missed
        document["v_annotated"] = annotated
    return document


def beat_intervals(
    by_record: Mapping[str, BeatCounts], *, ec57: bool = True
) -> dict[str, list[float] | None]:
    """Return the 95 % interval over patients of every gross metric in :data:`METRICS`."""
    matrices = {record: counts.matrix for record, counts in by_record.items()}
    limits = intervals(matrices, partial(metrics, ec57=ec57))
    return {key: _rounded(limits[key]) for key in METRICS.values()}


def average(counts: Sequence[BeatCounts], *, ec57: bool = True) -> dict[str, float | None]:
    """Return the mean of every metric over the records that have it; None if none has it."""
    values = metrics(np.stack([each.matrix for each in counts]), ec57=ec57)
    means = {}
    for key in METRICS.values():
        defined = values[key][np.isfinite(values[key])]
        means[key] = round(float(defined.mean()), 5) if len(defined) else None
    return means


def _not_analysable(record: RecordComparison) -> dict[str, Any]:
    share = record.not_analysable_s / record.compared_s if record.compared_s else 0.0
    beats = record.beats.not_analysable
    as_missed = record.beats.with_not_analysable_missed()
    return {
        "judged_seconds": round(record.compared_s, 1),
        "seconds": round(record.not_analysable_s, 1),
        "share": round(share, 5),
        "beats_count": int(beats.sum()),
        "v_count": int(beats[CLASSES.index("V")]),
        "by_class": dict(zip(CLASSES, beats.tolist(), strict=True)),
        "qrs_sensitivity_if_missed": round(as_missed.detection()[0], 5),
        "v_sensitivity_if_missed": round(as_missed.sensitivity("V"), 4),
    }


def _run_metrics(kind: Kind, by_record: Mapping[str, RecordComparison]) -> dict[str, Any]:
    counts = {name: each.runs[kind] for name, each in by_record.items()}
    gross = sum(counts.values(), RunCounts.empty())
    document: dict[str, Any] = {group: _group_metrics(group, counts) for group in GROUPS}
    return document | {
        "annotated_matrix": gross.annotated.tolist(),
        "found_matrix": gross.found.tolist(),
        "not_analysable_by_length": gross.not_analysable.tolist(),
    }


def _group_metrics(group: str, counts: Mapping[str, RunCounts]) -> dict[str, Any]:
    gross = sum(counts.values(), RunCounts.empty())

    def shares(pairs: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        part, whole = pairs[..., 0], np.where(pairs[..., 1], pairs[..., 1], -1)
        share = np.where(whole > 0, part / whole, np.nan)
        return {"sensitivity": share[..., 0], "predictivity": share[..., 1]}

    pairs = {
        name: np.array([each.detected(group), each.right(group)]) for name, each in counts.items()
    }
    (detected, annotated), (right, found) = gross.detected(group), gross.right(group)
    gross_shares = shares(np.array([[detected, annotated], [right, found]]))
    document: dict[str, Any] = {
        "annotated_count": annotated,
        "detected_count": detected,
        "found_count": found,
        "right_count": right,
        "patients_count": int(sum(each.right(group)[1] > 0 for each in counts.values())),
    }
    document |= {
        name: round(float(value), 4) if np.isfinite(value) else None
        for name, value in gross_shares.items()
    }
    limits = intervals(pairs, shares)
    return document | {"intervals": {name: _rounded(each) for name, each in limits.items()}}


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(value, 5) for value in interval]
