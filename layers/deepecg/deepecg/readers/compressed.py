"""Recordings in a gzip or zip file: what is in it, and unfolding it to a temporary folder.

How much a file unfolds to is counted while it unfolds: what it declares is not trusted.
"""

import errno
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from deepecg.errors import ArchiveError, TooLargeError
from deepecg.readers.file_names_of_systems import is_junk_name
from deepecg.readers.formats import GZIP_SUFFIX, HEAD_BYTES

MAX_UNFOLDED_BYTES: Final = 1 << 32
"""Most bytes that a file may unfold to: 4 GiB, two weeks of seven leads at 250 Hz."""
MAX_RATIO: Final = 100
"""Most bytes that each byte of a file may unfold to. ECGs unfold to 2 to 10 times their size, those
with long flat stretches to some 50 times; a file that is made to fill the disk, to 1,000."""
SMALL_BYTES: Final = 16 << 20
"""Most bytes that any file may unfold to, whatever its own size: a flat lead of 9 hours at 250 Hz,
which is analysed in some 5 s."""
SPARE_BYTES: Final = 256 << 20
"""Storage that is left free beside what is unfolded, for the results."""
MAX_ENTRIES: Final = 10_000
"""Most files in a zip file: those of a WFDB record in segments of 5 minutes."""
_MAX_DIRECTORY_BYTES: Final = MAX_ENTRIES * 512
"""Longest directory of a zip file in bytes: it is in memory while the file is read."""

_GZIP_MAGIC: Final = b"\x1f\x8b\x08"
_ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_BLOCK_BYTES: Final = 1 << 20
_ENCRYPTED: Final = 1
"""Bit of a zip entry's flags."""
_END_RECORD: Final = struct.Struct("<4s4H2IH")
_END_MAGIC: Final = b"PK\x05\x06"
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_MAX_COMMENT_BYTES: Final = 1 << 16
_DAMAGE: Final = (zlib.error, zipfile.BadZipFile, struct.error, EOFError, ArithmeticError,
    RuntimeError, ValueError)  # fmt: skip
"""What zlib and zipfile raise for damaged files."""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of compression that are read; others may need any amount of memory."""
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BAD_ENTRY: Final = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EILSEQ,
    errno.EINVAL)  # fmt: skip
"""What the operating system says to names that no folder can have, and places before the file."""


def is_gzip(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a gzip file."""
    return head.startswith(_GZIP_MAGIC)


