"""The headers of a WFDB record with their signal files, as far as they are there."""

from dataclasses import dataclass, replace
from functools import cached_property

from deepecg.errors import (
    MalformedHeaderError,
    MissingPartError,
    RefusedRecordingError,
)
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX
from deepecg.readers.wfdb_header import Header, Signal, read_header
from deepecg.readers.wfdb_signal_count import signals_that_fit
from deepecg.readers.wfdb_signal_files import HeldFrames, held_files


@dataclass(frozen=True, eq=False)
class Part:
    """A header with signals, and its signal files as far as they are there.

    Attributes
    ----------
    header : Header
        Of the record itself, or of a segment.
    files : dict of str to HeldFrames
        By their names in the header.
    """

    header: Header
    files: dict[str, HeldFrames]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals of the header."""
        return self.header.signals

    @property
    def is_null(self) -> bool:
        """Whether it has no signal with samples."""
        return all(signal.is_null for signal in self.signals)

    @cached_property
    def is_complete(self) -> bool:
        """Whether all its signal files are there."""
        return all(signal.is_null or signal.file in self.files for signal in self.signals)

    @cached_property
    def longest(self) -> int:
        """Length of its longest signal file in frames."""
        return max((file.n_frames for file in self.files.values()), default=0)

    def has_samples(self, number: int) -> bool:
        """Return whether there are samples of a signal, by its number."""
        signal = self.signals[number]
        file = None if signal.is_null else self.files.get(signal.file)
        return file is not None and file.n_frames > 0


class Parts:
    """Reads the segments of a record, each of them once.

    Parameters
    ----------
    beside : FilesBeside
        The files in the record's folder.
    warnings : dict of str to str
        Message by code; gets those of :func:`~deepecg.readers.wfdb_signal_count.signals_that_fit`.

    Attributes
    ----------
    first_error : RefusedRecordingError or None
        Why the first one of those that are missing or damaged cannot be read.
    """

    def __init__(self, beside: FilesBeside, warnings: dict[str, str]) -> None:
        self._beside = beside
        self._warnings = warnings
        self._parts: dict[str, Part | None] = {}
        self.first_error: RefusedRecordingError | None = None

    def of(self, name: str) -> Part | None:
        """Return a segment; None if it is missing or damaged."""
        if name not in self._parts:
            try:
                self._parts[name] = self._read(name)
            except RefusedRecordingError as error:
                self.first_error = self.first_error or error
                self._parts[name] = None
        return self._parts[name]

    def is_layout(self, name: str) -> bool:
        """Return whether a first segment of length 0 is a layout; a missing one is."""
        part = self.of(name)
        return part is None or part.is_null

    def _read(self, name: str) -> Part:
        path = self._beside.find(f"{name}{HEADER_SUFFIX}")
        if path is None:
            raise MissingPartError("found no header of a segment, expected one")
        header = read_header(path)
        if header.segments:
            raise MalformedHeaderError("found a segment made of segments, expected one of signals")
        signals = signals_that_fit(header, self._beside, self._warnings)
        return Part(replace(header, signals=signals), held_files(self._beside, signals))
