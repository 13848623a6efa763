"""Rhythms that a committee marked on strips of 30 s, against what scoring finds in them.

The public test set of Hannun et al. (2019, Nature Medicine 25:65): one lead, 200 Hz. The files
state no scale; each strip is scaled so that its usual QRS complex has an ordinary height.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.classifier import BeatClassifier
from training.field_sums import add_fields
from training.findings.ecg_writer import recording_of
from training.findings.expectation import Tier
from training.findings.finding_keys import (
    AV_BLOCK,
    AV_BLOCK_1,
    FIBRILLATION_OR_FLUTTER,
    SUPRAVENTRICULAR_TACHYCARDIA,
    VENTRICULAR_BIGEMINY,
    VENTRICULAR_RHYTHM,
    VENTRICULAR_TRIGEMINY,
    WIDE_QRS_TACHYCARDIA,
    Keys,
)
from training.findings.judge import tier_rows
from training.findings.scored_summary import scored_summary
from training.markdown import percent, table

RATE_HZ = 200.0
"""Sampling rate of the strips."""
QRS_MV = 1.3
"""Height from trough to peak that a strip's usual QRS complex is scaled to."""
WINDOW_S = 1.5
"""The usual height is the median over windows of this length, each of which holds a beat."""
RHYTHMS: Mapping[str, tuple[tuple[str, ...], Keys]] = {
    "VT": (("VT",), WIDE_QRS_TACHYCARDIA),
    "SVT": (("SVT",), SUPRAVENTRICULAR_TACHYCARDIA),
    "bigeminy": (("BIGEMINY",), VENTRICULAR_BIGEMINY),
    "trigeminy": (("TRIGEMINY",), VENTRICULAR_TRIGEMINY),
    "AFIB and AFL": (("AFIB", "AFL"), FIBRILLATION_OR_FLUTTER),
    "second-degree block and Wenckebach": (("AVB_TYPE2", "WENCKEBACH"), AV_BLOCK | AV_BLOCK_1),
    "idioventricular rhythm": (("IVR",), VENTRICULAR_RHYTHM),
}
"""Rhythms that are judged: the committee's names, and the keys of events that mean them."""


@dataclass(frozen=True)
class Presence:
    """Strips in which a rhythm is present, by committee, by scoring, and by both."""

    annotated: int = 0
    found: int = 0
    both: int = 0

    __add__ = add_fields

    @property
    def f1(self) -> float | None:
        """F1 of presence in a strip; None if there is none."""
        total = self.annotated + self.found
        return 2 * self.both / total if total else None


def read_strip(path: Path) -> NDArray[np.float64]:
    """Return a strip in mV, by the scale that its usual QRS complex suggests, shape (n,)."""
    samples = np.fromfile(path, "<i2").astype(np.float64)
    length = round(WINDOW_S * RATE_HZ)
    windows = samples[: len(samples) // length * length].reshape(-1, length)
    height = float(np.median(np.ptp(windows, axis=1)))
    return np.asarray((samples - np.median(samples)) * QRS_MV / max(height, 1.0))


def found_kinds(document: Mapping[str, Any]) -> set[str]:
    """Return the kinds of all events and urgent or notable findings of a summary."""
    if document["kind"] == "rejection":
        return set()
    rows = tier_rows(document, Tier.MENTIONED)
    return {*(row["kind"] for row in rows), *(row["kind"] for row in document["events"])}


def strips_report(data: Path, classifier: BeatClassifier) -> dict[str, Any]:
    """Return presence and F1 of every rhythm, JSON-ready, and print them as a table.

    Parameters
    ----------
    data : Path
        Folder with ``strips/``.
    classifier : BeatClassifier
        The model.
    """
    totals = dict.fromkeys(RHYTHMS, Presence())
    n_rejected = 0
    for path in sorted((data / "strips").glob("*.ecg")):
        marked = {row["rhythm"] for row in json.loads(path.with_suffix(".json").read_text("utf-8"))}
        signal = read_strip(path)
        document = scored_summary(recording_of(signal[None], ("ECG",), RATE_HZ), classifier)
        n_rejected += document.beats is None
        kinds = found_kinds(document.document)
        for rhythm, (names, keys) in RHYTHMS.items():
            is_marked, is_found = bool(marked & set(names)), bool(kinds & keys)
            totals[rhythm] += Presence(is_marked, is_found, is_marked and is_found)
    cells = [
        (name, each.annotated, each.found, each.both, percent(each.f1))
        for name, each in totals.items()
    ]
    print(table(("rhythm in a strip", "committee", "found", "both", "F1"), cells))
    print(f"{n_rejected} strips rejected.\n")
    return {name: vars(each) | {"f1": each.f1} for name, each in totals.items()}
