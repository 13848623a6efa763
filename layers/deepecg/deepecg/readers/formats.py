"""The Holter file formats: :data:`FORMATS` is the only list of them.

Detection, suffixes, the summary's schema, the API, the upload page and the command line's help all
follow from it. The API reads it while it starts, so this module imports no NumPy and no reader.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from deepecg.readers.content_tests import (
    is_dicom,
    is_edf_header,
    is_hl7_aecg,
    is_scp_ecg,
    is_wfdb_header,
)
from deepecg.readers.suffixes_beside import DIARY_SUFFIX
from deepecg.readers.text_table import looks_like_table
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
    suffix_suffices : bool
        Whether that is so although there is a content test, which then recognises only files that
        are not damaged.
    parts : str
        The other files that a recording needs, in words. Empty if the main file is all.
    content_type : str
        Media type that the main file is uploaded with.
    shared_suffixes : tuple of str
        Suffixes that files of other kinds have, too. In a folder, such a file is a recording only
        if its content is recognised. They may be none of ``suffixes``: ``.txt``.
    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    reader: str
    test_content: ContentTest | None = None
    parts: str = ""
    content_type: str = "application/octet-stream"
    suffix_suffices: bool = False
    shared_suffixes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return label, suffixes and parts: ``WFDB (.hea with its signal files)``."""
        files = ", ".join(self.suffixes) + (f" with {self.parts}" if self.parts else "")
        return f"{self.label} ({files})"


_is_edf_or_bdf: Final = starts_with(b"0       ", BDF_MAGIC)
FORMATS: Final = (
    HolterFormat(
        name="wfdb",
        label="WFDB",
        suffixes=(HEADER_SUFFIX,),
        reader="deepecg.readers.wfdb:read_wfdb",
        test_content=is_wfdb_header,
        suffix_suffices=True,
        parts="its signal files",
        content_type="text/plain",
    ),
    HolterFormat(
        name="edf",
        label="EDF, EDF+, BDF",
        suffixes=(".edf", ".bdf", ".edf+", ".bdf+", ".rec"),
        reader="deepecg.readers.edf:read_edf",
        test_content=lambda head: _is_edf_or_bdf(head) or is_edf_header(head),
    ),
    HolterFormat(
        name="ishne",
        label="ISHNE",
        suffixes=(".ecg", ".ish", ".ishne"),
        reader="deepecg.readers.ishne:read_ishne",
        test_content=starts_with(b"ISHNE1.0", b"ishne1.0", b"Ishne1.0"),
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
        shared_suffixes=(".xml",),
    ),
    HolterFormat(
        name="text",
        label="CSV, TSV",
        suffixes=(".csv", ".tsv"),
        reader="deepecg.readers.text:read_text",
        test_content=looks_like_table,
        content_type="text/csv",
        shared_suffixes=(".csv", ".tsv", ".txt"),
    ),
)


def _alternatives(words: Iterable[str]) -> str:
    """Return ``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}"


FORMAT_TITLES: Final = {item.name: item.label.partition(",")[0] for item in FORMATS}
"""What a recording's format is called on pages, by its name in ``summary.json``."""
FORMAT_NAMES: Final = tuple(item.name for item in FORMATS)
"""Every value of ``recording.format`` in ``summary.json``."""
PLAIN_SUFFIXES: Final = tuple(suffix for item in FORMATS for suffix in item.suffixes)
"""Suffixes of recordings' main files that are not compressed, in lower case."""
SHARED_SUFFIXES: Final = tuple(suffix for item in FORMATS for suffix in item.shared_suffixes)
"""Suffixes of recordings and of files of other kinds, in lower case."""
_PLAIN_SINGLE_SUFFIXES: Final = tuple(
    suffix for item in FORMATS if not item.parts for suffix in item.suffixes
)
GZIP_SUFFIX: Final = ".gz"
ZIP_SUFFIX: Final = ".zip"
COMPRESSED_SUFFIXES: Final = (
    *(suffix + GZIP_SUFFIX for suffix in _PLAIN_SINGLE_SUFFIXES),
    ZIP_SUFFIX,
)
"""Suffixes of one compressed recording, in lower case: a zip file may contain several files of it.
"""
RECORDING_SUFFIXES: Final = (*PLAIN_SUFFIXES, *COMPRESSED_SUFFIXES)
"""Suffixes of recordings' main files, in lower case."""
SINGLE_FILE_SUFFIXES: Final = (*_PLAIN_SINGLE_SUFFIXES, *COMPRESSED_SUFFIXES)
"""Suffixes of recordings that are one file each, in lower case."""
FORMAT_LIST: Final = f"{_alternatives(map(str, FORMATS))}; or one of them in a .gz or .zip file"
"""For texts: ``WFDB (.hea with its signal files), EDF, EDF+, BDF (.edf, .bdf) …; or one of them in
a .gz or .zip file``."""
SUFFIX_LIST: Final = _alternatives(PLAIN_SUFFIXES)
"""For texts: ``.hea, .edf, .bdf or .ecg``."""


def recording_suffix(name: str) -> str:
    """Return the suffix of a recording's main file as it is written: ``.EDF`` or ``.edf.gz``.

    Empty for a name without one, and for files beside a recording, such as ``x.diary.csv``.
    """
    name = PurePath(name).name
    folded = name.casefold()
    if folded.endswith(DIARY_SUFFIX):
        return ""
    matching = (item for item in RECORDING_SUFFIXES if folded.endswith(item) and folded != item)
    length = max(map(len, matching), default=0)
    return name[len(name) - length :]


def recording_stem(name: str) -> str:
    """Return the name of a recording without its suffix: ``x`` for ``x.edf.gz``.

    Files beside the recording, such as its diary, have this name and a suffix of their own.
    """
    return name.removesuffix(recording_suffix(name) or PurePath(name).suffix)


def is_recording_name(name: str) -> bool:
    """Return whether a file name, path or key has the suffix of a recording's main file."""
    return recording_suffix(name) != ""


def has_shared_suffix(name: str) -> bool:
    """Return whether only the content of a file of this name shows if it is a recording."""
    folded = PurePath(name).name.casefold()
    return PurePath(folded).suffix in SHARED_SUFFIXES and not folded.endswith(DIARY_SUFFIX)


def detect_format(head: bytes, suffix: str) -> HolterFormat | None:
    """Return the format of a file that is not compressed.

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
        by_suffix = item.test_content is None or item.suffix_suffices
        if by_suffix and suffix.casefold() in item.suffixes:
            return item
    return None
