from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import edfio
import numpy as np
import pytest
from holter_file_writers import synthetic_ecg, write_edf
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    CalibrationError,
    MalformedHeaderError,
    NoLeadsError,
    RefusedRecordingError,
    SamplingRateError,
    TruncatedHeaderError,
    TruncatedSamplesError,
    UnknownFormatError,
)
from deepecg.readers.open_recording import open_recording

RATE = 200
SIGNALS = synthetic_ecg(12, RATE, n_leads=2)


def patch(offset: int, value: bytes, width: int = 8) -> Callable[[bytes], bytes]:
    """Return a change of one header field."""
    return lambda content: content[:offset] + value.ljust(width) + content[offset + width :]


def field(name: str, signal: int, n_signals: int = 2) -> int:
    """Return where a signal's field lies in the header."""
    widths = {
        "label": 16,
        "transducer": 80,
        "unit": 8,
        "physical_min": 8,
        "physical_max": 8,
        "digital_min": 8,
        "digital_max": 8,
        "filter": 80,
        "samples": 8,
    }
    offset = 256
    for key, width in widths.items():
        if key == name:
            return offset + signal * width
        offset += n_signals * width
    raise KeyError(name)


def damaged(folder: Path, *changes: Callable[[bytes], bytes], suffix: str = ".edf") -> Path:
    path = write_edf(folder / f"doe{suffix}", SIGNALS, RATE, ("I", "II"), name="Jane_Doe")
    for change in changes:
        path.write_bytes(change(path.read_bytes()))
    return path


