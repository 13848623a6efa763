"""Leads in units of their own QRS complexes, compressed, as the segmentation network reads them."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from deepecg.signal.windows_around_samples import PIECE_BEATS, windows_at
from deepecg.waves.settings import RelativeLeadSettings


def beat_heights(
    signal: NDArray[np.float32],
    r_peaks: NDArray[np.float64],
    rate_hz: int,
    settings: RelativeLeadSettings,
) -> NDArray[np.float32]:
    """Return the height of each QRS complex, peak to peak in mV, shape (n_beats,).

    The parameters are those of :func:`qrs_heights`.
    """
    reach = round(settings.qrs_s * rate_hz)
    starts = np.rint(r_peaks).astype(np.int64) - reach
    pieces = [
        np.ptp(windows_at(signal, starts[first : first + PIECE_BEATS], 2 * reach + 1), axis=1)
        for first in range(0, len(starts), PIECE_BEATS)
    ]
    return np.concatenate([np.empty(0, np.float32), *pieces])


def qrs_heights(
    signal: NDArray[np.float32],
    r_peaks: NDArray[np.float64],
    rate_hz: int,
    settings: RelativeLeadSettings,
) -> NDArray[np.float32]:
    """Return the usual height of the QRS complexes around each beat.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions of the beats in samples.
    rate_hz : int
        Sampling rate of ``signal``.
    settings : RelativeLeadSettings
        Extent of a QRS complex and number of beats.

    Returns
    -------
    ndarray of float32, shape (n_beats,)
        Peak to peak, in mV.
    """
    heights = beat_heights(signal, r_peaks, rate_hz, settings)
    usual = median_filter(heights, size=min(settings.height_beats, len(heights)), mode="reflect")
    return np.maximum(usual, np.float32(settings.min_height_mv))


def compressed(
    relative: NDArray[np.float32], settings: RelativeLeadSettings
) -> NDArray[np.float32]:
    """Return deflections, given in QRS heights, compressed to between -1 and 1."""
    return np.asarray(relative / (np.float32(settings.knee) + np.abs(relative)), np.float32)
