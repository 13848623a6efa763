"""What comes out of scoring a recording."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.model_card import ModelCard
from deepecg.recording import Recording
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.rhythm_analysis import Rhythm
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.signal.quality import QualityFlags

NORMAL, SUPRAVENTRICULAR = CLASSES.index("N"), CLASSES.index("S")


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
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    probabilities : ndarray of float32, shape (n_beats, 5)
        Of each class.
    quiet_before : ndarray of bool, shape (n_beats,)
        Whether the interval before the beat is long enough for a pause and known to be quiet:
        no beat was missed in it.
    """

    times_s: NDArray[np.float64]
    rr_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    quiet_before: NDArray[np.bool_]

    def samples(self, sampling_rate_hz: float) -> NDArray[np.int64]:
        """Return the R peaks as sample numbers at a rate, shape (n_beats,)."""
        return np.rint(self.times_s * sampling_rate_hz).astype(np.int64)

    def conducted(self, fibrillation: NDArray[np.bool_]) -> "Beats":
        """Return the beats with those called S inside atrial fibrillation as N.

        No beat is premature where the atria have no rhythm: what reaches the ventricles early is
        conducted like all others, and annotators call it N.

        Parameters
        ----------
        fibrillation : ndarray of bool, shape (n_beats,)
            Beats inside atrial fibrillation.
        """
        probabilities = self.probabilities.copy()
        probabilities[fibrillation, NORMAL] += probabilities[fibrillation, SUPRAVENTRICULAR]
        probabilities[fibrillation, SUPRAVENTRICULAR] = 0
        labels = np.where(
            fibrillation & (self.labels == SUPRAVENTRICULAR), NORMAL, self.labels
        ).astype(np.int64)
        return replace(self, probabilities=probabilities, labels=labels)

    def stream(self, flags: QualityFlags) -> BeatStream:
        """Return the beats as rhythm analysis sees them."""
        return BeatStream(self.times_s, self.rr_s, self.labels, self.quiet_before, flags.analysable)


@dataclass(frozen=True)
class ScoredRecording:
    """A recording with every beat classified.

    Attributes
    ----------
    recording : Recording
        What was scored.
    used : tuple of AnalysedLead
        The leads that were scored: the primary, and a second if there is one.
    flags : QualityFlags
        Which seconds could not be analysed in any of them, and what is wrong with the primary
        there.
    beats : Beats
        The beats.
    rhythm : Rhythm
        What they make together.
    card : ModelCard
        The model that classified them.
    settings : ScoringSettings
        The settings used.
    """

    recording: Recording
    used: tuple[AnalysedLead, ...]
    flags: QualityFlags
    beats: Beats
    rhythm: Rhythm
    card: ModelCard
    settings: ScoringSettings

    @property
    def lead(self) -> int:
        """Number of the primary lead."""
        return self.used[0].number

    @property
    def conditioned(self) -> ConditionedLead:
        """The primary lead, as detector and classifier saw it."""
        return self.used[0].conditioned

    def lead_for(self, start_s: float, duration_s: float) -> AnalysedLead:
        """Return the lead to show a stretch of time on: the one that can be used in most of it."""
        first = int(start_s)
        seconds = slice(first, max(int(start_s + duration_s), first) + 1)
        return max(self.used, key=lambda lead: int(lead.flags.analysable[seconds].sum()))

    @property
    def stream(self) -> BeatStream:
        """The beats as rhythm analysis sees them."""
        return self.beats.stream(self.flags)
