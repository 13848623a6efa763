"""Impossible amplitudes are rescaled by a power of ten; possible ones and open leads are not."""

from dataclasses import replace

import numpy as np
import pytest
from unit.small_recordings import ecg, every, recording_of

from deepecg.recording import IMPOSSIBLE_AMPLITUDE, Recording
from deepecg.signal.calibration_check import with_possible_amplitudes
from deepecg.signal.settings import SignalSettings

DURATION_S = 60.0
RATE = 250.0
SETTINGS = SignalSettings()


def lead(r_mv: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(5)
    signal = ecg(every(0.8, DURATION_S), DURATION_S, RATE, r_mv=r_mv)
    # A converter with 200 steps per mV, as in MIT-BIH.
    return np.round(200 * (signal + random.normal(0, 0.01, len(signal)))) / 200


def scaled(recording: Recording, factor: float) -> Recording:
    def read(lead: int, start: int, stop: int) -> np.ndarray:
        return recording.read_samples(lead, start, stop) * np.float32(factor)

    return replace(recording, read_samples=read)


def amplitude(recording: Recording, number: int = 0) -> float:
    return float(np.ptp(recording.read(number, 0, recording.n_samples)))


@pytest.mark.parametrize("exponent", [-6, -3, 1, 3, 6])
def test_a_wrong_power_of_ten_is_undone_with_a_warning(exponent: int) -> None:
    # Two millivolts, tenfold, are 20 mV; a tenth of it is an ECG that there is.
    recording = recording_of(lead(2.0), lead(1.5), rate=RATE)
    right = amplitude(recording)

    checked = with_possible_amplitudes(scaled(recording, 10.0**exponent), SETTINGS)

    assert amplitude(checked) == pytest.approx(right, rel=1e-5)
    assert not checked.amplitudes_calibrated
    (warning,) = checked.warnings
    assert warning.code == IMPOSSIBLE_AMPLITUDE
    assert f"factor of {10 ** abs(exponent):,}" in warning.message
    assert with_possible_amplitudes(checked, SETTINGS) is checked


@pytest.mark.parametrize("r_mv", [0.15, 0.5, 1.0, 5.0, 10.0])
def test_amplitudes_that_there_are_stay_as_they_are(r_mv: float) -> None:
    recording = recording_of(lead(r_mv), rate=RATE)

    assert with_possible_amplitudes(recording, SETTINGS) is recording
    assert recording.amplitudes_calibrated


def test_an_open_lead_is_no_tiny_ecg() -> None:
    flicker = np.random.default_rng(5).integers(0, 2, round(DURATION_S * RATE)) / 200

    for leads in ([np.zeros(len(flicker))], [0.1 * flicker], [lead(), 0.001 * lead()]):
        recording = recording_of(*leads, rate=RATE)
        assert with_possible_amplitudes(recording, SETTINGS) is recording


def test_hum_of_an_open_lead_is_no_large_ecg() -> None:
    t = np.arange(round(DURATION_S * RATE)) / RATE
    hum = 50 * np.sin(2 * np.pi * 50 * t)

    for leads in ([hum], [lead(), hum]):
        recording = recording_of(*leads, rate=RATE)
        assert with_possible_amplitudes(recording, SETTINGS) is recording


def test_pacemaker_spikes_and_large_artefacts_are_no_impossible_ecg() -> None:
    signal = lead()
    signal[:: round(0.8 * RATE)] += 20  # spikes of one sample
    signal[round(10 * RATE) : round(25 * RATE)] += 200 * np.sign(
        np.random.default_rng(5).normal(size=round(15 * RATE))
    )
    recording = recording_of(signal, rate=RATE)

    assert with_possible_amplitudes(recording, SETTINGS) is recording


def test_one_lead_in_another_unit_leaves_the_others_alone() -> None:
    recording = recording_of(lead(), 1000 * lead(1.4), rate=RATE)

    checked = with_possible_amplitudes(recording, SETTINGS)

    assert [amplitude(checked, number) for number in (0, 1)] == pytest.approx(
        [amplitude(recording, 0), amplitude(recording, 1) / 1000], rel=1e-5
    )
    assert "1 of 2 ECG leads" in checked.warnings[0].message


def test_the_only_lead_that_may_be_analysed_is_measured_whatever_the_others_are() -> None:
    recording = recording_of(lead(), 0.001 * lead(), rate=RATE, names=("II", "V5"))

    checked = with_possible_amplitudes(recording, replace(SETTINGS, lead="V5"))

    assert amplitude(checked, 1) == pytest.approx(1000 * amplitude(recording, 1), rel=1e-5)


def test_missing_samples_stay_missing() -> None:
    signal = 1000 * lead()
    signal[: round(35 * RATE)] = np.nan
    recording = recording_of(signal, rate=RATE)

    checked = with_possible_amplitudes(recording, SETTINGS)

    read = checked.read(0, 0, recording.n_samples)
    assert np.isnan(read).sum() == round(35 * RATE)
    assert np.nanmax(read) < 2
    nothing = recording_of(np.full(len(signal), np.nan), rate=RATE)
    assert with_possible_amplitudes(nothing, SETTINGS) is nothing
