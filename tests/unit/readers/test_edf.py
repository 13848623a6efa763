import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
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
HEADER = b"0".ljust(168) + b"01.03.2409.30.00".ljust(88)


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


@pytest.mark.parametrize("kind", [b"edf+d", b" EDF+D"])
def test_spellings_of_a_discontinuous_file(tmp_path: Path, kind: bytes) -> None:
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, onsets_s=[*range(6), *range(16, 22)])
    path.write_bytes(patch(192, kind, 44)(path.read_bytes()))
    recording = open_recording(path)
    assert recording.n_samples == 22 * RATE
    assert recording.warnings == ()


def test_onset_of_the_first_record_moves_the_start_only(tmp_path: Path) -> None:
    onsets = [0.25 + second for second in range(12)]
    recording = open_recording(
        write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    )
    assert recording.start == datetime(2024, 3, 1, 9, 30, 0, 250_000)
    assert recording.n_samples == len(SIGNALS)


@pytest.mark.parametrize("first", [0.0, 7.0])
def test_the_first_onset_is_the_start_however_onsets_are_rounded(
    tmp_path: Path, first: float
) -> None:
    signals = synthetic_ecg(600, 100, n_leads=1)
    onsets = np.floor(first + np.arange(600) * 1.01)
    recording = open_recording(write_edf(tmp_path / "a.edf", signals, 100, onsets_s=list(onsets)))
    assert "clock_drift" in codes(recording)
    assert recording.start == datetime(2024, 3, 1, 9, 30) + timedelta(seconds=first)


def test_an_onset_that_runs_back_is_a_warning(tmp_path: Path) -> None:
    onsets = [0, 1, 2, 1, 4, 5, 6, 7, 8, 9, 10, 11]
    recording = open_recording(
        write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    )
    assert codes(recording) == ["bad_timekeeping"]
    assert "by 2.000 s in all" in recording.warnings[0].message
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_records_without_an_onset_follow_those_before(tmp_path: Path) -> None:
    onsets = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    content = path.read_bytes()
    for onset in (0, 2, 11, 17):
        content = content.replace(f"+{onset}\x14\x14".encode(), bytes(3 + len(str(onset))))
    path.write_bytes(content)
    recording = open_recording(path)
    assert codes(recording) == ["bad_timekeeping"]
    assert "4 data records without an onset" in recording.warnings[0].message
    assert recording.n_samples == 18 * RATE
    assert np.isnan(whole(recording)[4 * RATE : 10 * RATE]).all()
    np.testing.assert_allclose(whole(recording)[10 * RATE :], SIGNALS[4 * RATE :], atol=1e-4)


def test_gap_of_years_is_rejected_before_anything_is_allocated(tmp_path: Path) -> None:
    for last in (999_999_999, 7200):
        onsets = [*range(11), last]
        path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
        with pytest.raises(RefusedRecordingError):
            open_recording(path)


def test_gap_in_a_file_that_is_continuous_by_its_header(tmp_path: Path) -> None:
    onsets = [*range(6), *range(16, 22)]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))
    recording = open_recording(path)
    assert codes(recording) == ["gaps_in_continuous"]
    assert "1 gaps of 10.000 s" in recording.warnings[0].message
    expected = np.full((22 * RATE, 2), np.nan)
    expected[: 6 * RATE] = SIGNALS[: 6 * RATE]
    expected[16 * RATE :] = SIGNALS[6 * RATE :]
    np.testing.assert_allclose(whole(recording, 777), expected, atol=1e-4)


