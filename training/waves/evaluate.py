"""Judges the waves of held-back records: ``python -m training.waves.evaluate --data DIR``.

Every record is scored as ``deepecg score`` does it, LUDB on lead II alone, the QT Database on the
leads that scoring selects. For the QT Database, the database's own ``pu0`` files, which
``ecgpuwave`` made, are judged beside it. Where the float32 network is there, so is it: the
difference is what int8 costs.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from deepecg.beats.detection import detect_beats
from deepecg.beats.onnx_without_telemetry import InferenceSession
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.waves.wave_delineator import WaveDelineator
from deepecg.waves.wave_segmentation import WaveSegmentation
from training.command_line import argument_parser
from training.markdown import table
from training.waves.export_waves import WAVE_FLOAT_FILE
from training.waves.train import LOGS, SHIPPED
from training.waves.wave_judge import WaveScore, judge, marks_of, total
from training.waves.wave_marks import read_wave_marks
from training.waves.wave_records import (
    LUDB_RECORDS,
    QTDB_MARKS,
    QTDB_RECORDS,
    held_back,
    marked_stretches,
    trained_on,
)

LUDB_LEAD = "ii"
ECGPUWAVE = "pu0"
"""Extension of the annotation files that ``ecgpuwave`` made for the QT Database."""
DATABASES = {
    "QT Database": QTDB_RECORDS,
    "Lobachevsky University Database": LUDB_RECORDS,
}
BOUNDARIES = (("P", "onset_ms"), ("P", "offset_ms"), ("QRS", "onset_ms"), ("QRS", "offset_ms"),
              ("T", "offset_ms"))  # fmt: skip
HEADINGS = (
    "records", "P Se / +P", "QRS Se / +P", "T Se / +P",
    "P onset", "P end", "QRS onset", "QRS end", "T end",
)  # fmt: skip


def judged(
    data: Path, records: Iterable[str], delineator: WaveDelineator
) -> Iterator[tuple[str, dict[str, WaveScore]]]:
    """Yield the scores of records, end to end: the beats are found by the detector, too."""
    for record in records:
        of_ludb = record in LUDB_RECORDS
        recording = open_recording(data / f"{record}.hea")
        settings = ScoringSettings(lead=LUDB_LEAD if of_ludb else None)
        extension = LUDB_LEAD if of_ludb else QTDB_MARKS
        marks = read_wave_marks(data / record, extension, recording.sampling_rate_hz)
        found = detect_beats(recording, settings)
        waves = delineator.find(found.used, found.r_peaks)
        yield record, judge(marks, marks_of(waves, found.times_s), marked_stretches(marks))


def judged_ecgpuwave(
    data: Path, records: Iterable[str]
) -> Iterator[tuple[str, dict[str, WaveScore]]]:
    """Yield the scores of the QT Database's ``pu0`` files."""
    for record in records:
        rate_hz = open_recording(data / f"{record}.hea").sampling_rate_hz
        marks = read_wave_marks(data / record, QTDB_MARKS, rate_hz)
        found = read_wave_marks(data / record, ECGPUWAVE, rate_hz)
        yield record, judge(marks, found, marked_stretches(marks))


def row(name: str, scores: Mapping[str, WaveScore]) -> list[str]:
    """Return the cells of a table: detection in percent, boundaries as mean and SD in ms."""
    detection = [
        f"{100 * score.sensitivity:.1f} / {100 * score.precision:.1f}" for score in scores.values()
    ]
    return [name, *detection, *(mean_and_sd(getattr(scores[k], side)) for k, side in BOUNDARIES)]


def mean_and_sd(errors_ms: list[float]) -> str:
    """Return mean and standard deviation in ms."""
    if not errors_ms:
        return "-"
    return f"{np.mean(errors_ms):.1f} ± {np.std(errors_ms):.1f}"


def main() -> None:
    """Print the tables."""
    given = _arguments()
    delineator = WaveDelineator.load(given.model)
    rows = []
    for database, every in DATABASES.items():
        records = trained_on(every) if given.trained else held_back(every)
        scores = dict(judged(given.data, records, delineator))
        if given.each:
            rows += [row(record, score) for record, score in scores.items()]
        rows.append(row(f"{database}, {len(records)} records", total(scores.values())))
        if given.float.is_file():
            exact = total(score for _, score in judged(given.data, records, _float32(given)))
            rows.append(row(f"{database}, the same, float32", exact))
        if every is QTDB_RECORDS:
            other = total(score for _, score in judged_ecgpuwave(given.data, records))
            rows.append(row(f"{database}, the same, ecgpuwave", other))
    print(table(HEADINGS, rows))


def _float32(given: argparse.Namespace) -> WaveDelineator:
    """Return the delineator with the float32 network in place of the int8 one."""
    card = WaveDelineator.load(given.model).segmentation.card
    session = InferenceSession(str(given.float), providers=["CPUExecutionProvider"])
    return WaveDelineator(WaveSegmentation(card, session))


def _arguments() -> argparse.Namespace:
    parser = argument_parser("waves.evaluate", __doc__, "qtdb/ and ludb/")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder of network and card")
    parser.add_argument(
        "--float", type=Path, default=LOGS / WAVE_FLOAT_FILE, help="the float32 network"
    )
    parser.add_argument("--each", action="store_true", help="print every record")
    parser.add_argument(
        "--trained", action="store_true", help="judge the records trained on instead"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
