"""Judges the R-peak detector on the training records: ``python -m training.detector --data DIR``.

Its settings were chosen with this, never on DS2: sensitivity, positive predictivity and, before
all, the ventricular beats that it misses. ``--set threshold=0.4`` tries another value.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepecg.r_peaks import detect_r_peaks
from deepecg.settings import DetectorSettings, ScoringSettings
from training.datasets import AnnotatedLead, annotated_leads, training_records
from training.matching import LEARNING_S, BeatCounts


def main() -> None:
    """Print a Markdown table, one row a database."""
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/ and svdb/")
    parser.add_argument("--all-leads", action="store_true", help="not only the chosen lead")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="changes")
    given = parser.parse_args()
    changes = dict(change.split("=", 1) for change in given.changes)
    plain = DetectorSettings()
    typed = {name: type(getattr(plain, name))(value) for name, value in changes.items()}
    settings = replace(plain, **typed)
    print("| records | QRS Se | QRS +P | V missed |")
    print("|---|---|---|---|")
    for database in ("mitdb", "svdb"):
        records = training_records(given.data, (database,))
        leads = annotated_leads(given.data, records, ScoringSettings(), given.all_leads)
        counts = judge(leads, settings)
        found, right = counts.detection()
        missed, of = counts.missed("V")
        print(f"| {database} | {100 * found:.3f} | {100 * right:.3f} | {missed} of {of} |")


def judge(leads: Iterable[AnnotatedLead], settings: DetectorSettings) -> BeatCounts:
    """Return EC57's counts of what the detector finds, all of it taken for class N."""
    total = BeatCounts.empty()
    for lead in leads:
        found_s = detect_r_peaks([lead.signal], lead.rate_hz, settings) / lead.rate_hz
        total += BeatCounts.of(
            lead.positions / lead.rate_hz,
            lead.labels,
            found_s,
            np.zeros(len(found_s), np.int64),
            np.concatenate([[[-1.0, LEARNING_S]], lead.flutter / lead.rate_hz]),
        )
    return total


if __name__ == "__main__":
    main()
