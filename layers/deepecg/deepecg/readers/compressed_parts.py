"""Files beside a compressed main file, and compressed files beside a WFDB header."""

import os
from pathlib import Path
from typing import Final

from deepecg.errors import ArchiveError, RefusedRecordingError
from deepecg.readers.compressed import MAX_ENTRIES, unfold
from deepecg.readers.formats import GZIP_SUFFIX, recording_stem
from deepecg.readers.mark_file_names import NOTE_SUFFIXES
from deepecg.readers.wfdb_file_names import is_header_name
from deepecg.readers.wfdb_header import read_header

_READ_BESIDE: Final = (*NOTE_SUFFIXES, ".csv.json", ".tsv.json")
"""Suffixes of files that readers look for beside a main file."""


def has_compressed_parts(header: Path) -> bool:
    """Return whether there are gzip files, which may be parts of a record, beside its header."""
    with os.scandir(header.parent) as entries:
        return any(entry.name.casefold().endswith(GZIP_SUFFIX) for entry in entries)


def gather_files_beside(source: Path, folder: Path) -> int | None:
    """Put what belongs to a main file beside it, unfolded.

    Parameters
    ----------
    source : Path
        Where the main file comes from, compressed or not; the other files are beside it.
    folder : Path
        Where its unfolded copy is, alone. It gets links to files that are not compressed.

    Returns
    -------
    int or None
        Number of bytes that a gzip file gave before it ended too early; None if all are whole.
    """
    stem = recording_stem(source.name.removesuffix(GZIP_SUFFIX))
    for suffix in _READ_BESIDE:
        _link(source.with_name(stem + suffix), folder)
    n_bytes_of_part = None
    headers = [path for path in folder.iterdir() if is_header_name(path.name)]
    gathered: set[str] = set()
    while headers:
        try:
            names = set(read_header(headers.pop()).files) - gathered
        except RefusedRecordingError:
            continue  # which is reported when the record is opened
        gathered |= names
        if len(gathered) > MAX_ENTRIES:
            raise ArchiveError(f"found {len(gathered)} files, expected at most {MAX_ENTRIES}")
        for name in names:
            path, packed = source.with_name(name), source.with_name(name + GZIP_SUFFIX)
            if not path.exists() and packed.is_file():
                n_bytes_of_part = unfold(packed, folder) or n_bytes_of_part
            else:
                _link(path, folder)
            if is_header_name(name) and (folder / name).exists():
                headers.append(folder / name)
    return n_bytes_of_part


def _link(path: Path, folder: Path) -> None:
    if path.is_file() and not (folder / path.name).exists():
        (folder / path.name).symlink_to(path.absolute())
