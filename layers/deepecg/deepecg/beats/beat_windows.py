"""Beat windows: cutting and scaling them, and the patient's template beat."""

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.beats.settings import WindowSettings
from deepecg.signal.windows_around_samples import windows_at

TEMPLATE_CORRELATION = 0.8
"""Correlation with the template beat from which a beat contributes to it."""
TEMPLATE_ROUNDS = 3
"""Largest number of times that the template beat is computed again from the beats that resemble it.
It settles sooner if one shape prevails; if none does (record 208), any shape will do."""


def cut_windows(
    signal: Floats32, r_peaks: Floats, rate_hz: int, settings: WindowSettings
) -> Floats32:
    """Cut the signal around each R peak.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples.
    rate_hz : int
        Sampling rate of ``signal``.
    settings : WindowSettings
        Extent of the window.

    Returns
    -------
    ndarray of float32, shape (n_beats, length)
        In mV; beyond the signal's ends its first or last value is repeated.
    """
    before = round(settings.before_s * rate_hz)
    after = round(settings.after_s * rate_hz)
    return windows_at(signal, np.rint(r_peaks).astype(np.int64) - before, before + after)


def z_score(windows: Floats32) -> Floats32:
    """Scale each window to mean 0 and standard deviation 1; flat windows become 0.

    Parameters
    ----------
    windows : ndarray of float32, shape (..., length)
        In any unit.

    Returns
    -------
    ndarray of float32, shape (..., length)
        Without unit.
    """
    return scaled(*centre(windows))


def centre(windows: Floats32) -> tuple[Floats32, Floats32]:
    """Return windows shifted to mean 0, and the standard deviation of each.

    Parameters
    ----------
    windows : ndarray of float32, shape (..., length)
        In any unit.

    Returns
    -------
    centred : ndarray of float32, shape (..., length)
        In the same unit.
    spread : ndarray of float32, shape (...)
        In the same unit.
    """
    centred = windows - windows.mean(axis=-1, keepdims=True)
    power = np.einsum("...i,...i->...", centred, centred) / np.float32(windows.shape[-1])
    return centred, np.sqrt(power)


def scaled(centred: Floats32, spread: Floats32) -> Floats32:
    """Scale centred windows in place to standard deviation 1; flat windows become 0."""
    share = np.zeros_like(spread)
    np.divide(np.float32(1), spread, out=share, where=spread > np.finfo(np.float32).tiny)
    centred *= share[..., None]
    return centred


def slope(windows: Floats32) -> Floats32:
    """Return the differences between successive samples; the last one is 0."""
    return np.diff(windows, append=windows[..., -1:])


def template_beat(windows: Floats32) -> Floats32:
    """Return the patient's template beat: the shape that most beats have.

    It is the median of all beats, then the median of those that resemble it, until ectopic beats no
    longer contribute. If every second beat is ectopic, the first median has neither shape; the
    beats nearest to it decide.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, length)
        Beats in mV.

    Returns
    -------
    ndarray of float32, shape (length,)
        In mV.
    """
    shapes = z_score(windows)
    template = np.median(windows, axis=0)
    before = np.ones(len(windows), bool)
    for _ in range(TEMPLATE_ROUNDS):
        similar = correlation(shapes, z_score(template)) >= TEMPLATE_CORRELATION
        if not similar.any() or np.array_equal(similar, before):
            break
        before = similar
        template = np.median(windows[similar], axis=0)
    return template


def correlation(shapes: Floats32, shape: Floats32) -> Floats32:
    """Return Pearson's correlation of z-scored windows with a z-scored shape, (...)."""
    dot = np.einsum("...i,...i->...", shapes, shape)
    return np.asarray(dot / np.float32(shapes.shape[-1]))
