"""Judges the R-peak detector on the training records: ``python -m training.evaluate_detector --data DIR``.

Its settings were chosen with this, never on DS2: sensitivity, positive predictivity and, before
all, the ventricular beats that it misses, on the lead that scoring would choose and on the best
two. ``--set threshold=0.4`` tries another value.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.beats.settings import DetectorSettings
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.lead_survey import rank_leads
from training.annotated_records import read_annotations, training_records
from training.beat_matching import ABSENT, LEARNING_S, BeatCounts

HEADER = "| records | leads | QRS Se | QRS +P | missed | false | V missed |\n" + 7 * "|---" + "|"
WORST_RECORDS = 5


def main() -> None:
    """Print Markdown tables: a row a database and number of leads, then the worst records."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate_detector", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/ and svdb/")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="changes")
    given = parser.parse_args()
    changes = dict(change.split("=", 1) for change in given.changes)
    plain = DetectorSettings()
    typed = {name: type(getattr(plain, name))(value) for name, value in changes.items()}
    settings = replace(plain, **typed)
    judged: dict[tuple[str, int], dict[str, BeatCounts]] = {}
    for record in training_records(given.data, ("mitdb", "svdb")):
        for n_leads, counts in enumerate(judge(given.data, record, settings), start=1):
            judged.setdefault((record.split("/")[0], n_leads), {})[record] = counts
    print(HEADER)
    for (database, n_leads), records in sorted(judged.items()):
        print(row(database, n_leads, sum(records.values(), BeatCounts.empty())))
    print(f"\n{HEADER}")
    for (_, n_leads), records in sorted(judged.items()):
        for record in sorted(records, key=lambda name: -n_wrong(records[name]))[:WORST_RECORDS]:
            print(row(record, n_leads, records[record]))


def judge(data: Path, record: str, settings: DetectorSettings) -> Iterator[BeatCounts]:
    """Yield EC57's counts of what is found on the best lead, then on the best two.

    What is found is taken for class N.
    """
    scoring = ScoringSettings()
    recording = open_recording(data / f"{record}.hea")
    reference = read_annotations(data / record)
    ranked = rank_leads(recording, scoring)[:2]
    leads = [lead for lead, _ in ranked]
    baselines_mv = [survey.baseline_mv for _, survey in ranked]
    conditioned = condition_leads(recording, leads, baselines_mv, scoring.conditioning)
    for n_leads in range(1, len(leads) + 1):
        signals = [lead.signal for lead in conditioned[:n_leads]]
        found_s = detect_r_peaks(signals, conditioned[0].rate_hz, settings)
        found_s /= conditioned[0].clock_hz
        yield BeatCounts.of(
            reference.samples / recording.sampling_rate_hz,
            reference.labels,
            found_s,
            np.zeros(len(found_s), np.int64),
            np.concatenate([[[-1.0, LEARNING_S]], reference.flutter / recording.sampling_rate_hz]),
        )


def n_wrong(counts: BeatCounts) -> int:
    """Return the number of beats missed and of false ones."""
    return int(counts.matrix[ABSENT].sum() + counts.matrix[:, ABSENT].sum())


def row(name: str, n_leads: int, counts: BeatCounts) -> str:
    """Return a row of the table."""
    found, right = counts.detection()
    n_missed, n_false = counts.matrix[:, ABSENT].sum(), counts.matrix[ABSENT].sum()
    v_missed, v = counts.missed("V")
    figures = f"{100 * found:.3f} | {100 * right:.3f} | {n_missed} | {n_false}"
    return f"| {name} | {n_leads} | {figures} | {v_missed} of {v} |"


if __name__ == "__main__":
    main()
