"""SCP-ECG files: EN 1064, ISO 11073-91064.

A file is a CRC, its size and sections, each with a CRC of its own; section 0 says where the others
are. Of section 1 only date, time and time zone are read; its other tags are about the patient.
Reference-beat subtraction is undone, bimodal compression and the long-term data of version 3
are refused.

References
----------
EN 1064:2005+A1:2007, Health informatics - Standard communication protocol - Computer-assisted
electrocardiography.
"""

import binascii
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.errors import (
    MalformedHeaderError,
    NoLeadsError,
    SamplingRateError,
    TruncatedHeaderError,
    UnsupportedEncodingError,
)
from deepecg.readers.lead_codes import LEAD_NAMES
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.sample_blocks import (
    ASSUMED_MILLIVOLTS,
    SampleBlock,
    join_blocks,
    millivolts,
    recording_of_blocks,
)
from deepecg.readers.scp_huffman import huffman_decode, huffman_tables, undo_differences
from deepecg.readers.written_times import rate_of_interval
from deepecg.recording import Recording

_MAX_BYTES: Final = 1 << 26
"""Largest file that is read; lead lengths of two bytes allow 16 MB of rhythm data."""
_MAX_LEADS: Final = 64
_RECORD_HEADER: Final = 6
_SECTION_HEADER: Final = 16
_DATE_TAG, _TIME_TAG, _ZONE_TAG, _LAST_TAG = 25, 26, 34, 255
_VERSION_3: Final = 30
"""First protocol version without bimodal compression."""
_MILLIVOLTS_PER_NANOVOLT: Final = 1e-6
_MICROSECOND: Final = 1e-6


