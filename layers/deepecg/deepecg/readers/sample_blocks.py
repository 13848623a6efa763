"""Blocks of samples with times of their own, put on the timeline of one recording.

Files of several groups or series store leads beside each other or one after another. All signals of
a recording cover the same time: where a signal has no block, its samples are missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Floats32
from deepecg.errors import MalformedHeaderError, TruncatedSamplesError
from deepecg.readers.declared_length import refuse_long_gaps
from deepecg.readers.file_signals import FileSignal
from deepecg.recording import MAX_DURATION_S

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

    @property
    def end_s(self) -> float:
        """Time of the block's end."""
        return self.start_s + self.n_samples / self.sampling_rate_hz


@dataclass(frozen=True)
class Timeline:
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


def timeline_of(blocks: Iterable[SampleBlock], warnings: dict[str, str]) -> Timeline:
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
        If the blocks are further apart than a recording may be long.
    NoSignalError
        If hardly any of the time between the first and the last has samples.
    """
    blocks = list(blocks)
    held = [block for block in blocks if block.n_samples]
    missing = max((_missing_s(block) for block in blocks), default=0.0)
    if not held:
        raise TruncatedSamplesError("found no samples, expected at least one")
    start = min(block.start_s for block in held)
    end = max(block.end_s for block in held)
    lost = max(block.end_s + _missing_s(block) for block in blocks) - end
    if missing:
        warnings["truncated_samples"] = (
            f"found {missing:.3f} s less of a signal than the file declares, read what is there"
        )
    joined = _join(held)
    if not end - start <= MAX_DURATION_S:
        raise MalformedHeaderError(
            f"found a duration of {end - start:.0f} s, expected at most {MAX_DURATION_S:.0f} s"
        )
    refuse_long_gaps(
        end - start,
        max(sum(block.end_s - block.start_s for block in signal) for signal in joined),
    )
    return Timeline(tuple(_signal(blocks, start, end) for blocks in joined), start, max(lost, 0.0))


def _missing_s(block: SampleBlock) -> float:
    return (block.declared_samples - block.n_samples) / block.sampling_rate_hz


def _join(blocks: list[SampleBlock]) -> list[list[SampleBlock]]:
    """Return the blocks of each signal, in the order of time."""
    signals: list[list[SampleBlock]] = []
    for block in sorted(blocks, key=lambda block: block.start_s):
        for signal in signals:
            last = signal[-1]
            same = (last.label, last.unit, last.sampling_rate_hz) == (
                block.label, block.unit, block.sampling_rate_hz,
            )  # fmt: skip
            # Half a sample: the times of a file are rounded.
            if same and last.end_s <= block.start_s + 0.5 / block.sampling_rate_hz:
                signal.append(block)
                break
        else:
            signals.append([block])
    return signals


def _signal(signal: list[SampleBlock], start_s: float, end_s: float) -> FileSignal:
    first_block = signal[0]
    rate = first_block.sampling_rate_hz
    n_samples = max(round((end_s - start_s) * rate), 1)
    places = [(round((block.start_s - start_s) * rate), block) for block in signal]

    def read(start: int, stop: int) -> Floats32:
        out = np.full(stop - start, np.nan, np.float32)
        for place, block in places:
            begin, end = max(start - place, 0), min(stop - place, block.n_samples)
            if begin < end:
                at = place - start
                out[at + begin : at + end] = block.read(begin, end)
        return out

    return FileSignal(
        label=first_block.label,
        unit=first_block.unit,
        sampling_rate_hz=rate,
        n_samples=n_samples,
        read=read,
        calibration_fault=next((b.calibration_fault for b in signal if b.calibration_fault), ""),
        calibrated=all(block.calibrated for block in signal),
    )
