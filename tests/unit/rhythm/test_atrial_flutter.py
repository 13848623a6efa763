"""Episodes of flutter from the beats in flutter waves."""

import numpy as np
import pytest
from unit.rhythm.beat_streams import stream_of

from deepecg.rhythm.atrial_flutter import atrial_flutter
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import FlutterSettings, RhythmSettings
from deepecg.waves.waves import Waves

N_BEATS = 200


def beats_between(*ends: tuple[int, int]) -> np.ndarray:
    inside = np.zeros(N_BEATS, bool)
    for first, stop in ends:
        inside[first:stop] = True
    return inside


def test_an_episode_lasts_from_its_first_to_its_last_beat() -> None:
    stream = stream_of("N" * N_BEATS, 0.8)
    (found,) = atrial_flutter(stream, beats_between((50, 100)), beats_between(), FlutterSettings())
    assert (found.first, found.last) == (50, 99)
    assert found.duration_s == pytest.approx(49 * 0.8)


def test_windows_without_waves_are_joined_and_short_stretches_are_none() -> None:
    stream = stream_of("N" * N_BEATS, 0.8)
    none = beats_between()
    (found,) = atrial_flutter(stream, beats_between((50, 80), (100, 130)), none, FlutterSettings())
    assert (found.first, found.last) == (50, 129)
    assert atrial_flutter(stream, beats_between((50, 65)), none, FlutterSettings()) == ()
    apart = atrial_flutter(stream, beats_between((20, 60), (120, 160)), none, FlutterSettings())
    assert len(apart) == 2


def test_no_episode_crosses_a_gap_or_lies_in_fibrillation() -> None:
    stream = stream_of("N" * 100 + "|" + "N" * 100, 0.8)
    inside = beats_between((50, 150))
    found = atrial_flutter(stream, inside, beats_between(), FlutterSettings())
    assert [(each.first, each.last) for each in found] == [(50, 99), (100, 149)]
    assert atrial_flutter(stream, inside, inside, FlutterSettings()) == ()


def test_flutter_is_notable_and_has_no_supraventricular_beats() -> None:
    stream = stream_of("NNS" * 66 + "NN", 0.8)
    inside = beats_between((60, 140))
    waves = Waves.none(N_BEATS)
    found = analyse_rhythm(stream, RhythmSettings(), waves, inside)
    assert not found.beats.is_class("S")[60:140].any()
    assert found.beats.is_class("S")[:60].any()
    messages = [each.message for each in found.notable if each.kind.key == "atrial_flutter"]
    assert messages == ["Atrial flutter suspected for 63 s at 75/min"]
