"""What the model sees of a beat: waveforms, morphology against the template beat, timing.

Training and scoring both call :func:`model_inputs`, so that they cannot drift apart; what one
beat alone is given (:mod:`deepecg.beats.single_beat`) comes from the same :func:`input_of`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.beat_windows import (
    centre,
    correlation,
    cut_windows,
    scaled,
    slope,
    template_beat,
    z_score,
)
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.rr_features import rr_features
from deepecg.beats.settings import WindowSettings

QRS_S = (-0.10, 0.12)
"""The QRS complex, relative to the R peak."""
P_WAVE_S = (-0.30, -0.09)
"""Where a P wave is expected, relative to the R peak."""
SMALLEST_MV = 1e-6
"""Keeps logarithms and ratios of amplitudes finite; far below any recorder's step."""
LARGEST_RELATIVE = 12.0
"""A beat is cut at so many standard deviations of the usual one: an artefact is no more."""
COMPRESSION = 0.1
"""Share of the usual beat's height above which the inverse hyperbolic sine compresses: P waves,
a tenth of the QRS or less, then fill half of the range."""


@dataclass(frozen=True)
class ModelInput:
    """A run of consecutive beats as the model sees them.

    Attributes
    ----------
    waveforms : ndarray of float32, shape (n_beats, n_leads, n_channels, length)
        Signal around the R peak, without unit.
    morphology : ndarray of float32, shape (n_beats, n_leads, n_morphology)
        Comparison with the usual beat and the neighbours, not yet standardised.
    usable : ndarray of bool, shape (n_beats, n_leads)
        Leads that count; at least one of every beat.
    timing : ndarray of float32, shape (n_beats, n_timing)
        Features of timing, not yet standardised.
    """

    waveforms: NDArray[np.float32]
    morphology: NDArray[np.float32]
    usable: NDArray[np.bool_]
    timing: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.timing)

    def __getitem__(self, beats: slice) -> "ModelInput":
        """Return some of the beats."""
        return ModelInput(
            self.waveforms[beats], self.morphology[beats], self.usable[beats], self.timing[beats]
        )


def model_inputs(
    signals: Sequence[NDArray[np.float32]],
    r_peaks: NDArray[np.float64],
    rr_s: NDArray[np.float64],
    spec: InputSpec,
    usable: NDArray[np.bool_] | None = None,
) -> Iterator[ModelInput]:
    """Yield the model's input for all beats, about half an hour of them at a time.

    Parameters
    ----------
    signals : sequence of ndarray of float32, shape (n,) each
        Conditioned leads in mV, at ``spec.rate_hz``.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples, ascending.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval before every beat in seconds, NaN where there is none.
    spec : InputSpec
        What the model wants.
    usable : ndarray of bool, shape (n_leads, n_beats), optional
        Whether each lead can be used at each beat; all of them if None.

    Yields
    ------
    ModelInput
        Consecutive beats that share one template beat a lead.
    """
    if usable is None:
        usable = np.ones((len(signals), len(r_peaks)), bool)
    timing = rr_features(rr_s, spec.windows, spec.timing)
    n_groups = max(1, round(len(r_peaks) / spec.windows.template_beats))
    for group in np.array_split(np.arange(len(r_peaks)), n_groups):
        if len(group) == 0:
            return
        windows = np.stack(
            [cut_windows(signal, r_peaks[group], spec.rate_hz, spec.windows) for signal in signals],
            axis=1,
        )
        good = usable[:, group].T
        template = np.stack(
            [
                template_beat(windows[good[:, lead], lead] if good[:, lead].any() else lead_windows)
                for lead, lead_windows in enumerate(windows.swapaxes(0, 1))
            ]
        )
        timing_here = {name: values[group] for name, values in timing.items()}
        yield input_of(windows, template[None], timing_here, spec, usable=good)


def input_of(
    windows: NDArray[np.float32],
    template: NDArray[np.float32],
    rr_timing: Mapping[str, NDArray[np.float32]],
    spec: InputSpec,
    *,
    usable: NDArray[np.bool_],
    previous: NDArray[np.float32] | None = None,
) -> ModelInput:
    """Return the model's input for beats whose windows are cut.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, n_leads, length)
        The beats in mV.
    template : ndarray of float32, shape (1, n_leads, length) or (n_beats, n_leads, length)
        The beat that all of them, or each, are compared with, in mV.
    rr_timing : dict of str to ndarray of float32, shape (n_beats,)
        Their :func:`~deepecg.beats.rr_features.rr_features`.
    spec : InputSpec
        What the model wants.
    usable : ndarray of bool, shape (n_beats, n_leads)
        Leads that count.
    previous : ndarray of float32, shape (n_beats, n_leads, length), optional
        The beat before each; None if they are consecutive.

    Returns
    -------
    ModelInput
        One row a beat.
    """
    n_beats, n_leads, _ = windows.shape
    alike = np.empty((n_beats, n_leads, len(spec.morphology)), np.float32)
    if spec.morphology:
        found = morphology_features(windows, template, spec.rate_hz, spec.windows, previous)
        for number, name in enumerate(spec.morphology):
            alike[..., number] = found[name]
    timing = np.stack([rr_timing[name] for name in spec.timing], axis=1).astype(np.float32)
    return ModelInput(_channels(windows, template, spec.channels), alike, usable, timing)


