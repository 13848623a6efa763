"""Synthetic noise of moving patients: muscles, baseline wander, moved electrodes.

It is mixed into copies of training records; the recorded noise of the MIT-BIH Noise Stress Test
Database is kept for evaluation. Band, slope, variation and rate are drawn anew for each signal.
"""

import numpy as np
from scipy.signal import butter, sosfilt

from deepecg.arrays import Floats

Noise = Floats

MUSCLE_FROM_HZ, MUSCLE_WIDTH_HZ = (8.0, 25.0), (10.0, 40.0)
"""Lower end and width of the band: the surface electromyogram within the band of an ECG."""
HIGHEST_SHARE = 0.45
"""Highest frequency of a band, as a share of the sampling rate."""
STEEPNESS = 0.8, 2.0
"""Exponent of a power spectrum that falls from ``FALLS_FROM_HZ`` on."""
FALLS_FROM_HZ = 0.3, 1.0
"""Frequency from which the spectrum of baseline wander falls; there is no wander below it."""
STRENGTH_SPREAD = 0.8
"""Standard deviation of the logarithm of the noise's strength, from one segment to the next."""
SEGMENT_S = 0.3, 8.0
"""Length of segments between which the strength of noise changes."""
MOVES_PER_S = 0.3, 2.5
"""Rate of the moves of an electrode."""
HALF_WAVES_SHARE = 0.5
"""Share of moves that are half-waves; the others are steps."""
HEIGHT_SPREAD = 0.5
"""Standard deviation of the logarithm of a factor on normally distributed heights."""
WAVE_S = 0.06, 0.7
"""Length of a half-wave, from an electrode that is pressed and released."""
STEP_S, RISE_S, DECAY_S = (0.5, 2.0), (0.01, 0.1), (0.05, 0.6)
"""Length, rise time and time constant of a step that decays, as after an amplifier's high-pass."""
CONCENTRATION = 0.6
"""Concentration of the Dirichlet distribution of the kinds' powers: below 1 one kind dominates."""


def synthetic_noise(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    """Return a mixture of the three kinds with a root mean square of 1, shape (n_samples,)."""
    kinds = (muscles, wander, moved_electrode)
    shares = random.dirichlet([CONCENTRATION] * len(kinds))
    parts = (
        np.sqrt(share) * _of_rms_1(kind(n_samples, rate_hz, random))
        for kind, share in zip(kinds, shares, strict=True)
    )
    return _of_rms_1(np.sum(list(parts), axis=0))


def muscles(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    """Return band-limited noise of varying strength."""
    lowest = random.uniform(*MUSCLE_FROM_HZ)
    highest = min(lowest + random.uniform(*MUSCLE_WIDTH_HZ), HIGHEST_SHARE * rate_hz)
    band = butter(2, (lowest, highest), "bandpass", fs=rate_hz, output="sos")
    white = random.normal(size=n_samples)
    return np.asarray(sosfilt(band, white) * _strength(n_samples, rate_hz, random))


def wander(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    """Return noise whose spectrum falls with the frequency."""
    frequency = np.fft.rfftfreq(n_samples, 1 / rate_hz)
    falls_from, steepness = random.uniform(*FALLS_FROM_HZ), random.uniform(*STEEPNESS)
    height = np.maximum(frequency, falls_from) ** (-steepness / 2)
    spectrum = np.fft.rfft(random.normal(size=n_samples)) * height * (frequency > falls_from)
    return np.fft.irfft(spectrum, n_samples) * _strength(n_samples, rate_hz, random)


def moved_electrode(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    """Return half-waves and decaying steps at random times, of random height and polarity."""
    noise = np.zeros(n_samples)
    n_moves = random.poisson(random.uniform(*MOVES_PER_S) * n_samples / rate_hz)
    for start in random.integers(0, n_samples, n_moves):
        move = _half_wave if random.random() < HALF_WAVES_SHARE else _step
        wave = move(rate_hz, random)[: n_samples - start]
        height = random.normal() * np.exp(random.normal(0, HEIGHT_SPREAD))
        noise[start : start + len(wave)] += height * wave
    return noise


def _half_wave(rate_hz: float, random: np.random.Generator) -> Noise:
    length = round(random.uniform(*WAVE_S) * rate_hz)
    return np.asarray(np.sin(np.pi * np.arange(length) / length))


def _step(rate_hz: float, random: np.random.Generator) -> Noise:
    time_s = np.arange(round(random.uniform(*STEP_S) * rate_hz)) / rate_hz
    rise = np.minimum(time_s / random.uniform(*RISE_S), 1)
    return np.asarray(rise * np.exp(-time_s / random.uniform(*DECAY_S)))


def _strength(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    n_segments = max(1, int(n_samples / rate_hz / random.uniform(*SEGMENT_S)))
    strength = np.exp(random.normal(0, STRENGTH_SPREAD, n_segments + 1))
    return np.interp(np.linspace(0, n_segments, n_samples), np.arange(n_segments + 1), strength)


def _of_rms_1(noise: Noise) -> Noise:
    rms = float(np.sqrt(np.mean(noise**2)))
    return noise / rms if rms else noise
