"""ISHNE 1.0 Holter files (``.ecg``).

A file is a magic number, a CRC, a fixed header, a block of variable length and the samples:
little-endian 16-bit integers, one of each lead in turn. Real files disagree with their headers, so
the length comes from the file's size, and each disagreement is a warning.

References
----------
Badilini F. The ISHNE Holter Standard Output File Format. Ann Noninvasive Electrocardiol
1998; 3(3):263-266. doi:10.1111/j.1542-474X.1998.tb00353.x
"""

import binascii
import struct
from contextlib import suppress
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.errors import (
    CalibrationError,
    MalformedHeaderError,
    NoLeadsError,
    TruncatedHeaderError,
    TruncatedSamplesError,
)
from deepecg.readers.ecg_leads_and_units import excluded
from deepecg.readers.reading_options import ReadingOptions
from deepecg.recording import ReadingWarning, Recording, unique_leads

HEADER_BYTES: Final = 522
"""Length of magic number, CRC and fixed header."""

LEAD_NAMES: Final = dict(enumerate((
    "unknown", "bipolar", "X", "Y", "Z", "I", "II", "III", "aVR", "aVL", "aVF",
    "V1", "V2", "V3", "V4", "V5", "V6", "ES", "AS", "AI",
)))  # fmt: skip
"""Lead specification codes (table 1 of the standard); -9 is an absent lead."""

_MAX_LEADS: Final = 12
_YEARS: Final = range(1970, 2101)
_CRC_START: Final = 10
"""First byte that the CRC covers."""
_NO_PACEMAKER: Final = 0
_PACEMAKER_TYPES: Final = range(1, 6)
_MILLIVOLTS_PER_NANOVOLT: Final = 1e-6
_MAX_VARIABLE_BLOCK: Final = 1 << 26
"""Longest header in bytes whose CRC is computed completely, so that memory stays bounded."""


def read_ishne(path: Path, options: ReadingOptions) -> Recording:
    """Open an ISHNE file; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The ``.ecg`` file.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        Leads in millivolts: sample times resolution in nV. Warnings: ``crc_mismatch``,
        ``sample_count_mismatch``, ``partial_frame``, ``header_layout``, ``bad_calibration``,
        ``bad_start``.

    Raises
    ------
    TruncatedHeaderError
        If the file ends inside its header.
    MalformedHeaderError
        If the number of leads or the place of the samples is impossible.
    NoLeadsError
        If the header gives 0 leads.
    CalibrationError
        If no lead has a positive resolution.
    TruncatedSamplesError
        If the file holds less than one sample of every lead.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.

    Notes
    -----
    The standard defines no value for a missing sample, so -32768 is read as a voltage.
    """
    warnings: dict[str, str] = {}
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            raise TruncatedHeaderError(
                f"found {len(header)} bytes, expected a header of {HEADER_BYTES} bytes"
            )
        n_leads = _lead_count(header)
        offset = _samples_offset(header, size, warnings)
        file.seek(0)
        _check_crc(file.read(min(offset, _MAX_VARIABLE_BLOCK)), warnings)
    n_samples = (size - offset) // (2 * n_leads)
    if n_samples == 0:
        raise TruncatedSamplesError(
            f"found {size - offset} bytes of samples, expected at least {2 * n_leads} bytes"
        )
    _check_length(header, size - offset, n_leads, warnings)
    leads, columns, scales = _leads(header, n_leads, warnings)
    samples: NDArray[np.int16] = np.memmap(path, "<i2", "r", offset, shape=(n_samples, n_leads))

    def read_samples(lead: int, first: int, last: int) -> Floats32:
        digital = samples[first:last, columns[lead]]
        return np.multiply(digital, scales[lead], dtype=np.float64).astype(np.float32)

    (rate,) = struct.unpack_from("<h", header, 272)
    (pacemaker,) = struct.unpack_from("<h", header, 230)
    return Recording(
        format="ishne",
        sampling_rate_hz=float(rate),
        leads=leads,
        n_samples=n_samples,
        read_samples=read_samples,
        start=_start(header, warnings),
        paced=_paced(pacemaker),
        warnings=tuple(starmap(ReadingWarning, warnings.items())),
    )


def crc_ccitt(data: bytes) -> int:
    """Return the CRC-16/CCITT-FALSE of ``data``: polynomial 0x1021, start value 0xFFFF."""
    return binascii.crc_hqx(data, 0xFFFF)


