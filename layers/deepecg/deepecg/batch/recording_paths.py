"""Which recordings are scored, and where in the folder of results each one's results go."""

import os
import unicodedata
from collections.abc import Iterable, Sequence, Set
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from deepecg.batch.made_by import MADE_BY_FILE, SIDECAR_SUFFIX
from deepecg.errors import RefusedRecordingError
from deepecg.night.night_store import NIGHTS, REPORTS
from deepecg.outputs.recording_id import ID_DIGITS, recording_id
from deepecg.readers.formats import HEAD_BYTES, SUFFIX_LIST, detect_format, is_recording_name
from deepecg.readers.mark_file_names import mark_suffix
from deepecg.readers.wfdb_file_names import ANNOTATION_NAME, HEADER_SUFFIX, SIGNAL_NAME
from deepecg.readers.wfdb_header import Header, read_header

RESERVED = (NIGHTS, REPORTS)
"""Folders of the results that are not recordings."""
PACKED_SUFFIXES = (".gz", ".zip")
"""Suffixes after that of the format, as in ``holter.edf.gz``."""
MAX_NAME_BYTES = 200
"""Longest name of results; file systems take 255 bytes, of which the files' suffixes need some."""
ANNOTATION_FILE = "a WFDB annotation file, which contains no signal"
OTHER_FILE = f"not a recording: neither its content nor its name ({SUFFIX_LIST}) is that of one"


def refuse_missing(paths: Iterable[Path]) -> None:
    """Reject paths at which there is nothing.

    Raises
    ------
    FileNotFoundError
        The message names the path, and similar names in its folder.
    """
    for path in paths:
        if path.exists() or _with_header_suffix(path).exists():
            continue
        folder = path.parent
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        close = " or ".join(get_close_matches(path.name, names, n=3))
        hint = f": did you mean {close}?" if close else ""
        raise FileNotFoundError(f"no such file or folder: {shown(path)}{hint}")


def sort_paths(paths: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the recordings among files, and what is none with the reason.

    Parameters
    ----------
    paths : sequence of Path
        Files, as a shell's pattern gives them. A WFDB record's header without its suffix and any
        of its signal files stand for the header.

    Returns
    -------
    recordings : list of Path
        Main files, each once. Files that belong to another one that is given are left out.
    others : list of (Path, str)
        Files that are skipped, each with the reason.
    """
    recordings: dict[Path, None] = {}
    others: list[tuple[Path, str]] = []
    headers: dict[Path, dict[str, Path]] = {}
    given = set(paths)
    for path in paths:
        main = path if path.is_file() else _with_header_suffix(path)
        if not _is_recording(main) and SIGNAL_NAME.search(main.name):
            folder = main.parent
            if folder not in headers:
                headers[folder] = _headers_by_part(folder)
            main = headers[folder].get(main.name.casefold(), main)
        if _is_recording(main):
            recordings[main] = None
        elif not _is_beside(path, given):
            others.append((path, _reason(main)))
    parts = {
        main.with_name(name)
        for main in recordings
        if main.suffix.casefold() == HEADER_SUFFIX and (header := _header(main)) is not None
        for name in header.files
    }
    return [main for main in recordings if main not in parts], others


def files_below(folder: Path, results: Path) -> list[Path]:
    """Return the files in a folder and its subfolders, sorted.

    Parameters
    ----------
    folder : Path
        Where to search. What is in a hidden folder or has a hidden name is left out.
    results : Path
        The folder of results. What is in it or in a recording's results is left out.
    """
    own = [results.absolute(), *(results.absolute() / name for name in RESERVED)]
    known = {folder: False}

    def is_left_out(path: Path) -> bool:
        if path not in known:
            is_own = path.absolute() in own or (path / MADE_BY_FILE).exists()
            known[path] = is_own or path.name.startswith(".") or is_left_out(path.parent)
        return known[path]

    return sorted(
        path
        for path in folder.rglob("*")
        if not path.name.startswith(".") and not is_left_out(path.parent) and path.is_file()
    )


def result_names(given: Sequence[Path], recordings: Iterable[Path]) -> dict[str, Path]:
    """Return the recordings by the name of their folder of results.

    Parameters
    ----------
    given : sequence of Path
        Files and folders as given on the command line. What lies below their common folder is
        kept in the names.
    recordings : iterable of Path
        Main files, each one given or in a given folder.

    Returns
    -------
    dict of str to Path
        Relative paths with ``/``, in Unicode's composed form. No two differ only in case, none is
        the parent of another, and none is a reserved name, so that no disk mixes them up.
    """
    tops = [path if path.is_dir() else path.parent for path in given]
    top = os.path.commonpath([os.path.abspath(path) for path in tops])  # noqa: PTH100
    names: dict[Path, tuple[Path, PurePosixPath]] = {}
    for path in recordings:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100  (symbolic links stay as they are)
        if absolute in names:
            continue
        below = absolute.parent.relative_to(top)
        wanted = (below / _shortened(without_suffix(path.name))).as_posix()
        composed = PurePosixPath(unicodedata.normalize("NFC", wanted))
        names[absolute] = path, _unreserved(composed)
    folders = {_key(parent) for _, name in names.values() for parent in name.parents}
    taken = folders | {_key(PurePosixPath(name)) for name in RESERVED}
    found: dict[str, Path] = {}
    for path, first in names.values():
        name, number = first, 1
        while _key(name) in taken:
            number += 1
            name = first.with_name(f"{first.name}_{number}")
        taken.add(_key(name))
        found[name.as_posix()] = path
    return found


def without_suffix(name: str) -> str:
    """Return the name of a file without the suffixes of packing and format."""
    stem = Path(name)
    if stem.suffix.casefold() in PACKED_SUFFIXES:
        stem = stem.with_suffix("")
    if is_recording_name(stem.name):
        stem = stem.with_suffix("")
    return stem.name if stem.name.strip(".") else name


def shown(path: Path | str) -> str:
    """Return a path as it is printed: control characters and undecodable bytes are escaped."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in str(path)
    )


