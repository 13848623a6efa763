"""R-peak detection on one conditioned lead or several.

The whole recording lies there, so the detector looks both ways:

1. In every lead, energy of the signal's second difference (a band-pass around 16 Hz), averaged
   over the length of a QRS, against the expected height there, the median of the highest around.
2. The leads' mean of the square roots of these, each lead weighted by how far QRS complexes stand
   out in it now. A beat that is low in one lead stands out in the other; what one does not show
   at all counts for less than what both show a little. The local maxima are the candidates.
3. A candidate beside a higher one, closer than T and P waves lie to their QRS, has to reach a
   share of it that falls with the distance.
4. What remains is a beat if it is high enough: the longer the interval that it divides, against
   the RR intervals around, the lower it may be (Pan & Tompkins's search-back, IEEE TBME 1985,
   doi:10.1109/TBME.1985.325532, made gradual).
5. The R peak is the extreme of the QRS in the first lead, on the side to which most beats of the
   patient point.

Every step is relative to the signal itself, so that gain and polarity change nothing, but for a
floor under the expected height: what is far below 0.1 mV is noise. No threshold adapts from one
beat to the next, so one bad stretch leaves no trace in the next minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter

from deepecg.beats.settings import DetectorSettings
from deepecg.signal.qrs_energy import qrs_energy

PIECE_S = 3600
"""Energy is computed an hour at a time, to bound the memory."""
PIECE_BEATS = 50_000
"""R peaks are located some half day at a time, for the same reason."""
MAX_ROUNDS = 20
"""A gap is filled beat by beat; this many rounds fill 40 s at 30 beats a minute."""
MIN_BEATS = 3
"""Of fewer there is no usual RR interval."""
ENERGY_STEP = 4
"""The energy, averaged over 0.1 s, is known from every fourth sample."""
PRESENCE_BLOCKS = 3
"""Whether a lead shows QRS complexes now is told from this many blocks: an electrode that came
off says nothing, however quiet it is."""
LEAST_PRESENCE = 0.05
"""No lead is trusted less than this for showing none: in a pause there are none to show."""
HIGHEST_PRESENCE = 1.5
"""What is still higher above the expected height, for so long, is an artefact."""


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
        Conditioned leads in mV, the primary first: R peaks are located on it where it is usable.
    rate_hz : int
        Their sampling rate.
    settings : DetectorSettings
        Thresholds.
    usable : ndarray of bool, shape (n_leads, n_seconds), optional
        The seconds of each lead that count; all if None.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        Positions in samples, between samples where the peak is; ascending.
    """
    leads = [
        _Lead(signal, rate_hz, None if usable is None or usable[lead].all() else usable[lead])
        for lead, signal in enumerate(signals)
    ]
    positions, shares = _candidates(leads, settings)
    kept = shares >= settings.overdue_threshold
    positions, shares = positions[kept], shares[kept]
    kept = _stand_alone(positions, shares, rate_hz, settings)
    positions, shares = positions[kept], shares[kept]
    return _located(leads, positions[_are_beats(positions, shares, rate_hz, settings)], settings)


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


