from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.rhythm.beat_streams import long_records, reference, stream_of

from deepecg.beats.settings import PauseSettings
from deepecg.rhythm.atrial_fibrillation import Fibrillation
from deepecg.rhythm.av_block import AvBlock
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.ectopy import ectopy
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.findings import Findings
from deepecg.rhythm.heart_rate import heart_rate
from deepecg.rhythm.hourly_table import Hour, hourly
from deepecg.rhythm.pauses import pauses
from deepecg.rhythm.rate_episodes import RateEpisodes
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis, analyse_rhythm
from deepecg.rhythm.settings import EctopySettings, RateSettings, RhythmSettings

SETTINGS = RhythmSettings()


def hours_of(stream: BeatStream, *fibrillation: Episode) -> tuple[Hour, ...]:
    """Return the table of a stream, with these episodes of atrial fibrillation."""
    inside = np.zeros(len(stream.times_s), bool)
    for episode in fibrillation:
        inside[episode.first : episode.last + 1] = True
    found = Findings(
        rate=heart_rate(stream, RateSettings()),
        fibrillation=Fibrillation(fibrillation, inside, 0.0, None, None, None),
        flutter=(),
        ventricular=ectopy(stream, "V", EctopySettings()),
        supraventricular=ectopy(stream, "S", EctopySettings()),
        pauses=pauses(stream, PauseSettings()),
        av_block=AvBlock(),
        rate_episodes=RateEpisodes(),
        wide_tachycardia=(),
    )
    return hourly(stream, RateSettings(), found)


def test_two_hours_and_a_half_by_hand() -> None:
    # the first hour at 60 a minute, the second at 100, half an hour at 50
    rr = np.concatenate([np.full(3600, 1.0), np.full(6000, 0.6), np.full(1500, 1.2)])
    letters = np.full(len(rr) + 1, "N")
    letters[[10, 20, 21, 22, 3700, 9700]] = "V"
    letters[[50, 4000, 4001, 4002]] = "S"
    stream = stream_of("".join(letters), rr, first_s=0.1, duration_s=2.5 * 3600)
    first, second, last = hours_of(stream)
    assert (first.hour, second.hour, last.hour) == (0, 1, 2)
    assert (first.start_s, second.start_s, last.start_s) == (0, 3600, 7200)
    assert (first.analysable_s, second.analysable_s, last.analysable_s) == (3600, 3600, 1800)
    assert (first.n_beats, second.n_beats, last.n_beats) == (3600, 6000, 1501)
    assert first.mean_bpm == pytest.approx(60)
    assert second.mean_bpm == pytest.approx(100, abs=0.1)
    assert last.mean_bpm == pytest.approx(50, abs=0.1)
    assert first.minimum_bpm == pytest.approx(60)
    assert second.maximum_bpm == pytest.approx(100)
    assert last.minimum_bpm == pytest.approx(50)
    assert [hour.ventricular_count for hour in (first, second, last)] == [4, 1, 1]
    assert [hour.ventricular_run_count for hour in (first, second, last)] == [1, 0, 0]
    assert [hour.supraventricular_count for hour in (first, second, last)] == [1, 3, 0]
    assert [hour.supraventricular_run_count for hour in (first, second, last)] == [0, 1, 0]
    assert [hour.pause_count for hour in (first, second, last)] == [0, 0, 0]


def test_hours_are_those_of_the_clock_where_the_time_of_day_is_known() -> None:
    # from 09:30:00.5, at 60 a minute in the first half hour and at 75 in the next two hours
    rr = np.concatenate([np.full(1799, 1.0), np.full(9000, 0.8)])
    stream = stream_of("N" * (len(rr) + 1), rr, first_s=0.25, duration_s=9000)
    stream = replace(stream, midnight_s=9.5 * 3600 + 0.5)
    first, second, third = hours_of(stream)
    assert [hour.start_s for hour in (first, second, third)] == [0, 1799.5, 5399.5]
    assert [hour.analysable_s for hour in (first, second, third)] == [1800, 3600, 3600]
    assert first.mean_bpm == pytest.approx(60)
    assert [second.mean_bpm, third.mean_bpm] == pytest.approx([75, 75])


@pytest.mark.parametrize(
    ("midnight_s", "starts_s"),
    [(None, [0, 3600]), (7200.0, [0, 3600]), (86_399.5, [0, 3600.5]), (3599.0, [0, 1, 3601])],
)
def test_the_first_hour_ends_with_the_full_hour(
    midnight_s: float | None, starts_s: list[float]
) -> None:
    """A start shown as a full hour, to the second, is one: it makes no row from 00 to 24."""
    stream = stream_of("N" * 7200, 1.0, duration_s=7200)
    table = hours_of(replace(stream, midnight_s=midnight_s))
    assert [hour.start_s for hour in table] == starts_s
    assert sum(hour.analysable_s for hour in table) == 7200
    assert sum(hour.n_beats for hour in table) == 7200


