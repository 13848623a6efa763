"""Rhythmic shaking: seconds in which tooth brushing or tremor shakes a lead at 3 to 7 Hz.

Shaking is as regular and as large as a ventricular tachycardia, and its waves are found as beats.
It is told from one by the patient's own QRS complexes, which go on underneath, out of step with it:

1. In a high band (a second difference applied three times, which suppresses 5 Hz some three
   thousand times as much as 25 Hz), QRS complexes are sharp peaks and shaking is hardly there. The
   peaks that have the height and the shape of the patient's typical complex are his own complexes.
2. They go on as a heart beats: at no more than a rate of sinus rhythm, and without a gap as long as
   a ventricular beat and its compensatory pause take. So no ventricular tachycardia can lie
   between them.
3. In a low band, what remains after the mean of the neighbouring beats has been subtracted from
   each beat is large, and equally large in all parts of the beat. In a tachycardia, in flutter with
   a constant block and in bigeminy, each beat repeats the one before; ectopic beats are large for a
   part of the interval only. Flutter with changing block is smaller.
4. The mean of the neighbouring QRS complexes, in the band of whole complexes, is the patient's
   typical one. It is not where only the spikes of a pacemaker go on, over ventricular
   fibrillation.

Ventricular tachycardia fails in 1 or 3, fibrillation in 1 or 2, so both are left as they are; where
waves of either resemble own complexes by chance, they do so for a few beats only.

All this is looked at only in pieces whose low band, at a low sampling rate, is large for some
seconds: most recordings have none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.ndimage import find_objects, label, median_filter, uniform_filter1d

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.signal.settings import MIN_BEATS, ShakingSettings
from deepecg.signal.windows_around_samples import windows_at

EIGHTHS = 8
"""Parts of a second, each half a period of shaking at 4 Hz."""


def shaken_seconds(
    signal: Floats32, rate_hz: int, n_seconds: int, settings: ShakingSettings
) -> Bools:
    """Return which seconds of a lead contain rhythmic shaking.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    rate_hz : int
        Its sampling rate.
    n_seconds : int
        Number of seconds of the signal.
    settings : ShakingSettings
        Bands and thresholds.

    Returns
    -------
    ndarray of bool, shape (n_seconds,)
        Seconds of the signal, ``rate_hz`` samples each.
    """
    beats = _own_beats(signal, rate_hz, settings)
    shaken = np.zeros(n_seconds, bool)
    for first, last in _stretches(beats, rate_hz, settings):
        begin = beats.positions[first] // rate_hz - settings.extend_s
        end = beats.positions[last] // rate_hz + settings.extend_s
        shaken[max(begin, 0) : end + 1] = True
    return shaken


def moving_seconds(
    signal: Floats32, rate_hz: int, n_seconds: int, settings: ShakingSettings
) -> Bools:
    """Return which seconds of a lead are never at rest in the band of shaking.

    By itself this is no shaking: fibrillation and tachycardia move a lead as well.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    rate_hz : int
        Its sampling rate.
    n_seconds : int
        Number of seconds of the signal.
    settings : ShakingSettings
        Band and size.

    Returns
    -------
    ndarray of bool, shape (n_seconds,)
        Seconds of which no more than one eighth is small.
    """
    part = rate_hz // EIGHTHS
    padded = np.zeros(n_seconds * EIGHTHS * part, np.float32)
    low = np.abs(_low_band(signal, rate_hz, settings))[: len(padded)]
    padded[: len(low)] = low
    sizes = padded.reshape(n_seconds, EIGHTHS, part).max(axis=2)
    return np.asarray(np.sort(sizes, axis=1)[:, 1] >= settings.least_mv)


@dataclass(frozen=True)
class _OwnBeats:
    """The patient's own complexes in the high band, each field of shape (n_beats,).

    ``positions`` are in samples; ``rest_mv`` is what remains of a beat without the mean of those
    around, ``share`` the same as a share of the QRS height; ``evenness`` is its smallest size in a
    part of the beat, as a share of its largest; ``likeness`` is the correlation of that mean with
    the typical beat.
    """

    positions: Ints
    rest_mv: Floats
    share: Floats
    evenness: Floats
    likeness: Floats

    def only(self, kept: Bools) -> "_OwnBeats":
        return _OwnBeats(*(getattr(self, field.name)[kept] for field in fields(self)))

    def later(self, samples: int) -> "_OwnBeats":
        return replace(self, positions=self.positions + samples)


def _own_beats(signal: Floats32, rate_hz: int, settings: ShakingSettings) -> _OwnBeats:
    """Return the patient's own complexes in all pieces of a lead that may contain shaking."""
    parts = [_OwnBeats(np.empty(0, np.int64), *np.empty((4, 0)))]
    length, margin = settings.piece_s * rate_hz, settings.margin_s * rate_hz
    for first in range(0, len(signal), length):
        begin = max(first - margin, 0)
        piece = signal[begin : first + length + margin]
        if _may_be_shaken(piece, rate_hz, settings):
            beats = _beats_of_piece(piece, rate_hz, settings).later(begin)
            inside = (beats.positions >= first) & (beats.positions < first + length)
            parts.append(beats.only(inside))
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return _OwnBeats(*map(np.concatenate, columns))


