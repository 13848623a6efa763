"""The fixed header of an ISHNE 1.0 file."""

import binascii
import struct
from dataclasses import dataclass
from typing import Final

from deepecg.errors import MalformedHeaderError, NoLeadsError, TruncatedHeaderError

HEADER_BYTES: Final = 522
"""Length of magic number, CRC and fixed header."""
MAX_LEADS: Final = 12
CRC_START: Final = 10
"""First byte that the CRC covers."""

LEAD_NAMES: Final = dict(enumerate((
    "unknown", "bipolar", "X", "Y", "Z", "I", "II", "III", "aVR", "aVL", "aVF",
    "V1", "V2", "V3", "V4", "V5", "V6", "ES", "AS", "AI",
)))  # fmt: skip
"""Lead specification codes (table 1 of the standard); -9 is an absent lead."""


@dataclass(frozen=True)
class IshneHeader:
    """What the header says about leads and samples; nothing in it about the patient is read.

    Attributes
    ----------
    byte_order : str
        ``<`` as the standard says; ``>`` for a file whose numbers are all big-endian.
    crc : int
        Checksum of the header from byte 10 to the end of the variable block.
    block_size, block_offset : int
        Length and first byte of the variable block.
    sample_count : int
        Samples of a lead or of all leads: files differ.
    samples_offset : int
        First byte of the samples.
    n_leads : int
        Number of leads, 1 to 12.
    codes, resolutions_nv : tuple of int
        Lead specification and nanovolts per step, of 12 leads; those that are absent have no
        positive value.
    date, time : tuple of int
        Day, month and year, and hour, minute and second, of the start.
    pacemaker : int
        Code of the pacemaker's type.
    sampling_rate_hz : int
        Samples per second of every lead.
    """

    byte_order: str
    crc: int
    block_size: int
    block_offset: int
    sample_count: int
    samples_offset: int
    n_leads: int
    codes: tuple[int, ...]
    resolutions_nv: tuple[int, ...]
    date: tuple[int, ...]
    time: tuple[int, ...]
    pacemaker: int
    sampling_rate_hz: int


def read_header(content: bytes) -> IshneHeader:
    """Return the fixed header.

    Parameters
    ----------
    content : bytes
        The first :data:`HEADER_BYTES` of the file, or all of a shorter file.

    Raises
    ------
    TruncatedHeaderError
        If the file ends inside its header.
    NoLeadsError
        If the header gives 0 leads.
    MalformedHeaderError
        If the number of leads is impossible.
    """
    if len(content) < HEADER_BYTES:
        raise TruncatedHeaderError(
            f"found {len(content)} bytes, expected a header of {HEADER_BYTES} bytes"
        )

    def numbers(layout: str, offset: int, order: str = "<") -> tuple[int, ...]:
        return struct.unpack_from(order + layout, content, offset)

    (n_leads,) = numbers("h", 156)
    (swapped,) = numbers("h", 156, ">")
    order = ">" if 1 <= swapped <= MAX_LEADS else "<"
    n_leads = swapped if order == ">" else n_leads
    if n_leads == 0:
        raise NoLeadsError(f"found 0 leads, expected 1 to {MAX_LEADS}")
    if not 1 <= n_leads <= MAX_LEADS:
        raise MalformedHeaderError(f"found {n_leads} leads, expected 1 to {MAX_LEADS}")
    block_size, sample_count, block_offset, samples_offset = numbers("4i", 10, order)
    return IshneHeader(
        byte_order=order,
        crc=numbers("H", 8, order)[0],
        block_size=block_size,
        block_offset=block_offset,
        sample_count=sample_count,
        samples_offset=samples_offset,
        n_leads=n_leads,
        codes=numbers("12h", 158, order),
        resolutions_nv=numbers("12h", 206, order),
        date=numbers("3h", 138, order),
        time=numbers("3h", 150, order),
        pacemaker=numbers("h", 230, order)[0],
        sampling_rate_hz=numbers("h", 272, order)[0],
    )


def crc_ccitt(data: bytes) -> int:
    """Return the CRC-16/CCITT-FALSE of ``data``: polynomial 0x1021, start value 0xFFFF."""
    return binascii.crc_hqx(data, 0xFFFF)