def test_onsets_that_never_fit_a_continuous_file_are_left_alone(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=range(0, 24, 2))
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))
    recording = open_recording(path)
    assert codes(recording) == ["bad_timekeeping"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


@pytest.mark.parametrize("share", [0.01, -0.01, 0.001, -0.001])
def test_a_drifting_clock_gives_the_true_rate_and_no_gap(tmp_path: Path, share: float) -> None:
    onsets = [round(record * (1 + share), 4) for record in range(12)]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=onsets)
    recording = open_recording(path)
    assert codes(recording) == ["clock_drift"]
    assert recording.sampling_rate_hz == pytest.approx(RATE / (1 + share), abs=1e-3)
    assert recording.duration_s == pytest.approx(onsets[-1] + 1 + share, abs=1e-3)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_continuous_edf_plus(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=range(12))
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))
    recording = open_recording(path)
    assert recording.warnings == ()
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_a_chunk_of_a_long_data_record_copies_its_own_bytes_only(tmp_path: Path) -> None:
    """One data record of the whole file: a second of it must not cost all of it."""
    rate, n = 250, 8_000_000
    samples = np.arange(n, dtype="<i2")
    fixed = patch(236, b"1")(patch(244, b"32000")(patch(252, b"1", 4)(patch(184, b"512")(HEADER))))
    fields = [
        (b"ECG", 16), (b"", 80), (b"mV", 8), (b"-32.768", 8), (b"32.767", 8), (b"-32768", 8),
        (b"32767", 8), (b"", 80), (str(n).encode(), 8), (b"", 32),
    ]  # fmt: skip
    blocks = b"".join(value.ljust(width) for value, width in fields)
    (tmp_path / "a.edf").write_bytes(fixed[:256] + blocks + samples.tobytes())
    recording = open_recording(tmp_path / "a.edf")
    assert (recording.sampling_rate_hz, recording.n_samples) == (rate, n)
    tracemalloc.start()
    found = recording.read(0, 5_000_000, 5_000_000 + rate)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000
    np.testing.assert_allclose(found, samples[5_000_000 : 5_000_000 + rate] / 1000, atol=1e-4)


def test_only_the_ecg_of_a_polygraph_is_read(tmp_path: Path) -> None:
    t = np.arange(12 * RATE) / RATE
    extra = [
        edfio.EdfSignal(np.sin(t), RATE, label="EEG C3-A2", physical_dimension="uV"),
        edfio.EdfSignal(np.sin(t), RATE, label="C4-M1", physical_dimension="uV"),
        edfio.EdfSignal(np.sin(t[::8]), RATE / 8, label="Resp nasal", physical_dimension="mV"),
        edfio.EdfSignal(np.sin(t[::8]), RATE / 8, label="SaO2", physical_dimension="%"),
    ]
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("ECG I", "ECG II"), extra=extra)
    recording = open_recording(path)
    assert recording.leads == ("ECG I", "ECG II")
    assert codes(recording) == ["not_ecg"]
    np.testing.assert_allclose(whole(recording, 100), SIGNALS, atol=1e-4)


def test_ecg_without_a_unit_is_read_as_millivolts(tmp_path: Path) -> None:
    recording = open_recording(
        damaged(tmp_path, patch(field("label", 0), b"ECG", 16), patch(field("unit", 0), b""))
    )
    assert recording.leads == ("ECG", "II")
    assert codes(recording) == ["uncalibrated"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_signals_in_other_units_than_volts_are_no_ecg(tmp_path: Path) -> None:
    path = damaged(
        tmp_path, *[patch(field("unit", n), unit) for n, unit in ((0, b"mmHg"), (1, b"%"))]
    )
    with pytest.raises(NoLeadsError, match="no ECG"):
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


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize("count", [b"-1", b"0", b"-2", b"many", b"", b"99999999"])
def test_unknown_record_count(tmp_path: Path, count: bytes, suffix: str) -> None:
    path = damaged(tmp_path, patch(236, count), lambda content: content[:-100], suffix=suffix)
    recording = open_recording(path)
    assert codes(recording) == ["record_count_unknown", "partial_record"]
    assert recording.lost_s == 0
    np.testing.assert_allclose(whole(recording), SIGNALS[: 11 * RATE], atol=1e-4)


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize(("cut", "lost"), [(1, 1), (0.5, 1), (2.25, 3)])
def test_what_a_truncated_file_holds_is_read(
    tmp_path: Path, cut: float, lost: int, suffix: str
) -> None:
    """``cut`` is in data records, 1 a single byte."""
    if cut != 1:
        cut *= 2 * RATE * (3 if suffix == ".bdf" else 2)
    path = damaged(tmp_path, lambda content: content[: -int(cut)], suffix=suffix)
    recording = open_recording(path)
    assert codes(recording) == ["truncated_samples"]
    assert f"the last {lost} s are missing" in recording.warnings[0].message
    assert recording.lost_s == lost
    np.testing.assert_allclose(whole(recording), SIGNALS[: (12 - lost) * RATE], atol=1e-4)


def test_a_record_count_that_is_too_large_is_lost_time(tmp_path: Path) -> None:
    recording = open_recording(damaged(tmp_path, patch(236, b"20")))
    assert codes(recording) == ["truncated_samples"]
    assert recording.lost_s == 8
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_more_records_than_the_header_announces_are_read(tmp_path: Path) -> None:
    recording = open_recording(damaged(tmp_path, patch(236, b"6")))
    assert codes(recording) == ["record_count"]
    assert "6 s more than it announces" in recording.warnings[0].message
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_what_follows_the_records_without_an_onset_is_no_record(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), onsets_s=range(12))
    path.write_bytes(path.read_bytes() + b"log of the recorder " * 1000)
    recording = open_recording(path)
    assert codes(recording) == ["no_data_records"]
    assert recording.lost_s == 0
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