@dataclass(frozen=True)
class _Lead:
    """A lead and the seconds of it that count, shape (n_seconds,); all if None."""

    signal: NDArray[np.float32]
    rate_hz: int
    usable: NDArray[np.bool_] | None

    def counts(self, samples: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which samples lie in seconds that count."""
        if self.usable is None:
            return np.ones(len(samples), bool)
        return self.usable[np.minimum(samples // self.rate_hz, len(self.usable) - 1)]

    def energy(self, first: int, stop: int, settings: DetectorSettings) -> NDArray[np.float32]:
        """Return the QRS energy of some samples, 0 where the lead does not count."""
        margin = self.rate_hz
        begin = max(first - margin, 0)
        energy = qrs_energy(self.signal[begin : stop + margin], self.rate_hz, settings)
        energy = energy[first - begin : stop - begin]
        if self.usable is not None:
            energy = np.where(self.counts(np.arange(first, stop)), energy, np.float32(0))
        return energy


@dataclass(frozen=True)
class _Course:
    """What QRS complexes look like in a lead, block by block; both of shape (n_blocks,).

    ``expected`` is the height of their energy in mV, ``weight`` how far to trust the lead.
    """

    expected: NDArray[np.float64]
    weight: NDArray[np.float64]


def _pieces(n_samples: int, block: int, rate_hz: int) -> Iterator[tuple[int, int]]:
    """Yield first and last sample of pieces of whole blocks."""
    length = PIECE_S * rate_hz // block * block
    for first in range(0, n_samples, length):
        yield first, min(first + length, n_samples)


def _course(lead: _Lead, settings: DetectorSettings) -> _Course:
    """Return what is expected of a lead, told from the highest energy of blocks and the median.

    A lead is trusted as the inverse of a variance: that of its energy between beats, against the
    expected height, and that of the beats' own heights.
    """
    block = round(settings.reference_block_s * lead.rate_hz)
    highest, typical, whole = [], [], []
    for first, stop in _pieces(len(lead.signal), block, lead.rate_hz):
        energy = lead.energy(first, stop, settings)
        blocks = np.pad(energy, (0, -len(energy) % block), mode="edge").reshape(-1, block)
        highest.append(blocks.max(axis=1))
        typical.append(np.median(blocks[:, ::ENERGY_STEP], axis=1))
        counts = lead.counts(np.arange(first, stop))
        whole.append(np.logical_and.reduceat(counts, np.arange(0, len(counts), block)))
    peak, between = (np.concatenate(part).astype(np.float64) for part in (highest, typical))
    counted = np.flatnonzero(np.concatenate(whole))
    known = np.interp(np.arange(len(peak)), counted, peak[counted]) if len(counted) else peak
    expected = median_filter(known, settings.reference_blocks, mode="nearest")
    usual = settings.reference_floor * np.median(expected)
    expected = np.maximum(expected, max(usual, settings.reference_floor_mv))
    shown = median_filter(peak / expected, PRESENCE_BLOCKS, mode="nearest")
    doubt = (between / expected) ** 2 + settings.height_spread**2
    shown = np.minimum(shown, HIGHEST_PRESENCE / np.maximum(shown, LEAST_PRESENCE))
    return _Course(expected, np.clip(shown, LEAST_PRESENCE, 1) ** 2 / doubt)


def _candidates(
    leads: Sequence[_Lead], settings: DetectorSettings
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the local maxima of the leads' energy: position, and share of the expected height."""
    n_samples, rate_hz = len(leads[0].signal), leads[0].rate_hz
    if n_samples == 0:
        return np.empty(0, np.int64), np.empty(0)
    block = round(settings.reference_block_s * rate_hz)
    courses = [_course(lead, settings) for lead in leads]
    total = np.sum([course.weight for course in courses], axis=0)
    reach = round(settings.refractory_s / 2 * rate_hz)
    positions, shares = [], []
    for first, stop in _pieces(n_samples, block, rate_hz):
        begin, end = max(first - reach, 0), min(stop + reach, n_samples)
        energy, trust = np.zeros((2, end - begin), np.float32)
        for lead, course in zip(leads, courses, strict=True):
            share = lead.energy(begin, end, settings)
            share /= _between_blocks(course.expected, begin, end, block)
            _tame(share, settings)
            np.sqrt(share, out=share)
            weight = _between_blocks(course.weight / total, begin, end, block)
            if lead.usable is not None:
                weight *= lead.counts(np.arange(begin, end))
            energy += weight * share
            trust += weight
        np.divide(energy, trust, out=energy, where=trust > 0)
        np.square(energy, out=energy)
        summit = maximum_filter1d(energy, 2 * reach + 1)
        inside = slice(first - begin, stop - begin)
        found = np.flatnonzero((energy[inside] == summit[inside]) & (energy[inside] > 0))
        positions.append(found + first)
        shares.append(energy[inside][found].astype(np.float64))
    return np.concatenate(positions), np.concatenate(shares)


def _between_blocks(
    values: NDArray[np.float64], begin: int, end: int, block: int
) -> NDArray[np.float32]:
    """Return samples ``begin`` to ``end`` of a line through the blocks' values at their middles."""
    middles = (np.arange(len(values)) + 0.5) * block
    return np.interp(np.arange(begin, end), middles, values).astype(np.float32)


def _tame(shares: NDArray[np.float32], settings: DetectorSettings) -> None:
    """Bend, in place, shares of the expected height above 1 towards ``highest_share``.

    An artefact in one lead, or a huge beat, hides nothing in the other nor beside itself.
    """
    room = np.float32(settings.highest_share - 1)
    high = np.flatnonzero(shares > 1)
    above = shares[high] - 1
    shares[high] = 1 + above * room / (above + room)


def _stand_alone(
    positions: NDArray[np.int64],
    heights: NDArray[np.float64],
    rate_hz: int,
    settings: DetectorSettings,
) -> NDArray[np.bool_]:
    """Mark candidates that are not the T wave, P wave or second summit of a higher one."""
    alone = _stand_out(positions, heights, rate_hz, settings, settings.far_share)
    lower = _stand_out(positions, heights, rate_hz, settings, settings.ectopic_share)
    beats, others = np.flatnonzero(alone), np.flatnonzero(~alone)
    before = np.searchsorted(beats, others) - 1
    others, before = others[before >= 0], before[before >= 0]
    close = positions[others] - positions[beats[before]] <= settings.wave_s * rate_hz
    others, before = others[close], before[close]
    share = heights[others] / heights[beats[before]]
    tallest = np.zeros(len(beats))
    np.maximum.at(tallest, before, share)
    t_wave = median_filter(tallest, settings.local_rr_beats, mode="nearest")
    lower[others] &= share >= settings.t_waves * t_wave[before]
    return alone | lower


def _stand_out(
    positions: NDArray[np.int64],
    heights: NDArray[np.float64],
    rate_hz: int,
    settings: DetectorSettings,
    far_share: float,
) -> NDArray[np.bool_]:
    """Mark candidates that are high enough against every higher one beside them."""
    high_enough = np.ones(len(positions), bool)
    farthest_neighbour = round(settings.wave_s / settings.refractory_s * 2)
    for lag in range(1, farthest_neighbour):
        distance_s = (positions[lag:] - positions[:-lag]) / rate_hz
        share = np.interp(
            distance_s,
            (settings.refractory_s, settings.wave_s),
            (settings.near_share, far_share),
            right=0,
        )
        share[distance_s < settings.refractory_s] = 1
        high_enough[lag:] &= heights[lag:] > share * heights[:-lag]  # of two alike, the first
        high_enough[:-lag] &= heights[:-lag] >= share * heights[lag:]
    return high_enough


def _are_beats(
    positions: NDArray[np.int64],
    shares: NDArray[np.float64],
    rate_hz: int,
    settings: DetectorSettings,
) -> NDArray[np.bool_]:
    """Mark the candidates that are beats: the sooner a beat is due, the lower it may be."""
    high_enough = shares >= settings.due_threshold
    is_beat = shares >= settings.threshold
    if is_beat.sum() < MIN_BEATS:
        return high_enough
    likely = positions[high_enough]
    usual = median_filter(np.diff(likely), settings.local_rr_beats, mode="nearest")
    beside_t = round(settings.wave_s * rate_hz)
    for _ in range(MAX_ROUNDS):
        beats, open_ones = np.flatnonzero(is_beat), np.flatnonzero(~is_beat)
        gap = np.searchsorted(beats, open_ones) - 1  # the interval that a candidate lies in
        inside = (gap >= 0) & (gap < len(beats) - 1)
        gap, open_ones = gap[inside], open_ones[inside]
        before, after = positions[beats[gap]], positions[beats[gap + 1]]
        local = usual[np.searchsorted(likely[1:-1], before, side="right")]
        due = np.interp(
            (after - before) / local,
            (1, settings.due_rr, settings.overdue_rr),
            (settings.threshold, settings.due_threshold, settings.overdue_threshold),
        )
        apart = high_enough[open_ones] | (positions[open_ones] - before > beside_t)
        due_ones = (shares[open_ones] >= due) & apart
        gap, open_ones = gap[due_ones], open_ones[due_ones]
        if len(gap) == 0:
            break
        order = np.lexsort((-shares[open_ones], gap))
        _, highest = np.unique(gap[order], return_index=True)
        is_beat[open_ones[order[highest]]] = True
    first, last = np.flatnonzero(is_beat)[[0, -1]]
    is_beat[:first], is_beat[last + 1 :] = high_enough[:first], high_enough[last + 1 :]
    return is_beat


def _located(
    leads: Sequence[_Lead], near: NDArray[np.int64], settings: DetectorSettings
) -> NDArray[np.float64]:
    """Return the R peaks, each located on the first lead that counts there."""
    rate_hz = leads[0].rate_hz
    located = locate_r_peaks(leads[0].signal, near, rate_hz, settings)
    homeless = ~leads[0].counts(near)
    for lead in leads[1:]:
        moved = homeless & lead.counts(near)
        if moved.any():
            located[moved] = locate_r_peaks(lead.signal, near, rate_hz, settings)[moved]
        homeless &= ~moved
    return np.where(_crossed(located), near, located)