@dataclass(frozen=True)
class _Lead:
    """A lead of section 3; samples are counted from 1, and both belong to it."""

    first: int
    last: int
    name: str

    @property
    def n_samples(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class _LeadData:
    """The samples of section 5 or 6."""

    nanovolts: int  # per step
    interval_us: int
    bimodal: bool
    samples: list[NDArray[np.int32]]  # of each lead


def read_scp_ecg(path: Path, options: ReadingOptions) -> Recording:
    """Open an SCP-ECG file.

    Parameters
    ----------
    path : Path
        The ``.scp`` file.
    options : ReadingOptions
        Signals to read, and the time zone of the recorder's clock.

    Returns
    -------
    Recording
        The rhythm data, in millivolts: sample times amplitude value multiplier in nV. Leads that
        were not recorded at the same time are put on one timeline. Warnings: ``crc_mismatch``,
        ``truncated_samples``, ``sample_count_mismatch``, ``no_start``, and those of
        :func:`~deepecg.readers.file_signals.recording_of`.

    Raises
    ------
    TruncatedHeaderError
        If the file ends before its rhythm data.
    MalformedHeaderError
        If a section contradicts itself, or the file is larger than the format allows.
    SamplingRateError
        If the sampling interval is 0, or not one of an ECG recorder.
    NoLeadsError
        If there is no rhythm data.
    UnsupportedEncodingError
        If the rhythm data is compressed bimodally, or is the long-term data of version 3.
    RefusedRecordingError
        As in :func:`~deepecg.readers.file_signals.recording_of` and
        :func:`~deepecg.readers.sample_blocks.join_blocks`.
    """
    warnings: dict[str, str] = {}
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise MalformedHeaderError(f"found {size} bytes, expected at most {_MAX_BYTES} of SCP-ECG")
    sections = _sections(path.read_bytes(), warnings)
    try:
        leads = _leads(sections)
        data = _lead_data(sections, 6, [lead.n_samples for lead in leads])
        if data.bimodal:
            raise UnsupportedEncodingError(
                "found bimodal compression of the rhythm data, expected one sampling rate"
            )
        if sections[3][1] & 1:
            data = _with_reference_beats(sections, leads, data)
    except struct.error:
        raise TruncatedHeaderError("found the end of the file inside a section") from None
    joined = join_blocks(_blocks(leads, data, warnings), warnings)
    return recording_of_blocks(
        "scp_ecg", joined, _start(sections.get(1, b"")), options, warnings, format_says_ecg=True
    )


def _sections(content: bytes, warnings: dict[str, str]) -> dict[int, bytes]:
    """Return the data of each section by its number, as far as the file contains it."""
    size = int.from_bytes(content[2:6], "little")
    index_length = int.from_bytes(content[10:14], "little")
    index_end = _RECORD_HEADER + index_length
    if len(content) < index_end:
        raise TruncatedHeaderError(
            f"found {len(content)} bytes, expected {index_end} bytes of header"
        )
    pointers = content[_RECORD_HEADER + _SECTION_HEADER : index_end]
    sections: dict[int, bytes] = {}
    wrong = int(_crc_differs(content[:size]))
    for number, length, index in struct.iter_unpack("<HII", pointers[: len(pointers) // 10 * 10]):
        section = content[index - 1 : index - 1 + length] if index else b""
        if number in sections or len(section) < _SECTION_HEADER:
            continue
        wrong += _crc_differs(section)
        sections[number] = section[_SECTION_HEADER:]
    if wrong:
        warnings["crc_mismatch"] = f"found {wrong} wrong CRC of file and sections, expected none"
    # The protocol version, which decides what a flag of section 6 means.
    sections[0] = content[_RECORD_HEADER : _RECORD_HEADER + _SECTION_HEADER]
    return sections


def _crc_differs(part: bytes) -> bool:
    return binascii.crc_hqx(part[2:], 0xFFFF) != int.from_bytes(part[:2], "little")


def _leads(sections: Mapping[int, bytes]) -> list[_Lead]:
    if 6 not in sections and 12 in sections:
        raise UnsupportedEncodingError(
            "found long-term data of SCP-ECG 3, expected rhythm data in section 6"
        )
    if not {3, 6} <= sections.keys():
        raise NoLeadsError("found no rhythm data, expected sections 3 and 6 within the file")
    n_leads = sections[3][0] if sections[3] else 0
    if not 1 <= n_leads <= _MAX_LEADS:
        raise NoLeadsError(f"found {n_leads} leads, expected 1 to {_MAX_LEADS}")
    leads = []
    for place in range(n_leads):
        first, last, code = struct.unpack_from("<IIB", sections[3], 2 + 9 * place)
        if not 1 <= first <= last:
            raise MalformedHeaderError(
                f"found a lead from sample {first} to sample {last}, expected at least one"
            )
        leads.append(_Lead(first, last, LEAD_NAMES.get(code, "")))
    return leads


def _lead_data(sections: Mapping[int, bytes], number: int, counts: list[int]) -> _LeadData:
    """Return the samples of section 5 or 6, at most ``counts`` of each lead if compressed."""
    section = sections[number]
    nanovolts, interval_us, order, flag = struct.unpack_from("<HHBB", section)
    if not interval_us:
        raise SamplingRateError("found a sampling interval of 0 us, expected more")
    if order > 2:
        raise MalformedHeaderError(f"found differences of order {order}, expected 0 to 2")
    lengths = struct.unpack_from(f"<{len(counts)}H", section, 6)
    tables = huffman_tables(sections[2]) if 2 in sections else None
    samples = []
    at = 6 + 2 * len(counts)
    for length, count in zip(lengths, counts, strict=True):
        data = section[at : at + length]
        at += length
        if tables is None:
            values = np.frombuffer(data, "<i2", len(data) // 2).astype(np.int32)
        else:
            values = huffman_decode(data, count, tables)
        samples.append(undo_differences(values, order))
    return _LeadData(nanovolts, interval_us, _is_bimodal(sections, flag, interval_us), samples)


def _is_bimodal(sections: Mapping[int, bytes], flag: int, interval_us: int) -> bool:
    """Return whether samples between QRS complexes are fewer than those of the reference beat."""
    if not flag or sections[0][9] >= _VERSION_3:
        return False
    return 5 not in sections or struct.unpack_from("<H", sections[5], 2)[0] != interval_us


def _with_reference_beats(
    sections: Mapping[int, bytes], leads: list[_Lead], data: _LeadData
) -> _LeadData:
    """Return the samples with the reference beat added where it was subtracted."""
    if not {4, 5} <= sections.keys():
        raise TruncatedHeaderError("found no reference beat, expected sections 4 and 5")
    length_ms, fiducial, n_beats = struct.unpack_from("<HHH", sections[4])
    interval_us = struct.unpack_from("<H", sections[5], 2)[0] or 1
    beat = _lead_data(sections, 5, [round(length_ms * 1000 / interval_us)] * len(leads))
    if beat.interval_us != data.interval_us:
        raise UnsupportedEncodingError(
            "found a reference beat of another sampling rate, expected that of the rhythm data"
        )
    step = math.gcd(beat.nanovolts, data.nanovolts)
    if not beat.nanovolts or not data.nanovolts:
        raise MalformedHeaderError("found samples of 0 nV with a reference beat, expected more")
    samples = [values * (data.nanovolts // step) for values in data.samples]
    for place in range(n_beats):
        kind, begin, at, end = struct.unpack_from("<HIII", sections[4], 6 + 14 * place)
        if kind:  # of another shape: nothing was subtracted
            continue
        shift = at - fiducial  # from sample numbers of the beat to those of the recording
        for lead, values, shape in zip(leads, samples, beat.samples, strict=True):
            first = max(begin, lead.first, shift + 1)
            stop = min(end, lead.first + len(values) - 1, shift + len(shape)) + 1
            if first < stop:
                values[first - lead.first : stop - lead.first] += shape[
                    first - shift - 1 : stop - shift - 1
                ] * (beat.nanovolts // step)
    return _LeadData(step, data.interval_us, False, samples)


def _blocks(leads: list[_Lead], data: _LeadData, warnings: dict[str, str]) -> Iterator[SampleBlock]:
    step = data.nanovolts * _MILLIVOLTS_PER_NANOVOLT or ASSUMED_MILLIVOLTS
    rate = rate_of_interval(data.interval_us * _MICROSECOND, _MICROSECOND)
    for lead, samples in zip(leads, data.samples, strict=True):
        declared = lead.n_samples
        if len(samples) > declared:
            warnings["sample_count_mismatch"] = (
                f"found {len(samples)} samples of a lead, expected {declared}; read all"
            )
            declared = len(samples)
        yield SampleBlock(
            label=lead.name,
            unit="nV" if data.nanovolts else "",
            sampling_rate_hz=rate,
            start_s=(lead.first - 1) / rate,
            n_samples=len(samples),
            declared_samples=declared,
            read=partial(_read, samples, step),
            calibrated=data.nanovolts > 0,
        )


def _read(samples: NDArray[np.int32], step: float, start: int, stop: int) -> Floats32:
    return millivolts(samples[start:stop], step)


def _start(section: bytes) -> datetime | None:
    """Return when the recording started, by section 1."""
    values: dict[int, bytes] = {}
    at = 0
    while at + 3 <= len(section) and section[at] != _LAST_TAG:
        length = int.from_bytes(section[at + 1 : at + 3], "little")
        if section[at] in {_DATE_TAG, _TIME_TAG, _ZONE_TAG}:
            values[section[at]] = section[at + 3 : at + 3 + length]
        at += 3 + length
    try:
        date = struct.unpack_from("<HBB", values.get(_DATE_TAG, b""))
        time = struct.unpack_from("<BBB", values.get(_TIME_TAG, b""))
        start = datetime(*date, *time)
    except (struct.error, ValueError):
        return None
    minutes = int.from_bytes(values.get(_ZONE_TAG, b"")[:2], "little", signed=True)
    has_zone = len(values.get(_ZONE_TAG, b"")) >= 2 and abs(minutes) < 24 * 60
    return start.replace(tzinfo=timezone(timedelta(minutes=minutes))) if has_zone else start
