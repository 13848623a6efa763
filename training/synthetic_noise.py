"""Noise as recordings of moving people hold it, made up: muscles, wander, moved electrodes.

Training mixes it in; the recorded noise of the MIT-BIH Noise Stress Test Database is kept for
judging. No two pieces are of one kind: band, steepness, unrest and rate are drawn anew for each.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Noise = NDArray[np.float64]

MUSCLE_FROM_HZ, MUSCLE_WIDTH_HZ = (8.0, 25.0), (10.0, 40.0)
"""Lower end and width of the band: surface electromyogram as an ECG's band leaves of it."""
HIGHEST_SHARE = 0.45
"""No band reaches farther than this share of the sampling rate."""
STEEPNESS = 0.8, 2.0
"""Of a spectrum that falls as a power of the frequency, from ``FALLS_FROM_HZ`` on."""
FALLS_FROM_HZ = 0.3, 1.0
UNREST = 0.8
"""Standard deviation of the logarithm of the noise's strength, from one stretch to another."""
STRETCH_S = 0.3, 8.0
MOVES_PER_S = 0.3, 2.5
HALF_WAVES_SHARE = 0.5
"""Of the moves; the others are steps."""
HEIGHT_SPREAD = 0.5
"""Standard deviation of the logarithm by which heights differ beyond a normal distribution."""
WAVE_S = 0.06, 0.7
"""Length of a half-wave, as of an electrode that is pressed and let go."""
STEP_S, RISE_S, DECAY_S = (0.5, 2.0), (0.01, 0.1), (0.05, 0.6)
"""Length, rise and time constant of a step that decays, as an amplifier's high-pass lets it."""
MIXED_ALIKE = 0.6
"""Concentration of the Dirichlet distribution that shares power out: below 1 one kind prevails."""


def synthetic_noise(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    """Return a mixture of the three kinds with a root mean square of 1, shape (n_samples,)."""
    kinds = (muscles, wander, moved_electrode)
    shares = random.dirichlet([MIXED_ALIKE] * len(kinds))
    parts = (
        np.sqrt(share) * _of_rms_1(kind(n_samples, rate_hz, random))
        for kind, share in zip(kinds, shares, strict=True)
    )
    return _of_rms_1(np.sum(list(parts), axis=0))


def muscles(n_samples: int, rate_hz: float, random: np.random.Generator) -> Noise:
    """Return band-limited noise that swells and ebbs."""
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
    n_stretches = max(1, int(n_samples / rate_hz / random.uniform(*STRETCH_S)))
    strength = np.exp(random.normal(0, UNREST, n_stretches + 1))
    return np.interp(np.linspace(0, n_stretches, n_samples), np.arange(n_stretches + 1), strength)


def _of_rms_1(noise: Noise) -> Noise:
    rms = float(np.sqrt(np.mean(noise**2)))
    return noise / rms if rms else noise
