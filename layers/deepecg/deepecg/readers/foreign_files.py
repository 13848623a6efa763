"""Recognises files that people pass by mistake, so that a message can say what a file is."""

import re
import struct
from typing import Final

from deepecg.readers.formats import starts_with
from deepecg.readers.wfdb_file_names import SIGNAL_NAME

_LAST_ANNOTATION_CODE: Final = 49
_FIRST_PSEUDO_CODE: Final = 59
_SKIP: Final = 59
"""Code of an interval of more than 10 bits, which is in the four bytes after it."""
_AUX: Final = 63
"""Code of a text, as long as the interval says and padded to an even length."""
_MIN_ANNOTATIONS: Final = 3
_TAR_MAGIC: Final = slice(257, 262)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_XML_ROOT: Final = re.compile(r"<(?:\w+:)?(?P<root>[A-Za-z]\w*)")
_XML_KINDS: Final = {"restingecgdata": "a Philips XML file", "restingecg": "a GE MUSE XML file",
    "html": "an HTML page", "svg": "an SVG picture"}  # fmt: skip

WFDB_ANNOTATIONS: Final = "a WFDB annotation file, which contains beats and no ECG"
_ISHNE_ANNOTATIONS: Final = "an ISHNE annotation file, which contains beats and no ECG"
ANNOTATION_KINDS: Final = (WFDB_ANNOTATIONS, _ISHNE_ANNOTATIONS)

_MAGIC_NUMBERS: Final = (
    (_ISHNE_ANNOTATIONS, (b"ANN  1.0",)),
    ("a PDF document", (b"%PDF-",)),
    ("a picture", (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM6", b"II*\0", b"MM\0*")),
    ("a database (SQLite)", (b"SQLite format 3\0",)),
    ("an Office document", (b"\xd0\xcf\x11\xe0",)),
    ("a compressed file of another kind, which has to be unpacked first",
     (b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")),
    ("an HL7 v2 message", (b"MSH|", b"\x0bMSH|")),
    ("a MATLAB file", (b"MATLAB 5.0",)),
    ("an HDF5 file", (b"\x89HDF\r\n",)),
    ("a sound file", (b"RIFF", b"ID3", b"fLaC", b"OggS")),
    ("a program", (b"MZ", b"\x7fELF")),
)  # fmt: skip


def foreign_kind(head: bytes, name: str) -> str | None:
    """Return what a file is that is of none of the formats, in words; None if that is not known.

    Parameters
    ----------
    head : bytes
        Its first 4,096 bytes, or all of a shorter file.
    name : str
        Its name.

    Returns
    -------
    str or None
        Such as "a PDF document". Contains nothing of the file.
    """
    for kind, magic_numbers in _MAGIC_NUMBERS:
        if len(head) >= len(max(magic_numbers, key=len)) and starts_with(*magic_numbers)(head):
            return kind
    if head[_TAR_MAGIC] == b"ustar":
        return "a tar archive, which has to be unpacked first"
    text = _text(head)
    if text is not None:
        return _kind_of_text(text)
    if not SIGNAL_NAME.search(name) and _is_wfdb_annotation(head):
        return WFDB_ANNOTATIONS
    return None


def _text(head: bytes) -> str | None:
    encoding = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    text = head.decode(encoding, errors="replace")
    # The last character may be cut.
    return None if _CONTROLS.search(text) or "\ufffd" in text[:-1] else text


def _kind_of_text(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith("<"):
        return "plain text"
    root = _XML_ROOT.search(start)
    return _XML_KINDS.get(root["root"].casefold() if root else "", "an XML file of another kind")


def _is_wfdb_annotation(head: bytes) -> bool:
    """Return whether content is a WFDB annotation file: annotations up to a word of 0.

    References
    ----------
    Moody GB. WFDB Applications Guide: annot(5). https://physionet.org/physiotools/wag/annot-5.htm
    """
    at, n_annotations = 0, 0
    while at + 2 <= len(head):
        (word,) = struct.unpack_from("<H", head, at)
        code, interval = word >> 10, word & 0x3FF
        at += 2
        if word == 0:
            return n_annotations >= _MIN_ANNOTATIONS and at == len(head)
        if code == 0 or _LAST_ANNOTATION_CODE < code < _FIRST_PSEUDO_CODE:
            return False
        n_annotations += code <= _LAST_ANNOTATION_CODE
        at += 4 if code == _SKIP else interval + interval % 2 if code == _AUX else 0
    return n_annotations >= _MIN_ANNOTATIONS
