import numpy as np
import pytest
from unit.small_recordings import RATE, bell, every

from deepecg.waves.relative_leads import compressed, qrs_heights
from deepecg.waves.settings import RelativeLeadSettings

SETTINGS = RelativeLeadSettings()


def lead(beats_s: np.ndarray, heights_mv: np.ndarray, duration_s: float) -> np.ndarray:
    time = np.arange(round(duration_s * RATE)) / RATE
    signal = np.zeros(len(time))
    for beat, height in zip(beats_s, heights_mv, strict=True):
        signal += height * bell(time, beat, 0.012)
    return signal.astype(np.float32)


def test_the_unit_is_the_usual_qrs_height_whatever_single_beats_are_like() -> None:
    beats_s = np.round(every(0.8, 300) * RATE) / RATE
    heights = np.where(np.arange(len(beats_s)) % 4 == 0, 3.0, 1.2)  # every fourth is ectopic
    found = qrs_heights(lead(beats_s, heights, 300), beats_s * RATE, RATE, SETTINGS)
    np.testing.assert_allclose(found, 1.2, rtol=0.02)


def test_the_unit_follows_a_change_of_posture() -> None:
    beats_s = np.round(every(0.8, 600) * RATE) / RATE
    heights = np.where(beats_s < 300, 1.0, 0.5)
    found = qrs_heights(lead(beats_s, heights, 600), beats_s * RATE, RATE, SETTINGS)
    np.testing.assert_allclose(found[beats_s < 250], 1.0, rtol=0.01)
    np.testing.assert_allclose(found[beats_s > 350], 0.5, rtol=0.01)


def test_a_dead_lead_is_not_amplified() -> None:
    found = qrs_heights(np.zeros(1000, np.float32), np.array([100.0, 500.0]), RATE, SETTINGS)
    assert found == pytest.approx([SETTINGS.min_height_mv] * 2)


def test_compression_is_one_half_at_the_knee_and_odd() -> None:
    values = np.array([0, SETTINGS.knee, -SETTINGS.knee, 100], np.float32)
    np.testing.assert_allclose(compressed(values, SETTINGS), [0, 0.5, -0.5, 0.998], atol=1e-3)
