"""Signal files of WFDB records: their length in frames, and their samples in A/D units.

The ``wfdb`` package decodes the samples, one chunk at a time. It gets plain local files only, so
that no header can make it download anything.
"""

import warnings as python_warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Ints
from deepecg.errors import MalformedHeaderError, MissingPartError, TruncatedSamplesError
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


def frames_in_file(folder: Path, signals: Sequence[Signal]) -> int:
    """Return how many whole frames a signal file holds.

    Parameters
    ----------
    folder : Path
        The record's folder, absolute.
    signals : sequence of Signal
        All signals of one file.

    Raises
    ------
    MalformedHeaderError
        If the signals differ in format or offset, or do not fit a FLAC file.
    MissingPartError
        If there is no such file.
    TruncatedSamplesError
        If a FLAC file cannot be decoded.
    """
    form, offset = signals[0].format, signals[0].offset
    if any((signal.format, signal.offset) != (form, offset) for signal in signals):
        raise MalformedHeaderError("found several formats in one signal file, expected one")
    path = folder / signals[0].file
    if not path.is_file():
        raise MissingPartError("found no signal file, expected one beside the header")
    per_frame = sum(signal.per_frame for signal in signals)
    if form in FLAC_FORMATS:
        if len({signal.per_frame for signal in signals}) > 1:
            raise MalformedHeaderError("found several rates in a FLAC file, expected one")
        return _flac_frames(path, signals)
    n_bytes = max(path.stat().st_size - offset, 0)
    if form in PACKED_FORMATS:
        return (n_bytes // 4 * 3 + (n_bytes % 4 >= 2)) // per_frame
    return n_bytes * 8 // SAMPLE_BITS[form] // per_frame


def _flac_frames(path: Path, signals: Sequence[Signal]) -> int:
    # Loads libsndfile, which only FLAC formats need.
    import soundfile  # type: ignore[import-untyped]  # noqa: PLC0415

    with path.open("rb") as file:
        if file.read(4) != b"fLaC":
            raise MalformedHeaderError("found a signal file of another kind, expected FLAC")
        file.seek(0)
        try:
            with soundfile.SoundFile(file) as sound:
                channels, frames = sound.channels, sound.frames
        except RuntimeError:
            raise TruncatedSamplesError(
                "found a FLAC file that cannot be decoded, expected a complete one"
            ) from None
    if channels != len(signals):
        raise MalformedHeaderError(
            f"found {channels} channels in a FLAC file, expected {len(signals)}"
        )
    return int(max(frames - signals[0].offset, 0)) // signals[0].per_frame


class SignalFile:
    """Decodes one signal file.

    Parameters
    ----------
    folder : Path
        The record's folder, absolute.
    signals : sequence of Signal
        All signals of the file, in the order of the header.
    """

    def __init__(self, folder: Path, signals: Sequence[Signal]) -> None:
        self._folder = folder
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
            file_name=signals[0].file,
            dir_name=str(self._folder),
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
                self._folder / self._signals[0].file,
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
