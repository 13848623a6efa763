"""Judges pauses end to end on annotated records: ``python -m training.evaluate_pauses --data DIR``.

Whole recordings are scored, and every long interval that is found is set against the annotated
beats. Thresholds of ``PauseSettings`` were chosen with this on DS1 and the Supraventricular DB:
``--set qrs_share=0.3`` tries another value. DS2 is judged only with ``--ds2``.

``--missed`` takes beats out of the detector's list, one to four at a time and every beat once in
a while, so that an interval of ``pause_s`` or more is left: none of them may be called quiet.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.beats.pause_confirmation import confirm_pauses
from deepecg.beats.rr_intervals import is_at_least, rr_intervals
from deepecg.beats.settings import PauseSettings
from deepecg.readers.open_recording import open_recording
from deepecg.rhythm.settings import RhythmSettings
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.units import HOURS_PER_DAY, SECONDS_PER_HOUR
from training.annotated_records import CLASS_OF_SYMBOL, DS1, DS2
from training.beat_matching import WINDOW_S

BORDERLINE_S = 0.05
"""An interval that the annotations call less than a pause by no more than this is no false one:
annotated R peaks lie where a human put them."""
UNREADABLE = "[!]~"
"""In an interval with one of these marks beats may not be annotated: flutter, noise."""
TAKEN_OUT_EVERY = 30
"""Beats between two that are taken out: no gap is among those that another is compared with."""


@dataclass(frozen=True)
class LongIntervals:
    """Long intervals found: at an annotated pause, close to one, at none, or not to be judged."""

    true: int = 0
    borderline: int = 0
    false: int = 0
    left_out: int = 0

    def __add__(self, other: "LongIntervals") -> "LongIntervals":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return LongIntervals(*(mine + its for mine, its in pairs))

    def __str__(self) -> str:
        return f"{self.true} / {self.borderline} / {self.false} / {self.left_out}"


@dataclass(frozen=True)
class PauseCounts:
    """Of some records: their length, annotated pauses, and what was found.

    Attributes
    ----------
    records, seconds, annotated : int, float, int
        Records, their length, and annotated intervals of ``pause_s`` or more that can be read.
    found, confirmed : LongIntervals
        All long intervals between found beats, and those called quiet.
    """

    records: int = 0
    seconds: float = 0.0
    annotated: int = 0
    found: LongIntervals = LongIntervals()
    confirmed: LongIntervals = LongIntervals()

    def __add__(self, other: "PauseCounts") -> "PauseCounts":
        return PauseCounts(
            self.records + other.records,
            self.seconds + other.seconds,
            self.annotated + other.annotated,
            self.found + other.found,
            self.confirmed + other.confirmed,
        )

    def row(self, name: str) -> str:
        """Return a row of the Markdown table."""
        hours = self.seconds / SECONDS_PER_HOUR
        days = hours / HOURS_PER_DAY
        cells = [name, self.records, f"{hours:.1f}", self.annotated, self.found, self.confirmed]
        cells += [f"{part.false / days:.2f}" for part in (self.found, self.confirmed)]
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


@dataclass(frozen=True)
class ReferenceIntervals:
    """Intervals between annotated beats, in seconds; arrays of shape (n_intervals,).

    ``flutter`` marks those with ventricular flutter, which has no beats, and ``unreadable`` these
    and those with noise.
    """

    begins: NDArray[np.float64]
    ends: NDArray[np.float64]
    flutter: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]

    @classmethod
    def read(cls, path: Path, rate_hz: float) -> "ReferenceIntervals":
        """Read the annotations of a WFDB record, given without extension."""
        annotation = wfdb.rdann(str(path), "atr")
        times_s = np.asarray(annotation.sample) / rate_hz
        symbols = np.asarray(annotation.symbol)
        beats = times_s[np.isin(symbols, list(CLASS_OF_SYMBOL))]

        def holds(marks: str) -> NDArray[np.bool_]:
            marked = np.sort(times_s[np.isin(symbols, list(marks))])
            return np.asarray(np.diff(np.searchsorted(marked, beats)) > 0)

        return cls(beats[:-1], beats[1:], holds("[!]"), holds(UNREADABLE))

    def of_at_least(self, pause_s: float) -> NDArray[np.bool_]:
        """Return which intervals are pauses, by the annotations."""
        return is_at_least(self.ends - self.begins, pause_s) & ~self.unreadable

    def judge(
        self, begins: NDArray[np.float64], ends: NDArray[np.float64], pause_s: float
    ) -> LongIntervals:
        """Set found intervals against the annotated ones.

        Left out are those in ventricular flutter, and those that are annotated as they are found
        but hold noise in which beats may not be annotated.
        """
        counts = LongIntervals()
        lengths = self.ends - self.begins
        for begin, end in zip(begins, ends, strict=True):
            same = np.abs(self.begins - begin) <= WINDOW_S
            same &= np.abs(self.ends - end) <= WINDOW_S
            overlaps = (self.begins < end - WINDOW_S) & (self.ends > begin + WINDOW_S)
            if (same & self.unreadable).any() or (overlaps & self.flutter).any():
                counts += LongIntervals(left_out=1)
            elif is_at_least(lengths[same], pause_s).any():
                counts += LongIntervals(true=1)
            elif is_at_least(lengths[same], pause_s - BORDERLINE_S).any():
                counts += LongIntervals(borderline=1)
            else:
                counts += LongIntervals(false=1)
        return counts


def judge_record(data: Path, record: str, scored: ScoredRecording) -> PauseCounts:
    """Set the long intervals of a scored recording against its annotations."""
    recording, stream = scored.recording, scored.beats
    pause_s = scored.settings.rhythm.pauses.pause_s
    reference = ReferenceIntervals.read(data / record, recording.sampling_rate_hz)

    def judged(chosen: NDArray[np.bool_]) -> LongIntervals:
        ends = stream.times_s[chosen]
        return reference.judge(ends - stream.rr_s[chosen], ends, pause_s)

    long = is_at_least(stream.rr_s, pause_s)
    return PauseCounts(
        1,
        recording.duration_s,
        int(reference.of_at_least(pause_s).sum()),
        judged(long),
        judged(long & stream.pause_confirmed),
    )


def missed_beats(scored: ScoredRecording) -> tuple[int, int]:
    """Take beats out; return how many gaps that makes, and how many of them are called quiet.

    Only the lead that was scored is asked.
    """
    times_s, pause_s = scored.beats.times_s, scored.settings.rhythm.pauses.pause_s
    kept = np.ones(len(times_s), bool)
    ends = []
    first = TAKEN_OUT_EVERY
    while first + TAKEN_OUT_EVERY < len(times_s):
        end = int(np.searchsorted(times_s, times_s[first - 1] + pause_s))
        if np.isfinite(scored.beats.rr_s[first : end + 1]).all() and end > first:
            kept[first:end] = False
            ends.append(end)
        first = end + TAKEN_OUT_EVERY
    left_s = times_s[kept]
    alone = replace(scored.recording, leads=scored.recording.leads[scored.lead :][:1])
    quiet = confirm_pauses(
        alone,
        0,
        scored.conditioned,
        left_s,
        rr_intervals(left_s),
        settings=scored.settings,
        pauses=scored.settings.rhythm.pauses,
    )
    made = quiet[(np.cumsum(kept) - 1)[[end for end in ends if end < len(kept)]]]
    return len(made), int(made.sum())


def groups(data: Path, *, ds2: bool) -> dict[str, tuple[str, ...]]:
    """Return the records to judge, by what may be learnt from them."""
    found = {
        database: [path.stem for path in sorted((data / database).glob("*.hea"))]
        for database in ("svdb", "mitdb", "nstdb")
    }
    paced = [name for name in found["mitdb"] if name not in DS1 + DS2]
    stress = [name for name in found["nstdb"] if name.startswith("118e")]
    chosen: dict[str, tuple[str, Sequence[str]]] = {
        "Supraventricular DB": ("svdb", found["svdb"]),
        "DS1": ("mitdb", DS1),
        "paced": ("mitdb", paced),
        "noise stress (118)": ("nstdb", stress),
    }
    if ds2:
        chosen["DS2"] = ("mitdb", DS2)
    return {
        name: tuple(f"{database}/{record}" for record in records)
        for name, (database, records) in chosen.items()
    }


def table(counts: Iterable[tuple[str, PauseCounts]]) -> str:
    """Return counts as a Markdown table."""
    lines = [
        "| records | number | hours | annotated pauses "
        "| long intervals: true / borderline / false / left out | confirmed "
        "| false per 24 h: all long intervals | confirmed |",
        "|---" * 8 + "|",
    ]
    return "\n".join([*lines, *(count.row(name) for name, count in counts)])


def main() -> None:
    """Print one table of the records, and one of those that hold long intervals."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate_pauses", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/, svdb/, nstdb/")
    parser.add_argument("--ds2", action="store_true", help="judge DS2 too, with what is chosen")
    parser.add_argument("--missed", action="store_true", help="take beats out on DS1 and svdb")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="changes")
    given = parser.parse_args()
    changes = {name: float(value) for name, value in (c.split("=", 1) for c in given.changes)}
    rhythm = RhythmSettings(pauses=replace(PauseSettings(), **changes))
    settings = ScoringSettings(rhythm=rhythm)
    classifier = BeatClassifier.load(model_folder())
    rows: list[tuple[str, PauseCounts]] = []
    by_record: list[tuple[str, PauseCounts]] = []
    made = called_quiet = 0
    for name, records in groups(given.data, ds2=given.ds2).items():
        without, some = PauseCounts(), PauseCounts()
        for record in records:
            recording = open_recording(given.data / f"{record}.hea")
            scored = score_recording(recording, classifier, settings)
            counts = judge_record(given.data, record, scored)
            if counts.annotated:
                some += counts
            else:
                without += counts
            if counts.annotated or counts.found != LongIntervals():
                by_record.append((record, counts))
            if given.missed and name in {"DS1", "Supraventricular DB"}:
                taken, quiet = missed_beats(scored)
                made, called_quiet = made + taken, called_quiet + quiet
        rows.append((f"{name}, no pause annotated", without))
        if some.records:
            rows.append((f"{name}, pauses annotated", some))
    print(table(rows), table(by_record), sep="\n\n")
    if given.missed:
        print(f"\nBeats taken out: {made} gaps, {called_quiet} of them called quiet.")


if __name__ == "__main__":
    main()