def _lead_count(header: bytes) -> int:
    (n_leads,) = struct.unpack_from("<h", header, 156)
    if n_leads == 0:
        raise NoLeadsError(f"found 0 leads, expected 1 to {_MAX_LEADS}")
    if not 1 <= n_leads <= _MAX_LEADS:
        raise MalformedHeaderError(f"found {n_leads} leads, expected 1 to {_MAX_LEADS}")
    return int(n_leads)


def _samples_offset(header: bytes, size: int, warnings: dict[str, str]) -> int:
    """Return the first byte of the samples: the header's offset, or else the variable block's end.

    The header's offset is used if it is within the file.
    """
    block_size, _, _, offset = struct.unpack_from("<iiii", header, 10)
    after_block = HEADER_BYTES + block_size
    if HEADER_BYTES <= offset <= size:
        if offset != after_block:
            warnings["header_layout"] = (
                f"found samples that start at byte {offset}, expected them at byte {after_block}, "
                "after the variable block"
            )
        return int(offset)
    if block_size >= 0 and after_block <= size:
        warnings["header_layout"] = (
            f"found a header that puts the samples at byte {offset}, expected byte "
            f"{HEADER_BYTES} to {size}; read from byte {after_block}"
        )
        return int(after_block)
    if block_size >= 0 and offset == after_block:
        raise TruncatedHeaderError(f"found {size} bytes, expected a header of {offset} bytes")
    raise MalformedHeaderError(
        f"found a variable block of {block_size} bytes and samples at byte {offset}, "
        f"expected both within the file's {size} bytes"
    )


def _check_crc(header: bytes, warnings: dict[str, str]) -> None:
    (stored,) = struct.unpack_from("<H", header, 8)
    computed = crc_ccitt(header[_CRC_START:])
    if stored != computed:
        warnings["crc_mismatch"] = f"found the header CRC {stored:#06x}, expected {computed:#06x}"


def _check_length(header: bytes, n_bytes: int, n_leads: int, warnings: dict[str, str]) -> None:
    (stated,) = struct.unpack_from("<i", header, 14)
    found, rest = divmod(n_bytes, 2 * n_leads)
    if rest:
        warnings["partial_frame"] = (
            f"found {rest} bytes after the last sample of all leads, expected none"
        )
    if stated != found:
        meaning = ", the total over all leads" if stated == found * n_leads else ""
        warnings["sample_count_mismatch"] = (
            f"found {found} samples per lead, expected {stated} by the header{meaning}"
        )


def _leads(
    header: bytes, n_leads: int, warnings: dict[str, str]
) -> tuple[tuple[str, ...], list[int], list[float]]:
    """Return name, column and millivolts per step of each lead with a resolution."""
    codes = struct.unpack_from(f"<{_MAX_LEADS}h", header, 158)[:n_leads]
    resolutions = struct.unpack_from(f"<{_MAX_LEADS}h", header, 206)[:n_leads]
    names = unique_leads([LEAD_NAMES.get(code, "") for code in codes])
    columns = [column for column in range(n_leads) if resolutions[column] > 0]
    unusable = ", ".join(f"{value}" for value in resolutions if value <= 0)
    if not columns:
        raise CalibrationError(
            f"found the resolutions {unusable} nV, expected at least one above 0"
        )
    scales = [resolutions[column] * _MILLIVOLTS_PER_NANOVOLT for column in columns]
    reason = f"found a resolution of {unusable} nV, expected more than 0"
    warnings |= excluded("bad_calibration", columns, names, "leads", reason)
    return tuple(names[column] for column in columns), columns, scales


def _start(header: bytes, warnings: dict[str, str]) -> datetime | None:
    day, month, year = struct.unpack_from("<3h", header, 138)
    if year in _YEARS:
        with suppress(ValueError):
            return datetime(year, month, day, *struct.unpack_from("<3h", header, 150))
    warnings["bad_start"] = (
        "found a start that is not a date and time, expected day, month and a year from "
        f"{_YEARS[0]} to {_YEARS[-1]}"
    )
    return None


def _paced(code: int) -> bool | None:
    if code == _NO_PACEMAKER:
        return False
    return True if code in _PACEMAKER_TYPES else None