@pytest.mark.parametrize("suffix", [".edf", ".bdf", ".EDF"])
@pytest.mark.parametrize("unit", ["mV", "uV", "V"])
@pytest.mark.parametrize("chunk", [10**9, 333])
def test_reads_what_edfio_wrote(tmp_path: Path, suffix: str, unit: str, chunk: int) -> None:
    path = write_edf(tmp_path / f"a{suffix}", SIGNALS, RATE, ("I", "II"), unit=unit)
    recording = open_recording(path)
    assert recording.format == "edf"
    assert recording.sampling_rate_hz == RATE
    assert recording.leads == ("I", "II")
    assert recording.start == datetime(2024, 3, 1, 9, 30)
    assert recording.warnings == ()
    step = 10 / (1 << 24 if suffix == ".bdf" else 1 << 16)
    np.testing.assert_allclose(whole(recording, chunk), SIGNALS, atol=0.51 * step + 3e-7)


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
def test_equals_edfio_to_float32_precision(tmp_path: Path, suffix: str) -> None:
    path = write_edf(tmp_path / f"a{suffix}", SIGNALS, RATE, ("I", "II"))
    file = (edfio.read_bdf if suffix == ".bdf" else edfio.read_edf)(path)
    expected = np.stack([signal.data for signal in file.signals], axis=1)
    np.testing.assert_allclose(whole(open_recording(path), 777), expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize("chunk", [10**9, 333, 5])
def test_discontinuous_file_has_nan_in_its_gaps(tmp_path: Path, suffix: str, chunk: int) -> None:
    onsets = [0, 1, 2, 3, 10, 11, 12, 13, 14, 20.5, 21.5, 22.5]
    path = write_edf(tmp_path / f"a{suffix}", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    recording = open_recording(path)
    expected = np.full((round(23.5 * RATE), 2), np.nan)
    for record, onset in enumerate(onsets):
        at = round(onset * RATE)
        expected[at : at + RATE] = SIGNALS[record * RATE : (record + 1) * RATE]
    assert recording.n_samples == len(expected)
    assert recording.warnings == ()
    np.testing.assert_allclose(whole(recording, chunk), expected, atol=1e-4)


def test_onset_of_the_first_record_moves_the_start_only(tmp_path: Path) -> None:
    onsets = [0.25 + second for second in range(12)]
    recording = open_recording(
        write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    )
    assert recording.start == datetime(2024, 3, 1, 9, 30, 0, 250_000)
    assert recording.n_samples == len(SIGNALS)


def test_timestamps_that_run_back_are_a_warning(tmp_path: Path) -> None:
    onsets = [0, 1, 2, 1, 4, 5, 6, 7, 8, 9, 10, 11]
    recording = open_recording(
        write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    )
    assert codes(recording) == ["bad_timekeeping"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_gap_of_years_is_rejected(tmp_path: Path) -> None:
    onsets = [*range(11), 999_999_999]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    with pytest.raises(MalformedHeaderError):
        open_recording(path)


def test_continuous_edf_plus(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=range(12))
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=1e-4)


def test_only_the_ecg_of_a_polygraph_is_read(tmp_path: Path) -> None:
    t = np.arange(12 * RATE) / RATE
    extra = [
        edfio.EdfSignal(np.sin(t), RATE, label="EEG C3-A2", physical_dimension="uV"),
        edfio.EdfSignal(np.sin(t), RATE, label="C4-M1", physical_dimension="uV"),
        edfio.EdfSignal(np.sin(t[::8]), RATE / 8, label="Resp nasal", physical_dimension="mV"),
        edfio.EdfSignal(np.sin(t[::8]), RATE / 8, label="SaO2", physical_dimension="%"),
        edfio.EdfSignal(np.sin(t[::2]), RATE / 2, label="ECG slow", physical_dimension="mV"),
    ]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("ECG I", "ECG II"), extra=extra)
    recording = open_recording(path)
    assert recording.leads == ("ECG I", "ECG II")
    assert codes(recording) == ["not_ecg", "other_rate"]
    np.testing.assert_allclose(whole(recording, 100), SIGNALS, atol=1e-4)


def test_ecg_without_a_unit_is_read_as_millivolts(tmp_path: Path) -> None:
    recording = open_recording(
        damaged(tmp_path, patch(field("label", 0), b"ECG", 16), patch(field("unit", 0), b""))
    )
    assert recording.leads == ("ECG", "II")
    assert codes(recording) == ["uncalibrated"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_no_ecg_message_contains_units_and_no_labels(tmp_path: Path) -> None:
    path = damaged(
        tmp_path, *[patch(field("unit", n), unit) for n, unit in ((0, b"mmHg"), (1, b""))]
    )
    with pytest.raises(NoLeadsError, match=r"2 signals but no ECG \(units: mmHg, none\)"):
        open_recording(path)


@pytest.mark.parametrize("kind", ["digital", "physical"])
def test_lead_without_a_range_is_excluded(tmp_path: Path, kind: str) -> None:
    changes = [patch(field(f"{kind}_{end}", 0), b"5") for end in ("min", "max")]
    recording = open_recording(damaged(tmp_path, *changes))
    assert recording.leads == ("II",)
    assert codes(recording) == ["bad_calibration"]
    np.testing.assert_allclose(whole(recording)[:, 0], SIGNALS[:, 1], atol=1e-4)


def test_inverted_range_is_a_negative_gain(tmp_path: Path) -> None:
    path = damaged(
        tmp_path,
        patch(field("physical_min", 0), b"5"),
        patch(field("physical_max", 0), b"-5"),
    )
    np.testing.assert_allclose(whole(open_recording(path))[:, 0], -SIGNALS[:, 0], atol=2e-4)


def test_unknown_record_count(tmp_path: Path) -> None:
    path = damaged(tmp_path, patch(236, b"-1"), lambda content: content[:-100])
    recording = open_recording(path)
    assert codes(recording) == ["record_count_unknown", "partial_record"]
    np.testing.assert_allclose(whole(recording), SIGNALS[: 11 * RATE], atol=1e-4)


def test_trailing_bytes(tmp_path: Path) -> None:
    recording = open_recording(damaged(tmp_path, lambda content: content + b"more"))
    assert codes(recording) == ["trailing_bytes"]
    assert recording.n_samples == len(SIGNALS)


@pytest.mark.parametrize(
    "change",
    [
        patch(168, b"01.01.85"),
        patch(168, b"99.99.99"),
        patch(168, b"xx.xx.xx"),
        patch(176, b"25.00.00"),
        patch(176, b""),
        patch(88, b"Startdate X X X X", 80),
    ],
)
def test_anonymised_or_impossible_start(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    plain = patch(88, b"", 80)  # without the EDF+ date
    recording = open_recording(damaged(tmp_path, plain, change))
    assert recording.start is None
    assert codes(recording) == ["no_start"]


@pytest.mark.parametrize(
    ("date", "year"), [(b"02.03.99", 1999), (b"02.03.24", 2024), (b"02/03/24", 2024)]
)
def test_two_digit_year(tmp_path: Path, date: bytes, year: int) -> None:
    recording = open_recording(damaged(tmp_path, patch(88, b"", 80), patch(168, date)))
    assert recording.start == datetime(year, 3, 2, 9, 30)


def test_patient_fields_stay_in_the_file(tmp_path: Path) -> None:
    recording = open_recording(damaged(tmp_path, patch(236, b"-1")))
    assert "Doe" not in repr(recording)
    assert "doe" not in repr(recording)


NO_RANGE = [patch(field("digital_max", n), b"-32767") for n in (0, 1)]
REFUSED = {
    "no number of signals": ([lambda b: b"1" + b[1:252] + b"many" + b[256:]], UnknownFormatError),
    "half a block": ([lambda b: b[:100]], TruncatedHeaderError),
    "half a header": ([lambda b: b[:700]], TruncatedHeaderError),
    "no samples": ([lambda b: b[:768]], TruncatedSamplesError),
    "no samples, count unknown": ([lambda b: b[:768], patch(236, b"-1")], TruncatedSamplesError),
    "more records than the file": ([patch(236, b"13")], TruncatedSamplesError),
    "a record cut short": ([lambda b: b[:-1]], TruncatedSamplesError),
    "record count no number": ([patch(236, b"many")], MalformedHeaderError),
    "record count -2": ([patch(236, b"-2")], MalformedHeaderError),
    "no signals": ([patch(252, b"0", 4)], NoLeadsError),
    "-1 signals": ([patch(252, b"-1", 4)], MalformedHeaderError),
    "9999 signals": ([patch(252, b"9999", 4)], TruncatedHeaderError),
    "signal count no number": ([patch(252, b"two", 4)], MalformedHeaderError),
    "duration 0": ([patch(244, b"0")], SamplingRateError),
    "duration nan": ([patch(244, b"nan")], SamplingRateError),
    "duration inf": ([patch(244, b"inf")], SamplingRateError),
    "duration -1": ([patch(244, b"-1")], SamplingRateError),
    "duration no number": ([patch(244, b"one")], MalformedHeaderError),
    "20 Hz": ([patch(244, b"10")], SamplingRateError),
    "200 kHz": ([patch(244, b"0.001")], SamplingRateError),
    "samples 0": ([patch(field("samples", n), b"0") for n in (0, 1)], SamplingRateError),
    "samples -1": ([patch(field("samples", 0), b"-1")], MalformedHeaderError),
    "samples no number": ([patch(field("samples", 0), b"x")], MalformedHeaderError),
    "digital range 0": (NO_RANGE, CalibrationError),
    "no voltage": ([patch(field("unit", n), b"mmHg") for n in (0, 1)], NoLeadsError),
}


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize("case", REFUSED)
def test_damaged_file_is_rejected(tmp_path: Path, case: str, suffix: str) -> None:
    changes, error = REFUSED[case]
    if suffix == ".bdf" and case == "digital range 0":
        changes = [patch(field("digital_max", n), b"-8388607") for n in (0, 1)]
    path = damaged(tmp_path, *changes, suffix=suffix)
    with pytest.raises(error) as caught:
        open_recording(path)
    assert isinstance(caught.value, RefusedRecordingError)
    assert "doe" not in str(caught.value).lower()
