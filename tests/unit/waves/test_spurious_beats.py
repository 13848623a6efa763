"""Spurious beats: what splits an interval and has no waves is no beat; ectopic beats stay."""

from dataclasses import replace

import numpy as np
import pytest

from deepecg.waves.settings import SpuriousBeatSettings
from deepecg.waves.spurious_beats import spurious_beats
from deepecg.waves.waves import Waves

EXTRA = 30


def rhythm(
    coupling_s: float = 0.35, next_s: float = 0.8, after_s: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """Return times and intervals of 60 beats of 0.8 s, one more after ``coupling_s``."""
    rr_s = np.full(60, 0.8)
    rr_s[EXTRA], rr_s[EXTRA + 1], rr_s[EXTRA + 2] = coupling_s, next_s - coupling_s, after_s
    times_s = np.cumsum(rr_s)
    rr_s[0] = np.nan
    return times_s, rr_s


def waves_with(times_s: np.ndarray, *, qrs_s: float, has_t: bool, next_has_p: bool = True) -> Waves:
    """Return waves of sinus beats, and those of the extra beat."""
    waves = Waves.none(len(times_s))
    p_s, t_s = times_s - 0.16, times_s + 0.3
    p_s[EXTRA] = np.nan
    if not next_has_p:
        p_s[EXTRA + 1] = np.nan
    if not has_t:
        t_s[EXTRA] = np.nan
    half_s = np.full(len(times_s), 0.045)
    half_s[EXTRA] = qrs_s / 2
    return replace(
        waves,
        p_peak_s=p_s,
        t_peak_s=t_s,
        qrs_onset_s=times_s - half_s,
        qrs_offset_s=times_s + half_s,
    )


def found(times_s: np.ndarray, rr_s: np.ndarray, waves: Waves) -> list[int]:
    chosen = spurious_beats(times_s, rr_s, waves, SpuriousBeatSettings())
    return np.flatnonzero(chosen).tolist()


@pytest.mark.parametrize("qrs_s", [np.nan, 0.04], ids=["no QRS complex", "a narrow one"])
def test_a_jerk_between_two_beats_on_time_is_no_beat(qrs_s: float) -> None:
    times_s, rr_s = rhythm()
    assert found(times_s, rr_s, waves_with(times_s, qrs_s=qrs_s, has_t=False)) == [EXTRA]


@pytest.mark.parametrize(
    ("qrs_s", "has_t", "next_has_p", "next_s", "after_s"),
    [
        (0.15, True, True, 0.84, 0.8),
        (0.15, False, True, 0.84, 0.8),
        (np.nan, True, True, 0.84, 0.8),
        (np.nan, False, True, 1.6, 0.8),
        (np.nan, False, False, 0.8, 0.8),
        (np.nan, False, True, 0.8, 1.2),
    ],
    ids=[
        "interpolated",
        "no T",
        "no QRS",
        "with a pause",
        "next without P",
        "couplet with a pause",
    ],
)
def test_beats_with_waves_or_a_rhythm_of_their_own_stay(
    qrs_s: float, has_t: bool, next_has_p: bool, next_s: float, after_s: float
) -> None:
    times_s, rr_s = rhythm(next_s=next_s, after_s=after_s)
    waves = waves_with(times_s, qrs_s=qrs_s, has_t=has_t, next_has_p=next_has_p)
    assert found(times_s, rr_s, waves) == []


def test_of_beats_without_intervals_none_is_spurious() -> None:
    waves = Waves.none(3)
    assert found(np.arange(3.0), np.full(3, np.nan), waves) == []
