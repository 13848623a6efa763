"""R-peak detection on a conditioned lead.

The whole lead lies there, so the detector looks both ways:

1. Energy of the signal's second difference (a band-pass around 16 Hz), averaged over the
   length of a QRS. Its local maxima are the candidates.
2. A candidate beside a higher one, closer than T and P waves lie to their QRS, has to reach
   a share of it that falls with the distance.
3. What remains is a beat if it reaches a share of the expected height, the median of the
   highest candidates around.
4. Where the interval is long against those around it, the highest candidate in between is
   taken at a lower threshold (search-back of Pan & Tompkins, IEEE TBME 1985,
   doi:10.1109/TBME.1985.325532).
5. The R peak is the extreme of the QRS on the side to which most beats of the patient point.

Every step is relative to the signal itself, so that gain and polarity change nothing, but for a
floor under the expected height: what is far below 0.1 mV is noise. No threshold adapts from one
beat to the next, so one bad stretch leaves no trace in the next minute.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from deepecg.settings import DetectorSettings

PIECE_S = 3600
"""Energy is computed an hour at a time, to bound the memory."""
PIECE_BEATS = 50_000
"""R peaks are located some half day at a time, for the same reason."""
MAX_OVERDUE_ROUNDS = 20
"""A gap is filled beat by beat; this many rounds fill 40 s at 30 beats a minute."""


def detect_r_peaks(
    signals: Sequence[NDArray[np.float32]],
    rate_hz: int,
    settings: DetectorSettings,
    usable: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Find every R peak.

    Parameters
    ----------
    signals : sequence of ndarray of float32, shape (n,) each
        Conditioned leads in mV, the primary first: the one on which R peaks are located.
    rate_hz : int
        Their sampling rate.
    settings : DetectorSettings
        Thresholds.
    usable : ndarray of bool, shape (n_leads, n_seconds), optional
        Which seconds of a lead count; all if None.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        Positions in samples, between samples where the peak is; ascending.
    """
    signal = signals[0]
    positions, heights, expected = _candidates(signal, rate_hz, settings)
    if usable is not None:
        second = np.minimum(positions // rate_hz, usable.shape[1] - 1)
        heights = np.where(usable[0, second], heights, 0)
    share = np.divide(heights, expected, out=np.zeros_like(heights), where=expected > 0)
    kept = share >= settings.overdue_threshold
    positions, heights, share = positions[kept], heights[kept], share[kept]
    kept = _stand_alone(positions, heights, rate_hz, settings)
    positions, heights, share = positions[kept], heights[kept], share[kept]
    is_beat = share >= settings.threshold
    _add_overdue(is_beat, positions, heights, rate_hz, settings)
    return locate_r_peaks(signal, positions[is_beat], rate_hz, settings)


def locate_r_peaks(
    signal: NDArray[np.float32],
    near: NDArray[np.integer],
    rate_hz: int,
    settings: DetectorSettings,
) -> NDArray[np.float64]:
    """Return the R peak of every QRS near the given positions.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    near : ndarray of int, shape (n_beats,)
        Positions within ``settings.peak_search_s`` of the R peaks; ascending.
    rate_hz : int
        Sampling rate of ``signal``.
    settings : DetectorSettings
        Search distance and polarity.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        Positions in samples, set between samples by a parabola through the extreme and its
        neighbours; strictly ascending unless ``near`` is not.
    """
    if len(near) == 0:
        return np.empty(0)
    pieces = np.array_split(np.arange(len(near)), -(-len(near) // PIECE_BEATS))
    up, down = np.empty((2, len(near)), np.float32)
    for beats in pieces:
        complexes = signal[_around(signal, near[beats], rate_hz, settings)]
        up[beats], down[beats] = complexes.max(axis=1), -complexes.min(axis=1)
    points_up = median_filter(up - down, settings.polarity_beats, mode="nearest") >= 0
    points_up &= down < settings.polarity_share * up
    points_up |= up >= settings.polarity_share * down
    peak = np.empty(len(near), np.int64)
    for beats in pieces:
        around = _around(signal, near[beats], rate_hz, settings)
        upright = np.where(points_up[beats, None], signal[around], -signal[around])
        peak[beats] = around[np.arange(len(beats)), upright.argmax(axis=1)]
    before, at, after = (signal[peak + step].astype(np.float64) for step in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=bend != 0)
    located = peak + np.clip(shift, -0.5, 0.5)
    return np.where(_crossed(located), near, located)


def qrs_energy(
    signal: NDArray[np.float32], rate_hz: int, settings: DetectorSettings
) -> NDArray[np.float32]:
    """Return the root mean square of the second difference, over the length of a QRS.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    rate_hz : int
        Its sampling rate.
    settings : DetectorSettings
        Step of the difference and length of the average.

    Returns
    -------
    ndarray of float32, shape (n,)
        High where a QRS complex is centred.
    """
    step = round(settings.curvature_s * rate_hz)
    curvature = np.zeros(len(signal), np.float64)
    if len(signal) > 2 * step:
        centre = signal[step:-step].astype(np.float64)
        curvature[step:-step] = signal[2 * step :] - 2 * centre + signal[: -2 * step]
    window = round(settings.energy_window_s * rate_hz)
    power = uniform_filter1d(curvature**2, window, mode="constant")
    return np.sqrt(np.maximum(power, 0)).astype(np.float32)


def _around(
    signal: NDArray[np.float32],
    near: NDArray[np.integer],
    rate_hz: int,
    settings: DetectorSettings,
) -> NDArray[np.int64]:
    """Return the samples in which R peaks are looked for, shape (n_beats, n_samples)."""
    reach = round(settings.peak_search_s * rate_hz)
    around = near[:, None] + np.arange(-reach, reach + 1)
    return np.asarray(np.clip(around, 1, len(signal) - 2), np.int64)


def _crossed(positions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark beats whose search led them to a neighbour's peak."""
    stuck = np.diff(positions) <= 1
    return np.append(stuck, False) | np.insert(stuck, 0, False)


def _candidates(
    signal: NDArray[np.float32], rate_hz: int, settings: DetectorSettings
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the local maxima of the energy: position, height, and the height expected there."""
    block = round(settings.reference_block_s * rate_hz)
    piece = PIECE_S * rate_hz // block * block
    overlap = rate_hz
    reach = round(settings.refractory_s / 2 * rate_hz)
    positions, heights, highest = [], [], []
    for start in range(0, len(signal), piece):
        first = max(start - overlap, 0)
        stop = min(start + piece, len(signal))
        energy = qrs_energy(signal[first : stop + overlap], rate_hz, settings)
        summit = maximum_filter1d(energy, 2 * reach + 1)
        energy, summit = energy[start - first :][: stop - start], summit[start - first :]
        found = np.flatnonzero((energy == summit[: len(energy)]) & (energy > 0))
        positions.append(found + start)
        heights.append(energy[found])
        highest.append(np.maximum.reduceat(energy, np.arange(0, len(energy), block)))
    position = np.concatenate(positions) if positions else np.empty(0, np.int64)
    height = np.concatenate(heights).astype(np.float64) if heights else np.empty(0)
    if len(position) == 0:
        return position, height, height
    reference = median_filter(
        np.concatenate(highest).astype(np.float64), settings.reference_blocks, mode="nearest"
    )
    usual = settings.reference_floor * np.median(reference)
    reference = np.maximum(reference, max(usual, settings.reference_floor_mv))
    middles = (np.arange(len(reference)) + 0.5) * block
    return position, height, np.interp(position, middles, reference)


def _stand_alone(
    positions: NDArray[np.int64],
    heights: NDArray[np.float64],
    rate_hz: int,
    settings: DetectorSettings,
) -> NDArray[np.bool_]:
    """Mark candidates that are not the T wave, P wave or second summit of a higher one."""
    alone = np.ones(len(positions), bool)
    farthest_neighbour = round(settings.wave_s / settings.refractory_s * 2)
    for lag in range(1, farthest_neighbour):
        distance_s = (positions[lag:] - positions[:-lag]) / rate_hz
        share = np.interp(
            distance_s,
            (settings.refractory_s, settings.wave_s),
            (settings.near_share, settings.far_share),
            right=0,
        )
        share[distance_s < settings.refractory_s] = 1
        alone[lag:] &= heights[lag:] > share * heights[:-lag]  # of two alike, the first
        alone[:-lag] &= heights[:-lag] >= share * heights[lag:]
    return alone


def _add_overdue(
    is_beat: NDArray[np.bool_],
    positions: NDArray[np.int64],
    heights: NDArray[np.float64],
    rate_hz: int,
    settings: DetectorSettings,
) -> None:
    """Mark, in place, the highest candidate of every interval that is too long."""
    after = round(settings.wave_s * rate_hz)
    before = round(settings.refractory_s * rate_hz)
    for _ in range(MAX_OVERDUE_ROUNDS):
        beats = np.flatnonzero(is_beat)
        if len(beats) < 3:
            return
        rr = np.diff(positions[beats]).astype(np.float64)
        usual = median_filter(rr, settings.local_rr_beats, mode="nearest")
        added = False
        for gap in np.flatnonzero(rr > settings.overdue_rr * usual):
            between = np.arange(beats[gap] + 1, beats[gap + 1])
            earliest = positions[beats[gap]] + after
            latest = positions[beats[gap + 1]] - before
            between = between[(positions[between] > earliest) & (positions[between] < latest)]
            if len(between):
                is_beat[between[heights[between].argmax()]] = True
                added = True
        if not added:
            return
