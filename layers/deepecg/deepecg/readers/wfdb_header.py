"""WFDB headers (``.hea``): the text that describes a record's signals or segments.

The header decides which files are opened and how much is read, so it is parsed strictly: file
names are plain names beside the header, and all numbers are bounded.

References
----------
Moody GB. WFDB Applications Guide: header(5) and signal(5).
https://physionet.org/physiotools/wag/wag.htm
"""

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deepecg.errors import EmptyFileError, MalformedHeaderError, TruncatedHeaderError
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX

DEFAULT_GAIN: Final = 200.0
"""A/D units per millivolt if a header gives none (``WFDB_DEFGAIN``)."""
DEFAULT_RATE_HZ: Final = 250.0
"""Frames per second if a header gives none (``WFDB_DEFFREQ``)."""
NULL: Final = "~"
"""File name of a null signal, and name of a null segment: a gap."""

SAMPLE_BITS: Final = {
    "8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12, "310": 10,
    "311": 10, "508": 8, "516": 16, "524": 24,
}  # fmt: skip
"""Bits of a sample by signal format."""
DIFFERENCE_FORMAT: Final = "8"
"""The signal format that stores each sample as its difference from the one before."""
PACKED_FORMATS: Final = {"310", "311"}
"""Signal formats with three samples in four bytes. The samples of others have no padding."""
FLAC_FORMATS: Final = {"508", "516", "524"}
"""Signal formats that are FLAC files."""
_NULL_FORMAT: Final = "0"

_BLANKS: Final = " \t\v\f\x1a"
"""What surrounds a line: blanks, and the end-of-file character of old systems."""
_MAX_HEADER_BYTES: Final = 1 << 23
_MAX_SIGNALS: Final = 1024
_MAX_SEGMENTS: Final = 100_000
_MAX_SAMPLES_PER_FRAME: Final = 100_000
_MAX_SKEW_FRAMES: Final = 100_000
_MAX_NAME_BYTES: Final = 255
"""Longest file name that file systems take."""

