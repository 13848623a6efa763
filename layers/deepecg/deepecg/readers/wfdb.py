"""WFDB records: a text header (``.hea``) beside its signal files.

The header is parsed here, strictly, because it decides which files are opened and how much is
read; the samples are decoded by the ``wfdb`` package, chunk by chunk. It is given plain local
files only, so that no header can make it go to the network.

References
----------
Moody GB. WFDB Applications Guide: header(5) and signal(5).
https://physionet.org/physiotools/wag/wag.htm
"""

import math
import re
import warnings as python_warnings
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.errors import (
    CalibrationError,
    EmptyFileError,
    MalformedHeaderError,
    MissingPartError,
    NoLeadsError,
    TruncatedHeaderError,
    TruncatedSamplesError,
)
from deepecg.readers.signals import MAX_DURATION_S, is_ecg, millivolts_per_unit, units_found
from deepecg.recording import MIN_SAMPLING_RATE_HZ, ReadingWarning, Recording, unique_leads

Digital = NDArray[np.integer]

DEFAULT_GAIN: Final = 200.0
"""A/D units per millivolt of a header that gives none (``WFDB_DEFGAIN``)."""
DEFAULT_RATE_HZ: Final = 250.0
"""Frames per second of a header that gives none (``WFDB_DEFFREQ``)."""

_NULL: Final = "~"
_FLAC: Final = {"508", "516", "524"}
_BITS: Final = {
    "8": 8,
    "16": 16,
    "24": 24,
    "32": 32,
    "61": 16,
    "80": 8,
    "160": 16,
    "212": 12,
}
"""Bits per sample of the formats without blocks; 310 and 311 put three samples in four bytes."""
_PACKED: Final = {"310", "311"}
_FORMATS: Final = _BITS.keys() | _PACKED | _FLAC
_NULL_FORMAT: Final = "0"
_MISSING: Final = {
    "80": -(1 << 7),
    "508": -(1 << 7),
    "310": -(1 << 9),
    "311": -(1 << 9),
    "212": -(1 << 11),
    "16": -(1 << 15),
    "61": -(1 << 15),
    "160": -(1 << 15),
    "516": -(1 << 15),
    "24": -(1 << 23),
    "524": -(1 << 23),
    "32": -(1 << 31),
}
"""The value that stands for a missing sample: the lowest of each format; format 8 has none."""

_MAX_HEADER_BYTES: Final = 1 << 23
_MAX_SIGNALS: Final = 1024
_MAX_SEGMENTS: Final = 100_000
_MAX_SAMPLES_PER_FRAME: Final = 100_000
_MAX_SKEW_FRAMES: Final = 100_000
_BLOCK_FRAMES: Final = 1 << 20
"""Frames decoded at once, whatever is asked for, so that memory stays bounded."""

_RECORD_LINE: Final = re.compile(
    r"""(?P<name>[^\s/]+)(?:/(?P<segments>[0-9]{1,18}))?
        \s+(?P<signals>[0-9]{1,18})
        (?:\s+(?P<rate>[0-9.]{1,18}(?:[eE][+-]?[0-9]{1,3})?)(?:[/(]\S*)?
        (?:\s+(?P<samples>[0-9]{1,18})
        (?P<when>\s.*)?)?)?\s*""",
    re.VERBOSE,
)
_SIGNAL_LINE: Final = re.compile(
    r"""(?P<file>\S+)\s+(?P<format>[0-9]{1,4})
        (?:x(?P<per_frame>[0-9]{1,9}))?(?::(?P<skew>[0-9]{1,18}))?(?:\+(?P<offset>[0-9]{1,18}))?
        (?:\s+(?P<rest>.*))?""",
    re.VERBOSE,
)
_GAIN: Final = re.compile(
    r"""(?P<gain>[+-]?[0-9.]{1,30}(?:[eE][+-]?[0-9]{1,3})?)
        (?:\((?P<baseline>[+-]?[0-9]{1,18})\))?(?:/(?P<unit>\S+))?(?:\s+|$)""",
    re.VERBOSE,
)
_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,18})(?:\s+|$)")
_SEGMENT_LINE: Final = re.compile(r"(?P<name>\S+)\s+(?P<length>[0-9]{1,18})(?:\s.*)?")
_PLAIN_NAME: Final = re.compile(r"[^\s/\\:*?\"<>|\x00-\x1f\x7f]{1,255}")
_MAX_NAME_BYTES: Final = 255
_START: Final = re.compile(
    r"\s*(?P<time>[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]{1,6})?)[0-9]*"
    r"(?:\s+(?P<date>[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}))?\s*"
)
_PACEMAKER_FIELD: Final = re.compile(
    r"\b(?:pace-?maker|paced)>?\s*[:=]\s*(?:(?P<yes>yes|true|present)|no|none|false|absent)\b",
    re.IGNORECASE,
)
_PACED_RHYTHM: Final = re.compile(
    r"(?<!no )(?<!not )\bpaced rhythm\b|\brhythm is paced\b", re.IGNORECASE
)


