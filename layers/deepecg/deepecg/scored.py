"""What comes out of scoring a recording."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.model_card import ModelCard
from deepecg.quality import SecondFlags
from deepecg.recording import Recording
from deepecg.settings import ScoringSettings


@dataclass(frozen=True)
class Beats:
    """The analysable beats of a recording, in the order of time.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds from the recording's start.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval to the beat before in seconds; NaN for the first and across gaps.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.classes.CLASSES`.
    probabilities : ndarray of float32, shape (n_beats, 5)
        Of each class.
    """

    times_s: NDArray[np.float64]
    rr_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def samples(self, sampling_rate_hz: float) -> NDArray[np.int64]:
        """Return the R peaks as sample numbers at a rate, shape (n_beats,)."""
        return np.rint(self.times_s * sampling_rate_hz).astype(np.int64)


@dataclass(frozen=True)
class ScoredRecording:
    """A recording with every beat classified.

    Attributes
    ----------
    recording : Recording
        What was scored.
    lead : int
        Number of the lead that was used.
    flags : SecondFlags
        Which seconds could not be analysed.
    beats : Beats
        The beats.
    card : ModelCard
        The model that classified them.
    settings : ScoringSettings
        The settings used.
    """

    recording: Recording
    lead: int
    flags: SecondFlags
    beats: Beats
    card: ModelCard
    settings: ScoringSettings
