from collections.abc import Sequence

import numpy as np
import pytest

from deepecg.rhythm.settings import RepolarisationSettings, StSegmentSettings
from deepecg.rhythm.st_segment import StSegment, st_segment
from deepecg.waves.st_levels import StLevels

SETTINGS = StSegmentSettings()
HOUR = 360
"""Windows of 10 s in an hour."""


def found(*levels_mv: Sequence[float] | np.ndarray) -> StSegment:
    """Return the ST segment of leads with a level for every 10 s, at a beat a second."""
    levels = np.repeat(np.array(levels_mv, float), 10, axis=1)
    n_beats = levels.shape[1]
    return st_segment(
        StLevels(levels, 2 * levels),
        np.zeros(n_beats, np.int64),
        np.arange(n_beats) + 0.5,
        np.ones(n_beats),
        float(n_beats),
        lead_numbers=range(len(levels)),
        assessable=RepolarisationSettings(),
        settings=SETTINGS,
    )


def flat(n_windows: int = HOUR, level_mv: float = 0.02) -> np.ndarray:
    return np.full(n_windows, level_mv)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("deviation_mv", "n_windows", "n_episodes"),
    [(0.11, 6, 1), (0.11, 5, 0), (0.09, 30, 0), (0.11, 30, 1)],
)
def test_an_episode_is_a_tenth_of_a_millivolt_for_a_minute(
    sign: int, deviation_mv: float, n_windows: int, n_episodes: int
) -> None:
    level = flat()
    level[100 : 100 + n_windows] += sign * deviation_mv
    assert len(found(level).episodes) == n_episodes


def test_an_episode_by_hand() -> None:
    level = flat()
    level[100:110] -= np.array([0.11, 0.12, 0.15, 0.25, 0.3, 0.28, 0.2, 0.15, 0.12, 0.11])
    (episode,) = found(flat(), level).episodes
    assert (episode.lead, episode.start_s, episode.duration_s, episode.peak_at_s) == (
        1, 1000.0, 100.0, 1040.0,
    )  # fmt: skip
    assert episode.deviation_mv == pytest.approx(-0.3)
    assert episode.level_mv == pytest.approx(-0.28)
    assert episode.slope_mv_per_s == pytest.approx(-0.56)
    assert episode.rate_bpm == pytest.approx(60)
    assert episode.abrupt  # from 0.02 to -0.09 mV within 10 s


def test_a_gradual_episode_is_not_abrupt() -> None:
    level = flat()
    level[100:130] += 0.2 * np.hanning(30)
    (episode,) = found(level).episodes
    assert not episode.abrupt


def test_half_a_minute_without_deviation_joins_and_more_parts() -> None:
    for gap, n_episodes in ((3, 1), (4, 2)):
        level = flat()
        level[100 : 112 + gap] += 0.15
        level[106 : 106 + gap] -= 0.15
        assert len(found(level).episodes) == n_episodes


def test_half_a_minute_that_is_not_assessed_is_bridged() -> None:
    level = flat()
    level[100:112] += 0.15
    level[105:108] = np.nan
    (episode,) = found(level).episodes
    assert episode.duration_s == 120
    assert found(level).leads[0].time.not_assessed_s == {"not_analysable": 30.0}


def test_single_windows_that_deviate_are_no_episode() -> None:
    level = flat()
    level[100:112:4] += 0.2
    assert found(level).episodes == ()


def test_a_level_that_drifts_for_hours_is_its_own_reference() -> None:
    level = np.linspace(-0.3, 0.3, 24 * HOUR)
    assert found(level).episodes == ()
    lead = found(level).leads[0]
    np.testing.assert_allclose(lead.reference_mv[HOUR:-HOUR], level[HOUR:-HOUR], atol=2e-3)


def test_half_an_hour_of_deviation_within_a_day_stays_an_episode() -> None:
    level = flat(24 * HOUR)
    level[4000:4180] -= 0.15
    (episode,) = found(level).episodes
    assert (episode.start_s, episode.duration_s) == (40_000.0, 1800.0)


def test_four_minutes_have_no_usual_level() -> None:
    level = np.full(HOUR, np.nan)
    level[:24] = [0.0] * 12 + [0.3] * 12
    assert found(level).episodes == ()
    assert np.isnan(found(level).leads[0].reference_mv).all()


def test_windows_are_medians_of_their_beats() -> None:
    levels = np.full((1, 600), 0.05)
    levels[0, ::4] = 3.0  # one beat in four is an artefact
    st = st_segment(
        StLevels(levels, levels),
        np.zeros(600, np.int64),
        np.arange(600) + 0.5,
        np.ones(600),
        600.0,
        lead_numbers=[4],
        assessable=RepolarisationSettings(),
        settings=SETTINGS,
    )
    assert st.leads[0].number == 4
    np.testing.assert_allclose(st.leads[0].level_mv, 0.05)
