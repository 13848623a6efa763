"""Atrioventricular block in rhythms that are known by their construction."""

import numpy as np
import pytest
from unit.rhythm.beat_streams import stream_of
from unit.rhythm.known_waves import waves_of

from deepecg.arrays import Floats
from deepecg.rhythm.av_block import AvBlock, av_block
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import AvBlockSettings

PP_S = 0.8


def conducted(p_s: Floats, pr_s: list[float | None]) -> BeatStream:
    """Return the beats that follow P waves with PR intervals that repeat; None: no beat."""
    intervals = [pr_s[number % len(pr_s)] for number in range(len(p_s))]
    times_s = np.array([p + pr for p, pr in zip(p_s, intervals, strict=True) if pr is not None])
    return stream_of("N" * len(times_s), np.diff(times_s), first_s=times_s[0])


def block_of(stream: BeatStream, p_s: Floats) -> AvBlock:
    none = np.zeros(len(stream.times_s), bool)
    return av_block(stream, waves_of(stream, p_s), none, AvBlockSettings())


def found(block: AvBlock) -> dict[str, float]:
    """Return the time in episodes of each kind that was found, in seconds."""
    return {
        kind: sum(episode.duration_s for episode in episodes)
        for kind, episodes in vars(block).items()
        if episodes
    }


P_S = np.arange(1.0, 121.0, PP_S)


@pytest.mark.parametrize("ratio", [3, 4, 5, 6])
def test_lengthening_pr_intervals_before_a_dropped_beat_are_type_1(ratio: int) -> None:
    pr_s = [*np.linspace(0.16, 0.32, ratio - 1), None]
    times = found(block_of(conducted(P_S, pr_s), P_S))
    assert list(times) == ["type_1"]
    assert times["type_1"] > 100


@pytest.mark.parametrize(
    "pr_s",
    [[0.16, None], [0.16, None, None], [0.16, None, None, None], [0.16, 0.16, 0.16, None]],
    ids=["2:1", "3:1", "4:1", "Mobitz II"],
)
def test_a_constant_pr_interval_with_dropped_beats_is_second_degree(
    pr_s: list[float | None],
) -> None:
    times = found(block_of(conducted(P_S, pr_s), P_S))
    assert list(times) == ["second_degree"]
    assert times["second_degree"] > 100


@pytest.mark.parametrize("bpm", [30, 38, 44])
def test_an_escape_rhythm_without_relation_to_the_p_waves_is_third_degree(bpm: int) -> None:
    n_beats = 2 * bpm
    stream = stream_of("N" * n_beats, 60 / bpm)
    p_s = np.arange(0.3, 119.0, 0.73)
    hidden = np.abs(p_s[:, None] - stream.times_s).min(axis=1) < 0.05
    times = found(block_of(stream, p_s[~hidden]))
    assert list(times) == ["third_degree"]
    assert times["third_degree"] > 80


def test_sinus_rhythm_of_any_rate_has_no_block() -> None:
    for rr_s in (1.6, 1.0, 0.7, 0.4):
        stream = stream_of("N" * 100, rr_s)
        assert found(block_of(stream, stream.times_s - 0.16)) == {}


def test_blocked_premature_p_waves_are_no_block() -> None:
    beats = np.cumsum(np.full(60, 1.5)) + 1.0
    stream = stream_of("N" * 60, 1.5, first_s=beats[0])
    p_s = np.sort(np.concatenate([stream.times_s - 0.16, stream.times_s + 0.4]))
    assert found(block_of(stream, p_s)) == {}


def test_the_p_wave_within_a_premature_ventricular_beat_is_no_block() -> None:
    p_s = P_S
    times, classes = [], ""
    for number, at in enumerate(p_s):
        if number % 4 == 3:  # a beat 0.3 s before the next would come; its sinus P is not conducted
            times.append(at - 0.1)
            classes += "V"
        else:
            times.append(at + 0.16)
            classes += "N"
    stream = stream_of(classes, np.diff(times), first_s=times[0])
    assert found(block_of(stream, p_s)) == {}


def test_a_slow_rhythm_whose_p_waves_hardly_ever_precede_it_is_third_degree() -> None:
    stream = stream_of("N" * 50, 2.4)
    p_s = np.arange(0.9, 118.0, 0.77)
    before_s = stream.times_s[np.searchsorted(stream.times_s, p_s).clip(0, 49)] - p_s
    between = p_s[~((before_s > 0) & (before_s < 0.6))]
    assert list(found(block_of(stream, between))) == ["third_degree"]
    faster = stream_of("N" * 100, 1.2)
    assert list(found(block_of(faster, between))) == []


@pytest.mark.parametrize(("duration_s", "found_kinds"), [(40.0, ["type_1"]), (120.0, [])])
def test_one_dropped_beat_is_enough_in_a_strip_only(
    duration_s: float, found_kinds: list[str]
) -> None:
    p_s = np.arange(1.0, duration_s, PP_S)
    pr_s: list[float | None] = [0.16] * len(p_s)
    middle = len(p_s) // 2
    pr_s[middle - 3 : middle + 1] = [0.2, 0.27, 0.33, None]
    assert list(found(block_of(conducted(p_s, pr_s), p_s))) == found_kinds
