"""Training examples of annotated records: the model's input, computed by the scoring code."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_input import ModelInput, model_inputs
from deepecg.beats.r_peaks import locate_r_peaks
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.beats.settings import DetectorSettings
from training.annotated_records import AnnotatedRecord


@dataclass(frozen=True)
class Examples:
    """The beats of one record to train on.

    Attributes
    ----------
    record : str
        Folder and name, such as ``mitdb/101``.
    beats : ModelInput
        Inputs of the model, features not standardised.
    labels : ndarray of int64, shape (n_beats,)
        Classes.
    weight : float
        Weight of each beat in the loss, relative to other examples.
    """

    record: str
    beats: ModelInput
    labels: Ints
    weight: float = 1.0


def annotated_r_peaks(record: AnnotatedRecord, settings: DetectorSettings) -> Floats:
    """Return the annotated beats, each moved to the nearest R peak in the best lead.

    Annotations are up to 70 ms away from the peak, differently in each database; detected peaks
    are not.
    """
    at = np.rint(record.times_s * record.rate_hz).astype(np.int64)
    return locate_r_peaks(record.signals[0], at, record.rate_hz, settings)


def make_examples(record: AnnotatedRecord, spec: InputSpec, settings: DetectorSettings) -> Examples:
    """Return the annotated beats of a record."""
    r_peaks = annotated_r_peaks(record, settings)
    rr_s = rr_intervals(r_peaks / record.rate_hz)
    return examples_of(record.record, record.signals, r_peaks, rr_s, record.labels, spec)


def examples_of(  # noqa: PLR0917 - what model_inputs() takes, with name and classes
    record: str,
    signals: Sequence[Floats32],
    r_peaks: Floats,
    rr_s: Floats,
    labels: Ints,
    spec: InputSpec,
    usable: Bools | None = None,
) -> Examples:
    """Return beats with their classes, by :func:`~deepecg.beats.model_input.model_inputs`."""
    groups = list(model_inputs(signals, r_peaks, rr_s, spec, usable))
    beats = ModelInput(
        *(
            np.concatenate([getattr(group, name) for group in groups])
            for name in ("waveforms", "morphology", "usable", "timing")
        )
    )
    return Examples(record, beats, labels)
