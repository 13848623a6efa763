"""Beats found against beats annotated: ANSI/AAMI EC57's pairing and counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.classes import CLASSES

WINDOW_S = 0.150
"""A beat found within this time of an annotated one is that beat (EC57, 4.3.2)."""
LEARNING_S = 300.0
"""The first five minutes are not judged (EC57)."""
FORGIVEN = {"V": "FQ", "S": "Q"}
"""Annotated classes on which finding a class is no false positive."""
N_CLASSES = len(CLASSES)
ABSENT = N_CLASSES
"""Row of beats found where none is annotated; column of annotated beats not found."""


def match_beats(
    reference_s: NDArray[np.float64], found_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Pair annotated beats with found ones, each at most once, the closest pairs first.

    Parameters
    ----------
    reference_s, found_s : ndarray of float64, shapes (n,) and (m,)
        Times, ascending.

    Returns
    -------
    ndarray of int64, shape (n,)
        Index of the beat found, or -1.
    """
    partner = np.full(len(reference_s), -1, np.int64)
    taken = np.zeros(len(found_s), bool)
    first = np.searchsorted(found_s, reference_s - WINDOW_S, side="left")
    last = np.searchsorted(found_s, reference_s + WINDOW_S, side="right")
    pairs = [
        (abs(found_s[found] - time), index, found)
        for index, (time, begin, end) in enumerate(zip(reference_s, first, last, strict=True))
        for found in range(begin, end)
    ]
    for _, index, found in sorted(pairs):
        if partner[index] < 0 and not taken[found]:
            partner[index] = found
            taken[found] = True
    return partner


@dataclass(frozen=True)
class BeatCounts:
    """EC57's matrix: annotated class in rows, found class in columns, ``ABSENT`` last in both.

    Attributes
    ----------
    matrix : ndarray of int64, shape (6, 6)
        Counts; the last row holds beats found where none is, the last column beats missed.
    """

    matrix: NDArray[np.int64]

    @classmethod
    def empty(cls) -> "BeatCounts":
        """Return a matrix of zeros, to add to."""
        return cls(np.zeros((N_CLASSES + 1, N_CLASSES + 1), np.int64))

    @classmethod
    def of(
        cls,
        reference_s: NDArray[np.float64],
        reference_labels: NDArray[np.int64],
        found_s: NDArray[np.float64],
        found_labels: NDArray[np.int64],
        left_out: NDArray[np.float64],
    ) -> "BeatCounts":
        """Count one record.

        Parameters
        ----------
        reference_s, reference_labels : ndarray, shape (n,)
            Annotated times and classes.
        found_s, found_labels : ndarray, shape (m,)
            Found times and classes.
        left_out : ndarray of float64, shape (k, 2)
            First and last second of stretches that are not judged.
        """
        partner = match_beats(reference_s, found_s)
        columns = np.full(len(reference_s), ABSENT)
        columns[partner >= 0] = found_labels[partner[partner >= 0]]
        spurious = np.ones(len(found_s), bool)
        spurious[partner[partner >= 0]] = False
        judged = _judged(reference_s, left_out)
        false = spurious & _judged(found_s, left_out)
        matrix = cls.empty().matrix
        np.add.at(matrix, (reference_labels[judged], columns[judged]), 1)
        np.add.at(matrix[ABSENT], found_labels[false], 1)
        return cls(matrix)

    def __add__(self, other: "BeatCounts") -> "BeatCounts":
        return BeatCounts(self.matrix + other.matrix)

    def detection(self) -> tuple[float, float]:
        """Return QRS sensitivity and positive predictivity."""
        found = self.matrix[:ABSENT, :ABSENT].sum()
        return (
            _share(found, self.matrix[:ABSENT].sum()),
            _share(found, self.matrix[:, :ABSENT].sum()),
        )

    def missed(self, name: str) -> tuple[int, int]:
        """Return how many annotated beats of a class were not found, and of how many."""
        row = self.matrix[CLASSES.index(name)]
        return int(row[ABSENT]), int(row.sum())

    def sensitivity(self, name: str) -> float:
        """Return the share of a class's annotated beats found as such, missed ones included."""
        index = CLASSES.index(name)
        return _share(self.matrix[index, index], self.matrix[index].sum())

    def predictivity(self, name: str, *, ec57: bool) -> float:
        """Return the share of beats called ``name`` that are.

        Parameters
        ----------
        name : str
            Class.
        ec57 : bool
            As EC57 and its reference implementation ``bxb`` count: a V on an annotated F or Q is
            no false one, nor is an S on a Q.
        """
        index = CLASSES.index(name)
        column = self.matrix[:, index]
        forgiven = sum(column[CLASSES.index(other)] for other in FORGIVEN.get(name, ""))
        return _share(column[index], column.sum() - (forgiven if ec57 else 0))

    def f1(self, name: str, *, ec57: bool) -> float:
        """Return the harmonic mean of sensitivity and predictivity."""
        found, right = self.sensitivity(name), self.predictivity(name, ec57=ec57)
        return 2 * found * right / (found + right) if found + right else 0.0

    def accuracy(self) -> float:
        """Return the share of annotated beats that were found and named rightly."""
        return _share(np.trace(self.matrix[:ABSENT, :ABSENT]), self.matrix[:ABSENT].sum())


def _judged(times_s: NDArray[np.float64], left_out: NDArray[np.float64]) -> NDArray[np.bool_]:
    judged = np.ones(len(times_s), bool)
    for first, last in left_out:
        judged &= (times_s < first) | (times_s > last)
    return judged


def _share(part: int | np.int64, whole: int | np.int64) -> float:
    return float(part) / float(whole) if whole else 0.0
