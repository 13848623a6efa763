from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.rhythm.beat_streams import stream_of

from deepecg.rhythm.assessable_beats import (
    NAMES,
    NOT_ANALYSABLE,
    AssessedTime,
    obstacles_of_beats,
    obstacles_of_windows,
    window_medians,
)
from deepecg.rhythm.rhythm_analysis import RhythmAnalysis, analyse_rhythm
from deepecg.rhythm.settings import RepolarisationSettings, RhythmSettings
from deepecg.waves.waves import Waves

SETTINGS = RepolarisationSettings()


def rhythm_of(letters: str) -> RhythmAnalysis:
    return analyse_rhythm(stream_of(letters, 0.8), RhythmSettings())


def waves_of(n_beats: int, qrs_s: float = 0.09, pr_s: float = 0.16) -> Waves:
    r_s = np.arange(n_beats) * 0.8
    onset_s = r_s - 0.04
    return replace(
        Waves.none(n_beats),
        p_onset_s=onset_s - pr_s,
        p_peak_s=onset_s - pr_s + 0.04,
        qrs_onset_s=onset_s,
        qrs_offset_s=onset_s + qrs_s,
    )


def names(rhythm: RhythmAnalysis, waves: Waves, *, paced: bool = False) -> list[str]:
    found = obstacles_of_beats(rhythm, waves, paced=paced, settings=SETTINGS)
    return [NAMES[number] for number in found]


@pytest.mark.parametrize(
    ("qrs_s", "pr_s", "expected"),
    [
        (0.09, 0.16, "assessed"),
        (0.115, 0.16, "assessed"),
        (0.09, 0.10, "assessed"),  # a short PR interval alone
        (0.115, 0.10, "pre_excitation"),
        (0.125, 0.16, "wide_qrs"),
        (0.125, 0.10, "wide_qrs"),
        (0.125, np.nan, "wide_qrs"),
        (np.nan, 0.16, "waves_not_found"),
    ],
)
def test_beats_of_a_rhythm_are_assessed_by_their_usual_intervals(
    qrs_s: float, pr_s: float, expected: str
) -> None:
    assert set(names(rhythm_of("N" * 50), waves_of(50, qrs_s, pr_s))) == {expected}


def test_a_pacemaker_comes_before_everything_else() -> None:
    assert set(names(rhythm_of("N" * 50), waves_of(50, 0.14), paced=True)) == {"paced"}


@pytest.mark.parametrize("letter", ["V", "S", "F", "Q"])
def test_a_beat_that_is_not_normal_and_those_beside_it_are_left_out(letter: str) -> None:
    letters = "N" * 20 + letter + "N" * 20
    found = names(rhythm_of(letters), waves_of(41))
    assert [i for i, name in enumerate(found) if name == "ectopic_beats"] == [19, 20, 21]
    assert found.count("assessed") == 38


def test_one_wide_measurement_is_not_wide_conduction() -> None:
    waves = waves_of(50)
    waves.qrs_offset_s[25] += 0.08
    assert set(names(rhythm_of("N" * 50), waves)) == {"assessed"}


def test_atrial_fibrillation_is_left_out() -> None:
    rr = np.random.default_rng(3).uniform(0.4, 1.2, 900)
    rhythm = analyse_rhythm(stream_of("N" * 901, rr), RhythmSettings())
    assert rhythm.fibrillation.beats.mean() > 0.9
    found = np.array(names(rhythm, waves_of(901)))
    assert set(found[rhythm.fibrillation.beats]) == {"atrial_fibrillation"}


def test_a_window_needs_five_beats_and_half_of_its_beats_and_names_the_most_frequent() -> None:
    ectopic, no_waves = NAMES.index("ectopic_beats"), NAMES.index("waves_not_found")
    of_windows = [
        [0] * 5,
        [0] * 4,
        [0] * 6 + [ectopic] * 6,
        [0] * 6 + [ectopic] * 3 + [no_waves] * 4,
    ]
    obstacle = np.concatenate(of_windows)
    window = np.repeat(np.arange(4), [len(part) for part in of_windows])
    found = obstacles_of_windows(obstacle, window, 5, SETTINGS)
    assert found.tolist() == [0, NOT_ANALYSABLE, 0, no_waves, NOT_ANALYSABLE]


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-1, 1) | st.just(np.nan)), max_size=60))
def test_medians_of_windows_are_those_of_numpy(beats: list[tuple[int, float]]) -> None:
    window = np.array([place for place, _ in beats], np.int64)
    values = np.array([value for _, value in beats], np.float64)
    found = window_medians(values, window, 6)
    for place in range(6):
        known = values[(window == place) & np.isfinite(values)]
        expected = np.median(known) if len(known) else np.nan
        assert found[place] == pytest.approx(expected, nan_ok=True)


def test_times_of_windows_add_up_to_the_recording() -> None:
    time = AssessedTime.of_windows(np.array([0, 0, 3, 0]), 10.0, 34.5)
    assert time == AssessedTime(24.5, {"wide_qrs": 10.0})
