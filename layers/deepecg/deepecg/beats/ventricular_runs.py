"""Runs of ventricular beats, known from single beats of the same QRS shape.

In a regular tachycardia the timing of each beat speaks for a supraventricular one. What its QRS
complex means is known where single beats of the same shape are ventricular. The T wave is not
compared: in a tachycardia it merges with the next beat.
"""

from collections.abc import Sequence

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.beat_windows import z_score
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_input import QRS_S, ModelInput
from deepecg.beats.settings import VentricularRunSettings
from deepecg.signal.stretches import stretches

NORMAL, VENTRICULAR = CLASSES.index("N"), CLASSES.index("V")
SHIFT_S = 0.1
"""Largest shift between two complexes of one shape: half of a wide QRS complex."""
SMALLEST_NORM = 1e-6
"""Keeps quotients finite where a lead is flat."""


def relabel_ventricular_runs(
    probabilities: Floats32,
    beats: ModelInput,
    rr_s: Floats,
    spec: InputSpec,
    settings: VentricularRunSettings,
) -> Floats32:
    """Move all probability to V in fast runs whose shape is that of single ventricular beats.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        Output of the model.
    beats : ModelInput
        The beats; their shapes are compared in channel 0.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds, NaN where there is none.
    spec : InputSpec
        Position of the R peak.
    settings : VentricularRunSettings
        Limits of rate, length and shape.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        A copy; in such a run the probability of V is 1.
    """
    labels = probabilities.argmax(axis=1)
    runs = [
        (first, stop)
        for first, stop in stretches(rr_s < settings.max_rr_s)
        if stop - first >= settings.min_beats
        and np.mean(labels[first:stop] != NORMAL) >= settings.ectopic_share
    ]
    relabelled = probabilities.copy()
    single = np.ones(len(labels), bool)
    for first, stop in runs:
        single[max(first - 1, 0) : stop] = False
    ventricular = single & (labels == VENTRICULAR)
    if not runs or ventricular.sum() < settings.min_single:
        return relabelled
    likeness = _likeness(beats, [slice(*run) for run in runs], spec)
    for (first, stop), of_run in zip(runs, likeness, strict=True):
        alike = single & (of_run >= settings.correlation)
        n_ventricular = int((alike & ventricular).sum())
        if n_ventricular >= max(settings.min_single, settings.ventricular_share * alike.sum()):
            relabelled[first:stop] = 0
            relabelled[first:stop, VENTRICULAR] = 1
    return relabelled


def _likeness(beats: ModelInput, runs: Sequence[slice], spec: InputSpec) -> Floats32:
    """Return the correlation of each QRS complex with the median one of each run.

    It is the mean over leads that can be analysed at the beat and in most of the run. In a run of
    its own polarity the R peak may be found in another part of the complex, so the highest
    correlation of several shifts counts. The result has shape (n_runs, n_beats).
    """
    at_peak = _complexes(beats, spec, 0)
    typical = _unit(np.stack([np.median(at_peak[run], axis=0) for run in runs]))
    in_run = np.stack([beats.usable[run].mean(axis=0) > 0.5 for run in runs])
    shared = in_run[:, None] & beats.usable
    weights = shared / np.maximum(shared.sum(axis=2, keepdims=True), 1)
    highest = np.full(shared.shape[:2], -np.inf, np.float32)
    reach = round(SHIFT_S * spec.rate_hz)
    for shift in range(-reach, reach + 1):
        complexes = _complexes(beats, spec, shift)
        of_leads = np.einsum("rls,bls->rbl", typical, complexes, optimize=True)
        np.maximum(highest, (of_leads * weights).sum(axis=2), out=highest)
    return highest


def _complexes(beats: ModelInput, spec: InputSpec, shift: int) -> Floats32:
    """Return the QRS complexes of each lead with unit norm, shape (n_beats, n_leads, length)."""
    peak = round(spec.windows.before_s * spec.rate_hz) + shift
    first, last = (peak + round(at_s * spec.rate_hz) for at_s in QRS_S)
    return _unit(z_score(beats.waveforms[:, :, 0, first:last]))


def _unit(complexes: Floats32) -> Floats32:
    norms = np.linalg.norm(complexes, axis=-1, keepdims=True)
    return np.asarray(complexes / np.maximum(norms, SMALLEST_NORM), np.float32)
