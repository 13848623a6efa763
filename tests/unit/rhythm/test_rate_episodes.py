"""Episodes of slow and fast rate in streams of known rates."""

import numpy as np
from unit.rhythm.beat_streams import stream_of

from deepecg.arrays import Floats
from deepecg.rhythm.rate_episodes import RateEpisodes, rate_episodes
from deepecg.rhythm.settings import RateSettings


def episodes_of(*parts: tuple[float, float], ectopic: bool = False) -> RateEpisodes:
    """Return the episodes of a rhythm of parts, each a rate a minute and seconds."""
    rr_s: Floats = np.concatenate(
        [np.full(round(seconds * bpm / 60), 60 / bpm) for bpm, seconds in parts]
    )
    stream = stream_of("N" * (len(rr_s) + 1), rr_s)
    return rate_episodes(stream, np.full(len(rr_s) + 1, ectopic), RateSettings())


def test_a_slow_minute_is_an_episode_and_a_shorter_time_is_none() -> None:
    found = episodes_of((70, 300), (45, 90), (70, 300), (45, 40), (70, 300))
    assert [round(e.duration_s, -1) for e in found.bradycardia] == [90]
    assert found.tachycardia == ()


def test_a_very_slow_minute_is_an_episode_of_its_own() -> None:
    found = episodes_of((70, 300), (46, 600), (35, 80), (46, 600), (70, 300))
    rates = [round(e.rate_bpm or 0) for e in found.bradycardia]
    assert rates == [46, 35, 46]


def test_one_pause_is_no_bradycardia() -> None:
    found = episodes_of((60, 300), (60 / 3.5, 3.5), (60, 300))
    assert found.bradycardia == ()


def test_fast_sinus_rhythm_is_a_tachycardia_and_an_ectopic_one_is_not() -> None:
    fast = ((70, 300), (130, 200), (70, 300))
    assert [round(e.duration_s, -1) for e in episodes_of(*fast).tachycardia] == [200]
    assert episodes_of(*fast, ectopic=True).tachycardia == ()
