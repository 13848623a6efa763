import numpy as np
import pytest

from deepecg.beats.rr_intervals import rr_intervals
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import RhythmSettings
from training.beat_matching import NOWHERE
from training.evaluate_fibrillation import Seconds
from training.event_accuracy import RecordEvents, as_reported, event_figures
from training.run_matching import BeatSequence, compare_runs

NO_FIBRILLATION = Seconds(1800, 0, 0, 0, 0, 0, 0)


def sequence(text: str) -> BeatSequence:
    """Return one beat a letter and second."""
    labels = np.array(["NSVFQ".index(c) for c in text], np.int64)
    return BeatSequence(400.0 + np.arange(len(text)), labels, np.empty(0))


def record(annotated: str, found: str, fibrillation: Seconds = NO_FIBRILLATION) -> RecordEvents:
    runs = {k: compare_runs(sequence(annotated), sequence(found), k, NOWHERE) for k in "VS"}
    return RecordEvents(runs, fibrillation)


def test_records_add_up_and_patients_are_those_with_any_found() -> None:
    told = event_figures(
        [record("NVVVNVVN", "NVVVNVVN"), record("NVVVN", "NVVNN"), record("NSSN", "NNNN")]
    )
    run, couplet = told["ventricular_run"], told["ventricular_couplet"]
    assert (run["annotated_count"], run["found_count"], run["right_count"]) == (2, 1, 1)
    assert (run["patients_count"], run["sensitivity"]) == (1, 0.5)
    assert (couplet["annotated_count"], couplet["found_count"]) == (1, 2)
    assert (couplet["right_count"], couplet["patients_count"]) == (2, 2)
    assert told["supraventricular_couplet"]["sensitivity"] == 0


def test_predictivity_is_told_of_enough_events_of_enough_patients_alone() -> None:
    seven = record("NVVVN" * 7, "NVVVN" * 7)
    assert event_figures([seven] * 3)["ventricular_run"]["predictivity"] == 1
    assert event_figures([seven] * 2)["ventricular_run"]["predictivity"] is None
    six = record("NVVVN" * 6, "NVVVN" * 6)
    assert event_figures([six] * 3)["ventricular_run"]["predictivity"] is None


def test_figures_of_nothing_are_null() -> None:
    told = event_figures([record("NNN", "NNN")])
    for figures in told.values():
        assert (figures["sensitivity"], figures["predictivity"]) == (None, None)


def test_fibrillation_is_told_by_time() -> None:
    some = Seconds(1800, 100, 100, 80, 60, 60, 80)
    told = event_figures([record("N", "N", some)] * 3)["atrial_fibrillation"]
    assert (told["annotated_s"], told["found_s"], told["right_s"]) == (300, 240, 180)
    assert (told["sensitivity"], told["predictivity"]) == (0.6, 0.75)
    assert told["patients_count"] == 3


def test_beats_are_taken_as_the_report_counts_them() -> None:
    rng = np.random.default_rng(5)
    times_s = np.cumsum(rng.uniform(0.3, 1.2, 600))  # as irregular as fibrillation
    rr_s = rr_intervals(times_s)
    rr_s[300] = np.nan  # a gap
    labels = np.tile(["NSVFQ".index(c) for c in "NNSS"], 150)
    labels[10] = 2
    quiet, analysable = np.ones(600, bool), np.ones(int(times_s[-1]) + 1, bool)
    rhythm = analyse_rhythm(
        BeatStream.of_labels(times_s, rr_s, labels, quiet, analysable), RhythmSettings()
    )
    inside = rhythm.fibrillation.beats
    assert inside.any()
    told = as_reported(rhythm)
    assert told.labels[inside & (labels == 1)].max() == 0
    assert (told.labels[labels == 2] == 2).all()
    assert times_s[300] == pytest.approx(told.breaks_s[1])
    assert len(rhythm.supraventricular.couplets) == sum(
        last - first == 1 for first, last in told.runs("S")
    )
