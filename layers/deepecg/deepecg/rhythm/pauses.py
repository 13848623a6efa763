"""Pauses: long RR intervals in which no beat was missed; and those of which it is not known.

Whether the heart stood still or an electrode came off, a detector finds no beat. Where the signal
does not tell which it was, the pause is not confirmed, and no rate is computed from it.
"""

from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.rr_intervals import is_at_least
from deepecg.beats.settings import PauseSettings
from deepecg.rhythm.beat_stream import BeatStream, episodes_between
from deepecg.rhythm.episodes import Episode


@dataclass(frozen=True)
class Pauses:
    """Pauses of a recording.

    Attributes
    ----------
    episodes : tuple of Episode
        From R peak to R peak, in the order of time.
    unconfirmed : tuple of Episode
        Stretches as long without a beat that are not known to be quiet, in the order of time:
        a beat may have been missed there, or the electrode came off. Between two beats, they
        are those on either side. Where analysable time begins or ends without a beat, at the
        recording's ends and beside gaps, both ``first`` and ``last`` are the beat next to it (of
        a stretch between two gaps the beat before, if there is one), and start and duration are
        those of the analysable time. A rate they have not.
    without_beats_s : float
        Analysable time that lies in no interval known to hold no missed beat.
    """

    episodes: tuple[Episode, ...]
    unconfirmed: tuple[Episode, ...]
    without_beats_s: float

    @property
    def unconfirmed_count(self) -> int:
        """How many stretches are not known to be quiet."""
        return len(self.unconfirmed)

    @property
    def longest(self) -> Episode | None:
        """The longest pause, the first of several; None if there is none."""
        return _longest(self.episodes)

    @property
    def longest_unconfirmed(self) -> Episode | None:
        """The longest stretch that is not known to be quiet; None if there is none."""
        return _longest(self.unconfirmed)


def pauses(stream: BeatStream, settings: PauseSettings) -> Pauses:
    """Find the pauses: quiet intervals of at least ``settings.pause_s``.

    A pause after an ectopic beat is a pause as well; an interval across a gap is none.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : PauseSettings
        How long a pause is.

    Returns
    -------
    Pauses
        Those that are confirmed, and those that are not.
    """
    long = is_at_least(stream.rr_s, settings.pause_s)
    after = np.flatnonzero(long & stream.pause_confirmed)
    unconfirmed = np.flatnonzero(long & ~stream.pause_confirmed)
    between = _Stretches(
        unconfirmed - 1, unconfirmed, stream.times_s[unconfirmed - 1], stream.rr_s[unconfirmed]
    )
    beside = _beside_gaps(stream)
    return Pauses(
        episodes_between(stream, after - 1, after),
        between.joined(beside.of(is_at_least(beside.duration_s, settings.pause_s))).episodes(),
        _without_beats_s(without_unconfirmed(stream, settings)),
    )


def without_unconfirmed(stream: BeatStream, settings: PauseSettings) -> BeatStream:
    """Return a stream with NaN for the long intervals in which a beat may have been missed.

    They are as unknown as those across gaps: no rate and no pattern rests on them.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : PauseSettings
        Which intervals are long.

    Returns
    -------
    BeatStream
        The same beats.
    """
    unknown = is_at_least(stream.rr_s, settings.pause_s) & ~stream.pause_confirmed
    return replace(stream, rr_s=np.where(unknown, np.nan, stream.rr_s))


@dataclass(frozen=True)
class _Stretches:
    """Stretches of time, each with the beats on either side."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    start_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]

    def of(self, which: NDArray[np.bool_]) -> "_Stretches":
        return _Stretches(*(column[which] for column in vars(self).values()))

    def joined(self, other: "_Stretches") -> "_Stretches":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Stretches(*(np.concatenate(pair) for pair in pairs))

    def episodes(self) -> tuple[Episode, ...]:
        """Return them in the order of time."""
        order = np.argsort(self.start_s, kind="stable")
        return tuple(
            map(
                Episode,
                self.first[order].tolist(),
                self.last[order].tolist(),
                self.start_s[order].tolist(),
                self.duration_s[order].tolist(),
                repeat(None),
            )
        )


def _beside_gaps(stream: BeatStream) -> _Stretches:
    """Return where analysable time begins, to its first beat, and from its last to its end."""
    edges = np.flatnonzero(np.diff(stream.analysable, prepend=False, append=False))
    begins, ends = edges[::2].astype(np.float64), edges[1::2].astype(np.float64)
    n_beats = len(stream.times_s)
    if not n_beats:
        begins = ends = np.empty(0)
    first = np.searchsorted(stream.times_s, begins)
    last = np.searchsorted(stream.times_s, ends) - 1
    empty = first > last
    beat_before = np.maximum(last, 0)
    first_s = stream.times_s[np.minimum(first, n_beats - 1)]
    last_s = stream.times_s[beat_before]
    heads = _Stretches(first, first, begins, first_s - begins).of(~empty)
    tails = _Stretches(last, last, last_s, ends - last_s).of(~empty)
    islands = _Stretches(beat_before, beat_before, begins, ends - begins).of(empty)
    return heads.joined(tails).joined(islands)


def _without_beats_s(known: BeatStream) -> float:
    """Return the analysable time outside all known intervals."""
    analysable_until = np.concatenate([[0.0], np.cumsum(known.analysable)])
    passed = np.interp(known.times_s, np.arange(len(analysable_until)), analysable_until)
    covered = np.diff(passed, prepend=0.0)[np.isfinite(known.rr_s)]
    return max(float(analysable_until[-1] - covered.sum()), 0.0)


def _longest(stretches: tuple[Episode, ...]) -> Episode | None:
    return max(stretches, key=lambda stretch: stretch.duration_s, default=None)
