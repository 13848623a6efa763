"""Pause confirmation: in which long RR intervals the signal shows that no beat was missed.

An interval is confirmed as a pause if no ventricle can have beaten in it:

1. Nothing in it reaches a share of the QRS energy of the beats around, nor of the two beats beside
   it, which are small when an electrode regains contact gradually.
2. No deflection is larger than a P wave: a broad, slow ventricular beat or the step of a detached
   electrode prevents confirmation, while P waves do not.
3. The electrode is attached: the finest noise, which contains no P and T waves, continues as it
   does between the beats around.
4. No other lead that shows the beats around shows one in the interval.

An interval in which noise may hide a beat is not confirmed; it can still be a pause.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter, minimum_filter1d, percentile_filter

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.beats.rr_intervals import is_at_least
from deepecg.beats.settings import DetectionSettings, PauseSettings
from deepecg.recording import Recording
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.filters import condition
from deepecg.signal.hum import without_hum
from deepecg.signal.qrs_energy import PIECE_S, qrs_energy
from deepecg.signal.settings import QrsSettings

BEATS_AROUND = 21
"""Number of beats, and of RR intervals, with which a long interval is compared."""
LOW_PERCENTILE = 25
"""Percentile of the heights around that is the height of the small beats: of the narrow ones, where
every second beat is ventricular."""
QRS_REACH_S = 0.10
"""Seconds before and after its R peak within which a QRS complex lies."""
OTHER_LEADS_S = 10.0
"""Seconds before and after a long interval that are read of the other leads."""
MAX_READS = 300
"""Largest number of readings of other leads, around the longest intervals, to bound the time."""


def confirm_pauses(
    recording: Recording,
    lead: int,
    conditioned: ConditionedLead,
    times_s: Floats,
    rr_s: Floats,
    *,
    settings: DetectionSettings,
    pauses: PauseSettings,
) -> Bools:
    """Return for each beat whether the interval before it is a confirmed pause.

    Parameters
    ----------
    recording : Recording
        The recording. Its other leads are read around intervals that the first lead confirms; if
        that takes more than :data:`MAX_READS` readings, only around the longest of them.
    lead : int
        Number of the first lead, on which the beats were found.
    conditioned : ConditionedLead
        Signal of that lead.
    times_s, rr_s : ndarray of float64, shape (n_beats,)
        R peaks, and the RR interval before each, in seconds; NaN where there is none.
    settings : DetectionSettings
        QRS energy and conditioning.
    pauses : PauseSettings
        Lengths of a pause, and limits of its confirmation.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
        False also where the interval is shorter than ``PauseSettings.pause_s``, so short that the
        T wave may fill it, longer than ``longest_s``, or NaN.
    """
    confirmed = np.zeros(len(times_s), bool)
    least_s = max(pauses.pause_s, pauses.least_s(settings.detector.refractory_s))
    long = is_at_least(rr_s, least_s)
    gaps = np.flatnonzero(long & (rr_s <= pauses.longest_s))
    for within, first, last in _stretches(times_s, gaps, pauses.longest_s):
        stretch = _stretch(conditioned, times_s[first : last + 1], settings.detector, pauses)
        confirmed[within] = _shows_no_beat(stretch, within - first, settings.detector, pauses)
    others = [other for other in range(len(recording.leads)) if other != lead]
    if others:
        candidates = np.flatnonzero(confirmed)
        longest = np.argsort(-rr_s[candidates], kind="stable")[: MAX_READS // len(others)]
        for gap in np.sort(candidates[longest]):
            confirmed[gap] = not any(
                _other_lead_shows_beat(
                    recording, other, times_s, gap, settings=settings, pauses=pauses
                )
                for other in others
            )
    return confirmed


def _stretches(times_s: Floats, gaps: Ints, longest_s: float) -> Iterator[tuple[Ints, int, int]]:
    """Yield long intervals that are near each other, and the first and last beat around them.

    The beats that an interval is compared with do not depend on this grouping.
    """
    part = np.cumsum(np.diff(times_s, prepend=times_s[:1]) > longest_s)
    apart = np.diff(gaps) > BEATS_AROUND
    apart |= np.diff(times_s[gaps] // PIECE_S) > 0
    apart |= np.diff(part[gaps]) > 0
    half = BEATS_AROUND // 2
    for together in np.split(gaps, np.flatnonzero(apart) + 1) if len(gaps) else ():
        begin, end = np.searchsorted(part, part[together[0]] + np.arange(2))
        yield together, max(together[0] - 1 - half, begin), min(together[-1] + half, end - 1)


@dataclass(frozen=True)
class _Stretch:
    """A part of the lead on which the beats were found.

    ``peaks`` are the R peaks in samples, ``energy`` is the QRS energy, ``swing`` the peak-to-peak
    amplitude within ``PauseSettings.deflection_s``, ``noise`` the finest noise; all in mV.
    """

    peaks: Ints
    energy: Floats32
    swing: Floats32
    noise: Floats32
    rate_hz: int

    def samples(self, seconds: float) -> int:
        return round(seconds * self.rate_hz)


def _stretch(
    conditioned: ConditionedLead, times_s: Floats, qrs: QrsSettings, pauses: PauseSettings
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


def _shows_no_beat(stretch: _Stretch, gaps: Ints, qrs: QrsSettings, pauses: PauseSettings) -> Bools:
    """Return which intervals before the beats ``gaps`` of a stretch show no beat on its lead."""
    before, after = stretch.peaks[gaps - 1], stretch.peaks[gaps]
    wave, refractory = stretch.samples(qrs.wave_s), stretch.samples(qrs.refractory_s)
    half = stretch.samples(pauses.deflection_s / 2)
    beside_t = before + stretch.samples(pauses.t_wave_s) + half
    gap_energy = _extremes(np.maximum, stretch.energy, before + wave, after - refractory)
    gap_swing = _extremes(np.maximum, stretch.swing, beside_t, after - refractory - half)
    gap_noise = _extremes(np.minimum, stretch.noise, before + wave, after - refractory)
    max_energy = pauses.qrs_share * _small_beats_near(stretch, stretch.energy, gaps)
    max_swing = pauses.deflection_share * _small_beats_near(stretch, stretch.swing, gaps)
    max_swing = np.clip(max_swing, pauses.p_wave_mv, pauses.deflection_mv)
    typical_noise = _typical_noise(stretch)[gaps]
    attached = gap_noise >= pauses.silence_share * typical_noise
    attached |= typical_noise < pauses.noise_mv
    return np.asarray((gap_energy < max_energy) & (gap_swing < max_swing) & attached, bool)


def _small_beats_near(stretch: _Stretch, values: Floats32, gaps: Ints) -> Floats32:
    """Return the height of the small beats around, or of the two beside the interval if less."""
    reach = stretch.samples(QRS_REACH_S)
    heights = _extremes(np.maximum, values, stretch.peaks - reach, stretch.peaks + reach)
    small = percentile_filter(heights, LOW_PERCENTILE, BEATS_AROUND, mode="nearest")
    least = np.minimum(heights, small)
    return np.minimum(least[gaps - 1], least[gaps])


def _typical_noise(stretch: _Stretch) -> Floats32:
    """Return the median, over the intervals around, of the least noise in each interval."""
    reach = stretch.samples(QRS_REACH_S)
    before = np.concatenate([stretch.peaks[:1], stretch.peaks[:-1]])
    least = _extremes(np.minimum, stretch.noise, before + reach, stretch.peaks - reach)
    least[0] = least[1]
    return median_filter(least, BEATS_AROUND, mode="nearest")


def _other_lead_shows_beat(
    recording: Recording,
    lead: int,
    times_s: Floats,
    gap: int,
    *,
    settings: DetectionSettings,
    pauses: PauseSettings,
) -> bool:
    """Return whether a lead shows a QRS complex between the beats ``gap - 1`` and ``gap``.

    False also for a lead that does not show the beats around, that is as noisy as a QRS complex
    throughout the interval, or in which samples are missing.
    """
    detector = settings.detector
    rate_hz = settings.conditioning.rate_hz
    begin = max(round((times_s[gap - 1] - OTHER_LEADS_S) * recording.sampling_rate_hz), 0)
    end = round((times_s[gap] + OTHER_LEADS_S) * recording.sampling_rate_hz)
    level = recording.read(lead, begin, end).astype(np.float64)
    if not np.isfinite(level).all():
        return False
    level -= np.median(level)
    signal = condition(level, recording.sampling_rate_hz, settings.conditioning)
    signal = without_hum(signal, 0, settings.conditioning)
    energy = qrs_energy(signal.astype(np.float32), rate_hz, detector)
    begin_s = begin / recording.sampling_rate_hz
    first, last = np.searchsorted(times_s, (begin_s, begin_s + len(energy) / rate_hz))
    peaks = np.rint((times_s[first:last] - begin_s) * rate_hz).astype(np.int64)
    reach = round(QRS_REACH_S * rate_hz)
    beats = _extremes(np.maximum, energy, peaks - reach, peaks + reach)
    small = np.percentile(beats, LOW_PERCENTILE)
    before, after = peaks[gap - 1 - first], peaks[gap - first]
    between_beats = np.median(np.append(energy[:before], energy[after:]))
    start = before + round(detector.wave_s * rate_hz)
    inside = energy[start : after - round(detector.refractory_s * rate_hz)]
    return bool(
        small > pauses.prominence * between_beats
        and inside.max() >= pauses.other_lead_share * small
        and inside.max() >= pauses.prominence * np.median(inside)
    )


def _extremes(extreme: np.ufunc, values: Floats32, starts: Ints, stops: Ints) -> Floats32:
    """Return the extreme of ``values`` from each start up to, not including, its stop."""
    last = len(values) - 1
    starts = np.clip(starts, 0, last)
    edges = np.stack([starts, np.clip(stops, starts + 1, last + 1)], axis=1)
    # The value added at the end is in no range; reduceat() accepts no index beyond the last.
    return np.asarray(extreme.reduceat(np.append(values, values[-1:]), edges.ravel())[::2])
