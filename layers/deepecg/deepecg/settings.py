"""All settings of scoring, composed of those of signal, beats and rhythm."""

from dataclasses import dataclass, field

from deepecg.beats.settings import DetectionSettings
from deepecg.rhythm.settings import RhythmSettings
from deepecg.waves.settings import SpuriousBeatSettings


@dataclass(frozen=True)
class ScoringSettings(DetectionSettings):
    """All settings of :func:`deepecg.scoring.score_recording` except those in the model's card."""

    spurious_beats: SpuriousBeatSettings = field(default_factory=SpuriousBeatSettings)
    """What is not a beat although the detector found it."""
    rhythm: RhythmSettings = field(default_factory=RhythmSettings)
    """Thresholds of rhythm analysis."""
