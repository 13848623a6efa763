"""All settings of scoring, composed: each part stands beside what it sets."""

from dataclasses import dataclass, field

from deepecg.beats.settings import DetectionSettings
from deepecg.rhythm.settings import RhythmSettings


@dataclass(frozen=True)
class ScoringSettings(DetectionSettings):
    """All settings of :func:`deepecg.scoring.score_recording` but the model's own."""

    rhythm: RhythmSettings = field(default_factory=RhythmSettings)
