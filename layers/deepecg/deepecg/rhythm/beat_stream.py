"""A stream of classified beats: all that rhythm analysis works on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.relabelling import with_moved_probability
from deepecg.rhythm.episode import RATE_DIGITS, Episode
from deepecg.time_units import SECONDS_PER_MINUTE


@dataclass(frozen=True)
class BeatStream:
    """Analysable beats in the order of time, from the classifier or from reference annotations.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds from the recording's start.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval to the beat before in seconds; NaN for the first beat and across gaps, which are
        stretches that cannot be analysed. No run and no episode crosses a gap.
    probabilities : ndarray of float32, shape (n_beats, 5)
        Probability of each class, in the order of :data:`deepecg.beats.aami_classes.CLASSES`.
    pause_confirmed : ndarray of bool, shape (n_beats,)
        Whether the interval before the beat is long enough for a pause and electrically quiet, so
        that no beat was missed in it.
    analysable : ndarray of bool, shape (n_seconds,)
        Which seconds of the recording can be analysed.
    midnight_s : float or None
        Seconds from midnight to the recording's start by the recorder's clock, from 0 to 86,400;
        None if the time of day is unknown.
    """

    times_s: Floats
    rr_s: Floats
    probabilities: Floats32
    pause_confirmed: Bools
    analysable: Bools
    midnight_s: float | None = None

    @classmethod
    def of_labels(
        cls,
        times_s: Floats,
        rr_s: Floats,
        labels: Ints,
        pause_confirmed: Bools,
        analysable: Bools,
        *,
        midnight_s: float | None = None,
    ) -> Self:
        """Return a stream of beats whose classes are certain, such as reference annotations.

        Parameters
        ----------
        labels : ndarray of int64, shape (n_beats,)
            Index into :data:`deepecg.beats.aami_classes.CLASSES`.
        times_s, rr_s, pause_confirmed, analysable, midnight_s
            See the class.
        """
        certain = np.eye(len(CLASSES), dtype=np.float32)[labels]
        return cls(times_s, rr_s, certain, pause_confirmed, analysable, midnight_s)

    @cached_property
    def labels(self) -> Ints:
        """The most probable class of each beat, as an index into ``CLASSES``, shape (n_beats,)."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def is_class(self, name: str) -> Bools:
        """Return which beats are of a class (``N``, ``S``, ``V``, ``F`` or ``Q``)."""
        return np.asarray(self.labels == CLASSES.index(name))

    def relabelled(self, beats: Bools, sources: str, target: str) -> Self:
        """Return a stream in which a class has the probability of others as well, at some beats.

        The parameters are those of :func:`~deepecg.beats.relabelling.with_moved_probability`.
        """
        moved = with_moved_probability(self.probabilities, beats, sources, target)
        return replace(self, probabilities=moved)

    def within(self, episodes: Iterable[Episode]) -> Bools:
        """Return which beats lie in any of these episodes, shape (n_beats,)."""
        inside = np.zeros(len(self.times_s), bool)
        for episode in episodes:
            inside[episode.first : episode.last + 1] = True
        return inside

    def samples(self, sampling_rate_hz: float) -> Ints:
        """Return the R peaks as sample numbers at a rate, shape (n_beats,)."""
        return np.rint(self.times_s * sampling_rate_hz).astype(np.int64)

    def episodes(self, first: Ints, last: Ints) -> tuple[Episode, ...]:
        """Return the episodes between pairs of beats. No pair may have a gap inside.

        Parameters
        ----------
        first, last : ndarray of int64, shape (n_episodes,)
            Indices of the beats, with ``first <= last``.

        Returns
        -------
        tuple of Episode
            In the order of the input.
        """
        start = self.times_s[first]
        duration = self.times_s[last] - start
        n_intervals = last - first
        rate = SECONDS_PER_MINUTE * n_intervals / np.where(n_intervals > 0, duration, 1)
        rates = np.round(rate, RATE_DIGITS)
        columns = (column.tolist() for column in (first, last, start, duration, rates))
        return tuple(
            Episode(i, j, start_s, duration_s, bpm if j > i else None)
            for i, j, start_s, duration_s, bpm in zip(*columns, strict=True)
        )
