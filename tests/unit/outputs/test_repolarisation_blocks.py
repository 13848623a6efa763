from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from unit.small_recordings import recording_of, scored_of

from deepecg.outputs.repolarisation_blocks import (
    hourly_repolarisation,
    qt_interval_block,
    st_segment_block,
)
from deepecg.rhythm.assessable_beats import AssessedTime
from deepecg.rhythm.qt_interval import QtInterval
from deepecg.rhythm.repolarisation import Repolarisation
from deepecg.rhythm.settings import EventSettings, RhythmSettings
from deepecg.rhythm.st_segment import StEpisode, StLead, StSegment
from deepecg.scored_recording import ScoredRecording
from deepecg.settings import ScoringSettings

HALF_HOUR = 180
"""Windows of 10 s."""


def episode(start_s: float, deviation_mv: float) -> StEpisode:
    return StEpisode(
        lead=0,
        start_s=start_s,
        duration_s=70.0,
        peak_at_s=start_s + 20,
        deviation_mv=deviation_mv,
        level_mv=deviation_mv + 0.01234,
        slope_mv_per_s=0.456,
        rate_bpm=None,
        abrupt=True,
    )


def scored(
    level_mv: np.ndarray, *episodes: StEpisode, most: int = 100, start: datetime | None = None
) -> ScoredRecording:
    """Return 90 minutes in which every window has a QT interval of 400 ms plus its minute."""
    qt_ms = 400 + np.arange(90.0)
    time = AssessedTime(5400.0, {})
    lead = StLead(0, level_mv, 10 * level_mv, np.zeros(len(level_mv)), time)
    settings = ScoringSettings(
        rhythm=RhythmSettings(events=EventSettings(max_events_per_kind=most))
    )
    return replace(
        scored_of(
            np.arange(5400) + 0.5,
            "N" * 5400,
            duration_s=5400.0,
            recording=replace(recording_of(np.zeros(5400 * 250)), start=start),
            settings=settings,
        ),
        repolarisation=Repolarisation(
            StSegment((lead,), episodes, 10.0),
            QtInterval(qt_ms, qt_ms + 10, np.full(90, 61.23), time, 60.0),
        ),
    )


LEVELS_MV = np.concatenate([np.full(3 * HALF_HOUR // 2, 0.03), np.full(3 * HALF_HOUR // 2, -0.05)])


def test_levels_and_their_trend_by_hand() -> None:
    level_mv = LEVELS_MV.copy()
    level_mv[:30] = np.nan
    level_mv[40] = 0.4321
    block = st_segment_block(scored(level_mv))
    (lead,) = block.leads
    assert (lead.lowest_level_mv, lead.median_level_mv, lead.highest_level_mv) == (
        -0.05, -0.05, 0.432,
    )  # fmt: skip
    assert lead.median_slope_mv_per_s == -0.5
    assert lead.trend_level_mv == (*[None] * 5, *[0.03] * 40, *[-0.05] * 45)
    assert (block.not_assessed, block.trend_step_s) == (None, 60)


def test_the_largest_episodes_are_listed_in_the_order_of_time() -> None:
    episodes = (episode(100.0, 0.12), episode(900.0, -0.31), episode(2000.0, 0.17))
    block = st_segment_block(scored(LEVELS_MV, *episodes, most=2))
    assert block.episode_count == 3
    assert [(one.start_s, one.deviation_mv) for one in block.episodes] == [
        (900.0, -0.31), (2000.0, 0.17),
    ]  # fmt: skip
    assert block.episodes[0].level_mv == -0.298


def test_without_a_reference_level_no_deviation_is_counted_not_even_none() -> None:
    found = scored(LEVELS_MV)
    (lead,) = found.repolarisation.st_segment.leads
    unknown = replace(lead, reference_mv=np.full(len(LEVELS_MV), np.nan))
    segment = replace(found.repolarisation.st_segment, leads=(unknown,))
    block = st_segment_block(
        replace(found, repolarisation=replace(found.repolarisation, st_segment=segment))
    )
    assert block.not_assessed is None  # the levels are there
    assert block.episode_count is None
    assert st_segment_block(found).episode_count == 0


def test_qt_by_hand() -> None:
    block = qt_interval_block(scored(LEVELS_MV))
    assert (block.median_qt_ms, block.median_qtc_ms, block.mean_qtc_ms) == (444, 454, 454)
    assert block.longest is not None
    assert (block.longest.at_s, block.longest.qtc_ms) == (89 * 60.0, 499)
    assert (block.longest.qt_ms, block.longest.rate_bpm) == (489, 61.2)
    assert block.trend_qtc_ms == tuple(410 + minute for minute in range(90))


def test_the_trend_of_a_long_recording_has_a_value_every_five_minutes() -> None:
    block = qt_interval_block(scored_of([0.5], "N", duration_s=14_500.0))
    assert (block.trend_step_s, len(block.trend_qtc_ms)) == (300, 49)


def test_hours_have_the_medians_of_their_windows() -> None:
    first, second = hourly_repolarisation(scored(LEVELS_MV))
    # minutes 0 to 59, of which 45 have a level of 0.03; minutes 60 to 89
    assert first == {"qt_ms": 430, "qtc_ms": 440, "st_level_mv": (0.03,)}
    assert second == {"qt_ms": 474, "qtc_ms": 484, "st_level_mv": (-0.05,)}


@pytest.mark.parametrize("block", [st_segment_block, qt_interval_block])
def test_a_recording_in_which_nothing_is_assessed_says_why(block: Any) -> None:
    found = block(scored_of(np.arange(60) + 0.5, "N" * 60))  # its waves are not known
    assert found.not_assessed == "waves_not_found"


def test_hours_are_those_of_the_clock() -> None:
    found = scored(LEVELS_MV, start=datetime(2024, 3, 1, 9, 30))
    assert [hour.start_s for hour in found.rhythm.hours] == [0, 1800]
    # Minutes 0 to 29, then 30 to 89, of which the level is the lower one from minute 45 on.
    assert hourly_repolarisation(found) == [
        {"qt_ms": 414, "qtc_ms": 424, "st_level_mv": (0.03,)},
        {"qt_ms": 460, "qtc_ms": 470, "st_level_mv": (-0.05,)},
    ]
