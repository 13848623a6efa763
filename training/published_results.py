"""The README's table of published results beside ours: ``python -m training.published_results``.

Ours come from ``evaluation.json``, which :mod:`training.evaluate` writes; a test compares the
README with what this prints.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.command_line import argument_parser
from training.evaluate import DOCUMENT_FILE, RESULTS
from training.markdown import percent, percent_interval, table

SensitivityAndPredictivity = tuple[float, float]
"""Sensitivity and positive predictivity, percent."""
HEADER = (
    *("system", "records", "leads", "classes", "R peaks", "accuracy"),
    *("V Se / +P (F1)", "S Se / +P (F1)", "QRS Se / +P"),
)


@dataclass(frozen=True)
class Published:
    """Published accuracy of another system.

    Attributes
    ----------
    system : str
        Name of the system.
    records : str
        Records on which it was evaluated.
    leads, classes : str
        Number of leads it reads, and classes it distinguishes.
    r_peaks : str
        Whether R peaks are annotated or detected (end to end).
    v, s : (float, float), str or None
        Sensitivity and positive predictivity in percent, text as published, or None if not
        published.
    accuracy : float, optional
        Percent of all beats.
    qrs : str
        Se / +P of its detector.
    """

    system: str
    records: str
    leads: str
    classes: str
    r_peaks: str
    v: SensitivityAndPredictivity | str | None
    s: SensitivityAndPredictivity | str | None
    accuracy: float | None = None
    qrs: str = "-"

    def row(self) -> tuple[str, ...]:
        """Return the row of the table."""
        accuracy = "-" if self.accuracy is None else f"{self.accuracy:.1f}"
        of_record = (self.system, self.records, self.leads, self.classes, self.r_peaks)
        return (*of_record, accuracy, _class_cell(self.v), _class_cell(self.s), self.qrs)


SVDB = "Supraventricular DB"
ALL = "N S V F Q"
CHOSEN = "annotated; model chosen on DS2"
SAME = "the same"
OSEA = "EP Limited OSEA (built on these records)"
PUBLISHED = (
    Published("report of December 2025", "DS2", "1", ALL, CHOSEN, (90, 95), (16, 60), 95.1),
    Published("de Chazal 2004", "DS2", "2", ALL, "annotated", (77, 82), (76, 38)),
    Published("Llamedo & Martínez 2011", "DS2", "2", "N S V", "annotated", (81, 87), (77, 39)),
    Published("Zhang 2014", "DS2", "2", "N S V F", "annotated", (86, 93), (79, 36)),
    Published("Saenz-Cogollo 2020", "DS2", "1", "N S V", "annotated", "F1 91", "F1 73"),
    Published("Farag 2023", "DS2", "1", "N S V", "annotated", (96, 95), "82 to 85 / 83"),
    Published("open repositories seen", "DS2", "1 or 2", "-", "both", "F1 80 to 88", "F1 up to 51"),
    Published("BeatLogic", "its own", "1 to 3", "-", "end to end", (89, 98), None),
    Published(OSEA, "DS2", "1", "N V", "end to end", (95.8, 96.7), None, None, "99.85 / 99.83"),
    Published(SAME, SVDB, "1", "N V", "end to end", (79.5, 63.9), None, None, "99.85 / 99.47"),
    Published("live_ecg", f"{SVDB}, own split", "1", "-", "annotated", (90, 84), (90, 68)),
)
OURS = {"ds2": "DS2", "ds1": "DS1, cross-validated", "svdb": f"{SVDB}, cross-validated"}
"""Groups of ``evaluation.json`` in the table, and their names there."""


def main() -> None:
    """Print the table."""
    parser = argument_parser("published_results", __doc__)
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder of the evaluation's results"
    )
    path: Path = parser.parse_args().results / DOCUMENT_FILE
    print(readme_table(json.loads(path.read_text(encoding="utf-8"))), end="")


def readme_table(document: Mapping[str, Any]) -> str:
    """Return published results and ours as a Markdown table.

    Parameters
    ----------
    document : mapping
        By group, what :func:`training.evaluate.group_document` returns.
    """
    rows = [each.row() for each in PUBLISHED]
    for group, records in OURS.items():
        if group in document:
            results = document[group]
            rows += [
                _our_row(records, results["leads"], results["annotated"], "annotated"),
                _our_row(records, results["leads"], results["end_to_end"], "end to end"),
            ]
    return table(HEADER, rows)


def _class_cell(published: SensitivityAndPredictivity | str | None) -> str:
    if published is None or isinstance(published, str):
        return published or "-"
    found, right = published
    return f"{found:g} / {right:g} ({2 * found * right / (found + right):.1f})"


def _our_row(records: str, leads: str, results: Mapping[str, Any], r_peaks: str) -> tuple[str, ...]:
    gross, limits = results["gross"], results["intervals"]
    cells = [f"{percent(gross['accuracy'])} ({percent_interval(limits['accuracy'])})"]
    for name in "VS":
        metrics = gross["classes"][name]
        found, right, f1 = (percent(metrics[key]) for key in ("sensitivity", "predictivity", "f1"))
        cells.append(f"{found} / {right} (**{f1}**; {percent_interval(limits[f'{name}_f1'])})")
    detection = [gross.get(f"qrs_{key}") for key in ("sensitivity", "predictivity")]
    cells.append(" / ".join(percent(each, 2) for each in detection) if all(detection) else "-")
    return ("**Deep-ECG**", records, leads, ALL, r_peaks, *cells)


if __name__ == "__main__":
    main()
