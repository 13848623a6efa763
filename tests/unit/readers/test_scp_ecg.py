import struct
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.scp_ecg import SCPECGParser
from exchange_file_writers import (
    LEAD_CODES,
    scp_file,
    scp_leads,
    scp_samples,
    scp_tags,
    scp_time_tags,
    write_scp_ecg,
)
from holter_file_writers import synthetic_ecg
from unit.readers.recording_content import codes, whole

from deepecg.errors import (
    HolterError,
    MalformedHeaderError,
    NoLeadsError,
    NoSignalError,
    RefusedRecordingError,
    SamplingRateError,
    TruncatedHeaderError,
    TruncatedSamplesError,
    UnsupportedEncodingError,
)
from deepecg.readers.lead_codes import LEAD_NAMES
from deepecg.readers.open_recording import open_recording
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.scp_huffman import huffman_decode, huffman_tables

SIGNALS = synthetic_ecg(8, 200, n_leads=3)  # 1600 samples of each lead
LEADS = ("I", "II", "V1")
DIGITAL = np.round(SIGNALS * 400).astype(np.int64)  # 2500 nV a step
START = datetime(2024, 3, 1, 9, 30)


def by_ecgdatakit(path: Path) -> np.ndarray:
    leads = SCPECGParser().parse(path).leads
    assert {lead.resolution_unit for lead in leads} == {"uV"}
    return np.stack([lead.samples * lead.resolution / 1000 for lead in leads], axis=1)


def sections() -> dict[int, bytes]:
    return {
        1: scp_tags(scp_time_tags()),
        3: scp_leads(1600, LEADS),
        6: scp_samples(DIGITAL, 200),
    }


def write(path: Path, changed: dict[int, bytes | None], version: int = 20) -> Path:
    """Write a file with other sections; None leaves one out."""
    merged = {number: data for number, data in (sections() | changed).items() if data is not None}
    path.write_bytes(scp_file(merged, version))
    return path


@pytest.mark.parametrize("huffman", [False, True])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_reads_what_ecgdatakit_reads(tmp_path: Path, order: int, huffman: bool) -> None:
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS, order=order, huffman=huffman)
    recording = open_recording(path)
    assert recording.format == "scp_ecg"
    assert recording.leads == LEADS
    assert recording.sampling_rate_hz == 200
    assert recording.start == START
    assert codes(recording) == []
    np.testing.assert_allclose(whole(recording), by_ecgdatakit(path), atol=1e-6)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)
    np.testing.assert_array_equal(recording.read(1, 700, 900), whole(recording)[700:900, 1])


def test_differences_and_codes_of_the_standard() -> None:
    """Annex C of EN 1064: 0 is 0, +1 is 100, -1 is 101, +2 is 1100, then 8 and 16 bits."""
    bits = "0100101110011111111101111000111111111110000000100101100"
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    table = huffman_tables(struct.pack("<H", 19999))
    assert huffman_decode(data, 6, table).tolist() == [0, 1, -1, 2, -15, 300]


def test_own_huffman_tables(tmp_path: Path) -> None:
    """Two tables that switch to each other: the zero of the second is a single bit, too."""

    def code(prefix: str, extra: int, is_value: int, value: int) -> bytes:
        reversed_bits = int(prefix[::-1], 2)
        return struct.pack(
            "<BBBhI", len(prefix), len(prefix) + extra, is_value, value, reversed_bits
        )

    first = [code("0", 0, 1, 0), code("10", 16, 1, 0), code("11", 0, 0, 2)]
    second = [code("1", 0, 1, 0), code("01", 16, 1, 0), code("00", 0, 0, 1)]
    section = struct.pack("<HH", 2, 3) + b"".join(first) + struct.pack("<H", 3) + b"".join(second)
    streams = []
    for column in DIGITAL.T:
        words = []
        for index, value in enumerate(column.tolist()):
            words.append(("10", "01")[index % 2] + f"{value & 0xFFFF:016b}")
            words.append(("11", "00")[index % 2])
        bits = "".join(words)
        streams.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    head = struct.pack("<HHBB3H", 2500, 5000, 0, 0, *(len(stream) for stream in streams))
    path = write(tmp_path / "a.scp", {2: section, 6: head + b"".join(streams)})
    np.testing.assert_allclose(whole(open_recording(path)), by_ecgdatakit(path), atol=1e-6)
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.00126)


