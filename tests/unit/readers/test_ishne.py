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
from deepecg.readers.ishne_header import HEADER_BYTES, LEAD_NAMES, crc_ccitt
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


@pytest.mark.parametrize("stated", [1600 * 3, 1600 * 6, 1599, 584, 0, -1])
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
    [(0, 0, 0), (-9, -9, -9), (31, 2, 2020), (13, 13, 2020), (1, 1, 1969), (1, 1, 2101), (1, 1, 0)],
)
def test_impossible_date(tmp_path: Path, date: tuple[int, int, int]) -> None:
    recording = open_recording(set_int16(write_ishne(tmp_path / "a.ecg", SIGNALS, 200), 138, *date))
    assert recording.start is None
    assert codes(recording) == ["bad_start"]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ((3, 31, 2024), "2024-03-31"),  # as in the United States
        ((2024, 3, 31), "2024-03-31"),  # ISO 8601
        ((31, 3, 24), "2024-03-31"),
        ((1, 2, 99), "1999-02-01"),
    ],
)
def test_dates_of_other_forms(tmp_path: Path, date: tuple[int, ...], expected: str) -> None:
    recording = open_recording(set_int16(write_ishne(tmp_path / "a.ecg", SIGNALS, 200), 138, *date))
    assert str(recording.start) == f"{expected} 09:30:00"
    assert codes(recording) == ["unusual_date"]


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


def test_two_of_three_counts_are_right(tmp_path: Path) -> None:
    """The header gives another number of leads than are described and fill the file."""
    for stated in (1, 2, 4, 12):
        path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, n_leads=stated)
        recording = open_recording(path)
        assert recording.leads == ("I", "II", "V1")
        assert codes(recording) == ["lead_count_mismatch"]
        np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0013)


@pytest.mark.parametrize("sample_count", [0, 4 * 60 * 200, 12345])
@pytest.mark.parametrize("stated", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 2])
def test_samples_show_how_many_leads_there_are(
    tmp_path: Path, width: int, stated: int, sample_count: int
) -> None:
    """Where the stated number of samples says nothing about the leads."""
    signals = synthetic_ecg(4 * 60, 200, n_leads=width)
    signals[:, -1] += np.random.default_rng(0).normal(0, 0.02, len(signals))
    path = write_ishne(
        tmp_path / "a.ecg", signals, 200, n_leads=stated, sample_count=sample_count * width
    )
    recording = open_recording(path)
    assert len(recording.leads) == width
    assert ("lead_count_mismatch" in codes(recording)) == (stated != width)
    np.testing.assert_allclose(whole(recording), signals, atol=0.0013)


@pytest.mark.parametrize("stored", [1, 2])
def test_a_count_that_fills_the_file_once_is_of_one_lead_or_of_both(
    tmp_path: Path, stored: int
) -> None:
    noise = np.random.default_rng(1).normal(0, 0.02, (60 * 250, 2))
    signals = synthetic_ecg(60, 250) + noise
    path = write_ishne(tmp_path / "a.ecg", signals, leads=("I", "II"), sample_count=30_000)
    if stored == 1:
        one = np.tile(np.round(signals[:, 0] * 400), 2).astype("<i2")
        path.write_bytes(path.read_bytes()[:HEADER_BYTES] + one.tobytes())
    recording = open_recording(path)
    assert len(recording.leads) == stored
    assert recording.duration_s == pytest.approx(120 / stored)
    expected = "lead_count_mismatch" if stored == 1 else "sample_count_mismatch"
    assert codes(recording) == [expected]


def test_a_file_that_does_not_show_its_leads_is_refused(tmp_path: Path) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS[:20], 200, n_leads=2, sample_count=0)
    with pytest.raises(MalformedHeaderError, match="one number of leads"):
        open_recording(path)


