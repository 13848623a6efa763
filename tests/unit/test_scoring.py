from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import ecg, every, n_paired, recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import (
    FlatLineError,
    ModelMismatchError,
    NoBeatsError,
    NoLeadsError,
    NoSignalError,
    RefusedRecordingError,
    SaturatedError,
    TooShortError,
    UnknownLeadError,
)
from deepecg.outputs.repolarisation_blocks import hourly_repolarisation, st_segment_block
from deepecg.readers.open_recording import open_recording
from deepecg.recording import ReadingWarning, Recording
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.settings import ConditioningSettings

RATE = 250
BEATS_S = every(0.83, 300) + 0.02 * np.sin(np.arange(len(every(0.83, 300))))


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


def five_minutes() -> NDArray[np.float64]:
    noise = np.random.default_rng(0).normal(0, 0.01, 300 * RATE)
    return ecg(BEATS_S, 300, RATE) + noise


def assert_same(found: BeatStream, expected: BeatStream, delay_s: float = 0) -> None:
    np.testing.assert_allclose(found.times_s, expected.times_s + delay_s, rtol=0, atol=2e-5)
    np.testing.assert_allclose(found.rr_s, expected.rr_s, rtol=0, atol=2e-5)


# The whole way


def test_every_beat_of_a_clean_ecg_is_found_and_normal(classifier: BeatClassifier) -> None:
    beats = score_recording(recording_of(five_minutes()), classifier).beats
    assert len(beats.times_s) == len(BEATS_S)
    np.testing.assert_allclose(beats.times_s, BEATS_S, rtol=0, atol=0.004)
    np.testing.assert_allclose(beats.rr_s[1:], np.diff(BEATS_S), rtol=0, atol=0.008)
    assert (beats.labels == 0).mean() > 0.95
    np.testing.assert_array_equal(beats.samples(RATE), np.rint(beats.times_s * RATE))


@pytest.mark.parametrize("record", ["208", "119", "201"])
def test_scoring_a_record_does_not_depend_on_the_chunk_length(
    data_dir: Path, classifier: BeatClassifier, record: str
) -> None:
    recording = open_recording(data_dir / "mitdb" / f"{record}.hea")

    def score(chunk_s: int) -> BeatStream:
        conditioning = ConditioningSettings(chunk_s=chunk_s)
        settings = ScoringSettings(conditioning=conditioning)
        return score_recording(recording, classifier, settings).beats

    whole = score(100_000)
    assert len(whole.times_s) > 1900
    for chunk_s in (30, 600):
        chunked = score(chunk_s)
        np.testing.assert_array_equal(chunked.samples(360), whole.samples(360))
        np.testing.assert_array_equal(chunked.labels, whole.labels)
        np.testing.assert_array_equal(chunked.pause_confirmed, whole.pause_confirmed)
        np.testing.assert_allclose(chunked.probabilities, whole.probabilities, rtol=0, atol=1e-3)


def test_beats_keep_the_recordings_own_time_at_an_odd_rate(classifier: BeatClassifier) -> None:
    signal = ecg(BEATS_S, 300, 896.05) + np.random.default_rng(0).normal(0, 0.01, 268_815)
    beats = score_recording(recording_of(signal, rate=896.05), classifier).beats
    np.testing.assert_allclose(beats.times_s, BEATS_S, rtol=0, atol=0.004)


def part_of(recording: Recording, seconds: int) -> NDArray[np.float32]:
    return recording.read(0, 0, round(seconds * recording.sampling_rate_hz))


def test_gain_changes_no_beat_of_a_real_record(data_dir: Path, classifier: BeatClassifier) -> None:
    signal = part_of(open_recording(data_dir / "mitdb" / "208.hea"), 300)
    once = score_recording(recording_of(signal, rate=360), classifier).beats
    for gain in (0.5, 2, 4, 1.7):
        scaled = score_recording(recording_of(gain * signal, rate=360), classifier).beats
        assert_same(scaled, once)
        assert (scaled.labels == once.labels).mean() > 0.99