_RECORD_LINE: Final = re.compile(
    r"""(?P<name>[^\s/]+)(?:/(?P<segments>[0-9]{1,18}))?
        \s+(?P<signals>[0-9]{1,18})
        (?:\s+(?P<rate>[0-9.,]{1,18}(?:[eE][+-]?[0-9]{1,3})?)(?:[/(]\S*)?
        (?:\s+(?P<samples>[0-9]{1,18})(?:\.0*)?
        (?P<when>\s.*)?)?)?\s*""",
    re.VERBOSE,
)
_SIGNAL_LINE: Final = re.compile(
    r"""(?P<file>\S+)\s+(?P<format>[0-9]{1,4})
        (?:x(?P<per_frame>[0-9]{1,9}))?(?::(?P<skew>[0-9]{1,18}))?(?:\+(?P<offset>[0-9]{1,18}))?
        (?:\s+(?P<rest>.*))?""",
    re.VERBOSE,
)
_DECIMAL: Final = r"[+-]?[0-9.,]{1,30}(?:[eE][+-]?[0-9]{1,3})?"
_GAIN: Final = re.compile(
    rf"""(?P<gain>{_DECIMAL})(?:\s*\((?P<baseline>{_DECIMAL})?\))?
        (?:\s*/(?P<unit>\S+)?|(?P<glued_unit>[^\s0-9.,+()/-]\S*))?(?:\s+|$)""",
    re.VERBOSE,
)
_LOOKS_LIKE_A_GAIN: Final = re.compile(r"[+-]?[.,]?[0-9]")
_NO_GAIN: Final = re.compile(r"\S+\s+(?=[0-9]+\s+[+-]?[0-9]+(?:\s|$))")
"""A word where the gain belongs, with the A/D resolution and zero after it."""
_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,18}(?:\.[0-9]{0,18})?)(?:\s+|$)")
_SEGMENT_LINE: Final = re.compile(r"(?P<name>\S+)\s+(?P<length>[0-9]{1,18})(?:\s.*)?")
_PLAIN_NAME: Final = re.compile(r"[^\s/\\:*?\"<>|\x00-\x1f\x7f]+")
_PACEMAKER_FIELD: Final = re.compile(
    r"\b(?:pace-?maker|paced)>?\s*[:=]\s*(?:(?P<yes>yes|true|present)|no|none|false|absent)\b",
    re.IGNORECASE,
)
_PACED_RHYTHM: Final = re.compile(
    r"(?<!no )(?<!not )\bpaced rhythm\b|\brhythm is paced\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Signal:
    """One signal line.

    Attributes
    ----------
    file : str
        Plain name of the signal file, or :data:`NULL`.
    format : str
        Signal format, as in signal(5).
    per_frame : int
        Samples in each frame.
    skew : int
        Frames by which the signal was written late.
    offset : int
        Bytes before the first sample; for FLAC formats, samples.
    gain : float
        A/D units per ``unit``. May be infinite.
    calibrated : bool
        Whether the header gives the gain.
    baseline : float
        A/D value of 0 ``unit``.
    unit : str
        Physical unit, as the header writes it.
    initial : int
        First value of a signal that is stored as differences.
    label : str
        Free text that names the lead.
    """

    file: str
    format: str
    per_frame: int = 1
    skew: int = 0
    offset: int = 0
    gain: float = DEFAULT_GAIN
    calibrated: bool = False
    baseline: float = 0.0
    unit: str = "mV"
    initial: int = 0
    label: str = ""

    @property
    def is_null(self) -> bool:
        """Whether the signal has no samples."""
        return self.file == NULL or self.format == _NULL_FORMAT


@dataclass(frozen=True)
class Header:
    """A parsed header, with signals or, of a multi-segment record, with segments.

    Attributes
    ----------
    n_signals : int
        Number of signals, from the record line.
    rate_hz : float or None
        Frames per second; None if the header does not give it.
    n_frames : int or None
        Length of the record; None if the header does not give it.
    when : str
        Rest of the record line: time and date of the first sample, as text.
    signals : tuple of Signal
        Those that the record line announces, as far as there are lines for them; empty for a
        multi-segment record.
    further_signals : tuple of Signal
        Those of lines after the last one that the record line announces.
    segments : tuple of (str, int)
        Record name, or :data:`NULL` for a gap, and length in frames. The first one of length 0 is
        the layout of a variable-layout record.
    n_lacking_lines : int
        Lines that the record line announces and the header does not contain.
    n_extra_lines : int
        Lines after the last one that the record line announces.
    paced : bool or None
        Whether the comments say that the rhythm is paced; None if they say nothing or contradict
        each other.
    """

    n_signals: int
    rate_hz: float | None
    n_frames: int | None
    when: str
    signals: tuple[Signal, ...] = ()
    further_signals: tuple[Signal, ...] = ()
    segments: tuple[tuple[str, int], ...] = ()
    n_lacking_lines: int = 0
    n_extra_lines: int = 0
    paced: bool | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Distinct names of the files that the header needs; see :func:`record_files`."""
        names = [name + HEADER_SUFFIX for name, _ in self.segments if name != NULL]
        names += [signal.file for signal in self.signals if not signal.is_null]
        return tuple(dict.fromkeys(names))


def record_files(header: bytes) -> tuple[str, ...]:
    """Return the names of the files that a header needs beside it.

    Parameters
    ----------
    header : bytes
        Content of the ``.hea`` file.

    Returns
    -------
    tuple of str
        Distinct plain names, in the order of the header: signal files, or the ``.hea`` files of
        the segments, which need files of their own. Null signals and null segments have no file.

    Raises
    ------
    TruncatedHeaderError
        If the header has no record line, or no line of the signals or segments it announces.
    MalformedHeaderError
        If a line cannot be parsed or a name is not that of a plain file.
    """
    return parse_header(header).files


def read_header(path: Path) -> Header:
    """Read and parse a header file.

    Raises
    ------
    EmptyFileError
        If the file has 0 bytes.
    TruncatedHeaderError, MalformedHeaderError
        As :func:`parse_header`.
    """
    with path.open("rb") as file:
        content = file.read(_MAX_HEADER_BYTES + 1)
    if not content:
        raise EmptyFileError("found a header of 0 bytes, expected text")
    return parse_header(content)


def parse_header(content: bytes) -> Header:
    """Parse the content of a header file.

    Raises
    ------
    TruncatedHeaderError
        If the header has no record line, or no line of the signals or segments it announces.
    MalformedHeaderError
        If a line cannot be parsed, a number is out of bounds, or a name is not that of a plain
        file.
    """
    if len(content) > _MAX_HEADER_BYTES:
        raise MalformedHeaderError(
            f"found a header of more than {_MAX_HEADER_BYTES} bytes, expected a short text"
        )
    lines = [line.strip(_BLANKS) for line in re.split(r"\r\n|\n|\r", _text(content))]
    # A damaged header may have glued a comment to another line.
    comments = [line[line.index("#") :] for line in lines if "#" in line]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise TruncatedHeaderError("found no record line, expected one")
    expected = "name, number of signals, sampling rate and length"
    record = _parsed("record", _RECORD_LINE, lines[0], expected)
    n_signals = int(record["signals"])
    if n_signals > _MAX_SIGNALS:
        raise MalformedHeaderError(f"found {n_signals} signals, expected at most {_MAX_SIGNALS}")
    is_multi = record["segments"] is not None
    n_lines = int(record["segments"]) if is_multi else n_signals
    if is_multi and not 1 <= n_lines <= _MAX_SEGMENTS:
        raise MalformedHeaderError(f"found {n_lines} segments, expected 1 to {_MAX_SEGMENTS}")
    body, further = lines[1 : n_lines + 1], lines[n_lines + 1 :]
    if n_lines and not body:
        raise TruncatedHeaderError(
            f"found no lines after the record line, expected {n_lines} as it announces"
        )
    return Header(
        n_signals=n_signals,
        rate_hz=None if record["rate"] is None else _number(record["rate"], "rate"),
        # A length of 0 means that it is unknown.
        n_frames=int(record["samples"] or 0) or None,
        when=record["when"] or "",
        signals=() if is_multi else tuple(map(_parse_signal, body)),
        further_signals=() if is_multi else _parse_further_signals(further),
        segments=_parse_segments(body) if is_multi else (),
        n_lacking_lines=n_lines - len(body),
        n_extra_lines=len(further),
        paced=_paced(comments),
    )


def _parse_further_signals(lines: list[str]) -> tuple[Signal, ...]:
    """Return the signals of lines that the record line does not announce, up to other text."""
    signals: list[Signal] = []
    with suppress(MalformedHeaderError):
        for line in lines[:_MAX_SIGNALS]:
            signals.append(_parse_signal(line))
    return tuple(signals)


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with suppress(UnicodeDecodeError):
            return content.decode("utf-16")
    if b"\0" in content:
        raise MalformedHeaderError("found a zero byte in the header, expected text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _number(text: str, name: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise MalformedHeaderError(
            f"found a {name} that is not a number, expected a number"
        ) from None


def _parsed(kind: str, pattern: re.Pattern[str], line: str, expected: str) -> re.Match[str]:
    match = pattern.fullmatch(line)
    if match is None:
        raise MalformedHeaderError(
            f"found a {kind} line that cannot be parsed, expected {expected}"
        )
    return match


def _parse_signal(line: str) -> Signal:
    match = _parsed("signal", _SIGNAL_LINE, line, "a file name and a signal format")
    if match["file"] != NULL:
        _check_name(match["file"])
    form = match["format"]
    if form not in SAMPLE_BITS and form != _NULL_FORMAT:
        known = ", ".join(sorted(SAMPLE_BITS, key=int))
        raise MalformedHeaderError(f"found the signal format {form}, expected one of {known}")
    per_frame, skew = int(match["per_frame"] or 1), int(match["skew"] or 0)
    if not 1 <= per_frame <= _MAX_SAMPLES_PER_FRAME:
        raise MalformedHeaderError(
            f"found {per_frame} samples per frame, expected 1 to {_MAX_SAMPLES_PER_FRAME}"
        )
    if skew > _MAX_SKEW_FRAMES:
        raise MalformedHeaderError(
            f"found a skew of {skew} frames, expected at most {_MAX_SKEW_FRAMES}"
        )
    rest = match["rest"] or ""
    gain = _GAIN.match(rest)
    if gain is not None:
        rest = rest[gain.end() :]
    elif _LOOKS_LIKE_A_GAIN.match(rest):
        raise MalformedHeaderError(
            "found a gain that cannot be parsed, expected GAIN(BASELINE)/UNIT in numbers"
        )
    else:
        rest = _NO_GAIN.sub("", rest, count=1) if _NO_GAIN.match(rest) else rest
    numbers: list[float] = []
    while len(numbers) < 5 and (number := _NUMBER.match(rest)):
        numbers.append(float(number[1]))
        rest = rest[number.end() :]
    _, zero, initial, *_ = (*numbers, 0.0, 0.0, 0.0)
    value, baseline, unit = 0.0, zero, None
    if gain is not None:
        value = _number(gain["gain"], "gain")
        baseline = _number(gain["baseline"], "baseline") if gain["baseline"] else zero
        unit = gain["unit"] or gain["glued_unit"]
    return Signal(
        file=match["file"],
        format=form,
        per_frame=per_frame,
        skew=skew,
        offset=int(match["offset"] or 0),
        gain=value or DEFAULT_GAIN,
        calibrated=value != 0,
        baseline=baseline,
        unit=unit or "mV",
        initial=int(initial),
        label=_without_comment(rest),
    )


def _without_comment(label: str) -> str:
    """Return a label without the comment that a damaged header has at its end.

    ``ECG#2`` is a label.
    """
    name, _, comment = label.partition("#")
    return label if comment.isdecimal() and len(comment) <= 2 else name.strip()


def _parse_segments(lines: list[str]) -> tuple[tuple[str, int], ...]:
    # A line that is repeated a hundred thousand times is parsed once.
    parsed = {line: _parse_segment(line) for line in dict.fromkeys(lines)}
    return tuple(parsed[line] for line in lines)


def _parse_segment(line: str) -> tuple[str, int]:
    match = _parsed("segment", _SEGMENT_LINE, line, "a record name and a length")
    if match["name"] != NULL:
        _check_name(match["name"], HEADER_SUFFIX)
    return match["name"], int(match["length"])


def _check_name(name: str, suffix: str = "") -> None:
    """Reject a name that is a path, standard input (``-``), or longer than file systems take.

    A download under a name that is too long would fail however often it is repeated.
    """
    if not _PLAIN_NAME.fullmatch(name) or name.startswith(("-", "~")) or ".." in name:
        raise MalformedHeaderError(
            "found a file name with a path or a character that is not allowed, expected a plain "
            "name"
        )
    if name == "." or len((name + suffix).encode()) > _MAX_NAME_BYTES:
        raise MalformedHeaderError(
            f"found a file name that no file can have, expected 1 to {_MAX_NAME_BYTES} bytes"
        )


def _paced(comments: list[str]) -> bool | None:
    answers = set()
    for comment in comments:
        answers |= {bool(match["yes"]) for match in _PACEMAKER_FIELD.finditer(comment)}
        if _PACED_RHYTHM.search(comment):
            answers.add(True)
    return answers.pop() if len(answers) == 1 else None
