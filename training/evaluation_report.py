"""What :mod:`training.evaluate` tells, as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.ec57 import (
    confusion_table,
    figures_table,
    given_up_sentence,
    record_table,
    run_table,
)
from training.event_accuracy import FIBRILLATION, KINDS
from training.run_matching import LONGEST

METHOD = """\
Percent. *End to end*: the annotation files of whole recordings, judged as EC57 asks: 150 ms, the
first 5 minutes and ventricular flutter left out; V found on annotated F or Q, and S on Q, are not
counted as false; a beat missed is a beat wrong; `j` is N. *Annotated R peaks*: every annotated
beat, classified where it is annotated; nothing is left out or forgiven. *Gross*: of the summed
counts.
*Average*: the mean of the records that have the figure. Intervals: the middle 95 % of 2,000 draws
of patients with replacement. Couplets and runs are compared as sequences, as PhysioNet's `rxr`
does: an annotated one is detected if V (or F) enough for its group are found in a row in its place,
one that is found is right if as many are annotated in a row in its. Records that a model was
trained on are judged by the model of the fold that has not seen the patient.
"""
SEEN_BEFORE = "mitdb/202"
"""A test record of a man whose other record, 201, was trained on."""


def evaluation_report(told: Mapping[str, Any]) -> str:
    """Return all that is told of groups of records as Markdown.

    Parameters
    ----------
    told : mapping
        By group, what :func:`training.evaluate.group_document` returns.
    """
    parts = ["# How good it is, by records\n", METHOD]
    for name, group in told.items():
        parts += _group_parts(name, group)
    return "\n".join(parts)


def _group_parts(name: str, group: Mapping[str, Any]) -> list[str]:
    whole, annotated = group["end_to_end"], group["annotated"]
    return [
        f"## {group['title']}\n",
        f"{len(whole['by_record'])} records; models {', '.join(group['models'])}.\n",
        f"![Matrix, reliability, records](evaluation_{name}.png)\n",
        "### End to end\n",
        figures_table(whole),
        f"V not found at all: {whole['gross']['v_missed_by_detector']} of "
        f"{whole['gross']['v_annotated']}. {given_up_sentence(whole['given_up'])}\n",
        confusion_table(whole["gross"]),
        "### Annotated R peaks\n",
        figures_table(annotated),
        _quantisation(annotated["gross"], group["annotated_float32"]),
        confusion_table(annotated["gross"]),
        "### Couplets and runs, end to end\n",
        run_table(whole["runs"]),
        "Ventricular, annotated lengths in rows, the longest found in their place in columns:\n",
        length_table(whole["runs"]["ventricular"]["annotated_matrix"]),
        "Ventricular, found lengths in columns, the longest annotated in their place in rows:\n",
        length_table(whole["runs"]["ventricular"]["found_matrix"]),
        "### As the report tells it\n",
        "S in atrial fibrillation that was found is none; no run crosses an interval in which a "
        "beat may have been missed.\n",
        event_table(group["events"]),
        "### Calibration, annotated R peaks\n",
        calibration_table(group["calibration"]),
        "### By record, end to end\n",
        record_table(whole["by_record"], *({SEEN_BEFORE} & whole["by_record"].keys())),
    ]


def length_table(matrix: Sequence[Sequence[int]]) -> str:
    """Return a matrix of run lengths as a Markdown table."""
    names = [*map(str, range(LONGEST)), f"{LONGEST} and more"]
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(map(str, row)) + " |"
        for name, row in zip(names, matrix, strict=True)
    ]
    return "\n".join(lines) + "\n"


def event_table(events: Mapping[str, Any]) -> str:
    """Return couplets, runs and fibrillation as reported, as a Markdown table."""
    lines = [
        "| | annotated | of them found | found | of patients | of them right |",
        "|---" * 6 + "|",
    ]
    for kind in KINDS:
        told = events[kind]
        unit = "s" if kind == FIBRILLATION else "count"
        seconds = " s" if unit == "s" else ""
        sensitivity = told["sensitivity"]
        cells = (
            kind.replace("_", " "),
            f"{told[f'annotated_{unit}']:,}{seconds}",
            "-" if sensitivity is None else f"{100 * sensitivity:.1f} %",
            f"{told[f'found_{unit}']:,}{seconds}",
            str(told["patients_count"]),
            f"{told[f'right_{unit}']:,}{seconds}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def calibration_table(told: Mapping[str, Any]) -> str:
    """Return calibration errors as a Markdown table."""
    lines = ["| probability of | expected calibration error |", "|---|---|"]
    for key, name in (("any", "the likeliest class"), *((name, name) for name in "VS")):
        error = 100 * told[key]["expected_calibration_error"]
        lines.append(f"| {name} | {error:.2f} % |")
    return "\n".join(lines) + "\n"


def _quantisation(int8: Mapping[str, Any], exact: Mapping[str, Any] | None) -> str:
    """Return what int8 costs against float32, if that was judged."""
    if exact is None:
        return ""
    lost = {"accuracy": exact["accuracy"] - int8["accuracy"]}
    for name in "VS":
        lost[f"{name} F1"] = exact["classes"][name]["f1"] - int8["classes"][name]["f1"]
    points = ", ".join(f"{name} {100 * value:+.2f}" for name, value in lost.items())
    return (
        f"Points lost by int8 against float32: {points}; "
        f"{exact['called_otherwise_by_int8_count']} beats are called otherwise.\n"
    )
