"""The results of :mod:`training.evaluate` as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.event_accuracy import FIBRILLATION, KINDS
from training.markdown import percent, table
from training.record_metrics_tables import (
    confusion_table,
    metrics_table,
    not_analysable_sentence,
    record_table,
    run_table,
)
from training.run_matching import LONGEST

METHOD = """\
Percent. *End to end*: the annotation files of whole recordings, compared as EC57 requires: 150 ms,
without the first 5 minutes and ventricular flutter; V found on annotated F or Q, and S on Q, are
not counted as false; a missed beat is an error; `j` is N. *Annotated R peaks*: every annotated
beat, classified at its annotated position; nothing is excluded, and every other class is an error.
*Gross*: of the summed counts.
*Average*: the mean of the records for which the metric is defined. Intervals: the middle 95 % of
2,000 draws of patients with replacement. Couplets and runs are compared as sequences, as
PhysioNet's `rxr` does: an annotated run is detected if enough V (or F) for its group are found in
a row at the same time; a found run is correct if as many are annotated in a row at the same time.
Records that a model was trained on are scored by the model of the fold that held the patient back.
"""
SHARED_PATIENT = "mitdb/202"
"""A test record of a patient whose other record, 201, is a training record."""


def evaluation_report(document: Mapping[str, Any]) -> str:
    """Return the results of groups of records as Markdown.

    Parameters
    ----------
    document : mapping
        By group, what :func:`training.evaluate.group_document` returns.
    """
    parts = ["# Evaluation\n", METHOD]
    for name, group in document.items():
        parts += _group_parts(name, group)
    return "\n".join(parts)


def _group_parts(name: str, group: Mapping[str, Any]) -> list[str]:
    whole, annotated = group["end_to_end"], group["annotated"]
    return [
        f"## {group['title']}\n",
        f"{len(whole['by_record'])} records; models {', '.join(group['models'])}.\n",
        f"![Matrix, reliability, records](evaluation_{name}.png)\n",
        "### End to end\n",
        metrics_table(whole),
        f"V that the detector missed: {whole['gross']['v_missed_by_detector']} of "
        f"{whole['gross']['v_annotated']}. {not_analysable_sentence(whole['not_analysable'])}\n",
        confusion_table(whole["gross"]),
        "### Annotated R peaks\n",
        metrics_table(annotated),
        _quantisation(annotated["gross"], group["annotated_float32"]),
        confusion_table(annotated["gross"]),
        "### Couplets and runs, end to end\n",
        run_table(whole["runs"]),
        "Ventricular: length of the annotated run in rows, of the longest run found at the same "
        "time in columns:\n",
        length_table(whole["runs"]["ventricular"]["annotated_matrix"]),
        "Ventricular: length of the found run in columns, of the longest run annotated at the same "
        "time in rows:\n",
        length_table(whole["runs"]["ventricular"]["found_matrix"]),
        "### Events as reported\n",
        "S in atrial fibrillation that was found counts as N; no run crosses an interval in which "
        "a beat may have been missed.\n",
        event_table(group["events"]),
        "### Calibration, annotated R peaks\n",
        calibration_table(group["calibration"]),
        "### By record, end to end\n",
        record_table(whole["by_record"], *({SHARED_PATIENT} & whole["by_record"].keys())),
    ]


def length_table(matrix: Sequence[Sequence[int]]) -> str:
    """Return a matrix of run lengths."""
    names = [*map(str, range(LONGEST)), f"{LONGEST} and more"]
    return table(("", *names), [(name, *row) for name, row in zip(names, matrix, strict=True)])


def event_table(events: Mapping[str, Any]) -> str:
    """Return couplets, runs and fibrillation as reported."""
    rows = []
    for kind in KINDS:
        values, unit = events[kind], "s" if kind == FIBRILLATION else "count"
        annotated, found, right = (
            f"{values[f'{name}_{unit}']:,}" + (" s" if unit == "s" else "")
            for name in ("annotated", "found", "right")
        )
        sensitivity = values["sensitivity"]
        share = "-" if sensitivity is None else f"{percent(sensitivity)} %"
        patients = values["patients_count"]
        rows.append((kind.replace("_", " "), annotated, share, found, patients, right))
    return table(
        ("", "annotated", "of them found", "found", "of patients", "of them correct"), rows
    )


def calibration_table(calibration: Mapping[str, Any]) -> str:
    """Return calibration errors."""
    keys = {"any": "the likeliest class", "V": "V", "S": "S"}
    return table(
        ("probability of", "expected calibration error"),
        [
            (name, f"{percent(calibration[key]['expected_calibration_error'], 2)} %")
            for key, name in keys.items()
        ],
    )


def _quantisation(int8: Mapping[str, Any], float32: Mapping[str, Any] | None) -> str:
    """Return the loss of int8 against float32, if that was evaluated."""
    if float32 is None:
        return ""
    lost = {"accuracy": float32["accuracy"] - int8["accuracy"]}
    for name in "VS":
        lost[f"{name} F1"] = float32["classes"][name]["f1"] - int8["classes"][name]["f1"]
    points = ", ".join(f"{name} {100 * value:+.2f}" for name, value in lost.items())
    return (
        f"Points lost by int8 against float32: {points}; "
        f"{float32['called_otherwise_by_int8_count']} beats get another class.\n"
    )
