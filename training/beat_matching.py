"""Beats found against beats annotated: ANSI/AAMI EC57's pairing, matrix and figures.

As PhysioNet's reference implementation ``bxb`` counts:

- A found beat is an annotated one if the two are at most 150 ms apart and no neighbour is nearer.
- A V found on an annotated F or Q is no false V, an S found on a Q no false S. F and Q themselves
  have a row and a column like any other class; for detection they are beats.
- An annotated beat that is not found while the software says that it cannot analyse the signal is
  counted apart, as given up ("shutdown"). ``bxb`` then counts it among the missed ones;
  here it is left out of sensitivity too and told beside it.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES

WINDOW_S = 0.150
"""A beat found within this time of an annotated one is that beat (EC57, 4.3.2)."""
ROUNDING_S = 1e-6
"""Times are sample numbers divided by a rate: what is as long may come out a little longer."""
LEARNING_S = 300.0
"""The first five minutes are not judged (EC57)."""
FORGIVEN = {"V": "FQ", "S": "Q"}
"""Annotated classes on which finding a class is no false positive."""
N_CLASSES = len(CLASSES)
ABSENT = N_CLASSES
"""Row of beats found where none is annotated; column of annotated beats not found."""
NOWHERE: NDArray[np.float64] = np.empty((0, 2))
"""No stretch of time."""


def match_beats(
    reference_s: NDArray[np.float64], found_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Pair annotated beats with found ones, each at most once.

    Walks both lists in the order of time, as ``bxb`` does. The earlier of the two beats at hand is
    paired with the other if that lies within the window, unless its successor lies nearer to it, or
    as near; otherwise it stays alone.

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
    references, founds = reference_s.tolist(), found_s.tolist()
    r = f = 0
    while r < len(references) and f < len(founds):
        reference, found = references[r], founds[f]
        apart = abs(found - reference)
        as_near = apart + ROUNDING_S
        if found < reference:
            is_for_successor = f + 1 < len(founds) and abs(founds[f + 1] - reference) <= as_near
        else:
            is_for_successor = r + 1 < len(references) and abs(references[r + 1] - found) <= as_near
        if apart <= WINDOW_S + ROUNDING_S and not is_for_successor:
            partner[r] = f
            r, f = r + 1, f + 1
        elif found < reference:
            f += 1
        else:
            r += 1
    return partner


def within(times_s: NDArray[np.float64], stretches: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which times lie in any of the stretches, their ends included.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n,)
        Times.
    stretches : ndarray of float64, shape (k, 2)
        First and last second.
    """
    inside = np.zeros(len(times_s), bool)
    for first, last in stretches:
        inside |= (times_s >= first) & (times_s <= last)
    return inside


def measures(matrices: NDArray[np.int64], *, ec57: bool) -> dict[str, NDArray[np.float64]]:
    """Return the figures of one matrix, or of many at once.

    Parameters
    ----------
    matrices : ndarray of int64, shape (..., 6, 6)
        As in :class:`BeatCounts`.
    ec57 : bool
        Whether a V on an annotated F or Q, and an S on a Q, is forgiven (:data:`FORGIVEN`).

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        ``accuracy``, of annotated beats those found and named rightly; ``qrs_sensitivity``,
        ``qrs_predictivity``; and of every class, such as ``V_f1``, sensitivity, predictivity and
        their harmonic mean. NaN where there is nothing to be right or wrong about; the mean also
        where no beat of the class is annotated.
    """
    annotated = matrices[..., :ABSENT, :].sum(axis=-1)  # (..., 5)
    named = matrices[..., :ABSENT].sum(axis=-2)  # (..., 5)
    beats = matrices[..., :ABSENT, :ABSENT].sum(axis=(-2, -1))
    right = np.diagonal(matrices, axis1=-2, axis2=-1)[..., :ABSENT]
    told = {
        "accuracy": _share(right.sum(axis=-1), annotated.sum(axis=-1)),
        "qrs_sensitivity": _share(beats, annotated.sum(axis=-1)),
        "qrs_predictivity": _share(beats, named.sum(axis=-1)),
    }
    for index, name in enumerate(CLASSES):
        judged = named[..., index]
        if ec57:
            for other in FORGIVEN.get(name, ""):
                judged = judged - matrices[..., CLASSES.index(other), index]
        told[f"{name}_sensitivity"] = _share(right[..., index], annotated[..., index])
        told[f"{name}_predictivity"] = _share(right[..., index], judged)
        both = np.where(annotated[..., index] > 0, annotated[..., index] + judged, 0)
        told[f"{name}_f1"] = _share(2 * right[..., index], both)
    return told


