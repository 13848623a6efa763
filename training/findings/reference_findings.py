"""What the annotations of a real record or stream say: runs, tachycardia, fibrillation, pauses.

A plain reading of symbols and rhythm marks, independent of the package's rhythm analysis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.time_units import SECONDS_PER_HOUR
from training.annotation_files import CLASS_OF_SYMBOL
from training.findings.ecg_script import Span

FIBRILLATION_MARKS = ("(AFIB", "(AFL")
"""Rhythm marks of atrial fibrillation and flutter."""
BLOCK_MARKS = ("(BII",)
"""Rhythm marks of second-degree block."""
VENTRICULAR_MARKS = ("(VT", "(VFL", "(IVR")
"""Rhythm marks of ventricular rhythms."""
TACHYCARDIA_MARKS = ("(SVTA",)
"""Rhythm marks of supraventricular tachycardia."""
UNREADABLE = "[!]~|"
"""Symbols of flutter and noise: beats may not be annotated there."""
RUN_BEATS = 3
"""Ectopic beats in a row that make a run."""
TACHYCARDIA_BPM = 100.0
"""A run above this rate is a tachycardia."""
PAUSE_S = 2.0
"""Shortest pause."""
BRADYCARDIA_WINDOW_S = 60.0
"""Window of the lowest heart rate."""


@dataclass(frozen=True)
class Run(Span):
    """Ectopic beats in a row.

    Attributes
    ----------
    beats : int
        Their number.
    """

    beats: int

    @property
    def bpm(self) -> float:
        """Mean rate."""
        return 60 * (self.beats - 1) / self.duration_s


@dataclass(frozen=True)
class Reference:
    """Annotated findings of a record.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        Beats.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    ventricular_runs, supraventricular_runs : tuple of Run
        At least three in a row.
    pauses : tuple of Span
        Intervals of at least 2 s in which no noise or flutter is marked.
    marks : tuple of (str, Span)
        Rhythm marks, each until the next.
    flutter : tuple of Span
        Ventricular flutter.
    """

    times_s: NDArray[np.float64]
    labels: NDArray[np.int64]
    ventricular_runs: tuple[Run, ...]
    supraventricular_runs: tuple[Run, ...]
    pauses: tuple[Span, ...]
    marks: tuple[tuple[str, Span], ...]
    flutter: tuple[Span, ...]

    @classmethod
    def read(cls, path: Path, rate_hz: float) -> "Reference":
        """Read the annotations of a WFDB record, given without extension."""
        annotation = wfdb.rdann(str(path), "atr")
        times_s = np.asarray(annotation.sample) / rate_hz
        symbols = np.asarray(annotation.symbol)
        is_beat = np.isin(symbols, list(CLASS_OF_SYMBOL))
        labels = np.array([CLASS_OF_SYMBOL[symbol] for symbol in symbols[is_beat]], np.int64)
        notes = [note.strip("\x00") for note in annotation.aux_note]
        marked = [
            (note, at) for note, at in zip(notes, times_s, strict=True) if note.startswith("(")
        ]
        ends = [*(float(at) for _, at in marked[1:]), float(times_s[-1])][: len(marked)]
        marks = [(note, Span(float(at), end)) for (note, at), end in zip(marked, ends, strict=True)]
        flutter = [
            Span(begin, end)
            for begin, end in zip(times_s[symbols == "["], times_s[symbols == "]"], strict=True)
        ]
        unreadable = np.sort(times_s[np.isin(symbols, list(UNREADABLE))])
        beats_s, first = np.unique(times_s[is_beat], return_index=True)
        return cls.of(beats_s, labels[first], marks, flutter, unreadable)

    @classmethod
    def of(
        cls,
        times_s: NDArray[np.float64],
        labels: NDArray[np.int64],
        marks: Sequence[tuple[str, Span]],
        flutter: Sequence[Span] = (),
        unreadable_s: NDArray[np.float64] | None = None,
    ) -> "Reference":
        """Return the findings of annotated beats and rhythm marks."""
        noise = np.array([]) if unreadable_s is None else unreadable_s
        pauses = [
            Span(begin, end)
            for begin, end in pairwise(times_s.tolist())
            if end - begin >= PAUSE_S
            and np.searchsorted(noise, begin) == np.searchsorted(noise, end)
        ]
        return cls(
            times_s,
            labels,
            _runs(times_s, labels, "V"),
            _runs(times_s, labels, "S"),
            tuple(pauses),
            tuple(marks),
            tuple(flutter),
        )

    def marked(self, names: Sequence[str]) -> tuple[Span, ...]:
        """Return where the rhythm has one of the marks."""
        return tuple(span for mark, span in self.marks if mark.startswith(tuple(names)))

    def share(self, name: str) -> float:
        """Return the share of the beats that are of a class."""
        return float((self.labels == CLASSES.index(name)).mean()) if len(self.labels) else 0.0

    def per_hour(self, name: str) -> float:
        """Return the number of beats of a class an hour."""
        duration_s = float(self.times_s[-1] - self.times_s[0])
        return SECONDS_PER_HOUR * float((self.labels == CLASSES.index(name)).sum()) / duration_s

    def slow(self, bpm: float) -> tuple[Span, ...]:
        """Return minutes in which the mean rate is below a limit."""
        times = self.times_s
        ends = np.searchsorted(times, times + BRADYCARDIA_WINDOW_S) - 1
        spans = []
        for first, last in enumerate(ends.tolist()):
            length_s = times[last] - times[first]
            if length_s > BRADYCARDIA_WINDOW_S / 2 and 60 * (last - first) / length_s < bpm:
                spans.append(Span(float(times[first]), float(times[last])))
        return tuple(spans)


def tachycardias(runs: Sequence[Run], beats: int = RUN_BEATS) -> tuple[Run, ...]:
    """Return the runs that are tachycardias of at least so many beats."""
    return tuple(run for run in runs if run.beats >= beats and run.bpm > TACHYCARDIA_BPM)


def _runs(times_s: NDArray[np.float64], labels: NDArray[np.int64], name: str) -> tuple[Run, ...]:
    runs, first = [], 0
    for label, group in groupby(labels.tolist()):
        n = len(list(group))
        if label == CLASSES.index(name) and n >= RUN_BEATS:
            runs.append(Run(float(times_s[first]), float(times_s[first + n - 1]), n))
        first += n
    return tuple(runs)
