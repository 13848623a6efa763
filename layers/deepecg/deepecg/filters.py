"""Resampling and the zero-phase band-pass, on arrays that fit into memory."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from deepecg.settings import ConditioningSettings

MAX_RATIO_TERM = 10_000
"""Rates become a ratio of integers no larger than this: exact up to 1000 Hz with one decimal.
Elsewhere signal and clock drift apart by up to 4 s a day; see ``ConditionedLead.clock_hz``."""


def resampling_ratio(from_hz: float, to_hz: float) -> Fraction:
    """Return ``to_hz / from_hz`` as a ratio of integers, up over down."""
    rate = Fraction(from_hz).limit_denominator(1000)
    return (Fraction(to_hz) / rate).limit_denominator(MAX_RATIO_TERM)


def resample(signal: NDArray[np.float64], ratio: Fraction) -> NDArray[np.float64]:
    """Resample by polyphase filtering, the first samples falling together.

    Parameters
    ----------
    signal : ndarray of float64, shape (n,)
        Samples without NaN.
    ratio : Fraction
        Output rate over input rate.

    Returns
    -------
    ndarray of float64, shape (ceil(n * ratio),)
        Beyond its ends the signal is taken to continue as its reflection.
    """
    if ratio == 1:
        return signal
    return np.asarray(resample_poly(signal, ratio.numerator, ratio.denominator, padtype="reflect"))


def band_pass(signal: NDArray[np.float64], settings: ConditioningSettings) -> NDArray[np.float64]:
    """Band-pass without delay: a Butterworth filter run forwards and backwards.

    Parameters
    ----------
    signal : ndarray of float64, shape (n,)
        Samples at ``settings.rate_hz``.

    Returns
    -------
    ndarray of float64, shape (n,)
        The signal between ``settings.low_hz`` and ``settings.high_hz``.
    """
    sections = butter(
        settings.order,
        (settings.low_hz, settings.high_hz),
        btype="bandpass",
        output="sos",
        fs=settings.rate_hz,
    )
    reflected = min(len(signal) - 1, settings.margin_s * settings.rate_hz // 2)
    return np.asarray(sosfiltfilt(sections, signal, padlen=reflected))
