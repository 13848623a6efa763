"""Repolarisation: ST segment and QT interval of a recording whose rhythm is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.rhythm.assessable_beats import NOT_CALIBRATED, obstacles_of_beats
from deepecg.rhythm.qt_interval import QtInterval, qt_interval
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis
from deepecg.rhythm.settings import RhythmSettings
from deepecg.rhythm.st_segment import StSegment, st_segment
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.waves.st_levels import st_levels
from deepecg.waves.waves import Waves


@dataclass(frozen=True)
class Repolarisation:
    """ST segment and QT interval of a recording."""

    st_segment: StSegment
    qt_interval: QtInterval


def analyse_repolarisation(
    rhythm: RhythmAnalysis,
    waves: Waves,
    used: Sequence[AnalysedLead],
    settings: RhythmSettings,
    *,
    paced: bool,
    calibrated: bool = True,
) -> Repolarisation:
    """Measure ST segment and QT interval where they can be assessed.

    Parameters
    ----------
    rhythm : RhythmAnalysis
        The beats with their final classes, and their rhythm.
    waves : Waves
        Waves of the same beats; those of a beat that nobody looked for are NaN.
    used : sequence of AnalysedLead
        The leads, the primary first.
    settings : RhythmSettings
        Every threshold.
    paced : bool
        Whether the patient has a pacemaker: then nothing is assessed.
    calibrated : bool
        Whether the amplitudes can be trusted; if not, the ST segment is not assessed.
    """
    obstacle = obstacles_of_beats(rhythm, waves, paced=paced, settings=settings.repolarisation)
    beats, duration_s = rhythm.confirmed, float(len(rhythm.beats.analysable))
    levels = st_levels(
        used,
        beats.times_s,
        beats.rr_s,
        waves,
        measured=obstacle == 0,
        settings=settings.st_level,
    )
    return Repolarisation(
        st_segment(
            levels,
            obstacle if calibrated else np.full_like(obstacle, NOT_CALIBRATED),
            beats.times_s,
            beats.rr_s,
            duration_s,
            lead_numbers=[lead.number for lead in used],
            assessable=settings.repolarisation,
            settings=settings.st_segment,
        ),
        qt_interval(
            waves,
            obstacle,
            beats.times_s,
            beats.rr_s,
            duration_s,
            assessable=settings.repolarisation,
            settings=settings.qt_interval,
        ),
    )
