"""Files beside a compressed main file, and compressed files beside a WFDB header."""

import os
from collections.abc import Iterator
from pathlib import Path

from deepecg.errors import ArchiveError, RefusedRecordingError
from deepecg.readers.compressed import MAX_ENTRIES, unfold
from deepecg.readers.files_beside import names_beside, same_in_any_case
from deepecg.readers.formats import GZIP_SUFFIX
from deepecg.readers.suffixes_beside import DIARY_SUFFIX
from deepecg.readers.wfdb_file_names import is_header_name
from deepecg.readers.wfdb_header import read_header


def has_compressed_parts(header: Path) -> bool:
    """Return whether a file that a WFDB header names is there in a gzip file only."""
    with os.scandir(header.parent) as entries:
        if not any(entry.name.casefold().endswith(GZIP_SUFFIX) for entry in entries):
            return False
    beside = _names_in(header.parent)
    return any(
        same_in_any_case(name) not in beside and same_in_any_case(name) + GZIP_SUFFIX in beside
        for name in _needed_files(header, header.parent)
    )


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

    Raises
    ------
    ArchiveError, TooLargeError
        As :func:`~deepecg.readers.compressed.unfold`, or if a record has more than
        :data:`~deepecg.readers.compressed.MAX_ENTRIES` files.
    """
    beside = _names_in(source.parent)
    headers = [path for path in folder.iterdir() if is_header_name(path.name)]
    n_bytes_of_part = None

    def gather(name: str) -> None:
        nonlocal n_bytes_of_part
        same = same_in_any_case(name)
        plain, packed = beside.get(same), beside.get(same + GZIP_SUFFIX)
        if (folder / name).exists():
            return
        if plain is not None:
            (folder / name).symlink_to(plain.absolute())
        elif packed is not None:
            n_bytes_of_part = unfold(packed, folder, name) or n_bytes_of_part

    for name in names_beside(source.name):
        if not name.endswith(DIARY_SUFFIX):  # which is read beside the source
            gather(name)
    for header in headers:
        for name in _needed_files(header, folder):
            gather(name)
    return n_bytes_of_part


def _needed_files(header: Path, folder: Path) -> Iterator[str]:
    """Yield the files that a record needs; headers of segments are read after they were yielded."""
    names: dict[str, None] = {}
    headers = [header]
    while headers:
        try:
            found = [name for name in read_header(headers.pop()).files if name not in names]
        except (RefusedRecordingError, OSError):
            continue  # which is reported when the record is opened
        names |= dict.fromkeys(found)
        if len(names) > MAX_ENTRIES:
            raise ArchiveError(f"found {len(names)} files, expected at most {MAX_ENTRIES}")
        for name in found:
            yield name
            if is_header_name(name):
                headers.append(folder / name)


def _names_in(folder: Path) -> dict[str, Path]:
    """Return the files in a folder, by their names whatever case and Unicode form these have."""
    return {same_in_any_case(path.name): path for path in folder.iterdir() if path.is_file()}
