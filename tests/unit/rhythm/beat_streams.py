"""Streams of beats: of letters, and of a database's own annotations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.rhythm.beat_stream import BeatStream

CLASS_OF = {
    symbol: number
    for number, symbols in enumerate(("NLRejB", "SAaJn", "VEr", "F", "Q/f?"))
    for symbol in symbols
}
"""AAMI classes of the annotation symbols; those that are not here are no beats."""

LONG_RECORDS = (
    *("14046", "14134", "14149", "14157"),
    *("00", "100", "111", "119", "17", "204", "24", "35", "47", "58", "71"),
)
"""Of the Long-Term DB, which has no rhythm marks, and of the Long-Term AF DB."""
MITDB_RECORDS = (
    *("100", "101", "102", "103", "104", "105", "106", "107", "108", "109", "111", "112", "113"),
    *("114", "115", "116", "117", "118", "119", "121", "122", "123", "124", "200", "201", "202"),
    *("203", "205", "207", "208", "209", "210", "212", "213", "214", "215", "217", "219", "220"),
    *("221", "222", "223", "228", "230", "231", "232", "233", "234"),
)


def stream_of(
    classes: str,
    rr_s: float | Sequence[float] | NDArray[np.float64] = 0.8,
    *,
    first_s: float = 0.5,
    gap_s: float = 10.0,
    quiet: bool | Sequence[bool] = True,
    duration_s: float | None = None,
) -> BeatStream:
    """Return beats of one letter each; ``|`` between two is a gap of ``gap_s``.

    ``rr_s`` is one interval for all, or one for every beat but the first, gaps included (where
    ``gap_s`` then counts for nothing).
    """
    letters = classes.replace("|", "")
    gap = np.array([before == "|" for before in ["", *classes][: len(classes)]], bool)
    gap = gap[[letter != "|" for letter in classes]]
    if isinstance(rr_s, float | int):
        rr_s = np.where(gap, gap_s, rr_s)[1:]
    times = first_s + np.concatenate([[0.0], np.cumsum(rr_s)])[: len(letters)]
    rr = np.diff(times, prepend=np.nan)
    rr[gap] = np.nan
    end = duration_s or (times[-1] + 0.5 if len(times) else 10.0)
    analysable = np.ones(int(np.ceil(end)), bool)
    for beat in np.flatnonzero(gap):
        analysable[int(times[beat - 1]) + 1 : int(times[beat])] = False
    return BeatStream.of_labels(
        times,
        rr,
        np.array(["NSVFQ".index(letter) for letter in letters], np.int64),
        np.broadcast_to(quiet, len(times)).copy(),
        analysable,
    )


@dataclass(frozen=True)
class Reference:
    """A record's beats and rhythm marks as its database annotates them.

    Attributes
    ----------
    stream : BeatStream
        Without gaps; every interval counts as quiet.
    samples : ndarray of int64, shape (n_beats,)
    classes : str
        One AAMI letter a beat.
    rate_hz : float
    marks : tuple of (int, str)
        Sample and text of the rhythm changes, such as ``(VT``.
    notes : tuple of (int, str)
        Sample and text of the comments, such as ``PSE``.
    """

    stream: BeatStream
    samples: NDArray[np.int64]
    classes: str
    rate_hz: float
    marks: tuple[tuple[int, str], ...]
    notes: tuple[tuple[int, str], ...]


@cache
def reference(record: Path) -> Reference:
    """Read a reference annotation file, ``record`` being its path without suffix."""
    header = wfdb.rdheader(str(record))
    found = wfdb.rdann(str(record), "atr")
    is_beat = np.array([symbol in CLASS_OF for symbol in found.symbol], bool)
    labels = np.array([CLASS_OF.get(symbol, -1) for symbol in found.symbol], np.int64)[is_beat]
    samples = found.sample[is_beat].astype(np.int64)
    times = samples / header.fs
    stream = BeatStream.of_labels(
        times,
        np.diff(times, prepend=np.nan),
        labels,
        np.ones(len(times), bool),
        np.ones(int(np.ceil(header.sig_len / header.fs)), bool),
    )
    texts = [
        (symbol, (int(sample), text.rstrip("\0")))
        for symbol, sample, text in zip(found.symbol, found.sample, found.aux_note, strict=True)
        if symbol in '+"'
    ]
    marks = tuple(mark for symbol, mark in texts if symbol == "+")
    notes = tuple(note for symbol, note in texts if symbol == '"')
    classes = "".join("NSVFQ"[label] for label in labels)
    return Reference(stream, samples, classes, header.fs, marks, notes)


def without_seconds(stream: BeatStream, lost: NDArray[np.bool_]) -> BeatStream:
    """Return a stream as it is without some of its seconds: their beats are gone, gaps there."""
    analysable = stream.analysable & ~lost
    second = np.minimum(stream.times_s.astype(np.int64), len(lost) - 1)
    kept = analysable[second]
    n_lost = np.cumsum(~analysable)[second[kept]]
    rr_s = np.diff(stream.times_s[kept], prepend=np.nan)
    rr_s[1:][np.diff(n_lost) > 0] = np.nan
    return BeatStream.of_labels(
        stream.times_s[kept], rr_s, stream.labels[kept], stream.pause_confirmed[kept], analysable
    )


def long_records(data_dir: Path) -> list[Path]:
    """Return the 24-hour records."""
    return [data_dir / "rhythm" / name for name in LONG_RECORDS]


def mitdb_records(data_dir: Path) -> list[Path]:
    """Return the half-hour records of the MIT-BIH Arrhythmia Database."""
    return [data_dir / "mitdb" / name for name in MITDB_RECORDS]