@dataclass(frozen=True)
class _Signal:
    """One signal line."""

    file: str
    format: str
    per_frame: int = 1
    skew: int = 0
    offset: int = 0
    gain: float = DEFAULT_GAIN
    calibrated: bool = False
    baseline: int = 0
    unit: str = "mV"
    initial: int = 0
    name: str = ""

    @property
    def is_null(self) -> bool:
        return self.file == _NULL or self.format == _NULL_FORMAT


@dataclass(frozen=True)
class _Header:
    """A header: of signals, or of segments if it is a multi-segment record's."""

    n_signals: int
    rate: float
    n_samples: int | None
    when: str
    signals: tuple[_Signal, ...] = ()
    segments: tuple[tuple[str, int], ...] = ()
    extra_lines: int = 0
    paced: bool | None = None


@dataclass(frozen=True)
class _Segment:
    """A stretch of frames that one header describes; without signals it is a gap."""

    first_frame: int
    n_frames: int
    signals: tuple[_Signal, ...] = ()


def read_wfdb(path: Path) -> Recording:
    """Open a WFDB record; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The header, ``.hea``. Its signal files and segments lie beside it.

    Returns
    -------
    Recording
        The ECG leads in millivolts, one sample per frame: signals with several samples per
        frame are averaged, as by ``rdrecord(smooth_frames=True)`` but without rounding to whole
        A/D units. If the frame rate alone is below that of any ECG, the leads with the most
        samples per frame are read at their own rate. Warnings: ``uncalibrated``, ``not_ecg``,
        ``bad_calibration``, ``other_rate``, ``sample_count_mismatch``, ``extra_header_lines``,
        ``bad_start``.

    Raises
    ------
    TruncatedHeaderError
        If the header has fewer lines than it promises.
    MalformedHeaderError
        If a line cannot be read, names anything but a plain file beside the header, or
        promises what no recorder makes.
    MissingPartError
        If a signal file or a segment is not there.
    TruncatedSamplesError
        If a signal file holds fewer samples than promised.
    NoLeadsError
        If no signal is an ECG.
    CalibrationError
        If no ECG lead has a finite gain.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.
    """
    folder = path.parent
    header = _read_header(path)
    warnings = _extra_lines_warning(header)
    segments, layout = _segments(header, folder, warnings)
    n_frames = segments[-1].first_frame + segments[-1].n_frames
    if n_frames > MAX_DURATION_S * max(header.rate, 1.0):
        raise MalformedHeaderError(
            f"found {n_frames} samples at {header.rate:g} Hz, expected at most "
            f"{MAX_DURATION_S:.0f} s"
        )
    leads = _choose_leads(layout, warnings)
    per_frame = _samples_per_frame(header.rate, [layout[lead] for lead in leads])
    if per_frame > 1:
        leads = _leads_of_rate(layout, leads, per_frame, warnings)
    by_name = bool(header.segments) and header.segments[0][1] == 0
    sources = [_sources(segment, layout, leads, by_name) for segment in segments]
    _check_sources(segments, sources, per_frame, warnings)
    decoder = _Decoder(folder, segments, sources, per_frame)
    return Recording(
        format="wfdb",
        sampling_rate_hz=header.rate * per_frame,
        leads=unique_leads([layout[lead].name for lead in leads]),
        n_samples=n_frames * per_frame,
        read_samples=decoder.read,
        start=_start(header.when, warnings),
        paced=header.paced,
        warnings=tuple(warnings),
    )


