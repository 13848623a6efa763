"""Fibrillation in strips: irregular intervals without P waves, and nothing else."""

import numpy as np
import pytest
from unit.rhythm.beat_streams import stream_of
from unit.rhythm.known_waves import waves_of

from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import RhythmSettings
from deepecg.waves.waves import Waves

SETTINGS = RhythmSettings()
N_BEATS = 36
IRREGULAR_S = np.random.default_rng(3).uniform(0.5, 1.1, N_BEATS - 1)


def fibrillation_s(rr_s: float | np.ndarray, pr_s: float | None, classes: str = "") -> float:
    stream = stream_of(classes or "N" * N_BEATS, rr_s)
    waves = (
        Waves.none(len(stream.times_s)) if pr_s is None else waves_of(stream, stream.times_s - pr_s)
    )
    return analyse_rhythm(stream, SETTINGS, waves).fibrillation.total_s


@pytest.mark.parametrize(
    ("rr_s", "pr_s", "classes", "found"),
    [
        (IRREGULAR_S, None, "", True),
        (IRREGULAR_S, None, "S" * N_BEATS, True),
        (IRREGULAR_S, 0.16, "", False),
        (0.7, None, "", False),
        (np.where(np.arange(N_BEATS - 1) % 9 == 4, 0.4, 0.8), None, "", False),
    ],
    ids=["irregular", "called S", "with P waves", "junctional", "single early beats"],
)
def test_half_a_minute_is_fibrillation_if_irregular_without_p_waves(
    rr_s: float | np.ndarray, pr_s: float | None, classes: str, found: bool
) -> None:
    covered_s = fibrillation_s(rr_s, pr_s, classes)
    assert covered_s > 20 if found else covered_s == 0


def test_twenty_seconds_of_a_strip_are_an_episode_and_of_a_longer_recording_are_none() -> None:
    of_strip = np.concatenate([np.full(12, 0.8), IRREGULAR_S[:24], np.full(12, 0.8)])
    longer = np.concatenate([np.full(50, 0.8), IRREGULAR_S[:24], np.full(50, 0.8)])
    for rr_s, found in ((of_strip, True), (longer, False)):
        stream = stream_of("N" * (len(rr_s) + 1), rr_s)
        sinus = rr_s_is_steady(rr_s)
        waves = waves_of(stream, stream.times_s[sinus] - 0.16)
        episodes = analyse_rhythm(stream, SETTINGS, waves).fibrillation.episodes
        assert len(episodes) == found


def rr_s_is_steady(rr_s: np.ndarray) -> np.ndarray:
    """Return which beats end an interval of 0.8 s, with the first."""
    return np.append(True, rr_s == 0.8)


def test_beats_of_a_strip_in_fibrillation_are_normal() -> None:
    stream = stream_of("NS" * (N_BEATS // 2), IRREGULAR_S)
    found = analyse_rhythm(stream, SETTINGS, Waves.none(N_BEATS))
    assert found.supraventricular.count == 0