def test_a_whole_number_of_hours_has_no_empty_row() -> None:
    assert len(hours_of(stream_of("N" * 7200, 1.0, duration_s=7200))) == 2
    assert len(hours_of(stream_of("N" * 7200, 1.0, duration_s=7201))) == 3


def test_what_lasts_over_the_full_hour_counts_where_it_begins() -> None:
    # a pause and a run, each over the end of an hour
    rr = [1.0] * 3598 + [3.0] + [1.0] * 3597 + [0.5] * 6 + [1.0] * 100
    letters = "N" * 7196 + "V" * 6 + "N" * 101
    table = hours_of(stream_of(letters, rr, first_s=0.5))
    assert [hour.pause_count for hour in table] == [1, 0, 0]
    assert [hour.ventricular_run_count for hour in table] == [0, 1, 0]
    assert [hour.ventricular_count for hour in table] == [0, 3, 3]


def test_atrial_fibrillation_over_the_full_hour_is_split() -> None:
    stream = stream_of("NS" * 3600, 1.0, first_s=0.5, duration_s=7200)
    table = hours_of(
        stream,
        Episode(100, 199, 100.5, 99.0, 60.0),
        Episode(3000, 4000, 3000.5, 1000.0, 60.0),
    )
    assert [hour.fibrillation_s for hour in table] == pytest.approx([99 + 599.5, 400.5])
    assert [hour.supraventricular_count for hour in table] == [1800, 1800]


def test_an_hour_without_signal_has_no_rates_and_no_seconds() -> None:
    stream = stream_of("N" * 3000 + "|" + "N" * 2000, 1.0, gap_s=5000, first_s=0)
    first, second, last = hours_of(stream)
    assert (first.n_beats, first.analysable_s) == (3000, 3000)
    assert (second.n_beats, second.analysable_s) == (0, 0)
    assert (second.mean_bpm, second.minimum_bpm, second.maximum_bpm) == (None, None, None)
    assert last.n_beats == 2000
    assert last.mean_bpm == pytest.approx(60)


def assert_adds_up(stream: BeatStream, rhythm: RhythmAnalysis) -> None:
    hours = rhythm.hours
    assert len(hours) == np.ceil(len(stream.analysable) / 3600)
    assert sum(hour.analysable_s for hour in hours) == stream.analysable.sum()
    assert sum(hour.n_beats for hour in hours) == len(stream.times_s)
    assert sum(hour.ventricular_count for hour in hours) == rhythm.ventricular.count
    assert sum(hour.supraventricular_count for hour in hours) == rhythm.supraventricular.count
    assert sum(hour.ventricular_run_count for hour in hours) == len(rhythm.ventricular.runs)
    n_runs = len(rhythm.supraventricular.runs)
    assert sum(hour.supraventricular_run_count for hour in hours) == n_runs
    assert sum(hour.pause_count for hour in hours) == len(rhythm.pauses.episodes)
    in_fibrillation = sum(hour.fibrillation_s for hour in hours)
    assert in_fibrillation == pytest.approx(rhythm.fibrillation.total_s)
    lowest = [hour.minimum_bpm for hour in hours if hour.minimum_bpm is not None]
    highest = [hour.maximum_bpm for hour in hours if hour.maximum_bpm is not None]
    assert min(lowest, default=None) == rhythm.rate.minimum_bpm
    assert max(highest, default=None) == rhythm.rate.maximum_bpm


def test_the_hours_of_the_24_hour_records_add_up_to_the_day(data_dir: Path) -> None:
    for path in long_records(data_dir):
        stream = reference(path).stream
        assert_adds_up(stream, analyse_rhythm(stream, SETTINGS))


@given(
    st.text("NNNNVVS|", max_size=400),
    st.floats(0.3, 60),
    st.floats(1, 4000),
    st.floats(0, 8000),
)
@settings(max_examples=60, deadline=None)
def test_the_hours_of_any_stream_add_up(
    text: str, rr_s: float, gap_s: float, first_s: float
) -> None:
    text = "|".join(part for part in ("N" + text).split("|") if part)
    stream = stream_of(text, rr_s, gap_s=gap_s, first_s=first_s)
    assert_adds_up(stream, analyse_rhythm(stream, SETTINGS))
