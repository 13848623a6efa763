"""Draws the ECG of a script: P, QRS and T waves, fibrillation and flutter, noise and wander."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.recording import Recording
from training.findings.artefacts import Artefact, Signals, disturb, muscle_noise
from training.findings.ecg_script import EcgScript, Waves
from training.findings.ecg_waves import T_BELLS, lead_matrix

T_PEAK_S = 0.29
"""Time from the R peak to the T wave's peak at an RR interval of 1 s; it goes with the square root
of the interval (Bazett 1920)."""
MEMORY_BEATS = 8
"""QT follows half the interval before the beat and half the mean of so many intervals."""
LONGEST_QT_RR_S = 1.4
"""Interval beyond which QT grows no longer."""
REACH = 4.0
"""Bells are drawn up to this many widths from their peak."""
BREATH_GAIN = 0.06
"""Amplitude by which breathing changes the height of the waves, as a share."""
BEAT_GAIN = 0.02
"""Standard deviation of the height of single beats, as a share."""
WHITE_MV, MUSCLE_MV = 0.010, 0.014
"""Root mean square of the background's white noise and muscle noise."""
WANDER_MV = 0.08
"""Amplitude of the baseline's wander."""
STEP_MV = 0.005
"""Resolution of the recorder."""


@dataclass(frozen=True)
class Drawing:
    """How a script is drawn.

    Attributes
    ----------
    leads : tuple of str
        Names of the leads, keys of :data:`training.findings.ecg_waves.LEAD_VECTORS`.
    rate_hz : float
        Samples per second.
    gain : float
        Size of all heart waves; noise and artefacts keep theirs.
    inverted : bool
        Whether all leads are upside down.
    """

    leads: tuple[str, ...]
    rate_hz: float
    gain: float = 1.0
    inverted: bool = False


def draw_ecg(
    script: EcgScript,
    drawing: Drawing,
    artefacts: Sequence[Artefact],
    random: np.random.Generator,
) -> Signals:
    """Return the ECG of a script in mV, shape (n_leads, n).

    Parameters
    ----------
    script : EcgScript
        The rhythm.
    drawing : Drawing
        Leads, rate and size.
    artefacts : sequence of Artefact
        What disturbs it.
    random : numpy.random.Generator
        Source of noise and of the beats' variation.
    """
    rate_hz = drawing.rate_hz
    n = round(script.duration_s * rate_hz)
    vector = np.zeros((3, n))
    for at_s, width_s, mv in _bells(script, random):
        _add_bells(vector, rate_hz, at_s, width_s, mv)
    time_s = np.arange(n) / rate_hz
    for waves in script.waves:
        part = slice(round(waves.start_s * rate_hz), round(waves.stop_s * rate_hz))
        vector[:, part] += _continuous_waves(waves, time_s[part], random)
    signals = lead_matrix(drawing.leads, script.patient.axis_degrees) @ vector
    signals *= -drawing.gain if drawing.inverted else drawing.gain
    signals += _background(signals.shape, time_s, script.patient.breath_s, random)
    disturb(signals, rate_hz, artefacts, random)
    return np.asarray(np.round(signals / STEP_MV) * STEP_MV)


def recording_of(signals: Signals, leads: tuple[str, ...], rate_hz: float) -> Recording:
    """Return a recording that lies in memory."""
    samples = signals.astype(np.float32)
    return Recording(
        format="wfdb",
        sampling_rate_hz=rate_hz,
        leads=leads,
        n_samples=samples.shape[1],
        read_samples=lambda lead, start, stop: samples[lead, start:stop].copy(),
    )


BellArrays = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Times in s (n,), widths in s (n,), heights in mV (n, 3)."""


def _bells(script: EcgScript, random: np.random.Generator) -> list[BellArrays]:
    """Return the bells of P waves, of QRS complexes, and of T waves."""
    patient = script.patient
    p = [
        (wave.time_s + bell.at_s, bell.width_s, patient.p_gain * np.array(bell.mv))
        for wave in script.atrial
        for bell in wave.shape.bells
    ]
    qrs, t = [], []
    times_s = np.array([beat.time_s for beat in script.ventricular])
    qt_rr_s = qt_intervals(times_s)
    gains = 1 + BEAT_GAIN * random.normal(size=len(times_s))
    for beat, rr_s, gain in zip(script.ventricular, qt_rr_s, gains, strict=True):
        stretch = patient.qrs_stretch * (1 + 0.015 * random.normal())
        for bell in beat.shape.bells:
            height = gain * np.array(bell.mv)
            qrs.append((beat.time_s + stretch * bell.at_s, stretch * bell.width_s, height))
        scale = np.sqrt(rr_s)
        peak_s = beat.time_s + patient.qt_stretch * (T_PEAK_S * scale + beat.shape.t_delay_s)
        peak_s += 0.003 * random.normal()
        for at_s, width_s, share in T_BELLS:
            height = patient.t_gain * gain * share * np.array(beat.shape.t_mv)
            t.append((peak_s + scale * at_s, scale * width_s, height))
    arrays = []
    for bells in (p, qrs, t):
        if bells:
            at, width, mv = (np.array(column) for column in zip(*bells, strict=True))
            arrays.append((at, width, mv * _breath_gain(at, patient.breath_s)))
    return arrays


def qt_intervals(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the interval that governs the QT interval of each beat, in s, shape (n_beats,)."""
    rr_s = np.diff(times_s, prepend=times_s[:1] - 0.8) if len(times_s) else times_s
    rr_s = np.minimum(rr_s, LONGEST_QT_RR_S)
    padded = np.concatenate([np.repeat(rr_s[:1], MEMORY_BEATS - 1), rr_s])
    means = np.convolve(padded, np.full(MEMORY_BEATS, 1 / MEMORY_BEATS), "valid")
    return np.asarray(0.5 * rr_s + 0.5 * means)


