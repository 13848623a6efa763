"""Mains hum: 50 or 60 Hz is subtracted from a conditioned lead where it stands out, and only there.

A notch filter rings after every QRS complex. Here the hum's amplitude and phase are followed over
seconds (a lock-in amplifier), and its sinusoid is subtracted; a QRS complex is too short to take
part. Seconds without hum are not changed at all.
"""

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d
from scipy.signal.windows import hann

from deepecg.arrays import Bools, Floats
from deepecg.signal.settings import ConditioningSettings, HumSettings


def without_hum(signal: Floats, first_sample: int, settings: ConditioningSettings) -> Floats:
    """Return a lead without mains hum.

    Parameters
    ----------
    signal : ndarray of float64, shape (n,)
        Samples of a conditioned lead in mV.
    first_sample : int
        Number of the first sample in the recording: seconds are those of the recording, so that
        the result does not depend on where a chunk begins.
    settings : ConditioningSettings
        Rate of the samples, frequencies and limits of hum.

    Returns
    -------
    ndarray of float64, shape (n,)
        The lead itself if it has no hum.
    """
    rate_hz, limits = settings.rate_hz, settings.hum
    lead = -first_sample % rate_hz
    n_seconds = (len(signal) - lead) // rate_hz
    if n_seconds < 1:
        return signal
    blocks = signal[lead : lead + n_seconds * rate_hz].reshape(n_seconds, rate_hz)
    window = hann(rate_hz, sym=False)
    spectrum = np.abs(np.fft.rfft(blocks * window)) * 2 / window.sum()
    cleaned = signal
    for mains_hz in limits.mains_hz:
        hum = _seconds_with_hum(spectrum, mains_hz, limits)
        if hum.any():
            middles = lead + (np.arange(n_seconds) + 0.5) * rate_hz
            share = np.interp(np.arange(len(signal)), middles, hum.astype(np.float64))
            cleaned = cleaned - share * _sinusoid(cleaned, rate_hz, mains_hz, limits)
    return cleaned


def _seconds_with_hum(spectrum: Floats, mains_hz: int, settings: HumSettings) -> Bools:
    """Return the seconds in which one frequency stands out, shape (n_seconds,)."""
    distances = np.array(settings.beside_hz)
    beside = np.concatenate([mains_hz - distances, mains_hz + distances])
    beside = beside[beside < spectrum.shape[1]]
    amplitude = median_filter(spectrum[:, mains_hz], settings.median_s, mode="nearest")
    floor = median_filter(
        np.sqrt(np.mean(spectrum[:, beside] ** 2, axis=1)), settings.median_s, mode="nearest"
    )
    stands_out = (amplitude >= settings.least_mv) & (amplitude >= settings.prominence * floor)
    return np.asarray(maximum_filter1d(stands_out, 1 + 2 * settings.extend_s), bool)


def _sinusoid(signal: Floats, rate_hz: int, mains_hz: int, settings: HumSettings) -> Floats:
    """Return the slowly changing sinusoid of one frequency that a signal contains."""
    turn = np.exp(-2j * np.pi * mains_hz / rate_hz * np.arange(len(signal)))
    phasor = signal * turn
    for _ in range(2):  # twice a moving average: a triangle, without the side lobes of one
        phasor = uniform_filter1d(phasor, round(settings.follow_s * rate_hz), mode="nearest")
    return np.asarray(2 * (phasor * turn.conj()).real)
