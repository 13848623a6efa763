import binascii
import contextlib
import io
import struct
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from holter_file_writers import ISHNE_CODES, synthetic_ecg, write_ishne
from ishneholterlib import Holter
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
from deepecg.readers.ishne import LEAD_NAMES, crc_ccitt
from deepecg.readers.open_recording import open_recording

SIGNALS = synthetic_ecg(8, 200, n_leads=3)  # 1600 samples per lead


def set_int16(path: Path, offset: int, *values: int) -> Path:
    """Overwrite header fields and make the CRC right again."""
    content = bytearray(path.read_bytes())
    struct.pack_into(f"<{len(values)}h", content, offset, *values)
    struct.pack_into("<H", content, 8, binascii.crc_hqx(bytes(content[10:522]), 0xFFFF))
    path.write_bytes(content)
    return path


def test_crc_is_ccitt_false() -> None:
    """Check value published for CRC-16/CCITT-FALSE (also called IBM-3740)."""
    assert crc_ccitt(b"123456789") == 0x29B1


@pytest.mark.parametrize("block", [b"", b"odd", b"a variable block"])
def test_reads_what_ishneholterlib_reads(tmp_path: Path, block: bytes) -> None:
    path = write_ishne(
        tmp_path / "a.ecg",
        SIGNALS,
        200,
        ("II", "V2", "aVF"),
        resolution_nv=[2500, 1000, 5000],
        variable_block=block,
        start=datetime(2023, 12, 31, 23, 59, 58),
        pacemaker=3,
    )
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # numpy deprecates what ishneholterlib calls
        holter = Holter(str(path), check_valid=False)
        holter.load_data()
    recording = open_recording(path)
    assert recording.format == "ishne"
    assert recording.sampling_rate_hz == holter.sr == 200
    assert list(recording.leads) == [lead.spec_str() for lead in holter.lead]
    assert recording.start == datetime.combine(holter.record_date, holter.start_time)
    assert recording.paced is True
    assert codes(recording) == []
    expected = np.stack([lead.data for lead in holter.lead], axis=1)
    np.testing.assert_allclose(whole(recording), expected, rtol=1e-6)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0026)
    np.testing.assert_array_equal(recording.read(1, 700, 900), whole(recording)[700:900, 1])


def test_lead_names_are_those_of_the_standard() -> None:
    assert {name: code for code, name in LEAD_NAMES.items()} == {
        name: code for name, code in ISHNE_CODES.items() if name
    }


def test_unknown_lead_code_gets_a_number(tmp_path: Path) -> None:
    path = set_int16(write_ishne(tmp_path / "a.ecg", SIGNALS, 200), 158, 77, -9, 5)
    assert open_recording(path).leads == ("lead 1", "lead 2", "I")


@pytest.mark.parametrize(
    ("code", "paced"), [(0, False), (1, True), (2, True), (5, True), (6, None), (-9, None)]
)
def test_pacemaker_codes(tmp_path: Path, code: int, paced: bool | None) -> None:
    recording = open_recording(write_ishne(tmp_path / "a.ecg", SIGNALS, 200, pacemaker=code))
    assert recording.paced is paced


def test_wrong_crc_is_a_warning(tmp_path: Path) -> None:
    right = open_recording(write_ishne(tmp_path / "a.ecg", SIGNALS, 200))
    wrong = open_recording(write_ishne(tmp_path / "b.ecg", SIGNALS, 200, crc=0))
    assert codes(wrong) == ["crc_mismatch"]
    np.testing.assert_array_equal(whole(wrong), whole(right))


@pytest.mark.parametrize("stated", [1600 * 3, 10**6, 1599, 584, 0, -1])
def test_length_comes_from_the_file(tmp_path: Path, stated: int) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, sample_count=stated)
    recording = open_recording(path)
    assert recording.n_samples == 1600
    assert codes(recording) == ["sample_count_mismatch"]
    assert "1600" in recording.warnings[0].message
    assert str(stated) in recording.warnings[0].message


def test_partial_frame(tmp_path: Path) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200)
    path.write_bytes(path.read_bytes() + b"abc")
    recording = open_recording(path)
    assert codes(recording) == ["partial_frame"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0013)


@pytest.mark.parametrize("offset", [0, -1, 512, 10**9])
def test_impossible_offset_falls_back_to_the_block(tmp_path: Path, offset: int) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, offset=offset, variable_block=b"block")
    recording = open_recording(path)
    assert codes(recording) == ["header_layout"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0013)


