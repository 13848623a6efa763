"""Noise: which seconds of a lead are too noisy for its beats to be trusted.

Noise of muscles and of moving electrodes lies in the frequency band of QRS complexes, so no filter
separates the two; the beats that are found do. Four shares describe the lead around each of its
beats. Each is small on a clean lead, and relative to the lead itself, so that gain and polarity
change nothing:

1. Unlikeness of whole beats, P and T waves included: 1 minus the highest correlation with one of
   the beats around. Ventricular beats resemble other ventricular beats, and a single one among
   others does not move the median.
2. Unlikeness of QRS complexes alone, which muscle noise distorts first.
3. Wander: distance of the level before the QRS from its running median, over the QRS height.
4. Energy between beats: the highest QRS energy outside QRS and T waves, over that of a beat.

No single share is enough: atrial fibrillation fills the time between beats, ventricular beats can
differ from each other, and flutter has no level baseline. Noise raises all four, so the noise index
is their weighted geometric mean, averaged over some seconds. A noisy stretch exceeds a high value
at least once and a low value throughout. Weights and thresholds were chosen on training records
(``training/evaluate_noise_gate.py``).
"""

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import (
    binary_closing,
    binary_dilation,
    label,
    maximum_filter1d,
    median_filter,
    percentile_filter,
    uniform_filter1d,
)

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.qrs_energy import PIECE_S, qrs_energy
from deepecg.signal.settings import MIN_BEATS, NoiseSettings, QrsSettings
from deepecg.signal.windows_around_samples import PIECE_BEATS, windows_at


def noisy_seconds(
    lead: ConditionedLead, r_peaks: Floats, n_seconds: int, noise: NoiseSettings, qrs: QrsSettings
) -> Bools:
    """Return which seconds of a lead are too noisy.

    Parameters
    ----------
    lead : ConditionedLead
        The lead.
    r_peaks : ndarray of float64, shape (n_beats,)
        Beats found on this lead alone, in samples, so that noise of other leads has no effect.
    n_seconds : int
        Number of seconds of the signal.
    noise : NoiseSettings
        Noise index and thresholds.
    qrs : QrsSettings
        QRS energy.

    Returns
    -------
    ndarray of bool, shape (n_seconds,)
        Seconds of the signal, ``lead.rate_hz`` samples each.
    """
    if len(r_peaks) < MIN_BEATS:
        return np.zeros(n_seconds, bool)
    index = _noise_index(lead, np.rint(r_peaks).astype(np.int64), n_seconds, noise, qrs)
    return _noisy_stretches(index, noise)


def _noise_index(
    lead: ConditionedLead, beats: Ints, n_seconds: int, noise: NoiseSettings, qrs: QrsSettings
) -> Floats:
    """Return the weighted geometric mean of the four shares, shape (n_seconds,)."""
    unlike, unlike_qrs, wander = _shares_of_beats(lead, beats, noise)
    nearest = np.searchsorted(beats, (np.arange(n_seconds) + 0.5) * lead.rate_hz)
    nearest = np.minimum(nearest, len(beats) - 1)
    shares = (
        (noise.unlike_weight, unlike[nearest], 1.0),
        (noise.unlike_qrs_weight, unlike_qrs[nearest], 1.0),
        (noise.wander_weight, wander[nearest], noise.wander_limit_share),
        (
            noise.between_weight,
            _energy_between_beats(lead, beats, nearest, noise, qrs),
            noise.between_limit_share,
        ),
    )
    logs = sum(
        weight * np.log(np.clip(share, noise.least_share, most)) for weight, share, most in shares
    )
    return np.exp(uniform_filter1d(logs / sum(weight for weight, *_ in shares), noise.average_s))


def _noisy_stretches(index: Floats, noise: NoiseSettings) -> Bools:
    """Return stretches above the low threshold that exceed the high one, shape (n_seconds,)."""
    above_low = index > noise.lasts_above_share
    reach = noise.join_s
    joined = binary_closing(np.pad(above_low, reach), np.ones(reach + 1, bool))[reach:-reach]
    stretch, n_stretches = label(joined)
    noisy = np.zeros(n_stretches + 1, bool)
    noisy[stretch[index > noise.begins_above_share]] = True
    noisy[0] = False
    return np.asarray(binary_dilation(noisy[stretch], np.ones(2 * noise.extend_s + 1, bool)))


