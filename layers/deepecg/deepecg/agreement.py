"""Beats of one shape are of one origin: what the model says of each is weighed with the others.

A ventricular focus makes the same QRS complex again and again. The model sees one beat in its
surroundings; here, within half an hour, its log-odds for a ventricular origin are drawn to the
mean over all beats that look the same on the leads that can be used. Supraventricular against
normal is a matter of timing and P wave, not of the QRS complex, and is left as it is.
"""

import numpy as np
from numpy.typing import NDArray

from deepecg.classes import CLASSES
from deepecg.model_input import InputSpec, ModelInput
from deepecg.settings import AgreementSettings
from deepecg.windows import z_score

VENTRICULAR = [CLASSES.index("V"), CLASSES.index("F")]
OTHER = [CLASSES.index(name) for name in "NSQ"]
SMALLEST_PROBABILITY = 1e-6


def agree(
    probabilities: NDArray[np.float32],
    beats: ModelInput,
    spec: InputSpec,
    settings: AgreementSettings,
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
    settings : AgreementSettings
        What counts as the same shape, and how much the others weigh.

    Returns
    -------
    ndarray of float32, shape (n_beats, 5)
        V and F together moved against N, S and Q together; within either, the shares stay.
    """
    alike = _alike(beats, spec, settings)
    odds = probabilities.astype(np.float64) + SMALLEST_PROBABILITY
    ventricular, other = odds[:, VENTRICULAR].sum(axis=1), odds[:, OTHER].sum(axis=1)
    own = np.log(ventricular / other).astype(np.float32)
    common = (alike @ own) / alike.sum(axis=1)
    drawn = (1 - settings.share) * own + settings.share * common
    share = 1 / (1 + np.exp(-drawn.astype(np.float64)))
    odds[:, VENTRICULAR] *= (share / ventricular)[:, None]
    odds[:, OTHER] *= ((1 - share) / other)[:, None]
    return odds.astype(np.float32)


def _alike(
    beats: ModelInput, spec: InputSpec, settings: AgreementSettings
) -> NDArray[np.float32]:
    """Return 1 for every pair of beats of one shape, shape (n_beats, n_beats)."""
    peak = round(spec.windows.before_s * spec.rate_hz)
    first = peak - round(settings.before_s * spec.rate_hz)
    last = peak + round(settings.after_s * spec.rate_hz)
    complexes = z_score(beats.shape[:, :, 0, first:last]) / np.sqrt(np.float32(last - first))
    complexes *= beats.usable[:, :, None]
    n_beats = len(beats)
    correlations = np.zeros((n_beats, n_beats), np.float32)
    shared = np.zeros((n_beats, n_beats), np.float32)
    for lead in range(complexes.shape[1]):
        correlations += complexes[:, lead] @ complexes[:, lead].T
        usable = beats.usable[:, lead].astype(np.float32)
        shared += np.outer(usable, usable)
    least = np.where(shared > 1, settings.correlation * shared, settings.correlation_of_one_lead)
    alike = (correlations >= least).astype(np.float32)
    np.fill_diagonal(alike, 1)
    return alike
