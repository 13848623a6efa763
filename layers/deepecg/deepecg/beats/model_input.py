"""Model input: waveforms, morphology features against the template beat, and RR features.

Training and scoring both call :func:`model_inputs`, so that they cannot differ. Single beats
(:mod:`deepecg.beats.single_beat`) use the same :func:`input_from_windows`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32, Ints
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
from deepecg.signal.stretches import stretches

QRS_S = (-0.10, 0.12)
"""Begin and end of the QRS complex in seconds, relative to the R peak."""
P_WAVE_S = (-0.30, -0.09)
"""Begin and end of the part with the P wave in seconds, relative to the R peak."""
SMALLEST_MV = 1e-6
"""Amplitude in mV, far below any recorder's step, that keeps logarithms and ratios finite."""
LARGEST_RELATIVE = 12.0
"""Limit at which a beat is clipped, in standard deviations of the template beat: beyond are
artefacts."""
COMPRESSION = 0.1
"""Share of the template beat's height above which the inverse hyperbolic sine compresses: P waves,
a tenth of the QRS or less, then fill half of the range."""


@dataclass(frozen=True)
class ModelInput:
    """The model's input for consecutive beats.

    Attributes
    ----------
    waveforms : ndarray of float32, shape (n_beats, n_leads, n_channels, length)
        Channels of the signal around the R peak, without unit.
    morphology : ndarray of float32, shape (n_beats, n_leads, n_morphology)
        Morphology features, not yet standardised.
    usable : ndarray of bool, shape (n_beats, n_leads)
        Which leads can be analysed; at least one at each beat.
    timing : ndarray of float32, shape (n_beats, n_timing)
        RR features, not yet standardised.
    """

    waveforms: Floats32
    morphology: Floats32
    usable: Bools
    timing: Floats32

    def __len__(self) -> int:
        return len(self.timing)

    def __getitem__(self, beats: slice) -> "ModelInput":
        """Return some of the beats."""
        return ModelInput(*(part[beats] for part in vars(self).values()))


def model_inputs(
    signals: Sequence[Floats32],
    r_peaks: Floats,
    rr_s: Floats,
    spec: InputSpec,
    usable: Bools | None = None,
) -> Iterator[ModelInput]:
    """Yield the model's input for all beats, about half an hour at a time.

    Parameters
    ----------
    signals : sequence of ndarray of float32, shape (n,) each
        Conditioned leads in mV, at ``spec.rate_hz``.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples, ascending.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds, NaN where there is none.
    spec : InputSpec
        Channels, features and windows of the model.
    usable : ndarray of bool, shape (n_leads, n_beats), optional
        Whether each lead can be analysed at each beat; all of them if None.

    Yields
    ------
    ModelInput
        Consecutive beats that share one template beat per lead.
    """
    if usable is None:
        usable = np.ones((len(signals), len(r_peaks)), bool)
    timing = rr_features(rr_s, spec.windows, spec.timing)
    slow = slow_beats(rr_s, spec.windows)
    n_groups = max(1, round(len(r_peaks) / spec.windows.template_beats))
    for group in np.array_split(np.arange(len(r_peaks)), n_groups):
        if len(group) == 0:
            return
        windows = _windows(signals, r_peaks[group], spec)
        good = usable[:, group].T
        typical = beats_of_template(group, slow, spec.windows)
        if typical is group:
            template = _template(windows, good)
        else:
            template = _template(_windows(signals, r_peaks[typical], spec), usable[:, typical].T)
        timing_here = {name: values[group] for name, values in timing.items()}
        yield input_from_windows(windows, template[None], timing_here, spec, usable=good)


def _windows(signals: Sequence[Floats32], r_peaks: Floats, spec: InputSpec) -> Floats32:
    """Return the signal around beats in every lead, shape (n_beats, n_leads, length)."""
    cut = [cut_windows(signal, r_peaks, spec.rate_hz, spec.windows) for signal in signals]
    return np.stack(cut, axis=1)


def _template(windows: Floats32, usable: Bools) -> Floats32:
    """Return the template beat of each lead, shape (n_leads, length)."""
    return np.stack(
        [
            template_beat(of_lead[good] if good.any() else of_lead)
            for of_lead, good in zip(windows.swapaxes(0, 1), usable.T, strict=True)
        ]
    )


def slow_beats(rr_s: Floats, settings: WindowSettings) -> Ints:
    """Return the indices of beats of a slow rhythm: many intervals in a row, none a tachycardia's.

    Single slow intervals within a tachycardia are compensatory pauses, beside ectopic beats.
    """
    rhythms = stretches(rr_s >= settings.template_slow_rr_s)
    lengths = np.diff(rhythms, axis=1).ravel()
    lasting = rhythms[lengths >= settings.template_slow_run]
    return np.concatenate([np.empty(0, np.int64), *(np.arange(*rhythm) for rhythm in lasting)])


