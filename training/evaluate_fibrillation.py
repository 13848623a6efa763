"""Evaluates atrial fibrillation on annotated beats.

Run: ``python -m training.evaluate_fibrillation --data DIR``.

The analysis gets the annotated beats, so that the result does not depend on detector and model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from deepecg.arrays import Bools, Floats
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.rhythm.atrial_fibrillation import atrial_fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import FibrillationSettings
from deepecg.signal.stretches import stretches
from training.annotation_files import BeatFile, read_marks
from training.command_line import argument_parser
from training.data_roles import DS1, DS2, LONG_TERM, LONG_TERM_AF, PACED, SVDB
from training.field_sums import add_fields
from training.markdown import percent, table

GROUPS = {
    "Long-Term AF": LONG_TERM_AF,
    "Long-Term (no rhythm marks)": LONG_TERM,
    "DS1": DS1,
    "DS2 (evaluated once before the cap was added)": DS2,
    "paced": PACED,
    "Supraventricular (no rhythm marks)": SVDB,
}
"""Evaluated groups of records by their headings."""
THRESHOLDS = (-1.5, -1.45, -1.4, -1.35, -1.3, -1.25, -1.2, -1.15, -1.1, -1.05, -1.0)
"""Thresholds among which the leave-one-record-out evaluation chooses."""
FIBRILLATION, FLUTTER, V_RUN = "(AFIB", "(AFL", "(VT"
"""Rhythm marks: fibrillation, flutter, and a run of V, which does not end a fibrillation."""


@dataclass(frozen=True)
class MarkedStream:
    """Annotated beats with the rhythm of every second.

    Attributes
    ----------
    stream : BeatStream
        The beats.
    compared : ndarray of bool, shape (n_seconds,)
        Whether a second is compared: not before the first rhythm mark, and not in atrial flutter,
        which may be irregular or not.
    fibrillation : ndarray of bool, shape (n_seconds,)
        Seconds annotated as atrial fibrillation.
    sustained : ndarray of bool, shape (n_seconds,)
        Seconds of annotated episodes that are long enough to be reported.
    """

    stream: BeatStream
    compared: Bools
    fibrillation: Bools
    sustained: Bools


@dataclass(frozen=True)
class Seconds:
    """Seconds counted over one record or several.

    Attributes
    ----------
    compared : int
        Compared seconds.
    reference, sustained, found : int
        Seconds of annotated fibrillation, of annotated episodes long enough to be reported, and
        of found fibrillation.
    hit, sustained_hit : int
        Found seconds that are annotated, and those in annotated episodes that are long enough.
    found_not_short : int
        Found seconds outside annotated episodes that are too short to be reported.
    """

    compared: int
    reference: int
    sustained: int
    found: int
    hit: int
    sustained_hit: int
    found_not_short: int

    __add__ = add_fields

    @property
    def burden_error(self) -> float:
        """Found minus annotated burden, in percentage points."""
        return 100 * (self.found - self.reference) / self.compared

    @property
    def sustained_error(self) -> float:
        """Found minus annotated burden of episodes long enough to be reported, in points."""
        return 100 * (self.found - self.sustained) / self.compared

    def row(self, name: str) -> list[object]:
        """Return a row of the table."""
        burdens = (self.reference, self.sustained, self.found)
        shares = (
            (self.hit, self.reference),
            (self.hit, self.found),
            (self.sustained_hit, self.sustained),
            (self.sustained_hit, self.found_not_short),
        )
        return [
            name,
            *(percent(seconds / self.compared, 2) for seconds in burdens),
            *(percent(part / whole if whole else None, 2) for part, whole in shares),
            self.found - self.hit,
        ]


def read_marked(path: Path, episode_s: float) -> MarkedStream:
    """Read beats and rhythm marks of a WFDB record, given without extension."""
    beats = BeatFile.read(path)
    times_s, annotation = read_marks(path)
    n_seconds = int(np.ceil(times_s[-1]))
    notes = np.array(annotation.aux_note, str)
    is_mark = np.char.startswith(notes, "(")
    edges_s = np.append(times_s[is_mark], times_s[-1])
    compared = np.arange(n_seconds) >= (np.ceil(edges_s[0]) if is_mark.any() else 0)
    in_fibrillation = [False]
    for mark, start_s, end_s in zip(notes[is_mark], edges_s, edges_s[1:], strict=False):
        goes_on = in_fibrillation[-1] and mark.startswith(V_RUN)
        in_fibrillation.append(goes_on or mark.startswith(FIBRILLATION))
        if mark.startswith(FLUTTER):
            compared[int(start_s) : int(end_s) + 1] = False
    episodes = edges_s[stretches(np.array(in_fibrillation[1:], bool))]
    sustained = episodes[np.ptp(episodes, axis=1) >= episode_s]
    stream = BeatStream.of_labels(
        beats.times_s,
        rr_intervals(beats.times_s),
        beats.labels,
        np.ones(len(beats.labels), bool),
        np.ones(n_seconds, bool),
    )
    return MarkedStream(stream, compared, _mask(episodes, n_seconds), _mask(sustained, n_seconds))


def evaluate_stream(marked: MarkedStream, settings: FibrillationSettings) -> Seconds:
    """Find fibrillation in annotated beats, and compare it with the annotated rhythm."""
    return compare_episodes(marked, atrial_fibrillation(marked.stream, settings).episodes)


def compare_episodes(marked: MarkedStream, episodes: Sequence[Episode]) -> Seconds:
    """Count the seconds of fibrillation that are annotated, found, and both."""
    spans = [(each.start_s, each.start_s + each.duration_s) for each in episodes]
    compared = marked.compared
    found = _mask(np.array(spans).reshape(-1, 2), len(compared)) & compared
    reference, sustained = marked.fibrillation & compared, marked.sustained & compared
    short = reference & ~sustained
    counted = (compared, reference, sustained, found)
    both = (found & reference, found & sustained, found & ~short)
    return Seconds(*(int(each.sum()) for each in (*counted, *both)))


def gross(counts: Sequence[Seconds]) -> Seconds:
    """Return the sum over records."""
    return reduce(add, counts)


def leave_one_out(
    streams: Sequence[MarkedStream], others: Sequence[MarkedStream], settings: FibrillationSettings
) -> tuple[list[Seconds], list[float]]:
    """Evaluate every stream with the threshold that is best for all other streams.

    Returns
    -------
    list of Seconds
        Of every stream in ``streams``.
    list of float
        The threshold that was chosen for each: smallest mean absolute error of the burden over the
        remaining streams and ``others``.
    """
    tried = [replace(settings, threshold=threshold) for threshold in THRESHOLDS]
    counts = [[evaluate_stream(each, one) for each in (*streams, *others)] for one in tried]
    errors = np.array([[abs(each.burden_error) for each in row] for row in counts])
    best = [int(np.delete(errors, n, axis=1).mean(axis=1).argmin()) for n in range(len(streams))]
    return [counts[b][n] for n, b in enumerate(best)], [THRESHOLDS[b] for b in best]


def _mask(spans: Floats, n_seconds: int) -> Bools:
    mask = np.zeros(n_seconds, bool)
    for start, end in np.rint(spans).astype(int):
        mask[start:end] = True
    return mask


def _table(names: Sequence[str], counts: Sequence[Seconds]) -> str:
    header = (
        *("record", "AF %", "AF % in episodes >= 30 s", "found %", "Se %", "+P %"),
        *("Se % (>= 30 s)", "+P % (>= 30 s)", "false s"),
    )
    rows = [each.row(name) for name, each in zip(names, counts, strict=True)]
    return table(header, [*rows, gross(counts).row("gross")])


def main() -> None:
    """Print the metrics of every database."""
    parser = argument_parser("evaluate_fibrillation", __doc__, "rhythm/, mitdb/ and svdb/")
    data: Path = parser.parse_args().data
    settings = FibrillationSettings()
    streams = {
        heading: [read_marked(data / record, settings.episode_s) for record in group.require(data)]
        for heading, group in GROUPS.items()
    }
    for heading, group in GROUPS.items():
        counts = [evaluate_stream(each, settings) for each in streams[heading]]
        shown = [i for i, each in enumerate(counts) if each.reference or each.found]
        n_none = len(counts) - len(shown)
        print(f"## {heading}\n")
        print(_table([group.records[i] for i in shown], [counts[i] for i in shown]))
        all_error = np.mean([abs(each.burden_error) for each in counts])
        long_error = np.mean([abs(each.sustained_error) for each in counts])
        print(f"Mean absolute error of the burden {all_error:.2f} points, {long_error:.2f} against")
        print(f"episodes of 30 s; {n_none} records have none and none was found.\n")
    counts, chosen = leave_one_out(streams["Long-Term AF"], streams["DS1"], settings)
    print("## Long-Term AF, threshold chosen without the record\n")
    print(_table(LONG_TERM_AF.records, counts))
    error = np.mean([abs(each.burden_error) for each in counts])
    print(f"Mean absolute error of the burden {error:.2f} points; thresholds {chosen}.")


if __name__ == "__main__":
    main()
