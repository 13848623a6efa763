"""Writers of small DICOM, SCP-ECG and HL7 aECG files, for tests of every layer.

Signals are arrays of millivolts of shape (n_samples, n_leads), as in ``holter_file_writers``.
"""

import binascii
import struct
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

LEAD_CODES = {
    "I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8, "III": 61, "aVR": 62,
}  # fmt: skip
"""Numbers of the leads in SCP-ECG (table 5) and ISO/IEEE 11073-10101."""
AMBULATORY_ECG = "1.2.840.10008.5.1.4.1.1.9.1.3"
START = datetime(2024, 3, 1, 9, 30)


def dicom_group(
    signals_mv: NDArray[np.float64],
    rate: float = 250.0,
    leads: Sequence[str] = ("I", "II", "V1", "V5"),
    *,
    kind: str = "SS",
    big_endian: bool = False,
    step_uv: float = 2.5,
    **elements: Any,
) -> Dataset:
    """Make a multiplex group; ``elements`` are added to it, or replace what it has."""
    bits, name = {
        "SB": (8, "i1"), "UB": (8, "u1"), "SS": (16, "i2"), "US": (16, "u2"), "SL": (32, "i4"),
        "UL": (32, "u4"), "MB": (8, "i1"),
    }[kind]  # fmt: skip
    zero = 1 << (bits - 1) if kind.startswith("U") else 0
    digital = np.round(signals_mv * 1000 / step_uv) + zero
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels = signals_mv.shape[1]
    group.NumberOfWaveformSamples = len(signals_mv)
    group.SamplingFrequency = f"{rate:g}"
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = [
        dicom_channel(lead, step_uv, zero) for lead in leads[: signals_mv.shape[1]]
    ]
    group.WaveformBitsAllocated = bits
    group.WaveformSampleInterpretation = kind
    order = ">" if big_endian else "<"
    group.add_new(0x54001010, "OB" if bits == 8 else "OW", digital.astype(order + name).tobytes())
    for keyword, value in elements.items():
        setattr(group, keyword, value)
    return group


def dicom_channel(lead: str, step_uv: float = 2.5, zero: int = 0) -> Dataset:
    source, unit, channel = Dataset(), Dataset(), Dataset()
    source.CodeValue = f"2:{LEAD_CODES[lead]}" if lead in LEAD_CODES else "X1"
    source.CodingSchemeDesignator = "MDC"
    source.CodeMeaning = f"Lead {lead}" if lead in LEAD_CODES else lead
    unit.CodeValue = "uV"
    unit.CodingSchemeDesignator = "UCUM"
    unit.CodeMeaning = "microvolt"
    channel.ChannelSourceSequence = [source]
    channel.ChannelSensitivity = f"{step_uv:g}"
    channel.ChannelSensitivityUnitsSequence = [unit]
    channel.ChannelSensitivityCorrectionFactor = "1"
    channel.ChannelBaseline = f"{-zero * step_uv:.12g}"
    channel.ChannelSampleSkew = "0"
    channel.WaveformBitsStored = 16
    return channel


