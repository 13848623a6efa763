"""Evaluates the R-peak detector on training records.

Run: ``python -m training.evaluate_detector --data DIR``.

The detector's settings were chosen with this command, never on DS2: by the number of missed
ventricular beats first, then by sensitivity and positive predictivity, on the lead that scoring
would choose and on the best two. ``--set threshold=0.4`` tries another value.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.beats.settings import DetectorSettings
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.lead_survey import rank_leads
from training.annotation_files import BeatFile
from training.beat_comparison import ABSENT, BeatCounts
from training.command_line import add_changes, argument_parser, changed
from training.data_roles import training_records
from training.markdown import percent, table

HEADER = ("records", "leads", "QRS Se", "QRS +P", "missed", "false", "V missed")
WORST_RECORDS = 5


def main() -> None:
    """Print Markdown tables: a row a database and number of leads, then the worst records."""
    parser = argument_parser("evaluate_detector", __doc__, "mitdb/ and svdb/")
    add_changes(parser)
    given = parser.parse_args()
    settings = changed(DetectorSettings(), given.changes)
    groups: dict[tuple[str, int], dict[str, BeatCounts]] = defaultdict(dict)
    for record in training_records(given.data, ("mitdb", "svdb")):
        for n_leads, counts in enumerate(evaluate_leads(given.data, record, settings), start=1):
            groups[record.split("/")[0], n_leads][record] = counts
    totals = [
        row(database, n_leads, sum(records.values(), BeatCounts.empty()))
        for (database, n_leads), records in sorted(groups.items())
    ]
    worst = [
        row(record, n_leads, records[record])
        for (_, n_leads), records in sorted(groups.items())
        for record in worst_records(records)
    ]
    print(table(HEADER, totals), table(HEADER, worst), sep="\n", end="")


def evaluate_leads(data: Path, record: str, settings: DetectorSettings) -> Iterator[BeatCounts]:
    """Yield EC57's counts of the beats found on the best lead, then on the best two.

    Every found beat counts as class N.
    """
    scoring = ScoringSettings()
    recording = open_recording(data / f"{record}.hea")
    reference = BeatFile.read(data / record)
    ranked = rank_leads(recording, scoring)[:2]
    baselines_mv = {lead: survey.baseline_mv for lead, survey in ranked}
    conditioned = condition_leads(recording, baselines_mv, scoring.conditioning)
    for n_leads in range(1, len(conditioned) + 1):
        signals = [lead.signal for lead in conditioned[:n_leads]]
        found_s = detect_r_peaks(signals, conditioned[0].rate_hz, settings)
        found_s /= conditioned[0].clock_hz
        yield BeatCounts.of(
            reference.times_s,
            reference.labels,
            found_s,
            np.zeros(len(found_s), np.int64),
            reference.excluded,
        )


def worst_records(records: Mapping[str, BeatCounts]) -> list[str]:
    """Return the records with the most missed and false beats, the worst first."""
    n_wrong = {
        record: each.matrix[ABSENT].sum() + each.matrix[:, ABSENT].sum()
        for record, each in records.items()
    }
    return sorted(records, key=n_wrong.__getitem__, reverse=True)[:WORST_RECORDS]


def row(name: str, n_leads: int, counts: BeatCounts) -> list[object]:
    """Return a row of the table."""
    n_missed, n_false = counts.matrix[:, ABSENT].sum(), counts.matrix[ABSENT].sum()
    found, right = (percent(share, 3) for share in counts.detection())
    v_missed, v = counts.missed("V")
    return [name, n_leads, found, right, n_missed, n_false, f"{v_missed} of {v}"]


if __name__ == "__main__":
    main()
