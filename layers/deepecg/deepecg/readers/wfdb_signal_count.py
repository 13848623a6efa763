"""How many signals a WFDB record has, where its header and its signal files disagree.

The samples of all signals of a file alternate: with one signal too few or too many, all of them
would be read wrongly.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from deepecg.errors import MalformedHeaderError, TruncatedHeaderError
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.wfdb_header import DIFFERENCE_FORMAT, FLAC_FORMATS, Header, Signal
from deepecg.readers.wfdb_signal_files import (
    HeldFrames,
    SignalFile,
    held_files,
    held_frames,
)

_MAX_PADDING: Final = 2
"""Most samples that fill up the last bytes of a packed format."""
_SAMPLES_COMPARED: Final = 20_000
"""Samples in which signals are told apart: some twenty beats of two leads."""


def signals_that_fit(
    header: Header, beside: FilesBeside, warnings: dict[str, str]
) -> tuple[Signal, ...]:
    """Return the signals of a header, whose number of lines may not be the announced one.

    Where they differ, the sizes of the signal files decide.

    Parameters
    ----------
    header : Header
        A header with signals.
    beside : FilesBeside
        The files in its folder.
    warnings : dict of str to str
        Gets ``missing_header_lines`` or ``extra_header_lines``.

    Raises
    ------
    TruncatedHeaderError
        If there are fewer lines, and the files do not hold as many signals as there are lines.
    MalformedHeaderError
        If there are more lines of signals in the same files, and the files hold neither as many
        as announced nor as many as there are lines.
    """
    announced = header.signals
    if header.n_lacking_lines:
        if not _fit(header, beside, announced):
            raise TruncatedHeaderError(
                f"found {len(announced)} lines of signals, expected {header.n_signals} as the "
                "record line announces; the signal files do not show how many there are"
            )
        warnings["missing_header_lines"] = (
            f"found {len(announced)} lines of signals, expected {header.n_signals}; the signal "
            "files hold as many as there are lines"
        )
        return announced
    if not header.n_extra_lines:
        return announced
    own_files = {signal.file for signal in announced}
    alternate = any(signal.file in own_files for signal in header.further_signals)
    if not alternate or _fit(header, beside, announced):
        warnings["extra_header_lines"] = (
            f"ignored {header.n_extra_lines} lines more than the record line announces"
        )
        return announced
    every = announced + header.further_signals
    if not _fit(header, beside, every):
        raise MalformedHeaderError(
            f"found {len(every)} lines of signals, expected {header.n_signals} as the record line "
            "announces; the signal files do not show how many there are"
        )
    warnings["extra_header_lines"] = (
        f"found {len(every)} lines of signals, expected {header.n_signals}; read all, since the "
        "signal files hold as many"
    )
    return every


def _fit(header: Header, beside: FilesBeside, signals: tuple[Signal, ...]) -> bool:
    """Return whether all signal files hold as many frames as the header declares."""
    files = held_files(beside, signals)
    declared = header.n_frames or 0
    return bool(files and declared) and all(
        0 <= file.n_frames - declared <= _MAX_PADDING for file in files.values()
    )


def check_interleaving(file: HeldFrames, signals: tuple[Signal, ...], declared: int) -> None:
    """Check that a file of another size than declared does not hold more or fewer signals.

    If its size is that of another number of signals, samples show it: those of one signal are more
    alike from one to the next than those of different signals.

    Parameters
    ----------
    file : HeldFrames
        The only signal file of a record.
    signals : tuple of Signal
        The signals of its header.
    declared : int
        Length of the record in frames, by its header.

    Raises
    ------
    MalformedHeaderError
        If it holds another number of signals.
    """
    stored = [signal for signal in signals if not signal.is_null]
    first = stored[0]
    if first.format in FLAC_FORMATS | {DIFFERENCE_FORMAT} or any(s.per_frame > 1 for s in stored):
        return
    samples = replace(first, skew=0)
    alone = held_frames(file.path, [samples])
    fitting, rest = divmod(alone.n_frames, declared)
    if rest or fitting in (0, len(stored)):
        return
    stream = SignalFile(file.path, [samples]).read(0, min(alone.n_frames, _SAMPLES_COMPARED))[0]

    def unlike(n_signals: int) -> float:
        steps = stream[n_signals:].astype(np.float64) - stream[:-n_signals]
        return float(np.mean(steps**2)) if len(steps) else math.inf

    if unlike(fitting) < unlike(len(stored)):
        raise MalformedHeaderError(
            f"found a signal file with the size and the samples of {fitting} signals, expected "
            f"{len(stored)} by the header"
        )
