"""What comes out of scoring a recording."""

from dataclasses import dataclass

from deepecg.applied_review import AppliedReview
from deepecg.beats.model_card import ModelCard
from deepecg.recording import Recording
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.repolarisation import Repolarisation
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.signal.quality import QualityFlags
from deepecg.waves.waves import Waves


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
    waves : Waves
        P, QRS and T of every beat, and further P waves.
    rhythm : RhythmAnalysis
        The beats with their classes, and what they make together.
    repolarisation : Repolarisation
        ST segment and QT interval.
    card : ModelCard
        The card of the model that classified them.
    settings : ScoringSettings
        The settings used.
    review : AppliedReview or None
        The review that was applied; None for what the software found.
    """

    recording: Recording
    used: tuple[AnalysedLead, ...]
    flags: QualityFlags
    waves: Waves
    rhythm: RhythmAnalysis
    repolarisation: Repolarisation
    card: ModelCard
    settings: ScoringSettings
    review: AppliedReview | None = None

    @property
    def beats(self) -> BeatStream:
        """The beats with their final classes."""
        return self.rhythm.beats

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
