"""Consensus over a morphology cluster: beats of one QRS shape get similar ventricular odds.

A ventricular focus produces the same QRS complex again and again, but the model classifies each
beat from its surroundings only. Here, within half an hour, a beat's log-odds of a ventricular
origin are moved towards their mean over all beats of the same QRS shape on the usable leads.
Whether a beat is supraventricular or normal depends on timing and P wave, not on the QRS complex,
and is not changed.
"""

import numpy as np

from deepecg.arrays import Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.beat_windows import z_score
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_input import ModelInput
from deepecg.beats.settings import ClusterConsensusSettings

VENTRICULAR = [CLASSES.index("V"), CLASSES.index("F")]
OTHER = [CLASSES.index(name) for name in "NSQ"]
SMALLEST_PROBABILITY = 1e-6
"""Added to each probability, so that odds are finite."""
BLOCK_BEATS = 256
"""Beats that are compared with all others at a time, few enough for the processor's cache."""


def apply_cluster_consensus(
    probabilities: Floats32, beats: ModelInput, spec: InputSpec, settings: ClusterConsensusSettings
) -> Floats32:
    """Move the odds of a ventricular origin towards their mean over beats of one shape.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        Output of the model.
    beats : ModelInput
        The beats; their shapes are compared in channel 0, around the QRS complex.
    spec : InputSpec
        Position of the R peak.
    settings : ClusterConsensusSettings
        Limits of the same shape, and weight of the mean.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        V and F together are moved against N, S and Q together; the shares within each group do
        not change.
    """
    odds = probabilities.astype(np.float64) + SMALLEST_PROBABILITY
    ventricular, other = odds[:, VENTRICULAR].sum(axis=1), odds[:, OTHER].sum(axis=1)
    own = np.log(ventricular / other).astype(np.float32)
    common = _mean_over_cluster(own, beats, spec, settings)
    moved = (1 - settings.share) * own + settings.share * common
    share = 1 / (1 + np.exp(-moved.astype(np.float64)))
    odds[:, VENTRICULAR] *= (share / ventricular)[:, None]
    odds[:, OTHER] *= ((1 - share) / other)[:, None]
    return odds.astype(np.float32)


def _mean_over_cluster(
    values: Floats32, beats: ModelInput, spec: InputSpec, settings: ClusterConsensusSettings
) -> Floats32:
    """Return for each beat the mean of ``values`` over the beats of its shape, with itself."""
    peak = round(spec.windows.before_s * spec.rate_hz)
    first = peak - round(settings.before_s * spec.rate_hz)
    last = peak + round(settings.after_s * spec.rate_hz)
    complexes = z_score(beats.waveforms[:, :, 0, first:last]) / np.sqrt(np.float32(last - first))
    complexes *= beats.usable[:, :, None]
    complexes = complexes.reshape(len(beats), -1)
    usable = beats.usable.astype(np.float32)
    n_leads = usable.shape[1]
    # Smallest sum of correlations of beats of one shape, by the number of leads they share.
    least = settings.correlation * np.arange(n_leads + 1, dtype=np.float32)
    least[:2] = np.inf, settings.correlation_of_one_lead
    all_usable = bool(beats.usable.all())
    added = np.stack([values, np.ones_like(values)], axis=1)
    sums = np.zeros_like(added)
    for start in range(0, len(values), BLOCK_BEATS):
        rows, onwards = slice(start, start + BLOCK_BEATS), slice(start, None)
        correlations = complexes[rows] @ complexes[onwards].T
        shared = n_leads if all_usable else (usable[rows] @ usable[onwards].T).astype(np.int8)
        same_shape = (correlations >= least[shared]).astype(np.float32)
        np.fill_diagonal(same_shape, 1)
        sums[rows] += same_shape @ added[onwards]
        # Correlation is symmetric: later beats of the same shape get these beats' values.
        sums[start + BLOCK_BEATS :] += same_shape[:, BLOCK_BEATS:].T @ added[rows]
    return np.asarray(sums[:, 0] / sums[:, 1], np.float32)
