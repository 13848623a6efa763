"""Sorts files into recordings, files that belong to one, and files of other kinds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deepecg.errors import RefusedRecordingError
from deepecg.readers.compressed import gzip_head, is_gzip, is_zip, zip_names
from deepecg.readers.file_names_of_systems import is_junk_name
from deepecg.readers.files_beside import FilesBeside, same_in_any_case
from deepecg.readers.foreign_files import ANNOTATION_KINDS, WFDB_ANNOTATIONS, foreign_kind
from deepecg.readers.formats import (
    GZIP_SUFFIX,
    HEAD_BYTES,
    PLAIN_SUFFIXES,
    SHARED_SUFFIXES,
    ZIP_SUFFIX,
    detect_format,
    has_shared_suffix,
    is_recording_name,
    recording_stem,
)
from deepecg.readers.suffixes_beside import OWN_SUFFIXES
from deepecg.readers.wfdb_file_names import (
    ANNOTATION_NAME,
    HEADER_SUFFIX,
    SIGNAL_NAME,
    is_header_name,
)
from deepecg.readers.wfdb_header import Header, read_header

_HOLTER_SUFFIXES: Final = tuple(
    suffix for suffix in PLAIN_SUFFIXES if suffix not in (*SHARED_SUFFIXES, HEADER_SUFFIX, ".rec")
)
"""Suffixes of recordings only: such a file is listed whatever it contains, so that its rejection is
reported. Annotation files may have them, too; ``.rec`` is the suffix of many other things."""


@dataclass(frozen=True)
class SkippedFile:
    """A file that is no recording.

    Attributes
    ----------
    path : Path
        The file.
    reason : str
        What it is; contains nothing of the file, nor a name.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class SortedPaths:
    """Files by what they are.

    Attributes
    ----------
    recordings : tuple of Path
        Main files of recordings, each once, in the order given. Damaged ones are among them, so
        that their rejection is reported.
    skipped : tuple of SkippedFile
        Files that neither are recordings nor belong to one of them.
    """

    recordings: tuple[Path, ...]
    skipped: tuple[SkippedFile, ...]


