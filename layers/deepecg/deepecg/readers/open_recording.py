"""Opens a recording whatever its format, and finds the recordings in a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from deepecg.errors import EmptyFileError, RefusedRecordingError, UnknownFormatError
from deepecg.readers.edf import BDF_MAGIC, EDF_MAGIC, read_edf
from deepecg.readers.file_suffixes import RECORDING_SUFFIXES
from deepecg.readers.ishne import MAGIC as ISHNE_MAGIC
from deepecg.readers.ishne import read_ishne
from deepecg.readers.wfdb import read_wfdb, segment_headers
from deepecg.recording import Recording

_HEADER_SUFFIX: Final = ".hea"
_READERS: Final[dict[bytes, Callable[[Path], Recording]]] = {
    ISHNE_MAGIC: read_ishne,
    EDF_MAGIC: read_edf,
    BDF_MAGIC: read_edf,
}


def open_recording(path: Path) -> Recording:
    """Open a recording, whatever its format; its samples stay on disk.

    Parameters
    ----------
    path : Path
        A ``.hea``, ``.edf``, ``.bdf`` or ``.ecg`` file, or a WFDB record's header without its
        ending. What the file contains decides, its ending only where the content does not.

    Returns
    -------
    Recording
        The ECG leads, in millivolts.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    EmptyFileError
        If it holds no bytes.
    UnknownFormatError
        If the content is that of no format read here.
    RefusedRecordingError
        If the recording is damaged; the subclass says how.
    """
    path = Path(path)
    header = path.with_name(f"{path.name}{_HEADER_SUFFIX}")
    if not path.is_file() and header.is_file():
        path = header
    with path.open("rb") as file:
        head = file.read(len(ISHNE_MAGIC))
    if not head:
        raise EmptyFileError("found 0 bytes, expected a recording")
    for magic, read in _READERS.items():
        # A file that ends inside its magic number is a truncated one of that format.
        if head == magic[: len(head)]:
            return read(path)
    if path.suffix.casefold() == _HEADER_SUFFIX:
        return read_wfdb(path)
    raise UnknownFormatError(
        "found content that is neither ISHNE 1.0 nor EDF nor BDF nor a WFDB header (.hea)"
    )


def find_recordings(folder: Path) -> list[Path]:
    """Return the recordings in a folder and its subfolders, sorted.

    Parameters
    ----------
    folder : Path
        Where to look. Names that start with a dot are left out.

    Returns
    -------
    list of Path
        Files with one of :data:`RECORDING_SUFFIXES`, in upper or lower case. The segments and
        the layout of a multi-segment WFDB record are part of it, and not listed themselves.
        Damaged headers are listed: that they are refused is a result.
    """
    candidates = sorted(
        path
        for path in Path(folder).rglob("*")
        if path.suffix.casefold() in RECORDING_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    )
    masters: set[Path] = set()
    parts: set[Path] = set()
    for path in candidates:
        if path.suffix.casefold() == _HEADER_SUFFIX:
            try:
                names = segment_headers(path.read_bytes())
            except RefusedRecordingError:
                continue
            if names:
                masters.add(path)
                parts.update(path.with_name(name) for name in names)
    # No segment is made of segments: such a header is a recording, though one to be refused.
    return [path for path in candidates if path in masters or path not in parts]
