"""Beats of one shape are of one origin: what the model says of each is weighed with the others.

A ventricular focus makes the same QRS complex again and again. The model sees one beat in its
surroundings; here, within half an hour, its log-odds for a ventricular origin are drawn to the
mean over all beats that look the same on the leads that can be used. Supraventricular against
normal is a matter of timing and P wave, not of the QRS complex, and is left as it is.
"""

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.beat_windows import z_score
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_input import ModelInput
from deepecg.beats.settings import ClusterConsensusSettings

VENTRICULAR = [CLASSES.index("V"), CLASSES.index("F")]
OTHER = [CLASSES.index(name) for name in "NSQ"]
SMALLEST_PROBABILITY = 1e-6
BLOCK_BEATS = 256
"""Beats compared with all others at a time, to stay in the processor's cache."""


def apply_cluster_consensus(
    probabilities: NDArray[np.float32],
    beats: ModelInput,
    spec: InputSpec,
    settings: ClusterConsensusSettings,
) -> NDArray[np.float32]:
    """Return probabilities in which beats of one shape agree on their origin.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n_beats, 5)
        As the model gives them.
    beats : ModelInput
        The beats' shapes; of channel 0 the part around the QRS complex is compared.
    spec : InputSpec
        Where the R peak lies.
    settings : ClusterConsensusSettings
        What counts as the same shape, and how much the others weigh.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        V and F together moved against N, S and Q together; within either, the shares stay.
    """
    odds = probabilities.astype(np.float64) + SMALLEST_PROBABILITY
    ventricular, other = odds[:, VENTRICULAR].sum(axis=1), odds[:, OTHER].sum(axis=1)
    own = np.log(ventricular / other).astype(np.float32)
    common = _mean_over_alike(own, beats, spec, settings)
    drawn = (1 - settings.share) * own + settings.share * common
    share = 1 / (1 + np.exp(-drawn.astype(np.float64)))
    odds[:, VENTRICULAR] *= (share / ventricular)[:, None]
    odds[:, OTHER] *= ((1 - share) / other)[:, None]
    return odds.astype(np.float32)


def _mean_over_alike(
    values: NDArray[np.float32],
    beats: ModelInput,
    spec: InputSpec,
    settings: ClusterConsensusSettings,
) -> NDArray[np.float32]:
    """Return for every beat the mean of ``values`` over the beats of its shape, itself included."""
    peak = round(spec.windows.before_s * spec.rate_hz)
    first = peak - round(settings.before_s * spec.rate_hz)
    last = peak + round(settings.after_s * spec.rate_hz)
    complexes = z_score(beats.waveforms[:, :, 0, first:last]) / np.sqrt(np.float32(last - first))
    complexes *= beats.usable[:, :, None]
    complexes = complexes.reshape(len(beats), -1)
    usable = beats.usable.astype(np.float32)
    n_leads = usable.shape[1]
    # The sum of correlations from which beats are alike, by the number of leads they share.
    least = settings.correlation * np.arange(n_leads + 1, dtype=np.float32)
    least[:2] = np.inf, settings.correlation_of_one_lead
    all_usable = bool(beats.usable.all())
    added = np.stack([values, np.ones_like(values)], axis=1)
    sums = np.zeros_like(added)
    for start in range(0, len(values), BLOCK_BEATS):
        rows, onwards = slice(start, start + BLOCK_BEATS), slice(start, None)
        correlations = complexes[rows] @ complexes[onwards].T
        shared = n_leads if all_usable else (usable[rows] @ usable[onwards].T).astype(np.int8)
        alike = (correlations >= least[shared]).astype(np.float32)
        np.fill_diagonal(alike, 1)
        sums[rows] += alike @ added[onwards]
        # Likeness is mutual: beats further on are alike to these, too.
        sums[start + BLOCK_BEATS :] += alike[:, BLOCK_BEATS:].T @ added[rows]
    return np.asarray(sums[:, 0] / sums[:, 1], np.float32)
