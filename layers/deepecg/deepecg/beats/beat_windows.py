"""Beat windows: the shape of one beat, and of the patient's template beat beside it."""

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.settings import WindowSettings

TEMPLATE_CORRELATION = 0.8
"""Beats at least this similar to the median beat have its shape."""
TEMPLATE_ROUNDS = 3
"""Taking the median again of the beats that resemble it settles within few rounds where one
shape prevails; where none does (record 208), any of them will do."""


def cut_windows(
    signal: NDArray[np.float32],
    r_peaks: NDArray[np.float64],
    rate_hz: int,
    settings: WindowSettings,
) -> NDArray[np.float32]:
    """Cut the signal around every R peak.

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
        Millivolts; beyond the signal's ends its last value is repeated.
    """
    before = round(settings.before_s * rate_hz)
    after = round(settings.after_s * rate_hz)
    around = np.rint(r_peaks).astype(np.int64)[:, None] + np.arange(-before, after)
    return np.asarray(signal[np.clip(around, 0, len(signal) - 1)])


def z_score(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return windows with mean 0 and standard deviation 1 each; flat ones become 0.

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


def centre(windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return windows with mean 0, and the standard deviation of each.

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


def scaled(centred: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return, in place, centred windows with standard deviation 1; flat ones become 0."""
    share = np.zeros_like(spread)
    np.divide(np.float32(1), spread, out=share, where=spread > np.finfo(np.float32).tiny)
    centred *= share[..., None]
    return centred


def slope(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the difference from sample to sample, as long as the windows."""
    steps = np.zeros_like(windows)
    np.subtract(windows[..., 1:], windows[..., :-1], out=steps[..., :-1])
    return steps


def template_beat(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shape that most of the beats have.

    The median of all beats, then of those that resemble it, until ectopic beats have no part
    in it. The median of beats with every second one premature is neither kind; the beats
    nearest to it decide.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, length)
        Beats in mV.

    Returns
    -------
    ndarray of float32, shape (length,)
        Millivolts.
    """
    shapes = z_score(windows)
    template = np.median(windows, axis=0)
    before = np.ones(len(windows), bool)
    for _ in range(TEMPLATE_ROUNDS):
        alike = correlation(shapes, z_score(template)) >= TEMPLATE_CORRELATION
        if not alike.any() or np.array_equal(alike, before):
            break
        before = alike
        template = np.median(windows[alike], axis=0)
    return template


def correlation(shapes: NDArray[np.float32], shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return Pearson's correlation of z-scored windows with another, along the last axis."""
    dot = np.einsum("...i,...i->...", shapes, shape)
    return np.asarray(dot / np.float32(shapes.shape[-1]))