def test_records_that_are_misplaced_by_missing_bytes_are_lost(tmp_path: Path) -> None:
    signals = synthetic_ecg(40, RATE, n_leads=2)
    path = write_edf(tmp_path / "a.edf", signals, RATE, ("I", "II"), onsets_s=range(40))
    content = path.read_bytes()
    path.write_bytes(content[:-9000] + content[-8999:])
    recording = open_recording(path)
    assert codes(recording) == ["no_data_records"]
    kept = recording.n_samples // RATE
    assert recording.lost_s == 40 - kept
    assert f"{40 - kept} s that the header announces" in recording.warnings[0].message
    np.testing.assert_allclose(whole(recording), signals[: kept * RATE], atol=1e-4)
    assert kept >= 28


def test_trailing_bytes(tmp_path: Path) -> None:
    recording = open_recording(damaged(tmp_path, lambda content: content + b"more"))
    assert codes(recording) == ["trailing_bytes"]
    assert recording.n_samples == len(SIGNALS)


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize("version", [b"1", b"", b"0.0", b" 0", bytes(8)])
def test_another_version(tmp_path: Path, version: bytes, suffix: str) -> None:
    recording = open_recording(damaged(tmp_path, patch(0, version), suffix=suffix))
    assert codes(recording) == ["header_version"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=1e-4)


@pytest.mark.parametrize("unit", ["Î¼V", "µV"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_micro_sign_in_any_encoding(tmp_path: Path, unit: str, encoding: str) -> None:
    content = unit.encode("latin-1") if unit.startswith("Î") else unit.encode(encoding)
    path = write_edf(tmp_path / "a.edf", SIGNALS, RATE, ("I", "II"), unit="uV")
    for n in (0, 1):
        path.write_bytes(patch(field("unit", n), content)(path.read_bytes()))
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=1e-4)


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
    "no signals": ([patch(252, b"0", 4)], NoLeadsError),
    "-1 signals": ([patch(252, b"-1", 4)], MalformedHeaderError),
    "9999 signals": ([patch(252, b"9999", 4)], TruncatedHeaderError),
    "a billion signals": ([patch(252, b"1E+9", 4)], TruncatedHeaderError),
    "signal count no number": ([patch(252, b"two", 4)], MalformedHeaderError),
    "duration 0": ([patch(244, b"0")], SamplingRateError),
    "duration nan": ([patch(244, b"nan")], MalformedHeaderError),
    "duration inf": ([patch(244, b"inf")], MalformedHeaderError),
    "duration -1": ([patch(244, b"-1")], SamplingRateError),
    "duration no number": ([patch(244, b"one")], MalformedHeaderError),
    "20 Hz": ([patch(244, b"10")], SamplingRateError),
    "duration 1e-9": ([patch(244, b"1e-9")], SamplingRateError),
    "300 years": ([patch(244, b"99999999")], RefusedRecordingError),
    "billions of samples": ([patch(field("samples", 0), b"99999999")], TruncatedSamplesError),
    "200 kHz": ([patch(244, b"0.001")], SamplingRateError),
    "samples 0": ([patch(field("samples", n), b"0") for n in (0, 1)], SamplingRateError),
    "samples -1": ([patch(field("samples", 0), b"-1")], MalformedHeaderError),
    "samples no number": ([patch(field("samples", 0), b"x")], MalformedHeaderError),
    "digital range 0": (NO_RANGE, CalibrationError),
    "only annotations": (
        [patch(field("label", n), b"EDF Annotations", 16) for n in (0, 1)],
        NoLeadsError,
    ),
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
