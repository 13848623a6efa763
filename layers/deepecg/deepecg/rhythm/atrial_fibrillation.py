"""Atrial fibrillation, from the irregularity of RR intervals."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Bools, Floats, Ints
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import FibrillationSettings
from deepecg.signal.stretches import stretches
from deepecg.time_units import SECONDS_PER_MINUTE

TINY = 1e-9
"""Keeps logarithms and quotients finite where the intervals do not vary or are unknown."""


@dataclass(frozen=True)
class Fibrillation:
    """Atrial fibrillation over a recording.

    Attributes
    ----------
    episodes : tuple of Episode
        In the order of time; none crosses a gap. Fibrillation that continues across a gap is
        several episodes, each of which may be shorter than ``FibrillationSettings.episode_s``.
    beats : ndarray of bool, shape (n_beats,)
        Whether a beat lies in fibrillation.
    total_s : float
        Time in all episodes in seconds.
    burden_percent : float or None
        Share of the analysable time, or of the time in intervals if that is more (the former is
        counted in whole seconds); None if there is no analysable time.
    longest_s : float or None
        Duration of the longest episode in seconds; None if there is none.
    mean_bpm : float or None
        Number of intervals in episodes divided by the time they cover; None if there are none.
    """

    episodes: tuple[Episode, ...]
    beats: Bools
    total_s: float
    burden_percent: float | None
    longest_s: float | None
    mean_bpm: float | None

    def seconds_until(self, times_s: NDArray[np.floating]) -> Floats:
        """Return the time in episodes between the recording's start and each time, shape (n,)."""
        if not self.episodes:
            return np.zeros(len(times_s))
        spans = [(episode.start_s, episode.duration_s) for episode in self.episodes]
        starts, durations = np.array(spans).T
        before = np.cumsum(durations) - durations
        points = np.stack([starts, starts + durations], axis=1).ravel()
        passed = np.stack([before, before + durations], axis=1).ravel()
        return np.asarray(np.interp(times_s, points, passed))


