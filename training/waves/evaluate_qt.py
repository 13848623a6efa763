"""Judges QT intervals beat by beat: ``python -m training.waves.evaluate_qt --data DIR``.

The reference is what the QT Database's first annotator marked by hand, on the records that no
network is trained on. Every record is scored as ``deepecg score`` does it. Judged is the QT
interval of each beat as reported: smoothed over its neighbours, and only where it is assessed.
Beside it are all beats, smoothed and each by itself. The second annotator's marks, where there are
any, show the limit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.readers.open_recording import open_recording
from deepecg.rhythm.assessable_beats import obstacles_of_beats
from deepecg.rhythm.qt_interval import MS_PER_S, usual_qt_ms
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from training.command_line import argument_parser
from training.markdown import table
from training.waves.wave_judge import nearest_partners
from training.waves.wave_marks import QRS, T, WaveMarks, read_wave_marks
from training.waves.wave_records import QTDB_MARKS, QTDB_RECORDS, held_back

SECOND_ANNOTATOR = "q2c"
HEADINGS = ("QT of", "records", "beats", "mean ± SD, ms", "mean of each record, lowest to highest")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BeatQt:
    """QT intervals of some beats of a record: R peaks in s and intervals in ms, NaN for none."""

    times_s: Floats
    qt_ms: Floats

    def minus(self, reference: "BeatQt") -> Floats:
        """Return the differences in ms at the beats that both have."""
        partner = nearest_partners(reference.times_s, self.times_s)
        pairs = partner >= 0
        errors = self.qt_ms[partner[pairs]] - reference.qt_ms[pairs]
        return np.asarray(errors[np.isfinite(errors)])


def marked_qt(marks: WaveMarks) -> BeatQt:
    """Return the QT interval of each marked beat: to the end of the next T wave before a beat."""
    qrs, t = marks.of_kind(QRS), marks.of_kind(T)
    next_t = np.searchsorted(t.peak_s, qrs.peak_s)
    has_t = next_t < len(t)
    end_s, next_qrs_s = np.full(len(qrs), np.nan), np.append(qrs.peak_s[1:], np.inf)
    end_s[has_t] = t.offset_s[next_t[has_t]]
    end_s[end_s > next_qrs_s] = np.nan
    return BeatQt(qrs.peak_s, MS_PER_S * (end_s - qrs.onset_s))


def found_qt(scored: ScoredRecording) -> dict[str, BeatQt]:
    """Return the QT intervals of a scored recording, by what was done to them."""
    waves, settings = scored.waves, scored.settings.rhythm.repolarisation
    obstacle = obstacles_of_beats(
        scored.rhythm, waves, paced=scored.recording.paced is True, settings=settings
    )
    single_ms = MS_PER_S * (waves.t_offset_s - waves.qrs_onset_s)
    found = {
        "assessed beats, smoothed (as reported)": usual_qt_ms(waves, obstacle, settings),
        "all beats, smoothed": usual_qt_ms(waves, np.zeros_like(obstacle), settings),
        "all beats, each by itself": single_ms,
    }
    return {name: BeatQt(scored.beats.times_s, qt_ms) for name, qt_ms in found.items()}


def errors(data: Path, records: Iterable[str]) -> Iterator[tuple[str, str, Floats]]:
    """Yield what was judged, the record, and the differences from the first annotator in ms."""
    classifier = BeatClassifier.load(model_folder())
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        first = _annotated(data / record, QTDB_MARKS, recording.sampling_rate_hz)
        for name, found in found_qt(score_recording(recording, classifier)).items():
            yield name, record, found.minus(first)


def second_annotator(data: Path, records: Iterable[str]) -> Iterator[tuple[str, str, Floats]]:
    """Yield the same for the second annotator, on records with such marks."""
    for record in records:
        if (data / f"{record}.{SECOND_ANNOTATOR}").is_file():
            rate_hz = open_recording(data / f"{record}.hea").sampling_rate_hz
            first, second = (
                _annotated(data / record, extension, rate_hz)
                for extension in (QTDB_MARKS, SECOND_ANNOTATOR)
            )
            yield "the second annotator, all records", record, second.minus(first)


def rows(judged: Iterable[tuple[str, str, Floats]]) -> list[list[str]]:
    """Return the cells of the table."""
    by_name: dict[str, dict[str, Floats]] = {}
    for name, record, errors_ms in judged:
        if len(errors_ms):
            by_name.setdefault(name, {})[record] = errors_ms
    return [_row(name, of_record) for name, of_record in by_name.items()]


def _row(name: str, of_record: dict[str, Floats]) -> list[str]:
    every = np.concatenate(list(of_record.values()))
    means = [float(errors_ms.mean()) for errors_ms in of_record.values()]
    return [
        name,
        str(len(of_record)),
        str(len(every)),
        f"{every.mean():.1f} ± {every.std():.1f}",
        f"{min(means):.0f} to {max(means):.0f}",
    ]


def _annotated(record: Path, extension: str, rate_hz: float) -> BeatQt:
    return marked_qt(read_wave_marks(record, extension, rate_hz))


def main() -> None:
    """Print the table."""
    parser = argument_parser("waves.evaluate_qt", __doc__, "qtdb/")
    parser.add_argument("--each", action="store_true", help="print every record, too")
    given = parser.parse_args()
    judged = list(errors(given.data, held_back(QTDB_RECORDS)))
    judged += second_annotator(given.data, QTDB_RECORDS)
    print(table(HEADINGS, rows(judged)))
    if given.each:
        each = [(f"{name}: {record}", record, found) for name, record, found in judged]
        print(table(HEADINGS, rows(each)))


if __name__ == "__main__":
    main()
