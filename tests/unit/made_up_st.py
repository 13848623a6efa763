"""A made-up ECG whose ST segment is moved by a known amount, and whose waves are known exactly."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deepecg.waves.waves import Waves

RATE_HZ = 250
QRS_ONSET_S, J_S = -0.05, 0.055
"""Begin and end of the QRS complex, from the R peak."""
T_PEAK_S, T_WIDTH_S, T_END_WIDTHS = 0.28, 0.045, 2.5
"""T wave at 60/min: times go with the square root of the interval."""

Signal = NDArray[np.float64]


@dataclass(frozen=True)
class StEcg:
    """R peaks in seconds, millivolts at :data:`RATE_HZ`, and the waves of every beat."""

    r_s: Signal
    signal_mv: Signal
    waves: Waves


def st_ecg(
    bpm: float,
    duration_s: float,
    shift_mv: Callable[[Signal], Signal] = np.zeros_like,
    wander: tuple[float, float] = (0.0, 0.1),
) -> StEcg:
    """Return sinus rhythm.

    Parameters
    ----------
    bpm : float
        Its rate, which varies by 2 % from beat to beat.
    duration_s : float
        Its length.
    shift_mv : callable
        Returns by how many millivolts the ST segment of beats at these times is moved.
    wander : tuple of float
        Amplitude in millivolts and frequency in Hz of the baseline's wander.
    """
    random = np.random.default_rng(round(bpm))
    n_most = round(duration_s * bpm / 60) + 10
    r_s = 1 + np.cumsum(60 / bpm * (1 + 0.02 * random.standard_normal(n_most)))
    r_s = r_s[r_s < duration_s - 2]
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    signal = wander[0] * np.sin(2 * np.pi * wander[1] * time_s)
    signal += 0.01 * random.standard_normal(len(time_s))
    stretch = np.sqrt(60 / bpm)
    for beat_s, shift in zip(r_s, shift_mv(r_s), strict=True):
        near = slice(round((beat_s - 0.4) * RATE_HZ), round((beat_s + 0.9) * RATE_HZ))
        signal[near] += _beat(time_s[near] - beat_s, stretch, float(shift))
    waves = replace(
        Waves.none(len(r_s)),
        p_onset_s=r_s - 0.2,
        p_peak_s=r_s - 0.16,
        qrs_onset_s=r_s + QRS_ONSET_S,
        qrs_offset_s=r_s + J_S,
        t_peak_s=r_s + stretch * T_PEAK_S,
        t_offset_s=r_s + stretch * (T_PEAK_S + T_END_WIDTHS * T_WIDTH_S),
    )
    return StEcg(r_s, signal, waves)


def _beat(from_r_s: Signal, stretch: float, shift_mv: float) -> Signal:
    """Return one beat; its ST segment is a plateau that ends within the T wave."""

    def bell(at_s: float, width_s: float, mv: float) -> Signal:
        return mv * np.exp(-0.5 * ((from_r_s - at_s) / width_s) ** 2)

    bells = (
        bell(-0.16, 0.018, 0.12),
        bell(-0.025, 0.008, -0.1),
        bell(0.0, 0.011, 1.0),
        bell(0.028, 0.010, -0.2),
        bell(stretch * T_PEAK_S, stretch * T_WIDTH_S, 0.3),
    )
    begun = 1 / (1 + np.exp(-(from_r_s - 0.05) / 0.004))
    lasting = 1 / (1 + np.exp((from_r_s - stretch * 0.31) / 0.02))
    return sum(bells) + shift_mv * begun * lasting
