"""Beat-by-beat comparison of ANSI/AAMI EC57: pairing, confusion matrix and metrics.

As PhysioNet's reference implementation ``bxb`` counts:

- A found beat is paired with an annotated one if the two are at most 150 ms apart and neither has
  a nearer neighbour.
- A V found on an annotated F or Q is no false V, an S found on a Q is no false S. F and Q
  have a row and a column like any other class; for detection they are beats.
- An annotated beat that is not found while the software reports the signal as not analysable
  ("shutdown") is counted separately. ``bxb`` adds these beats to the missed ones; here they
  are excluded from sensitivity and reported beside it.
"""

from dataclasses import dataclass, field

import numpy as np

from deepecg.arrays import Bools, Floats, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.time_units import ROUNDING_S
from training.field_sums import add_fields

WINDOW_S = 0.150
"""A found beat matches an annotated one within this time (EC57, 4.3.2)."""
LEARNING_S = 300.0
"""Learning period: the first five minutes are not compared (EC57)."""
NO_FALSE_POSITIVE = {"V": "FQ", "S": "Q"}
"""Annotated classes on which a found V or S is no false positive."""
N_CLASSES = len(CLASSES)
ABSENT = N_CLASSES
"""Row of extra beats, found where none is annotated; column of missed beats."""
NO_SEGMENTS: Floats = np.empty((0, 2))
"""An empty list of segments of time."""


