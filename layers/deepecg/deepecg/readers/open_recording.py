"""Opens a recording of any format, and finds the recordings in a folder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from pkgutil import resolve_name

from deepecg.errors import EmptyFileError, RefusedRecordingError, UnknownFormatError
from deepecg.readers.diary import diary_beside, read_diary
from deepecg.readers.formats import (
    FORMAT_LIST,
    HEAD_BYTES,
    detect_format,
    has_content_of_suffix,
    has_shared_suffix,
    is_recording_name,
)
from deepecg.readers.mark_file_names import MAX_MARK_FILE_BYTES
from deepecg.readers.reading_options import DEFAULT_OPTIONS, ReadingOptions
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX
from deepecg.readers.wfdb_header import read_header
from deepecg.recording import ReadingWarning, Recording


def main_file(path: Path) -> Path:
    """Return the file that a path names: itself, or a WFDB record's header without its suffix."""
    header = path.with_name(f"{path.name}{HEADER_SUFFIX}")
    return header if not path.is_file() and header.is_file() else path


def open_recording(path: Path, options: ReadingOptions = DEFAULT_OPTIONS) -> Recording:
    """Open a recording of any format, with the diary beside it; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The main file of a format in :data:`~deepecg.readers.formats.FORMATS`, or a WFDB record's
        header without its suffix. The content decides on the format; the suffix decides only
        where no format recognises the content.
    options : ReadingOptions
        What the file itself does not say.

    Returns
    -------
    Recording
        The ECG leads, in millivolts, and the patient's marks.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    EmptyFileError
        If the file has 0 bytes.
    UnknownFormatError
        If the file is of no format that is read.
    RefusedRecordingError
        If the recording is damaged; the subclass says how.
    """
    path = main_file(Path(path))
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise EmptyFileError("found 0 bytes, expected a recording")
    found = detect_format(head, path.suffix)
    if found is None:
        raise UnknownFormatError(f"found content of another kind, expected {FORMAT_LIST}")
    read: Callable[[Path, ReadingOptions], Recording] = resolve_name(found.reader)
    return _with_diary(read(path, options), diary_beside(path), options.zone)


def _with_diary(recording: Recording, diary: Path, zone: tzinfo | None) -> Recording:
    """Return a recording with the marks of its diary, if there is one."""
    try:
        with diary.open("rb") as file:
            content = file.read(MAX_MARK_FILE_BYTES + 1)
    except FileNotFoundError:
        return recording
    except OSError as error:
        message = f"found a diary that cannot be read ({type(error).__name__}), expected a file"
        warning = ReadingWarning("bad_diary", message)
        return replace(recording, warnings=(*recording.warnings, warning))
    marks, warnings = read_diary(content, recording, zone)
    return replace(
        recording,
        marks=tuple(sorted((*recording.marks, *marks), key=lambda mark: mark.start_s)),
        warnings=(*recording.warnings, *warnings),
    )


def _is_recording(path: Path) -> bool:
    """Return whether a file is a recording by its name, or else by its content."""
    if not has_shared_suffix(path.name):
        return is_recording_name(path.name)
    try:
        with path.open("rb") as file:
            return has_content_of_suffix(file.read(HEAD_BYTES), path.suffix)
    except OSError:
        return is_recording_name(path.name)


def find_recordings(folder: Path) -> list[Path]:
    """Return the recordings in a folder and its subfolders, sorted.

    Parameters
    ----------
    folder : Path
        Where to search. Names that start with a dot are skipped.

    Returns
    -------
    list of Path
        Main files by their suffix, in upper or lower case. The segments and the layout of a
        multi-segment WFDB record are part of it and not listed. Damaged headers are listed, so
        that their rejection is reported. Text files are listed if they are tables of numbers.
    """
    candidates = sorted(
        path
        for path in Path(folder).rglob("*")
        if not path.name.startswith(".") and path.is_file() and _is_recording(path)
    )
    masters: set[Path] = set()
    parts: set[Path] = set()
    for path in candidates:
        if path.suffix.casefold() == HEADER_SUFFIX:
            try:
                header = read_header(path)
            except RefusedRecordingError:
                continue
            if header.segments:
                masters.add(path)
                parts.update(path.with_name(name) for name in header.files)
    # A segment has no segments of its own: such a header is listed, and rejected when opened.
    return [path for path in candidates if path in masters or path not in parts]
