"""Couplets and runs as sequences: EC57's run-by-run comparison.

As PhysioNet's reference implementation ``rxr`` compares:

- A run is a row of ectopic beats with no other beat between: V and F for ventricular runs, S for
  supraventricular ones. A single ectopic beat is a run of one.
- Sensitivity: for every annotated run, the longest row of found ectopic beats between 150 ms before
  its first beat and 150 ms after its last. Predictivity: the other way round.
- Lengths above five count as six. Couplets are runs of two, short runs of three to five, long ones
  of six and more. One is detected if what stands against it is at least as long as its
  group's shortest: two, three, six.

Otherwise than in ``rxr``, a stretch of ventricular flutter or fibrillation is no run of six but
left out (EC57 judges it as an episode), atrial fibrillation is no supraventricular run, and an
annotated run that touches a stretch which the software calls not analysable is counted apart.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from training.beat_matching import LEARNING_S, ROUNDING_S, WINDOW_S, within

Kind = Literal["V", "S"]
MEMBERS: dict[Kind, str] = {"V": "VF", "S": "S"}
"""Classes that make a run of a kind."""
LONGEST = 6
"""Runs of more beats count as this long."""
GROUPS = {"couplets": (2, 2), "short_runs": (3, 5), "long_runs": (6, 6), "runs": (3, 6)}
"""First and last length; ``runs`` holds short and long ones."""


@dataclass(frozen=True)
class BeatSequence:
    """Classified beats in the order of time.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n,)
        Times.
    labels : ndarray of int64, shape (n,)
        Classes.
    breaks_s : ndarray of float64, shape (k,)
        Times that no run crosses.
    """

    times_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    breaks_s: NDArray[np.float64]

    def without(self, stretches: NDArray[np.float64]) -> "BeatSequence":
        """Return the beats outside stretches, shape (k, 2), which no run crosses."""
        kept = ~within(self.times_s, stretches)
        breaks = np.sort(np.concatenate([self.breaks_s, stretches[:, 0]]))
        return BeatSequence(self.times_s[kept], self.labels[kept], breaks)

    def runs(self, kind: Kind) -> NDArray[np.int64]:
        """Return the first and the last beat of every run, shape (n_runs, 2)."""
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
        Every annotated run, against the longest found in its place.
    found : ndarray of int64, shape (7, 7)
        Every run found, against the longest annotated in its place.
    given_up : ndarray of int64, shape (7,)
        Annotated runs, by length, that touch what cannot be analysed. They are in no matrix.
    """

    annotated: NDArray[np.int64]
    found: NDArray[np.int64]
    given_up: NDArray[np.int64]

    @classmethod
    def empty(cls) -> "RunCounts":
        """Return matrices of zeros, to add to."""
        size = LONGEST + 1
        nothing: NDArray[np.int64] = np.zeros((size, size), np.int64)
        return cls(nothing, nothing.copy(), np.zeros(size, np.int64))

    def __add__(self, other: "RunCounts") -> "RunCounts":
        return RunCounts(
            self.annotated + other.annotated,
            self.found + other.found,
            self.given_up + other.given_up,
        )

    def detected(self, group: str) -> tuple[int, int]:
        """Return how many annotated runs of a group were detected, and of how many."""
        first, last = GROUPS[group]
        rows = self.annotated[first : last + 1]
        return int(rows[:, first:].sum()), int(rows.sum())

    def right(self, group: str) -> tuple[int, int]:
        """Return how many runs of a group that were found are right, and of how many."""
        first, last = GROUPS[group]
        columns = self.found[:, first : last + 1]
        return int(columns[first:].sum()), int(columns.sum())


def compare_runs(
    reference: BeatSequence,
    found: BeatSequence,
    kind: Kind,
    given_up: NDArray[np.float64],
) -> RunCounts:
    """Compare the runs of one kind in one record, both ways.

    Parameters
    ----------
    reference, found : BeatSequence
        Annotated and found beats.
    kind : {"V", "S"}
        Ventricular or supraventricular.
    given_up : ndarray of float64, shape (k, 2)
        First and last second of stretches that the software calls not analysable.

    Notes
    -----
    A run that goes on at the end of the learning time begins with its first beat after that.
    """
    counts = RunCounts.empty()
    for begin_s, end_s, length in _judged_runs(reference, kind):
        touched = (given_up[:, 0] <= end_s) & (given_up[:, 1] >= begin_s)
        if touched.any():
            counts.given_up[length] += 1
        else:
            counts.annotated[length, _longest(found, kind, begin_s, end_s)] += 1
    for begin_s, end_s, length in _judged_runs(found, kind):
        counts.found[_longest(reference, kind, begin_s, end_s), length] += 1
    return counts


def _judged_runs(beats: BeatSequence, kind: Kind) -> list[tuple[float, float, int]]:
    """Return first and last second of every run, and its length, at most :data:`LONGEST`."""
    judged = beats.times_s >= LEARNING_S
    later = BeatSequence(beats.times_s[judged], beats.labels[judged], beats.breaks_s)
    return [
        (float(later.times_s[first]), float(later.times_s[last]), min(last - first + 1, LONGEST))
        for first, last in later.runs(kind).tolist()
    ]


def _longest(beats: BeatSequence, kind: Kind, begin_s: float, end_s: float) -> int:
    """Return the length of the longest run within a stretch and 150 ms around it."""
    around_s = WINDOW_S + ROUNDING_S
    first = np.searchsorted(beats.times_s, begin_s - around_s, side="left")
    stop = np.searchsorted(beats.times_s, end_s + around_s, side="right")
    inside = BeatSequence(beats.times_s[first:stop], beats.labels[first:stop], beats.breaks_s)
    runs = inside.runs(kind)
    return min(int((runs[:, 1] - runs[:, 0]).max(initial=-1)) + 1, LONGEST)
