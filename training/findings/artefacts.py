"""Disturbances of a recording: shaking, hum, pops, muscles, and electrodes that come off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Signals = NDArray[np.float64]
"""Leads in mV, shape (n_leads, n)."""

MUSCLE_HZ = 20.0, 45.0
"""Band of muscle noise."""
RAIL_MV = 5.0
"""A recorder's limit, at which it stays while an electrode is off."""
RAMP_S = 0.5
"""Time within which shaking begins and ends."""
GAINS = 1.0, 0.7, 0.85
"""Size of a disturbance on the first, second and third disturbed lead."""


@dataclass(frozen=True)
class Artefact:
    """A disturbance of some leads for some time.

    Attributes
    ----------
    make : callable
        ``make(time_s, random)`` returns the disturbance in mV.
    start_s, stop_s : float
        From when to when.
    leads : sequence of int or None
        Numbers of the disturbed leads; None for all of them.
    replaces : bool
        Whether it replaces the signal rather than being added to it.
    """

    make: Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]]
    start_s: float
    stop_s: float
    leads: Sequence[int] | None = None
    replaces: bool = False


def disturb(
    signals: Signals, rate_hz: float, artefacts: Sequence[Artefact], random: np.random.Generator
) -> None:
    """Disturb leads in place."""
    n_leads, n = signals.shape
    for artefact in artefacts:
        first, last = (round(at * rate_hz) for at in (artefact.start_s, artefact.stop_s))
        time_s = np.arange(max(first, 0), min(last, n)) / rate_hz
        part = slice(max(first, 0), min(last, n))
        wave = artefact.make(time_s, random)
        for number, lead in enumerate(range(n_leads) if artefact.leads is None else artefact.leads):
            if artefact.replaces:
                signals[lead, part] = artefact.make(time_s, random)
            else:
                signals[lead, part] += GAINS[number] * wave


def shaking(
    start_s: float, stop_s: float, hz: float, mv: float, leads: Sequence[int] | None = None
) -> Artefact:
    """Return rhythmic shaking, as of tooth brushing or tremor; ``mv`` is its amplitude."""

    def make(time_s: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
        frequency = hz * (1 + 0.04 * _slow(time_s, 1.5, random))
        phase = 2 * np.pi * np.cumsum(frequency) * _step_s(time_s)
        wave = np.sin(phase) + 0.35 * np.sin(2 * phase + random.uniform(0, 2 * np.pi))
        height = 1 + 0.2 * _slow(time_s, 1.0, random)
        ramp = np.clip(np.minimum(time_s - time_s[0], time_s[-1] - time_s) / RAMP_S, 0, 1)
        return np.asarray(mv * ramp * height * wave)

    return Artefact(make, start_s, stop_s, leads)


def hum(
    start_s: float, stop_s: float, hz: float, mv: float, leads: Sequence[int] | None = None
) -> Artefact:
    """Return mains hum with a third harmonic; ``mv`` is its amplitude."""

    def make(time_s: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
        phase = 2 * np.pi * hz * time_s + random.uniform(0, 2 * np.pi)
        height = 1 + 0.08 * _slow(time_s, 5.0, random)
        harmonic = 0.08 * np.sin(3 * phase) if 3 * hz * _step_s(time_s) < 0.5 else 0.0
        return np.asarray(mv * height * (np.sin(phase) + harmonic))

    return Artefact(make, start_s, stop_s, leads)


def pops(
    start_s: float,
    stop_s: float,
    per_minute: float,
    mv: float,
    leads: Sequence[int] | None = None,
) -> Artefact:
    """Return sparse electrode pops: half-waves and decaying steps up to some ``mv``."""

    def make(time_s: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
        wave = np.zeros(len(time_s))
        for _ in range(random.poisson(per_minute * (stop_s - start_s) / 60)):
            from_s = time_s - random.uniform(start_s, stop_s)
            height = mv * random.uniform(0.5, 1.2) * random.choice([-1, 1])
            if random.random() < 0.5:
                length_s = random.uniform(0.05, 0.16)
                inside = (from_s >= 0) & (from_s < length_s)
                wave[inside] += height * np.sin(np.pi * from_s[inside] / length_s)
            else:
                inside = (from_s >= 0) & (from_s < 1.0)
                wave[inside] += height * np.exp(-from_s[inside] / random.uniform(0.03, 0.15))
        return wave

    return Artefact(make, start_s, stop_s, leads)


def muscles(
    start_s: float, stop_s: float, mv: float, leads: Sequence[int] | None = None
) -> Artefact:
    """Return muscle noise with a root mean square of ``mv``."""

    def make(time_s: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
        return mv * muscle_noise(len(time_s), 1 / _step_s(time_s), random)

    return Artefact(make, start_s, stop_s, leads)


def breathing(
    start_s: float, stop_s: float, mv: float, leads: Sequence[int] | None = None
) -> Artefact:
    """Return wander of the baseline by breathing and its movements."""

    def make(time_s: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
        phase = 2 * np.pi * np.cumsum(0.35 * (1 + 0.1 * _slow(time_s, 4.0, random)))
        phase *= _step_s(time_s)
        return np.asarray(mv * (np.sin(phase) + 0.3 * np.sin(2 * phase + 0.5)))

    return Artefact(make, start_s, stop_s, leads)


def lead_off(
    start_s: float, stop_s: float, form: str, leads: Sequence[int] | None = None
) -> Artefact:
    """Return what a recorder writes while an electrode is off.

    Parameters
    ----------
    start_s, stop_s : float
        From when to when.
    form : str
        ``flat``, ``noise`` (white, 0.03 mV), ``hum`` (0.6 mV at 50 Hz) or ``rail``.
    leads : sequence of int, optional
        Numbers of the leads that it belongs to.
    """

    def make(time_s: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
        if form == "noise":
            return random.normal(0, 0.03, len(time_s))
        if form == "hum":
            return hum(start_s, stop_s, 50.0, 0.6).make(time_s, random)
        return np.full(len(time_s), RAIL_MV if form == "rail" else 0.0)

    return Artefact(make, start_s, stop_s, leads, replaces=True)


def muscle_noise(n: int, rate_hz: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return noise of muscles with a root mean square of 1, shape (n,)."""
    upper = min(MUSCLE_HZ[1], 0.45 * rate_hz)
    band = butter(2, (MUSCLE_HZ[0], upper), "bandpass", fs=rate_hz, output="sos")
    noise = np.asarray(sosfilt(band, random.normal(size=n)))
    return np.asarray(noise / noise.std())


def _slow(
    time_s: NDArray[np.float64], period_s: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return slow random change with a standard deviation of some 0.8."""
    knots = np.arange(time_s[0], time_s[-1] + 2 * period_s, period_s)
    return np.interp(time_s, knots, random.normal(size=len(knots)))


def _step_s(time_s: NDArray[np.float64]) -> float:
    return float(time_s[1] - time_s[0])
