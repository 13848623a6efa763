"""All settings of scoring, composed of those of signal, beats and rhythm."""

from dataclasses import dataclass, field

from deepecg.beats.settings import DetectionSettings
from deepecg.rhythm.settings import RhythmSettings
from deepecg.waves.settings import FlutterWaveSettings, LowActivitySettings, SpuriousBeatSettings


@dataclass(frozen=True)
class ScoringSettings(DetectionSettings):
    """All settings of :func:`deepecg.scoring.score_recording` except those in the model's card."""

    spurious_beats: SpuriousBeatSettings = field(default_factory=SpuriousBeatSettings)
    """Jerks between two beats, which the detector took for one."""
    low_activity: LowActivitySettings = field(default_factory=LowActivitySettings)
    """Stretches without QRS complexes, in which it found small waves."""
    flutter_waves: FlutterWaveSettings = field(default_factory=FlutterWaveSettings)
    """Atrial waves that go on through the beats."""
    rhythm: RhythmSettings = field(default_factory=RhythmSettings)
    """Thresholds of rhythm analysis."""