def main_file(path: Path) -> Path:
    """Return the file that stands for a recording.

    Parameters
    ----------
    path : Path
        Any file, or the name of a WFDB record without a suffix.

    Returns
    -------
    Path
        For a WFDB signal file, or a record's name, the header beside it if there is one, whatever
        the case and Unicode form of its name; otherwise the path itself.
    """
    beside = FilesBeside(path.parent)
    if not path.is_file():
        return beside.find(path.name) or beside.find(f"{path.name}{HEADER_SUFFIX}") or path
    is_signal_file = SIGNAL_NAME.search(path.name) is not None
    return (is_signal_file and beside.find(f"{path.stem}{HEADER_SUFFIX}")) or path


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders in the order of their paths.

    Hidden files and folders, and those that a system adds by itself, are left out.
    """
    for path in sorted(folder.rglob("*")):
        names = path.relative_to(folder).parts
        if not any(map(is_junk_name, names)) and path.is_file():
            yield path


def sort_paths(paths: Iterable[Path]) -> SortedPaths:
    """Sort files into recordings and others.

    Parameters
    ----------
    paths : iterable of Path
        Files, such as those that a pattern of the shell matches. Signal files stand for their
        record.

    Returns
    -------
    SortedPaths
        The recordings. A file that is missing is among them, as opening it says so. The segments
        of a multi-segment WFDB record, signal files, and settings, diary or review beside a
        recording belong to it and are in neither list.
    """
    recordings: list[Path] = []
    skipped: dict[Path, str] = {}
    headers: dict[Path, Header] = {}
    for path in dict.fromkeys(main_file(Path(path)) for path in paths):
        if is_junk_name(path.name):
            continue
        reason = _why_skipped(path)
        if reason is None and is_header_name(path.name):
            try:
                headers[path] = read_header(path)
            except (RefusedRecordingError, OSError):
                pass  # which is reported when it is opened
            else:
                if not (headers[path].signals or headers[path].segments):
                    reason = "a WFDB header without signals"
        if reason is None:
            recordings.append(path)
        else:
            skipped[path] = reason
    parts = {
        _whatever_case(path.with_name(name))
        for path, header in headers.items()
        for name in header.files
        if header.segments or not is_header_name(name)
    }
    # A segment has no segments of its own: such a header is listed, and rejected when opened.
    masters = {path for path, header in headers.items() if header.segments}
    kept = [path for path in recordings if path in masters or _whatever_case(path) not in parts]
    kept = [path for path in kept if not _is_copy_of_a_header(path, parts)]
    stems = {path.with_name(recording_stem(path.name)) for path in kept}
    return SortedPaths(
        tuple(kept),
        tuple(
            SkippedFile(path, reason)
            for path, reason in skipped.items()
            if _whatever_case(_unfolded(path)) not in parts and _beside(path) not in stems
        ),
    )


def _why_skipped(path: Path) -> str | None:
    """Return what a file is that is no recording; None for a recording, whole or damaged."""
    if (reason := _why_not_opened(path)) is not None:
        return reason
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return None if is_recording_name(path.name) or not path.exists() else "cannot be read"
    name = path.name
    if is_zip(head) or name.casefold().endswith(ZIP_SUFFIX):
        return _why_zip_skipped(path)
    if is_gzip(head):
        head = gzip_head(path)
        name = path.stem if path.suffix.casefold() == GZIP_SUFFIX else path.name
    if not head or detect_format(head, Path(name).suffix) is not None:
        is_damaged = is_recording_name(path.name) and not has_shared_suffix(name)
        return None if head or is_damaged else "an empty file"
    kind = foreign_kind(head, name)
    is_annotation = kind in ANNOTATION_KINDS
    if name.casefold().endswith(_HOLTER_SUFFIXES) and not is_annotation:
        return None
    if kind is None and ANNOTATION_NAME.search(name):
        kind = WFDB_ANNOTATIONS
    if kind is None and SIGNAL_NAME.search(name):
        kind = f"a signal file of a WFDB record without its header ({HEADER_SUFFIX})"
    if kind is None and (not is_recording_name(path.name) or has_shared_suffix(name)):
        kind = "no Holter file"
    return kind


def _why_not_opened(path: Path) -> str | None:
    """Return why a path need not be opened; None for a file, and for a recording that is missing.

    Opening the latter says so, so that its rejection is reported.
    """
    if _beside(path) is not None:
        return "a file about a recording that is not among the files"
    if path.is_dir():
        return "a link to a folder" if path.is_symlink() else "a folder that cannot be read"
    if path.is_symlink() and not path.exists() and not is_recording_name(path.name):
        return "a link to nothing"
    if path.exists() and not path.is_file():
        return "a pipe or a device"
    return None


def _why_zip_skipped(path: Path) -> str | None:
    try:
        names = zip_names(path)
    except RefusedRecordingError:
        return None if path.name.casefold().endswith(ZIP_SUFFIX) else "a damaged zip file"
    if "[Content_Types].xml" in names or "mimetype" in names:
        return "an Office document"
    has_recording = any(is_recording_name(name) for name in names)
    return None if has_recording else "a zip file without a recording"


def _beside(path: Path) -> Path | None:
    """Return the stem of the recording that a file is about; None for any other file."""
    suffixes = (suffix for suffix in OWN_SUFFIXES if path.name.casefold().endswith(suffix))
    suffix = next(suffixes, None)
    return None if suffix is None else path.with_name(path.name[: -len(suffix)])


def _is_copy_of_a_header(path: Path, parts: set[Path]) -> bool:
    """Return whether a file is a copy of a header, as ``x.hea.bak``, of a record that is listed."""
    if is_header_name(path.name) or is_recording_name(path.name):
        return False
    try:
        files = read_header(path).files
    except (RefusedRecordingError, OSError):
        return False
    return bool(files) and all(_whatever_case(path.with_name(name)) in parts for name in files)


def _unfolded(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.casefold() == GZIP_SUFFIX else path


def _whatever_case(path: Path) -> Path:
    """Return a path by which a file is found whatever the case and Unicode form of its name."""
    return path.with_name(same_in_any_case(path.name))