@pytest.mark.parametrize("count", [1600, 3 * 1600, 0])
@pytest.mark.parametrize("wrong", [{"offset": 522}, {"block_size": 0}, {"offset": 522 + 36}])
def test_count_or_crc_decides_where_the_samples_are(
    tmp_path: Path, wrong: dict[str, int], count: int
) -> None:
    """A block of 300 bytes, which are 50 frames: the beats would all be late."""
    path = write_ishne(
        tmp_path / "a.ecg", SIGNALS, 200, variable_block=b"b" * 300, sample_count=count, **wrong
    )
    recording = open_recording(path)
    assert recording.n_samples == 1600
    assert "header_layout" in codes(recording)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0013)


def test_block_at_another_place(tmp_path: Path) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, variable_block=b"b" * 36, block_size=30)
    content = bytearray(path.read_bytes())
    struct.pack_into("<ii", content, 18, 528, 0)
    path.write_bytes(content)
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.0013)


@pytest.mark.parametrize(
    ("stated", "kept", "lost"),
    [
        (1600, 1500, 100),
        (1600 * 3, 1500, 100),
        (1600, 600, 1000),  # more than 600 * 3 would be a count of all leads
        (1600 * 3, 200, 1400),
    ],
)
def test_what_a_truncated_file_lacks(tmp_path: Path, stated: int, kept: int, lost: int) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, sample_count=stated)
    path.write_bytes(path.read_bytes()[: 522 + kept * 6])
    recording = open_recording(path)
    assert recording.n_samples == kept
    assert recording.lost_s == lost / 200
    assert codes(recording) == ["truncated_samples"]
    assert f"{lost / 200:.1f} s" in recording.warnings[0].message
    np.testing.assert_allclose(whole(recording), SIGNALS[:kept], atol=0.0013)


def test_big_endian(tmp_path: Path) -> None:
    little = write_ishne(tmp_path / "a.ecg", SIGNALS, 200).read_bytes()
    content = bytearray(little)
    numbers = "H4ih100x14hh12h12h12hh40xh248x"
    struct.pack_into(f">{numbers}", content, 8, *struct.unpack_from(f"<{numbers}", content, 8))
    content[522:] = np.frombuffer(little[522:], "<i2").byteswap().tobytes()
    path = tmp_path / "b.ecg"
    path.write_bytes(content)
    recording = open_recording(path)
    assert "byte_order" in codes(recording)
    assert str(recording.start) == "2024-03-01 09:30:00"
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0013)


@pytest.mark.parametrize("step_uv", [1, 3, 5, 39])
def test_resolution_in_microvolts(tmp_path: Path, step_uv: int) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, resolution_nv=step_uv * 1000 % 32768)
    if step_uv * 1000 > 32767:  # does not fit into the field: samples as an 8-bit recorder has them
        digital = np.round(SIGNALS * 1000 / step_uv).astype("<i2")
        path.write_bytes(path.read_bytes()[:522] + digital.tobytes())
    recording = open_recording(set_int16(path, 206, step_uv, step_uv, step_uv))
    assert "resolution_in_microvolts" in codes(recording)
    assert "uncalibrated" in codes(recording)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.0006 * step_uv)


def test_a_small_resolution_may_be_right(tmp_path: Path) -> None:
    """50 nV a step hold 1.6 mV; and the noise of a converter is no ECG."""
    signals = SIGNALS.copy()
    signals[:, 2] = np.random.default_rng(0).integers(-1, 2, len(signals)) * 50e-6
    recording = open_recording(write_ishne(tmp_path / "a.ecg", signals, 200, resolution_nv=50))
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), signals, atol=1e-4)


def test_every_lead_of_the_format_is_an_ecg(tmp_path: Path) -> None:
    path = write_ishne(tmp_path / "a.ecg", SIGNALS, 200, ("unknown", "bipolar", ""))
    recording = open_recording(path)
    assert recording.leads == ("unknown", "bipolar", "lead 3")
    assert recording.says_ecg


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
