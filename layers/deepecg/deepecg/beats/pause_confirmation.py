"""Whether a long RR interval is a pause, or a beat may have been missed in it.

A gap between two beats is quiet if the signal shows that no ventricle can have beaten there:

1. Nothing in it has a fair share of the QRS energy of the beats around, nor of the two beside it:
   as an electrode comes back by and by, the beats beside the gap are small.
2. No deflection is larger than a P wave, so a broad, slow ventricular beat makes it not quiet,
   while P waves may march through it. The step of an electrode that comes off is large too.
3. The electrode is alive: the finest noise, in which P and T waves have no part, goes on as it
   does between the beats around.
4. No other lead that shows the beats around shows one in the gap.

Where noise hides what happens, the gap is not known to be quiet: it is not confirmed, which does
not say that it was no pause.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, minimum_filter1d, percentile_filter

from deepecg.beats.rr_intervals import is_at_least
from deepecg.beats.settings import DetectionSettings, PauseSettings
from deepecg.recording import Recording
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.filters import band_pass, resample, resampling_ratio
from deepecg.signal.qrs_energy import qrs_energy
from deepecg.signal.settings import QrsSettings

BEATS_AROUND = 21
"""Beats, and intervals between beats, that a gap is compared with."""
LOW_PERCENTILE = 25
"""A usual small beat among those around: where every second one is ventricular, the other one."""
QRS_REACH_S = 0.10
"""A QRS complex lies within this distance of its R peak."""
MAX_STRETCH_S = 3600
"""The lead is looked at by stretches of about this length at most, to bound the memory."""
OTHER_LEADS_S = 10.0
"""Other leads are read from so much before a gap to so much after it."""
MAX_READS = 300
"""Other leads are read at most this often, around the longest gaps, to bound the time."""

Indices = NDArray[np.int64]


def quiet_before(
    recording: Recording,
    lead: int,
    conditioned: ConditionedLead,
    times_s: NDArray[np.float64],
    rr_s: NDArray[np.float64],
    *,
    settings: DetectionSettings,
    pauses: PauseSettings,
) -> NDArray[np.bool_]:
    """Return for every beat whether the long interval before it is quiet.

    Parameters
    ----------
    recording : Recording
        Its other leads are read around gaps that are quiet on the first: around the longest, if
        that takes more than :data:`MAX_READS`; the others then rest on the first lead alone.
    lead : int
        Number of the lead on which the beats were found.
    conditioned : ConditionedLead
        That lead.
    times_s, rr_s : ndarray of float64, shape (n_beats,)
        R peaks, and the interval before each; NaN where it is not known.
    settings : DetectionSettings
        What QRS energy is, and how leads are conditioned.
    pauses : PauseSettings
        Which intervals are long, and what is quiet.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
        False where the interval is no candidate for a pause: shorter than
        ``PauseSettings.pause_s``, so short that the T wave may fill it, longer than
        ``longest_s``, or not known.
    """
    quiet = np.zeros(len(times_s), bool)
    least_s = max(pauses.pause_s, pauses.least_s(settings.detector.refractory_s))
    long = is_at_least(rr_s, least_s)
    gaps = np.flatnonzero(long & (rr_s <= pauses.longest_s))
    for within, first, last in _stretches(times_s, gaps, pauses.longest_s):
        stretch = _stretch(conditioned, times_s[first : last + 1], settings.detector, pauses)
        quiet[within] = _is_quiet(stretch, within - first, settings.detector, pauses)
    others = [other for other in range(len(recording.leads)) if other != lead]
    if others:
        left = np.flatnonzero(quiet)
        longest = np.argsort(-rr_s[left], kind="stable")[: MAX_READS // len(others)]
        for gap in np.sort(left[longest]):
            quiet[gap] = not any(
                _shows_a_beat(recording, other, times_s, gap, settings=settings, pauses=pauses)
                for other in others
            )
    return quiet


def _stretches(
    times_s: NDArray[np.float64], gaps: Indices, longest_s: float
) -> Iterator[tuple[Indices, int, int]]:
    """Yield gaps that lie together, and the first and last of the beats to compare them with.

    What a gap is compared with does not depend on the gaps that it lies together with.
    """
    part = np.cumsum(np.diff(times_s, prepend=times_s[:1]) > longest_s)
    apart = np.diff(gaps) > BEATS_AROUND
    apart |= np.diff(times_s[gaps] // MAX_STRETCH_S) > 0
    apart |= np.diff(part[gaps]) > 0
    half = BEATS_AROUND // 2
    for together in np.split(gaps, np.flatnonzero(apart) + 1) if len(gaps) else ():
        begin, end = np.searchsorted(part, part[together[0]] + np.arange(2))
        yield together, max(together[0] - 1 - half, begin), min(together[-1] + half, end - 1)


@dataclass(frozen=True)
class _Stretch:
    """A piece of the lead on which the beats were found, seen in three ways.

    ``peaks`` are its beats in samples, ``energy`` is that of QRS complexes, ``swing`` how far the
    signal moves within ``PauseSettings.deflection_s``, ``noise`` its finest part; all in mV.
    """

    peaks: Indices
    energy: NDArray[np.float32]
    swing: NDArray[np.float32]
    noise: NDArray[np.float32]
    rate_hz: int

    def samples(self, seconds: float) -> int:
        return round(seconds * self.rate_hz)


def _stretch(
    conditioned: ConditionedLead,
    times_s: NDArray[np.float64],
    qrs: QrsSettings,
    pauses: PauseSettings,
) -> _Stretch:
    rate_hz = conditioned.rate_hz
    peaks = np.rint(times_s * conditioned.clock_hz).astype(np.int64)
    first = max(peaks[0] - rate_hz, 0)
    signal = conditioned.signal[first : peaks[-1] + rate_hz]
    length = round(pauses.deflection_s * rate_hz)
    finest = replace(qrs, curvature_s=1 / rate_hz, energy_window_s=pauses.silence_s)
    return _Stretch(
        peaks - first,
        qrs_energy(signal, rate_hz, qrs),
        maximum_filter1d(signal, length) - minimum_filter1d(signal, length),
        qrs_energy(signal, rate_hz, finest),
        rate_hz,
    )


def _is_quiet(
    stretch: _Stretch, gaps: Indices, qrs: QrsSettings, pauses: PauseSettings
) -> NDArray[np.bool_]:
    """Return which intervals before the beats ``gaps`` of a stretch are quiet on its lead."""
    before, after = stretch.peaks[gaps - 1], stretch.peaks[gaps]
    wave, refractory = stretch.samples(qrs.wave_s), stretch.samples(qrs.refractory_s)
    half = stretch.samples(pauses.deflection_s / 2)
    beside_t = before + stretch.samples(pauses.t_wave_s) + half
    gap_energy = _between(np.maximum, stretch.energy, before + wave, after - refractory)
    gap_swing = _between(np.maximum, stretch.swing, beside_t, after - refractory - half)
    gap_noise = _between(np.minimum, stretch.noise, before + wave, after - refractory)
    low = pauses.qrs_share * _smallest_beside(stretch, stretch.energy, gaps)
    flat = pauses.deflection_share * _smallest_beside(stretch, stretch.swing, gaps)
    flat = np.clip(flat, pauses.p_wave_mv, pauses.deflection_mv)
    usual_noise = _usual_noise(stretch)[gaps]
    alive = gap_noise >= pauses.silence_share * usual_noise
    alive |= usual_noise < pauses.noise_mv
    return np.asarray((gap_energy < low) & (gap_swing < flat) & alive, bool)


def _smallest_beside(
    stretch: _Stretch, values: NDArray[np.float32], gaps: Indices
) -> NDArray[np.float32]:
    """Return the height of small beats around gaps, or of those beside them if it is less."""
    reach = stretch.samples(QRS_REACH_S)
    heights = _between(np.maximum, values, stretch.peaks - reach, stretch.peaks + reach)
    usual = percentile_filter(heights, LOW_PERCENTILE, BEATS_AROUND, mode="nearest")
    least = np.minimum(heights, usual)
    return np.minimum(least[gaps - 1], least[gaps])


def _usual_noise(stretch: _Stretch) -> NDArray[np.float32]:
    """Return the least noise between beats, the median of the intervals around each."""
    reach = stretch.samples(QRS_REACH_S)
    before = np.concatenate([stretch.peaks[:1], stretch.peaks[:-1]])
    least = _between(np.minimum, stretch.noise, before + reach, stretch.peaks - reach)
    least[0] = least[1]
    return median_filter(least, BEATS_AROUND, mode="nearest")


def _shows_a_beat(
    recording: Recording,
    lead: int,
    times_s: NDArray[np.float64],
    gap: int,
    *,
    settings: DetectionSettings,
    pauses: PauseSettings,
) -> bool:
    """Return whether a lead shows a QRS between beats ``gap - 1`` and ``gap``, as it does others.

    A lead that does not show the others, that is as noisy as a QRS all through the gap, or that
    misses samples says nothing.
    """
    detector = settings.detector
    rate_hz = settings.conditioning.rate_hz
    begin = max(round((times_s[gap - 1] - OTHER_LEADS_S) * recording.sampling_rate_hz), 0)
    end = round((times_s[gap] + OTHER_LEADS_S) * recording.sampling_rate_hz)
    level = recording.read(lead, begin, end).astype(np.float64)
    if not np.isfinite(level).all():
        return False
    ratio = resampling_ratio(recording.sampling_rate_hz, rate_hz)
    signal = band_pass(resample(level - np.median(level), ratio), settings.conditioning)
    energy = qrs_energy(signal.astype(np.float32), rate_hz, detector)
    begin_s = begin / recording.sampling_rate_hz
    first, last = np.searchsorted(times_s, (begin_s, begin_s + len(energy) / rate_hz))
    peaks = np.rint((times_s[first:last] - begin_s) * rate_hz).astype(np.int64)
    reach = round(QRS_REACH_S * rate_hz)
    beats = _between(np.maximum, energy, peaks - reach, peaks + reach)
    usual = np.percentile(beats, LOW_PERCENTILE)
    before, after = peaks[gap - 1 - first], peaks[gap - first]
    between_beats = np.median(np.append(energy[:before], energy[after:]))
    start = before + round(detector.wave_s * rate_hz)
    inside = energy[start : after - round(detector.refractory_s * rate_hz)]
    return bool(
        usual > pauses.prominence * between_beats
        and inside.max() >= pauses.other_lead_share * usual
        and inside.max() >= pauses.prominence * np.median(inside)
    )


def _between(
    extreme: np.ufunc, values: NDArray[np.float32], starts: Indices, stops: Indices
) -> NDArray[np.float32]:
    """Return the extreme of ``values`` from each start to before its stop."""
    last = len(values) - 1
    starts = np.clip(starts, 0, last)
    edges = np.stack([starts, np.clip(stops, starts + 1, last + 1)], axis=1)
    # The value added at the end is in no stretch: reduceat() wants indices within.
    return np.asarray(extreme.reduceat(np.append(values, values[-1:]), edges.ravel())[::2])