@pytest.mark.parametrize("block_size", [-5, 0, 3, 10**9])
def test_offset_in_the_file_is_trusted(tmp_path: Path, block_size: int) -> None:
    path = write_ishne(
        tmp_path / "a.ecg", SIGNALS, 200, block_size=block_size, variable_block=b"block"
    )
    recording = open_recording(path)
    assert codes(recording) == ["header_layout"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0013)


def test_lead_without_resolution_is_excluded(tmp_path: Path) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, resolution_nv=[0, 2500, -9])
    recording = open_recording(path)
    assert recording.leads == ("II",)
    assert codes(recording) == ["bad_calibration"]
    np.testing.assert_allclose(recording.read(0, 0, 1600), SIGNALS[:, 1], atol=0.0013)


@pytest.mark.parametrize(
    "date",
    [(0, 0, 0), (-9, -9, -9), (31, 2, 2020), (1, 13, 2020), (1, 1, 1969), (1, 1, 2101), (1, 1, 24)],
)
def test_impossible_date(tmp_path: Path, date: tuple[int, int, int]) -> None:
    recording = open_recording(set_int16(write_ishne(tmp_path / "a.ecg", SIGNALS, 200), 138, *date))
    assert recording.start is None
    assert codes(recording) == ["bad_start"]


@pytest.mark.parametrize("year", [1970, 2100])
def test_first_and_last_year(tmp_path: Path, year: int) -> None:
    path = set_int16(write_ishne(tmp_path / "a.ecg", SIGNALS, 200), 138, 31, 12, year)
    start = open_recording(path).start
    assert start is not None
    assert start.year == year


def test_lowest_value_is_a_voltage(tmp_path: Path) -> None:
    """The standard names no value for a missing sample."""
    signals = SIGNALS.copy()
    signals[5, 0] = -32768 * 2500e-6
    recording = open_recording(write_ishne(tmp_path / "a.ecg", signals, 200))
    assert recording.read(0, 5, 6).tolist() == [pytest.approx(-81.92)]


def test_patient_fields_stay_in_the_file(tmp_path: Path) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, names=("Jane", "Doe", "4711"), crc=1)
    recording = open_recording(path)
    assert not any(word in repr(recording) for word in ("Jane", "Doe", "4711"))


REFUSED = {
    "magic": (lambda b: b"ANN  1.0" + b[8:], UnknownFormatError),
    "half a magic": (lambda b: b[:5], TruncatedHeaderError),
    "half a header": (lambda b: b[:300], TruncatedHeaderError),
    "no samples": (lambda b: b[:522], TruncatedSamplesError),
    "one lead's sample": (lambda b: b[:524], TruncatedSamplesError),
    "no leads": (lambda b: b[:156] + b"\0\0" + b[158:], NoLeadsError),
    "13 leads": (lambda b: b[:156] + b"\x0d\0" + b[158:], MalformedHeaderError),
    "-1 leads": (lambda b: b[:156] + b"\xff\xff" + b[158:], MalformedHeaderError),
    "rate 0": (lambda b: b[:272] + b"\0\0" + b[274:], SamplingRateError),
    "rate -9": (lambda b: b[:272] + b"\xf7\xff" + b[274:], SamplingRateError),
    "rate 32767": (lambda b: b[:272] + b"\xff\x7f" + b[274:], SamplingRateError),
    "no resolution": (lambda b: b[:206] + bytes(24) + b[230:], CalibrationError),
    "no place for samples": (
        lambda b: b[:10] + struct.pack("<iiii", -1, 0, 522, 10**9) + b[26:],
        MalformedHeaderError,
    ),
    "cut in the variable block": (
        lambda b: b[:10] + struct.pack("<iiii", 10**6, 0, 522, 10**6 + 522) + b[26:],
        TruncatedHeaderError,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_damaged_file_is_rejected(tmp_path: Path, case: str) -> None:
    damage, error = REFUSED[case]
    path = write_ishne(tmp_path / "doe.ecg", SIGNALS, 200, names=("Jane", "Doe", "4711"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(error) as caught:
        open_recording(path)
    assert isinstance(caught.value, RefusedRecordingError)
    assert not any(word in str(caught.value).lower() for word in ("doe", "jane", "4711", "/"))
