"""Atrial flutter with more than two flutter waves a beat, from the beats that lie in them."""

import numpy as np

from deepecg.arrays import Bools
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import FlutterSettings
from deepecg.signal.stretches import stretches


def atrial_flutter(
    stream: BeatStream, with_flutter_waves: Bools, fibrillation: Bools, settings: FlutterSettings
) -> tuple[Episode, ...]:
    """Find episodes of atrial flutter.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    with_flutter_waves : ndarray of bool, shape (n_beats,)
        From :func:`deepecg.waves.flutter_waves.beats_with_flutter_waves`.
    fibrillation : ndarray of bool, shape (n_beats,)
        Beats in atrial fibrillation, in which coarse waves resemble flutter for a while.
    settings : FlutterSettings
        The shortest episode, and the longest time without flutter waves in it.

    Returns
    -------
    tuple of Episode
        In the order of time; none crosses a gap.
    """
    inside = with_flutter_waves & ~fibrillation
    for first, stop in stretches(~inside):
        is_between = first > 0 and stop < len(inside)
        if is_between and stream.times_s[stop] - stream.times_s[first - 1] <= settings.joined_s:
            inside[first:stop] = True
    known = np.isfinite(stream.rr_s)
    found = [
        (start, end)
        for first, stop in stretches(inside)
        for start, end in _without_gaps(known, int(first), int(stop))
        if stream.times_s[end] - stream.times_s[start] >= settings.episode_s
    ]
    return stream.episodes(*np.array(found, np.int64).reshape(-1, 2).T)


def _without_gaps(known: Bools, first: int, stop: int) -> list[tuple[int, int]]:
    """Return first and last beat of each part of a stretch that has no gap inside."""
    starts = [first, *(np.flatnonzero(~known[first + 1 : stop]) + first + 1).tolist()]
    return list(zip(starts, [start - 1 for start in starts[1:]] + [stop - 1], strict=True))
