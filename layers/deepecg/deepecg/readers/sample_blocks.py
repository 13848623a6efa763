"""Blocks of samples with times of their own, put on the timeline of one recording.

Files of several groups or series store leads beside each other or one after another. All signals of
a recording cover the same time: where a signal has no block, its samples are missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.errors import MalformedHeaderError, SamplingRateError, TruncatedSamplesError
from deepecg.readers.declared_length import refuse_long_duration, refuse_long_gaps
from deepecg.readers.file_signals import FileSignal, recording_of
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.written_times import clock_time
from deepecg.recording import MAX_DURATION_S, Recording

_MAX_BLOCKS: Final = 1 << 16
"""Most blocks: 12 leads in a piece for each minute of three days."""
_MAX_SIGNALS: Final = 256
"""Most signals that they make; a long-term EEG has as many."""
_MIN_RATE_HZ: Final = 1e-3
_MAX_RATE_HZ: Final = 1e6
"""Lowest and highest sampling rate of any signal, ECG or not."""
_MOST_OVERLAP_S: Final = 1.0
"""Longest time in seconds by which a block may begin too early: files round times to a second."""
_CLOSED_GAP_SAMPLES: Final = 2
"""Most missing samples between two blocks that are the rounding of their times, and no gap."""
ASSUMED_MILLIVOLTS: Final = 1e-3
"""Millivolts per step where a file does not say: electrocardiographs have steps of 1 to 5
microvolts."""


@dataclass(frozen=True)
class SampleBlock:
    """Consecutive samples of one signal.

    Attributes
    ----------
    label, unit, sampling_rate_hz, calibration_fault, calibrated
        As in :class:`~deepecg.readers.file_signals.FileSignal`.
    start_s : float
        Time of the first sample, in seconds from any moment that all blocks share.
    n_samples : int
        Samples that the file contains.
    declared_samples : int
        Samples that the file declares.
    read : callable
        ``(start, stop)`` to float32 of shape ``(stop - start,)``, from the block's first sample.
    """

    label: str = field(repr=False)
    unit: str = field(repr=False)
    sampling_rate_hz: float
    start_s: float
    n_samples: int
    declared_samples: int
    read: Callable[[int, int], Floats32] = field(repr=False)
    calibration_fault: str = ""
    calibrated: bool = True


@dataclass(frozen=True)
class JoinedBlocks:
    """The signals of all blocks.

    Attributes
    ----------
    signals : tuple of FileSignal
        In the order of their first blocks.
    start_s : float
        Time of their first sample on the blocks' clock.
    lost_s : float
        Seconds that the file declares after their last sample, and does not contain.
    """

    signals: tuple[FileSignal, ...]
    start_s: float
    lost_s: float


def millivolts(samples: NDArray[Any], step: float, at_zero: float = 0.0) -> Floats32:
    """Return samples in millivolts; those that are no finite number are NaN.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        As they are stored.
    step, at_zero : float
        Millivolts per step, and at 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (samples * np.float64(step) + at_zero).astype(np.float32)
    scaled[~np.isfinite(scaled)] = np.nan
    return scaled


def join_blocks(blocks: Iterable[SampleBlock], warnings: dict[str, str]) -> JoinedBlocks:
    """Return the signals of blocks; those of one label, unit and rate that follow each other join.

    Parameters
    ----------
    blocks : iterable of SampleBlock
        At least one, in the order of the file.
    warnings : dict of str to str
        Message by code; gets ``truncated_samples`` if samples are missing.

    Raises
    ------
    TruncatedSamplesError
        If no block has a sample.
    MalformedHeaderError
        If the blocks are further apart than a recording may be long, or too many.
    SamplingRateError
        If a signal has a rate that no recorder has.
    NoSignalError
        If hardly any of the time between the first and the last has samples.
    """
    blocks = list(islice(blocks, _MAX_BLOCKS + 1))
    if len(blocks) > _MAX_BLOCKS:
        raise MalformedHeaderError(f"found more than {_MAX_BLOCKS} blocks of samples")
    held = [block for block in blocks if block.n_samples]
    if not held:
        raise TruncatedSamplesError("found no samples, expected at least one")
    if not all(_MIN_RATE_HZ <= block.sampling_rate_hz <= _MAX_RATE_HZ for block in blocks):
        raise SamplingRateError(
            f"found a signal whose rate is not from {_MIN_RATE_HZ:g} to {_MAX_RATE_HZ:g} Hz"
        )
    start = min(block.start_s for block in held)
    refuse_long_duration(max(block.start_s for block in held) - start)
    tracks = _tracks(held, start)
    end = max(track.end / track.blocks[0].sampling_rate_hz for track in tracks)
    refuse_long_duration(end)
    refuse_long_gaps(end, max(track.held_s for track in tracks))
    declared_ends = (
        block.start_s - start + block.declared_samples / block.sampling_rate_hz
        for block in blocks
        if block.declared_samples > block.n_samples
    )
    missing = max(
        (block.declared_samples - block.n_samples) / block.sampling_rate_hz for block in blocks
    )
    if missing:
        warnings["truncated_samples"] = (
            f"found {missing:.3f} s less of a signal than the file declares, read what is there"
        )
    declared_end = max(declared_ends, default=0.0)
    # A length that no recording has is damage of the file, and no time that is lost.
    lost_s = declared_end - end if end < declared_end <= MAX_DURATION_S else 0.0
    return JoinedBlocks(tuple(_signal(track, end) for track in tracks), start, lost_s)


