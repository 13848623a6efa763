from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from unit.made_up_st import J_S, QRS_ONSET_S, RATE_HZ, Signal, StEcg, st_ecg

from deepecg.signal.filters import condition
from deepecg.signal.settings import ConditioningSettings
from deepecg.waves.settings import StLevelSettings
from deepecg.waves.st_levels import StLevels, st_levels

CONDITIONING = ConditioningSettings()
SETTINGS = StLevelSettings()
SHIFT_UV = 100
GOAL_UV = 10
DURATION_S, FROM_S, UNTIL_S, EDGE_S = 300.0, 100.0, 200.0, 20.0


def moved(times_s: Signal) -> Signal:
    return np.where((times_s > FROM_S) & (times_s < UNTIL_S), SHIFT_UV / 1000, 0.0)


def lead(signal_mv: Signal, rate_hz: float, usable: object = None) -> Any:
    """Return as much of an analysed lead as is read."""

    def beats_analysable(times_s: Signal) -> Any:
        return np.ones(len(times_s), bool) if usable is None else usable

    return SimpleNamespace(
        conditioned=SimpleNamespace(signal=signal_mv.astype(np.float32), clock_hz=rate_hz),
        flags=SimpleNamespace(beats_analysable=beats_analysable),
    )


def measured(ecg: StEcg, *leads: Any, **changes: Any) -> StLevels:
    given = {
        "waves": ecg.waves,
        "measured": np.ones(len(ecg.r_s), bool),
        "settings": SETTINGS,
        "rr_s": np.diff(ecg.r_s, prepend=np.nan),
    } | changes
    return st_levels(leads, ecg.r_s, given.pop("rr_s"), given.pop("waves"), **given)


def filtered(ecg: StEcg) -> Any:
    level = ecg.signal_mv - np.median(ecg.signal_mv)
    return lead(condition(level, RATE_HZ, CONDITIONING), CONDITIONING.rate_hz)


def levels_uv(ecg: StEcg, of_lead: Any) -> tuple[float, float]:
    """Return the median level before and during the shift, in microvolts, without their edges."""
    level_uv = 1000 * measured(ecg, of_lead).level_mv[0]
    before = (ecg.r_s > EDGE_S) & (ecg.r_s < FROM_S - EDGE_S)
    during = (ecg.r_s > FROM_S + EDGE_S) & (ecg.r_s < UNTIL_S - EDGE_S)
    return float(np.nanmedian(level_uv[before])), float(np.nanmedian(level_uv[during]))


@pytest.mark.parametrize("bpm", [50, 75, 110])
@pytest.mark.parametrize("wander", [(0.0, 0.1), (1.0, 0.1), (0.5, 0.2), (1.0, 0.3)], ids=str)
def test_a_shift_of_100_microvolts_is_measured_with_and_without_wander(
    bpm: float, wander: tuple[float, float]
) -> None:
    ecg = st_ecg(bpm, DURATION_S, moved, wander)
    before_uv, during_uv = levels_uv(ecg, filtered(ecg))
    assert during_uv - before_uv == pytest.approx(SHIFT_UV, abs=GOAL_UV)


@pytest.mark.parametrize("bpm", [40, 50, 75, 110, 140])
def test_the_high_pass_changes_level_and_shift_by_less_than_10_microvolts(bpm: float) -> None:
    """0.5 Hz, forwards and backwards: the slowest wave of a beat is at 0.67 Hz at 40/min."""
    ecg = st_ecg(bpm, DURATION_S, moved)
    before_uv, during_uv = levels_uv(ecg, filtered(ecg))
    unfiltered = levels_uv(ecg, lead(ecg.signal_mv, RATE_HZ))
    assert before_uv == pytest.approx(unfiltered[0], abs=GOAL_UV)
    assert during_uv - before_uv == pytest.approx(unfiltered[1] - unfiltered[0], abs=GOAL_UV)


@pytest.mark.parametrize(("bpm", "after_j_s"), [(119, 0.08), (121, 0.06), (60, 0.08)])
def test_level_and_slope_of_a_straight_segment_by_hand(bpm: float, after_j_s: float) -> None:
    r_s = np.arange(1.0, 60.0, 60 / bpm)
    ecg = replace(st_ecg(60, 60.0), r_s=r_s)
    waves = replace(ecg.waves.none(len(r_s)), qrs_onset_s=r_s + QRS_ONSET_S, qrs_offset_s=r_s + J_S)
    since_r_s = np.arange(60 * RATE_HZ) / RATE_HZ
    since_r_s = since_r_s - r_s[np.maximum(np.searchsorted(r_s, since_r_s) - 1, 0)]
    ramp = np.where((since_r_s > J_S) & (since_r_s < 0.3), 0.05 - 1.5 * (since_r_s - J_S), 0.0)
    found = measured(ecg, lead(ramp + 0.7, RATE_HZ), waves=waves)
    middle = slice(3, -3)
    np.testing.assert_allclose(found.level_mv[0, middle], 0.05 - 1.5 * after_j_s, atol=1e-4)
    np.testing.assert_allclose(found.slope_mv_per_s[0, middle], -1.5, atol=1e-2)


def test_a_beat_with_wrong_boundaries_is_measured_like_its_neighbours() -> None:
    ecg = st_ecg(75, 60.0)
    waves = replace(ecg.waves, qrs_offset_s=ecg.waves.qrs_offset_s.copy())
    waves.qrs_offset_s[[20, 40]] += [0.06, np.nan]
    signal = lead(ecg.signal_mv, RATE_HZ)
    expected = measured(ecg, signal).level_mv
    np.testing.assert_allclose(measured(ecg, signal, waves=waves).level_mv, expected, atol=1e-9)


def test_only_what_is_asked_for_is_measured_and_only_where_the_lead_can_be_analysed() -> None:
    ecg = st_ecg(75, 60.0)
    wanted = np.ones(len(ecg.r_s), bool)
    wanted[:5] = False
    usable = np.ones(len(ecg.r_s) - 5, bool)
    usable[:7] = False
    first, second = lead(ecg.signal_mv, RATE_HZ), lead(ecg.signal_mv, RATE_HZ, usable)
    found = measured(ecg, first, second, measured=wanted).level_mv
    np.testing.assert_array_equal(np.isnan(found[0]), ~wanted)
    assert np.isnan(found[1]).sum() == 12


@pytest.mark.parametrize("n_beats", [0, 1])
def test_hardly_any_beat_is_no_error(n_beats: int) -> None:
    ecg = st_ecg(75, 60.0)
    few = StEcg(ecg.r_s[:n_beats], ecg.signal_mv, ecg.waves.none(n_beats))
    assert np.isnan(measured(few, lead(ecg.signal_mv, RATE_HZ)).level_mv).all()
