"""R-peak detection on one or several conditioned leads.

The whole recording is available, so the detector looks at both sides of a beat:

1. In each lead, the energy of the signal's second difference (a band-pass around 16 Hz), averaged
   over the length of a QRS complex, is divided by the expected height of a QRS complex: the median
   of the highest energies around, which must not sink far below that of ten minutes.
2. The leads are combined by the mean of the square roots, each weighted by how far QRS complexes
   stand out in it at that time. A beat that is low in one lead stands out in the other; what only
   one lead shows counts for less than what both show a little. The local maxima are the candidates.
3. A candidate near a higher one, as close as P and T waves are to their QRS, must reach a share of
   its height that falls with the distance.
4. A remaining candidate is a beat if it is high enough: the longer the interval that it divides,
   against the RR intervals around, the lower the threshold (the search-back of Pan & Tompkins,
   IEEE TBME 1985, doi:10.1109/TBME.1985.325532, made gradual). Where the ventricles may stand
   still, it must be clearly higher than the patient's P waves, which may go on.
5. The R peak is the extreme of the QRS complex in the first lead, on the side to which most of the
   patient's beats point.

All steps are relative to the signal itself, so that gain and polarity change nothing, except for a
lower limit of the expected height: what is far below 0.1 mV is noise. No threshold adapts from one
beat to the next, so a bad stretch does not affect the next minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.beats.settings import DetectorSettings
from deepecg.signal.qrs_energy import PIECE_S, qrs_energy
from deepecg.signal.settings import MIN_BEATS
from deepecg.signal.windows_around_samples import PIECE_BEATS, windows_at

MAX_ROUNDS = 20
"""Largest number of beats added to one interval: enough for 40 s at 30 beats per minute."""
ENERGY_STEP = 4
"""Step in samples at which the typical energy is computed; energy is an average over 0.1 s."""
PRESENCE_BLOCKS = 3
"""Number of blocks over which the presence of QRS complexes in a lead is measured: a detached
electrode shows none, however low its noise."""
LEAST_PRESENCE = 0.05
"""Smallest presence of QRS complexes: a pause has none either."""
HIGHEST_PRESENCE = 1.5
"""Energy over the expected height, in several blocks, above which a lead shows an artefact: its
presence then counts as less."""


def detect_r_peaks(
    signals: Sequence[Floats32],
    rate_hz: int,
    settings: DetectorSettings,
    usable: Bools | None = None,
) -> Floats:
    """Find every R peak.

    Parameters
    ----------
    signals : sequence of ndarray of float32, shape (n,) each
        Conditioned leads in mV, the primary first: R peaks are located on it where it can be
        analysed.
    rate_hz : int
        Their sampling rate.
    settings : DetectorSettings
        Thresholds.
    usable : ndarray of bool, shape (n_leads, n_seconds), optional
        Which seconds of each lead can be analysed; all if None.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        Positions in samples, interpolated between samples; ascending.
    """
    leads = [
        _Lead(signal, rate_hz, None if usable is None or usable[lead].all() else usable[lead])
        for lead, signal in enumerate(signals)
    ]
    found = _candidates(leads, settings)
    least = np.maximum(settings.lasting_threshold, _above_p_waves(found, settings))
    found = found.only(
        (found.shares >= settings.overdue_threshold) & (found.lasting_shares >= least)
    )
    found = found.only(_exceed_neighbours(found, settings))
    found = found.only(_high_enough_for_interval(found, settings))
    return _locate_on_leads(leads, found.positions, settings)


def locate_r_peaks(
    signal: Floats32, near: NDArray[np.integer], rate_hz: int, settings: DetectorSettings
) -> Floats:
    """Return the R peak of the QRS complex near each given position.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    near : ndarray of int, shape (n_beats,)
        Positions within ``settings.peak_search_s`` of the R peaks; ascending.
    rate_hz : int
        Sampling rate of ``signal``.
    settings : DetectorSettings
        Search distance and rule of polarity.

    Returns
    -------
    ndarray of float64, shape (n_beats,)
        Positions in samples, interpolated by a parabola through the extreme and its two
        neighbours; strictly ascending unless ``near`` is not.
    """
    if len(near) == 0:
        return np.empty(0)
    reach = round(settings.peak_search_s * rate_hz)
    up, down = np.empty((2, len(near)), np.float32)
    highest, lowest = np.empty((2, len(near)), np.int64)
    for first in range(0, len(near), PIECE_BEATS):
        beats = slice(first, first + PIECE_BEATS)
        start = near[beats] - reach
        # Without the first and last sample, which have only one neighbour.
        complexes = windows_at(signal[1:-1], start - 1, 2 * reach + 1)
        up[beats], down[beats] = complexes.max(axis=1), -complexes.min(axis=1)
        highest[beats] = start + complexes.argmax(axis=1)
        lowest[beats] = start + complexes.argmin(axis=1)
    points_up = median_filter(up - down, settings.polarity_beats, mode="nearest") >= 0
    points_up &= down < settings.polarity_share * up
    points_up |= up >= settings.polarity_share * down
    peak = np.clip(np.where(points_up, highest, lowest), 1, len(signal) - 2)
    before, at, after = (signal[peak + step].astype(np.float64) for step in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=bend != 0)
    located = peak + np.clip(shift, -0.5, 0.5)
    return np.where(_crossed(located), near, located)


def _crossed(positions: Floats) -> Bools:
    """Mark beats that were located at the peak of the next or the previous beat."""
    same_peak = np.diff(positions) <= 1
    return np.append(same_peak, False) | np.insert(same_peak, 0, False)


@dataclass(frozen=True)
class _Lead:
    """A lead and its seconds that can be analysed, shape (n_seconds,); all if None."""

    signal: Floats32
    rate_hz: int
    usable: Bools | None

    def usable_at(self, samples: Ints) -> Bools:
        """Return which samples lie in seconds that can be analysed."""
        if self.usable is None:
            return np.ones(len(samples), bool)
        return self.usable[np.minimum(samples // self.rate_hz, len(self.usable) - 1)]

    def usable_between(self, first: int, stop: int) -> Bools:
        """Return which samples from ``first`` to ``stop`` lie in such seconds."""
        if self.usable is None:
            return np.ones(stop - first, bool)
        seconds = np.arange(first // self.rate_hz, (stop - 1) // self.rate_hz + 1)
        usable = self.usable[np.minimum(seconds, len(self.usable) - 1)].repeat(self.rate_hz)
        begin = first - seconds[0] * self.rate_hz
        return np.asarray(usable[begin : begin + stop - first])

    def energy(self, first: int, stop: int, settings: DetectorSettings) -> Floats32:
        """Return the QRS energy of some samples, 0 where the lead cannot be analysed."""
        margin = self.rate_hz
        begin = max(first - margin, 0)
        energy = qrs_energy(self.signal[begin : stop + margin], self.rate_hz, settings)
        energy = energy[first - begin : stop - begin]
        if self.usable is not None:
            energy = np.where(self.usable_between(first, stop), energy, np.float32(0))
        return energy


@dataclass(frozen=True)
class _Candidates:
    """Local maxima of the energy.

    ``positions`` are in samples; ``shares`` are heights as shares of the expected one,
    ``lasting_shares`` of the lasting one; ``shares_before`` are the greatest lasting shares where a
    P wave is expected. All have the shape (n_candidates,).
    """

    positions: Ints
    shares: Floats
    lasting_shares: Floats
    shares_before: Floats
    rate_hz: int

    def only(self, kept: Bools) -> "_Candidates":
        return _Candidates(
            self.positions[kept],
            self.shares[kept],
            self.lasting_shares[kept],
            self.shares_before[kept],
            self.rate_hz,
        )


def _pieces(n_samples: int, block: int, rate_hz: int) -> Iterator[tuple[int, int]]:
    """Yield the first sample of each piece, and the one after its last, in whole blocks."""
    length = PIECE_S * rate_hz // block * block
    for first in range(0, n_samples, length):
        yield first, min(first + length, n_samples)


@dataclass(frozen=True)
class _QrsHeights:
    """Heights of QRS energy in each block of a lead, and the lead's weight, shape (n_blocks,).

    ``expected`` is in mV; ``sunk`` is its share of the lasting height.
    """

    expected: Floats
    sunk: Floats
    weight: Floats


def _qrs_heights(lead: _Lead, settings: DetectorSettings) -> _QrsHeights:
    """Return heights and weight of a lead, from each block's highest and median energy.

    The weight is the inverse of a variance: of the energy between beats, as a share of the expected
    height, plus that of the beats' own heights.
    """
    block = round(settings.reference_block_s * lead.rate_hz)
    highest, typical, usable = [], [], []
    for first, stop in _pieces(len(lead.signal), block, lead.rate_hz):
        energy = lead.energy(first, stop, settings)
        blocks = np.pad(energy, (0, -len(energy) % block), mode="edge").reshape(-1, block)
        highest.append(blocks.max(axis=1))
        typical.append(np.median(blocks[:, ::ENERGY_STEP], axis=1))
        good = lead.usable_between(first, stop)
        usable.append(np.logical_and.reduceat(good, np.arange(0, len(good), block)))
    peak, between = (np.concatenate(part).astype(np.float64) for part in (highest, typical))
    whole = np.flatnonzero(np.concatenate(usable))
    filled = np.interp(np.arange(len(peak)), whole, peak[whole]) if len(whole) else peak
    expected = median_filter(filled, settings.reference_blocks, mode="nearest")
    lasting = median_filter(expected, settings.lasting_blocks, mode="nearest")
    lasting = np.maximum(lasting, settings.reference_floor_mv)
    floor = settings.reference_floor * np.median(expected)
    expected = np.maximum(expected, settings.lasting_share * lasting)
    expected = np.maximum(expected, max(floor, settings.reference_floor_mv))
    presence = median_filter(peak / expected, PRESENCE_BLOCKS, mode="nearest")
    variance = (between / expected) ** 2 + settings.height_spread**2
    presence = np.minimum(presence, HIGHEST_PRESENCE / np.maximum(presence, LEAST_PRESENCE))
    weight = np.clip(presence, LEAST_PRESENCE, 1) ** 2 / variance
    return _QrsHeights(expected, np.minimum(expected / lasting, 1), weight)


def _candidates(leads: Sequence[_Lead], settings: DetectorSettings) -> _Candidates:
    """Return each local maximum of the energy."""
    n_samples, rate_hz = len(leads[0].signal), leads[0].rate_hz
    if n_samples == 0:
        nothing = np.empty(0)
        return _Candidates(np.empty(0, np.int64), nothing, nothing, nothing, rate_hz)
    block = round(settings.reference_block_s * rate_hz)
    heights = [_qrs_heights(lead, settings) for lead in leads]
    total = np.sum([of_lead.weight for of_lead in heights], axis=0)
    sunk = np.sum([of_lead.weight * np.sqrt(of_lead.sunk) for of_lead in heights], axis=0) / total
    reach = round(settings.refractory_s / 2 * rate_hz)
    p_from, p_until = (round(s * rate_hz) for s in (settings.p_from_s, settings.p_until_s))
    positions, shares, before = [], [], []
    for first, stop in _pieces(n_samples, block, rate_hz):
        begin, end = max(first - max(reach, p_from), 0), min(stop + reach, n_samples)
        energy, weights = np.zeros((2, end - begin), np.float32)
        for lead, of_lead in zip(leads, heights, strict=True):
            share = lead.energy(begin, end, settings)
            share /= _interpolated(of_lead.expected, begin, end, block)
            _compress_above_1(share, settings)
            np.sqrt(share, out=share)
            weight = _interpolated(of_lead.weight / total, begin, end, block)
            if lead.usable is not None:
                weight *= lead.usable_between(begin, end)
            energy += weight * share
            weights += weight
        np.divide(energy, weights, out=energy, where=weights > 0)
        np.square(energy, out=energy)
        found = _highest_around(energy, reach)
        found = found[(found >= first - begin) & (found < stop - begin)]
        positions.append(found + begin)
        shares.append(energy[found])
        before.append(windows_at(energy, found - p_from, p_from - p_until + 1).max(axis=1))
    found = np.concatenate(positions)
    heights_found, heights_before = (
        np.concatenate(part).astype(np.float64) for part in (shares, before)
    )
    of_lasting = sunk[found // block] ** 2
    return _Candidates(
        found, heights_found, heights_found * of_lasting, heights_before * of_lasting, rate_hz
    )


def _highest_around(energy: Floats32, reach: int) -> Ints:
    """Return the samples above 0 than which none within ``reach`` samples is higher."""
    inner = energy[1:-1]
    tops = np.flatnonzero((inner >= energy[:-2]) & (inner >= energy[2:]) & (inner > 0)) + 1
    ends = np.array([0, len(energy) - 1])
    tops = np.unique(np.concatenate([tops, ends[energy[ends] > 0]]))
    highest = np.empty(len(tops), np.float32)
    for start in range(0, len(tops), PIECE_BEATS):
        part = slice(start, start + PIECE_BEATS)
        highest[part] = windows_at(energy, tops[part] - reach, 2 * reach + 1).max(axis=1)
    return np.asarray(tops[energy[tops] == highest], np.int64)


def _interpolated(values: Floats, begin: int, end: int, block: int) -> Floats32:
    """Return the values of blocks, interpolated linearly at the samples ``begin`` to ``end``.

    Values are those in the middle of blocks; outside the first and the last middle they stay.
    """
    half = block // 2
    first, last = (begin - half) // block, (end - 1 - half) // block
    edges = values[np.clip(np.arange(first, last + 2), 0, len(values) - 1)].astype(np.float32)
    ramp = ((np.arange(block) + half - block / 2) / block).astype(np.float32)
    steps = edges[:-1, None] + np.diff(edges)[:, None] * ramp
    offset = begin - half - first * block
    return np.asarray(steps.ravel()[offset : offset + end - begin], np.float32)


def _compress_above_1(shares: Floats32, settings: DetectorSettings) -> None:
    """Compress, in place, shares of the expected height above 1 to below ``highest_share``.

    So an artefact or a huge beat hides neither the beats of other leads nor those beside it.
    """
    room = np.float32(settings.highest_share - 1)
    high = np.flatnonzero(shares > 1)
    above = shares[high] - 1
    shares[high] = 1 + above * room / (above + room)


def _above_p_waves(found: _Candidates, settings: DetectorSettings) -> Floats:
    """Return the lasting share that each candidate needs to be higher than the P waves around.

    Only within intervals so long that the ventricles may stand still; elsewhere it is 0.
    """
    clear = found.lasting_shares >= settings.due_threshold
    beats = found.positions[clear]
    if len(beats) < MIN_BEATS:
        return np.zeros(len(clear))
    rr = np.diff(beats, prepend=beats[0])
    after_t = rr >= (settings.wave_s + settings.p_from_s) * found.rate_hz
    p_waves = np.where(after_t, found.shares_before[clear], 0)
    typical = median_filter(p_waves, settings.p_wave_beats, mode="nearest")
    standstill = rr > settings.standstill_rr * median_filter(rr, settings.local_rr_beats)
    least = np.minimum(settings.p_waves * typical, settings.due_threshold) * standstill
    return np.asarray(np.append(least, 0)[np.cumsum(clear)])


def _exceed_neighbours(found: _Candidates, settings: DetectorSettings) -> Bools:
    """Mark candidates that are not the T wave, P wave or second maximum of a higher one."""
    positions, heights = found.positions, found.shares
    clear = _exceed_share(found, settings, settings.far_share)
    ectopic = _exceed_share(found, settings, settings.ectopic_share)
    beats, others = np.flatnonzero(clear), np.flatnonzero(~clear)
    before = np.searchsorted(beats, others) - 1
    others, before = others[before >= 0], before[before >= 0]
    close = positions[others] - positions[beats[before]] <= settings.wave_s * found.rate_hz
    others, before = others[close], before[close]
    share = heights[others] / heights[beats[before]]
    tallest = np.zeros(len(beats))
    np.maximum.at(tallest, before, share)
    t_wave = median_filter(tallest, settings.local_rr_beats, mode="nearest")
    ectopic[others] &= share >= settings.t_waves * t_wave[before]
    return clear | ectopic


def _exceed_share(found: _Candidates, settings: DetectorSettings, far_share: float) -> Bools:
    """Mark candidates that exceed the required share of each higher candidate near them."""
    positions, heights = found.positions, found.shares
    high_enough = np.ones(len(positions), bool)
    farthest_neighbour = round(settings.wave_s / settings.refractory_s * 2)
    for lag in range(1, farthest_neighbour):
        distance_s = (positions[lag:] - positions[:-lag]) / found.rate_hz
        share = np.interp(
            distance_s,
            (settings.refractory_s, settings.wave_s),
            (settings.near_share, far_share),
            right=0,
        )
        share[distance_s < settings.refractory_s] = 1
        high_enough[lag:] &= heights[lag:] > share * heights[:-lag]  # of two equal ones, the first
        high_enough[:-lag] &= heights[:-lag] >= share * heights[lag:]
    return high_enough


def _high_enough_for_interval(found: _Candidates, settings: DetectorSettings) -> Bools:
    """Mark the candidates that are beats: the longer the interval, the lower one may be."""
    positions, shares = found.positions, found.shares
    high_enough = shares >= settings.due_threshold
    is_beat = shares >= settings.threshold
    if is_beat.sum() < MIN_BEATS:
        return high_enough
    likely = positions[high_enough]
    local_rr = median_filter(np.diff(likely), settings.local_rr_beats, mode="nearest")
    beside_t = round(settings.wave_s * found.rate_hz)
    for _ in range(MAX_ROUNDS):
        beats, others = np.flatnonzero(is_beat), np.flatnonzero(~is_beat)
        gap = np.searchsorted(beats, others) - 1  # the interval that a candidate lies in
        inside = (gap >= 0) & (gap < len(beats) - 1)
        gap, others = gap[inside], others[inside]
        before, after = positions[beats[gap]], positions[beats[gap + 1]]
        local = local_rr[np.searchsorted(likely[1:-1], before, side="right")]
        due = np.interp(
            (after - before) / local,
            (1, settings.due_rr, settings.overdue_rr),
            (settings.threshold, settings.due_threshold, settings.overdue_threshold),
        )
        apart = high_enough[others] | (positions[others] - before > beside_t)
        accepted = (shares[others] >= due) & apart
        gap, others = gap[accepted], others[accepted]
        if len(gap) == 0:
            break
        order = np.lexsort((-shares[others], gap))
        _, highest = np.unique(gap[order], return_index=True)
        is_beat[others[order[highest]]] = True
    first, last = np.flatnonzero(is_beat)[[0, -1]]
    is_beat[:first], is_beat[last + 1 :] = high_enough[:first], high_enough[last + 1 :]
    return is_beat


def _locate_on_leads(leads: Sequence[_Lead], near: Ints, settings: DetectorSettings) -> Floats:
    """Return the R peaks, each located on the first lead that can be analysed there."""
    rate_hz = leads[0].rate_hz
    located = locate_r_peaks(leads[0].signal, near, rate_hz, settings)
    remaining = ~leads[0].usable_at(near)
    for lead in leads[1:]:
        here = remaining & lead.usable_at(near)
        if here.any():
            located[here] = locate_r_peaks(lead.signal, near, rate_hz, settings)[here]
        remaining &= ~here
    return np.where(_crossed(located), near, located)
