"""The Holter file formats: :data:`FORMATS` is the only list of them.

Detection, suffixes, the summary's schema, the API, the upload page and the command line's help all
follow from it. The API reads it while it starts, so this module imports no NumPy and no reader.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from deepecg.readers.wfdb_file_names import HEADER_SUFFIX

HEAD_BYTES: Final = 4096
"""Length of the part of a file that content tests get."""
BDF_MAGIC: Final = b"\xffBIOSEMI"
"""First bytes of a BDF file. Its samples have 24 bits, those of EDF 16."""

ContentTest = Callable[[bytes], bool]
"""``test(head)``: whether the first :data:`HEAD_BYTES` of a file, or all of a shorter file, are of
a format."""


def starts_with(*magic_numbers: bytes) -> ContentTest:
    """Return a test for content that starts with one of several magic numbers.

    A file that ends inside a magic number passes: it is a truncated file of that format.
    """

    def test(head: bytes) -> bool:
        return any(magic.startswith(head[: len(magic)]) for magic in magic_numbers)

    return test


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


@dataclass(frozen=True)
class HolterFormat:
    """The registration of a file format.

    Attributes
    ----------
    name : str
        ``recording.format`` in ``summary.json``.
    label : str
        The format's name in texts for people.
    suffixes : tuple of str
        Suffixes of a recording's main file, in lower case, each with its dot.
    reader : str
        ``module:function``. The function takes the main file's path and
        :class:`~deepecg.readers.reading_options.ReadingOptions` and returns a
        :class:`~deepecg.recording.Recording`. It is imported when the first such file is opened.
    test_content : ContentTest or None
        Recognises the format whatever the file's suffix is. None for a format without a magic
        number: a file without a recognised content is of the format that has its suffix.
    parts : str
        The other files that a recording needs, in words. Empty if the main file is all.
    content_type : str
        Media type that the main file is uploaded with.
    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    reader: str
    test_content: ContentTest | None = None
    parts: str = ""
    content_type: str = "application/octet-stream"

    def __str__(self) -> str:
        """Return label, suffixes and parts: ``WFDB (.hea with its signal files)``."""
        files = ", ".join(self.suffixes) + (f" with {self.parts}" if self.parts else "")
        return f"{self.label} ({files})"


FORMATS: Final = (
    HolterFormat(
        name="wfdb",
        label="WFDB",
        suffixes=(HEADER_SUFFIX,),
        reader="deepecg.readers.wfdb:read_wfdb",
        parts="its signal files",
        content_type="text/plain",
    ),
    HolterFormat(
        name="edf",
        label="EDF, EDF+, BDF",
        suffixes=(".edf", ".bdf"),
        reader="deepecg.readers.edf:read_edf",
        test_content=starts_with(b"0       ", BDF_MAGIC),
    ),
    HolterFormat(
        name="ishne",
        label="ISHNE",
        suffixes=(".ecg",),
        reader="deepecg.readers.ishne:read_ishne",
        test_content=starts_with(b"ISHNE1.0"),
    ),
    HolterFormat(
        name="dicom",
        label="DICOM",
        suffixes=(".dcm", ".dicom"),
        reader="deepecg.readers.dicom:read_dicom",
        test_content=is_dicom,
        content_type="application/dicom",
    ),
    HolterFormat(
        name="scp_ecg",
        label="SCP-ECG",
        suffixes=(".scp",),
        reader="deepecg.readers.scp_ecg:read_scp_ecg",
        test_content=is_scp_ecg,
    ),
    HolterFormat(
        name="hl7_aecg",
        label="HL7 aECG",
        suffixes=(".xml", ".aecg"),
        reader="deepecg.readers.hl7_aecg:read_hl7_aecg",
        test_content=is_hl7_aecg,
        content_type="application/xml",
    ),
)


def _alternatives(words: Iterable[str]) -> str:
    """Return ``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}"


FORMAT_NAMES: Final = tuple(item.name for item in FORMATS)
"""Every value of ``recording.format`` in ``summary.json``."""
RECORDING_SUFFIXES: Final = tuple(suffix for item in FORMATS for suffix in item.suffixes)
"""Suffixes of recordings' main files, in lower case."""
SINGLE_FILE_SUFFIXES: Final = tuple(
    suffix for item in FORMATS if not item.parts for suffix in item.suffixes
)
"""Suffixes of the formats whose recordings are one file each, in lower case."""
FORMAT_LIST: Final = _alternatives(map(str, FORMATS))
"""For texts: ``WFDB (.hea with its signal files), EDF, EDF+, BDF (.edf, .bdf) or ISHNE (.ecg)``."""
SUFFIX_LIST: Final = _alternatives(RECORDING_SUFFIXES)
"""For texts: ``.hea, .edf, .bdf or .ecg``."""


def is_recording_name(name: str) -> bool:
    """Return whether a file name, path or key has the suffix of a recording's main file."""
    return PurePath(name).suffix.casefold() in RECORDING_SUFFIXES


def detect_format(head: bytes, suffix: str) -> HolterFormat | None:
    """Return the format of a file.

    Parameters
    ----------
    head : bytes
        The file's first :data:`HEAD_BYTES`, at least one.
    suffix : str
        The suffix of its name. It decides only where no format recognises the content.

    Returns
    -------
    HolterFormat or None
        None if the file is of no format that is read.
    """
    for item in FORMATS:
        if item.test_content is not None and item.test_content(head):
            return item
    for item in FORMATS:
        if item.test_content is None and suffix.casefold() in item.suffixes:
            return item
    return None
