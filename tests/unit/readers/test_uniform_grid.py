"""Rows with uneven times are placed where they were sampled."""

import numpy as np
import pytest
from numpy.typing import NDArray

from deepecg.errors import SamplingRateError
from deepecg.readers.uniform_grid import even_rows, fit_grid

SECONDS = 300
Floats = NDArray[np.float64]


def placed_s(times_s: Floats, stated_hz: float | None = None) -> Floats:
    """Return the seconds from the first sample at which the rows are placed."""
    grid = fit_grid(times_s, stated_hz)
    stretches = zip(grid.first_rows, grid.last_rows, grid.first_samples, strict=True)
    samples = [np.arange(last - first) + sample for first, last, sample in stretches]
    return np.concatenate(samples) / grid.rate_hz


def sampled(rate_hz: float) -> Floats:
    return np.arange(int(SECONDS * rate_hz)) / rate_hz


@pytest.mark.parametrize("rate", [125, 130, 250, 360, 512.844, 1000, 1024])
@pytest.mark.parametrize("decimals", [0, 3, 9])
def test_rounded_times(rate: float, decimals: int) -> None:
    times = sampled(rate)
    found = placed_s(np.floor(times * 10**decimals) / 10**decimals)
    np.testing.assert_allclose(found, times, atol=3e-3)


@pytest.mark.parametrize("rate", [125, 130, 250, 360, 500])
@pytest.mark.parametrize(("rows_per_packet", "jitter_s"), [(1, 0.0), (10, 0.0), (73, 0.02)])
def test_lost_packets(rate: float, rows_per_packet: int, jitter_s: float) -> None:
    times, random = sampled(rate), np.random.default_rng(5)
    packet = np.arange(times.size) // rows_per_packet
    late = random.exponential(jitter_s, packet[-1] + 1) if jitter_s else np.zeros(packet[-1] + 1)
    arrival = np.maximum.accumulate(times[packet * rows_per_packet] + late[packet])
    keep = (random.random(packet[-1] + 1) > 0.01)[packet] | (packet == 0)
    found, truth = placed_s(arrival[keep]), times[keep]
    assert np.median(np.abs(found - truth)) < max(1.01 / rate, jitter_s / 2)
    assert abs(found[-1] - truth[-1]) < max(1.01 / rate, jitter_s)


@pytest.mark.parametrize("error", [1e-4, 3e-3, 1e-2])
def test_both_ends_agree_with_a_wrong_clock(error: float) -> None:
    times = sampled(250) * (1 + error)
    gap = np.where(times < 100, times, times + 60)
    for each in (times, gap):
        np.testing.assert_allclose(placed_s(np.round(each, 6), 250), each, atol=5e-3)


def test_late_packets_are_no_gaps() -> None:
    times = np.repeat(np.arange(SECONDS * 2) / 2, 125)
    late = np.random.default_rng(3).random(SECONDS * 2) > 0.9
    grid = fit_grid(times + np.repeat(0.3 * late, 125))
    assert (grid.rate_hz, grid.first_rows.size) == (250, 1)


def test_single_gap_is_exact() -> None:
    times = np.delete(sampled(250), slice(5000, 5750))
    grid = fit_grid(times)
    assert grid.first_samples.tolist() == [0, 5750]
    assert grid.n_samples == SECONDS * 250
    assert grid.n_rows == times.size


def test_single_wrong_times_move_nothing() -> None:
    rows = np.delete(np.arange(SECONDS * 250), slice(5000, 5010))
    times = rows / 250
    times[[4999, 20_000]] = 1e6
    grid = fit_grid(times)
    assert (grid.rate_hz, grid.n_back, grid.n_samples) == (250, 0, SECONDS * 250)


def test_clock_set_back() -> None:
    times = sampled(250)
    grid = fit_grid(np.where(times < 100, times, times - 3600))
    assert (grid.n_back, grid.n_samples, grid.rate_hz) == (1, times.size, 250)


def test_a_stated_rate_that_the_times_contradict() -> None:
    with pytest.raises(SamplingRateError, match="250 Hz and a stated rate of 360 Hz"):
        fit_grid(sampled(250), 360)


@pytest.mark.parametrize("times", [np.zeros(100), -sampled(250), np.array([0.0, np.inf])])
def test_times_that_are_not_of_samples(times: Floats) -> None:
    with pytest.raises(SamplingRateError):
        fit_grid(times)


def test_rows_without_times() -> None:
    grid = even_rows(1000, 250)
    assert (grid.n_samples, grid.n_rows, grid.rate_hz) == (1000, 1000, 250)
