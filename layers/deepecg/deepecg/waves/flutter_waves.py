"""Flutter waves: atrial waves of 220 to 370 a minute that go on through the beats, and no P waves.

Between the QRS complexes flutter is one spectral line. T waves of a regular rhythm have lines too,
at all multiples of the heart rate, whose heights fall off evenly, so the line of flutter has to
rise above those a heart rate away. Where every second flutter wave is conducted, both cannot be
told apart: this is not looked for.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.waves.settings import FlutterWaveSettings
from deepecg.waves.waves import Waves


def beats_with_flutter_waves(
    used: Sequence[AnalysedLead], r_peaks: Floats, waves: Waves, settings: FlutterWaveSettings
) -> Bools:
    """Return which beats lie in a window with flutter waves on any lead.

    Parameters
    ----------
    used : sequence of AnalysedLead
        The leads, the primary first.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions of the beats in samples of the conditioned leads.
    waves : Waves
        Waves of the same beats.
    settings : FlutterWaveSettings
        Windows and limits.

    Returns
    -------
    ndarray of bool, shape (n_beats,)
    """
    found, has_p = np.zeros(len(r_peaks), bool), waves.has_p
    rate_hz = used[0].conditioned.rate_hz
    length = round(settings.window_s * rate_hz)
    windows = (r_peaks // length).astype(np.int64)
    firsts = np.searchsorted(windows, np.arange(windows[-1] + 2 if len(windows) else 1))
    for window, (first, stop) in enumerate(pairwise(firsts)):
        if stop - first < settings.least_beats:
            continue
        if has_p[first:stop].mean() > settings.p_share:
            continue
        part = slice(window * length, (window + 1) * length)
        peaks = r_peaks[first:stop] - part.start
        found[first:stop] = any(
            _has_line(lead.conditioned.signal[part], peaks, rate_hz, settings) for lead in used
        )
    return found


def _has_line(signal: Floats32, peaks: Floats, rate_hz: int, settings: FlutterWaveSettings) -> bool:
    """Return whether one frequency dominates a signal between its QRS complexes."""
    between = _without_complexes(signal, peaks, rate_hz, settings)
    padded = settings.padding * len(between)
    power = np.abs(np.fft.rfft(between * np.hanning(len(between)), padded)) ** 2
    at_hz = np.fft.rfftfreq(padded, 1 / rate_hz)
    band = (at_hz >= settings.from_hz) & (at_hz <= settings.until_hz)
    line_hz = float(at_hz[band][power[band].argmax()])
    beat_hz = rate_hz / float(np.median(np.diff(peaks)))
    if line_hz < settings.least_ratio * beat_hz:
        return False

    def around(hz: float, width_hz: float) -> Floats:
        return np.asarray(power[np.abs(at_hz - hz) <= width_hz])

    wide = (at_hz >= settings.wide_from_hz) & (at_hz <= settings.wide_until_hz)
    share = around(line_hz, 2 * settings.line_hz).sum() / max(float(power[wide].sum()), TINY)
    beside = max(around(line_hz + side * beat_hz, settings.line_hz).mean() for side in (-1, 1))
    rise = around(line_hz, settings.line_hz).mean() / max(float(beside), TINY)
    stands_out = (share >= settings.line_share and rise >= settings.line_rise) or (
        share >= settings.main_share and rise >= settings.main_rise
    )
    return bool(stands_out and np.std(between) >= settings.least_mv)


def _without_complexes(
    signal: Floats32, peaks: Floats, rate_hz: int, settings: FlutterWaveSettings
) -> Floats:
    """Return a signal with straight lines in place of its QRS complexes, without its mean."""
    before, after = (round(s * rate_hz) for s in (settings.before_s, settings.after_s))
    kept = np.ones(len(signal), bool)
    for peak in np.rint(peaks).astype(np.int64):
        kept[max(peak - before, 0) : peak + after] = False
    at = np.arange(len(signal))
    filled = np.interp(at, at[kept], signal[kept]) if kept.any() else np.zeros(len(signal))
    return np.asarray(filled - filled.mean(), np.float64)


TINY = np.finfo(np.float64).tiny
"""Keeps quotients finite where a lead is flat."""
