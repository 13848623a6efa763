"""Judge atrial fibrillation on annotated beats: ``python -m training.evaluate_fibrillation --data DIR``."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.beats.rr_intervals import rr_intervals
from deepecg.rhythm.atrial_fibrillation import atrial_fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episodes import Episode
from deepecg.rhythm.settings import FibrillationSettings
from training.annotated_records import DS1, DS2, read_annotations, training_records

LTAFDB = ("00", "100", "111", "119", "17", "204", "24", "35", "47", "58", "71")
"""Records of the Long-Term AF Database."""
LTDB = ("14046", "14134", "14149", "14157")
"""Records of the Long-Term Database, which has no rhythm marks."""
PACED = ("102", "104", "107", "217")
"""Records of the Arrhythmia Database that are in neither DS1 nor DS2."""
THRESHOLDS = (-1.5, -1.45, -1.4, -1.35, -1.3, -1.25, -1.2, -1.15, -1.1, -1.05, -1.0)
"""From which the leave-one-record-out figures choose."""
FIBRILLATION, FLUTTER, WITHIN = "(AFIB", "(AFL", "(VT"
"""Marks: fibrillation, flutter, and a run of V, which ends no fibrillation."""


@dataclass(frozen=True)
class MarkedStream:
    """Annotated beats with the rhythm of every second.

    Attributes
    ----------
    stream : BeatStream
        The beats.
    known : ndarray of bool, shape (n_seconds,)
        False before the first rhythm mark, and in atrial flutter, which may be either.
    fibrillation, sustained : ndarray of bool, shape (n_seconds,)
        Atrial fibrillation, and that of it whose episodes last long enough to be reported.
    """

    stream: BeatStream
    known: NDArray[np.bool_]
    fibrillation: NDArray[np.bool_]
    sustained: NDArray[np.bool_]


@dataclass(frozen=True)
class Seconds:
    """Seconds counted over one record or several."""

    known: int
    reference: int
    sustained: int
    found: int
    hit: int
    sustained_hit: int
    found_not_short: int

    @property
    def burden_error(self) -> float:
        """Found minus annotated burden, in points of a percentage."""
        return 100 * (self.found - self.reference) / self.known

    @property
    def sustained_error(self) -> float:
        """The same, against episodes long enough to be reported."""
        return 100 * (self.found - self.sustained) / self.known

    def row(self, name: str) -> str:
        """Return a row of the table."""
        burdens = (100 * n / self.known for n in (self.reference, self.sustained, self.found))
        shares = (
            _percent(self.hit, self.reference),
            _percent(self.hit, self.found),
            _percent(self.sustained_hit, self.sustained),
            _percent(self.sustained_hit, self.found_not_short),
        )
        cells = (name, *(f"{each:.2f}" for each in burdens), *shares, str(self.found - self.hit))
        return "| " + " | ".join(cells) + " |"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}" if whole else "-"


def read_marked(path: Path, episode_s: float) -> MarkedStream:
    """Read beats and rhythm marks of a WFDB record, given without extension."""
    rate_hz = wfdb.rdheader(str(path)).fs
    beats = read_annotations(path)
    raw = wfdb.rdann(str(path), "atr")
    end_s = raw.sample[-1] / rate_hz
    n_seconds = int(np.ceil(end_s))
    times_s = beats.samples / rate_hz
    is_mark = np.char.startswith(np.array(raw.aux_note, str), "(")
    starts = np.append(raw.sample[is_mark] / rate_hz, end_s)
    known = np.ones(n_seconds, bool)
    episodes: list[tuple[float, float]] = []
    going_on = False
    marks = np.array(raw.aux_note, str)[is_mark]
    for mark, start, end in zip(marks, starts[:-1], starts[1:], strict=True):
        if mark.startswith(FIBRILLATION):
            since = episodes.pop()[0] if going_on else float(start)
            episodes.append((since, float(end)))
            going_on = True
        elif going_on and mark.startswith(WITHIN):
            episodes[-1] = (episodes[-1][0], float(end))
        else:
            going_on = False
        if mark.startswith(FLUTTER):
            known[int(start) : int(end) + 1] = False
    if len(marks):
        known[: int(np.ceil(starts[0]))] = False
    sustained = [(start, end) for start, end in episodes if end - start >= episode_s]
    stream = BeatStream.of_labels(
        times_s,
        rr_intervals(times_s),
        beats.labels,
        np.ones(len(times_s), bool),
        np.ones(n_seconds, bool),
    )
    return MarkedStream(stream, known, _mask(episodes, n_seconds), _mask(sustained, n_seconds))


def judge(marked: MarkedStream, settings: FibrillationSettings) -> Seconds:
    """Count the seconds of fibrillation that were annotated, found in annotated beats, and both."""
    return compare(marked, atrial_fibrillation(marked.stream, settings).episodes)


def compare(marked: MarkedStream, episodes: Sequence[Episode]) -> Seconds:
    """Count the seconds of fibrillation that were annotated, found, and both."""
    spans = [(each.start_s, each.start_s + each.duration_s) for each in episodes]
    known = marked.known
    found = _mask(spans, len(known)) & known
    reference, sustained = marked.fibrillation & known, marked.sustained & known
    short = reference & ~sustained
    counted = (known, reference, sustained, found)
    both = (found & reference, found & sustained, found & ~short)
    return Seconds(*(int(each.sum()) for each in (*counted, *both)))


def gross(counts: Sequence[Seconds]) -> Seconds:
    """Return the sum over records."""
    columns = zip(*(tuple(vars(each).values()) for each in counts), strict=True)
    return Seconds(*(sum(column) for column in columns))


def leave_one_out(
    streams: Sequence[MarkedStream], others: Sequence[MarkedStream], settings: FibrillationSettings
) -> tuple[list[Seconds], list[float]]:
    """Judge every stream with the threshold that suits the remaining ones and ``others`` best."""
    settings_of = [replace(settings, threshold=threshold) for threshold in THRESHOLDS]
    counts = [[judge(each, tried) for each in streams] for tried in settings_of]
    beside = [[abs(judge(each, tried).burden_error) for each in others] for tried in settings_of]
    judged, chosen = [], []
    for left_out in range(len(streams)):
        errors = [
            float(
                np.mean(
                    [*(abs(c.burden_error) for c in row[:left_out] + row[left_out + 1 :]), *more]
                )
            )
            for row, more in zip(counts, beside, strict=True)
        ]
        best = int(np.argmin(errors))
        judged.append(counts[best][left_out])
        chosen.append(THRESHOLDS[best])
    return judged, chosen


def _mask(spans: Sequence[tuple[float, float]], n_seconds: int) -> NDArray[np.bool_]:
    mask = np.zeros(n_seconds, bool)
    for start, end in spans:
        mask[round(start) : round(end)] = True
    return mask


def _table(names: Sequence[str], counts: Sequence[Seconds]) -> str:
    lines = [
        "| record | AF % | AF % in episodes >= 30 s | found % | Se % | +P % | Se % (>= 30 s) "
        "| +P % (>= 30 s) | false s |",
        "|---" * 9 + "|",
        *(each.row(name) for name, each in zip(names, counts, strict=True)),
        gross(counts).row("gross"),
    ]
    return "\n".join(lines) + "\n"


def _mean_error(counts: Sequence[Seconds], error: Callable[[Seconds], float]) -> float:
    return float(np.mean([abs(error(each)) for each in counts]))


def main() -> None:
    """Print the figures of every database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds rhythm/, mitdb/ and svdb/")
    data: Path = parser.parse_args().data
    settings = FibrillationSettings()

    def read(records: Sequence[str]) -> list[MarkedStream]:
        return [read_marked(data / record, settings.episode_s) for record in records]

    groups = {
        "Long-Term AF": [f"rhythm/{name}" for name in LTAFDB],
        "Long-Term (no rhythm marks)": [f"rhythm/{name}" for name in LTDB],
        "DS1": [f"mitdb/{name}" for name in DS1],
        "DS2 (seen once before the cap was added)": [f"mitdb/{name}" for name in DS2],
        "paced": [f"mitdb/{name}" for name in PACED],
        "Supraventricular (no rhythm marks)": list(training_records(data, ["svdb"])),
    }
    streams = {group: read(records) for group, records in groups.items()}
    for group, records in groups.items():
        counts = [judge(each, settings) for each in streams[group]]
        told = [i for i, each in enumerate(counts) if each.reference or each.found]
        quiet = len(counts) - len(told)
        print(f"## {group}\n")
        print(_table([records[i] for i in told], [counts[i] for i in told]))
        all_error = _mean_error(counts, lambda each: each.burden_error)
        long_error = _mean_error(counts, lambda each: each.sustained_error)
        print(f"Mean absolute error of the burden {all_error:.2f} points, {long_error:.2f} against")
        print(f"episodes of 30 s; {quiet} records have none and none was found.\n")
    judged, chosen = leave_one_out(streams["Long-Term AF"], streams["DS1"], settings)
    print("## Long-Term AF, threshold chosen without the record\n")
    print(_table(groups["Long-Term AF"], judged))
    error = _mean_error(judged, lambda each: each.burden_error)
    print(f"Mean absolute error of the burden {error:.2f} points; thresholds {chosen}.")


if __name__ == "__main__":
    main()
