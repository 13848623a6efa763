"""WFDB records: a text header (``.hea``) with its signal files or segments beside it.

References
----------
Moody GB. WFDB Applications Guide: header(5) and signal(5).
https://physionet.org/physiotools/wag/wag.htm
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from pathlib import Path

import numpy as np

from deepecg.arrays import Floats, Floats32
from deepecg.errors import NoLeadsError
from deepecg.readers.file_signals import FileSignal, recording_of
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.patient_marks import marks_within
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.voltage_units import millivolts_per_unit
from deepecg.readers.wfdb_header import DIFFERENCE_FORMAT, SAMPLE_BITS, Signal, read_header
from deepecg.readers.wfdb_notes import read_notes
from deepecg.readers.wfdb_parts import Part
from deepecg.readers.wfdb_segments import SegmentedRecord, multi_segment, single_segment
from deepecg.readers.wfdb_signal_files import BLOCK_FRAMES, Digital, SignalFile
from deepecg.readers.wfdb_start import parse_start
from deepecg.recording import MIN_SAMPLING_RATE_HZ, Recording


def read_wfdb(path: Path, options: ReadingOptions) -> Recording:
    """Open a WFDB record; its samples stay on disk.

    Parameters
    ----------
    path : Path
        The header, ``.hea``. Its signal files and segments are in the same folder; names may differ
        in case and Unicode form.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        The ECG leads in millivolts, one sample per frame. Signals with several samples per frame
        are averaged, as by ``rdrecord(smooth_frames=True)`` but without rounding to whole A/D
        units. If the frame rate is below :data:`~deepecg.recording.MIN_SAMPLING_RATE_HZ`, every
        signal is read at its own rate. Missing segments and signal files are gaps. Warnings:
        ``no_sampling_rate``, ``missing_part``, ``truncated_samples``, ``surplus_samples``,
        ``missing_header_lines``, ``extra_header_lines``, ``sample_count_mismatch``,
        ``signal_count_mismatch``, ``other_labels``, ``other_units``, ``bad_start``,
        ``ambiguous_start``, ``bad_notes``, and those of
        :func:`~deepecg.readers.patient_marks.marks_within` and
        :func:`~deepecg.readers.file_signals.recording_of`. Marks are the notes beside the record.

    Raises
    ------
    TruncatedHeaderError
        If the header has no lines of signals, or fewer than its signal files hold.
    MalformedHeaderError
        If a line cannot be parsed, a name is not that of a plain file beside the header, a number
        is out of bounds, or header and files contradict each other.
    MissingPartError
        If there is none of the signal files or segments.
    TruncatedSamplesError
        If the signal files hold not a single frame.
    NoSignalError
        If the files hold samples of next to nothing of what the header declares.
    NoLeadsError
        If no signal is an ECG lead.
    CalibrationError
        If no ECG lead has a finite gain.
    SamplingRateError
        If the sampling rate is not one of an ECG recorder.
    """
    header = read_header(path)
    if not header.n_signals:
        raise NoLeadsError("found 0 signals, expected at least one")
    warnings: dict[str, str] = {}
    beside = FilesBeside(path.parent.absolute())
    place_parts = multi_segment if header.segments else single_segment
    record = place_parts(header, beside, warnings)
    notes = read_notes(path, beside, record.rate_hz, warnings)
    return recording_of(
        "wfdb",
        _file_signals(record, warnings),
        options,
        warnings,
        start=parse_start(header.when, warnings),
        paced=header.paced,
        marks=marks_within(notes, record.n_frames / record.rate_hz, warnings),
        lost_s=record.lost_frames / record.rate_hz,
    )


def _file_signals(record: SegmentedRecord, warnings: dict[str, str]) -> list[FileSignal]:
    """Return every signal of a record, those without samples with the reason."""
    parts = {segment.part: None for segment in record.segments if segment.part is not None}
    sources = {part: record.sources(part) for part in parts}
    reader = _SignalReader(record, sources)
    signals = []
    left_out: set[Part] = set()
    for number, entry in enumerate(record.layout):
        found = [part.signals[own[number]] for part, own in sources.items() if number in own]
        model = next((signal for signal in found if math.isfinite(signal.gain)), None)
        fault = "" if model else "the gain is not finite" if found else "there are no samples of it"
        model = model or entry
        per_frame = 1 if record.rate_hz >= MIN_SAMPLING_RATE_HZ else model.per_frame
        for part, own in sources.items():
            if number in own and not _continues(part.signals[own[number]], model, per_frame):
                del own[number]
                left_out.add(part)
        signals.append(
            FileSignal(
                label=entry.label,
                unit=model.unit,
                sampling_rate_hz=record.rate_hz * per_frame,
                n_samples=record.n_frames * per_frame,
                read=partial(reader.read, number, per_frame),
                calibration_fault=fault,
                calibrated=all(signal.calibrated for signal in found),
            )
        )
    if left_out and not all(signal.calibration_fault for signal in signals):
        lost = sum(segment.n_frames for segment in record.segments if segment.part in left_out)
        warnings["other_units"] = (
            f"found segments of {lost / record.rate_hz:.1f} s in which a signal has a unit, gain "
            "or rate that does not fit the others; it is a gap there"
        )
    return signals


def _continues(signal: Signal, model: Signal, per_frame: int) -> bool:
    """Return whether samples of a signal can follow those of another in one lead."""
    voltages = [millivolts_per_unit(s.unit) is not None for s in (signal, model)]
    return (
        math.isfinite(signal.gain)
        and (all(voltages) or signal.unit == model.unit)
        and per_frame in (1, signal.per_frame)
    )


@dataclass
class _SignalReader:
    """Reads signals across segments.

    Attributes
    ----------
    record : SegmentedRecord
        The segments.
    sources : dict of Part to dict of int to int
        For each part, its number of each signal of the record that it has samples of.
    """

    record: SegmentedRecord
    sources: dict[Part, dict[int, int]]
    # The signals of a file are stored together: the chunk just decoded holds the next lead too.
    _chunk: tuple[tuple[Part, str, int, int], list[Digital]] | None = None
    _open_part: Part | None = None
    _open_files: dict[str, SignalFile] = field(default_factory=dict)

    def read(self, number: int, per_frame: int, start: int, stop: int) -> Floats32:
        """Return samples ``start`` to ``stop`` of one signal, in mV or its own unit.

        ``per_frame`` is 1 for signals whose samples in a frame are averaged.
        """
        first, last = start // per_frame, -(-stop // per_frame)
        out = np.full((last - first) * per_frame, np.nan, np.float32)
        segments, begins = self.record.segments, attrgetter("first_frame")
        earliest = max(bisect_right(segments, first, key=begins) - 1, 0)
        for segment in segments[earliest : bisect_left(segments, last, key=begins)]:
            part = segment.part
            source = self.sources[part].get(number) if part else None
            if part is None or source is None:
                continue
            signal = part.signals[source]
            n_held = min(segment.n_frames, part.files[signal.file].n_frames)
            begin = max(first - segment.first_frame, 0)
            # A skewed signal was written late: its sample of frame n is in frame n + skew.
            end = min(last - segment.first_frame, n_held - signal.skew)
            for at in range(begin, end, BLOCK_FRAMES):
                to = min(at + BLOCK_FRAMES, end)
                place = (segment.first_frame - first + at) * per_frame
                out[place : place + (to - at) * per_frame] = self._calibrated(
                    part, source, per_frame, at + signal.skew, to + signal.skew
                )
        return out[start - first * per_frame : stop - first * per_frame]

    def _calibrated(self, part: Part, number: int, per_frame: int, start: int, stop: int) -> Floats:
        """Return frames ``start`` to ``stop`` of a file of a part, of one of its signals."""
        signal = part.signals[number]
        position = sum(other.file == signal.file for other in part.signals[:number])
        digital = self._digital(part, signal.file, start, stop)[position]
        unit = millivolts_per_unit(signal.unit) or 1.0
        samples = (digital - np.float64(signal.baseline)) * (unit / signal.gain)
        if signal.format != DIFFERENCE_FORMAT:
            # The lowest value of every other format is a missing sample.
            samples[digital == -(1 << SAMPLE_BITS[signal.format] - 1)] = np.nan
        if per_frame != signal.per_frame:
            samples = samples.reshape(-1, signal.per_frame).mean(axis=1)
        return samples

    def _digital(self, part: Part, file: str, start: int, stop: int) -> list[Digital]:
        """Return all signals of one file of a part, in A/D units."""
        key = (part, file, start, stop)
        if self._chunk is None or self._chunk[0] != key:
            self._chunk = key, self._signal_file(part, file).read(start, stop)
        return self._chunk[1]

    def _signal_file(self, part: Part, file: str) -> SignalFile:
        if part is not self._open_part:
            self._open_part, self._open_files = part, {}
        if file not in self._open_files:
            signals = [signal for signal in part.signals if signal.file == file]
            self._open_files[file] = SignalFile(part.files[file].path, signals)
        return self._open_files[file]