def record_files(header: bytes) -> tuple[str, ...]:
    """Return the names of the files that a header needs beside it.

    Parameters
    ----------
    header : bytes
        Content of the ``.hea`` file.

    Returns
    -------
    tuple of str
        Plain names, each once, in the order of the header: signal files, or the ``.hea`` files
        of the segments, which need files of their own. Null signals and segments need none.

    Raises
    ------
    TruncatedHeaderError
        If the header has fewer lines than it promises.
    MalformedHeaderError
        If a line cannot be read or a name is not that of a plain file.
    """
    parsed = _parse(header)
    names = [f"{name}.hea" for name, _ in parsed.segments if name != _NULL]
    names += [signal.file for signal in parsed.signals if not signal.is_null]
    return tuple(dict.fromkeys(names))


def segment_headers(header: bytes) -> tuple[str, ...]:
    """Return the names of the ``.hea`` files of a multi-segment header's segments, else none.

    Parameters and what is raised are those of :func:`record_files`.
    """
    return record_files(header) if _parse(header).segments else ()


class _Decoder:
    """Reads leads out of signal files, one chunk at a time."""

    def __init__(
        self,
        folder: Path,
        segments: list[_Segment],
        sources: list[dict[int, int]],
        per_frame: int,
    ) -> None:
        self._folder = folder.absolute()
        self._segments = segments
        self._sources = sources
        self._starts = [segment.first_frame for segment in segments]
        self._per_frame = per_frame
        # Leads of one file are stored together: the chunk just decoded holds the next lead too.
        self._chunk: tuple[tuple[int, str, int, int], list[Digital]] | None = None
        self._sums: tuple[tuple[int, str, int], NDArray[np.int64]] | None = None

    def read(self, lead: int, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples ``start`` to ``stop`` of one lead in millivolts."""
        rate = self._per_frame
        first, last = start // rate, -(-stop // rate)
        out = np.full((last - first) * rate, np.nan, np.float32)
        number = max(bisect_right(self._starts, first) - 1, 0)
        while number < len(self._segments) and self._starts[number] < last:
            segment = self._segments[number]
            signal = self._sources[number].get(lead)
            if signal is not None:
                begin = max(first - segment.first_frame, 0)
                end = min(last - segment.first_frame, segment.n_frames)
                for at in range(begin, end, _BLOCK_FRAMES):
                    to = min(at + _BLOCK_FRAMES, end)
                    place = (segment.first_frame - first + at) * rate
                    out[place : place + (to - at) * rate] = self._decode(number, signal, at, to)
            number += 1
        return out[start - first * rate : stop - first * rate]

    def _decode(self, number: int, index: int, start: int, stop: int) -> NDArray[np.float32]:
        """Return frames ``start`` to ``stop`` of one signal of a segment."""
        segment = self._segments[number]
        signal = segment.signals[index]
        out = np.full((stop - start) * self._per_frame, np.nan, np.float32)
        # A skewed signal was written late: its sample of frame n lies in frame n + skew.
        start, stop = start + signal.skew, min(stop + signal.skew, segment.n_frames)
        if start >= stop:
            return out
        position = [
            other
            for other, candidate in enumerate(segment.signals)
            if candidate.file == signal.file
        ].index(index)
        digital = self._digital(number, signal.file, start, stop)[position]
        millivolts = (digital - np.float64(signal.baseline)) * _millivolts_per_step(signal)
        if signal.format in _MISSING:
            millivolts[digital == _MISSING[signal.format]] = np.nan
        if self._per_frame != signal.per_frame:
            millivolts = millivolts.reshape(-1, signal.per_frame).mean(axis=1)
        out[: len(millivolts)] = millivolts
        return out

    def _digital(self, number: int, file: str, start: int, stop: int) -> list[Digital]:
        """Return all signals of one file, in A/D units."""
        key = (number, file, start, stop)
        if self._chunk is not None and self._chunk[0] == key:
            return self._chunk[1]
        signals = [s for s in self._segments[number].signals if s.file == file]
        try:
            decoded = _read_signal_file(self._folder, signals, start, stop)
            if signals[0].format == "8":
                sums = self._sums_before(number, signals, start)
                decoded = [part + before for part, before in zip(decoded, sums, strict=True)]
        except (OSError, MemoryError):
            raise
        except Exception:
            # Whatever the decoder trips over, it is the content of the file.
            raise TruncatedSamplesError(
                f"found samples that cannot be decoded, expected {stop - start} frames of "
                f"signal format {signals[0].format}"
            ) from None
        self._chunk = key, decoded
        return decoded

    def _sums_before(self, number: int, signals: list[_Signal], frame: int) -> NDArray[np.int64]:
        """Return what the differences of format 8 add up to before ``frame``, per signal."""
        file, offset = signals[0].file, signals[0].offset
        widths = [signal.per_frame for signal in signals]
        at, sums = 0, np.zeros(len(signals), np.int64)
        if self._sums is not None:
            (known_number, known_file, known), known_sums = self._sums
            if (known_number, known_file) == (number, file) and known <= frame:
                at, sums = known, known_sums
        edges = np.cumsum([0, *widths[:-1]])
        while at < frame:
            to = min(at + _BLOCK_FRAMES, frame)
            steps = np.fromfile(
                self._folder / file,
                dtype=np.int8,
                count=(to - at) * sum(widths),
                offset=offset + at * sum(widths),
            ).reshape(-1, sum(widths))
            sums = sums + np.add.reduceat(steps.sum(axis=0, dtype=np.int64), edges)
            at = to
        self._sums = (number, file, frame), sums
        return sums


def _read_signal_file(
    folder: Path, signals: Sequence[_Signal], start: int, stop: int
) -> list[Digital]:
    """Return frames ``start`` to ``stop`` of all signals of one file, in A/D units."""
    decoded: list[Digital] = _wfdb_decoder()(
        file_name=signals[0].file,
        dir_name=str(folder),
        pn_dir=None,
        fmt=signals[0].format,
        n_sig=len(signals),
        sig_len=stop,
        byte_offset=signals[0].offset,
        samps_per_frame=[signal.per_frame for signal in signals],
        skew=[0] * len(signals),
        init_value=[signal.initial for signal in signals],
        sampfrom=start,
        sampto=stop,
    )
    return decoded


@cache
def _wfdb_decoder() -> Callable[..., list[Digital]]:
    """Return wfdb's decoder of a stretch of one signal file.

    Its public ``rdrecord()`` parses the header anew for every chunk and cannot read a chunk of a
    record whose header gives no length; this is the function below it.
    """
    with python_warnings.catch_warnings():
        # Importing wfdb 4.3 makes pandas 3 warn of what wfdb calls.
        python_warnings.simplefilter("ignore")
        from wfdb.io import _signal  # noqa: PLC0415  (loads pandas: only for such a file)
    decoder: Callable[..., list[Digital]] = _signal._rd_dat_signals
    return decoder


def _read_header(path: Path) -> _Header:
    with path.open("rb") as file:
        content = file.read(_MAX_HEADER_BYTES + 1)
    if not content:
        raise EmptyFileError("found a header of 0 bytes, expected text")
    return _parse(content)


def _parse(content: bytes) -> _Header:
    if len(content) > _MAX_HEADER_BYTES:
        raise MalformedHeaderError(
            f"found a header of more than {_MAX_HEADER_BYTES} bytes, expected a short text"
        )
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", _text(content))]
    comments = [line for line in lines if line.startswith("#")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise TruncatedHeaderError("found no record line, expected one")
    record = _RECORD_LINE.fullmatch(lines[0])
    if record is None:
        raise MalformedHeaderError("found a record line that cannot be read")
    n_signals = int(record["signals"])
    if n_signals > _MAX_SIGNALS:
        raise MalformedHeaderError(f"found {n_signals} signals, expected at most {_MAX_SIGNALS}")
    is_multi = record["segments"] is not None
    n_lines = int(record["segments"]) if is_multi else n_signals
    if is_multi and not 1 <= n_lines <= _MAX_SEGMENTS:
        raise MalformedHeaderError(f"found {n_lines} segments, expected 1 to {_MAX_SEGMENTS}")
    if len(lines) - 1 < n_lines:
        raise TruncatedHeaderError(
            f"found {len(lines) - 1} lines after the record line, expected {n_lines}"
        )
    body = lines[1 : n_lines + 1]
    return _Header(
        n_signals=n_signals,
        rate=DEFAULT_RATE_HZ if record["rate"] is None else _number(record["rate"], "rate"),
        # A count of 0 stands for an unknown one.
        n_samples=int(record["samples"] or 0) or None,
        when=record["when"] or "",
        signals=() if is_multi else tuple(_parse_signal(line) for line in body),
        segments=tuple(_parse_segment(line) for line in body) if is_multi else (),
        extra_lines=len(lines) - 1 - n_lines,
        paced=_paced(comments),
    )


def _text(content: bytes) -> str:
    if b"\0" in content:
        raise MalformedHeaderError("found a zero byte in the header, expected text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise MalformedHeaderError(f"found a {name} that is no number") from None


def _parse_signal(line: str) -> _Signal:
    match = _SIGNAL_LINE.fullmatch(line)
    if match is None:
        raise MalformedHeaderError("found a signal line that cannot be read")
    if match["file"] != _NULL:
        _check_name(match["file"])
    form = match["format"]
    if form not in _FORMATS and form != _NULL_FORMAT:
        known = ", ".join(sorted(_FORMATS, key=int))
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
    numbers: list[int] = []
    while len(numbers) < 5 and (number := _NUMBER.match(rest)):
        numbers.append(int(number[1]))
        rest = rest[number.end() :]
    _, zero, initial, *_ = (*numbers, 0, 0, 0)
    value = _number(gain["gain"], "gain") if gain else 0.0
    return _Signal(
        file=match["file"],
        format=form,
        per_frame=per_frame,
        skew=skew,
        offset=int(match["offset"] or 0),
        gain=value or DEFAULT_GAIN,
        calibrated=value != 0,
        baseline=int(gain["baseline"]) if gain and gain["baseline"] else zero,
        unit=(gain["unit"] if gain else None) or "mV",
        initial=initial,
        name=rest,
    )


def _parse_segment(line: str) -> tuple[str, int]:
    match = _SEGMENT_LINE.fullmatch(line)
    if match is None:
        raise MalformedHeaderError("found a segment line that cannot be read")
    if match["name"] != _NULL:
        _check_name(match["name"], ".hea")
    return match["name"], int(match["length"])


def _check_name(name: str, suffix: str = "") -> None:
    """Refuse whatever could lead out of the record's folder; ``-`` is standard input.

    And what no disk takes: a download under that name would fail, again and again.
    """
    if not _PLAIN_NAME.fullmatch(name) or name.startswith(("-", "~")) or ".." in name:
        raise MalformedHeaderError("found a file name with a path in it, expected a plain name")
    if name == "." or len((name + suffix).encode()) > _MAX_NAME_BYTES:
        raise MalformedHeaderError(
            f"found a file name that no file can have, expected 1 to {_MAX_NAME_BYTES} bytes"
        )


def _paced(comments: list[str]) -> bool | None:
    """Return whether the comments say that the rhythm is paced; None if they contradict."""
    answers = set()
    for comment in comments:
        answers |= {bool(match["yes"]) for match in _PACEMAKER_FIELD.finditer(comment)}
        if _PACED_RHYTHM.search(comment):
            answers.add(True)
    return answers.pop() if len(answers) == 1 else None


def _extra_lines_warning(header: _Header) -> list[ReadingWarning]:
    if not header.extra_lines:
        return []
    return [
        ReadingWarning(
            "extra_header_lines",
            f"found {header.extra_lines} lines more than the record line promises; left out",
        )
    ]


def _start(when: str, warnings: list[ReadingWarning]) -> datetime | None:
    """Return the start; the format allows a time without a date, which gives none."""
    if not when.strip():
        return None
    match = _START.fullmatch(when)
    if match and not match["date"]:
        return None
    try:
        if match is None:
            raise ValueError
        pattern = "%H:%M:%S.%f" if "." in match["time"] else "%H:%M:%S"
        return datetime.strptime(f"{match['date']} {match['time']}", f"%d/%m/%Y {pattern}")
    except ValueError:
        warnings.append(
            ReadingWarning(
                "bad_start",
                "found a start that is no time and date, expected HH:MM:SS DD/MM/YYYY",
            )
        )
        return None


def _segments(
    header: _Header, folder: Path, warnings: list[ReadingWarning]
) -> tuple[list[_Segment], tuple[_Signal, ...]]:
    """Return the stretches of the record and the signals that name its leads."""
    if not header.n_signals:
        raise NoLeadsError("found 0 signals, expected at least one")
    if not header.segments:
        n_frames = _check_files(folder, header.signals, header.n_samples)
        return [_Segment(0, n_frames, header.signals)], header.signals
    segments: list[_Segment] = []
    layout: tuple[_Signal, ...] = ()
    parts: dict[str, _Header] = {}
    at = 0
    for number, (name, length) in enumerate(header.segments):
        if name == _NULL:
            segments.append(_Segment(at, length))
        else:
            if name not in parts:
                parts[name] = _read_part(folder / f"{name}.hea", header.rate)
            part = parts[name]
            layout = layout or part.signals
            # A first segment of no length is the layout of a variable-layout record.
            if number > 0 or length > 0:
                if length > 0 and not all(signal.is_null for signal in part.signals):
                    _check_files(folder, part.signals, length)
                segments.append(_Segment(at, length, part.signals))
        at += length
    if at == 0:
        raise TruncatedSamplesError("found segments of 0 samples, expected at least one")
    if len(layout) != header.n_signals:
        raise MalformedHeaderError(
            f"found {len(layout)} signals in the segments, expected {header.n_signals}"
        )
    if header.n_samples not in (None, at):
        warnings.append(
            ReadingWarning(
                "sample_count_mismatch",
                f"found {at} samples in all segments, expected {header.n_samples} as the header "
                "says",
            )
        )
    return segments, layout


def _read_part(path: Path, rate: float) -> _Header:
    try:
        header = _read_header(path)
    except FileNotFoundError:
        raise MissingPartError("found no header of a segment, expected one") from None
    if header.segments:
        raise MalformedHeaderError("found a segment made of segments, expected one of signals")
    if header.rate != rate:
        raise MalformedHeaderError(
            f"found a segment at {header.rate:g} Hz, expected {rate:g} Hz as in the record"
        )
    return header


def _check_files(folder: Path, signals: tuple[_Signal, ...], n_frames: int | None) -> int:
    """Return the length in frames after comparing it with the size of every signal file."""
    files: dict[str, list[_Signal]] = {}
    for signal in signals:
        if not signal.is_null:
            files.setdefault(signal.file, []).append(signal)
    if not files:
        raise NoLeadsError("found null signals only, expected at least one ECG lead")
    found = min(_frames_in_file(folder, group) for group in files.values())
    if found < (n_frames or 1):
        raise TruncatedSamplesError(f"found {found} frames, expected {n_frames or 'at least one'}")
    return n_frames or found


def _frames_in_file(folder: Path, signals: list[_Signal]) -> int:
    form, offset = signals[0].format, signals[0].offset
    if any((signal.format, signal.offset) != (form, offset) for signal in signals):
        raise MalformedHeaderError("found several formats in one signal file, expected one")
    path = folder / signals[0].file
    if not path.is_file():
        raise MissingPartError("found no signal file, expected one beside the header")
    per_frame = sum(signal.per_frame for signal in signals)
    if form in _FLAC:
        if len({signal.per_frame for signal in signals}) > 1:
            raise MalformedHeaderError("found several rates in a FLAC file, expected one")
        return _flac_frames(path, signals)
    n_bytes = max(path.stat().st_size - offset, 0)
    if form in _PACKED:
        return (n_bytes // 4 * 3 + (n_bytes % 4 >= 2)) // per_frame
    return n_bytes * 8 // _BITS[form] // per_frame


def _flac_frames(path: Path, signals: list[_Signal]) -> int:
    # Loads libsndfile: only when such a file comes.
    import soundfile  # type: ignore[import-untyped]  # noqa: PLC0415

    with path.open("rb") as file:
        if file.read(4) != b"fLaC":
            raise MalformedHeaderError("found a signal file of another kind, expected FLAC")
        file.seek(0)
        try:
            with soundfile.SoundFile(file) as sound:
                channels, frames = sound.channels, sound.frames
        except RuntimeError:
            raise TruncatedSamplesError("found a FLAC file that cannot be decoded") from None
    if channels != len(signals):
        raise MalformedHeaderError(
            f"found {channels} channels in a FLAC file, expected {len(signals)}"
        )
    return int(max(frames - signals[0].offset, 0)) // signals[0].per_frame


def _choose_leads(layout: tuple[_Signal, ...], warnings: list[ReadingWarning]) -> list[int]:
    """Return the numbers of the signals that are ECG leads with a usable gain."""
    leads = [n for n, signal in enumerate(layout) if is_ecg(signal.name, signal.unit)]
    if not all(signal.is_null for signal in layout):
        leads = [n for n in leads if not layout[n].is_null]
    if not leads:
        raise NoLeadsError(
            f"found {len(layout)} signals but no ECG (units: "
            f"{units_found(signal.unit for signal in layout)}), expected one in mV, uV or V"
        )
    if len(leads) < len(layout):
        warnings.append(
            ReadingWarning(
                "not_ecg",
                f"left out {len(layout) - len(leads)} of {len(layout)} signals: by label or unit "
                "no ECG",
            )
        )
    usable = [n for n in leads if math.isfinite(layout[n].gain)]
    if not usable:
        raise CalibrationError("found no ECG lead with a finite gain, expected at least one")
    if len(usable) < len(leads):
        warnings.append(
            ReadingWarning(
                "bad_calibration",
                f"left out {len(leads) - len(usable)} of {len(leads)} leads: found a gain that is "
                "not finite",
            )
        )
    return usable


def _samples_per_frame(rate: float, leads: list[_Signal]) -> int:
    """Return how many samples to keep of each frame: 1 unless frames are too slow for an ECG."""
    return 1 if rate >= MIN_SAMPLING_RATE_HZ else max(signal.per_frame for signal in leads)


def _leads_of_rate(
    layout: tuple[_Signal, ...], leads: list[int], per_frame: int, warnings: list[ReadingWarning]
) -> list[int]:
    kept = [lead for lead in leads if layout[lead].per_frame == per_frame]
    if len(kept) < len(leads):
        warnings.append(
            ReadingWarning(
                "other_rate",
                f"left out {len(leads) - len(kept)} of {len(leads)} leads with fewer than "
                f"{per_frame} samples per frame",
            )
        )
    return kept


def _sources(
    segment: _Segment, layout: tuple[_Signal, ...], leads: list[int], by_name: bool
) -> dict[int, int]:
    """Return, for each lead that a segment holds, the number of its signal there."""
    found = {}
    for lead, number in enumerate(leads):
        if by_name:
            names = [signal.name for signal in segment.signals]
            if layout[number].name not in names:
                continue
            source = names.index(layout[number].name)
        else:
            source = number
        if source < len(segment.signals) and not segment.signals[source].is_null:
            found[lead] = source
    return found


def _check_sources(
    segments: list[_Segment],
    sources: list[dict[int, int]],
    per_frame: int,
    warnings: list[ReadingWarning],
) -> None:
    """Check that what the segments say of the leads fits together."""
    used = [
        segment.signals[number]
        for segment, source in zip(segments, sources, strict=True)
        for number in source.values()
    ]
    if any(not math.isfinite(_millivolts_per_step(signal)) for signal in used):
        raise CalibrationError("found a segment without a usable gain, expected one in mV")
    if per_frame > 1 and any(signal.per_frame != per_frame for signal in used):
        raise MalformedHeaderError(
            f"found segments with different numbers of samples per frame, expected {per_frame}"
        )
    if any(not signal.calibrated for signal in used):
        warnings.append(
            ReadingWarning(
                "uncalibrated",
                f"found no gain, expected A/D units per mV; {DEFAULT_GAIN:g} is assumed",
            )
        )


def _millivolts_per_step(signal: _Signal) -> float:
    return (millivolts_per_unit(signal.unit) or math.nan) / signal.gain
