"""The rhythm at marks, on beats whose rate and classes are known."""

from dataclasses import replace

import pytest
from unit.rhythm.beat_streams import stream_of

from deepecg.recording import PatientMark
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.rhythm_at_marks import RhythmAtMark, rhythm_at_marks
from deepecg.rhythm.settings import MarkSettings, RhythmSettings

SETTINGS = RhythmSettings()


def at(
    text: str,
    rr: float | list[float],
    start_s: float,
    duration_s: float = 0.0,
    margin_s: float = 30.0,
) -> RhythmAtMark:
    n_intervals = sum(letter in "NSVFQ" for letter in text) - 1
    stream = stream_of(text, rr if isinstance(rr, list) else [rr] * n_intervals)
    rhythm = analyse_rhythm(stream, SETTINGS)
    settings = replace(SETTINGS, marks=MarkSettings(margin_s))
    mark = PatientMark(start_s, duration_s, "x", "file")
    (found,) = rhythm_at_marks([mark], rhythm.confirmed, rhythm.events, settings)
    return found


def test_rate_is_that_of_the_minute_around() -> None:
    slow, fast = [1.2] * 100, [0.5] * 240  # 120 s at 50/min, then 120 s at 120/min
    found = at("N" * 341, slow + fast, 60)
    assert (found.window_s, found.analysable_s, found.rate_bpm) == (60, 60, pytest.approx(50))
    assert at("N" * 341, slow + fast, 180).rate_bpm == pytest.approx(120)
    across = at("N" * 341, slow + fast, 120.5)
    assert across.rate_bpm == pytest.approx(85, abs=2)


def test_a_longer_mark_has_a_longer_window_and_ends_of_the_recording_cut_it() -> None:
    assert at("N" * 301, 1.0, 100, duration_s=60).window_s == 120
    assert at("N" * 301, 1.0, 0).window_s == 30
    assert at("N" * 301, 1.0, 100, margin_s=5).window_s == 10


def test_ectopic_beats_in_the_window_are_counted() -> None:
    text = "N" * 100 + "V" + "N" * 29 + "S" + "N" * 100
    first_s = float(stream_of(text, [1.0] * 230).times_s[0])
    found = at(text, 1.0, 115 + first_s)
    assert (found.ventricular_count, found.supraventricular_count) == (1, 1)
    before = at(text, 1.0, 60 + first_s)
    assert (before.ventricular_count, before.supraventricular_count) == (0, 0)


def test_events_that_overlap_the_window_are_named() -> None:
    text = "N" * 100 + "V" * 5 + "N" * 120
    rr = [0.8] * 99 + [0.45] * 5 + [0.8] * 120
    run_s = float(stream_of(text, rr).times_s[100])
    keys = [event.kind.key for event in at(text, rr, run_s + 31, margin_s=30).events]
    assert "ventricular_tachycardia" in keys
    later = [event.kind.key for event in at(text, rr, run_s + 40, margin_s=30).events]
    assert "ventricular_tachycardia" not in later


def test_where_nothing_can_be_analysed_nothing_is_known() -> None:
    found = at("N" * 60 + "|" + "N" * 60, [1.0] * 59 + [200.0] + [1.0] * 59, 160)
    assert found == RhythmAtMark(60, 0, None, 0, 0, ())


def test_a_rate_needs_half_of_the_window() -> None:
    text, rr = "N" * 60 + "|" + "N" * 200, [1.0] * 59 + [100.0] + [1.0] * 199
    end_s = float(stream_of(text, rr).times_s[59])
    assert at(text, rr, end_s + 20).rate_bpm is None
    assert at(text, rr, end_s - 10).rate_bpm == pytest.approx(60)


def test_no_beats_are_no_error() -> None:
    found = at("N", [], 0)
    assert (found.rate_bpm, found.ventricular_count) == (None, 0)
