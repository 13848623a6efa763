"""Evaluates the look at signals that no label calls ECG.

Run: ``python -m training.evaluate_ecg_look --data DIR``.

Counts the leads of training records, and the records with any such lead, that look like an ECG;
and the leads of PhysioNet's recorded noise, of which none should.
"""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.convincing_ecg import fault_of
from deepecg.signal.lead_survey import survey_segments
from training.command_line import argument_parser
from training.data_roles import NOISE, training_records
from training.markdown import percent, table

DATABASES = ("mitdb", "svdb", "qtdb")
SETTINGS = ScoringSettings()


def main() -> None:
    """Print the table."""
    given = argument_parser("evaluate_ecg_look", __doc__, "mitdb/, svdb/, qtdb/, ludb/, nstdb/")
    data: Path = given.parse_args().data
    records: dict[str, Sequence[str]] = {
        name: training_records(data, (name,)) for name in DATABASES
    }
    records["ludb"] = [f"ludb/{path.stem}" for path in sorted((data / "ludb").glob("*.hea"))]
    records["noise"] = NOISE.records
    rows = [[name, *_accepted(data, names)] for name, names in records.items()]
    print(table(("database", "leads", "accepted, %", "records", "with a lead, %", "refused"), rows))


def _accepted(data: Path, records: Sequence[str]) -> list[object]:
    by_record = {record: _faults(data / f"{record}.hea") for record in tqdm(records, leave=False)}
    leads = [fault for faults in by_record.values() for fault in faults.values()]
    refused = [
        f"{record} {lead}: {fault}"
        for record, faults in by_record.items()
        for lead, fault in faults.items()
        if fault
    ]
    any_lead = [not all(faults.values()) for faults in by_record.values()]
    return [
        len(leads),
        percent(leads.count("") / len(leads)),
        len(any_lead),
        percent(sum(any_lead) / len(any_lead)),
        "; ".join(refused),
    ]


def _faults(path: Path) -> dict[str, str]:
    recording = open_recording(path)
    segments = survey_segments(recording, range(len(recording.leads)))
    return {
        lead: fault_of(of_lead, recording.sampling_rate_hz, SETTINGS)
        for lead, of_lead in zip(recording.leads, segments, strict=True)
    }


if __name__ == "__main__":
    main()