def test_reference_beat_is_added(tmp_path: Path) -> None:
    """Of 1250 nV a step, subtracted from two of three beats, one of them at the very start."""
    beat = np.round(np.hanning(60)[:, np.newaxis] * [400, 300, 200]).astype(np.int64)
    positions = [(0, 1, 21, 40), (1, 500, 520, 560), (0, 900, 921, 949)]
    residual = DIGITAL.copy() * 2
    for kind, first, fiducial, last in positions:
        if kind == 0:
            begin = first - fiducial + 31 - 1
            residual[first - 1 : last] -= beat[begin : begin + last - first + 1]
    changed = {
        3: scp_leads(1600, LEADS, flags=5),
        4: struct.pack("<HHH", 300, 31, 3)
        + b"".join(struct.pack("<HIII", *position) for position in positions),
        5: scp_samples(beat, 200, nanovolts=1250, order=1),
        6: scp_samples(residual, 200, nanovolts=1250),
    }
    path = write(tmp_path / "a.scp", changed)
    np.testing.assert_allclose(whole(open_recording(path)), by_ecgdatakit(path), atol=1e-6)
    np.testing.assert_allclose(whole(open_recording(path)), SIGNALS, atol=0.00126)


def test_leads_of_other_times(tmp_path: Path) -> None:
    ranges = [(1, 800), (1, 800), (801, 1600)]
    leads = b"".join(
        struct.pack("<IIB", *times, LEAD_CODES[lead])
        for times, lead in zip(ranges, LEADS, strict=True)
    )
    columns = [DIGITAL[first - 1 : last, i] for i, (first, last) in enumerate(ranges)]
    rhythm = scp_samples(np.stack(columns, axis=1), 200)
    recording = open_recording(write(tmp_path / "a.scp", {3: b"\x03\x10" + leads, 6: rhythm}))
    expected = SIGNALS.copy()
    expected[800:, :2] = np.nan
    expected[:800, 2] = np.nan
    np.testing.assert_allclose(whole(recording), expected, atol=0.00126)


def test_lead_names_are_those_of_ecgdatakit(tmp_path: Path) -> None:
    numbers = [number for number, name in LEAD_NAMES.items() if name]
    for number in numbers:
        leads = struct.pack("<BBIIB", 1, 4, 1, 1600, number)
        rhythm = scp_samples(DIGITAL[:, :1], 200)
        path = write(tmp_path / "a.scp", {3: leads, 6: rhythm})
        assert open_recording(path).leads == (SCPECGParser().parse(path).leads[0].label,)


ZURICH = ZoneInfo("Europe/Zurich")
ZONE_UTC = (34, struct.pack("<hH", 0, 0))
DATE, TIME = scp_time_tags()


@pytest.mark.parametrize(
    ("tags", "zone", "start"),
    [
        ([DATE, TIME], None, START),
        ([DATE, TIME], ZURICH, START),
        ([DATE, TIME, ZONE_UTC], None, START),
        ([DATE, TIME, ZONE_UTC], ZURICH, datetime(2024, 3, 1, 10, 30)),
        ([DATE, TIME, (34, struct.pack("<hH", 0x7FFF, 0))], ZURICH, START),
        ([DATE], None, None),
        ([(25, struct.pack("<HBB", 2024, 13, 1)), TIME], None, None),
        ([], None, None),
    ],
)
def test_start(
    tmp_path: Path, tags: list[tuple[int, bytes]], zone: ZoneInfo | None, start: datetime | None
) -> None:
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS, tags=tags)
    recording = open_recording(path, ReadingOptions(zone=zone))
    assert recording.start == start
    assert codes(recording) == ([] if start else ["no_start"])


@pytest.mark.parametrize("rate", [200, 250, 256, 360, 500, 512, 1000, 1024])
def test_rate_is_not_that_of_the_rounded_interval(tmp_path: Path, rate: int) -> None:
    """The interval is in whole microseconds: 2778 at 360 Hz."""
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, rate, LEADS)
    assert open_recording(path).sampling_rate_hz == rate
    assert SCPECGParser().parse(path).leads[0].sampling_rate == rate


@pytest.mark.parametrize("place", [0, 6, 152])
def test_wrong_crc_is_a_warning(tmp_path: Path, place: int) -> None:
    """That of the file, of section 0, and a reserved byte of section 1."""
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    recording = open_recording(path)
    assert codes(recording) == ["crc_mismatch"]
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


@pytest.mark.parametrize("huffman", [False, True])
def test_truncated_samples_are_read_as_far_as_they_go(tmp_path: Path, huffman: bool) -> None:
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS, order=2, huffman=huffman)
    content = path.read_bytes()
    path.write_bytes(content[:-101])
    recording = open_recording(path)
    assert set(codes(recording)) == {"crc_mismatch", "truncated_samples"}
    assert recording.leads == LEADS
    assert recording.lost_s == 0  # The other leads are complete.
    found = whole(recording)
    np.testing.assert_allclose(found[:, :2], SIGNALS[:, :2], atol=0.00126)
    missing = np.isnan(found[:, 2])
    assert 0 < missing.sum() < 1600
    np.testing.assert_allclose(found[~missing, 2], SIGNALS[~missing, 2], atol=0.00126)


