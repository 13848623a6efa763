"""Tests that recognise formats without a magic number by the first bytes of a file."""

import re
from typing import Final

_EDF_HEADER_BYTES: Final = 256
_EDF_NUMBERS: Final = (slice(184, 192), slice(236, 244), slice(244, 252), slice(252, 256))
"""Fields of an EDF header that are numbers: bytes of the header, records, their length in seconds,
signals."""
_EDF_TIMES: Final = (slice(168, 176), slice(176, 184))
"""Fields of start date and time: two digits three times, with any separator."""
_NUMBER: Final = re.compile(rb"[+-]?\d+([.,]\d*)?([eE][+-]?\d+)?")
_TIME: Final = re.compile(rb" ?\d{1,2}[^\d\s] ?\d{1,2}[^\d\s] ?\d{1,2} *")

_WFDB_RECORD_LINE: Final = re.compile(r"[\w-]+(?P<segments>/\d+)?\s+[1-9]\d*(\s+[\d.].*)?")
_WFDB_SIGNAL_LINE: Final = re.compile(
    r"(?=\S*[a-zA-Z~])\S+\s+(0|8|16|24|32|61|80|160|212|310|311|508|516|524)"
    r"(x\d+)?(:\d+)?(\+\d+)?(\s.*)?"
)
_WFDB_SEGMENT_LINE: Final = re.compile(r"([\w-]+|~)\s+\d+(\s.*)?")

_DICOM_WITHOUT_PREAMBLE: Final = re.compile(
    rb"\x02\0\0\0UL\x04\0|\x08\0[\0\1\5\x08\x16]\0(?:[A-Z]{2}.\0|.\0\0\0)"
    rb"|\0\x08\0[\0\1\5\x08\x16](?:[A-Z]{2}\0.|\0\0\0.)",
    re.DOTALL,
)
"""First element of a file without preamble: of group 2, or of group 8 in either order of bytes."""
_AECG: Final = re.compile(
    r"\s*+(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?>)\s*+)*+<(?:[\w.-]++:)?AnnotatedECG[\s/>]",
    re.DOTALL,
)
"""The root element of an HL7 aECG, after declaration, comments and processing instructions."""


def is_edf_header(head: bytes) -> bool:
    """Return whether content has numbers and times where an EDF or BDF header has them.

    Some recorders write another version than the standard's, which is its magic number.
    """
    if len(head) < _EDF_HEADER_BYTES:
        return False
    numbers = [head[place].strip(b" \0") for place in _EDF_NUMBERS]
    n_times = sum(_TIME.fullmatch(head[place]) is not None for place in _EDF_TIMES)
    return all(map(_NUMBER.fullmatch, numbers)) and n_times > 0


def is_wfdb_header(head: bytes) -> bool:
    """Return whether content is a WFDB header: a record line, and then a signal or a segment.

    A damaged header, or one without signals, is not recognised.
    """
    text = head.decode("latin-1").removeprefix("\u00ef\u00bb\u00bf")
    lines = (line.strip() for line in re.split(r"\r\n|\n|\r", text))
    record, first = ([line for line in lines if line and line[0] != "#"] + ["", ""])[:2]
    found = _WFDB_RECORD_LINE.fullmatch(record)
    if found is None:
        return False
    line = _WFDB_SEGMENT_LINE if found["segments"] else _WFDB_SIGNAL_LINE
    return line.fullmatch(first) is not None


def is_dicom(head: bytes) -> bool:
    """Return whether a file's first bytes are those of DICOM, with or without a preamble."""
    return head[128:132] == b"DICM" or _DICOM_WITHOUT_PREAMBLE.match(head) is not None


def is_scp_ecg(head: bytes) -> bool:
    """Return whether a file's first bytes are those of SCP-ECG.

    After CRC and size comes section 0, whose header ends in "SCPECG"; older files leave that out,
    but all start with a pointer to section 0 itself, at byte 7.
    """
    pointer = int.from_bytes(head[22:24], "little"), int.from_bytes(head[28:32], "little")
    return head[16:22] == b"SCPECG" or (head[8:10] == b"\0\0" and pointer == (0, 7))


def is_hl7_aecg(head: bytes) -> bool:
    """Return whether a file's first bytes are XML with the root element AnnotatedECG."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="ignore")
    return _AECG.match(text) is not None