def _shortened(name: str) -> str:
    """Return a name to which the suffixes of results can be added."""
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    start = os.fsencode(name)[: MAX_NAME_BYTES - ID_DIGITS - 1].decode(errors="ignore")
    return f"{start}-{recording_id(name)}"


def _unreserved(name: PurePosixPath) -> PurePosixPath:
    """Return a name below whose first folder no other results lie."""
    first, *rest = name.parts
    if rest and first.casefold() in RESERVED:
        return PurePosixPath(f"{first}_2", *rest)
    return name


def _key(name: PurePosixPath) -> str:
    """Return what is equal for names that are one file on some disk."""
    return unicodedata.normalize("NFC", name.as_posix()).casefold()


def _with_header_suffix(path: Path) -> Path:
    return path.with_name(f"{path.name}{HEADER_SUFFIX}")


def _is_recording(path: Path) -> bool:
    """Return whether a file is a recording by its content, or should be one by its name."""
    if mark_suffix(path.name) is not None:
        return False
    if is_recording_name(path.name):
        return True
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    return bool(head) and detect_format(head, path.suffix) is not None


def _is_beside(path: Path, given: Set[Path]) -> bool:
    """Return whether a file is not listed, because it is read with the recording beside it."""
    described = path.suffix == SIDECAR_SUFFIX and path.with_suffix("") in given
    return described or mark_suffix(path.name) is not None


def _headers_by_part(folder: Path) -> dict[str, Path]:
    """Return the headers in a folder by the names of the signal files that they need."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.casefold() == HEADER_SUFFIX and (header := _header(path)) is not None:
            found.update({name.casefold(): path for name in header.files})
    return found


def _header(path: Path) -> Header | None:
    """Return a header; None if it is damaged, which is said when it is opened."""
    try:
        return read_header(path)
    except (RefusedRecordingError, OSError):
        return None


def _reason(path: Path) -> str:
    """Return why a file is skipped."""
    if ANNOTATION_NAME.search(path.name):
        return ANNOTATION_FILE
    if SIGNAL_NAME.search(path.name):
        return f"a signal file that no header ({HEADER_SUFFIX}) in its folder names"
    return OTHER_FILE
