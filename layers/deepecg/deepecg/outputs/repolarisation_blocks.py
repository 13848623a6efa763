"""ST segment and QT interval of a scored recording, as blocks of its summary."""

from typing import Any, Final

import numpy as np

from deepecg.arrays import Floats
from deepecg.outputs import summary
from deepecg.rhythm.assessable_beats import AssessedTime, window_medians
from deepecg.scored_recording import ScoredRecording
from deepecg.time_units import SECONDS_PER_HOUR

TREND_STEP_S, SHORT_TREND_STEP_S = 300.0, 60.0
"""Distance of the values of a trend, 288 a day, and of that of a short recording."""
SHORT_S: Final = 4.0 * SECONDS_PER_HOUR
"""Length up to which a recording is short."""
MV_DIGITS, MS_DIGITS, OTHER_DIGITS = 3, 0, 1
"""Decimals: microvolts; whole milliseconds, as a sample is 8 ms long."""


def st_segment_block(scored: ScoredRecording) -> summary.StSegmentBlock:
    """Return levels and episodes of the ST segment."""
    found, names = scored.repolarisation.st_segment, scored.recording.leads
    step_s, starts_s = _trend_step_s(scored), _trend_starts_s(scored)
    most = scored.settings.rhythm.events.max_events_per_kind
    largest = sorted(found.episodes, key=lambda one: -abs(one.deviation_mv))[:most]
    leads = tuple(
        summary.StLeadRow(
            lead=names[lead.number],
            assessed_s=lead.time.assessed_s,
            not_assessed_s=lead.time.not_assessed_s,
            median_level_mv=_value(np.median, lead.level_mv, MV_DIGITS),
            lowest_level_mv=_value(np.min, lead.level_mv, MV_DIGITS),
            highest_level_mv=_value(np.max, lead.level_mv, MV_DIGITS),
            median_slope_mv_per_s=_value(np.median, lead.slope_mv_per_s, OTHER_DIGITS),
            trend_level_mv=_medians(lead.level_mv, found.window_s, starts_s, MV_DIGITS),
        )
        for lead in found.leads
    )
    has_reference = any(np.isfinite(lead.reference_mv).any() for lead in found.leads)
    return summary.StSegmentBlock(
        not_assessed=_why_nowhere([lead.time for lead in found.leads]),
        leads=leads,
        trend_step_s=step_s,
        episode_count=len(found.episodes) if has_reference else None,
        episodes=tuple(
            summary.StEpisodeRow(
                lead=leads[one.lead].lead,
                start_s=one.start_s,
                duration_s=one.duration_s,
                peak_at_s=one.peak_at_s,
                deviation_mv=round(one.deviation_mv, MV_DIGITS),
                level_mv=round(one.level_mv, MV_DIGITS),
                slope_mv_per_s=round(one.slope_mv_per_s, OTHER_DIGITS),
                rate_bpm=None if one.rate_bpm is None else round(one.rate_bpm, OTHER_DIGITS),
                abrupt=one.abrupt,
            )
            for one in found.episodes
            if one in largest
        ),
    )


def qt_interval_block(scored: ScoredRecording) -> summary.QtIntervalBlock:
    """Return QT and QTc of all windows, and the longest QTc."""
    found, longest = scored.repolarisation.qt_interval, None
    step_s, starts_s = _trend_step_s(scored), _trend_starts_s(scored)
    if (window := found.longest) is not None:
        longest = summary.LongestQtc(
            at_s=window * found.window_s,
            qtc_ms=round(float(found.qtc_ms[window]), MS_DIGITS),
            qt_ms=round(float(found.qt_ms[window]), MS_DIGITS),
            rate_bpm=round(float(found.rate_bpm[window]), OTHER_DIGITS),
        )
    return summary.QtIntervalBlock(
        not_assessed=_why_nowhere([found.time]),
        assessed_s=found.time.assessed_s,
        not_assessed_s=found.time.not_assessed_s,
        formula=scored.settings.rhythm.qt_interval.formula,
        window_s=found.window_s,
        median_qt_ms=_value(np.median, found.qt_ms, MS_DIGITS),
        median_qtc_ms=_value(np.median, found.qtc_ms, MS_DIGITS),
        mean_qtc_ms=_value(np.mean, found.qtc_ms, MS_DIGITS),
        longest=longest,
        trend_step_s=step_s,
        trend_qtc_ms=_medians(found.qtc_ms, found.window_s, starts_s, MS_DIGITS),
    )


def hourly_repolarisation(scored: ScoredRecording) -> list[dict[str, Any]]:
    """Return the fields of each hour that are about ST segment and QT interval."""
    st, qt = scored.repolarisation.st_segment, scored.repolarisation.qt_interval
    starts_s = np.array([hour.start_s for hour in scored.rhythm.hours])

    def by_hour(values: Floats, window_s: float, digits: int) -> tuple[float | None, ...]:
        return _medians(values, window_s, starts_s, digits)

    qt_ms, qtc_ms = (by_hour(one, qt.window_s, MS_DIGITS) for one in (qt.qt_ms, qt.qtc_ms))
    levels_mv = [by_hour(lead.level_mv, st.window_s, MV_DIGITS) for lead in st.leads]
    return [
        {"qt_ms": qt_of_hour, "qtc_ms": qtc_of_hour, "st_level_mv": levels}
        for qt_of_hour, qtc_of_hour, levels in zip(
            qt_ms, qtc_ms, zip(*levels_mv, strict=True), strict=True
        )
    ]


def _trend_step_s(scored: ScoredRecording) -> float:
    return SHORT_TREND_STEP_S if scored.recording.duration_s <= SHORT_S else TREND_STEP_S


def _trend_starts_s(scored: ScoredRecording) -> Floats:
    return np.arange(0.0, len(scored.beats.analysable), _trend_step_s(scored))


def _why_nowhere(times: list[AssessedTime]) -> str | None:
    """Return the obstacle of most of the time, or None if anything was assessed."""
    if any(time.assessed_s for time in times):
        return None
    return max(times[0].not_assessed_s.items(), key=lambda item: item[1])[0]


def _medians(
    values: Floats, window_s: float, starts_s: Floats, digits: int
) -> tuple[float | None, ...]:
    """Return the median of the windows that begin in each step, of which these are the starts."""
    step = np.searchsorted(starts_s, np.arange(len(values)) * window_s, "right") - 1
    medians = window_medians(values, step, len(starts_s))
    return tuple(None if np.isnan(one) else round(one, digits) for one in medians.tolist())


def _value(of: Any, values: Floats, digits: int) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(of(known)), digits) if len(known) else None
