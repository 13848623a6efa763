"""Findings in a stream of beats, from which hours and events are made."""

from dataclasses import dataclass

from deepecg.rhythm.atrial_fibrillation import Fibrillation
from deepecg.rhythm.av_block import AvBlock
from deepecg.rhythm.ectopy import Ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.heart_rate import HeartRate
from deepecg.rhythm.pauses import Pauses
from deepecg.rhythm.rate_episodes import RateEpisodes


@dataclass(frozen=True)
class Findings:
    """Findings in a stream of beats.

    Attributes
    ----------
    rate : HeartRate
        Mean, minimum and maximum heart rate.
    fibrillation : Fibrillation
        Episodes of atrial fibrillation.
    flutter : tuple of Episode
        Episodes of atrial flutter; none where the waves are not known.
    ventricular, supraventricular : Ectopy
        Patterns of ectopic beats.
    pauses : Pauses
        Confirmed and unconfirmed pauses.
    av_block : AvBlock
        Episodes of atrioventricular block; none where the waves are not known.
    rate_episodes : RateEpisodes
        Episodes of bradycardia and tachycardia.
    wide_tachycardia : tuple of Episode
        Tachycardia with wide QRS complexes, of beats that are not classified as ventricular.
    """

    rate: HeartRate
    fibrillation: Fibrillation
    flutter: tuple[Episode, ...]
    ventricular: Ectopy
    supraventricular: Ectopy
    pauses: Pauses
    av_block: AvBlock
    rate_episodes: RateEpisodes
    wide_tachycardia: tuple[Episode, ...]