def recording_of_blocks(
    file_format: str,
    joined: JoinedBlocks,
    moment: datetime | None,
    options: ReadingOptions,
    warnings: dict[str, str],
    *,
    format_says_ecg: bool,
) -> Recording:
    """Return the recording of joined blocks.

    Parameters
    ----------
    file_format, options, format_says_ecg
        As for :func:`~deepecg.readers.file_signals.recording_of`, which raises what this does.
    joined : JoinedBlocks
        The signals.
    moment : datetime or None
        Time from which the blocks' ``start_s`` count, as the file gives it.
    warnings : dict of str to str
        Message by code; gets ``no_start`` if ``moment`` is None, and those of the choice of leads.
    """
    start = clock_time(moment, joined.start_s, options.zone, warnings)
    return recording_of(
        file_format,
        joined.signals,
        options,
        warnings,
        format_says_ecg=format_says_ecg,
        start=start,
        lost_s=joined.lost_s,
    )


@dataclass
class _Track:
    """The blocks of one signal, in the order of time, each from its place on the timeline."""

    blocks: list[SampleBlock]
    places: list[int]

    @property
    def end(self) -> int:
        """Sample number after the last sample."""
        return self.places[-1] + self.blocks[-1].n_samples

    @property
    def held_s(self) -> float:
        return sum(block.n_samples / block.sampling_rate_hz for block in self.blocks)

    def continues(self, block: SampleBlock, place: int) -> bool:
        """Return whether a block of the same label, unit and rate goes on with this signal."""
        overlap = self.end - place
        return place > self.places[-1] and overlap <= _MOST_OVERLAP_S * block.sampling_rate_hz


def _tracks(blocks: list[SampleBlock], start_s: float) -> list[_Track]:
    tracks: dict[tuple[str, str, float], list[_Track]] = {}
    n_signals = 0
    for block in sorted(blocks, key=lambda block: block.start_s):
        place = round((block.start_s - start_s) * block.sampling_rate_hz)
        alike = tracks.setdefault((block.label, block.unit, block.sampling_rate_hz), [])
        track = next((track for track in alike if track.continues(block, place)), None)
        if track is None:
            n_signals += 1
            if n_signals > _MAX_SIGNALS:
                raise MalformedHeaderError(f"found more than {_MAX_SIGNALS} signals")
            alike.append(_Track([block], [place]))
        else:
            close = place - track.end <= _CLOSED_GAP_SAMPLES
            track.places.append(track.end if close else place)
            track.blocks.append(block)
    order = {id(block): number for number, block in enumerate(blocks)}
    found = (track for alike in tracks.values() for track in alike)
    return sorted(found, key=lambda track: order[id(track.blocks[0])])


def _signal(track: _Track, end_s: float) -> FileSignal:
    first = track.blocks[0]
    faults = [block.calibration_fault for block in track.blocks if block.calibration_fault]

    def read(start: int, stop: int) -> Floats32:
        out = np.full(stop - start, np.nan, np.float32)
        for place, block in zip(track.places, track.blocks, strict=True):
            begin, end = max(start - place, 0), min(stop - place, block.n_samples)
            if begin < end:
                at = place - start
                out[at + begin : at + end] = block.read(begin, end)
        return out

    return FileSignal(
        label=first.label,
        unit=first.unit,
        sampling_rate_hz=first.sampling_rate_hz,
        n_samples=max(round(end_s * first.sampling_rate_hz), track.end),
        read=read,
        calibration_fault=faults[0] if faults else "",
        calibrated=all(block.calibrated for block in track.blocks),
    )
