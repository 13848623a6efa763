"""The made-up day is what it says it is, and the whole pipeline finds what is in it."""

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from synthetic_day import START, Day, make_day
from unit.small_recordings import partners

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.readers.open_recording import open_recording
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording

RATE = 250


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return make_day(tmp_path_factory.mktemp("day"), hours=1)


@pytest.fixture(scope="module")
def scored(day: Day) -> ScoredRecording:
    return score_recording(open_recording(day.path), BeatClassifier.load(model_folder()))


def test_the_record_reads_without_complaint(day: Day) -> None:
    recording = open_recording(day.path)
    assert recording.warnings == ()
    assert recording.leads == ("II", "V1", "V5")
    assert recording.start == START
    assert recording.duration_s == day.duration_s == 3600


def test_r_peaks_are_where_the_truth_says(day: Day) -> None:
    lead = open_recording(day.path).read(0, 0, 3600 * RATE)
    for time_s, name in zip(day.times_s, day.classes, strict=True):
        if name == "N":
            peak = round(time_s * RATE)
            assert abs(int(lead[peak - 12 : peak + 13].argmax()) - 12) <= 1


def test_the_lost_electrode_is_flat_and_holds_no_beats(day: Day) -> None:
    recording = open_recording(day.path)
    ((begin, end),) = day.flat_s
    assert end - begin == 180
    for lead in range(3):
        assert not recording.read(lead, int(begin * RATE), int(end * RATE)).any()
    assert not ((day.times_s >= begin) & (day.times_s < end)).any()


def test_all_that_is_promised_is_there(day: Day) -> None:
    runs = [(name, len(list(beats))) for name, beats in groupby(day.classes)]
    lengths = {name: [length for n, length in runs if n == name] for name in "SV"}
    assert lengths["V"].count(8) == lengths["V"].count(3) == lengths["S"].count(12) == 1
    assert lengths["V"].count(2) >= 1
    assert sum(length == 1 for length in lengths["V"]) > 150  # three bigeminies, trigeminies
    rr = np.diff(day.times_s)
    for (begin, end), length in zip(day.pauses_s, (2.4, 3.4), strict=True):
        assert end - begin == pytest.approx(length)
        assert np.abs(rr[np.searchsorted(day.times_s, begin + 0.1) - 1] - length) <= 1.5 / RATE
    ((begin, end),) = day.fibrillation_s
    inside = (day.times_s[1:] > begin) & (day.times_s[1:] < end)
    assert rr[inside].std() > 0.1
    assert 60 / np.convolve(rr, np.ones(30) / 30, "valid").min() > 140


def test_the_same_seed_is_the_same_day_and_another_is_not(tmp_path: Path) -> None:
    days = [
        make_day(tmp_path, hours=0.25, seed=seed, stem=f"s{place}", rate_hz=200, leads=1)
        for place, seed in enumerate((1, 1, 2))
    ]
    contents = [day.path.with_suffix(".dat").read_bytes() for day in days]
    assert contents[0] == contents[1] != contents[2]
    assert len(contents[0]) == 900 * 200 * 2
    assert days[0].classes == days[1].classes != days[2].classes


def test_the_pipeline_finds_the_beats_and_their_classes(day: Day, scored: ScoredRecording) -> None:
    partner = partners(day.times_s, scored.beats.times_s)
    truth = np.array(list(day.classes))
    found = np.array(CLASSES)[scored.beats.labels][partner]
    assert (partner >= 0).mean() > 0.999
    assert len(scored.beats.times_s) - (partner >= 0).sum() < 5
    assert (found[truth == "V"] == "V").mean() > 0.98
    assert (found[truth == "S"] == "S").mean() > 0.9
    ((begin, end),) = day.fibrillation_s
    outside = (day.times_s < begin) | (day.times_s > end)
    assert (truth[(found == "V") & outside] == "V").mean() > 0.98


def test_the_pipeline_finds_the_episodes(day: Day, scored: ScoredRecording) -> None:
    rhythm = scored.rhythm
    ((begin, end),) = day.flat_s
    assert scored.flags.flat.sum() == end - begin
    pauses = [(pause.start_s, pause.duration_s) for pause in rhythm.pauses.episodes]
    assert pauses == [
        (pytest.approx(begin, abs=0.02), pytest.approx(end - begin, abs=0.03))
        for begin, end in day.pauses_s
    ]
    run = rhythm.ventricular.longest_run
    assert run is not None
    assert run.n_beats == 8
    assert run.rate_bpm == pytest.approx(170, abs=2)
    ((begin, end),) = day.fibrillation_s
    overlap = sum(
        max(0, min(end, found.start_s + found.duration_s) - max(begin, found.start_s))
        for found in rhythm.fibrillation.episodes
    )
    assert overlap > 0.9 * (end - begin)
    assert rhythm.fibrillation.total_s < 1.1 * (end - begin)
