"""The sequences of an HL7 aECG document, read in one pass.

A Holter recording makes a document of hundreds of megabytes, so no tree of it is built: samples go
to a temporary file as they are parsed. Nothing outside the path of a sequence is kept, and so
nothing about the patient.

References
----------
ANSI/HL7 V3 ECG, R1-2004. FDA XML Data Format Design Specification; Brown BD, Badilini F. HL7 aECG
Implementation Guide, 2005.
"""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

import numpy as np

from deepecg.arrays import Floats32
from deepecg.errors import MalformedHeaderError

_MAX_DEPTH: Final = 64
"""Deepest nesting of elements: an aECG has some 20 levels."""
_MAX_SEQUENCES: Final = 1 << 16
"""Most sequences of a document: those of 12 leads in a series for each minute of three days."""
_BLOCK_BYTES: Final = 1 << 16
"""Bytes that are parsed at a time; also the longest text that is converted at once."""
_MAX_DIGITS: Final = 64
"""Longest number in characters."""
_DERIVED: Final = "derivedSeries"
_CUT_OFF: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
"""Codes of the faults that a document has whose end is missing."""


@dataclass
class AecgSequence:
    """One sequence of a sequence set: its times, or the samples of a lead.

    Attributes
    ----------
    series, sequence_set : int
        Which of the document's series and sets it belongs to, from 1.
    code : str
        ``TIME_ABSOLUTE``, ``TIME_RELATIVE`` or that of a lead.
    values : dict of str to mapping
        Attributes of the elements ``head``, ``increment``, ``origin`` and ``scale``.
    samples : ndarray of float32, shape (n_samples,)
        Its digits, unscaled.
    """

    series: int
    sequence_set: int
    code: str = ""
    values: dict[str, Mapping[str, str]] = field(default_factory=dict)
    samples: Floats32 = field(default_factory=lambda: np.empty(0, np.float32), repr=False)


@dataclass(frozen=True)
class AecgSequences:
    """What is read of a document.

    Attributes
    ----------
    sequences : list of AecgSequence
        Those of series that were recorded, in the order of the document.
    series_starts : dict of int to str
        When each series starts, as it is written.
    start : str
        When the whole document's ECG starts, as it is written; empty if it does not say.
    cut_off : bool
        Whether the document ends before its end tag.
    """

    sequences: list[AecgSequence]
    series_starts: dict[int, str]
    start: str
    cut_off: bool


def read_sequences(path: Path) -> AecgSequences:
    """Return the sequences of all series that were recorded, not derived from others.

    Raises
    ------
    MalformedHeaderError
        If the file is no well-formed XML apart from its end, nested too deep, has too many
        sequences or declares entities.
    """
    with tempfile.TemporaryFile() as samples_file, path.open("rb") as file:
        handler = _Handler(samples_file)
        cut_off = False
        try:
            while block := file.read(_BLOCK_BYTES):
                handler.parser.Parse(block, False)
            handler.parser.Parse(b"", True)
        except expat.ExpatError as error:
            if error.code not in _CUT_OFF or not handler.path:
                raise MalformedHeaderError(
                    f"found XML that is not well-formed in line {error.lineno}, expected HL7 aECG"
                ) from None
            cut_off = True
            handler.end_digits(complete=False)
        except (LookupError, ValueError):  # Python's codecs raise them; the name is free text
            raise MalformedHeaderError(
                "found XML in an encoding that cannot be read, expected UTF-8"
            ) from None
        handler.share_samples()
    return AecgSequences(handler.sequences, handler.series_starts, handler.start, cut_off)


class _Handler:
    """Collects sequences while a document is parsed."""

    def __init__(self, samples_file: IO[bytes]) -> None:
        self.sequences: list[AecgSequence] = []
        self.series_starts: dict[int, str] = {}
        self.start = ""
        self.path: list[str] = []
        self._file = samples_file
        self._places: list[tuple[AecgSequence, slice]] = []
        self._n_written = 0
        self._n_series = self._n_sets = 0
        self._repetitive = False  # the series is an average, not a rhythm
        self._digits: AecgSequence | None = None
        self._first = 0
        self._text = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = _BLOCK_BYTES
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity

    def _refuse_entity(self, *_declaration: object) -> None:
        raise MalformedHeaderError("found XML that declares entities, expected none in HL7 aECG")

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        self.path.append(name)
        if len(self.path) > _MAX_DEPTH:
            raise MalformedHeaderError(f"found XML of more than {_MAX_DEPTH} levels")
        *_, above, parent, _name = "", "", *self.path
        if name == "series":
            self._n_series += 1
            self._repetitive = False
        elif name == "sequenceSet":
            self._n_sets += 1
        elif _DERIVED in self.path:
            return
        elif (parent, name) == ("series", "code"):
            self._repetitive = attributes.get("code", "").upper() == "REPRESENTATIVE_BEAT"
        elif (parent, name) in {("effectiveTime", "low"), ("effectiveTime", "center")}:
            self._begin_time(above, attributes.get("value", ""))
        elif (parent, name) == ("component", "sequence") and not self._repetitive:
            if len(self.sequences) == _MAX_SEQUENCES:
                raise MalformedHeaderError(f"found more than {_MAX_SEQUENCES} sequences")
            self.sequences.append(AecgSequence(self._n_series, self._n_sets))
        elif self.sequences and not self._repetitive:
            self._begin_part(above, parent, name, attributes)

    def _begin_time(self, of: str, written: str) -> None:
        if of == "series":
            self.series_starts.setdefault(self._n_series, written)
        elif of == "AnnotatedECG":
            self.start = self.start or written

    def _begin_part(self, above: str, parent: str, name: str, attributes: dict[str, str]) -> None:
        sequence = self.sequences[-1]
        if (parent, name) == ("sequence", "code"):
            sequence.code = attributes.get("code", "")
        elif (above, parent) == ("sequence", "value"):
            if name == "digits":
                self._digits, self._first, self._text = sequence, self._n_written, ""
                self.parser.CharacterDataHandler = self._add_text
            else:
                sequence.values[name] = attributes

    def _end(self, _name: str) -> None:
        self.end_digits()
        self.path.pop()

    def _add_text(self, text: str) -> None:
        text = self._text + text
        # The last word may go on in the text that follows.
        complete = max(text.rfind(space) for space in " \t\r\n") + 1
        self._write(text[:complete])
        self._text = text[complete:]
        if len(self._text) > _MAX_DIGITS:
            raise MalformedHeaderError(
                f"found a number of more than {_MAX_DIGITS} characters, expected numbers and spaces"
            )

    def end_digits(self, *, complete: bool = True) -> None:
        """Note where the samples of the sequence at hand are; its last number may be cut off."""
        if self._digits is None:
            return
        if complete:
            self._write(self._text)
        self._places.append((self._digits, slice(self._first, self._n_written)))
        self._digits, self.parser.CharacterDataHandler = None, None

    def share_samples(self) -> None:
        """Give each sequence its part of the temporary file."""
        self._file.flush()
        if self._n_written:
            # One mapping for all, because each takes a file descriptor.
            samples: Floats32 = np.memmap(self._file, np.float32, "r")
            for sequence, place in self._places:
                sequence.samples = samples[place]

    def _write(self, text: str) -> None:
        try:
            with np.errstate(over="ignore"):
                samples = np.array(text.split(), np.float64).astype(np.float32)
        except ValueError:
            raise MalformedHeaderError(
                "found digits that are not numbers, expected numbers and spaces"
            ) from None
        samples[~np.isfinite(samples)] = math.nan
        self._file.write(samples.tobytes())
        self._n_written += len(samples)
