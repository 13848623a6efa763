"""Evaluates pauses end to end on annotated records.

Run: ``python -m training.evaluate_pauses --data DIR``.

Whole recordings are scored, and every long RR interval that is found is compared with the annotated
beats. The thresholds of ``PauseSettings`` were chosen with this command on DS1 and the
Supraventricular DB: ``--set qrs_share=0.3`` tries another value. DS2 is evaluated only with
``--ds2``.

``--missed`` removes beats from the detector's list, one to four in a row at regular distances, so
that an interval of ``pause_s`` or more remains: none of these gaps may be confirmed as quiet.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from deepecg.arrays import Bools, Floats
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
from deepecg.time_units import HOURS_PER_DAY, SECONDS_PER_HOUR
from training.annotation_files import CLASS_OF_SYMBOL, read_marks
from training.beat_comparison import WINDOW_S
from training.command_line import add_changes, argument_parser, changed
from training.data_roles import DS1, DS2, NOISE_STRESS, PACED, SVDB, Role
from training.field_sums import add_fields
from training.markdown import table

GROUPS = {
    "Supraventricular DB": SVDB,
    "DS1": DS1,
    "paced": PACED,
    "noise stress (118)": NOISE_STRESS,
    "DS2": DS2,
}
"""Evaluated groups of records by their names in the table."""
BORDERLINE_S = 0.05
"""An annotated interval shorter than a pause by no more than this makes no false pause: annotated
R peaks are placed by hand."""
UNREADABLE = "[!]~"
"""Marks of flutter and noise: in an interval with one of them beats may not be annotated."""
REMOVED_EVERY = 30
"""Beats between two removals: pause confirmation compares no gap with another one."""


LongIntervals = Counter[str]
"""Found long intervals by :data:`KINDS`."""
KINDS = ("true", "borderline", "false", "excluded")
"""A long interval is annotated as a pause, almost a pause, or no pause, or it is not compared."""


@dataclass(frozen=True)
class PauseCounts:
    """Annotated and found pauses of one record, or of several together.

    Attributes
    ----------
    records : int
        Number of records.
    seconds : float
        Duration of the records.
    annotated : int
        Annotated intervals of ``pause_s`` or more, without those in flutter or noise.
    found, confirmed : LongIntervals
        All long intervals between found beats, and those that pause confirmation calls quiet.
    """

    records: int = 0
    seconds: float = 0.0
    annotated: int = 0
    found: LongIntervals = field(default_factory=Counter)
    confirmed: LongIntervals = field(default_factory=Counter)

    __add__ = add_fields

    def row(self, name: str) -> list[object]:
        """Return a row of the table."""
        hours = self.seconds / SECONDS_PER_HOUR
        days = hours / HOURS_PER_DAY
        both = (self.found, self.confirmed)
        counts = (" / ".join(str(part[kind]) for kind in KINDS) for part in both)
        rates = (f"{part['false'] / days:.2f}" for part in both)
        return [name, self.records, f"{hours:.1f}", self.annotated, *counts, *rates]


@dataclass(frozen=True)
class ReferenceIntervals:
    """Intervals between annotated beats.

    Attributes
    ----------
    begins, ends : ndarray of float64, shape (n_intervals,)
        Seconds.
    flutter : ndarray of bool, shape (n_intervals,)
        Whether an interval contains ventricular flutter, which has no beats.
    unreadable : ndarray of bool, shape (n_intervals,)
        Whether an interval contains flutter or noise.
    """

    begins: Floats
    ends: Floats
    flutter: Bools
    unreadable: Bools

    @classmethod
    def read(cls, path: Path) -> "ReferenceIntervals":
        """Read the annotations of a WFDB record, given without extension."""
        times_s, annotation = read_marks(path)
        symbols = np.asarray(annotation.symbol)
        beats = times_s[np.isin(symbols, list(CLASS_OF_SYMBOL))]

        def contains(marks: str) -> Bools:
            marked = np.sort(times_s[np.isin(symbols, list(marks))])
            return np.asarray(np.diff(np.searchsorted(marked, beats)) > 0)

        return cls(beats[:-1], beats[1:], contains("[!]"), contains(UNREADABLE))

    def of_at_least(self, pause_s: float) -> Bools:
        """Return which intervals are pauses according to the annotations."""
        return is_at_least(self.ends - self.begins, pause_s) & ~self.unreadable

    def compare(self, begins: Floats, ends: Floats, pause_s: float) -> LongIntervals:
        """Compare found intervals with the annotated ones.

        Excluded are intervals in ventricular flutter, and intervals that are annotated as found
        but contain noise in which beats may not be annotated.
        """
        counts: LongIntervals = Counter()
        lengths = self.ends - self.begins
        for begin, end in zip(begins, ends, strict=True):
            same = np.abs(self.begins - begin) <= WINDOW_S
            same &= np.abs(self.ends - end) <= WINDOW_S
            overlaps = (self.begins < end - WINDOW_S) & (self.ends > begin + WINDOW_S)
            if (same & self.unreadable).any() or (overlaps & self.flutter).any():
                counts["excluded"] += 1
            elif is_at_least(lengths[same], pause_s).any():
                counts["true"] += 1
            elif is_at_least(lengths[same], pause_s - BORDERLINE_S).any():
                counts["borderline"] += 1
            else:
                counts["false"] += 1
        return counts


def compare_pauses(data: Path, record: str, scored: ScoredRecording) -> PauseCounts:
    """Compare the long intervals of a scored recording with its annotations."""
    recording, stream = scored.recording, scored.beats
    pause_s = scored.settings.rhythm.pauses.pause_s
    reference = ReferenceIntervals.read(data / record)

    def compared(chosen: Bools) -> LongIntervals:
        ends = stream.times_s[chosen]
        return reference.compare(ends - stream.rr_s[chosen], ends, pause_s)

    long = is_at_least(stream.rr_s, pause_s)
    return PauseCounts(
        1,
        recording.duration_s,
        int(reference.of_at_least(pause_s).sum()),
        compared(long),
        compared(long & stream.pause_confirmed),
    )


def missed_beats(scored: ScoredRecording) -> tuple[int, int]:
    """Remove beats; return the number of gaps, and how many pause confirmation calls quiet.

    Only the lead that was scored is examined.
    """
    times_s, pause_s = scored.beats.times_s, scored.settings.rhythm.pauses.pause_s
    kept = np.ones(len(times_s), bool)
    ends = []
    first = REMOVED_EVERY
    while first + REMOVED_EVERY < len(times_s):
        end = int(np.searchsorted(times_s, times_s[first - 1] + pause_s))
        if np.isfinite(scored.beats.rr_s[first : end + 1]).all() and end > first:
            kept[first:end] = False
            ends.append(end)
        first = end + REMOVED_EVERY
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


def pause_table(counts: Iterable[tuple[str, PauseCounts]]) -> str:
    """Return counts as a Markdown table."""
    header = (
        *("records", "number", "hours", "annotated pauses"),
        "long intervals: true / borderline / false / excluded",
        *("confirmed", "false per 24 h: all long intervals", "confirmed"),
    )
    return table(header, (count.row(name) for name, count in counts))


def main() -> None:
    """Print a table of the groups of records, and one of the records with long intervals."""
    parser = argument_parser("evaluate_pauses", __doc__, "mitdb/, svdb/ and nstdb/")
    parser.add_argument("--ds2", action="store_true", help="evaluate DS2 too")
    parser.add_argument("--missed", action="store_true", help="remove beats on DS1 and svdb")
    add_changes(parser)
    given = parser.parse_args()
    pauses = changed(PauseSettings(), given.changes)
    settings = ScoringSettings(rhythm=RhythmSettings(pauses=pauses))
    classifier = BeatClassifier.load(model_folder())
    rows: list[tuple[str, PauseCounts]] = []
    by_record: list[tuple[str, PauseCounts]] = []
    n_gaps = n_quiet = 0
    for name, group in GROUPS.items():
        if group is DS2 and not given.ds2:
            continue
        totals = {"no pause annotated": PauseCounts(), "pauses annotated": PauseCounts()}
        for record in group.require(given.data):
            recording = open_recording(given.data / f"{record}.hea")
            scored = score_recording(recording, classifier, settings)
            counts = compare_pauses(given.data, record, scored)
            totals["pauses annotated" if counts.annotated else "no pause annotated"] += counts
            if counts.annotated or counts.found:
                by_record.append((record, counts))
            if given.missed and group.role is Role.TRAINING:
                made, quiet = missed_beats(scored)
                n_gaps, n_quiet = n_gaps + made, n_quiet + quiet
        rows += [(f"{name}, {kind}", each) for kind, each in totals.items() if each.records]
    print(pause_table(rows), pause_table(by_record), sep="\n", end="")
    if given.missed:
        print(f"\nRemoved beats: {n_gaps} gaps, {n_quiet} of them called quiet.")


if __name__ == "__main__":
    main()
