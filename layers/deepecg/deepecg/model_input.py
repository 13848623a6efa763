"""What the model sees of a beat: channels of shape and features of rhythm.

Training and scoring both call :func:`model_inputs`, so that they cannot drift apart; what one
beat alone is given (:mod:`deepecg.single_beat`) comes from the same :func:`input_of`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.rr_features import rr_features
from deepecg.settings import WindowSettings
from deepecg.windows import correlation, cut_windows, dominant_beat, slope, z_score

CHANNELS = ("beat", "beat_slope", "dominant", "dominant_slope")
"""Channels that a model may ask for, all z-scored."""
FEATURES = (
    *("pre_rr_s", "post_rr_s", "pre_local", "post_local", "pre_global", "post_global"),
    *("pre_post", "earlier_local", "later_local", "local_rr", "local_irregularity"),
    *("similarity", "amplitude", "qrs_similarity", "qrs_amplitude"),
    *("p_wave_similarity", "p_wave_amplitude", "previous_similarity"),
)
"""Features that a model may ask for: of :func:`~deepecg.rr_features.rr_features`, then of
:func:`shape_features`."""
QRS_S = (-0.10, 0.12)
"""The QRS complex, relative to the R peak."""
P_WAVE_S = (-0.30, -0.09)
"""Where a P wave is expected, relative to the R peak."""
SMALLEST_MV = 1e-6
"""Keeps logarithms of amplitudes finite; far below any recorder's step."""


@dataclass(frozen=True)
class InputSpec:
    """What a model wants to see; its card carries it.

    Attributes
    ----------
    channels : tuple of str
        Names out of :data:`CHANNELS`, in the model's order.
    features : tuple of str
        Names out of :data:`FEATURES`, in the model's order.
    rate_hz : int
        Sampling rate of the signal.
    windows : WindowSettings
        Extents.
    """

    channels: tuple[str, ...]
    features: tuple[str, ...]
    rate_hz: int
    windows: WindowSettings

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one beat's signal: (n_channels, 1, length)."""
        before, after = self.windows.before_s, self.windows.after_s
        return len(self.channels), 1, round(before * self.rate_hz) + round(after * self.rate_hz)


@dataclass(frozen=True)
class ModelInput:
    """A run of consecutive beats as the model sees them.

    Attributes
    ----------
    shape : ndarray of float32, shape (n_beats, n_channels, 1, length)
        Signal around the R peak, without unit.
    rhythm : ndarray of float32, shape (n_beats, n_features)
        Features of timing and similarity, not yet standardised.
    """

    shape: NDArray[np.float32]
    rhythm: NDArray[np.float32]


def model_inputs(
    signal: NDArray[np.float32],
    r_peaks: NDArray[np.float64],
    rr_s: NDArray[np.float64],
    spec: InputSpec,
) -> Iterator[ModelInput]:
    """Yield the model's input for all beats, about half an hour of them at a time.

    Parameters
    ----------
    signal : ndarray of float32, shape (n,)
        A conditioned lead in mV, at ``spec.rate_hz``.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples, ascending.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat in seconds, NaN where there is none.
    spec : InputSpec
        What the model wants.

    Yields
    ------
    ModelInput
        Consecutive beats that share one dominant beat.
    """
    timing = rr_features(rr_s, spec.windows)
    n_groups = max(1, round(len(r_peaks) / spec.windows.dominant_beats))
    for group in np.array_split(np.arange(len(r_peaks)), n_groups):
        if len(group) == 0:
            return
        windows = cut_windows(signal, r_peaks[group], spec.rate_hz, spec.windows)
        dominant = dominant_beat(windows)
        timing_here = {name: values[group] for name, values in timing.items()}
        yield input_of(windows, dominant, timing_here, spec)


def input_of(
    windows: NDArray[np.float32],
    dominant: NDArray[np.float32],
    timing: Mapping[str, NDArray[np.float32]],
    spec: InputSpec,
    previous: NDArray[np.float32] | None = None,
) -> ModelInput:
    """Return the model's input for beats whose windows are cut.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, length)
        The beats in mV.
    dominant : ndarray of float32, shape (length,) or (n_beats, length)
        The beat that all of them, or each, are compared with, in mV.
    timing : dict of str to ndarray of float32, shape (n_beats,)
        Their :func:`~deepecg.rr_features.rr_features`.
    spec : InputSpec
        What the model wants.
    previous : ndarray of float32, shape (n_beats, length), optional
        The beat before each; None if they are consecutive.

    Returns
    -------
    ModelInput
        One row a beat.
    """
    features = {
        **shape_features(windows, dominant, spec.rate_hz, spec.windows, previous),
        **timing,
    }
    rhythm = np.stack([features[name] for name in spec.features], axis=1)
    return ModelInput(_channels(windows, dominant, spec.channels), rhythm.astype(np.float32))


def shape_features(
    windows: NDArray[np.float32],
    dominant: NDArray[np.float32],
    rate_hz: int,
    settings: WindowSettings,
    previous: NDArray[np.float32] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Compare every beat with the patient's dominant beat.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, length)
        Beats in mV.
    dominant : ndarray of float32, shape (length,) or (n_beats, length)
        The dominant beat in mV, of all or of each.
    rate_hz : int
        Sampling rate.
    settings : WindowSettings
        Where the R peak lies in a window.
    previous : ndarray of float32, shape (n_beats, length), optional
        The beat before each; None if the beats are consecutive: then the first counts as its own.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_beats,)
        Correlations, -1 to 1: ``similarity`` (whole window), ``qrs_similarity``,
        ``p_wave_similarity``, ``previous_similarity`` (with the beat before). Natural
        logarithms of ratios of root mean squares: ``amplitude`` (whole window),
        ``qrs_amplitude``, ``p_wave_amplitude``.
    """
    peak = round(settings.before_s * rate_hz)
    qrs, p_wave = (
        slice(peak + round(first * rate_hz), peak + round(last * rate_hz))
        for first, last in (QRS_S, P_WAVE_S)
    )
    features = {}
    dominant = np.atleast_2d(dominant)
    n = len(dominant)
    beats = np.concatenate([dominant, windows])
    for name, part in (("", slice(None)), ("p_wave_", p_wave), ("qrs_", qrs)):
        spread = beats[:, part].std(axis=1) + SMALLEST_MV
        shapes = z_score(beats[:, part])
        features[f"{name}similarity"] = correlation(shapes[n:], shapes[:n])
        features[f"{name}amplitude"] = np.log(spread[n:] / spread[:n])
    complexes = shapes[n:]
    if previous is None:
        before = np.concatenate([complexes[:1], complexes[:-1]])
    else:
        before = z_score(previous[:, qrs])
    features["previous_similarity"] = correlation(complexes, before)
    return features


def _channels(
    windows: NDArray[np.float32], dominant: NDArray[np.float32], names: Sequence[str]
) -> NDArray[np.float32]:
    dominant = np.atleast_2d(dominant)
    n = len(dominant)
    beats = np.concatenate([dominant, windows])
    shapes, slopes = z_score(beats), z_score(slope(beats))
    channels = {
        "beat": shapes[n:],
        "beat_slope": slopes[n:],
        "dominant": shapes[:n],
        "dominant_slope": slopes[:n],
    }
    given = np.empty((len(windows), len(names), 1, windows.shape[1]), np.float32)
    for number, name in enumerate(names):
        given[:, number, 0] = channels[name]
    return given