def morphology_features(
    windows: NDArray[np.float32],
    template: NDArray[np.float32],
    rate_hz: int,
    settings: WindowSettings,
    previous: NDArray[np.float32] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Compare every beat with the patient's template beat and with its neighbours.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, ..., length)
        Beats in mV.
    template : ndarray of float32, shape (1, ..., length) or (n_beats, ..., length)
        The template beat in mV, of all or of each.
    rate_hz : int
        Sampling rate.
    settings : WindowSettings
        Where the R peak lies in a window.
    previous : ndarray of float32, shape (n_beats, ..., length), optional
        The beat before each, and nothing is known of the one after: that counts as alike. None
        if the beats are consecutive: then the first and the last count as their own neighbours.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_beats, ...)
        Correlations, -1 to 1: ``similarity`` (whole window), ``qrs_similarity``,
        ``p_wave_similarity``, ``previous_similarity`` and ``next_similarity`` (QRS complex of the
        neighbours). Natural logarithms of ratios of root mean squares: ``amplitude`` (whole
        window), ``qrs_amplitude``, ``p_wave_amplitude``.
    """
    peak = round(settings.before_s * rate_hz)
    qrs, p_wave = (
        slice(peak + round(first * rate_hz), peak + round(last * rate_hz))
        for first, last in (QRS_S, P_WAVE_S)
    )
    features = {}
    n = len(template)
    beats = np.concatenate([template, windows])
    for name, part in (("", slice(None)), ("p_wave_", p_wave), ("qrs_", qrs)):
        centred, deviation = centre(beats[..., part])
        spread, shapes = deviation + np.float32(SMALLEST_MV), scaled(centred, deviation)
        features[f"{name}similarity"] = correlation(shapes[n:], shapes[:n])
        features[f"{name}amplitude"] = np.log(spread[n:] / spread[:n])
    complexes = shapes[n:]
    if previous is None:
        before = np.concatenate([complexes[:1], complexes[:-1]])
        features["next_similarity"] = correlation(
            complexes, np.concatenate([complexes[1:], complexes[-1:]])
        )
    else:
        before = z_score(previous[..., qrs])
        features["next_similarity"] = np.ones(windows.shape[:-1], np.float32)
    features["previous_similarity"] = correlation(complexes, before)
    return features


def _channels(
    windows: NDArray[np.float32], template: NDArray[np.float32], names: Sequence[str]
) -> NDArray[np.float32]:
    """Return the channels asked for, shape (n_beats, n_leads, n_channels, length).

    ``beat`` and ``beat_slope`` have mean 0 and standard deviation 1 each. All others are measured
    by the template beat: ``relative`` and ``relative_slope`` in its standard deviations,
    ``compressed`` against its height.
    """
    level = template.mean(axis=-1, keepdims=True)
    spread = template.std(axis=-1, keepdims=True) + SMALLEST_MV
    steepness = slope(template).std(axis=-1, keepdims=True) + SMALLEST_MV
    height = COMPRESSION * (np.ptp(template, axis=-1, keepdims=True) + SMALLEST_MV)

    def relative(beats: NDArray[np.float32]) -> NDArray[np.float32]:
        return measured_by(beats - level, spread)

    def relative_slope(beats: NDArray[np.float32]) -> NDArray[np.float32]:
        return measured_by(slope(beats), steepness)

    def measured_by(beats: NDArray[np.float32], unit: NDArray[np.float32]) -> NDArray[np.float32]:
        beats /= unit
        return np.clip(beats, -LARGEST_RELATIVE, LARGEST_RELATIVE, out=beats)

    def compressed(beats: NDArray[np.float32]) -> NDArray[np.float32]:
        beats = beats - level
        beats /= height
        return np.arcsinh(beats, out=beats)

    compute = {
        "beat": lambda: z_score(windows),
        "beat_slope": lambda: z_score(slope(windows)),
        "relative": lambda: relative(windows),
        "relative_slope": lambda: relative_slope(windows),
        "compressed": lambda: compressed(windows),
        "template": lambda: relative(template),
        "template_slope": lambda: relative_slope(template),
        "template_compressed": lambda: compressed(template),
    }
    n_beats, n_leads, length = windows.shape
    given = np.empty((n_beats, n_leads, len(names), length), np.float32)
    for number, name in enumerate(names):
        given[:, :, number] = compute[name]()
    return given
