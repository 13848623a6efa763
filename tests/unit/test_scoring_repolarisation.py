"""ST segment and QT interval end to end: beats and waves are found by the networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.made_up_st import RATE_HZ, Signal, st_ecg
from unit.small_recordings import recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.rhythm.repolarisation import Repolarisation
from deepecg.scoring import score_recording

SHIFT_MV, FROM_S, UNTIL_S = 0.1, 160.0, 300.0
FLOOR_UV, GOAL_UV = 25, 10


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> BeatClassifier:
    return BeatClassifier.load(model_dir)


def scored(signal_mv: Signal, classifier: BeatClassifier, *, paced: bool = False) -> Repolarisation:
    recording = replace(recording_of(signal_mv, rate=RATE_HZ), paced=paced)
    return score_recording(recording, classifier).repolarisation


@pytest.mark.parametrize("wander", [(0.0, 0.1), (1.0, 0.3)], ids=["still", "wander"])
@pytest.mark.parametrize("bpm", [50, 75, 110])
def test_a_shift_of_100_microvolts_is_reported(
    bpm: float, wander: tuple[float, float], classifier: BeatClassifier
) -> None:
    def moved(times_s: Signal) -> Signal:
        return np.where((times_s > FROM_S) & (times_s < UNTIL_S), SHIFT_MV, 0.0)

    found = scored(st_ecg(bpm, 460.0, moved, wander).signal_mv, classifier)
    level_uv = 1000 * found.st_segment.leads[0].level_mv  # of every 10 s
    still = np.concatenate([level_uv[2:15], level_uv[32:44]])
    change_uv = level_uv[17:29] - np.median(still)
    assert np.median(change_uv) == pytest.approx(1000 * SHIFT_MV, abs=GOAL_UV)
    assert np.abs(change_uv - 1000 * SHIFT_MV).max() < FLOOR_UV
    assert found.st_segment.leads[0].time.not_assessed_s == {}


def test_a_deeper_shift_is_one_episode_at_its_time(classifier: BeatClassifier) -> None:
    def moved(times_s: Signal) -> Signal:
        rising = (times_s - FROM_S) / 60
        return -0.2 * np.clip(np.minimum(rising, (UNTIL_S - times_s) / 60), 0, 1)

    (episode,) = scored(st_ecg(75, 460.0, moved).signal_mv, classifier).st_segment.episodes
    # It is half of its depth half a minute after its begin and before its end
    assert episode.start_s == pytest.approx(FROM_S + 30, abs=10)
    assert episode.start_s + episode.duration_s == pytest.approx(UNTIL_S - 30, abs=10)
    assert episode.deviation_mv == pytest.approx(-0.2, abs=0.02)
    assert not episode.abrupt


def test_qt_follows_what_was_drawn(classifier: BeatClassifier) -> None:
    for bpm in (60, 90):
        ecg = st_ecg(bpm, 180.0)
        drawn_ms = 1000 * np.median(ecg.waves.t_offset_s - ecg.waves.qrs_onset_s)
        qt = scored(ecg.signal_mv, classifier).qt_interval
        assert np.nanmedian(qt.qt_ms) == pytest.approx(drawn_ms, abs=25)
        expected_ms = np.nanmedian(qt.qt_ms) / np.cbrt(60 / bpm)
        assert np.nanmedian(qt.qtc_ms) == pytest.approx(expected_ms, rel=0.01)


def test_nothing_is_assessed_in_a_patient_with_a_pacemaker(classifier: BeatClassifier) -> None:
    found = scored(st_ecg(75, 60.0).signal_mv, classifier, paced=True)
    assert found.st_segment.leads[0].time.not_assessed_s == {"paced": 60.0}
    assert found.qt_interval.time.not_assessed_s == {"paced": 60.0}
    assert found.qt_interval.longest is None
