"""Atrial fibrillation, from the irregularity of RR intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import lfilter

from deepecg.rhythm.episodes import Episode
from deepecg.rhythm.settings import FibrillationSettings
from deepecg.rhythm.stream import BeatStream


@dataclass(frozen=True)
class Fibrillation:
    """Atrial fibrillation over a recording.

    Attributes
    ----------
    episodes : tuple of Episode
        In the order of time; none crosses a gap.
    beats : ndarray of bool, shape (n_beats,)
        Whether a beat lies in an episode.
    total_s : float
        Time in all episodes.
    burden_percent : float or None
        Of the time that can be analysed; None if there is none.
    longest_s : float or None
        Of the longest episode; None if there is none.
    mean_bpm : float or None
        Intervals in episodes over the time they cover; None if there are none.
    """

    episodes: tuple[Episode, ...]
    beats: NDArray[np.bool_]
    total_s: float
    burden_percent: float | None
    longest_s: float | None
    mean_bpm: float | None


def atrial_fibrillation(stream: BeatStream, settings: FibrillationSettings) -> Fibrillation:
    """Find atrial fibrillation: sustained irregularity that is no pattern of ectopic beats.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    settings : FibrillationSettings
        Window, thresholds and the shortest episode.

    Returns
    -------
    Fibrillation
        Episodes of at least ``settings.episode_s``.

    Notes
    -----
    Petrenas, Marozas & Sornmo, "Low-complexity detection of atrial fibrillation in continuous
    long-term monitoring", Comput Biol Med 2015 (doi:10.1016/j.compbiomed.2015.01.019).
    """
    irregular = np.zeros(len(stream.times_s), bool)
    gaps = np.flatnonzero(np.isnan(stream.rr_s))
    ends = np.append(gaps[1:], len(irregular))
    for first, end in zip(gaps, ends, strict=True):
        rr = stream.rr_s[first + 1 : end]
        if len(rr) >= settings.window_beats:
            irregular[first + 1 : end] = _score(rr, settings) > settings.threshold
    edges = np.flatnonzero(np.diff(np.concatenate([[False], irregular, [False]])))
    firsts, lasts = edges[::2] - 1, edges[1::2] - 1
    spans = stream.times_s[lasts] - stream.times_s[firsts]
    kept = spans >= settings.episode_s
    return _fibrillation(stream, firsts[kept], lasts[kept])


def _score(rr: NDArray[np.float64], settings: FibrillationSettings) -> NDArray[np.float64]:
    n = settings.window_beats
    median = median_filter(rr, 3, mode="nearest")
    trend = _smoothed(rr, settings.smoothing)
    differing = np.zeros(len(rr))
    for lag in range(1, n):
        unlike = np.zeros(len(rr))
        unlike[lag:] = np.abs(median[lag:] - median[:-lag]) > settings.alike_s
        differing += uniform_filter1d(unlike, n - lag, origin=(n - lag - 1) // 2) * (n - lag)
    irregularity = _smoothed(2 * differing / (n * (n - 1)), settings.smoothing) / trend
    ratio = uniform_filter1d(median, n) / uniform_filter1d(rr, n)
    patterned = _smoothed((ratio - 1) ** 2, settings.smoothing)
    return np.where(patterned < settings.bigeminy, patterned, irregularity)


def _smoothed(values: NDArray[np.float64], forgetting: float) -> NDArray[np.float64]:
    for _ in range(2):
        state = [(1 - forgetting) * values[0]]
        values = lfilter([forgetting], [1, forgetting - 1], values, zi=state)[0][::-1]
    return values


def _fibrillation(
    stream: BeatStream, firsts: NDArray[np.int64], lasts: NDArray[np.int64]
) -> Fibrillation:
    n_beats = len(stream.times_s)
    bounds = np.bincount(firsts, minlength=n_beats + 1) - np.bincount(
        lasts + 1, minlength=n_beats + 1
    )
    spans = stream.times_s[lasts] - stream.times_s[firsts]
    total_s = float(spans.sum())
    analysable_s = float(stream.analysable.sum())
    episodes = tuple(
        Episode(
            int(first),
            int(last),
            float(stream.times_s[first]),
            float(span),
            60 * float(last - first) / float(span),
        )
        for first, last, span in zip(firsts, lasts, spans, strict=True)
    )
    return Fibrillation(
        episodes,
        np.cumsum(bounds)[:n_beats] > 0,
        total_s,
        100 * total_s / analysable_s if analysable_s else None,
        float(spans.max()) if len(spans) else None,
        60 * float((lasts - firsts).sum()) / total_s if total_s else None,
    )
