"""WFDB records: a text header (``.hea``) with its signal files or segments beside it.

References
----------
Moody GB. WFDB Applications Guide: header(5) and signal(5).
https://physionet.org/physiotools/wag/wag.htm
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import starmap
from operator import attrgetter
from pathlib import Path

import numpy as np

from deepecg.arrays import Floats32
from deepecg.errors import (
    CalibrationError,
    MalformedHeaderError,
    MissingPartError,
    NoLeadsError,
    TruncatedSamplesError,
)
from deepecg.readers.ecg_leads_and_units import ecg_leads, excluded, millivolts_per_unit
from deepecg.readers.patient_marks import marks_within
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX
from deepecg.readers.wfdb_header import (
    DEFAULT_GAIN,
    DIFFERENCE_FORMAT,
    NULL,
    SAMPLE_BITS,
    Header,
    Signal,
    parse_start,
    read_header,
)
from deepecg.readers.wfdb_notes import read_notes
from deepecg.readers.wfdb_signal_files import BLOCK_FRAMES, Digital, SignalFile, frames_in_file
from deepecg.recording import (
    MAX_DURATION_S,
    MIN_SAMPLING_RATE_HZ,
    ReadingWarning,
    Recording,
    unique_leads,
)


@dataclass(frozen=True)
class _Segment:
    """Consecutive frames that one header describes. A gap has no signals."""

    first_frame: int
    n_frames: int
    signals: tuple[Signal, ...] = ()


def read_wfdb(path: Path, options: ReadingOptions) -> Recording:
    """Open a WFDB record; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The header, ``.hea``. Its signal files and segments are in the same folder.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        The ECG leads in millivolts, one sample per frame. Signals with several samples per frame
        are averaged, as by ``rdrecord(smooth_frames=True)`` but without rounding to whole A/D
        units. If the frame rate is below :data:`~deepecg.recording.MIN_SAMPLING_RATE_HZ`, the
        leads with the most samples per frame are read at their own rate. Warnings:
        ``uncalibrated``, ``not_ecg``, ``bad_calibration``, ``other_rate``,
        ``sample_count_mismatch``, ``extra_header_lines``, ``bad_start``, ``bad_notes``, and
        those of :func:`~deepecg.readers.patient_marks.marks_within`. Marks are the notes beside
        the record.

    Raises
    ------
    TruncatedHeaderError
        If the header has fewer lines than its record line announces.
    MalformedHeaderError
        If a line cannot be parsed, a name is not that of a plain file beside the header, or a
        number is out of bounds.
    MissingPartError
        If there is no such signal file or segment.
    TruncatedSamplesError
        If a signal file holds fewer samples than the header announces.
    NoLeadsError
        If no signal is an ECG lead.
    CalibrationError
        If no ECG lead has a finite gain.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.
    """
    folder = path.parent
    header = read_header(path)
    warnings: dict[str, str] = {}
    if header.n_extra_lines:
        warnings["extra_header_lines"] = (
            f"ignored {header.n_extra_lines} lines more than the record line announces"
        )
    segments, layout = _segments(header, folder, warnings)
    n_frames = segments[-1].first_frame + segments[-1].n_frames
    if n_frames > MAX_DURATION_S * max(header.rate_hz, 1.0):
        raise MalformedHeaderError(
            f"found {n_frames} samples at {header.rate_hz:g} Hz, expected at most "
            f"{MAX_DURATION_S:.0f} s"
        )
    leads, per_frame = _choose_leads(layout, header.rate_hz, warnings)
    by_label = bool(header.segments) and header.segments[0][1] == 0
    sources = [_sources(segment, layout, leads, by_label) for segment in segments]
    _check_sources(segments, sources, per_frame, warnings)
    notes = read_notes(path, header.rate_hz, warnings)
    marks = marks_within(notes, n_frames / max(header.rate_hz, 1.0), warnings)
    return Recording(
        format="wfdb",
        sampling_rate_hz=header.rate_hz * per_frame,
        leads=unique_leads([layout[lead].label for lead in leads]),
        n_samples=n_frames * per_frame,
        read_samples=_LeadReader(folder.absolute(), segments, sources, per_frame).read,
        start=parse_start(header.when, warnings),
        paced=header.paced,
        warnings=tuple(starmap(ReadingWarning, warnings.items())),
        marks=marks,
    )


@dataclass
class _LeadReader:
    """Reads leads across segments.

    Attributes
    ----------
    folder : Path
        The record's folder, absolute.
    segments : list of _Segment
        In time order.
    sources : list of dict of int to int
        For each segment, the number of the signal of each lead that the segment has.
    per_frame : int
        Samples of a lead in each frame: 1 if the frame's samples are averaged.
    """

    folder: Path
    segments: list[_Segment]
    sources: list[dict[int, int]]
    per_frame: int
    # The signals of a file are stored together: the chunk just decoded holds the next lead too.
    _chunk: tuple[tuple[int, str, int, int], list[Digital]] | None = None
    _open_segment: int = -1
    _open_files: dict[str, SignalFile] = field(default_factory=dict)

    def read(self, lead: int, start: int, stop: int) -> Floats32:
        """Return samples ``start`` to ``stop`` of one lead in millivolts."""
        rate = self.per_frame
        first, last = start // rate, -(-stop // rate)
        out = np.full((last - first) * rate, np.nan, np.float32)
        begins = attrgetter("first_frame")
        earliest = max(bisect_right(self.segments, first, key=begins) - 1, 0)
        for number in range(earliest, bisect_left(self.segments, last, key=begins)):
            segment = self.segments[number]
            signal = self.sources[number].get(lead)
            if signal is not None:
                begin = max(first - segment.first_frame, 0)
                end = min(last - segment.first_frame, segment.n_frames)
                for at in range(begin, end, BLOCK_FRAMES):
                    to = min(at + BLOCK_FRAMES, end)
                    place = (segment.first_frame - first + at) * rate
                    out[place : place + (to - at) * rate] = self._millivolts(number, signal, at, to)
        return out[start - first * rate : stop - first * rate]

    def _millivolts(self, number: int, index: int, start: int, stop: int) -> Floats32:
        """Return frames ``start`` to ``stop`` of one signal of a segment."""
        segment = self.segments[number]
        signal = segment.signals[index]
        out = np.full((stop - start) * self.per_frame, np.nan, np.float32)
        # A skewed signal was written late: its sample of frame n is in frame n + skew.
        start, stop = start + signal.skew, min(stop + signal.skew, segment.n_frames)
        if start >= stop:
            return out
        position = sum(other.file == signal.file for other in segment.signals[:index])
        digital = self._digital(number, signal.file, start, stop)[position]
        millivolts = (digital - np.float64(signal.baseline)) * _millivolts_per_step(signal)
        if signal.format != DIFFERENCE_FORMAT:
            # The lowest value of every other format is a missing sample.
            millivolts[digital == -(1 << SAMPLE_BITS[signal.format] - 1)] = np.nan
        if self.per_frame != signal.per_frame:
            millivolts = millivolts.reshape(-1, signal.per_frame).mean(axis=1)
        out[: len(millivolts)] = millivolts
        return out

    def _digital(self, number: int, file: str, start: int, stop: int) -> list[Digital]:
        """Return all signals of one file of a segment, in A/D units."""
        key = (number, file, start, stop)
        if self._chunk is None or self._chunk[0] != key:
            self._chunk = key, self._signal_file(number, file).read(start, stop)
        return self._chunk[1]

    def _signal_file(self, number: int, file: str) -> SignalFile:
        if number != self._open_segment:
            self._open_segment, self._open_files = number, {}
        if file not in self._open_files:
            signals = [s for s in self.segments[number].signals if s.file == file]
            self._open_files[file] = SignalFile(self.folder, signals)
        return self._open_files[file]


def _segments(
    header: Header, folder: Path, warnings: dict[str, str]
) -> tuple[list[_Segment], tuple[Signal, ...]]:
    """Return the segments in time order, and the signals that name the leads."""
    if not header.n_signals:
        raise NoLeadsError("found 0 signals, expected at least one")
    if not header.segments:
        n_frames = _check_files(folder, header.signals, header.n_frames)
        return [_Segment(0, n_frames, header.signals)], header.signals
    segments: list[_Segment] = []
    layout: tuple[Signal, ...] = ()
    parts: dict[str, Header] = {}
    at = 0
    for number, (name, length) in enumerate(header.segments):
        if name == NULL:
            segments.append(_Segment(at, length))
        else:
            if name not in parts:
                parts[name] = _read_part(folder / f"{name}{HEADER_SUFFIX}", header.rate_hz)
            part = parts[name]
            layout = layout or part.signals
            # A first segment of length 0 is the layout of a variable-layout record.
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
    if header.n_frames not in (None, at):
        warnings["sample_count_mismatch"] = (
            f"found {at} samples in all segments, expected {header.n_frames} by the header"
        )
    return segments, layout


def _read_part(path: Path, rate_hz: float) -> Header:
    """Read the header of a segment."""
    try:
        header = read_header(path)
    except FileNotFoundError:
        raise MissingPartError("found no header of a segment, expected one") from None
    if header.segments:
        raise MalformedHeaderError("found a segment made of segments, expected one of signals")
    if header.rate_hz != rate_hz:
        raise MalformedHeaderError(
            f"found a segment at {header.rate_hz:g} Hz, expected {rate_hz:g} Hz as in the record"
        )
    return header


def _check_files(folder: Path, signals: tuple[Signal, ...], n_frames: int | None) -> int:
    """Return the length in frames, after comparing it with the size of every signal file."""
    files: dict[str, list[Signal]] = {}
    for signal in signals:
        if not signal.is_null:
            files.setdefault(signal.file, []).append(signal)
    if not files:
        raise NoLeadsError("found null signals only, expected at least one ECG lead")
    found = min(frames_in_file(folder, group) for group in files.values())
    if found < (n_frames or 1):
        raise TruncatedSamplesError(f"found {found} frames, expected {n_frames or 'at least one'}")
    return n_frames or found


def _choose_leads(
    layout: tuple[Signal, ...], rate_hz: float, warnings: dict[str, str]
) -> tuple[list[int], int]:
    """Return the numbers of the signals that are ECG leads, and the samples to keep of each frame.

    Samples of a frame are averaged to one, unless frames are too slow for an ECG.
    """
    absent = {n for n, signal in enumerate(layout) if signal.is_null}
    # All signals of a layout segment are null: their samples are in the other segments.
    leads = ecg_leads(
        [(signal.label, signal.unit) for signal in layout],
        warnings,
        absent if len(absent) < len(layout) else (),
    )
    usable = [n for n in leads if math.isfinite(layout[n].gain)]
    if not usable:
        raise CalibrationError("found no ECG lead with a finite gain, expected at least one")
    reason = "the gain is not finite"
    warnings |= excluded("bad_calibration", usable, leads, "leads", reason)
    if rate_hz >= MIN_SAMPLING_RATE_HZ:
        return usable, 1
    per_frame = max(layout[n].per_frame for n in usable)
    fastest = [n for n in usable if layout[n].per_frame == per_frame]
    reason = f"fewer than {per_frame} samples per frame"
    warnings |= excluded("other_rate", fastest, usable, "leads", reason)
    return fastest, per_frame


def _sources(
    segment: _Segment, layout: tuple[Signal, ...], leads: list[int], by_label: bool
) -> dict[int, int]:
    """Return the number of the signal of each lead that a segment has.

    Signals of a variable-layout record are matched by label, others by number.
    """
    labels = [signal.label for signal in segment.signals]
    found = {}
    for lead, number in enumerate(leads):
        source = number
        if by_label:
            if layout[number].label not in labels:
                continue
            source = labels.index(layout[number].label)
        if source < len(segment.signals) and not segment.signals[source].is_null:
            found[lead] = source
    return found


def _check_sources(
    segments: list[_Segment],
    sources: list[dict[int, int]],
    per_frame: int,
    warnings: dict[str, str],
) -> None:
    """Check that the segments agree on the leads."""
    used = [
        segment.signals[number]
        for segment, source in zip(segments, sources, strict=True)
        for number in source.values()
    ]
    if any(not math.isfinite(_millivolts_per_step(signal)) for signal in used):
        raise CalibrationError("found a segment without a finite gain, expected one in mV")
    if per_frame > 1 and any(signal.per_frame != per_frame for signal in used):
        raise MalformedHeaderError(
            f"found segments with different numbers of samples per frame, expected {per_frame}"
        )
    if any(not signal.calibrated for signal in used):
        warnings["uncalibrated"] = (
            f"found no gain, expected A/D units per mV; read with {DEFAULT_GAIN:g} per mV"
        )


def _millivolts_per_step(signal: Signal) -> float:
    """Return millivolts per A/D unit; NaN if the unit is not a voltage."""
    return (millivolts_per_unit(signal.unit) or math.nan) / signal.gain
