"""Supraventricular beats on time with the own P wave are normal; premature ones are not."""

import numpy as np
import pytest
from unit.rhythm.beat_streams import stream_of
from unit.rhythm.known_waves import waves_of

from deepecg.rhythm.settings import TimelyBeatSettings
from deepecg.rhythm.timely_beats import with_timely_beats_normal

AT = 20


@pytest.mark.parametrize(
    ("rr_s", "next_s", "pr_s", "classes", "normal"),
    [
        (0.8, 2.5, 0.16, "S", True),
        (0.9, 0.8, 0.17, "S", True),
        (0.7, 0.9, 0.16, "S", False),
        (0.8, 0.8, 0.10, "S", False),
        (0.8, 0.8, None, "S", False),
        (0.8, 0.8, 0.16, "SS", False),
    ],
    ids=["before a pause", "late", "early", "other PR", "no P wave", "a couplet"],
)
def test_a_single_beat_on_time_with_the_own_p_wave_is_normal(
    rr_s: float, next_s: float, pr_s: float | None, classes: str, normal: bool
) -> None:
    letters = "N" * AT + classes + "N" * 20
    intervals = np.full(len(letters) - 1, 0.8)
    intervals[AT - 1], intervals[AT] = rr_s, next_s
    stream = stream_of(letters, intervals)
    p_s = stream.times_s - 0.16
    if pr_s is None:
        p_s = np.delete(p_s, AT)
    else:
        p_s[AT] = stream.times_s[AT] - pr_s
    found = with_timely_beats_normal(stream, waves_of(stream, p_s), TimelyBeatSettings())
    assert (not found.is_class("S").any()) == normal


def test_a_beat_without_enough_intervals_before_it_stays() -> None:
    stream = stream_of("NNNSNNNNNNNN", 0.8)
    waves = waves_of(stream, stream.times_s - 0.16)
    found = with_timely_beats_normal(stream, waves, TimelyBeatSettings())
    assert found.is_class("S").sum() == 1
