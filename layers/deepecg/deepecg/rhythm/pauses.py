"""Pauses: long RR intervals, confirmed to be electrically quiet or not.

A detector finds no beat when the heart stops and when an electrode comes off. Where the signal does
not show which it was, the pause is unconfirmed, and no rate is computed from it.
"""

from dataclasses import dataclass, replace

import numpy as np

from deepecg.arrays import Floats
from deepecg.beats.rr_intervals import is_at_least
from deepecg.beats.settings import PauseSettings
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.event_kinds import by_duration
from deepecg.signal.stretches import stretches


@dataclass(frozen=True)
class Pauses:
    """Pauses of a recording.

    Attributes
    ----------
    episodes : tuple of Episode
        Confirmed pauses, from R peak to R peak, in the order of time.
    unconfirmed : tuple of Episode
        Stretches of at least the same length without a beat that are not confirmed to be quiet,
        in the order of time: a beat may have been missed, or the electrode came off. Between two
        beats, ``first`` and ``last`` are these beats. Where analysable time begins or ends
        without a beat, at the recording's ends and beside gaps, both are the beat next to the
        stretch (between two gaps the beat before, if there is one), and start and duration are
        those of the analysable time. Their rate is None.
    without_beats_s : float
        Analysable time in seconds outside all intervals in which no beat can have been missed.
    """

    episodes: tuple[Episode, ...]
    unconfirmed: tuple[Episode, ...]
    without_beats_s: float

    @property
    def longest(self) -> Episode | None:
        """The longest confirmed pause, the first of several; None if there is none."""
        return max(self.episodes, key=by_duration, default=None)

    @property
    def longest_unconfirmed(self) -> Episode | None:
        """The longest unconfirmed pause; None if there is none."""
        return max(self.unconfirmed, key=by_duration, default=None)


def pauses(stream: BeatStream, settings: PauseSettings) -> Pauses:
    """Find the pauses: quiet intervals of at least ``settings.pause_s``.

    A pause after an ectopic beat counts; an interval across a gap does not.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : PauseSettings
        Shortest duration of a pause.

    Returns
    -------
    Pauses
        Confirmed and unconfirmed pauses.
    """
    long = is_at_least(stream.rr_s, settings.pause_s)
    after = np.flatnonzero(long & stream.pause_confirmed)
    unconfirmed = np.flatnonzero(long & ~stream.pause_confirmed)
    beside = _beside_gaps(stream)
    beside = beside[:, is_at_least(beside[-1], settings.pause_s)]
    starts_s, durations_s = stream.times_s[unconfirmed - 1], stream.rr_s[unconfirmed]
    between = np.array([unconfirmed - 1, unconfirmed, starts_s, durations_s])
    found = np.column_stack([between, beside])
    in_time = found[:, np.argsort(found[2], kind="stable")].T.tolist()
    return Pauses(
        stream.episodes(after - 1, after),
        tuple(
            Episode(int(first), int(last), start_s, duration_s, None)
            for first, last, start_s, duration_s in in_time
        ),
        _without_beats_s(without_unconfirmed(stream, settings)),
    )


def without_unconfirmed(stream: BeatStream, settings: PauseSettings) -> BeatStream:
    """Return a stream with NaN for the long intervals in which a beat may have been missed.

    Like intervals across gaps, they enter no rate and no pattern.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : PauseSettings
        Shortest duration of a pause.

    Returns
    -------
    BeatStream
        The same beats.
    """
    unknown = is_at_least(stream.rr_s, settings.pause_s) & ~stream.pause_confirmed
    return replace(stream, rr_s=np.where(unknown, np.nan, stream.rr_s))


def _beside_gaps(stream: BeatStream) -> Floats:
    """Return the analysable time before the first and after the last beat between two gaps.

    The rows are the beat before, the beat after, the start and the duration in seconds.
    """
    begins, ends = stretches(stream.analysable).T.astype(np.float64)
    n_beats = len(stream.times_s)
    if not n_beats:
        begins = ends = np.empty(0)
    # A beat in the fraction after the last whole second belongs to that second.
    times_s = np.minimum(stream.times_s, len(stream.analysable))
    second = np.minimum(np.floor(times_s), len(stream.analysable) - 1)
    first = np.searchsorted(second, begins)
    last = np.searchsorted(second, ends) - 1
    empty = first > last
    beat_before = np.maximum(last, 0)
    first_s = times_s[np.minimum(first, n_beats - 1)]
    last_s = times_s[beat_before]
    heads = np.array([first, first, begins, first_s - begins])[:, ~empty]
    tails = np.array([last, last, last_s, ends - last_s])[:, ~empty]
    islands = np.array([beat_before, beat_before, begins, ends - begins])[:, empty]
    return np.column_stack([heads, tails, islands])


def _without_beats_s(known: BeatStream) -> float:
    """Return the analysable time in seconds outside all known intervals."""
    analysable_until = np.concatenate([[0.0], np.cumsum(known.analysable)])
    passed = np.interp(known.times_s, np.arange(len(analysable_until)), analysable_until)
    covered = np.diff(passed, prepend=0.0)[np.isfinite(known.rr_s)]
    return max(float(analysable_until[-1] - covered.sum()), 0.0)
