"""Opens a recording of any format."""

import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from pkgutil import resolve_name

from deepecg.errors import ArchiveError, EmptyFileError, MissingPartError, UnknownFormatError
from deepecg.readers.compressed import is_gzip, is_zip, unfold
from deepecg.readers.compressed_parts import gather_files_beside, has_compressed_parts
from deepecg.readers.diary import diary_beside, read_diary
from deepecg.readers.foreign_files import foreign_kind
from deepecg.readers.formats import FORMAT_LIST, HEAD_BYTES, detect_format
from deepecg.readers.found_recordings import files_in, main_file, sort_paths
from deepecg.readers.reading_options import DEFAULT_OPTIONS, ReadingOptions
from deepecg.readers.suffixes_beside import MAX_BYTES_BESIDE
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX, SIGNAL_NAME, is_header_name
from deepecg.recording import ReadingWarning, Recording


def open_recording(path: Path, options: ReadingOptions = DEFAULT_OPTIONS) -> Recording:
    """Open a recording of any format, with the diary beside it; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The main file of a format in :data:`~deepecg.readers.formats.FORMATS`, a gzip or zip file
        with one recording, or a WFDB record's signal file or name. The content decides on the
        format; the suffix decides only where no format recognises the content.
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
    ArchiveError
        If a compressed file is damaged, or contains several recordings.
    TooLargeError
        If it unfolds to more than is allowed.
    RefusedRecordingError
        If the recording is damaged; the subclass says how.
    """
    path = main_file(Path(path))
    head = _head(path)
    is_record = is_header_name(path.name) and has_compressed_parts(path)
    if is_gzip(head) or is_zip(head) or is_record:
        recording = _open_compressed(path, options)
    else:
        recording = _open_plain(path, head, options)
    return _with_diary(recording, diary_beside(path), options.zone)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise EmptyFileError("found 0 bytes, expected a recording")
    return head


def _open_plain(path: Path, head: bytes, options: ReadingOptions) -> Recording:
    found = detect_format(head, path.suffix)
    if found is None:
        kind = foreign_kind(head, path.name)
        if kind is None and SIGNAL_NAME.search(path.name):
            raise MissingPartError(
                "found a signal file of a WFDB record without its header, expected a file with the "
                f"same name and {HEADER_SUFFIX} beside it"
            )
        raise UnknownFormatError(
            f"found {kind or 'content of another kind'}, expected {FORMAT_LIST}"
        )
    read: Callable[[Path, ReadingOptions], Recording] = resolve_name(found.reader)
    return read(path, options)


def _open_compressed(path: Path, options: ReadingOptions) -> Recording:
    """Open a recording from a folder with its unfolded files, which is deleted with it."""
    folder = Path(tempfile.mkdtemp(prefix="deepecg-"))
    try:
        n_bytes_of_part = _unfold_all(path, folder)
        recording = _open_unfolded(folder, options)
        if n_bytes_of_part is not None:
            message = (
                f"found a gzip file that ends after {n_bytes_of_part} bytes of its content, "
                "expected a whole one"
            )
            warning = ReadingWarning("truncated_archive", message)
            recording = replace(recording, warnings=(*recording.warnings, warning))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    # Copies of the recording have the same function, and need the files as long as they live.
    weakref.finalize(recording.read_samples, shutil.rmtree, folder, ignore_errors=True)
    return recording


def _unfold_all(path: Path, folder: Path) -> int | None:
    """Unfold a main file, compressed or with compressed parts; return as :func:`unfold`."""
    head = _head(path)
    if is_zip(head):
        return unfold(path, folder)
    if is_gzip(head):
        n_bytes_of_part = unfold(path, folder)
    else:
        n_bytes_of_part = None
        (folder / path.name).symlink_to(path.absolute())
    return gather_files_beside(path, folder) or n_bytes_of_part


def _open_unfolded(folder: Path, options: ReadingOptions) -> Recording:
    found = sort_paths(files_in(folder))
    if len(found.recordings) > 1:
        raise ArchiveError(
            f"found {len(found.recordings)} recordings in a compressed file, expected one: unpack "
            "it and choose the recordings"
        )
    others = tuple(one.path for one in found.skipped)
    main = next(iter(found.recordings or (others if len(others) == 1 else ())), None)
    if main is None:
        raise UnknownFormatError(
            f"found a compressed file without a recording, expected {FORMAT_LIST}"
        )
    head = _head(main)
    if is_gzip(head) or is_zip(head):
        raise ArchiveError(
            "found a compressed file in a compressed file, expected a recording: unpack it first"
        )
    return _with_diary(_open_plain(main, head, options), diary_beside(main), options.zone)


def _with_diary(recording: Recording, diary: Path, zone: tzinfo | None) -> Recording:
    """Return a recording with the marks of its diary, if there is one."""
    try:
        with diary.open("rb") as file:
            content = file.read(MAX_BYTES_BESIDE + 1)
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