def _breath_gain(at_s: NDArray[np.float64], breath_s: float) -> NDArray[np.float64]:
    """Return the heights' change by breathing in each direction, shape (n, 3)."""
    phase = 2 * np.pi * at_s[:, None] / breath_s + np.array([0.0, 1.0, 2.5])
    return np.asarray(1 + BREATH_GAIN * np.sin(phase))


def _add_bells(
    vector: NDArray[np.float64],
    rate_hz: float,
    at_s: NDArray[np.float64],
    width_s: NDArray[np.float64],
    mv: NDArray[np.float64],
) -> None:
    reach = int(np.ceil(REACH * width_s.max() * rate_hz))
    offsets = np.arange(-reach, reach + 1)
    samples = np.rint(at_s * rate_hz).astype(np.int64)[:, None] + offsets
    height = np.exp(-0.5 * ((samples / rate_hz - at_s[:, None]) / width_s[:, None]) ** 2)
    inside = (samples >= 0) & (samples < vector.shape[1])
    for direction in range(3):
        values = height * mv[:, direction : direction + 1]
        vector[direction] += np.bincount(samples[inside], values[inside], vector.shape[1])


def _continuous_waves(
    waves: Waves, time_s: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return the heart vector of fibrillation or flutter, shape (3, n)."""
    from_s = time_s - waves.start_s
    ramp = np.clip(np.minimum(from_s, waves.stop_s - time_s) / 0.3, 0, 1)
    if waves.kind == "flutter":
        phase = from_s * waves.hz % 1.0
        saw = np.where(phase < 0.7, phase / 0.7, (1 - phase) / 0.3) - 0.5
        return np.array([0.3, -2.0, 0.6])[:, None] * waves.mv * ramp * saw
    ventricular = waves.kind == "ventricular fibrillation"
    directions = np.array([1.0, 1.0, 0.8] if ventricular else [0.3, 0.6, 1.2])
    parts = []
    for direction in directions:
        knots = np.arange(time_s[0], time_s[-1] + 1.0, 0.4)
        hz = waves.hz * (1 + 0.15 * np.interp(time_s, knots, random.normal(size=len(knots))))
        height = 1 + 0.3 * np.interp(time_s, knots, random.normal(size=len(knots)))
        step_s = time_s[1] - time_s[0]
        phase = 2 * np.pi * np.cumsum(hz) * step_s + random.uniform(0, 2 * np.pi)
        parts.append(direction * height * (np.sin(phase) + 0.3 * np.sin(2.3 * phase)))
    return np.asarray(waves.mv * ramp * np.array(parts))


def _background(
    shape: tuple[int, int],
    time_s: NDArray[np.float64],
    breath_s: float,
    random: np.random.Generator,
) -> Signals:
    """Return noise and baseline wander, shape (n_leads, n)."""
    n_leads, n = shape
    rate_hz = 1 / (time_s[1] - time_s[0])
    knots = np.arange(0, time_s[-1] + 20, 10.0)
    strength = np.exp(np.interp(time_s, knots, random.normal(0, 0.4, len(knots))))
    breath = np.sin(2 * np.pi * time_s / breath_s)
    background = np.empty(shape)
    for lead in range(n_leads):
        steps = np.arange(0, time_s[-1] + 6, 3.0)
        slow = np.interp(time_s, steps, random.normal(size=len(steps)))
        background[lead] = WANDER_MV * (slow + random.uniform(0.3, 0.8) * breath)
        background[lead] += random.normal(0, WHITE_MV, n)
        background[lead] += MUSCLE_MV * strength * muscle_noise(n, rate_hz, random)
    return background
