import numpy as np
import pytest

from deepecg.beats.rr_intervals import rr_intervals
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import RhythmSettings
from training.beat_comparison import NO_SEGMENTS
from training.evaluate_fibrillation import Seconds
from training.event_accuracy import RecordEvents, event_metrics, reported_beats
from training.run_matching import BeatSequence, compare_runs

NO_FIBRILLATION = Seconds(1800, 0, 0, 0, 0, 0, 0)


def sequence(text: str) -> BeatSequence:
    """Return one beat a letter and second."""
    labels = np.array(["NSVFQ".index(c) for c in text], np.int64)
    return BeatSequence(400.0 + np.arange(len(text)), labels, np.empty(0))


def record(annotated: str, found: str, fibrillation: Seconds = NO_FIBRILLATION) -> RecordEvents:
    runs = {k: compare_runs(sequence(annotated), sequence(found), k, NO_SEGMENTS) for k in "VS"}
    return RecordEvents(runs, fibrillation)


def test_records_add_up_and_patients_are_those_with_any_found() -> None:
    document = event_metrics(
        [record("NVVVNVVN", "NVVVNVVN"), record("NVVVN", "NVVNN"), record("NSSN", "NNNN")]
    )
    run, couplet = document["ventricular_run"], document["ventricular_couplet"]
    assert (run["annotated_count"], run["found_count"], run["right_count"]) == (2, 1, 1)
    assert (run["patients_count"], run["sensitivity"]) == (1, 0.5)
    assert (couplet["annotated_count"], couplet["found_count"]) == (1, 2)
    assert (couplet["right_count"], couplet["patients_count"]) == (2, 2)
    assert document["supraventricular_couplet"]["sensitivity"] == 0


def test_predictivity_needs_enough_events_of_enough_patients() -> None:
    seven = record("NVVVN" * 7, "NVVVN" * 7)
    assert event_metrics([seven] * 3)["ventricular_run"]["predictivity"] == 1
    assert event_metrics([seven] * 2)["ventricular_run"]["predictivity"] is None
    six = record("NVVVN" * 6, "NVVVN" * 6)
    assert event_metrics([six] * 3)["ventricular_run"]["predictivity"] is None


def test_metrics_without_events_are_null() -> None:
    document = event_metrics([record("NNN", "NNN")])
    for metrics in document.values():
        assert (metrics["sensitivity"], metrics["predictivity"]) == (None, None)


def test_fibrillation_is_compared_by_time() -> None:
    some = Seconds(1800, 100, 100, 80, 60, 60, 80)
    document = event_metrics([record("N", "N", some)] * 3)["atrial_fibrillation"]
    assert (document["annotated_s"], document["found_s"], document["right_s"]) == (300, 240, 180)
    assert (document["sensitivity"], document["predictivity"]) == (0.6, 0.75)
    assert document["patients_count"] == 3


def test_reported_beats_are_those_the_report_counts() -> None:
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
    document = reported_beats(rhythm)
    assert document.labels[inside & (labels == 1)].max() == 0
    assert (document.labels[labels == 2] == 2).all()
    assert times_s[300] == pytest.approx(document.breaks_s[1])
    assert len(rhythm.supraventricular.couplets) == sum(
        last - first == 1 for first, last in document.runs("S")
    )
