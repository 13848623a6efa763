"""A strip in memory is scored as a recording with one lead is."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import ecg, every, recording_of, scored_of

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.cloud.api.strip_scoring import score_strip, strip_document
from deepecg.errors import (
    FlatLineError,
    NoBeatsError,
    RefusedRecordingError,
    SaturatedError,
    TooLongError,
    TooShortError,
)
from deepecg.outputs.summary import HeartRateBlock, SignalBlock
from deepecg.readers.open_recording import open_recording
from deepecg.scoring import score_recording

RATE = 250
BEATS_S = every(0.8, 60)


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


def minute(rate: float = RATE) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 0.01, round(60 * rate))
    return (ecg(BEATS_S, 60, rate) + noise).astype(np.float32)


def test_beats_rate_and_quality_of_a_clean_minute_are_told(classifier: BeatClassifier) -> None:
    document = strip_document(score_strip(minute(), RATE, classifier))
    assert document["duration_s"] == 60
    times_s = [beat["time_s"] for beat in document["beats"]]
    np.testing.assert_allclose(times_s, BEATS_S, rtol=0, atol=0.004)
    assert document["class_count"] == {"N": len(BEATS_S), "S": 0, "V": 0, "F": 0, "Q": 0}
    assert document["heart_rate"]["mean_bpm"] == 75
    assert document["heart_rate"]["minimum_bpm"] == pytest.approx(75, abs=0.5)
    assert document["quality"]["analysable_percent"] == 100
    assert document["quality"]["not_analysable"] == []


def test_of_every_beat_class_confidence_and_probabilities_go_together(
    classifier: BeatClassifier,
) -> None:
    scored = score_strip(minute(), RATE, classifier)
    for beat, share in zip(
        strip_document(scored)["beats"], scored.beats.probabilities, strict=True
    ):
        assert list(beat["probabilities"]) == list(CLASSES)
        np.testing.assert_allclose(list(beat["probabilities"].values()), share, atol=5e-7)
        assert beat["confidence"] == max(beat["probabilities"].values())
        assert beat["probabilities"][beat["class"]] == beat["confidence"]


def test_its_beats_are_those_of_the_same_recording(
    data_dir: Path, classifier: BeatClassifier
) -> None:
    recording = open_recording(data_dir / "mitdb" / "208.hea")
    lead = recording.read(0, 0, 300 * 360)
    strip = score_strip(lead, 360, classifier).beats
    whole = score_recording(recording_of(lead, rate=360), classifier).beats
    assert len(strip.times_s) > 400
    np.testing.assert_array_equal(strip.times_s, whole.times_s)
    np.testing.assert_array_equal(strip.probabilities, whole.probabilities)
    assert 50 < strip_document(score_strip(lead, 360, classifier))["class_count"]["V"] < 300


def test_rate_and_quality_are_blocks_of_a_summary(classifier: BeatClassifier) -> None:
    document = strip_document(score_strip(minute(), RATE, classifier))
    no_time_of_day = {"day_mean_bpm": None, "night_mean_bpm": None}
    msgspec.convert(document["heart_rate"] | no_time_of_day, HeartRateBlock)
    quality = {key: value for key, value in document["quality"].items() if key != "not_analysable"}
    no_declared_length = {"analysable_of_declared_percent": 100.0}
    msgspec.convert(quality | no_declared_length, SignalBlock)
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize(
    ("bad", "stretches"),
    [
        ([(10, 12)], [(10, 12)]),
        ([(0, 3), (30, 31)], [(0, 3), (30, 31)]),
        ([(55, 60.4)], [(55, 60.4)]),
    ],
)
def test_stretches_that_cannot_be_analysed_are_told_in_seconds(
    classifier: BeatClassifier, bad: list[tuple[float, float]], stretches: list[tuple[float, float]]
) -> None:
    signal = np.append(minute(), minute()[: round(0.4 * RATE)])
    for start, stop in bad:
        signal[round(start * RATE) : round(stop * RATE)] = 0.2
    quality = strip_document(score_strip(signal, RATE, classifier))["quality"]
    found = [(part["start_s"], part["end_s"]) for part in quality["not_analysable"]]
    assert found == stretches
    assert quality["flat_s"] == sum(round(stop - start) for start, stop in bad)


@pytest.mark.parametrize("rate", [50, 137.5, 10_000])
def test_the_shortest_and_the_fastest_sampled_strips_are_scored(
    classifier: BeatClassifier, rate: float
) -> None:
    beats_s = every(0.8, 12)
    strip = ecg(beats_s, 12, rate)[: round(10 * rate)]
    scored = score_strip(strip, rate, classifier)
    assert len(scored.beats.times_s) == (beats_s < 10).sum()


@pytest.mark.parametrize(
    ("samples", "rate", "error"),
    [
        (np.zeros(5000), 250, FlatLineError),
        (minute()[: 10 * RATE - 1], RATE, TooShortError),
        (np.zeros(500), 10_000, TooShortError),
        (np.zeros(500_000), 50, TooLongError),
        (np.tile([2.0] * 200 + [-2.0] * 50, 20), 250, SaturatedError),
        (0.02 * np.sin(np.arange(5000) / 80), 250, NoBeatsError),
    ],
    ids=["flat", "9.996 s", "50 ms", "2.8 h", "clipped", "no beats"],
)
def test_what_cannot_be_scored_is_refused_with_its_reason(
    classifier: BeatClassifier,
    samples: NDArray[np.float64],
    rate: float,
    error: type[RefusedRecordingError],
) -> None:
    with pytest.raises(error, match=r"^found .*expected"):
        score_strip(samples.astype(np.float32), rate, classifier)


def test_the_longest_answer_passes_through_lambda() -> None:
    times_s = np.arange(0.2, 3600, 0.2)  # no two beats are closer (DetectorSettings.refractory_s)
    scored = scored_of(times_s, ("NSVFQ" * 3600)[: len(times_s)], duration_s=3600)
    shares = np.random.default_rng(0).dirichlet(np.ones(5), len(times_s)).astype(np.float32)
    beats = replace(scored.beats, probabilities=shares)
    scored = replace(scored, rhythm=replace(scored.rhythm, beats=beats))
    assert len(json.dumps(strip_document(scored))) < 5_500_000
