"""Signal files of WFDB records: their length in frames, and their samples in A/D units.

The ``wfdb`` package decodes the samples, one chunk at a time. It gets plain local files only, so
that no header can make it download anything.
"""

import warnings as python_warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Ints
from deepecg.errors import MalformedHeaderError, TruncatedSamplesError
from deepecg.readers.declared_length import MAX_SAMPLES_PER_BYTE
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.wfdb_header import (
    DIFFERENCE_FORMAT,
    FLAC_FORMATS,
    PACKED_FORMATS,
    SAMPLE_BITS,
    Signal,
)

Digital = NDArray[np.integer]

BLOCK_FRAMES: Final = 1 << 20
"""Most frames decoded at once, so that memory stays bounded."""


@dataclass(frozen=True)
class HeldFrames:
    """The frames of a signal file.

    Attributes
    ----------
    path : Path
        The file, absolute.
    n_frames : int
        Whole frames that it holds after the offset of its signals.
    n_paid : int
        As many of them as its size in bytes can account for: compression of a signal goes no
        further.
    """

    path: Path
    n_frames: int
    n_paid: int


def held_frames(path: Path, signals: Sequence[Signal]) -> HeldFrames:
    """Return which frames a signal file holds.

    Parameters
    ----------
    path : Path
        The signal file, absolute.
    signals : sequence of Signal
        All signals of the file.

    Raises
    ------
    MalformedHeaderError
        If the signals differ in format or offset, or do not fit a FLAC file.
    TruncatedSamplesError
        If a FLAC file cannot be decoded.
    """
    form, offset = signals[0].format, signals[0].offset
    if any(signal.format != form or signal.offset not in (0, offset) for signal in signals):
        raise MalformedHeaderError(
            "found several formats or offsets in one signal file, expected one"
        )
    per_frame = sum(signal.per_frame for signal in signals)
    size = path.stat().st_size
    if form in FLAC_FORMATS:
        if len({signal.per_frame for signal in signals}) > 1:
            raise MalformedHeaderError("found several rates in a FLAC file, expected one")
        most = size * MAX_SAMPLES_PER_BYTE // len(signals)
        n_samples = max(_flac_samples(path, len(signals), most) - offset, 0)
        width = signals[0].per_frame
        return HeldFrames(path, n_samples // width, min(n_samples, most) // width)
    n_frames = _samples_in(max(size - offset, 0), form) // per_frame
    return HeldFrames(path, n_frames, n_frames)


def held_files(beside: FilesBeside, signals: Iterable[Signal]) -> dict[str, HeldFrames]:
    """Return the signal files that are there, by their names in the header."""
    groups: dict[str, list[Signal]] = {}
    for signal in signals:
        if not signal.is_null:
            groups.setdefault(signal.file, []).append(signal)
    paths = {name: beside.find(name) for name in groups}
    return {
        name: held_frames(path, groups[name]) for name, path in paths.items() if path is not None
    }


def _samples_in(n_bytes: int, form: str) -> int:
    """Return how many whole samples there are in a number of bytes."""
    if form not in PACKED_FORMATS:
        return n_bytes * 8 // SAMPLE_BITS[form]
    words, rest = divmod(n_bytes, 4)
    # Format 311 packs its 10-bit samples from the lowest bit on; format 310 puts one sample, and
    # half of the third, into every two bytes.
    return words * 3 + (rest * 8 // SAMPLE_BITS[form] if form == "311" else rest // 2)


def _flac_samples(path: Path, n_signals: int, most: int) -> int:
    """Return how many samples of each signal a FLAC file holds, and can be decoded.

    Of a file that ends early at most about ``most`` are looked for.
    """
    # Loads libsndfile, which only FLAC formats need.
    import soundfile  # type: ignore[import-untyped]  # noqa: PLC0415

    with path.open("rb") as file:
        if file.read(4) != b"fLaC":
            raise MalformedHeaderError("found a signal file of another kind, expected FLAC")

    def has_sample(number: int) -> bool:
        try:
            # libsndfile cannot go on after an error.
            with soundfile.SoundFile(path) as sound:
                sound.seek(number)
                return len(sound.read(1, dtype="int32")) == 1
        except (RuntimeError, ValueError):
            return False

    try:
        with soundfile.SoundFile(path) as sound:
            channels, n_samples = sound.channels, int(sound.frames)
    except RuntimeError:
        raise TruncatedSamplesError(
            "found a FLAC file that cannot be decoded, expected a complete one"
        ) from None
    if channels != n_signals:
        raise MalformedHeaderError(
            f"found {channels} channels in a FLAC file, expected {n_signals}"
        )
    if not n_samples or has_sample(n_samples - 1):
        return n_samples
    return bisect_left(range(min(n_samples, most)), True, key=lambda at: not has_sample(at))


class SignalFile:
    """Decodes one signal file.

    Parameters
    ----------
    path : Path
        The file, absolute.
    signals : sequence of Signal
        All signals of the file, in the order of the header.
    """

    def __init__(self, path: Path, signals: Sequence[Signal]) -> None:
        self._path = path
        self._signals = signals
        self._sums = 0, np.zeros(len(signals), np.int64)

    def read(self, start: int, stop: int) -> list[Digital]:
        """Return frames ``start`` to ``stop`` of every signal, in A/D units.

        Raises
        ------
        TruncatedSamplesError
            If the file's content cannot be decoded.
        """
        try:
            decoded = self._decode(start, stop)
            if self._signals[0].format != DIFFERENCE_FORMAT:
                return decoded
            sums = self._sums_before(start)
            return [part + before for part, before in zip(decoded, sums, strict=True)]
        except (OSError, MemoryError):
            raise
        except Exception:
            # Any other error of the decoder comes from the file's content.
            raise TruncatedSamplesError(
                f"found samples that cannot be decoded, expected {stop - start} frames of "
                f"signal format {self._signals[0].format}"
            ) from None

    def _decode(self, start: int, stop: int) -> list[Digital]:
        signals = self._signals
        return _wfdb_decoder()(
            file_name=self._path.name,
            dir_name=str(self._path.parent),
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

    def _sums_before(self, frame: int) -> Ints:
        """Return the sum of each signal's differences before ``frame`` (format 8).

        The sums of the last chunk are continued, so that reading forwards takes linear time.
        """
        widths = [signal.per_frame for signal in self._signals]
        at, sums = self._sums
        if at > frame:
            at, sums = 0, np.zeros(len(widths), np.int64)
        edges = np.cumsum([0, *widths[:-1]])
        while at < frame:
            to = min(at + BLOCK_FRAMES, frame)
            steps = np.fromfile(
                self._path,
                dtype=np.int8,
                count=(to - at) * sum(widths),
                offset=self._signals[0].offset + at * sum(widths),
            ).reshape(-1, sum(widths))
            sums = sums + np.add.reduceat(steps.sum(axis=0, dtype=np.int64), edges)
            at = to
        self._sums = frame, sums
        return sums


@cache
def _wfdb_decoder() -> Callable[..., list[Digital]]:
    """Return wfdb's decoder of a stretch of one signal file.

    It is the private function below wfdb's public ``rdrecord()``, which parses the header again
    for every chunk and cannot read a chunk of a record whose header gives no length.
    """
    with python_warnings.catch_warnings():
        # Importing wfdb 4.3 makes pandas 3 warn about deprecated calls.
        python_warnings.simplefilter("ignore")
        from wfdb.io import _signal  # noqa: PLC0415  (loads pandas, which only WFDB files need)
    decoder: Callable[..., list[Digital]] = _signal._rd_dat_signals
    return decoder
