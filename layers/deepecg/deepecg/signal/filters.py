"""Filters: resampling and the zero-phase band-pass, on arrays in memory."""

from fractions import Fraction
from functools import lru_cache

import numpy as np
from scipy.signal import butter, firwin, resample_poly, sosfilt, sosfilt_zi

from deepecg.arrays import Floats
from deepecg.signal.settings import ConditioningSettings

MAX_RATIO_TERM = 10_000
"""Largest integer in a resampling ratio: exact for rates up to 1000 Hz with one decimal. For other
rates signal and clock drift apart by up to 4 s a day, which ``ConditionedLead.clock_hz``
corrects."""
KEPT_DESIGNS = 8
"""Filter designs that are cached: for a single beat, designing takes longer than filtering. A
recorder has one rate; eight of the longest possible filters take 33 MB."""


@lru_cache(KEPT_DESIGNS)
def resampling_ratio(from_hz: float, to_hz: float) -> Fraction:
    """Return ``to_hz / from_hz`` as a ratio of integers, up over down."""
    rate = Fraction(from_hz).limit_denominator(1000)
    return (Fraction(to_hz) / rate).limit_denominator(MAX_RATIO_TERM)


def condition(level: Floats, sampling_rate_hz: float, settings: ConditioningSettings) -> Floats:
    """Resample and band-pass, as everything that detector and model read.

    Parameters
    ----------
    level : ndarray of float64, shape (..., n)
        Millivolts above the baseline, one signal along the last axis. Missing samples are replaced
        by 0 in place.
    sampling_rate_hz : float
        Its sampling rate.
    settings : ConditioningSettings
        Rate and filter.

    Returns
    -------
    ndarray of float64, shape (..., m)
        At ``settings.rate_hz``.
    """
    np.nan_to_num(level, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return band_pass(
        resample(level, resampling_ratio(sampling_rate_hz, settings.rate_hz)), settings
    )


def resample(signal: Floats, ratio: Fraction) -> Floats:
    """Resample by polyphase filtering; the first samples coincide in time.

    Parameters
    ----------
    signal : ndarray of float64, shape (..., n)
        Samples without NaN; one signal along the last axis.
    ratio : Fraction
        Output rate over input rate.

    Returns
    -------
    ndarray of float64, shape (..., ceil(n * ratio))
        Beyond its ends the signal is continued by its reflection.
    """
    if ratio == 1:
        return signal
    up, down = ratio.numerator, ratio.denominator
    low_pass = _low_pass(max(up, down))
    resampled = resample_poly(  # type: ignore[call-overload]  # its stubs do not accept a filter
        signal, up, down, axis=-1, window=low_pass, padtype="reflect"
    )
    return np.asarray(resampled)


def band_pass(signal: Floats, settings: ConditioningSettings) -> Floats:
    """Band-pass without delay: a Butterworth filter run forwards and backwards.

    Parameters
    ----------
    signal : ndarray of float64, shape (..., n)
        Samples at ``settings.rate_hz``; one signal along the last axis.

    Returns
    -------
    ndarray of float64, shape (..., n)
        The signal between ``settings.low_hz`` and ``settings.high_hz``.
    """
    sections, steady = _sections(settings)
    steady = steady.reshape(len(sections), *(signal.ndim - 1) * (1,), 2)
    n = min(signal.shape[-1] - 1, settings.margin_s * settings.rate_hz // 2)
    reflected = (
        2 * signal[..., :1] - signal[..., n:0:-1],
        signal,
        2 * signal[..., -1:] - signal[..., -2 : -n - 2 : -1],
    )
    filtered = np.concatenate(reflected, axis=-1)
    for _direction in ("forwards", "backwards"):
        filtered, _ = sosfilt(sections, filtered, axis=-1, zi=steady * filtered[..., :1])
        filtered = filtered[..., ::-1]
    return np.asarray(filtered[..., n : filtered.shape[-1] - n])


@lru_cache(KEPT_DESIGNS)
def _low_pass(terms: int) -> Floats:
    """Return the filter that ``resample_poly`` would otherwise design at every call."""
    return np.asarray(firwin(20 * terms + 1, 1 / terms, window=("kaiser", 5.0)))


@lru_cache(KEPT_DESIGNS)
def _sections(settings: ConditioningSettings) -> tuple[Floats, Floats]:
    """Return the Butterworth filter and its state after a long constant input of 1.

    ``sosfiltfilt`` uses the same two, and computes the state at every call.
    """
    sections = butter(
        settings.order,
        (settings.low_hz, settings.high_hz),
        btype="bandpass",
        output="sos",
        fs=settings.rate_hz,
    )
    return sections, sosfilt_zi(sections)
