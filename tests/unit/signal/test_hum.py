"""Mains hum is subtracted; what was there without it remains."""

import numpy as np
import pytest

from deepecg.signal.hum import without_hum
from deepecg.signal.settings import ConditioningSettings

SETTINGS = ConditioningSettings()
RATE_HZ = SETTINGS.rate_hz


def beats(n_seconds: int) -> np.ndarray:
    """Return spikes of 1 mV and 40 ms at 75 a minute, with noise of 10 µV."""
    times_s = np.arange(n_seconds * RATE_HZ) / RATE_HZ
    from_beat_s = (times_s % 0.8) - 0.4
    noise = np.random.default_rng(1).normal(0, 0.01, len(times_s))
    return np.exp(-((from_beat_s / 0.017) ** 2)) + noise


def hum(n_seconds: int, hertz: float, mv: float) -> np.ndarray:
    return mv * np.sin(2 * np.pi * hertz * np.arange(n_seconds * RATE_HZ) / RATE_HZ + 0.7)


@pytest.mark.parametrize("hertz", [50.0, 49.9, 60.0, 60.1])
@pytest.mark.parametrize("mv", [0.1, 0.5])
def test_hum_is_subtracted_and_beats_keep_their_height(hertz: float, mv: float) -> None:
    clean = beats(120)
    cleaned = without_hum(clean + hum(120, hertz, mv), 0, SETTINGS)
    middle = slice(5 * RATE_HZ, -5 * RATE_HZ)
    # What is left: the followed frequency's own noise, and 6 % of a mains that is 0.1 Hz off.
    assert np.sqrt(np.mean((cleaned - clean)[middle] ** 2)) < 0.01 + 0.06 * mv
    assert abs(cleaned[middle].max() - clean[middle].max()) < 0.05 + 0.1 * mv


def test_a_lead_without_hum_is_not_changed() -> None:
    clean = beats(120)
    assert without_hum(clean, 0, SETTINGS) is clean


def test_only_seconds_beside_hum_are_changed() -> None:
    clean = beats(120)
    noisy = clean.copy()
    noisy[60 * RATE_HZ : 80 * RATE_HZ] += hum(20, 50, 0.5)
    changed = np.flatnonzero(without_hum(noisy, 0, SETTINGS) != noisy) / RATE_HZ
    assert 55 <= changed.min() < 61
    assert 79 < changed.max() <= 86


def test_a_part_gives_the_same_as_the_whole() -> None:
    noisy = beats(120) + hum(120, 50, 0.5)
    whole = without_hum(noisy, 0, SETTINGS)
    first = 30 * RATE_HZ + 17
    part = without_hum(noisy[first:], first, SETTINGS)
    margin = 20 * RATE_HZ
    np.testing.assert_allclose(part[margin:], whole[first + margin :], atol=1e-9)
