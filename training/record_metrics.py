"""Metrics of compared records, JSON-ready."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.beats.aami_classes import CLASSES
from training.beat_comparison import BeatCounts, metrics
from training.bootstrap import intervals
from training.record_comparison import RecordComparison
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
    document = beats_document({name: each.beats for name, each in by_record.items()}, ec57=True)
    for name, each in by_record.items():
        document["by_record"][name]["not_analysable"] = _not_analysable(each)
    return document | {
        "not_analysable": _not_analysable(*by_record.values()),
        "runs": {name: _run_metrics(kind, by_record) for kind, name in RUN_NAMES.items()},
    }


def beats_document(by_record: Mapping[str, BeatCounts], *, ec57: bool) -> dict[str, Any]:
    """Return the metrics of the beats of records: gross, average, intervals and by record.

    The average is the mean of a metric over the records that have it, None if none has it; the
    intervals are those of 95 % over patients.
    """
    matrices = {record: counts.matrix for record, counts in by_record.items()}
    values = metrics(np.stack([*matrices.values()]), ec57=ec57)
    limits = intervals(matrices, partial(metrics, ec57=ec57))
    defined = {key: values[key][np.isfinite(values[key])] for key in METRICS.values()}
    return {
        "gross": beat_metrics(sum(by_record.values(), BeatCounts.empty()), ec57=ec57),
        "intervals": {key: _rounded(limits[key]) for key in METRICS.values()},
        "average": {
            key: round(float(each.mean()), 5) if len(each) else None
            for key, each in defined.items()
        },
        "by_record": {name: beat_metrics(each, ec57=ec57) for name, each in by_record.items()},
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
    values = {key: np.nan_to_num(each) for key, each in metrics(counts.matrix, ec57=ec57).items()}
    document: dict[str, Any] = {
        "accuracy": round(float(values["accuracy"]), 4),
        "classes": {
            name: {
                metric: round(float(values[f"{name}_{metric}"]), 4)
                for metric in ("sensitivity", "predictivity", "f1")
            }
            for name in CLASSES
        },
        "matrix": counts.matrix.tolist(),
    }
    if ec57:
        document["v_missed_by_detector"], document["v_annotated"] = counts.missed("V")
        for key in ("qrs_sensitivity", "qrs_predictivity"):
            document[key] = round(float(values[key]), 5)
    return document


def _not_analysable(*records: RecordComparison) -> dict[str, Any]:
    compared_s = sum(each.compared_s for each in records)
    lost_s = sum(each.not_analysable_s for each in records)
    counts = sum((each.beats for each in records), BeatCounts.empty())
    beats, as_missed = counts.not_analysable, counts.with_not_analysable_missed()
    return {
        "judged_seconds": round(compared_s, 1),
        "seconds": round(lost_s, 1),
        "share": round(lost_s / compared_s if compared_s else 0.0, 5),
        "beats_count": int(beats.sum()),
        "v_count": int(beats[CLASSES.index("V")]),
        "by_class": dict(zip(CLASSES, beats.tolist(), strict=True)),
        "qrs_sensitivity_if_missed": round(as_missed.detection()[0], 5),
        "v_sensitivity_if_missed": round(as_missed.metric("V_sensitivity"), 4),
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


def group_counts(group: str, counts: Iterable[RunCounts]) -> dict[str, Any]:
    """Return the numbers of runs and patients of a group, sensitivity and predictivity."""
    pairs = np.array([[each.detected(group), each.right(group)] for each in counts])
    (detected, annotated), (right, found) = pairs.sum(axis=0).tolist()
    return {
        "annotated_count": annotated,
        "detected_count": detected,
        "found_count": found,
        "right_count": right,
        "patients_count": int((pairs[:, 1, 1] > 0).sum()),
        "sensitivity": round(detected / annotated, 4) if annotated else None,
        "predictivity": round(right / found, 4) if found else None,
    }


def _group_metrics(group: str, counts: Mapping[str, RunCounts]) -> dict[str, Any]:
    def shares(pairs: Ints) -> dict[str, Floats]:
        share = pairs[..., 0] / np.where(pairs[..., 1] > 0, pairs[..., 1], np.nan)
        return {"sensitivity": share[..., 0], "predictivity": share[..., 1]}

    pairs = {
        name: np.array([each.detected(group), each.right(group)]) for name, each in counts.items()
    }
    limits = {name: _rounded(each) for name, each in intervals(pairs, shares).items()}
    return group_counts(group, counts.values()) | {"intervals": limits}


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(value, 5) for value in interval]