def is_zip(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a zip file."""
    return head.startswith(_ZIP_MAGIC)


def gzip_head(path: Path) -> bytes:
    """Return the first 4,096 bytes that a gzip file unfolds to, or fewer."""
    head = b""
    try:
        with path.open("rb") as file:
            for block in _unzipped(file, HEAD_BYTES):
                head += block
                if len(head) >= HEAD_BYTES:
                    break
    except (EOFError, zlib.error):
        pass
    return head[:HEAD_BYTES]


def zip_names(path: Path) -> list[str]:
    """Return the names of the files in a zip file, without folders, links and a system's own files.

    Raises
    ------
    ArchiveError
        If the file is damaged.
    TooLargeError
        If it contains more than :data:`MAX_ENTRIES` files.
    """
    with path.open("rb") as file, _zip_file(file) as archive:
        return [entry.filename for entry in _entries(archive)]


def unfold(path: Path, folder: Path, name: str | None = None) -> int | None:
    """Write the files in a gzip or zip file to a folder.

    Parameters
    ----------
    path : Path
        The compressed file.
    folder : Path
        A folder, which nothing is written outside of.
    name : str, optional
        Name of the content of a gzip file; by default the file's own without its last suffix.

    Returns
    -------
    int or None
        Number of bytes that a gzip file gave before it ended too early; None if it is whole.

    Raises
    ------
    ArchiveError
        If the file is damaged or encrypted, or has names that cannot be written.
    TooLargeError
        If it unfolds to more than is allowed, or the storage has room for.
    """
    budget = _Budget(folder)
    try:
        with path.open("rb") as file:
            if is_zip(file.read(len(_GZIP_MAGIC) + 1)):
                _unfold_zip(file, folder, budget)
                return None
            file.seek(0)
            is_named = path.suffix.casefold() == GZIP_SUFFIX
            inner = path.stem if is_named else path.name
            return _unfold_gzip(file, folder / (name or inner), budget)
    except _DAMAGE as error:
        raise ArchiveError(
            f"found a compressed file that cannot be unfolded ({type(error).__name__}), expected "
            "a whole one"
        ) from None
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise TooLargeError(
                "found no room for what the compressed file unfolds to, expected it in the "
                "temporary storage"
            ) from None
        if error.errno in _BAD_ENTRY:
            raise ArchiveError(
                "found names in the compressed file that no folder can have, expected one recording"
            ) from None
        raise


class _Budget:
    """Bytes that may be written, which grow with the bytes that were read for them."""

    def __init__(self, folder: Path) -> None:
        room = max(shutil.disk_usage(folder).free - SPARE_BYTES, 0)
        self._most = min(MAX_UNFOLDED_BYTES, room)
        self._n_bytes = 0

    def take(self, n_bytes: int, file: IO[bytes]) -> None:
        """Count bytes before they are written; ``file`` was read as far as its position."""
        self._n_bytes += n_bytes
        if self._n_bytes > min(self._most, max(SMALL_BYTES, MAX_RATIO * file.tell())):
            raise TooLargeError(
                f"found a compressed file that unfolds to {self._n_bytes} bytes or more, expected "
                f"at most {MAX_RATIO} times its size, {MAX_UNFOLDED_BYTES >> 30} GiB and what the "
                "temporary storage holds"
            )


def _unfold_gzip(file: IO[bytes], to: Path, budget: _Budget) -> int | None:
    n_bytes = 0
    with to.open("xb") as target:
        try:
            for block in _unzipped(file, _BLOCK_BYTES):
                budget.take(len(block), file)
                target.write(block)
                n_bytes += len(block)
        except EOFError:
            return n_bytes
    return None


def _unzipped(file: IO[bytes], block_bytes: int) -> Iterator[bytes]:
    """Yield the content of a gzip file, in blocks of bounded size; padding at its end is ignored.

    Raises
    ------
    EOFError
        If the file ends too early, after everything before was yielded.
    zlib.error
        If it is damaged.
    """
    compressed = file.read(block_bytes)
    while compressed.startswith(_GZIP_MAGIC[:2]):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while not member.eof:
            if not compressed:
                raise EOFError
            if block := member.decompress(compressed, block_bytes):
                yield block
            compressed = member.unconsumed_tail
            if not compressed and not member.eof:
                compressed = file.read(block_bytes)
        compressed = member.unused_data + file.read(block_bytes - len(member.unused_data))


def _unfold_zip(file: IO[bytes], folder: Path, budget: _Budget) -> None:
    with _zip_file(file) as archive:
        for entry in _entries(archive):
            if entry.flag_bits & _ENCRYPTED:
                raise ArchiveError("found an encrypted zip file, expected one without a password")
            if entry.compress_type not in _METHODS:
                raise ArchiveError(
                    f"found a zip file with compression method {entry.compress_type}, expected "
                    "deflate"
                )
            path = folder.joinpath(*_plain_parts(entry.filename))
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, path.open("xb") as target:
                while block := source.read(_BLOCK_BYTES):
                    budget.take(len(block), file)
                    target.write(block)


def _zip_file(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a zip file, unless its directory would take too much memory."""
    size = file.seek(0, 2)
    file.seek(max(size - _MAX_COMMENT_BYTES - _END_RECORD.size, 0))
    tail = file.read()
    at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise ArchiveError("found a zip file without its end, expected a whole one")
    _, _, _, _, n_entries, directory_bytes, _, _ = _END_RECORD.unpack_from(tail, at)
    if n_entries > MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise TooLargeError(
            f"found {n_entries} files in a zip file, expected at most {MAX_ENTRIES}"
        )
    if tail[:at][-_LOCATOR_BYTES:].startswith(_LOCATOR_MAGIC):  # of a directory of any length
        raise ArchiveError("found a zip file in zip64 format, expected one of less than 2 GiB")
    try:
        return zipfile.ZipFile(file)
    except _DAMAGE:
        raise ArchiveError("found a damaged zip file, expected a whole one") from None


def _entries(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the files of a zip file: no folders, no links, none that a system adds by itself."""
    for entry in archive.infolist():
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        parts = _plain_parts(entry.filename)
        if parts and not entry.is_dir() and not is_link and not any(map(is_junk_name, parts)):
            yield entry


def _plain_parts(name: str) -> list[str]:
    """Return folders and name of an entry, without what would lead out of the folder."""
    parts = re.split(r"[/\\]", name)
    return [part for part in parts if part.strip() not in {"", ".", ".."}]
