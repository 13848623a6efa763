"""Gating of noise on training records: floors of scoring."""

from pathlib import Path

import numpy as np
import pytest
from unit.small_recordings import ecg, every, recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from training.annotation_files import BeatFile
from training.beat_comparison import NO_SEGMENTS
from training.evaluate_noise_gate import UNGATED, GateResult, mixed, score

RATE = 250


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


def scored(path: Path, classifier: BeatClassifier, settings: ScoringSettings) -> GateResult:
    recording = open_recording(path.with_suffix(".hea"))
    return score(recording, BeatFile.read(path), classifier, settings)


def test_noise_has_the_given_ratio_and_is_on_two_minutes_of_four() -> None:
    beats_s = every(0.8, 900)
    reference = BeatFile(beats_s, np.zeros(len(beats_s), np.int64), NO_SEGMENTS, NO_SEGMENTS)
    clean = ecg(beats_s, 900, RATE)
    recording = recording_of(clean, 3 * clean, rate=RATE)
    t = np.arange(900 * RATE) / RATE
    noise = recording_of(np.sin(2 * np.pi * 5 * t), np.sin(2 * np.pi * 5 * t), rate=RATE)
    found = mixed(recording, reference, noise, 6.0206, (1,))
    np.testing.assert_array_equal(found.read(0, 0, 900 * RATE), recording.read(0, 0, 900 * RATE))
    added = found.read(1, 0, 900 * RATE) - recording.read(1, 0, 900 * RATE)
    power = added.reshape(-1, RATE).std(axis=1) ** 2
    second = np.arange(900)
    is_on = (second >= 300) & ((second - 300) % 240 < 120)
    assert power[~is_on].max() < 1e-9
    # R waves of 3 mV above the level and S waves below it: height^2 / 8, over 4 at 6 dB.
    around = np.abs(t - beats_s[20]) <= 0.05
    height = 3 * np.ptp(clean[around])
    assert power[is_on].mean() == pytest.approx(height**2 / 8 / 4, rel=0.02)


def test_record_118_at_6_db_has_few_errors_in_analysed_time(
    data_dir: Path, classifier: BeatClassifier
) -> None:
    path = data_dir / "nstdb" / "118e06"
    gated = scored(path, classifier, ScoringSettings())
    sensitivity, predictivity = gated.counts.detection()
    assert sensitivity >= 0.97
    assert predictivity >= 0.97
    assert gated.false_v_per_hour <= 10
    assert gated.kept_s > 0.4 * gated.whole_s
    assert scored(path, classifier, UNGATED).false_v_per_hour > 100


@pytest.mark.parametrize("record", ["mitdb/106", "mitdb/119", "mitdb/208", "svdb/803", "svdb/859"])
def test_unchanged_records_are_hardly_gated(
    data_dir: Path, classifier: BeatClassifier, record: str
) -> None:
    found = scored(data_dir / record, classifier, ScoringSettings())
    assert found.lost.sum() < 0.01 * found.annotated.sum()
    assert found.lost[2] == 0


def test_flutter_and_fibrillation_are_not_gated(data_dir: Path, classifier: BeatClassifier) -> None:
    for record in ("207", "201"):
        found = scored(data_dir / "mitdb" / record, classifier, ScoringSettings())
        assert found.kept_s > 0.99 * found.whole_s
