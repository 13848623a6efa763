"""Metrics of compared records as Markdown: what :mod:`training.record_metrics` returns."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepecg.beats.aami_classes import CLASSES
from training.beat_comparison import BeatCounts
from training.markdown import class_metrics, percent, percent_interval, table
from training.record_metrics import METRICS, RUN_NAMES

RUN_GROUPS = {
    "couplets": "couplets",
    "runs": "runs of 3 and more",
    "short_runs": "of 3 to 5",
    "long_runs": "of 6 and more",
}
"""Groups of run lengths by their key in documents, in the order of the table."""


def markdown(document: Mapping[str, Any]) -> str:
    """Return a comparison's document as Markdown."""
    return "\n".join(
        [
            metrics_table(document),
            "## Matrix\n",
            confusion_table(document["gross"]),
            not_analysable_sentence(document["not_analysable"]) + "\n",
            "## Couplets and runs\n",
            run_table(document["runs"]),
            "## By record\n",
            record_table(document["by_record"]),
        ]
    )


def not_analysable_sentence(values: Mapping[str, Any]) -> str:
    """Return the time that the software reports as not analysable, and the beats missed in it."""
    return (
        f"Reported as not analysable: {values['seconds']:.0f} s of "
        f"{values['judged_seconds']:.0f} ({percent(values['share'], 2)} %), with "
        f"{values['beats_count']} annotated beats that were not found, {values['v_count']} of "
        "them V; they are in no metric. Counted as missed, as `bxb` does, they would make QRS Se "
        f"{percent(values['qrs_sensitivity_if_missed'], 2)} and V Se "
        f"{percent(values['v_sensitivity_if_missed'])}."
    )


def metrics_table(document: Mapping[str, Any]) -> str:
    """Return gross metrics with their intervals, and averages."""
    gross = document["gross"]
    by_class = {
        f"{name}_{metric}": value
        for name, metrics in gross["classes"].items()
        for metric, value in metrics.items()
    }
    rows = []
    for name, key in METRICS.items():
        value = by_class.get(key, gross.get(key))
        if value is not None:
            digits = 2 if name.startswith("QRS") else 1
            limits = percent_interval(document["intervals"][key], digits)
            mean = percent(document["average"][key], digits)
            rows.append((name, percent(value, digits), limits, mean))
    return table(("%", "gross", "95 % interval", "average of records"), rows)


def confusion_table(document: Mapping[str, Any]) -> str:
    """Return a matrix: annotated class in rows, found class in columns."""
    rows = zip([*CLASSES, "no beat"], document["matrix"], strict=True)
    return table(
        ("annotated \\ found", *CLASSES, "not found"), [(name, *counts) for name, counts in rows]
    )


def run_table(runs: Mapping[str, Any]) -> str:
    """Return how many couplets and runs were detected, and how many found ones are correct."""
    rows = []
    for kind in RUN_NAMES.values():
        for group, name in RUN_GROUPS.items():
            values, cells = runs[kind][group], [f"{kind} {name}"]
            for whole, part, share in (
                ("annotated_count", "detected_count", "sensitivity"),
                ("found_count", "right_count", "predictivity"),
            ):
                limits = percent_interval(values["intervals"][share])
                is_defined = values[share] is not None
                cells += [str(values[whole]), str(values[part])]
                cells.append(f"{percent(values[share])} ({limits})" if is_defined else "-")
            rows.append(cells)
    header = ("", "annotated", "of them detected", "Se (95 %)")
    return table((*header, "found", "of them correct", "+P (95 %)"), rows)


def record_table(by_record: Mapping[str, Mapping[str, Any]], *without: str) -> str:
    """Return the metrics of every record.

    Parameters
    ----------
    by_record : mapping
        What :func:`~training.record_metrics.beat_metrics` returns for each record.
    *without : str
        Records that are excluded from the sum in a row of its own each.
    """
    counts = {name: BeatCounts(np.array(each["matrix"])) for name, each in by_record.items()}
    rows = [_record_row(name, each) for name, each in counts.items()]
    for record in without:
        others = (each for name, each in counts.items() if name != record)
        name = f"all but {record.rsplit('/', 1)[-1]}"
        rows.append(_record_row(name, sum(others, BeatCounts.empty())))
    header = ("record", "beats", "missed", "false")
    return table((*header, *("V", "V Se / +P (F1)"), *("S", "S Se / +P (F1)")), rows)


def _record_row(name: str, counts: BeatCounts) -> list[object]:
    matrix = counts.matrix
    cells = [name, matrix[:-1].sum(), matrix[:-1, -1].sum(), matrix[-1].sum()]
    for label in "VS":
        annotated = matrix[CLASSES.index(label)].sum()
        cells += [annotated, class_metrics(counts, label, ec57=True) if annotated else "-"]
    return cells