def _shares_of_beats(
    lead: ConditionedLead, beats: Ints, noise: NoiseSettings
) -> tuple[Floats, Floats, Floats]:
    """Return unlikeness of beats and of QRS complexes, and wander, each shape (n_beats,)."""
    unlike, unlike_qrs, level, height = np.empty((4, len(beats)))
    for piece, inner in _pieces(len(beats), noise.neighbour_beats):
        qrs = _windows(lead, beats[piece], -noise.qrs_s, noise.qrs_s)
        whole = _windows(lead, beats[piece], -noise.before_s, noise.after_s)
        baseline = _windows(lead, beats[piece], -noise.level_from_s, -noise.level_until_s)
        own = slice(piece.start + inner.start, piece.start + inner.stop)
        unlike[own] = _unlikeness(whole, noise.neighbour_beats)[inner]
        unlike_qrs[own] = _unlikeness(qrs, noise.neighbour_beats)[inner]
        level[own] = baseline.mean(axis=1)[inner]
        height[own] = (qrs.max(axis=1) - qrs.min(axis=1))[inner]
    distance = np.abs(level - median_filter(level, noise.around_beats, mode="nearest"))
    typical_height = median_filter(height, noise.usual_beats, mode="nearest")
    wander = percentile_filter(
        _ratio(distance, typical_height),
        100 * noise.wander_rank_share,
        noise.around_beats,
        mode="nearest",
    )
    return (
        median_filter(unlike, noise.around_beats, mode="nearest"),
        median_filter(unlike_qrs, noise.around_beats, mode="nearest"),
        wander,
    )


def _energy_between_beats(
    lead: ConditionedLead, beats: Ints, nearest: Ints, noise: NoiseSettings, qrs: QrsSettings
) -> Floats:
    """Return the highest energy between beats over that of the nearest, shape (n_seconds,)."""
    signal, rate_hz, n_seconds = lead.signal, lead.rate_hz, len(nearest)
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
        beats_begun = np.zeros(len(energy) + 1, np.int64)
        np.add.at(beats_begun, np.clip(beats[around] - before - begin, 0, len(energy)), 1)
        np.add.at(beats_begun, np.clip(beats[around] + after + 1 - begin, 0, len(energy)), -1)
        energy[np.cumsum(beats_begun[:-1]) > 0] = 0
        own = energy[first * rate_hz - begin :][: (stop - first) * rate_hz]
        starts = np.arange(0, len(own), rate_hz)
        highest[first : first + len(starts)] = np.maximum.reduceat(own, starts)
    typical_height = median_filter(heights, noise.usual_beats, mode="nearest")
    highest = median_filter(highest, noise.between_s, mode="nearest")
    return _ratio(highest, typical_height[nearest])


def _unlikeness(windows: Floats32, neighbours: int) -> Floats:
    """Return 1 minus the highest correlation of each window with its neighbours."""
    shapes = windows - windows.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(shapes, axis=1, keepdims=True)
    shapes = np.divide(shapes, norm, out=np.zeros_like(shapes), where=norm > 0)
    best = np.zeros(len(shapes))
    for lag in range(1, min(neighbours, len(shapes) - 1) + 1):
        similarity = np.einsum("ij,ij->i", shapes[lag:], shapes[:-lag])
        best[lag:] = np.maximum(best[lag:], similarity)
        best[:-lag] = np.maximum(best[:-lag], similarity)
    return 1 - best


def _windows(lead: ConditionedLead, beats: Ints, first_s: float, last_s: float) -> Floats32:
    """Return the signal around beats, from and to times relative to the R peak, ends included."""
    first, last = round(first_s * lead.rate_hz), round(last_s * lead.rate_hz)
    return windows_at(lead.signal, beats + first, last - first + 1)


def _pieces(n_beats: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Yield slices of the beats with a margin, and the slice of each that excludes its margin."""
    for first in range(0, n_beats, PIECE_BEATS):
        begin, stop = max(first - margin, 0), min(first + PIECE_BEATS, n_beats)
        yield (slice(begin, min(stop + margin, n_beats)), slice(first - begin, stop - begin))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