@dataclass(frozen=True)
class BeatCounts:
    """EC57's matrix: annotated class in rows, found class in columns, ``ABSENT`` last in both.

    Attributes
    ----------
    matrix : ndarray of int64, shape (6, 6)
        Counts; the last row holds beats found where none is, the last column beats missed.
    given_up : ndarray of int64, shape (5,)
        Annotated beats, by class, that were not found where the software said that it could not
        analyse the signal. They are not in the matrix.
    """

    matrix: NDArray[np.int64]
    given_up: NDArray[np.int64] = field(default_factory=lambda: np.zeros(N_CLASSES, np.int64))

    @classmethod
    def empty(cls) -> "BeatCounts":
        """Return a matrix of zeros, to add to."""
        return cls(np.zeros((N_CLASSES + 1, N_CLASSES + 1), np.int64))

    @classmethod
    def of(  # noqa: PLR0917 - the two sides, then what is not judged
        cls,
        reference_s: NDArray[np.float64],
        reference_labels: NDArray[np.int64],
        found_s: NDArray[np.float64],
        found_labels: NDArray[np.int64],
        left_out: NDArray[np.float64],
        given_up: NDArray[np.float64] = NOWHERE,
    ) -> "BeatCounts":
        """Count one record.

        A pair is judged, or not, by the time of its annotated beat.

        Parameters
        ----------
        reference_s, reference_labels : ndarray, shape (n,)
            Annotated times and classes.
        found_s, found_labels : ndarray, shape (m,)
            Found times and classes.
        left_out : ndarray of float64, shape (k, 2)
            First and last second of stretches that are not judged.
        given_up : ndarray of float64, shape (l, 2)
            The same of stretches that the software calls not analysable.
        """
        partner = match_beats(reference_s, found_s)
        is_paired = partner >= 0
        columns = np.full(len(reference_s), ABSENT)
        columns[is_paired] = found_labels[partner[is_paired]]
        is_extra = np.ones(len(found_s), bool)
        is_extra[partner[is_paired]] = False
        judged = ~within(reference_s, left_out)
        is_given_up = judged & ~is_paired & within(reference_s, given_up)
        counted = judged & ~is_given_up
        extra = is_extra & ~within(found_s, left_out)
        matrix = cls.empty().matrix
        np.add.at(matrix, (reference_labels[counted], columns[counted]), 1)
        np.add.at(matrix[ABSENT], found_labels[extra], 1)
        return cls(matrix, np.bincount(reference_labels[is_given_up], minlength=N_CLASSES))

    def __add__(self, other: "BeatCounts") -> "BeatCounts":
        return BeatCounts(self.matrix + other.matrix, self.given_up + other.given_up)

    def with_given_up_missed(self) -> "BeatCounts":
        """Return the counts with what was given up among the missed beats, as ``bxb`` has it."""
        matrix = self.matrix.copy()
        matrix[:ABSENT, ABSENT] += self.given_up
        return BeatCounts(matrix)

    def detection(self) -> tuple[float, float]:
        """Return QRS sensitivity and positive predictivity."""
        return self._measure("qrs_sensitivity"), self._measure("qrs_predictivity")

    def missed(self, name: str) -> tuple[int, int]:
        """Return how many annotated beats of a class were not found, and of how many."""
        row = self.matrix[CLASSES.index(name)]
        return int(row[ABSENT]), int(row.sum())

    def sensitivity(self, name: str) -> float:
        """Return the share of a class's annotated beats found as such, missed ones included."""
        return self._measure(f"{name}_sensitivity")

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
        return self._measure(f"{name}_predictivity", ec57=ec57)

    def f1(self, name: str, *, ec57: bool) -> float:
        """Return the harmonic mean of sensitivity and predictivity."""
        return self._measure(f"{name}_f1", ec57=ec57)

    def accuracy(self) -> float:
        """Return the share of annotated beats that were found and named rightly."""
        return self._measure("accuracy")

    def _measure(self, name: str, *, ec57: bool = True) -> float:
        """Return a figure, 0 where there is nothing to be right about."""
        return float(np.nan_to_num(measures(self.matrix, ec57=ec57)[name]))


def _share(
    part: NDArray[np.int64] | np.int64, whole: NDArray[np.int64] | np.int64
) -> NDArray[np.float64]:
    shares = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares
