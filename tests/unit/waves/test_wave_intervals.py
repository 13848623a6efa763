import numpy as np
import pytest

from deepecg.waves.settings import DelineationSettings
from deepecg.waves.wave_intervals import WaveIntervals, find_intervals

SETTINGS = DelineationSettings(offset_share=(0.5, 0.5, 0.5))
FLAT = np.zeros((1, 200), np.float32)


def trapezium(onset: float, offset: float, height: float = 1.0, slope: float = 4.0) -> np.ndarray:
    """Return a probability that crosses half its height at onset and offset, 200 samples."""
    samples = np.arange(200)
    rise = np.minimum(samples - onset, offset - samples) / slope + 0.5
    return (height * np.clip(rise, 0, 1)).astype(np.float32)


def found(probability: np.ndarray, leads: np.ndarray = FLAT, first: int = 0) -> WaveIntervals:
    return find_intervals(probability, leads, first, SETTINGS, kind=0)


@pytest.mark.parametrize("onset", [40.0, 40.25, 40.5, 40.9])
@pytest.mark.parametrize("height", [1.0, 0.6, 0.3])
def test_boundaries_are_where_half_the_highest_probability_is_crossed(
    onset: float, height: float
) -> None:
    waves = found(trapezium(onset, 60.3, height))
    assert waves.onset == pytest.approx([onset], abs=1e-4)
    assert waves.offset == pytest.approx([60.3], abs=1e-4)
    assert waves.probability == pytest.approx([height], abs=1e-6)


def test_waves_come_in_the_order_of_time_with_their_own_height_and_area() -> None:
    waves = found(trapezium(20, 40) + trapezium(100, 130, 0.5))
    assert waves.onset == pytest.approx([20, 100], abs=1e-4)
    assert waves.probability == pytest.approx([1, 0.5])
    assert waves.area == pytest.approx([20, 15], rel=0.1)  # width times height


def test_sample_numbers_count_from_the_recordings_start() -> None:
    waves = found(trapezium(20, 40), first=10_000)
    assert waves.onset == pytest.approx([10_020], abs=1e-3)
    assert waves.offset == pytest.approx([10_040], abs=1e-3)
    assert 10_020 <= waves.peak[0] <= 10_040


def test_the_peak_is_farthest_from_the_line_between_the_boundaries() -> None:
    samples = np.arange(200)
    for sign in (1, -1):
        bump = sign * 0.2 * np.exp(-0.5 * ((samples - 47) / 4) ** 2)
        drift = 0.02 * samples  # over the wave it rises by twice the wave's height
        waves = found(trapezium(35, 60), (bump + drift)[None].astype(np.float32))
        assert waves.peak == pytest.approx([47], abs=1)


def test_a_lower_share_of_a_kind_makes_its_waves_end_later() -> None:
    settings = DelineationSettings(offset_share=(0.5, 0.25, 0.5))
    ends = [
        find_intervals(trapezium(40, 60), FLAT, 0, settings, kind).offset[0] for kind in range(3)
    ]
    assert ends == pytest.approx([60, 61, 60], abs=1e-4)  # it falls by a quarter each sample


def test_what_is_improbable_is_no_wave() -> None:
    assert len(found(trapezium(40, 60, 0.9 * SETTINGS.least_probability))) == 0
    assert len(found(np.zeros(200, np.float32))) == 0


def test_a_wave_cut_by_the_end_ends_there() -> None:
    waves = found(trapezium(150, 300))
    assert waves.offset == pytest.approx([199])
    waves = found(trapezium(-50, 30))
    assert waves.onset == pytest.approx([0])
