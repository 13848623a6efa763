"""Annotation files of WFDB records: beats by class, ventricular flutter, what is not analysable."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb

from deepecg.arrays import Bools, Floats, Ints
from deepecg.beats.aami_classes import CLASSES
from training.beat_comparison import LEARNING_S
from training.run_matching import BeatSequence

SYMBOLS = {"N": "NLRejB", "S": "AaJSn", "V": "VEr", "F": "F", "Q": "/fQ?"}
"""AAMI classes and their PhysioNet annotation symbols (ANSI/AAMI EC57)."""
CLASS_OF_SYMBOL = {
    symbol: CLASSES.index(name) for name, symbols in SYMBOLS.items() for symbol in symbols
}
NOISE_SYMBOL, SHUTDOWN_BITS = "~", 0x30
"""A mark of signal quality; the signal is not analysable while both bits of its subtype are set."""


@dataclass(frozen=True)
class BeatFile:
    """Content of an annotation file.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n,)
        Times of the beats, ascending.
    labels : ndarray of int64, shape (n,)
        Classes of the beats.
    flutter : ndarray of float64, shape (k, 2)
        First and last second of ventricular flutter and fibrillation; infinite if it never ends.
    not_analysable : ndarray of float64, shape (l, 2)
        First and last second of segments marked as not analysable.
    """

    times_s: Floats
    labels: Ints
    flutter: Floats
    not_analysable: Floats

    @classmethod
    def read(cls, path: Path, extension: str = "atr", rate_hz: float | None = None) -> "BeatFile":
        """Read the beats of a record; the parameters are those of :func:`read_marks`.

        Symbols that are not beats (rhythm changes, noise, comments) are skipped, so that they make
        no RR interval.
        """
        times_s, annotation = read_marks(path, extension, rate_hz)
        symbols = np.asarray(annotation.symbol, str)
        is_beat = np.isin(symbols, [*CLASS_OF_SYMBOL])
        is_quality = symbols == NOISE_SYMBOL
        is_shutdown = np.asarray(annotation.subtype, np.int64) & SHUTDOWN_BITS == SHUTDOWN_BITS
        return cls(
            times_s[is_beat],
            np.array([CLASS_OF_SYMBOL[symbol] for symbol in symbols[is_beat]], np.int64),
            _segments(times_s, symbols == "[", symbols == "]"),
            _segments(times_s, is_quality & is_shutdown, is_quality & ~is_shutdown),
        )

    @property
    def excluded(self) -> Floats:
        """First and last second of what EC57 excludes: the learning period and flutter."""
        learning = np.array([[-np.inf, np.nextafter(LEARNING_S, 0)]])
        return np.concatenate([learning, self.flutter])

    def sequence(self, excluded: Floats) -> BeatSequence:
        """Return the beats outside the excluded segments, shape (k, 2), to find runs in them."""
        beats = BeatSequence(self.times_s, self.labels, self.not_analysable[:, 0])
        return beats.without(excluded)


def read_marks(
    path: Path, extension: str = "atr", rate_hz: float | None = None
) -> tuple[Floats, wfdb.Annotation]:
    """Read all marks of a WFDB record: their times in seconds, and the annotation itself.

    Parameters
    ----------
    path : Path
        The record, without extension.
    extension : str
        Extension of the annotation file.
    rate_hz : float, optional
        Rate of the sample numbers, if neither the file nor a header beside it contains it.
    """
    annotation = wfdb.rdann(str(path), extension)
    rate_hz = annotation.fs or rate_hz
    if not rate_hz:
        raise SystemExit(f"no sampling rate for {path}.{extension}: no header beside it")
    return np.asarray(annotation.sample, np.int64) / rate_hz, annotation


def _segments(times_s: Floats, begins: Bools, ends: Bools) -> Floats:
    """Return first and last second from every first mark of a begin to the next of an end."""
    segments: list[tuple[float, float]] = []
    since: float | None = None
    for at in np.flatnonzero(begins | ends):
        if begins[at] and since is None:
            since = float(times_s[at])
        elif ends[at] and since is not None:
            segments.append((since, float(times_s[at])))
            since = None
    if since is not None:
        segments.append((since, np.inf))
    return np.array(segments, np.float64).reshape(-1, 2)
