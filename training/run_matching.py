"""Run-by-run comparison of ANSI/AAMI EC57: couplets and runs as sequences of beats.

As PhysioNet's reference implementation ``rxr`` compares:

- A run is a sequence of ectopic beats without another beat between them: V and F for ventricular
  runs, S for supraventricular ones. A single ectopic beat is a run of one.
- Sensitivity: every annotated run is compared with the longest found run between 150 ms before its
  first beat and 150 ms after its last. Predictivity: the other way round.
- Lengths above five count as six. Couplets are runs of two, short runs of three to five, long ones
  of six and more. A run is detected if its counterpart is at least as long as the shortest run
  of its group: two, three, six.

Three things differ from ``rxr``: ventricular flutter and fibrillation are excluded instead of
counting as a run of six (EC57 compares them as episodes), atrial fibrillation is no
supraventricular run, and an annotated run that touches a segment which the software reports as not
analysable is counted separately.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.time_units import ROUNDING_S
from training.beat_comparison import LEARNING_S, WINDOW_S, within
from training.field_sums import add_fields

Kind = Literal["V", "S"]
MEMBERS: dict[Kind, str] = {"V": "VF", "S": "S"}
"""Classes whose beats make a run of a kind."""
LONGEST = 6
"""Longer runs count as this long."""
GROUPS = {"couplets": (2, 2), "short_runs": (3, 5), "long_runs": (6, 6), "runs": (3, 6)}
"""Shortest and longest length of each group; ``runs`` contains short and long ones."""


@dataclass(frozen=True)
class BeatSequence:
    """Classified beats in the order of time.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n,)
        Times of the beats.
    labels : ndarray of int64, shape (n,)
        Index of each beat's class.
    breaks_s : ndarray of float64, shape (k,)
        Times that no run crosses.
    """

    times_s: Floats
    labels: Ints
    breaks_s: Floats

    def without(self, segments: Floats) -> "BeatSequence":
        """Return the beats outside the segments, shape (k, 2); no run crosses a segment."""
        kept = ~within(self.times_s, segments)
        breaks = np.sort(np.concatenate([self.breaks_s, segments[:, 0]]))
        return BeatSequence(self.times_s[kept], self.labels[kept], breaks)

    def runs(self, kind: Kind) -> Ints:
        """Return the index of the first and the last beat of every run, shape (n_runs, 2)."""
        member = np.isin(self.labels, [CLASSES.index(name) for name in MEMBERS[kind]])
        piece = np.searchsorted(self.breaks_s, self.times_s, side="right")
        goes_on = member[1:] & member[:-1] & (piece[1:] == piece[:-1])
        begins = member & ~np.concatenate([[False], goes_on])
        ends = member & ~np.concatenate([goes_on, [False]])
        return np.stack([np.flatnonzero(begins), np.flatnonzero(ends)], axis=1)


@dataclass(frozen=True)
class RunCounts:
    """Runs of one kind by length: annotated in rows, found in columns, each from 0 to 6.

    Attributes
    ----------
    annotated : ndarray of int64, shape (7, 7)
        Annotated runs, each with the longest run found at the same time.
    found : ndarray of int64, shape (7, 7)
        Found runs, each with the longest run annotated at the same time.
    not_analysable : ndarray of int64, shape (7,)
        Annotated runs, by length, that touch a segment reported as not analysable. They are in
        neither matrix.
    """

    annotated: Ints
    found: Ints
    not_analysable: Ints

    @classmethod
    def empty(cls) -> "RunCounts":
        """Return matrices of zeros, to add to."""
        size = LONGEST + 1
        nothing: Ints = np.zeros((size, size), np.int64)
        return cls(nothing, nothing.copy(), np.zeros(size, np.int64))

    __add__ = add_fields

    def detected(self, group: str) -> tuple[int, int]:
        """Return the numbers of detected and of annotated runs of a group."""
        first, last = GROUPS[group]
        rows = self.annotated[first : last + 1]
        return int(rows[:, first:].sum()), int(rows.sum())

    def right(self, group: str) -> tuple[int, int]:
        """Return the numbers of correct and of found runs of a group."""
        first, last = GROUPS[group]
        columns = self.found[:, first : last + 1]
        return int(columns[first:].sum()), int(columns.sum())


def compare_runs(
    reference: BeatSequence, found: BeatSequence, kind: Kind, not_analysable: Floats
) -> RunCounts:
    """Compare the runs of one kind in one record, both ways.

    Parameters
    ----------
    reference, found : BeatSequence
        Annotated and found beats.
    kind : {"V", "S"}
        Ventricular or supraventricular.
    not_analysable : ndarray of float64, shape (k, 2)
        First and last second of segments that the software reports as not analysable.

    Notes
    -----
    A run that crosses the end of the learning period begins with its first beat after that.
    """
    counts = RunCounts.empty()
    for begin_s, end_s, length in _compared_runs(reference, kind):
        touched = (not_analysable[:, 0] <= end_s) & (not_analysable[:, 1] >= begin_s)
        if touched.any():
            counts.not_analysable[length] += 1
        else:
            counts.annotated[length, _longest(found, kind, begin_s, end_s)] += 1
    for begin_s, end_s, length in _compared_runs(found, kind):
        counts.found[_longest(reference, kind, begin_s, end_s), length] += 1
    return counts


def _compared_runs(beats: BeatSequence, kind: Kind) -> list[tuple[float, float, int]]:
    """Return first and last second of every run, and its length, at most :data:`LONGEST`."""
    compared = beats.times_s >= LEARNING_S
    later = BeatSequence(beats.times_s[compared], beats.labels[compared], beats.breaks_s)
    return [
        (float(later.times_s[first]), float(later.times_s[last]), min(last - first + 1, LONGEST))
        for first, last in later.runs(kind).tolist()
    ]


def _longest(beats: BeatSequence, kind: Kind, begin_s: float, end_s: float) -> int:
    """Return the length of the longest run within a segment and 150 ms around it."""
    around_s = WINDOW_S + ROUNDING_S
    first = np.searchsorted(beats.times_s, begin_s - around_s, side="left")
    stop = np.searchsorted(beats.times_s, end_s + around_s, side="right")
    inside = BeatSequence(beats.times_s[first:stop], beats.labels[first:stop], beats.breaks_s)
    runs = inside.runs(kind)
    return min(int((runs[:, 1] - runs[:, 0]).max(initial=-1)) + 1, LONGEST)
