"""The parts of a WFDB record in the order of time: its segments, gaps, and where the samples are.

A record of one header is treated as one of a single segment. Files that are missing or damaged
leave a gap where their samples belong, as long as there are others.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final

from deepecg.errors import (
    MalformedHeaderError,
    MissingPartError,
    NoLeadsError,
    SamplingRateError,
    TruncatedSamplesError,
)
from deepecg.lead_names import folded
from deepecg.readers.declared_length import refuse_long_duration, refuse_long_gaps
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.wfdb_header import DEFAULT_RATE_HZ, NULL, Header, Signal
from deepecg.readers.wfdb_parts import Part, Parts
from deepecg.readers.wfdb_signal_count import check_interleaving, signals_that_fit
from deepecg.readers.wfdb_signal_files import held_files
from deepecg.recording import MAX_DURATION_S

_RATE_TOLERANCE: Final = 1e-5
"""Share by which rates of segments may differ: they are written with few digits."""


@dataclass(frozen=True)
class Segment:
    """Consecutive frames that one header describes.

    Attributes
    ----------
    first_frame, n_frames : int
        Its place in the record.
    part : Part or None
        None for a gap.
    """

    first_frame: int
    n_frames: int
    part: Part | None = None


@dataclass(frozen=True)
class SegmentedRecord:
    """The whole record, a segment after the other.

    Attributes
    ----------
    rate_hz : float
        Frames per second.
    segments : list of Segment
        In the order of time, without pause.
    layout : tuple of Signal
        The signals of the record; those of a segment are matched to them.
    lost_frames : int
        Frames that the header declares after the last one of the segments.
    by_label : bool
        Whether signals are always matched by their labels (the variable layout).
    """

    rate_hz: float
    segments: list[Segment]
    layout: tuple[Signal, ...]
    lost_frames: int = 0
    by_label: bool = False

    @property
    def n_frames(self) -> int:
        """Length in frames."""
        return self.segments[-1].first_frame + self.segments[-1].n_frames

    def sources(self, part: Part) -> dict[int, int]:
        """Return the number in a part of every signal of the layout that it has samples of.

        The n-th signal of a label is the n-th of that label. Only parts of a fixed layout that
        have other labels instead are matched by number.
        """
        own, wanted = _labels(part.signals), _labels(self.layout)
        if self.is_by_number(part):
            found = list(range(len(wanted)))
        else:
            places = {label: number for number, label in enumerate(own)}
            found = [places.get(label, len(own)) for label in wanted]
        return {
            signal: number
            for signal, number in enumerate(found)
            if number < len(own) and part.has_samples(number)
        }

    def is_by_number(self, part: Part) -> bool:
        """Return whether the signals of a part are matched by number."""
        own, wanted = set(_labels(part.signals)), set(_labels(self.layout))
        return not (self.by_label or own <= wanted or wanted <= own)

    def leaves_out(self, part: Part) -> bool:
        """Return whether a part has signals that the layout has not."""
        return not set(_labels(part.signals)) <= set(_labels(self.layout))


def _labels(signals: Iterable[Signal]) -> list[tuple[str, int]]:
    """Return the label of every signal, whatever its case, and how many before it have the same."""
    seen: dict[str, count[int]] = {}
    labels = [folded(signal.label) for signal in signals]
    return [(label, next(seen.setdefault(label, count()))) for label in labels]


def single_segment(
    header: Header, beside: FilesBeside, warnings: dict[str, str]
) -> SegmentedRecord:
    """Return a record whose signals are in one header.

    Parameters
    ----------
    header : Header
        The record's header.
    beside : FilesBeside
        The files in its folder.
    warnings : dict of str to str
        Message by code.

    Raises
    ------
    MissingPartError
        If there is none of the signal files.
    TruncatedSamplesError
        If none of them holds a whole frame.
    TruncatedHeaderError, MalformedHeaderError
        If the header has fewer or more lines of signals than it announces, and the files do not
        show how many there are; if they hold another number of signals; or if they are of months.
    """
    rate_hz = _common_rate(header, (), warnings)
    signals = signals_that_fit(header, beside, warnings)
    files = held_files(beside, signals)
    absent = sum(not signal.is_null and signal.file not in files for signal in signals)
    if not files:
        if absent:
            raise MissingPartError("found no signal file, expected one beside the header")
        raise NoLeadsError("found null signals only, expected at least one ECG lead")
    if absent:
        warnings["missing_part"] = (
            f"found no signal file of {absent} of {len(signals)} signals, read the others"
        )
    lengths = [file.n_frames for file in files.values()]
    if not max(lengths):
        raise TruncatedSamplesError("found no whole frame of samples, expected at least one")
    declared = _declared_frames(header, max(lengths), rate_hz, warnings)
    n_frames = min(max(lengths), declared)
    # Less than a second may be padding: the last sample of a packed format, or of a disk's block.
    if min(lengths) - declared >= rate_hz:
        n_frames = min(lengths)
        warnings["surplus_samples"] = (
            f"found samples for {n_frames / rate_hz:.1f} s, expected {declared / rate_hz:.1f} s by "
            "the header; read them all, as the WFDB library does"
        )
    if min(lengths) < declared:
        warnings["truncated_samples"] = (
            f"found {min(lengths)} of {declared} frames in a signal file; "
            f"{(declared - min(lengths)) / rate_hz:.3f} s are lost at the end of its signals"
        )
    if len(files) == 1 and lengths[0] != declared:
        check_interleaving(next(iter(files.values())), signals, declared)
    segment = Segment(0, n_frames, Part(replace(header, signals=signals), files))
    refuse_long_gaps(n_frames / rate_hz, _paid_frames([segment]) / rate_hz)
    return SegmentedRecord(rate_hz, [segment], signals, max(declared - n_frames, 0))


def multi_segment(header: Header, beside: FilesBeside, warnings: dict[str, str]) -> SegmentedRecord:
    """Return a record of several segments.

    Parameters
    ----------
    header : Header
        The record's header.
    beside : FilesBeside
        The files in its folder.
    warnings : dict of str to str
        Message by code.

    Raises
    ------
    MissingPartError
        If there is none of the segments. If they are damaged: the error of the first.
    TruncatedSamplesError
        If the segments have no samples.
    MalformedHeaderError
        If a segment has another rate than the record, or all together are of months.
    NoSignalError
        If nearly all of the time is a gap.
    """
    parts = Parts(beside, warnings)
    name, length = header.segments[0]
    # A first segment of length 0 describes the signals of all (the variable layout).
    by_label = name != NULL and length == 0 and parts.is_layout(name)
    segments: list[Segment] = []
    read: dict[str, Part] = {}
    missing: list[int] = []
    at = lacking = 0
    for name, declared in header.segments[by_label:]:
        part = parts.of(name) if name != NULL else None
        if part is None:
            segments.append(Segment(at, declared))
            missing += [declared] if name != NULL else []
        else:
            read[name] = part
            # Where the record gives no length, the segment does.
            length = declared or part.header.n_frames or part.longest
            segments.append(Segment(at, length, part))
            if not part.is_complete:
                missing.append(length)
            elif part.files:
                lacking += max(length - part.longest, 0)
        at += segments[-1].n_frames
    if parts.first_error and not any(part.files for part in read.values()):
        raise parts.first_error
    if missing and not any(part.files for part in read.values()):
        raise MissingPartError(
            "found no signal file of any segment, expected them beside the header"
        )
    if at == 0:
        raise TruncatedSamplesError("found segments of 0 samples, expected at least one")
    rate_hz = _common_rate(header, [part.header for part in read.values()], warnings)
    declared = _declared_frames(header, at, rate_hz, warnings)
    refuse_long_gaps(at / rate_hz, _paid_frames(segments) / rate_hz)
    layout = parts.of(header.segments[0][0]) if by_label else next(iter(read.values()))
    signals = _all_signals(read.values()) if layout is None else layout.signals
    record = SegmentedRecord(rate_hz, segments, signals, max(declared - at, 0), by_label)
    warnings |= _lost(missing, lacking, record)
    if any(map(record.is_by_number, read.values())):
        warnings["other_labels"] = (
            "found segments whose signals have other labels than those of the first, expected the "
            "same signals in all; matched them by number"
        )
    elif any(map(record.leaves_out, read.values())):
        warnings["other_labels"] = (
            "found segments with signals whose labels are not among those of the record; left them "
            "out"
        )
    warnings |= _contradictions(header, declared, record)
    return record


def _lost(missing: list[int], lacking: int, record: SegmentedRecord) -> dict[str, str]:
    """Return warnings of the frames of incomplete segments, and of those that files lack."""
    warnings = {}
    n_segments, rate_hz = len(record.segments), record.rate_hz
    if missing:
        warnings["missing_part"] = (
            f"found {n_segments - len(missing)} of {n_segments} segments with all files; "
            f"what is missing of the others, {sum(missing) / rate_hz:.1f} s, is a gap"
        )
    if lacking:
        warnings["truncated_samples"] = (
            f"found fewer samples in segments than the header declares; {lacking / rate_hz:.3f} s "
            "are a gap"
        )
    return warnings


def _contradictions(header: Header, declared: int, record: SegmentedRecord) -> dict[str, str]:
    """Return what the record line says otherwise than the lines of the segments: warnings."""
    warnings = {}
    if header.n_lacking_lines:
        n_lines = len(header.segments)
        warnings["missing_header_lines"] = (
            f"found {n_lines} lines of segments, expected {n_lines + header.n_lacking_lines}; read "
            "those that there are"
        )
    if header.n_extra_lines:
        warnings["extra_header_lines"] = (
            f"ignored {header.n_extra_lines} lines more than the record line announces"
        )
    if declared != record.n_frames:
        difference_s = (declared - record.n_frames) / record.rate_hz
        warnings["sample_count_mismatch"] = (
            f"found {record.n_frames} samples in all segments, expected {declared} by the "
            f"header: {abs(difference_s):.1f} s {'are lost' if difference_s > 0 else 'more'}"
        )
    if len(record.layout) != header.n_signals:
        warnings["signal_count_mismatch"] = (
            f"found {len(record.layout)} signals in the segments, expected {header.n_signals}"
        )
    return warnings


def _all_signals(parts: Iterable[Part]) -> tuple[Signal, ...]:
    """Return the distinct signals of parts: those of a record whose layout is missing."""
    signals: dict[tuple[str, int], Signal] = {}
    for part in parts:
        for label, signal in zip(_labels(part.signals), part.signals, strict=True):
            signals.setdefault(label, signal)
    return tuple(signals.values())


def _common_rate(header: Header, parts: Iterable[Header], warnings: dict[str, str]) -> float:
    """Return the frames per second of a record: its own, or else those of its segments.

    Raises
    ------
    MalformedHeaderError
        If segments have other rates.
    SamplingRateError
        If the rate is 0.
    """
    rates = [part.rate_hz for part in parts if part.rate_hz is not None]
    rate_hz = header.rate_hz if header.rate_hz is not None else next(iter(rates), None)
    if rate_hz is None:
        rate_hz = DEFAULT_RATE_HZ
        warnings["no_sampling_rate"] = (
            f"found no sampling rate in the header, assumed {DEFAULT_RATE_HZ:g} Hz as WFDB "
            "defines; if it is another, all times and rates are wrong: add it to the record line"
        )
    if not rate_hz > 0:
        raise SamplingRateError(f"found a sampling rate of {rate_hz:g} Hz, expected more than 0")
    for rate in rates:
        if not math.isclose(rate, rate_hz, rel_tol=_RATE_TOLERANCE):
            raise MalformedHeaderError(
                f"found a segment at {rate:g} Hz, expected {rate_hz:g} Hz as in the record"
            )
    return rate_hz


def _declared_frames(header: Header, held: int, rate_hz: float, warnings: dict[str, str]) -> int:
    """Return the length that a header declares; that of the samples if it is none or of months."""
    refuse_long_duration(held / rate_hz)
    declared = header.n_frames or held
    if declared / rate_hz <= MAX_DURATION_S:
        return declared
    warnings["sample_count_mismatch"] = (
        f"found {held} samples, expected {declared} by the header, which no recording has; read "
        "those that there are"
    )
    return held


def _paid_frames(segments: Iterable[Segment]) -> int:
    """Return how many frames the signal files hold, those that are named several times once."""
    n_frames: dict[Part, int] = {}
    for segment in segments:
        if segment.part is not None and segment.part.files:
            n_frames[segment.part] = max(n_frames.get(segment.part, 0), segment.n_frames)
    used: dict[Path, dict[int, int]] = {}
    held: dict[Path, int] = {}
    for part, length in n_frames.items():
        name, file = max(part.files.items(), key=lambda item: item[1].n_paid)
        offset = next(signal.offset for signal in part.signals if signal.file == name)
        stretches = used.setdefault(file.path, {})
        stretches[offset] = max(stretches.get(offset, 0), min(length, file.n_paid))
        held[file.path] = max(held.get(file.path, 0), file.n_paid)
    return sum(min(sum(used[path].values()), held[path]) for path in used)
