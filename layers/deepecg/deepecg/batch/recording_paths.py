"""Which recordings are scored, and where in the folder of results each one's results go."""

import os
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from deepecg.batch.made_by import MADE_BY_FILE
from deepecg.night.night_store import NIGHTS, REPORTS
from deepecg.outputs.recording_id import ID_DIGITS, recording_id
from deepecg.readers.file_names_of_systems import is_junk_name
from deepecg.readers.formats import recording_suffix
from deepecg.readers.found_recordings import main_file

RESERVED = (NIGHTS, REPORTS)
"""Folders of the results that are not recordings."""
MAX_NAME_BYTES = 200
"""Longest name of results; file systems take 255 bytes, of which the files' suffixes need some."""


def refuse_missing(paths: Iterable[Path]) -> None:
    """Reject paths at which there is nothing.

    Raises
    ------
    FileNotFoundError
        The message names the path, and similar names in its folder.
    """
    for path in paths:
        if path.exists() or path.is_symlink() or main_file(path).exists():
            continue
        folder = path.parent
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        close = " or ".join(get_close_matches(path.name, names, n=3))
        hint = f": did you mean {close}?" if close else ""
        raise FileNotFoundError(f"no such file or folder: {shown(path)}{hint}")


def files_below(folder: Path, results: Path) -> list[Path]:
    """Return the files in a folder and its subfolders, sorted.

    Parameters
    ----------
    folder : Path
        Where to search. What is hidden, or a system adds by itself, is left out.
    results : Path
        The folder of results. What is in it or in a recording's results is left out.

    Returns
    -------
    list of Path
        Links to nothing are among them, and instead of their files the subfolders that cannot be
        read and links to folders, so that none of them is left out without a word.
    """
    own = [results.absolute(), *(results.absolute() / name for name in RESERVED)]
    found: list[Path] = []

    def is_own(path: Path) -> bool:
        return path.absolute() in own or (path / MADE_BY_FILE).exists()

    def not_read(error: OSError) -> None:
        found.append(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=not_read):
        below = [Path(place, name) for name in folders if not is_junk_name(name)]
        closed = [path for path in below if not os.access(path, os.X_OK)]
        searched = [path for path in below if path not in closed and not is_own(path)]
        folders[:] = [path.name for path in searched]
        files = [Path(place, name) for name in names if not is_junk_name(name)]
        found += [*closed, *(path for path in searched if path.is_symlink())]
        found += [path for path in files if path.is_file() or path.is_symlink()]
    return sorted(found)


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
    stem = name.removesuffix(recording_suffix(name))
    return stem if stem.strip(".") else name


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