@pytest.mark.parametrize(
    ("declared", "code", "lost_s"),
    [(3200, "truncated_samples", 8.0), (800, "sample_count_mismatch", 0.0)],
)
def test_length_comes_from_the_samples(
    tmp_path: Path, declared: int, code: str, lost_s: float
) -> None:
    recording = open_recording(write(tmp_path / "a.scp", {3: scp_leads(declared, LEADS)}))
    assert recording.n_samples == 1600
    assert codes(recording) == [code]
    assert recording.lost_s == pytest.approx(lost_s)
    np.testing.assert_allclose(whole(recording), SIGNALS, atol=0.00126)


def test_huge_declared_length_costs_nothing(tmp_path: Path) -> None:
    leads = scp_leads(0xFFFFFFFF, LEADS)
    rhythm = scp_samples(DIGITAL, 200, huffman=True)
    tables = struct.pack("<H", 19999)
    recording = open_recording(write(tmp_path / "a.scp", {2: tables, 3: leads, 6: rhythm}))
    assert 1600 <= recording.n_samples < 1640  # Bits that fill up the last byte are zeros.
    assert "truncated_samples" in codes(recording)
    assert recording.lost_s == 0  # 248 days are no time of a recording


def test_patient_tags_stay_in_the_file(tmp_path: Path) -> None:
    secret = [(0, b"Secretname\0"), (1, b"Jane\0"), (2, b"Secretid\0"), (5, b"\x5d\x07\x0b\x16")]
    tags = [*secret, *scp_time_tags(), (30, b"Secretcomment\0")]
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS, tags=tags)
    content = path.read_bytes()
    seen = [repr(open_recording(path))]
    for stop in range(40, len(content), 53):
        path.write_bytes(content[:stop])
        try:
            seen.append(repr(open_recording(path)))
        except HolterError as error:
            seen.append(repr(error))
    assert not any(word in "".join(seen) for word in ("Secret", "Jane", "1885"))


def leads_from(first: int, last: int) -> bytes:
    return struct.pack("<BBIIB", 1, 4, first, last, 1)


REFUSED: dict[str, tuple[dict[int, bytes | None], type[RefusedRecordingError]]] = {
    "no rhythm data": ({6: None}, NoLeadsError),
    "long-term data": ({6: None, 12: bytes(100)}, UnsupportedEncodingError),
    "bimodal": ({6: scp_samples(DIGITAL, 200, bimodal=1)}, UnsupportedEncodingError),
    "no leads": ({3: b"\0\4"}, NoLeadsError),
    "200 leads": ({3: b"\xc8\4" + bytes(1800)}, NoLeadsError),
    "half a lead": ({3: b"\3\4" + bytes(8)}, TruncatedHeaderError),
    "from sample 0": ({3: leads_from(0, 100)}, MalformedHeaderError),
    "backwards": ({3: leads_from(100, 1)}, MalformedHeaderError),
    "far away": ({3: scp_leads(1600, LEADS)[:20] + struct.pack("<IIB", 10**8, 10**8 + 1599, 3)},
                 NoSignalError),
    "interval 0": ({6: b"\1\0\0\0\0\0" + bytes(6)}, SamplingRateError),
    "interval 65 ms": ({6: b"\1\0\xff\xff\0\0" + scp_samples(DIGITAL, 200)[6:]}, SamplingRateError),
    "third differences": ({6: b"\1\0\x88\x13\3\0" + bytes(6)}, MalformedHeaderError),
    "no samples": ({6: b"\1\0\x88\x13\0\0" + bytes(6)}, TruncatedSamplesError),
    "no beat": ({3: scp_leads(1600, LEADS, flags=5)}, TruncatedHeaderError),
    "no table": ({2: bytes(2)}, MalformedHeaderError),
    "half a table": ({2: b"\1\0\5\0" + bytes(9)}, MalformedHeaderError),
    "code of 0 bits": ({2: b"\1\0\1\0" + bytes(9)}, MalformedHeaderError),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_rejected(tmp_path: Path, case: str) -> None:
    changed, error = REFUSED[case]
    path = write(tmp_path / "doe.scp", changed)
    with pytest.raises(error):
        open_recording(path)


@pytest.mark.parametrize(
    "cut", [lambda content: content[:60], lambda content: content[:130]], ids=["index", "end"]
)
def test_cut_in_the_index(tmp_path: Path, cut: Callable[[bytes], bytes]) -> None:
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS)
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(TruncatedHeaderError):
        open_recording(path)


def test_file_without_the_word_scpecg(tmp_path: Path) -> None:
    """As before version 1.3."""
    path = write_scp_ecg(tmp_path / "a.scp", SIGNALS, 200, LEADS)
    path.write_bytes(path.read_bytes().replace(b"SCPECG", bytes(6)))
    assert open_recording(path).leads == LEADS
