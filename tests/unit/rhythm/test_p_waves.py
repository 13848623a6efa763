"""What P waves rule in or out: fibrillation, aberrant conduction, wide tachycardia."""

import numpy as np
import pytest
from unit.rhythm.beat_streams import stream_of
from unit.rhythm.known_waves import waves_of

from deepecg.rhythm.aberrant_conduction import as_normal, conducted_wide_beats
from deepecg.rhythm.p_waves import steady_p_share
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import AberrantConductionSettings, PWaveSettings, RhythmSettings
from deepecg.waves.waves import Waves

SETTINGS = RhythmSettings()
IRREGULAR_S = np.random.default_rng(3).uniform(0.5, 1.1, 600)


def test_an_irregular_rhythm_is_fibrillation_only_without_steady_p_waves() -> None:
    stream = stream_of("N" * 601, IRREGULAR_S)
    sinus = waves_of(stream, stream.times_s - 0.16)
    without = Waves.none(601)
    anywhere = waves_of(stream, stream.times_s - np.random.default_rng(4).uniform(0.08, 0.5, 601))
    assert analyse_rhythm(stream, SETTINGS).fibrillation.total_s > 300
    assert analyse_rhythm(stream, SETTINGS, sinus).fibrillation.total_s == 0
    assert analyse_rhythm(stream, SETTINGS, without).fibrillation.total_s > 300
    assert analyse_rhythm(stream, SETTINGS, anywhere).fibrillation.total_s > 300


def test_the_share_of_steady_p_waves_is_that_of_the_construction() -> None:
    stream = stream_of("N" * 200, 0.8)
    every_second = waves_of(stream, stream.times_s[::2] - 0.16)
    share = steady_p_share(stream.times_s, every_second, PWaveSettings())
    np.testing.assert_allclose(share[20:-20], 0.5, atol=0.03)


@pytest.mark.parametrize(
    ("classes", "rr_s", "pr_s", "normal"),
    [
        ("N" * 40 + "V" * 20 + "N" * 40, 0.8, 0.16, True),
        ("N" * 40 + "V" * 20 + "N" * 40, 0.8, 0.08, False),
        ("N" * 40 + "V" * 20 + "N" * 40, 0.8, None, False),
        ("N" * 40 + "V" + "N" * 40, 0.8, 0.16, False),
    ],
    ids=["own PR", "other PR", "no P wave", "a single beat"],
)
def test_wide_beats_with_the_own_pr_interval_are_normal(
    classes: str, rr_s: float, pr_s: float | None, normal: bool
) -> None:
    stream = stream_of(classes, rr_s)
    wide = stream.is_class("V")
    p_s = np.where(wide, stream.times_s - (pr_s or 0), stream.times_s - 0.16)
    waves = waves_of(stream, p_s[~wide] if pr_s is None else p_s)
    conducted = conducted_wide_beats(stream, waves, AberrantConductionSettings())
    found = as_normal(stream, conducted)
    assert found.is_class("N")[wide].all() == normal
    assert found.is_class("V").any() != normal


@pytest.mark.parametrize(
    ("first_rr_s", "own_share", "normal"),
    [(0.5, 0.3, True), (0.35, 0.3, False), (0.5, 0.0, False)],
    ids=["on time, a third of the P waves", "begins early", "no P wave"],
)
def test_a_fast_wide_run_is_conducted_if_it_begins_on_time_with_own_p_waves(
    first_rr_s: float, own_share: float, normal: bool
) -> None:
    rr_s = np.concatenate([np.full(39, 0.5), [first_rr_s], np.full(79, 0.48)])
    stream = stream_of("N" * 40 + "V" * 60 + "N" * 20, rr_s)
    wide = stream.is_class("V")
    seen = ~wide | (np.random.default_rng(1).random(120) < own_share)
    waves = waves_of(stream, (stream.times_s - 0.16)[seen])
    found = analyse_rhythm(stream, SETTINGS, waves)
    assert (found.beats.is_class("N").all()) == normal
    assert ("ventricular_tachycardia" in {each.kind.key for each in found.urgent}) != normal


def test_ventricular_beats_with_p_waves_at_any_distance_are_not_conducted() -> None:
    stream = stream_of("N" * 40 + "V" * 60 + "N" * 20, 0.5)
    atria_s = np.arange(0.3, stream.times_s[-1], 0.67)
    before_s = stream.times_s - atria_s[np.searchsorted(atria_s, stream.times_s) - 1]
    waves = waves_of(stream, stream.times_s - np.where(stream.is_class("V"), before_s, 0.16))
    assert not conducted_wide_beats(stream, waves, AberrantConductionSettings()).any()


def test_a_wide_tachycardia_is_named_whatever_the_classes() -> None:
    stream = stream_of("N" * 600, 0.4)
    wide = waves_of(stream, np.empty(0), qrs_s=0.15)
    narrow = waves_of(stream, np.empty(0), qrs_s=0.09)
    sinus = waves_of(stream, stream.times_s - 0.16, qrs_s=0.15)
    found = analyse_rhythm(stream, SETTINGS, wide)
    assert [finding.kind.key for finding in found.urgent] == ["wide_qrs_tachycardia"]
    assert found.rate_episodes.tachycardia == ()
    for other in (narrow, sinus):
        assert analyse_rhythm(stream, SETTINGS, other).wide_tachycardia == ()


def test_wide_beats_of_a_run_are_ventricular() -> None:
    stream = stream_of(
        "N" * 60 + "V" + "S" * 18 + "V" + "N" * 60, [0.8] * 60 + [0.4] * 20 + [0.8] * 59
    )
    fast = ~stream.is_class("N")
    qrs_s = np.where(fast, 0.14, 0.09)
    waves = waves_of(stream, stream.times_s[~fast] - 0.16, qrs_s=qrs_s)
    found = analyse_rhythm(stream, SETTINGS, waves)
    assert found.ventricular.count == 20
    narrow = waves_of(stream, stream.times_s[~fast] - 0.16)
    assert analyse_rhythm(stream, SETTINGS, narrow).ventricular.count == 2


def test_fast_wide_beats_beside_a_wide_run_belong_to_it_though_called_normal() -> None:
    stream = stream_of(
        "N" * 60 + "V" * 8 + "N" * 80 + "N" * 60, [0.8] * 60 + [0.4] * 88 + [0.8] * 59
    )
    fast = np.append(False, stream.rr_s[1:] < 0.6)
    waves = waves_of(stream, stream.times_s[~fast] - 0.16, qrs_s=np.where(fast, 0.15, 0.09))
    found = analyse_rhythm(stream, SETTINGS, waves)
    assert found.ventricular.count == 89  # 88 fast intervals, and the beat before the first
    assert found.urgent[0].kind.key == "ventricular_tachycardia"
