"""Annotated leads as arrays of examples: the model's input, made by the scoring code."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.model_input import InputSpec, ModelInput, model_inputs
from deepecg.r_peaks import locate_r_peaks
from deepecg.rr_features import rr_intervals
from deepecg.settings import DetectorSettings
from training.datasets import AnnotatedLead


@dataclass(frozen=True)
class Examples:
    """Beats to learn from.

    Attributes
    ----------
    shape : ndarray of float32, shape (n_beats, n_channels, 1, length)
        Signal around the R peaks.
    rhythm : ndarray of float32, shape (n_beats, n_features)
        Features, not standardised.
    labels : ndarray of int64, shape (n_beats,)
        Classes.
    """

    shape: NDArray[np.float32]
    rhythm: NDArray[np.float32]
    labels: NDArray[np.int64]


def annotated_r_peaks(lead: AnnotatedLead, settings: DetectorSettings) -> NDArray[np.float64]:
    """Return the annotated beats, each moved to the R peak beside it.

    Annotations sit up to 70 ms off the peak, differently in each database; the detector's
    peaks do not.
    """
    return locate_r_peaks(
        lead.signal, np.rint(lead.positions).astype(np.int64), lead.rate_hz, settings
    )


def lead_input(lead: AnnotatedLead, spec: InputSpec, settings: DetectorSettings) -> ModelInput:
    """Return the model's input for every annotated beat of a lead."""
    r_peaks = annotated_r_peaks(lead, settings)
    rr_s = rr_intervals(r_peaks / lead.rate_hz)
    groups = list(model_inputs(lead.signal, r_peaks, rr_s, spec))
    return ModelInput(
        np.concatenate([group.shape for group in groups]),
        np.concatenate([group.rhythm for group in groups]),
    )


def make_examples(
    leads: Iterable[AnnotatedLead], spec: InputSpec, settings: DetectorSettings
) -> Examples:
    """Return the annotated beats of all leads, one after the other."""
    inputs, labels = [], []
    for lead in leads:
        inputs.append(lead_input(lead, spec, settings))
        labels.append(lead.labels)
    return Examples(
        np.concatenate([part.shape for part in inputs]),
        np.concatenate([part.rhythm for part in inputs]),
        np.concatenate(labels),
    )
