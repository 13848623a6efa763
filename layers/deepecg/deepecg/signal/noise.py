"""Which seconds of a lead are too noisy: beats found in them cannot be trusted.

Noise of muscles and of moving electrodes lies in the band of QRS complexes, so no filter of the
signal tells it from beats; the beats that are found do. Four shares measure the lead around each
of its beats, all small on a clean lead and all relative to the lead itself, so that gain and
polarity change nothing:

1. unlikeness of the beat, its P and T waves included: 1 less the correlation with that of the
   beats around which is most like it. Ventricular beats are like other ventricular beats, and a
   single one among others does not move the median;
2. the same of the QRS complex alone, which muscle noise distorts first;
3. wander: how far the level before the QRS lies from its median, over the height of a QRS;
4. what stands between beats: the highest QRS energy outside QRS and T wave, over that of a beat.

No one of them will do: atrial fibrillation fills the time between beats, ventricular ones are
unlike each other at times, flutter has no level. Noise moves all four, so their weighted geometric
mean, taken over some seconds, is the index. Noise begins where it is high and lasts until it
is low. Weights and thresholds were chosen on training records (``training/evaluate_noise_gate.py``).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_closing,
    binary_dilation,
    label,
    maximum_filter1d,
    median_filter,
    percentile_filter,
    uniform_filter1d,
)

from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.qrs_energy import qrs_energy
from deepecg.signal.settings import NoiseSettings, QrsSettings

MIN_BEATS = 3
"""Fewer say nothing about each other."""
PIECE_BEATS = 20_000
"""Beats compared at a time, to bound the memory."""
PIECE_S = 3600
"""Seconds of energy computed at a time, for the same reason."""

Shares = NDArray[np.float64]


def noisy_seconds(
    lead: ConditionedLead,
    r_peaks: NDArray[np.float64],
    n_seconds: int,
    noise: NoiseSettings,
    qrs: QrsSettings,
) -> NDArray[np.bool_]:
    """Return which seconds of a lead are too noisy.

    Parameters
    ----------
    lead : ConditionedLead
        The lead.
    r_peaks : ndarray of float64, shape (n_beats,)
        Beats found on this lead alone, in samples: another lead's noise does not matter.
    n_seconds : int
        Seconds of the signal to judge.
    noise : NoiseSettings
        Thresholds.
    qrs : QrsSettings
        What QRS energy is.

    Returns
    -------
    ndarray of bool, shape (n_seconds,)
        Seconds of the signal, ``lead.rate_hz`` samples each.
    """
    index = noise_index(lead.signal, lead.rate_hz, r_peaks, n_seconds, noise, qrs)
    return _lasting(index, noise)


def noise_index(  # noqa: PLR0917 - as noisy_seconds, and what a lead consists of
    signal: NDArray[np.float32],
    rate_hz: int,
    r_peaks: NDArray[np.float64],
    n_seconds: int,
    noise: NoiseSettings,
    qrs: QrsSettings,
) -> Shares:
    """Return the noise of every second, 0 where there are too few beats to tell.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    rate_hz : int
        Its sampling rate.
    r_peaks, n_seconds, noise, qrs
        As of :func:`noisy_seconds`.

    Returns
    -------
    ndarray of float64, shape (n_seconds,)
        Weighted geometric mean of the four shares.
    """
    if len(r_peaks) < MIN_BEATS:
        return np.zeros(n_seconds)
    beats = np.rint(r_peaks).astype(np.int64)
    unlike, unlike_qrs, wander = _of_beats(signal, beats, rate_hz, noise)
    nearest = np.searchsorted(beats, (np.arange(n_seconds) + 0.5) * rate_hz)
    nearest = np.minimum(nearest, len(beats) - 1)
    shares = (
        (noise.unlike_weight, unlike[nearest], 1.0),
        (noise.unlike_qrs_weight, unlike_qrs[nearest], 1.0),
        (noise.wander_weight, wander[nearest], noise.wander_limit_share),
        (
            noise.between_weight,
            _between_beats(signal, beats, nearest, rate_hz, noise, qrs),
            noise.between_limit_share,
        ),
    )
    logs = sum(
        weight * np.log(np.clip(share, noise.least_share, most)) for weight, share, most in shares
    )
    return np.exp(uniform_filter1d(logs / sum(weight for weight, *_ in shares), noise.average_s))


def _lasting(index: Shares, noise: NoiseSettings) -> NDArray[np.bool_]:
    """Return the seconds between the first and last low ones around every high one."""
    low = index > noise.lasts_above_share
    reach = noise.join_s
    low = binary_closing(np.pad(low, reach), np.ones(reach + 1, bool))[reach:-reach]
    stretch, n_stretches = label(low)
    noisy = np.zeros(n_stretches + 1, bool)
    noisy[stretch[index > noise.begins_above_share]] = True
    noisy[0] = False
    return np.asarray(binary_dilation(noisy[stretch], np.ones(2 * noise.extend_s + 1, bool)))


def _of_beats(
    signal: NDArray[np.float32], beats: NDArray[np.int64], rate_hz: int, noise: NoiseSettings
) -> tuple[Shares, Shares, Shares]:
    """Return unlikeness of beats and of QRS complexes, and wander, each shape (n_beats,)."""
    unlike, unlike_qrs, level, height = np.empty((4, len(beats)))
    for piece, inner in _pieces(len(beats), noise.neighbour_beats):
        near = beats[piece]
        qrs = _windows(signal, near, rate_hz, (-noise.qrs_s, noise.qrs_s))
        whole = _windows(signal, near, rate_hz, (-noise.before_s, noise.after_s))
        kept = slice(piece.start + inner.start, piece.start + inner.stop)
        unlike[kept] = _unlike(whole, noise.neighbour_beats)[inner]
        unlike_qrs[kept] = _unlike(qrs, noise.neighbour_beats)[inner]
        ahead = (-noise.level_from_s, -noise.level_until_s)
        level[kept] = _windows(signal, near, rate_hz, ahead).mean(axis=1)[inner]
        height[kept] = (qrs.max(axis=1) - qrs.min(axis=1))[inner]
    away = np.abs(level - median_filter(level, noise.around_beats, mode="nearest"))
    usual = median_filter(height, noise.usual_beats, mode="nearest")
    wander = percentile_filter(
        _over(away, usual), 100 * noise.wander_rank_share, noise.around_beats, mode="nearest"
    )
    return (
        median_filter(unlike, noise.around_beats, mode="nearest"),
        median_filter(unlike_qrs, noise.around_beats, mode="nearest"),
        wander,
    )


def _between_beats(  # noqa: PLR0917 - as noise_index, and its beats
    signal: NDArray[np.float32],
    beats: NDArray[np.int64],
    nearest: NDArray[np.int64],
    rate_hz: int,
    noise: NoiseSettings,
    qrs: QrsSettings,
) -> Shares:
    """Return the highest energy between beats over that of the nearest, shape (n_seconds,)."""
    n_seconds = len(nearest)
    before, after = (round(s * rate_hz) for s in (qrs.refractory_s, qrs.wave_s))
    reach = round(noise.qrs_s / 2 * rate_hz)
    highest, heights = np.zeros(n_seconds), np.empty(len(beats))
    for first in range(0, n_seconds, PIECE_S):
        stop = min(first + PIECE_S, n_seconds)
        begin = max(first - 1, 0) * rate_hz
        energy = qrs_energy(signal[begin : (stop + 1) * rate_hz], rate_hz, qrs)
        end = stop * rate_hz if stop < n_seconds else len(signal)
        inside = slice(*np.searchsorted(beats, (first * rate_hz, end)))
        around = slice(*np.searchsorted(beats, (begin - after, begin + len(energy) + before)))
        at = np.clip(beats[inside] - begin, 0, len(energy) - 1)
        heights[inside] = maximum_filter1d(energy, 2 * reach + 1)[at]
        apart = np.zeros(len(energy) + 1, np.int64)
        np.add.at(apart, np.clip(beats[around] - before - begin, 0, len(energy)), 1)
        np.add.at(apart, np.clip(beats[around] + after + 1 - begin, 0, len(energy)), -1)
        energy[np.cumsum(apart[:-1]) > 0] = 0
        own = energy[first * rate_hz - begin :][: (stop - first) * rate_hz]
        starts = np.arange(0, len(own), rate_hz)
        highest[first : first + len(starts)] = np.maximum.reduceat(own, starts)
    usual = median_filter(heights, noise.usual_beats, mode="nearest")
    highest = median_filter(highest, noise.between_s, mode="nearest")
    return _over(highest, usual[nearest])


def _unlike(windows: NDArray[np.float32], neighbours: int) -> Shares:
    """Return 1 less the highest correlation of every window with its neighbours."""
    shapes = windows - windows.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(shapes, axis=1, keepdims=True)
    shapes = np.divide(shapes, norm, out=np.zeros_like(shapes), where=norm > 0)
    best = np.zeros(len(shapes))
    for lag in range(1, min(neighbours, len(shapes) - 1) + 1):
        alike = np.einsum("ij,ij->i", shapes[lag:], shapes[:-lag])
        best[lag:] = np.maximum(best[lag:], alike)
        best[:-lag] = np.maximum(best[:-lag], alike)
    return 1 - best


def _windows(
    signal: NDArray[np.float32],
    beats: NDArray[np.int64],
    rate_hz: int,
    around_s: tuple[float, float],
) -> NDArray[np.float32]:
    first, last = (round(s * rate_hz) for s in around_s)
    at = beats[:, None] + np.arange(first, last + 1)
    return np.asarray(signal[np.clip(at, 0, len(signal) - 1)], np.float32)


def _pieces(n_beats: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Yield pieces of the beats with a margin, and where in each its own beats lie."""
    for first in range(0, n_beats, PIECE_BEATS):
        begin, stop = max(first - margin, 0), min(first + PIECE_BEATS, n_beats)
        yield (
            slice(begin, min(stop + margin, n_beats)),
            slice(first - begin, stop - begin),
        )


def _over(part: Shares, whole: Shares) -> Shares:
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
