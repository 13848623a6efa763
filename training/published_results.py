"""The README's table: others' figures beside ours: ``python -m training.published_results``.

Ours come from ``evaluation.json``, as :mod:`training.evaluate` writes it; a test holds the README
to what this prints.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.ec57 import interval_text
from training.evaluate import DOCUMENT_FILE, RESULTS

Pair = tuple[float, float]
"""Sensitivity and positive predictivity, percent."""


@dataclass(frozen=True)
class Anchor:
    """What another system is known to reach.

    Attributes
    ----------
    system : str
        Its name.
    records : str
        On which records.
    leads, classes, r_peaks : str
        What it is given, and tells apart.
    v, s : (float, float), str or None
        Sensitivity and positive predictivity, an F1 as text, or nothing known.
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
    v: Pair | str | None
    s: Pair | str | None
    accuracy: float | None = None
    qrs: str = "-"


ALL = "N S V F Q"
CHOSEN = "annotated; model chosen on DS2"
ANCHORS = (
    Anchor("report of December 2025", "DS2", "1", ALL, CHOSEN, (90, 95), (16, 60), 95.1),
    Anchor("de Chazal 2004", "DS2", "2", ALL, "annotated", (77, 82), (76, 38)),
    Anchor("Llamedo & Martínez 2011", "DS2", "2", "N S V", "annotated", (81, 87), (77, 39)),
    Anchor("Zhang 2014", "DS2", "2", "N S V F", "annotated", (86, 93), (79, 36)),
    Anchor("Saenz-Cogollo 2020", "DS2", "1", "N S V", "annotated", "F1 91", "F1 73"),
    Anchor("Farag 2023", "DS2", "1", "N S V", "annotated", (96, 95), "82 to 85 / 83"),
    Anchor("open repositories seen", "DS2", "1 or 2", "-", "both", "F1 80 to 88", "F1 up to 51"),
    Anchor("BeatLogic", "its own", "1 to 3", "-", "end to end", (89, 98), None),
    Anchor(
        "EP Limited OSEA (built on these records)",
        "DS2",
        "1",
        "N V",
        "end to end",
        (95.8, 96.7),
        None,
        qrs="99.85 / 99.83",
    ),
    Anchor(
        "the same",
        "Supraventricular DB",
        "1",
        "N V",
        "end to end",
        (79.5, 63.9),
        None,
        qrs="99.85 / 99.47",
    ),
    Anchor("live_ecg", "Supraventricular DB, own split", "1", "-", "annotated", (90, 84), (90, 68)),
)
OURS = {
    "ds2": "DS2",
    "ds1": "DS1, cross-validated",
    "svdb": "Supraventricular DB, cross-validated",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m training.published_results", description=__doc__
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    path: Path = parser.parse_args().results / DOCUMENT_FILE
    print(readme_table(json.loads(path.read_text(encoding="utf-8"))), end="")


def readme_table(told: Mapping[str, Any]) -> str:
    """Return others' figures and ours as a Markdown table.

    Parameters
    ----------
    told : mapping
        By group, what :func:`training.evaluate.group_document` returns.
    """
    lines = [
        "| system | records | leads | classes | R peaks | accuracy | V Se / +P (F1) "
        "| S Se / +P (F1) | QRS Se / +P |",
        "|---" * 9 + "|",
        *(_anchor_row(anchor) for anchor in ANCHORS),
    ]
    for group, records in OURS.items():
        if group in told:
            of = told[group]
            lines.append(_our_row(records, of["leads"], of["annotated"], "annotated"))
            lines.append(_our_row(records, of["leads"], of["end_to_end"], "end to end"))
    return "\n".join(lines) + "\n"


def _anchor_row(anchor: Anchor) -> str:
    cells = (
        anchor.system,
        anchor.records,
        anchor.leads,
        anchor.classes,
        anchor.r_peaks,
        "-" if anchor.accuracy is None else f"{anchor.accuracy:.1f}",
        _class_cell(anchor.v),
        _class_cell(anchor.s),
        anchor.qrs,
    )
    return "| " + " | ".join(cells) + " |"


def _class_cell(figure: Pair | str | None) -> str:
    if figure is None or isinstance(figure, str):
        return figure or "-"
    found, right = figure
    return f"{found:g} / {right:g} ({2 * found * right / (found + right):.1f})"


def _our_row(records: str, leads: str, told: Mapping[str, Any], r_peaks: str) -> str:
    gross, between = told["gross"], told["intervals"]
    cells = [
        "**Deep-ECG**",
        records,
        leads,
        ALL,
        r_peaks,
        f"{100 * gross['accuracy']:.1f} ({interval_text(between['accuracy'])})",
    ]
    for name in "VS":
        figure = gross["classes"][name]
        found, right, f1 = (
            f"{100 * figure[key]:.1f}" for key in ("sensitivity", "predictivity", "f1")
        )
        cells.append(f"{found} / {right} (**{f1}**; {interval_text(between[f'{name}_f1'])})")
    if "qrs_sensitivity" in gross:
        found, right = (100 * gross[f"qrs_{key}"] for key in ("sensitivity", "predictivity"))
        cells.append(f"{found:.2f} / {right:.2f}")
    else:
        cells.append("-")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