def _may_be_shaken(piece: Floats32, rate_hz: int, settings: ShakingSettings) -> bool:
    """Return whether the low band is large for some seconds, in mV and beside the complexes."""
    every = max(rate_hz // settings.check_rate_hz, 1)
    coarse = piece[: len(piece) // every * every].reshape(-1, every)
    low = _low_band(coarse @ np.full(every, 1 / every, piece.dtype), rate_hz // every, settings)
    part = settings.check_samples
    sizes = np.abs(low[: len(low) // part * part])
    sizes = np.max([sizes[first::part] for first in range(part)], axis=0)
    in_a_row = round(settings.check_s * settings.check_rate_hz / part)
    block = settings.block_s * rate_hz
    if len(sizes) < in_a_row or len(piece) < block:
        return False
    heights = np.ptp(piece[: len(piece) // block * block].reshape(-1, block), axis=1)
    height = np.percentile(heights, settings.check_percentile)
    large = sizes >= max(settings.check_mv, settings.check_share * height)
    share = np.convolve(large, np.full(in_a_row, 1 / in_a_row), "valid")
    return bool(share.max() >= settings.check_large_share)


def _low_band(piece: Floats32, rate_hz: int, settings: ShakingSettings) -> Floats32:
    """Return a moving average less a longer one: the band of shaking."""
    short, long = (round(s * rate_hz) for s in (settings.low_short_s, settings.low_long_s))
    return np.asarray(uniform_filter1d(piece, short) - uniform_filter1d(piece, long), np.float32)


def _beats_of_piece(piece: Floats32, rate_hz: int, settings: ShakingSettings) -> _OwnBeats:
    """Return the patient's own complexes of a piece, in samples from its beginning."""
    positions = _sharp_peaks(piece, rate_hz, settings)
    if len(positions) < MIN_BEATS:
        return _OwnBeats(np.empty(0, np.int64), *np.empty((4, 0)))
    reach = round(settings.qrs_s * rate_hz)
    typical_qrs = np.median(windows_at(piece, positions - reach, 2 * reach + 1), axis=0)
    complexes = _curvature(piece, round(settings.qrs_step_s * rate_hz))
    complexes = windows_at(complexes, positions - reach, 2 * reach + 1)
    likeness = _correlation(_mean_around(complexes, settings), np.median(complexes, axis=0))
    first, last = (round(s * rate_hz) for s in (settings.before_s, settings.after_s))
    low = _low_band(piece, rate_hz, settings)
    beats = windows_at(low, positions - first, first + last)
    rest = np.abs(beats - _mean_around(beats, settings))
    in_parts = np.stack([p.max(axis=1) for p in np.array_split(rest, settings.parts, axis=1)])
    evenness = in_parts.min(axis=0) / np.maximum(in_parts.max(axis=0), np.finfo(np.float32).tiny)
    rest_mv = np.median(rest, axis=1)
    return _OwnBeats(
        positions,
        *(
            median_filter(of_beat.astype(np.float64), settings.median_beats, mode="nearest")
            for of_beat in (rest_mv, rest_mv / np.ptp(typical_qrs), evenness, likeness)
        ),
    )


def _sharp_peaks(piece: Floats32, rate_hz: int, settings: ShakingSettings) -> Ints:
    """Return the peaks in the high band that have typical height and shape, in samples."""
    high = _high_band(piece, rate_hz, settings)
    window = round(settings.high_average_s * rate_hz)
    height = np.sqrt(np.maximum(uniform_filter1d(high * high, window, mode="constant"), 0))
    block = settings.block_s * rate_hz
    highest = np.maximum.reduceat(height, np.arange(0, len(height), block))
    rises = np.diff(height, prepend=0) >= 0
    tops = rises & (np.diff(height, append=0) <= 0)
    peaks = np.flatnonzero(tops & (height > settings.high_share * np.median(highest)))
    apart = round(settings.apart_s * rate_hz)
    peaks = peaks[height[peaks] == windows_at(height, peaks - apart, 2 * apart + 1).max(axis=1)]
    reach = round(settings.qrs_s * rate_hz)
    lags = round(settings.align_s * rate_hz)
    # First by the strongest sample of each, then by the median shape of all.
    around = np.abs(windows_at(high, peaks - lags, 2 * lags + 1))
    peaks = peaks - lags + around.argmax(axis=1)
    shapes = windows_at(high, peaks - reach - lags, 2 * (reach + lags) + 1)
    typical = np.median(shapes[:, lags : len(shapes[0]) - lags], axis=0)
    similar = np.stack(
        [_correlation(shapes[:, lag : lag + 2 * reach + 1], typical) for lag in range(2 * lags + 1)]
    )
    peaks = peaks - lags + similar.argmax(axis=0)
    return np.unique(peaks[similar.max(axis=0) >= settings.high_correlation])


def _high_band(piece: Floats32, rate_hz: int, settings: ShakingSettings) -> Floats32:
    """Return the band of sharp complexes: second differences of second differences."""
    for _ in range(settings.high_differences):
        piece = _curvature(piece, round(settings.high_step_s * rate_hz))
    return piece


def _curvature(piece: Floats32, step: int) -> Floats32:
    """Return the second difference, 0 at the ends, shape (n,)."""
    inner = piece[2 * step :] - 2 * piece[step:-step] + piece[: -2 * step]
    return np.pad(inner, step)


def _mean_around(beats: Floats32, settings: ShakingSettings) -> Floats32:
    """Return the mean of each beat and its neighbours, shape (n_beats, n_samples)."""
    return np.asarray(uniform_filter1d(beats, settings.mean_beats, axis=0, mode="nearest"))


def _correlation(windows: Floats32, shape: Floats32) -> Floats:
    """Return the correlation of each window with a shape, shape (n_windows,)."""
    windows = windows - windows.mean(axis=1, keepdims=True)
    shape = shape - shape.mean()
    norm = np.linalg.norm(windows, axis=1) * np.linalg.norm(shape)
    product = np.asarray(windows @ shape, np.float64)
    return np.asarray(np.divide(product, norm, out=np.zeros_like(product), where=norm > 0))


def _stretches(
    beats: _OwnBeats, rate_hz: int, settings: ShakingSettings
) -> Iterator[tuple[int, int]]:
    """Yield the first and last beat of each stretch of shaking."""
    if len(beats.positions) < MIN_BEATS:
        return
    rr_s = np.diff(beats.positions) / rate_hz
    usual_s = median_filter(rr_s, settings.rr_beats, mode="nearest")
    goes_on = (rr_s >= settings.min_rr_s) & (rr_s <= settings.max_rr_s)
    goes_on &= rr_s <= settings.gap_rr * usual_s
    large = beats.rest_mv >= settings.least_mv
    large &= beats.likeness >= settings.likeness
    lasts = large & (beats.share >= settings.lasts_above_share)
    lasts &= beats.evenness >= settings.lasts_above_evenness
    begins = lasts & (beats.share >= settings.begins_above_share)
    begins &= beats.evenness >= settings.begins_above_evenness
    stretch, n_stretches = label(goes_on & lasts[:-1] & lasts[1:])
    for intervals in find_objects(stretch, n_stretches):
        first, last = intervals[0].start, intervals[0].stop
        n_begin = int(begins[first : last + 1].sum())
        if n_begin >= settings.min_beats:
            yield first, last