def beats_of_template(group: Ints, slow: Ints, settings: WindowSettings) -> Ints:
    """Return the beats of which the template of a group is made.

    They are the group itself, unless a tachycardia fills much of it, which may be ventricular: then
    the slow beats nearest to its middle, as far as there are enough in the recording.
    """
    first, stop = np.searchsorted(slow, (group[0], group[-1] + 1))
    if (stop - first) >= settings.template_slow_share * len(group):
        return group
    if len(slow) < settings.template_slow_beats:
        return group
    middle = np.searchsorted(slow, group[len(group) // 2]) - settings.template_slow_beats // 2
    start = min(max(int(middle), 0), len(slow) - settings.template_slow_beats)
    return slow[start : start + settings.template_slow_beats]


def input_from_windows(
    windows: Floats32,
    template: Floats32,
    rr_timing: Mapping[str, Floats32],
    spec: InputSpec,
    *,
    usable: Bools,
    previous: Floats32 | None = None,
) -> ModelInput:
    """Return the model's input for beats whose windows have been cut.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, n_leads, length)
        The beats in mV.
    template : ndarray of float32, shape (1, n_leads, length) or (n_beats, n_leads, length)
        The template beat of all beats, or of each, in mV.
    rr_timing : dict of str to ndarray of float32, shape (n_beats,)
        Their features from :func:`~deepecg.beats.rr_features.rr_features`.
    spec : InputSpec
        Channels, features and windows of the model.
    usable : ndarray of bool, shape (n_beats, n_leads)
        Which leads can be analysed.
    previous : ndarray of float32, shape (n_beats, n_leads, length), optional
        The beat before each, in mV; None if the beats are consecutive.

    Returns
    -------
    ModelInput
        One row per beat.
    """
    n_beats, n_leads, _ = windows.shape
    morphology = np.empty((n_beats, n_leads, len(spec.morphology)), np.float32)
    if spec.morphology:
        found = morphology_features(windows, template, spec.rate_hz, spec.windows, previous)
        for number, name in enumerate(spec.morphology):
            morphology[..., number] = found[name]
    timing = np.stack([rr_timing[name] for name in spec.timing], axis=1).astype(np.float32)
    return ModelInput(_channels(windows, template, spec.channels), morphology, usable, timing)


def morphology_features(
    windows: Floats32,
    template: Floats32,
    rate_hz: int,
    settings: WindowSettings,
    previous: Floats32 | None = None,
) -> dict[str, Floats32]:
    """Compare each beat with the patient's template beat and with its neighbours.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_beats, ..., length)
        Beats in mV.
    template : ndarray of float32, shape (1, ..., length) or (n_beats, ..., length)
        The template beat of all beats, or of each, in mV.
    rate_hz : int
        Sampling rate.
    settings : WindowSettings
        Position of the R peak in a window.
    previous : ndarray of float32, shape (n_beats, ..., length), optional
        The beat before each, in mV; the beat after is then unknown and counts as equal. None if
        the beats are consecutive; the first and the last are then their own neighbours.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_beats, ...)
        Correlations with the template beat, -1 to 1: ``similarity`` (whole window),
        ``qrs_similarity``, ``p_wave_similarity``; with the QRS complex of the neighbours:
        ``previous_similarity``, ``next_similarity``. Natural logarithms of the standard deviation
        over that of the template beat: ``amplitude`` (whole window), ``qrs_amplitude``,
        ``p_wave_amplitude``.
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


def _channels(windows: Floats32, template: Floats32, names: Sequence[str]) -> Floats32:
    """Return the named channels, shape (n_beats, n_leads, n_channels, length).

    ``beat`` and ``beat_slope`` have mean 0 and standard deviation 1. The others are relative to the
    template beat: ``relative`` and ``relative_slope`` in its standard deviations, ``compressed`` as
    inverse hyperbolic sine of a share of its height.
    """
    level = template.mean(axis=-1, keepdims=True)
    spread = template.std(axis=-1, keepdims=True) + SMALLEST_MV
    steepness = slope(template).std(axis=-1, keepdims=True) + SMALLEST_MV
    height = COMPRESSION * (np.ptp(template, axis=-1, keepdims=True) + SMALLEST_MV)

    def in_units_of(beats: Floats32, unit: Floats32) -> Floats32:
        beats /= unit
        return np.clip(beats, -LARGEST_RELATIVE, LARGEST_RELATIVE, out=beats)

    def compressed(beats: Floats32) -> Floats32:
        beats = beats - level
        beats /= height
        return np.arcsinh(beats, out=beats)

    compute = {
        "beat": lambda: z_score(windows),
        "beat_slope": lambda: z_score(slope(windows)),
        "relative": lambda: in_units_of(windows - level, spread),
        "relative_slope": lambda: in_units_of(slope(windows), steepness),
        "compressed": lambda: compressed(windows),
        "template": lambda: in_units_of(template - level, spread),
        "template_slope": lambda: in_units_of(slope(template), steepness),
        "template_compressed": lambda: compressed(template),
    }
    n_beats, n_leads, length = windows.shape
    channels = np.empty((n_beats, n_leads, len(names), length), np.float32)
    for number, name in enumerate(names):
        channels[:, :, number] = compute[name]()
    return channels
