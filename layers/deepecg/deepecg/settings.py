"""All settings of scoring, composed of those of signal, beats and rhythm."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deepecg.beats.settings import DetectionSettings
from deepecg.rhythm.settings import RhythmSettings
from deepecg.waves.settings import FlutterWaveSettings, LowActivitySettings, SpuriousBeatSettings

if TYPE_CHECKING:
    from deepecg.recording import Recording


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

    def as_shown(self, recording: "Recording") -> "ScoringSettings":
        """Return the settings as documents contain them.

        A lead may be requested by its label, which is free text and may identify the patient; it is
        replaced by its harmless name.

        Raises
        ------
        UnknownLeadError
            If the recording does not have the requested lead.
        """
        if self.lead is None:
            return self
        return replace(self, lead=recording.leads[recording.lead_index(self.lead)])
