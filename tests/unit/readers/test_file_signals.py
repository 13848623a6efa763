from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    CalibrationError,
    NoLeadsError,
    SamplingRateError,
    UnknownLeadError,
)
from deepecg.readers.file_signals import FileSignal, recording_of
from deepecg.readers.reading_options import ReadingOptions
from deepecg.recording import Recording

DURATION_S = 20


def signal(
    label: str,
    rate: float = 250.0,
    unit: str = "mV",
    samples: NDArray[np.floating] | None = None,
    fault: str = "",
) -> FileSignal:
    t = np.arange(round(DURATION_S * rate)) / rate
    content = np.asarray(np.sin(2 * np.pi * 3 * t) if samples is None else samples, np.float32)
    return FileSignal(
        label,
        unit,
        rate,
        len(content),
        lambda start, stop: content[start:stop].copy(),
        calibration_fault=fault,
        calibrated=bool(unit),
    )


def opened(
    *signals: FileSignal, lead: str | None = None, format_says_ecg: bool = False
) -> Recording:
    return recording_of(
        "edf", signals, ReadingOptions(lead=lead), {}, format_says_ecg=format_says_ecg
    )


def reasons(recording: Recording) -> list[tuple[int, str]]:
    return [(each.number, each.name) for each in recording.set_aside]


POLYGRAPH = (
    signal("LAT", 500, "uV"),
    signal("ECG Meier", 200),
    signal("Resp", 32),
    signal("ECG II", 200),
)


def test_ecg_is_read_beside_faster_signals() -> None:
    recording = opened(*POLYGRAPH)
    assert recording.leads == ("ECG", "ECG II")
    assert recording.labels == ("ECG Meier", "ECG II")
    assert recording.signal_numbers == (2, 4)
    assert recording.sampling_rate_hz == 200
    assert recording.says_ecg
    assert codes(recording) == ["not_ecg"]
    assert reasons(recording) == [(1, "LAT"), (3, "Resp")]
    assert "muscle" in recording.set_aside[0].reason


def test_names_and_messages_contain_no_free_text() -> None:
    recording = opened(*POLYGRAPH, signal("Resp Meier"), signal("", unit="Meier"))
    assert "Meier" not in repr(recording)
    with pytest.raises(UnknownLeadError) as caught:
        opened(*POLYGRAPH, lead="Doe")
    assert not {"Meier", "Doe"} & set(str(caught.value).split())


@pytest.mark.parametrize("wanted", ["LAT", "lat ", "1", "\uff2c\uff21\uff34"])
def test_any_signal_can_be_requested(wanted: str) -> None:
    recording = opened(*POLYGRAPH, lead=wanted)
    assert recording.leads == ("LAT",)
    assert recording.sampling_rate_hz == 500
    assert recording.says_ecg
    assert "requested_signal" in codes(recording)
    assert reasons(recording) == [(2, "ECG"), (3, "Resp"), (4, "ECG II")]
    assert recording.lead_index(wanted) == 0


@pytest.mark.parametrize("wanted", ["ECG Meier", "ecg", "2"])
def test_a_requested_ecg_lead_keeps_the_others_beside_it(wanted: str) -> None:
    recording = opened(*POLYGRAPH, lead=wanted)
    assert recording.leads == ("ECG", "ECG II")
    assert recording.lead_index(wanted) == 0
    assert "requested_signal" not in codes(recording)


def test_a_requested_lead_is_read_at_its_own_rate() -> None:
    signals = signal("ECG 1", 1000), signal("ECG 2", 250), signal("ECG 3", 125)
    recording = opened(*signals, lead="ECG 2")
    assert recording.sampling_rate_hz == 250
    assert recording.leads == ("ECG 2", "ECG 3")
    assert reasons(recording) == [(1, "ECG 1")]


def test_a_label_that_is_a_number_comes_before_the_number() -> None:
    signals = signal("2"), signal("1"), signal("3 ")
    assert opened(*signals, lead="1").signal_numbers == (2,)
    assert opened(*signals, lead="3").signal_numbers == (3,)


def test_an_unknown_lead_is_refused_with_all_signals_and_their_rules() -> None:
    with pytest.raises(UnknownLeadError) as caught:
        opened(*POLYGRAPH, lead="V9")
    message = str(caught.value)
    for part in ("2 ECG", "4 ECG II", "1 LAT (its label says muscle)", "3 Resp (", "number"):
        assert part in message
    with pytest.raises(UnknownLeadError, match=r"1 LAT \(its label says muscle\)"):
        opened(*POLYGRAPH).lead_index("LAT")