def atrial_fibrillation(
    stream: BeatStream,
    settings: FibrillationSettings,
    has_p_waves: Bools | None = None,
    in_strip: Bools | None = None,
) -> Fibrillation:
    """Find atrial fibrillation: RR intervals that do not predict the next one.

    Parameters
    ----------
    stream : BeatStream
        The beats. Of their classes only V is used, since classifiers easily label conducted beats
        in fibrillation S.
    settings : FibrillationSettings
        Tolerance, windows, threshold and the shortest episode.
    has_p_waves : ndarray of bool, shape (n_beats,), optional
        Beats around which P waves keep their distance from the R peak, however irregular the
        intervals are: respiratory sinus arrhythmia, frequent ectopic beats, Wenckebach periods.
    in_strip : ndarray of bool, shape (n_beats,), optional
        Intervals that :func:`deepecg.rhythm.strip_fibrillation.fibrillation_in_strip` found.

    Returns
    -------
    Fibrillation
        Fibrillation that lasts at least ``settings.episode_s``, and that of a strip.

    Notes
    -----
    Irregularity is the coefficient of sample entropy of Lake & Moorman 2011
    (doi:10.1152/ajpheart.00561.2010): if two intervals match, do the intervals after them match as
    well? They do in sinus rhythm, and in bigeminy and trigeminy too. Intervals before and after
    ventricular beats are excluded. The differences between successive intervals must be large as
    well (RMSSD, Dash et al. 2009, doi:10.1007/s10439-009-9740-z). The two-state path of least cost
    (Viterbi 1967) then turns the irregularity at each beat into episodes.

    Where that path stays in fibrillation across a gap, fibrillation continues across it, and the
    time on both sides counts together towards ``settings.episode_s``. Single lost seconds do not
    end an episode.
    """
    known = np.isfinite(stream.rr_s)
    evidence = _evidence(stream, settings)
    if has_p_waves is not None:
        evidence[has_p_waves] = np.minimum(evidence[has_p_waves], -settings.evidence_limit)
    decided = _least_cost_path(evidence, settings.patience)
    # A window is irregular once three quarters of it are, so episodes would be a quarter too short.
    inside = _around(decided, 1 + 2 * (settings.window_beats // 4)) > 0
    stretch = np.cumsum(np.diff(inside, prepend=False) | (~known & ~decided))
    firsts, lasts = stretches(inside & known).T - 1
    spans = stream.times_s[lasts] - stream.times_s[firsts]
    lasting = np.bincount(stretch[lasts], spans, len(stretch) + 1) >= settings.episode_s
    inside &= lasting[stretch]
    if in_strip is not None:
        inside |= in_strip
    firsts, lasts = stretches(inside & known).T - 1
    return _fibrillation(stream, inside, firsts, lasts)


def of_episodes(stream: BeatStream, episodes: Iterable[Episode]) -> Fibrillation:
    """Return atrial fibrillation that consists of these episodes, such as a reviewer's.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    episodes : iterable of Episode
        Episodes without gaps inside that share no interval, in the order of time.
    """
    bounds = [(episode.first, episode.last) for episode in episodes]
    firsts, lasts = np.array(bounds, np.int64).reshape(-1, 2).T
    inside = np.zeros(len(stream.times_s), bool)
    for first, last in bounds:
        inside[first + 1 : last + 1] = True
    return _fibrillation(stream, inside, firsts, lasts)


def without_supraventricular(stream: BeatStream, inside: Bools) -> BeatStream:
    """Return a stream in which no beat inside atrial fibrillation is supraventricular.

    No beat is premature where the atria have no rhythm: what reaches the ventricles early is
    conducted like all others, and annotators call it N. So N receives the probability of S, and
    a beat of another class becomes N too if N and S together are more probable.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    inside : ndarray of bool, shape (n_beats,)
        Which beats lie in atrial fibrillation.
    """
    return stream.relabelled(inside, "S", "N")


def sample_entropy(stream: BeatStream, settings: FibrillationSettings) -> tuple[Floats, Floats]:
    """Return the coefficient of sample entropy around every beat.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : FibrillationSettings
        Tolerance and windows.

    Returns
    -------
    entropy, compared : ndarray of float64, shape (n_beats,)
        The coefficient, and the share of all comparisons in the window that it is based on:
        those that involve neither a ventricular beat nor a gap.
    """
    n_beats = len(stream.times_s)
    usable, rr = _usable(stream)
    compared, alike, again = np.zeros((3, n_beats), np.int16)
    twice = usable[1:] & usable[:-1]
    for apart in range(1, min(settings.apart_beats, n_beats - 2) + 1):
        near = np.abs(rr[apart:] - rr[:-apart]) < settings.alike_s
        both = twice[apart:] & twice[:-apart]
        first = near[:-1] & both
        middle = slice(1 + apart // 2, 1 + apart // 2 + len(both))
        compared[middle] += both
        alike[middle] += first
        again[middle] += first & near[1:]
    window = settings.window_beats
    n_alike, n_again, n_compared = (_around(each, window) for each in (alike, again, compared))
    n_usable = _around(usable, window)
    mean_rr = np.ones(n_beats)
    np.divide(_around(rr, window), n_usable, out=mean_rr, where=n_usable > 0)
    predicted = (n_again + 0.5) / (n_alike + 1)
    entropy = np.log(2 * settings.alike_s / mean_rr) - np.log(predicted)
    return entropy, n_compared / (window * settings.apart_beats)


def _evidence(stream: BeatStream, settings: FibrillationSettings) -> Floats:
    """Return the evidence for fibrillation at every beat; negative values are against it."""
    entropy, compared = sample_entropy(stream, settings)
    limit = settings.evidence_limit
    variation = np.log(_variation(stream, settings.window_beats) / settings.rmssd_share)
    evidence = np.clip(np.minimum(entropy - settings.threshold, variation), -limit, limit)
    evidence[compared < settings.compared_share] = settings.no_evidence
    gaps = np.flatnonzero(np.isnan(stream.rr_s[1:])) + 1
    evidence[gaps] = settings.no_evidence * (stream.times_s[gaps] - stream.times_s[gaps - 1])
    return evidence


def _variation(stream: BeatStream, window_beats: int) -> Floats:
    """Return the RMSSD around every beat, as a share of the mean interval."""
    usable, rr = _usable(stream)
    pairs = usable & np.append(False, usable[:-1])[: len(usable)]
    steps = np.where(pairs, np.diff(rr, prepend=0.0), 0.0)
    squares = _around(steps**2, window_beats) / np.maximum(_around(pairs, window_beats), 1)
    mean_rr = _around(rr, window_beats) / np.maximum(_around(usable, window_beats), 1)
    return np.sqrt(np.maximum(squares, TINY)) / np.maximum(mean_rr, TINY)


def _usable(stream: BeatStream) -> tuple[Bools, Floats]:
    """Return which intervals involve neither a ventricular beat nor a gap, and the intervals."""
    ventricular = stream.is_class("V")
    usable = np.isfinite(stream.rr_s) & ~ventricular
    usable[1:] &= ~ventricular[:-1]
    return usable, np.where(usable, stream.rr_s, 0.0)


def _least_cost_path(evidence: Floats, patience: float) -> Bools:
    """Return the path with most evidence, where each change of state costs ``patience``."""
    advantage = -patience
    advantages = []
    for each in evidence.tolist():
        advantage = min(max(advantage, -patience), patience) + each
        advantages.append(advantage)
    ahead = np.array(advantages)
    # Backwards: a state lasts until the advantage of the other one exceeds the cost of a change.
    decided = np.abs(ahead) > patience
    decided[-1:] = True
    n_beats = len(ahead)
    after = np.where(decided, np.arange(n_beats), n_beats)[::-1]
    return ahead[np.minimum.accumulate(after)[::-1]] > 0


def _around(values: Bools | NDArray[np.int16] | Floats, n_beats: int) -> Floats:
    """Return the sum of ``values`` over ``n_beats`` centred on every beat."""
    half = n_beats // 2
    total: Floats = np.append(0.0, np.cumsum(values, dtype=np.float64))
    total = np.pad(total, half, mode="edge")
    return total[2 * half + 1 :] - total[: -2 * half - 1]


def _fibrillation(stream: BeatStream, inside: Bools, firsts: Ints, lasts: Ints) -> Fibrillation:
    """Return these episodes as a result; ``inside`` are the beats that end their intervals."""
    beats = inside.copy()
    beats[firsts] = True
    spans = stream.times_s[lasts] - stream.times_s[firsts]
    total_s = float(spans.sum())
    analysable_s = float(stream.analysable.sum())
    whole_s = max(analysable_s, float(np.nansum(stream.rr_s)))
    columns = (column.tolist() for column in (firsts, lasts, stream.times_s[firsts], spans))
    episodes = tuple(
        Episode(first, last, start_s, span_s, SECONDS_PER_MINUTE * (last - first) / span_s)
        for first, last, start_s, span_s in zip(*columns, strict=True)
    )
    return Fibrillation(
        episodes,
        beats,
        total_s,
        100 * total_s / whole_s if analysable_s else None,
        float(spans.max()) if len(spans) else None,
        SECONDS_PER_MINUTE * float((lasts - firsts).sum()) / total_s if total_s else None,
    )