def write_dicom_groups(
    path: Path, groups: Sequence[Dataset], *, syntax: str = ExplicitVRLittleEndian, **elements: Any
) -> Path:
    """Write an ambulatory ECG; ``elements`` are added to the file, or replace what it has."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = AMBULATORY_ECG
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["deepecg"])
    file = Dataset()
    file.file_meta = meta
    file.SOPClassUID = AMBULATORY_ECG
    file.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    file.AcquisitionDateTime = START.strftime("%Y%m%d%H%M%S")
    file.Modality = "ECG"
    file.PatientName = "X"
    if groups:
        file.WaveformSequence = list(groups)
    for keyword, value in elements.items():
        setattr(file, keyword, value)
    file.save_as(path, enforce_file_format=True)
    return path


def write_dicom(
    path: Path,
    signals_mv: NDArray[np.float64],
    rate: float = 250.0,
    leads: Sequence[str] = ("I", "II", "V1", "V5"),
    *,
    syntax: str = ExplicitVRLittleEndian,
    **elements: Any,
) -> Path:
    """Write an ambulatory ECG of one group."""
    big_endian = syntax == ExplicitVRBigEndian
    group = dicom_group(signals_mv, rate, leads, big_endian=big_endian)
    return write_dicom_groups(path, [group], syntax=syntax, **elements)


DICOM_SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "deflated": "1.2.840.10008.1.2.1.99",
}


def scp_section(number: int, data: bytes, version: int = 20) -> bytes:
    """A section with its header, of even length."""
    data += bytes(len(data) % 2)
    header = struct.pack("<HIBB6s", number, 16 + len(data), version, version, bytes(6))
    content = header + data
    return struct.pack("<H", binascii.crc_hqx(content, 0xFFFF)) + content


def scp_file(sections: dict[int, bytes], version: int = 20) -> bytes:
    """A record of sections, given by their data; section 0 is made here."""
    made = {number: scp_section(number, sections[number], version) for number in sorted(sections)}
    n_pointers = max(12, *(number + 1 for number in made))
    index_length = 16 + 10 * n_pointers
    at = 6 + index_length + 1
    pointers = struct.pack("<HII", 0, index_length, 7)
    for number in range(1, n_pointers):
        length = len(made.get(number, b""))
        pointers += struct.pack("<HII", number, length, at if length else 0)
        at += length
    header = struct.pack("<HIBB6s", 0, index_length, version, version, b"SCPECG") + pointers
    body = struct.pack("<H", binascii.crc_hqx(header, 0xFFFF)) + header + b"".join(made.values())
    sized = struct.pack("<I", 6 + len(body)) + body
    return struct.pack("<H", binascii.crc_hqx(sized, 0xFFFF)) + sized


def scp_tags(tags: Sequence[tuple[int, bytes]]) -> bytes:
    """The data of section 1."""
    fields = [struct.pack("<BH", tag, len(value)) + value for tag, value in tags]
    return b"".join(fields) + b"\xff\0\0"


def scp_time_tags(start: datetime = START) -> list[tuple[int, bytes]]:
    date = struct.pack("<HBB", start.year, start.month, start.day)
    return [(25, date), (26, bytes([start.hour, start.minute, start.second]))]


def scp_leads(n_samples: int, leads: Sequence[str], flags: int = 4) -> bytes:
    """The data of section 3: leads that were recorded at the same time."""
    ranges = (struct.pack("<IIB", 1, n_samples, LEAD_CODES[lead]) for lead in leads)
    return bytes([len(leads), flags]) + b"".join(ranges)


def scp_samples(
    digital: NDArray[np.int64], rate: float, *, nanovolts: int = 2500, order: int = 0,
    huffman: bool = False, bimodal: int = 0,
) -> bytes:  # fmt: skip
    """The data of section 5 or 6: of each column, samples or their differences."""
    streams = []
    for column in digital.T:
        values = [int(value) for value in column[:order]] + np.diff(column, order).tolist()
        streams.append(
            huffman_encode(values) if huffman else struct.pack(f"<{len(values)}h", *values)
        )
    lengths = struct.pack(f"<{len(streams)}H", *(len(stream) for stream in streams))
    head = struct.pack("<HHBB", nanovolts, round(1e6 / rate), order, bimodal)
    return head + lengths + b"".join(streams)


def huffman_encode(values: Sequence[int]) -> bytes:
    """Encode with the default table (annex C of EN 1064), one bit string for each value."""
    words = []
    for value in values:
        size = abs(value)
        if size == 0:
            words.append("0")
        elif size <= 8:
            words.append("1" * size + "0" + ("0" if value > 0 else "1"))
        elif -128 <= value < 128:
            words.append("1111111110" + f"{value & 0xFF:08b}")
        else:
            words.append("1111111111" + f"{value & 0xFFFF:016b}")
    bits = "".join(words)
    bits += "0" * (-len(bits) % 16)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def write_scp_ecg(
    path: Path,
    signals_mv: NDArray[np.float64],
    rate: float = 250.0,
    leads: Sequence[str] = ("I", "II", "V1", "V5"),
    *,
    order: int = 0,
    huffman: bool = False,
    tags: Sequence[tuple[int, bytes]] | None = None,
) -> Path:
    """Write rhythm data without reference beats."""
    digital = np.round(signals_mv * 1e6 / 2500).astype(np.int64)
    sections = {
        1: scp_tags(scp_time_tags() if tags is None else tags),
        3: scp_leads(len(digital), leads[: digital.shape[1]]),
        6: scp_samples(digital, rate, order=order, huffman=huffman),
    }
    if huffman:
        sections[2] = struct.pack("<H", 19999)
    path.write_bytes(scp_file(sections))
    return path


def aecg_sequence(code: str, digits: Sequence[int], scale: str = 'value="2.5" unit="uV"') -> str:
    return (
        f'<component><sequence><code code="{code}" codeSystem="2.16.840.1.113883.6.24"/>'
        f'<value xsi:type="SLIST_PQ"><origin value="0" unit="uV"/><scale {scale}/>'
        f"<digits>{' '.join(map(str, digits))}</digits></value></sequence></component>"
    )


def aecg_times(head: str, rate: float, code: str = "TIME_ABSOLUTE") -> str:
    kind = "GLIST_TS" if code == "TIME_ABSOLUTE" else "GLIST_PQ"
    return (
        f'<component><sequence><code code="{code}" codeSystem="2.16.840.1.113883.5.4"/>'
        f'<value xsi:type="{kind}"><head {head}/><increment value="{1 / rate:.9g}" unit="s"/>'
        "</value></sequence></component>"
    )


def aecg_series(sequences: Sequence[str], code: str = "RHYTHM", more: str = "") -> str:
    return (
        f'<component><series><code code="{code}" codeSystem="2.16.840.1.113883.5.4"/>'
        f'<effectiveTime><low value="{START:%Y%m%d%H%M%S}"/></effectiveTime>'
        f"<component><sequenceSet>{''.join(sequences)}</sequenceSet></component>{more}"
        "</series></component>"
    )


def aecg_document(series: Sequence[str], more: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made up -->\n'
        '<AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" type="Observation">'
        f'<effectiveTime><low value="{START:%Y%m%d%H%M%S}"/></effectiveTime>{more}'
        f"{''.join(series)}</AnnotatedECG>\n"
    )


def write_hl7_aecg(
    path: Path,
    signals_mv: NDArray[np.float64],
    rate: float = 250.0,
    leads: Sequence[str] = ("I", "II", "V1", "V5"),
    *,
    more: str = "",
) -> Path:
    """Write one rhythm series; ``more`` comes before it."""
    digital = np.round(signals_mv * 1000 / 2.5).astype(int)
    sequences = [
        aecg_sequence(f"MDC_ECG_LEAD_{lead.upper()}", column)
        for lead, column in zip(leads, digital.T.tolist(), strict=False)
    ]
    times = aecg_times(f'value="{START:%Y%m%d%H%M%S}.000"', rate)
    path.write_text(aecg_document([aecg_series([times, *sequences])], more), encoding="utf-8")
    return path
