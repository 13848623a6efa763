"""Annotation files and their comparison: the rules are in :mod:`training.ec57`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from training.annotated_records import CLASS_OF_SYMBOL
from training.beat_matching import LEARNING_S, BeatCounts, within
from training.run_matching import BeatSequence, Kind, RunCounts, compare_runs

NOISE_SYMBOL, SHUTDOWN_BITS = "~", 0x30
"""A mark of signal quality; the signal is not analysable while both bits of its subtype are set."""
KINDS: tuple[Kind, ...] = ("V", "S")


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

    times_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    flutter: NDArray[np.float64]
    not_analysable: NDArray[np.float64]

    @classmethod
    def read(cls, path: Path, extension: str, rate_hz: float | None = None) -> "BeatFile":
        """Read the annotations of a record, given without extension.

        Parameters
        ----------
        path : Path
            The record.
        extension : str
            Extension of the annotation file.
        rate_hz : float, optional
            Rate of the sample numbers, if neither the file nor a header beside it contains it.
        """
        annotation = wfdb.rdann(str(path), extension)
        rate_hz = annotation.fs or rate_hz
        if not rate_hz:
            raise SystemExit(f"no sampling rate for {path}.{extension}: no header beside it")
        times_s = np.asarray(annotation.sample, np.int64) / rate_hz
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

    def sequence(self, excluded: NDArray[np.float64]) -> BeatSequence:
        """Return the beats outside the excluded segments, shape (k, 2), to find runs in them."""
        beats = BeatSequence(self.times_s, self.labels, self.not_analysable[:, 0])
        return beats.without(excluded)


@dataclass(frozen=True)
class RecordComparison:
    """Found against annotated beats of one record, or of several together.

    Attributes
    ----------
    beats : BeatCounts
        Beat by beat.
    runs : dict of RunCounts
        Ventricular and supraventricular runs.
    compared_s : float
        Seconds that were compared.
    not_analysable_s : float
        Seconds of these that the software reports as not analysable.
    """

    beats: BeatCounts
    runs: dict[Kind, RunCounts]
    compared_s: float
    not_analysable_s: float

    def __add__(self, other: "RecordComparison") -> "RecordComparison":
        return RecordComparison(
            self.beats + other.beats,
            {kind: self.runs[kind] + other.runs[kind] for kind in KINDS},
            self.compared_s + other.compared_s,
            self.not_analysable_s + other.not_analysable_s,
        )


def compare_files(
    reference: Path, found: Path, reference_extension: str = "atr", found_extension: str = "deepecg"
) -> RecordComparison:
    """Compare a record's annotation files, both given without extension.

    The duration is that of the header beside the reference; without a header the record ends with
    its last annotated beat.
    """
    annotated = BeatFile.read(reference, reference_extension)
    if Path(f"{reference}.hea").is_file():
        header = wfdb.rdheader(str(reference))
        rate_hz, duration_s = float(header.fs), header.sig_len / header.fs
    else:
        rate_hz, duration_s = None, float(annotated.times_s[-1])
    return compare(annotated, BeatFile.read(found, found_extension, rate_hz), duration_s)


def compare(annotated: BeatFile, found: BeatFile, duration_s: float) -> RecordComparison:
    """Compare found with annotated beats of a record of a duration."""
    # No beat in flutter is compared, and none may pair with a beat outside.
    outside = ~within(annotated.times_s, annotated.flutter)
    times_s, labels = annotated.times_s[outside], annotated.labels[outside]
    kept = ~within(found.times_s, found.flutter)
    learning = np.array([[-np.inf, np.nextafter(LEARNING_S, 0)]])
    excluded = np.concatenate([learning, annotated.flutter])
    shutdown = found.not_analysable
    beats = BeatCounts.of(
        times_s, labels, found.times_s[kept], found.labels[kept], excluded, shutdown
    )
    reference, answer = (each.sequence(annotated.flutter) for each in (annotated, found))
    runs = {kind: compare_runs(reference, answer, kind, shutdown) for kind in KINDS}
    excluded_s = _total_s(excluded, duration_s)
    with_shutdown_s = _total_s(np.concatenate([excluded, shutdown]), duration_s)
    return RecordComparison(beats, runs, duration_s - excluded_s, with_shutdown_s - excluded_s)


def _segments(
    times_s: NDArray[np.float64], begins: NDArray[np.bool_], ends: NDArray[np.bool_]
) -> NDArray[np.float64]:
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


def _total_s(segments: NDArray[np.float64], duration_s: float) -> float:
    """Return how much of a record lies in segments, which may overlap."""
    total = until = 0.0
    for begin, end in sorted(np.clip(segments, 0, duration_s).tolist()):
        total += max(end - max(begin, until), 0)
        until = max(until, end)
    return total
