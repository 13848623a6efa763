"""Wave boundaries of a WFDB annotation file in the convention of ``ecgpuwave``.

``(`` begins a wave, ``p``, ``N`` (or another beat) and ``t`` are peaks, ``)`` ends a wave. A peak
may lack either boundary: the QT Database's T waves often have no onset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.waves.wave_card import KINDS

P, QRS, T = range(len(KINDS))
"""Indices into :data:`deepecg.waves.wave_card.KINDS`."""
KIND_OF_SYMBOL = {"p": P, "t": T} | dict.fromkeys("NLRBAaJSVrFejnE/fQ?", QRS)
ONSET, OFFSET = "(", ")"


@dataclass(frozen=True)
class WaveMarks:
    """Waves in the order of time.

    Attributes
    ----------
    kind : ndarray of int64, shape (n_waves,)
        Index into :data:`deepecg.waves.wave_card.KINDS`.
    onset_s, peak_s, offset_s : ndarray of float64, shape (n_waves,)
        Seconds from the recording's start; onset and offset are NaN where they are not marked.
    """

    kind: NDArray[np.int64]
    onset_s: NDArray[np.float64]
    peak_s: NDArray[np.float64]
    offset_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, waves: NDArray[np.generic] | slice) -> "WaveMarks":
        return WaveMarks(
            self.kind[waves], self.onset_s[waves], self.peak_s[waves], self.offset_s[waves]
        )

    @property
    def first_s(self) -> NDArray[np.float64]:
        """Onset, or the peak where there is none, shape (n_waves,)."""
        return np.where(np.isnan(self.onset_s), self.peak_s, self.onset_s)

    @property
    def last_s(self) -> NDArray[np.float64]:
        """Offset, or the peak where there is none, shape (n_waves,)."""
        return np.where(np.isnan(self.offset_s), self.peak_s, self.offset_s)

    def of_kind(self, kind: int) -> "WaveMarks":
        """Return the waves of one kind."""
        return self[self.kind == kind]


def read_wave_marks(record: Path, extension: str, rate_hz: float) -> WaveMarks:
    """Read the waves of a record.

    Parameters
    ----------
    record : Path
        The record, without extension.
    extension : str
        Of the annotation file, such as ``q1c``.
    rate_hz : float
        Sampling rate of the record.
    """
    annotation = wfdb.rdann(str(record), extension)
    return waves_of(annotation.symbol, np.asarray(annotation.sample) / rate_hz)


def waves_of(symbols: Sequence[str], times_s: NDArray[np.float64]) -> WaveMarks:
    """Return the waves of a sequence of annotations.

    Peaks of one kind that follow each other within one pair of boundaries are one wave with two
    peaks; it has the first of them.
    """
    waves: list[tuple[int, float, float, float]] = []
    for place, symbol in enumerate(symbols):
        if symbol not in KIND_OF_SYMBOL:
            continue
        kind = KIND_OF_SYMBOL[symbol]
        before = symbols[place - 1] if place else ""
        onset = times_s[place - 1] if before == ONSET else np.nan
        peak = times_s[place]
        after = symbols[place + 1] if place + 1 < len(symbols) else ""
        offset = times_s[place + 1] if after == OFFSET else np.nan
        if kind != QRS and KIND_OF_SYMBOL.get(before) == kind:
            _, onset, peak, _ = waves.pop()
        waves.append((kind, onset, peak, offset))
    kind_of_each, *times = zip(*waves, strict=True) if waves else ((), (), (), ())
    return WaveMarks(
        np.array(kind_of_each, np.int64), *(np.array(one, np.float64) for one in times)
    )
