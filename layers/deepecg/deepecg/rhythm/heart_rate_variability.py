"""Heart-rate variability in time and frequency domain, on normal-to-normal intervals only.

Definitions are those of the Task Force of the ESC and NASPE (Circulation 1996;93:1043).

An interval is normal-to-normal (NN) if both its beats are N and outside atrial fibrillation, no
gap lies between them, and it is plausible: within absolute limits, and near the median of the
intervals around it. Short holes are filled for the spectrum only.

SDNN, SDANN and triangular index grow with the length of a recording, so they are comparable only
over a standard length. They are computed for each day of 24 hours from the recording's start of
which NN intervals cover at least 18 hours. The result is the mean over these days, or None without
any. RMSSD, pNN50 and the powers of five-minute segments do not depend on the length and are
computed for any recording that is long enough.

R peaks lie on a grid of samples. Their rounding error (rms 1/sqrt(12) of a sampling step) adds half
of the step squared to RMSSD squared: 30 ms2 at 128 Hz, which turns 20.0 ms into 20.7 ms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from deepecg.arrays import Bools, Floats, Ints
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import VariabilitySettings
from deepecg.time_units import SECONDS_PER_DAY, SECONDS_PER_HOUR

HISTOGRAM_BIN_MS = 1000 / 128
"""Bin width of the triangular index, as the Task Force recommends."""
LEAST_POWER_MS2 = 0.01
"""A power below this is a rounding error, by which no other power is divided."""
GRID_POINTS_PER_PERIOD = 16
"""Grid points per period of the highest frequency: keeps the error of cubic Lagrange interpolation
below 0.1 %."""
SEGMENTS_AT_ONCE = 48
"""Segments transformed at a time: four hours fit into the processor's cache, and memory does not
grow with the recording."""


@dataclass(frozen=True)
class Variability:
    """Heart-rate variability, and the amount of data that it is based on.

    A value is None where there is too little data for it.

    Attributes
    ----------
    nn_count : int
        Number of normal-to-normal (NN) intervals used.
    nn_s : float
        Time in seconds that they cover.
    day_count : int
        Number of days (24 hours each, from the recording's start) with enough NN intervals for
        the indices of a whole day; SDNN, SDANN and triangular index are means over these days.
    sdnn_ms : float or None
        Standard deviation of the NN intervals of a day.
    sdann_ms : float or None
        Standard deviation of the means of a day's five-minute segments.
    rmssd_ms : float or None
        Root mean square of the differences between successive NN intervals.
    pnn50_percent : float or None
        Share of these differences above 50 ms, in percent.
    triangular_index : float or None
        Number of NN intervals of a day divided by the number in the fullest bin (1/128 s) of
        their histogram.
    lf_ms2, hf_ms2 : float or None
        Power at 0.04 to 0.15 Hz and at 0.15 to 0.40 Hz, mean of five-minute segments.
    lf_hf_ratio : float or None
        LF power divided by HF power; also None if there is no HF power.
    spectrum_s : float
        Total length in seconds of the segments that the powers are computed from.
    """

    nn_count: int
    nn_s: float
    day_count: int
    sdnn_ms: float | None
    sdann_ms: float | None
    rmssd_ms: float | None
    pnn50_percent: float | None
    triangular_index: float | None
    lf_ms2: float | None
    hf_ms2: float | None
    lf_hf_ratio: float | None
    spectrum_s: float


def heart_rate_variability(
    stream: BeatStream, in_fibrillation: Bools, settings: VariabilitySettings
) -> Variability:
    """Compute the indices of the Task Force (1996).

    Parameters
    ----------
    stream : BeatStream
        The beats.
    in_fibrillation : ndarray of bool, shape (n_beats,)
        Beats in atrial fibrillation, whose intervals are not NN.
    settings : VariabilitySettings
        Criteria of NN intervals, length of segments, and frequency bands.

    Returns
    -------
    Variability
        None for every value without enough data.
    """
    normal = normal_intervals(stream, in_fibrillation, settings)
    times_s = stream.times_s[normal]
    nn_ms = 1000 * stream.rr_s[normal]
    nn_s = float(nn_ms.sum()) / 1000
    segment_means_ms, enough = _segments(times_s, nn_ms, settings)
    day_count, sdnn, sdann, triangular = _day_indices(
        times_s, nn_ms, segment_means_ms, enough, settings
    )
    rmssd, pnn50 = None, None
    if nn_s >= settings.segment_share * settings.segment_s:
        rmssd, pnn50 = _successive(stream.rr_s, normal, settings.large_step_ms)
    lf, hf = _band_powers(times_s, nn_ms, enough, settings)
    return Variability(
        nn_count=len(nn_ms),
        nn_s=nn_s,
        day_count=day_count,
        sdnn_ms=sdnn,
        sdann_ms=sdann,
        rmssd_ms=rmssd,
        pnn50_percent=pnn50,
        triangular_index=triangular,
        lf_ms2=lf,
        hf_ms2=hf,
        lf_hf_ratio=lf / hf if lf is not None and hf and hf >= LEAST_POWER_MS2 else None,
        spectrum_s=settings.segment_s * int(enough.sum()),
    )


def normal_intervals(
    stream: BeatStream, in_fibrillation: Bools, settings: VariabilitySettings
) -> Bools:
    """Return for each beat whether the interval before it is normal-to-normal, shape (n_beats,)."""
    usual = stream.is_class("N") & ~in_fibrillation

    rr = stream.rr_s
    normal: Bools = usual & np.roll(usual, 1)
    normal &= (rr >= settings.shortest_nn_s) & (rr <= settings.longest_nn_s)  # NaN is neither
    normal[:1] = False
    candidates = rr[normal]
    if len(candidates):
        local = median_filter(candidates, settings.local_intervals)
        normal[normal] = np.abs(candidates - local) <= settings.deviation_share * local
    return normal


def _segments(
    times_s: Floats, nn_ms: Floats, settings: VariabilitySettings
) -> tuple[Floats, Bools]:
    """Return mean NN intervals of segments of equal length, and which these cover sufficiently.

    An interval belongs to the segment in which its last beat lies.
    """
    numbers = (times_s // settings.segment_s).astype(np.int64)
    counts = np.bincount(numbers)
    covered_ms = np.bincount(numbers, nn_ms)
    enough = covered_ms >= 1000 * settings.segment_share * settings.segment_s
    return covered_ms / np.maximum(counts, 1), enough


def _day_indices(
    times_s: Floats,
    nn_ms: Floats,
    segment_means_ms: Floats,
    enough: Bools,
    settings: VariabilitySettings,
) -> tuple[int, float | None, float | None, float | None]:
    """Return the number of days with enough data, and SDNN, SDANN and triangular index."""
    sdnn, sdann, triangular = [], [], []
    segment_days = np.arange(len(enough)) * settings.segment_s // SECONDS_PER_DAY
    days = times_s // SECONDS_PER_DAY
    for day in np.unique(days):
        of_day = nn_ms[days == day]
        if of_day.sum() < 1000 * SECONDS_PER_HOUR * settings.day_indices_hours:
            continue
        sdnn.append(float(of_day.std(ddof=1)))
        bins = np.rint(of_day / HISTOGRAM_BIN_MS).astype(np.int64)
        triangular.append(len(bins) / int(np.bincount(bins).max()))
        means = segment_means_ms[enough & (segment_days == day)]
        if len(means) > 1:
            sdann.append(float(means.std(ddof=1)))
    return len(sdnn), _mean(sdnn), _mean(sdann), _mean(triangular)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _successive(
    rr_s: Floats, normal: Bools, large_step_ms: float
) -> tuple[float | None, float | None]:
    """Return RMSSD and pNN50, over NN intervals that share a beat."""
    both = normal[1:] & normal[:-1]
    if not both.any():
        return None, None
    steps_ms = 1000 * np.diff(rr_s)[both]
    # rounded to the microsecond, so that rounding errors of times do not turn 50 ms into more
    large = np.round(np.abs(steps_ms), 3) > large_step_ms
    return float(np.sqrt(np.mean(steps_ms**2))), 100 * float(np.mean(large))


def _band_powers(
    times_s: Floats,
    nn_ms: Floats,
    enough: Bools,
    settings: VariabilitySettings,
) -> tuple[float | None, float | None]:
    """Return mean LF and HF power over the segments with enough NN intervals."""
    n_segments = int(enough.sum())
    if not n_segments:
        return None, None
    times_s, nn_ms = _filled(times_s, nn_ms, settings.filled_s)
    of_interval = (times_s // settings.segment_s).astype(np.int64)
    used = enough[of_interval]
    numbers = (np.cumsum(enough) - 1)[of_interval[used]]
    phases = (times_s[used] / settings.segment_s) % 1
    values = nn_ms[used]
    edges = [
        round(hz * settings.segment_s)
        for hz in (settings.lf_from_hz, settings.hf_from_hz, settings.hf_until_hz)
    ]
    powers = np.zeros(2)
    for first in range(0, n_segments, SEGMENTS_AT_ONCE):
        block = slice(*np.searchsorted(numbers, (first, first + SEGMENTS_AT_ONCE)))
        spectra = _spectra(
            numbers[block] - first, phases[block], values[block], edges[-1], settings.segment_s
        )
        powers += [spectra[:, a:b].sum() for a, b in pairwise(edges)]
    lf, hf = powers / n_segments
    return float(lf), float(hf)


def _filled(times_s: Floats, nn_ms: Floats, longest_s: float) -> tuple[Floats, Floats]:
    """Return NN intervals and the beats that end them, with short holes filled.

    As many intervals as fit are inserted, evenly, by linear interpolation between the intervals on
    either side. With open holes, slow rhythms leak into HF: on clean stretches of five records of
    the Long-Term AF DB, HF is 5 to 25 % too large when 2 % of the beats are removed, and 12 to 91 %
    when 8 % are. With filled holes, HF is off by at most 4 % and 27 %, LF by at most 9 % and 11 %.
    """
    hole_s = np.diff(times_s) - nn_ms[1:] / 1000
    typical_s = (nn_ms[1:] + nn_ms[:-1]) / 2000
    n_put = np.where(hole_s <= longest_s, np.rint(hole_s / typical_s), 0).astype(np.int64)
    places = np.arange(len(times_s)) + np.concatenate([[0], np.cumsum(n_put)])
    between = np.arange(places[-1] + 1)
    times = np.interp(between, places, times_s)
    return times, np.interp(between, places, nn_ms)


def _spectra(numbers: Ints, phases: Floats, values: Floats, last: int, segment_s: float) -> Floats:
    """Return the power of every segment at multiples of the inverse of its length.

    This is the periodogram of the unevenly sampled intervals, one per beat. Resampling them evenly
    would lose power in HF (Laguna, Moody & Mark 1998; Clifford & Tarassenko 2005). The Hann taper
    suppresses drift: of a drift of 0.6 s in five minutes, 0.02 ms2 reach LF. The powers of a
    sinusoid of amplitude A add up to A^2/2. The result agrees with Lomb's periodogram up to half
    the heart rate. Above that limit every method aliases: below 48 beats per minute, the upper end
    of HF mirrors the frequencies below that limit.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
        Index of the segment of each interval, ascending.
    phases : ndarray of float64, shape (n,)
        Position in the segment at which the interval ends, 0 to 1.
    values : ndarray of float64, shape (n,)
        Intervals in ms.
    last : int
        Number of frequencies.
    segment_s : float
        Length of a segment in seconds.

    Returns
    -------
    ndarray of float64, shape (n_segments, last)
        Power in ms squared; column k has k periods per segment.
    """
    n_segments = int(numbers[-1]) + 1
    taper = np.sin(np.pi * phases) ** 2

    def total(terms: Floats) -> Floats:
        sums: Floats = np.bincount(numbers, terms, n_segments).astype(float)
        return sums

    rest = values - (total(taper * values) / total(taper))[numbers]
    transform = _fourier(numbers, phases, taper * rest, n_segments, last)
    mean_nn_s = total(values) / np.bincount(numbers, minlength=n_segments) / 1000
    scale = 2 * mean_nn_s / (segment_s * total(taper**2))
    return np.abs(transform) ** 2 * scale[:, None]


def _fourier(
    numbers: Ints,
    phases: Floats,
    terms: Floats,
    n_segments: int,
    last: int,
) -> NDArray[np.complex128]:
    """Return ``sum(terms * exp(-2j pi k phases))`` of every segment, for k from 0 to ``last`` - 1.

    Each term is distributed to the four points around it on a fine grid, with Lagrange's weights,
    and the grid is transformed (Press & Rybicki 1989). The grid is periodic, since every k is a
    whole number of periods.
    """
    n_grid = GRID_POINTS_PER_PERIOD * last
    place = phases * n_grid
    below = np.floor(place).astype(np.int64)
    u = place - below
    shares = (
        -u * (u - 1) * (u - 2) / 6,
        (u + 1) * (u - 1) * (u - 2) / 2,
        -(u + 1) * u * (u - 2) / 2,
        (u + 1) * u * (u - 1) / 6,
    )
    grid = np.zeros(n_segments * n_grid)
    for offset, share in enumerate(shares, start=-1):
        points = numbers * n_grid + (below + offset) % n_grid
        grid += np.bincount(points, terms * share, len(grid))
    transform: NDArray[np.complex128] = np.fft.rfft(grid.reshape(n_segments, n_grid))[:, :last]
    return transform
