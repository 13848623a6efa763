"""Evaluation on records the model has not seen: with annotated R peaks, and end to end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.classes import CLASSES
from deepecg.classifier import BeatClassifier
from deepecg.model_input import InputSpec, ModelInput
from deepecg.readers import open_recording
from deepecg.scored import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from training.datasets import AnnotatedLead, read_annotations
from training.examples import lead_input
from training.matching import LEARNING_S, BeatCounts

Classify = Callable[[ModelInput], NDArray[np.float32]]
"""Probabilities of beats, shape (n_beats, 5)."""
NOTHING_LEFT_OUT = np.empty((0, 2))
PUBLISHED = {
    "accuracy": 0.951,
    "V": {"sensitivity": 0.90, "predictivity": 0.95},
    "S": {"sensitivity": 0.16, "predictivity": 0.60},
}
"""The report of December 2025 on DS2, annotated R peaks, model chosen on DS2."""


@dataclass(frozen=True)
class Evaluation:
    """Counts by record, and over all of them."""

    by_record: dict[str, BeatCounts]

    @property
    def gross(self) -> BeatCounts:
        """All records added up."""
        return sum(self.by_record.values(), BeatCounts.empty())


def evaluate_annotated(
    leads: Sequence[AnnotatedLead],
    classify: Classify,
    spec: InputSpec,
    settings: ScoringSettings,
) -> Evaluation:
    """Classify annotated beats; every beat of the record counts, as in the literature's tables."""
    by_record = {}
    for lead in leads:
        found = classify(lead_input(lead, spec, settings.detector)).argmax(axis=1)
        times_s = lead.positions / lead.rate_hz
        by_record[lead.record] = BeatCounts.of(
            times_s, lead.labels, times_s, found, NOTHING_LEFT_OUT
        )
    return Evaluation(by_record)


def score_records(
    data: Path, records: Sequence[str], classifier: BeatClassifier, settings: ScoringSettings
) -> dict[str, ScoredRecording]:
    """Score whole recordings, by their names such as ``mitdb/100``."""
    return {
        record: score_recording(open_recording(data / f"{record}.hea"), classifier, settings)
        for record in records
    }


def evaluate_end_to_end(data: Path, scored_records: Mapping[str, ScoredRecording]) -> Evaluation:
    """Judge the beats of scored recordings as EC57 asks: 150 ms, first 5 minutes left out.

    Ventricular flutter is left out too, as EC57 says.
    """
    by_record = {}
    for record, scored in scored_records.items():
        reference = read_annotations(data / record)
        rate_hz = scored.recording.sampling_rate_hz
        left_out = np.concatenate([[[-1.0, LEARNING_S]], reference.flutter / rate_hz])
        by_record[record] = BeatCounts.of(
            reference.samples / rate_hz,
            reference.labels,
            scored.beats.times_s,
            scored.beats.labels,
            left_out,
        )
    return Evaluation(by_record)


def figures(counts: BeatCounts, *, ec57: bool) -> dict[str, Any]:
    """Return the figures of a matrix, JSON-ready.

    Parameters
    ----------
    counts : BeatCounts
        The matrix.
    ec57 : bool
        Whether V and S on annotated F and Q are forgiven, and detection is told.
    """
    by_class = {
        name: {
            "sensitivity": round(counts.sensitivity(name), 4),
            "predictivity": round(counts.predictivity(name, ec57=ec57), 4),
            "f1": round(counts.f1(name, ec57=ec57), 4),
        }
        for name in CLASSES
    }
    told: dict[str, Any] = {
        "accuracy": round(counts.accuracy(), 4),
        "classes": by_class,
        "matrix": counts.matrix.tolist(),
    }
    if ec57:
        sensitivity, predictivity = counts.detection()
        missed, of = counts.missed("V")
        told["qrs_sensitivity"] = round(sensitivity, 5)
        told["qrs_predictivity"] = round(predictivity, 5)
        told["v_missed_by_detector"] = missed
        told["v_annotated"] = of
    return told


def markdown_table(rows: dict[str, dict[str, Any]]) -> str:
    """Return a Markdown table of figures, one row a system, the published report's first."""
    lines = [
        "| on DS2 | accuracy | V Se / +P (F1) | S Se / +P (F1) | N F1 | F F1 | QRS Se / +P |",
        "|---|---|---|---|---|---|---|",
        _row("the report of December 2025 (chosen on DS2)", _published()),
    ]
    return "\n".join([*lines, *(_row(name, told) for name, told in rows.items())]) + "\n"


def confusion_table(told: dict[str, Any]) -> str:
    """Return a matrix as a Markdown table: annotated class in rows."""
    lines = [
        "| annotated \\ found | " + " | ".join(CLASSES) + " | not found |",
        "|---" * (len(CLASSES) + 2) + "|",
    ]
    names = [*CLASSES, "no beat"]
    lines += [
        f"| {name} | " + " | ".join(str(count) for count in row) + " |"
        for name, row in zip(names, told["matrix"], strict=True)
    ]
    return "\n".join(lines) + "\n"


def record_table(by_record: dict[str, dict[str, Any]]) -> str:
    """Return the figures of every record as a Markdown table, and their sum without 202.

    Records 201 (DS1) and 202 (DS2) are the same man: the split of de Chazal et al. has him on
    both sides.
    """
    lines = [
        "| record | beats | missed | false | V | V Se / +P (F1) | S | S Se / +P (F1) |",
        "|---" * 8 + "|",
    ]
    others = BeatCounts.empty()
    for record, told in by_record.items():
        counts = BeatCounts(np.array(told["matrix"]))
        lines.append(_record_row(record, counts))
        if record != "mitdb/202":
            others += counts
    return "\n".join([*lines, _record_row("all but 202", others)]) + "\n"


def _record_row(name: str, counts: BeatCounts) -> str:
    matrix = counts.matrix
    cells = [name, *(str(n) for n in (matrix[:-1].sum(), matrix[:-1, -1].sum(), matrix[-1].sum()))]
    for label in "VS":
        annotated = int(matrix[CLASSES.index(label)].sum())
        figure = (
            counts.sensitivity(label),
            counts.predictivity(label, ec57=True),
            counts.f1(label, ec57=True),
        )
        found, right, f1 = (f"{100 * value:.1f}" for value in figure)
        cells += [str(annotated), f"{found} / {right} ({f1})" if annotated else "-"]
    return "| " + " | ".join(cells) + " |"


def _published() -> dict[str, Any]:
    classes: dict[str, dict[str, float]] = {}
    for name in "VS":
        figure = PUBLISHED[name]
        assert isinstance(figure, dict)
        found, right = figure["sensitivity"], figure["predictivity"]
        classes[name] = figure | {"f1": 2 * found * right / (found + right)}
    return {"accuracy": PUBLISHED["accuracy"], "classes": classes}


def _row(name: str, told: dict[str, Any]) -> str:
    cells = [name, f"{100 * told['accuracy']:.1f}"]
    for label in "VS":
        figure = told["classes"][label]
        found, right, f1 = (100 * figure[key] for key in ("sensitivity", "predictivity", "f1"))
        cells.append(f"{found:.1f} / {right:.1f} ({f1:.1f})")
    for label in "NF":
        figure = told["classes"].get(label)
        cells.append(f"{100 * figure['f1']:.1f}" if figure else "-")
    if "qrs_sensitivity" in told:
        found, right = told["qrs_sensitivity"], told["qrs_predictivity"]
        cells.append(f"{100 * found:.2f} / {100 * right:.2f}")
    else:
        cells.append("annotated")
    return "| " + " | ".join(cells) + " |"