def test_polarity_moves_no_beat_of_a_real_record(
    data_dir: Path, classifier: BeatClassifier
) -> None:
    signal = part_of(open_recording(data_dir / "mitdb" / "119.hea"), 300)
    upright = score_recording(recording_of(signal, rate=360), classifier).beats
    inverted = score_recording(recording_of(-signal, rate=360), classifier).beats
    assert_same(inverted, upright)


@pytest.mark.parametrize("delay_s", [1, 7, 60])
def test_a_delay_moves_the_beats_and_nothing_else(classifier: BeatClassifier, delay_s: int) -> None:
    signal = five_minutes()
    once = score_recording(recording_of(signal), classifier).beats
    nothing = np.full(delay_s * RATE, np.nan)
    delayed = score_recording(recording_of(np.concatenate([nothing, signal])), classifier)
    assert delayed.flags.missing.sum() == delay_s
    assert_same(delayed.beats, once, delay_s)
    np.testing.assert_array_equal(delayed.beats.labels, once.labels)


def test_progress_rises_to_1(classifier: BeatClassifier) -> None:
    told: list[float] = []
    score_recording(recording_of(five_minutes()), classifier, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


# Bad signal


def sine() -> NDArray[np.float64]:
    return np.sin(2 * np.pi * 1.2 * np.arange(60 * RATE) / RATE)


def two_beats() -> NDArray[np.float64]:
    signal = np.zeros(20 * RATE)
    signal[: 2 * RATE] = five_minutes()[: 2 * RATE]
    return signal


REFUSED = {
    "all missing": (np.full(60 * RATE, np.nan), NoSignalError, "no_signal"),
    "flat at zero": (np.zeros(60 * RATE), FlatLineError, "flat_line"),
    "flat elsewhere": (np.full(60 * RATE, -4.2), FlatLineError, "flat_line"),
    "clipped": (np.clip(10 * sine(), -2, 2), SaturatedError, "saturated"),
    "3 seconds": (five_minutes()[: 3 * RATE], TooShortError, "too_short"),
    "one sample": (np.ones(1), TooShortError, "too_short"),
    "two beats": (two_beats(), NoBeatsError, "no_beats"),
}


@pytest.mark.parametrize(("signal", "error", "code"), REFUSED.values(), ids=REFUSED)
def test_a_recording_without_a_heart_in_it_is_refused_with_what_was_found(
    classifier: BeatClassifier,
    signal: NDArray[np.float64],
    error: type[RefusedRecordingError],
    code: str,
) -> None:
    with pytest.raises(error, match=r"found .*expected") as caught:
        score_recording(recording_of(signal), classifier)
    assert caught.value.code == code


@pytest.mark.parametrize("noise_mv", [0.02, 1.0, 100.0])
def test_only_noise_is_scored_or_refused_and_never_a_crash(
    classifier: BeatClassifier, noise_mv: float
) -> None:
    noise = np.random.default_rng(0).normal(0, noise_mv, 60 * RATE)
    try:
        scored = score_recording(recording_of(noise), classifier)
    except RefusedRecordingError:
        return
    assert np.isfinite(scored.beats.probabilities).all()


def test_a_lead_that_is_flat_for_nine_tenths_is_scored_in_the_tenth(
    classifier: BeatClassifier,
) -> None:
    signal = five_minutes()
    signal[: 270 * RATE] = 0
    scored = score_recording(recording_of(signal), classifier)
    present = BEATS_S[BEATS_S > 270.2]
    assert n_paired(present, scored.beats.times_s, 0.02) >= len(present) - 1
    assert scored.beats.times_s.min() > 269.9
    assert scored.flags.flat.sum() == 270


def test_beats_beside_a_gap_have_no_interval_across_it(classifier: BeatClassifier) -> None:
    signal = five_minutes()
    signal[100 * RATE : 120 * RATE] = np.nan
    beats = score_recording(recording_of(signal), classifier).beats
    assert not ((beats.times_s > 100) & (beats.times_s < 120)).any()
    after = np.searchsorted(beats.times_s, 120)
    assert np.flatnonzero(np.isnan(beats.rr_s)).tolist() == [0, after]


def test_the_good_lead_is_scored_whatever_the_others_are_like(classifier: BeatClassifier) -> None:
    dead, missing = np.zeros(300 * RATE), np.full(300 * RATE, np.nan)
    scored = score_recording(recording_of(dead, missing, five_minutes()), classifier)
    assert scored.lead == 2
    assert len(scored.beats.times_s) == len(BEATS_S)


def test_the_lead_asked_for_is_scored_or_refused(classifier: BeatClassifier) -> None:
    recording = recording_of(five_minutes(), np.zeros(300 * RATE), names=("II", "V1"))

    def score(lead: str) -> ScoredRecording:
        return score_recording(recording, classifier, ScoringSettings(lead=lead))

    assert score("ii").lead == 0
    with pytest.raises(FlatLineError):
        score("V1")
    with pytest.raises(UnknownLeadError, match="1 II, 2 V1"):
        score("V9")


def test_what_no_label_calls_ecg_is_scored_if_it_looks_like_one(classifier: BeatClassifier) -> None:
    noise = np.random.default_rng(1).normal(0, 1, 300 * RATE)
    unlabelled = replace(recording_of(noise, five_minutes()), says_ecg=False)
    scored = score_recording(unlabelled, classifier)
    assert scored.recording.leads == ("lead 1",)
    assert len(scored.beats.times_s) == len(BEATS_S)
    with pytest.raises(NoLeadsError, match="no label that says ECG"):
        score_recording(replace(recording_of(noise), says_ecg=False), classifier)


def test_signal_conditioned_otherwise_than_in_training_is_refused(
    classifier: BeatClassifier,
) -> None:
    settings = ScoringSettings(conditioning=replace(ConditioningSettings(), high_hz=40.0))
    with pytest.raises(ModelMismatchError):
        score_recording(recording_of(five_minutes()), classifier, settings)


# Amplitudes that no ECG has


@pytest.mark.parametrize("exponent", [-3, 3])
@pytest.mark.parametrize("record", ["119", "203", "231"])
def test_a_unit_wrong_by_a_thousand_changes_no_beat_and_withholds_every_millivolt(
    data_dir: Path, classifier: BeatClassifier, record: str, exponent: int
) -> None:
    right = open_recording(data_dir / "mitdb" / f"{record}.hea")
    factor = np.float32(10.0**exponent)
    wrong = replace(right, read_samples=lambda *part: factor * right.read_samples(*part))

    expected, found = score_recording(right, classifier), score_recording(wrong, classifier)

    assert_same(found.beats, expected.beats)
    np.testing.assert_array_equal(found.beats.labels, expected.beats.labels)
    assert expected.recording is right
    assert [warning.code for warning in found.recording.warnings] == ["impossible_amplitude"]
    block = st_segment_block(found)
    assert block.not_assessed == "not_calibrated"
    assert not block.episodes
    for lead in block.leads:
        assert lead.median_level_mv is lead.lowest_level_mv is lead.highest_level_mv is None
        assert lead.median_slope_mv_per_s is None
        assert set(lead.trend_level_mv) == {None}
    assert all(set(hour["st_level_mv"]) == {None} for hour in hourly_repolarisation(found))
    assert found.repolarisation.qt_interval.time == expected.repolarisation.qt_interval.time


def test_a_lead_without_a_known_gain_has_no_st_segment(
    data_dir: Path, classifier: BeatClassifier
) -> None:
    right = open_recording(data_dir / "mitdb" / "119.hea")
    assumed = replace(right, warnings=(ReadingWarning("uncalibrated", "found no gain"),))

    found = score_recording(assumed, classifier)

    assert_same(found.beats, score_recording(right, classifier).beats)
    assert st_segment_block(found).not_assessed == "not_calibrated"