def match_beats(reference_s: Floats, found_s: Floats) -> Ints:
    """Pair annotated beats with found ones, each at most once.

    Walks both lists in the order of time, as ``bxb`` does. The earlier of the two current beats is
    paired with the other if that lies within the window, unless the next beat of its own list is
    as near to the other or nearer; otherwise it stays unpaired.

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


def within(times_s: Floats, segments: Floats) -> Bools:
    """Return which times lie in any of the segments, their ends included.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n,)
        Times.
    segments : ndarray of float64, shape (k, 2)
        First and last second.
    """
    inside = np.zeros(len(times_s), bool)
    for first, last in segments:
        inside |= (times_s >= first) & (times_s <= last)
    return inside


def metrics(matrices: Ints, *, ec57: bool) -> dict[str, Floats]:
    """Return the metrics of one matrix, or of many at once.

    Parameters
    ----------
    matrices : ndarray of int64, shape (..., 6, 6)
        As in :class:`BeatCounts`.
    ec57 : bool
        Whether a V on an annotated F or Q, and an S on a Q, is no false positive
        (:data:`NO_FALSE_POSITIVE`).

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        ``accuracy``, the share of annotated beats that are found with their class;
        ``qrs_sensitivity``, ``qrs_predictivity``; and sensitivity, predictivity and F1 of every
        class, such as ``V_f1``. NaN where the denominator is 0; F1 also where no beat of the
        class is annotated.
    """
    annotated = matrices[..., :ABSENT, :].sum(axis=-1)  # (..., 5)
    named = matrices[..., :ABSENT].sum(axis=-2)  # (..., 5)
    beats = matrices[..., :ABSENT, :ABSENT].sum(axis=(-2, -1))
    right = np.diagonal(matrices, axis1=-2, axis2=-1)[..., :ABSENT]
    values = {
        "accuracy": _share(right.sum(axis=-1), annotated.sum(axis=-1)),
        "qrs_sensitivity": _share(beats, annotated.sum(axis=-1)),
        "qrs_predictivity": _share(beats, named.sum(axis=-1)),
    }
    for index, name in enumerate(CLASSES):
        compared = named[..., index]
        if ec57:
            for other in NO_FALSE_POSITIVE.get(name, ""):
                compared = compared - matrices[..., CLASSES.index(other), index]
        values[f"{name}_sensitivity"] = _share(right[..., index], annotated[..., index])
        values[f"{name}_predictivity"] = _share(right[..., index], compared)
        both = np.where(annotated[..., index] > 0, annotated[..., index] + compared, 0)
        values[f"{name}_f1"] = _share(2 * right[..., index], both)
    return values


@dataclass(frozen=True)
class BeatCounts:
    """EC57's matrix: annotated class in rows, found class in columns, ``ABSENT`` last in both.

    Attributes
    ----------
    matrix : ndarray of int64, shape (6, 6)
        Counts; the last row holds the extra beats, the last column the missed ones.
    not_analysable : ndarray of int64, shape (5,)
        Annotated beats, by class, that were not found in segments that the software reports as
        not analysable. They are not in the matrix.
    """

    matrix: Ints
    not_analysable: Ints = field(default_factory=lambda: np.zeros(N_CLASSES, np.int64))

    @classmethod
    def empty(cls) -> "BeatCounts":
        """Return a matrix of zeros, to add to."""
        return cls(np.zeros((N_CLASSES + 1, N_CLASSES + 1), np.int64))

    @classmethod
    def of(  # noqa: PLR0917 - the two sides, then what is not compared
        cls,
        reference_s: Floats,
        reference_labels: Ints,
        found_s: Floats,
        found_labels: Ints,
        excluded: Floats,
        not_analysable: Floats = NO_SEGMENTS,
    ) -> "BeatCounts":
        """Count the beats of one record.

        The time of the annotated beat decides whether a pair is excluded.

        Parameters
        ----------
        reference_s, reference_labels : ndarray, shape (n,)
            Annotated times and classes.
        found_s, found_labels : ndarray, shape (m,)
            Found times and classes.
        excluded : ndarray of float64, shape (k, 2)
            First and last second of segments that are not compared.
        not_analysable : ndarray of float64, shape (l, 2)
            First and last second of segments that the software reports as not analysable.
        """
        partner = match_beats(reference_s, found_s)
        is_paired = partner >= 0
        columns = np.full(len(reference_s), ABSENT)
        columns[is_paired] = found_labels[partner[is_paired]]
        is_extra = np.ones(len(found_s), bool)
        is_extra[partner[is_paired]] = False
        compared = ~within(reference_s, excluded)
        is_shutdown = compared & ~is_paired & within(reference_s, not_analysable)
        counted = compared & ~is_shutdown
        extra = is_extra & ~within(found_s, excluded)
        matrix = cls.of_classes(reference_labels[counted], columns[counted]).matrix
        np.add.at(matrix[ABSENT], found_labels[extra], 1)
        return cls(matrix, np.bincount(reference_labels[is_shutdown], minlength=N_CLASSES))

    @classmethod
    def of_classes(cls, annotated: Ints, found: Ints) -> "BeatCounts":
        """Count pairs of an annotated class and the found one, :data:`ABSENT` if missed."""
        matrix = cls.empty().matrix
        np.add.at(matrix, (annotated, found), 1)
        return cls(matrix)

    __add__ = add_fields

    def with_not_analysable_missed(self) -> "BeatCounts":
        """Return the counts with not analysable beats among the missed ones, as ``bxb`` does."""
        matrix = self.matrix.copy()
        matrix[:ABSENT, ABSENT] += self.not_analysable
        return BeatCounts(matrix)

    def detection(self) -> tuple[float, float]:
        """Return QRS sensitivity and positive predictivity."""
        return self.metric("qrs_sensitivity"), self.metric("qrs_predictivity")

    def missed(self, name: str) -> tuple[int, int]:
        """Return the numbers of missed and of annotated beats of a class."""
        row = self.matrix[CLASSES.index(name)]
        return int(row[ABSENT]), int(row.sum())

    def metric(self, name: str, *, ec57: bool = True) -> float:
        """Return one of the :func:`metrics`, such as ``V_f1``, 0 where it is not defined."""
        return float(np.nan_to_num(metrics(self.matrix, ec57=ec57)[name]))


def _share(part: Ints | np.int64, whole: Ints | np.int64) -> Floats:
    shares = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares
