from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import bell, ecg, every, recording_of

from deepecg.errors import NoLeadsError
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording, SetAsideSignal
from deepecg.settings import ScoringSettings
from deepecg.signal.convincing_ecg import keep_convincing

RATE = 250
LENGTH_S = 120
T = np.arange(LENGTH_S * RATE) / RATE
SETTINGS = ScoringSettings()

Wave = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def silent(*signals: NDArray[np.floating], rate: float = RATE) -> Recording:
    """Return a recording of signals that nothing calls ECG."""
    return replace(recording_of(*signals, rate=rate), says_ecg=False)


def noise(exponent: float, seed: int = 0) -> NDArray[np.float64]:
    """Return noise whose power falls with frequency to this power: 0 is white, 1 pink."""
    random = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(len(T), 1 / RATE)
    spectrum = random.normal(size=len(frequency)) + 1j * random.normal(size=len(frequency))
    signal = np.fft.irfft(spectrum * np.maximum(frequency, 0.3) ** (-exponent / 2), len(T))
    return np.asarray(signal / signal.std())


def every_beat(wave: Wave, period_s: float) -> NDArray[np.float64]:
    """Return a wave after each beat of a heart whose rate varies a little."""
    random = np.random.default_rng(1)
    signal = np.zeros(len(T))
    at = 0.5
    while at < LENGTH_S - 2:
        near = slice(round((at - 0.4) * RATE), round((at + 1.4) * RATE))
        signal[near] += wave(T[near] - at)
        at += period_s * (1 + 0.03 * random.normal())
    return signal


def pulse(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return bell(t, 0.16, 0.06) + 0.55 * bell(t, 0.38, 0.11)


def pressure(t: NDArray[np.float64]) -> NDArray[np.float64]:
    upstroke = 1 / (1 + np.exp(-(t - 0.05) / 0.012))
    return upstroke * np.exp(-np.maximum(t - 0.08, 0) / 0.35) - 0.12 * bell(t, 0.33, 0.018)


def impedance(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return bell(t, 0.14, 0.045) - 0.35 * bell(t, 0.36, 0.03) + 0.2 * bell(t, 0.46, 0.05)


def heart_sounds(t: NDArray[np.float64]) -> NDArray[np.float64]:
    first = bell(t, 0.05, 0.02) * np.sin(2 * np.pi * 38 * t)
    return first + 0.6 * bell(t, 0.36, 0.014) * np.sin(2 * np.pi * 47 * t)


def muscle_bursts() -> NDArray[np.float64]:
    return noise(0) * np.clip(np.sin(2 * np.pi * T / 0.9), 0, 1) ** 2 + 0.05 * noise(0, 1)


OTHERS: dict[str, NDArray[np.float64]] = {
    **{f"pulse {s}": every_beat(pulse, s) + 0.003 * noise(0) for s in (0.4, 0.6, 0.8, 1.1)},
    **{f"pressure {s}": every_beat(pressure, s) + 0.005 * noise(0) for s in (0.4, 0.8, 1.1)},
    **{f"impedance {s}": every_beat(impedance, s) + 0.03 * noise(1) for s in (0.6, 0.9)},
    **{f"heart sounds {s}": every_beat(heart_sounds, s) + 0.03 * noise(0) for s in (0.6, 0.9)},
    **{f"noise {exponent}": noise(exponent) for exponent in (0, 0.7, 1, 1.5, 2)},
    "alpha rhythm": noise(1.5) + np.sin(2 * np.pi * 10 * T + 0.3 * noise(2)),
    "muscle bursts": muscle_bursts(),
    "respiration": np.sin(2 * np.pi * T / 4 + 0.3 * noise(2)) + 0.01 * noise(0),
    "tremor": np.sin(2 * np.pi * 5 * T + 0.5 * noise(2)) * (1 + 0.4 * noise(2)),
    "hum": np.sin(2 * np.pi * 50 * T) + 0.05 * noise(1.5),
    "square wave": (T % 0.8 < 0.4) + 0.01 * noise(0),
    "saw tooth": T % 0.8 + 0.01 * noise(0),
    "steps": np.floor(T / 2) % 5 / 2,
    "trigger": (T % 0.8 < 0.5 / RATE) * 1.0,
    "flat": np.zeros(len(T)),
    "missing": np.full(len(T), np.nan),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_signals_are_refused(name: str) -> None:
    with pytest.raises(NoLeadsError, match=r"no label that says ECG.*1 lead 0 \(in its samples"):
        keep_convincing(silent(OTHERS[name]), SETTINGS)


@pytest.mark.parametrize("period_s", [0.4, 0.8, 1.4])
@pytest.mark.parametrize("factor", [1.0, -1.0, 1e3, 1e-3])
@pytest.mark.parametrize("rate", [125, 250, 1000])
def test_an_ecg_in_any_unit_is_convincing(period_s: float, factor: float, rate: int) -> None:
    lead = ecg(every(period_s, 60), 60, rate)
    lead += np.random.default_rng(0).normal(0, 0.03, len(lead))
    recording = silent(factor * lead - 5 * factor, rate=rate)
    assert keep_convincing(recording, SETTINGS).leads == recording.leads


def test_signals_that_do_not_look_like_an_ecg_are_set_aside() -> None:
    lead = ecg(every(0.8, LENGTH_S), LENGTH_S, RATE) + 0.03 * noise(0)
    recording = replace(
        silent(OTHERS["noise 1"], lead, OTHERS["pulse 0.8"]),
        leads=("CH1", "CH2", "CH4"),
        signal_numbers=(1, 2, 4),
        labels=("CH1", "CH2", "CH4"),
        set_aside=(SetAsideSignal(3, "Resp", "its label says respiration"),),
    )
    kept = keep_convincing(recording, SETTINGS)
    assert (kept.leads, kept.labels, kept.signal_numbers) == (("CH2",), ("CH2",), (2,))
    assert [signal.number for signal in kept.set_aside] == [1, 3, 4]
    assert "broad" in kept.set_aside[2].reason
    assert [warning.code for warning in kept.warnings] == ["not_ecg"]
    assert "3 Resp (its label says respiration), 4 CH4" in kept.warnings[0].message
    assert keep_convincing(kept, SETTINGS) is kept
    np.testing.assert_array_equal(kept.read(0, 100, 900), lead[100:900].astype(np.float32))


def test_what_is_called_ecg_or_requested_is_not_looked_at() -> None:
    recording = silent(OTHERS["noise 1"])
    assert keep_convincing(replace(recording, says_ecg=True), SETTINGS).leads == recording.leads
    requested = replace(SETTINGS, lead="lead 0")
    assert keep_convincing(recording, requested) is recording


@pytest.mark.parametrize("record", ["106", "119", "203", "207", "208", "223"])
def test_records_with_many_ventricular_beats_are_convincing(data_dir: Path, record: str) -> None:
    recording = replace(open_recording(data_dir / "mitdb" / f"{record}.hea"), says_ecg=False)
    assert keep_convincing(recording, SETTINGS).leads


@pytest.mark.parametrize("name", ["bw", "ma"])
def test_recorded_noise_is_refused(data_dir: Path, name: str) -> None:
    recording = replace(open_recording(data_dir / "nstdb" / f"{name}.hea"), says_ecg=False)
    with pytest.raises(NoLeadsError):
        keep_convincing(recording, SETTINGS)