def test_without_a_lead_the_rules_are_named() -> None:
    with pytest.raises(NoLeadsError, match=r"1 Thorax V1 \(its label says .*--lead"):
        opened(signal("Thorax V1"))
    with pytest.raises(NoLeadsError, match=r"1 ECG \(its unit is no voltage but mmhg\)"):
        opened(signal("ECG", unit="mmHg"))
    assert opened(signal("Thorax V1"), lead="thorax v1").leads == ("Thorax V1",)


def test_what_no_label_calls_ecg_is_kept_for_a_look() -> None:
    recording = opened(signal("CH1"), signal("Resp"), signal("Jane Doe"))
    assert recording.leads == ("CH1", "lead 3")
    assert not recording.says_ecg
    assert codes(recording) == ["not_ecg", "no_ecg_label"]
    assert opened(signal("CH1"), format_says_ecg=True).says_ecg


def test_a_faulty_calibration_sets_a_lead_aside() -> None:
    recording = opened(signal("I", fault="the range is empty"), signal("II"))
    assert recording.leads == ("II",)
    assert codes(recording) == ["bad_calibration"]
    with pytest.raises(CalibrationError, match="the range is empty"):
        opened(signal("I", fault="the range is empty"), signal("CH2"))
    with pytest.raises(CalibrationError, match="the range is empty"):
        opened(signal("I", fault="the range is empty"), signal("II"), lead="I")


@pytest.mark.parametrize("rate", [25.0, 20_000.0])
def test_an_ecg_at_an_impossible_rate_is_refused_for_its_rate(rate: float) -> None:
    with pytest.raises(SamplingRateError, match=f"{rate:g} Hz"):
        opened(signal("ECG", rate))


@pytest.mark.parametrize(("unit", "factor"), [("", 1.0), ("?", 1.0), ("adu", 1 / 200)])
def test_ecg_without_a_voltage_is_not_calibrated(unit: str, factor: float) -> None:
    steps = np.arange(DURATION_S * 250) % 400
    recording = opened(signal("ECG", unit=unit, samples=steps))
    assert codes(recording) == ["uncalibrated"]
    np.testing.assert_allclose(whole(recording)[:, 0], steps * factor, rtol=1e-6)


def sines(rates: Sequence[float]) -> Recording:
    return opened(*(signal(f"ECG {n}", rate) for n, rate in enumerate(rates, start=1)))


@pytest.mark.parametrize("rates", [(500, 250), (200, 128, 360), (1000, 999.9), (256, 51.2)])
def test_slower_leads_are_interpolated(rates: tuple[float, ...]) -> None:
    recording = sines(rates)
    assert recording.sampling_rate_hz == max(rates)
    t = np.arange(recording.n_samples) / max(rates)
    expected = np.sin(2 * np.pi * 3 * t)
    inside = t < DURATION_S - 2 / min(rates)  # beyond the last sample it is held
    for lead in range(len(rates)):
        found = recording.read(lead, 0, recording.n_samples)
        assert len(found) == recording.n_samples
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found[inside], expected[inside], atol=2e-3)


@pytest.mark.parametrize("chunk", [1, 7, 333])
def test_chunks_of_interpolated_leads_equal_the_whole(chunk: int) -> None:
    samples = np.random.default_rng(0).normal(size=round(DURATION_S * 128))
    samples[300:420] = np.nan
    recording = opened(signal("ECG 1", 360), signal("ECG 2", 128, samples=samples))
    at_once = recording.read(1, 0, 2000)
    pieces = [recording.read(1, at, min(at + chunk, 2000)) for at in range(0, 2000, chunk)]
    np.testing.assert_array_equal(np.concatenate(pieces), at_once)
    end = recording.n_samples
    np.testing.assert_array_equal(recording.read(1, end - 1, end), recording.read(1, 0, end)[-1:])


def test_a_gap_of_an_interpolated_lead_stays_a_gap() -> None:
    samples = np.ones(DURATION_S * 100)
    samples[500:700] = np.nan
    recording = opened(signal("ECG 1", 300), signal("ECG 2", 100, samples=samples))
    found = recording.read(1, 0, recording.n_samples)
    missing = np.flatnonzero(np.isnan(found))
    assert (missing[0], missing[-1]) == (499 * 3 + 1, 700 * 3 - 1)
    assert len(missing) == missing[-1] - missing[0] + 1
    np.testing.assert_allclose(found[np.isfinite(found)], 1.0, rtol=1e-6)
