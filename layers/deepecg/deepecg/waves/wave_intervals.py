"""Wave intervals: stretches of probable samples become waves with onset, peak and offset."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.waves.settings import DelineationSettings


@dataclass(frozen=True)
class WaveIntervals:
    """Waves of one kind in the order of time, in samples, not yet assigned to beats.

    Attributes
    ----------
    onset, peak, offset : ndarray of float64, shape (n_waves,)
        Between samples; the peak is a sample.
    probability : ndarray of float32, shape (n_waves,)
        Highest probability within each wave.
    area : ndarray of float32, shape (n_waves,)
        Sum of the probabilities within each wave.
    """

    onset: NDArray[np.float64]
    peak: NDArray[np.float64]
    offset: NDArray[np.float64]
    probability: NDArray[np.float32]
    area: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.peak)

    def __getitem__(self, waves: NDArray[np.generic] | slice) -> "WaveIntervals":
        return WaveIntervals(
            self.onset[waves],
            self.peak[waves],
            self.offset[waves],
            self.probability[waves],
            self.area[waves],
        )

    @classmethod
    def join(cls, parts: Sequence["WaveIntervals"]) -> "WaveIntervals":
        """Return the waves of consecutive stretches as one."""
        return cls(
            np.concatenate([part.onset for part in parts]),
            np.concatenate([part.peak for part in parts]),
            np.concatenate([part.offset for part in parts]),
            np.concatenate([part.probability for part in parts]),
            np.concatenate([part.area for part in parts]),
        )


def find_intervals(
    probability: NDArray[np.float32],
    leads: NDArray[np.float32],
    first: int,
    settings: DelineationSettings,
    kind: int,
) -> WaveIntervals:
    """Return the waves of one kind in a stretch of a recording.

    A wave is a run of samples with at least ``least_probability``. It begins and ends where the
    probability crosses a share of its highest value in the run, between samples. Its
    peak is the sample that is farthest from the straight line between onset and offset, summed
    over the leads.

    Parameters
    ----------
    probability : ndarray of float32, shape (n,)
        Probability of the kind at each sample.
    leads : ndarray of float32, shape (n_leads, n)
        The leads in units of their QRS heights.
    first : int
        Number of the first sample.
    settings : DelineationSettings
        Thresholds.
    kind : int
        Index of the kind in :data:`deepecg.waves.wave_card.KINDS`.

    Returns
    -------
    WaveIntervals
        In samples of the recording; uncertain waves included.
    """
    probable = probability >= settings.least_probability
    edges = np.flatnonzero(np.diff(probable, prepend=False, append=False))
    begins, ends = edges[::2], edges[1::2]
    if not len(begins):
        nothing, no_numbers = np.empty(0), np.empty(0, np.float32)
        return WaveIntervals(nothing, nothing, nothing, no_numbers, no_numbers)
    runs = _Runs.of(begins, ends)
    within = probability[runs.samples]
    highest = np.maximum.reduceat(within, runs.heads)
    area = np.add.reduceat(within, runs.heads)
    n = len(probability)
    level = highest * np.float32(settings.onset_share)
    inside = within >= level[runs.run]
    begin = np.minimum.reduceat(np.where(inside, runs.samples, n), runs.heads)
    onset = begin - _crossing(probability, begin, np.maximum(begin - 1, 0), level)
    level = highest * np.float32(settings.offset_share[kind])
    inside = within >= level[runs.run]
    end = np.maximum.reduceat(np.where(inside, runs.samples, -1), runs.heads)
    offset = end + _crossing(probability, end, np.minimum(end + 1, n - 1), level)
    peak = _peaks(leads, runs, begin, end).astype(np.float64)
    return WaveIntervals(onset + first, peak + first, offset + first, highest, area)


@dataclass(frozen=True)
class _Runs:
    """All samples of all runs in a row.

    Attributes
    ----------
    samples : ndarray of int64, shape (n_samples,)
        Numbers of the samples.
    run : ndarray of int64, shape (n_samples,)
        Number of the run that each belongs to.
    heads : ndarray of int64, shape (n_runs,)
        Where each run begins in the two.
    """

    samples: NDArray[np.int64]
    run: NDArray[np.int64]
    heads: NDArray[np.int64]

    @classmethod
    def of(cls, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> "_Runs":
        """Return the samples from each begin to the sample before its end."""
        lengths = ends - begins
        heads = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        run = np.repeat(np.arange(len(begins)), lengths)
        samples = np.arange(len(run)) + (begins - heads)[run]
        return cls(samples, run, heads)


def _crossing(
    probability: NDArray[np.float32],
    inside: NDArray[np.int64],
    outside: NDArray[np.int64],
    level: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return how far from the sample inside the level is crossed, 0 to 1."""
    above = (probability[inside] - level).astype(np.float64)
    fall = (probability[inside] - probability[outside]).astype(np.float64)
    share = np.zeros(len(inside))
    np.divide(above, fall, out=share, where=fall > 0)
    return np.clip(share, 0.0, 1.0)


def _peaks(
    leads: NDArray[np.float32], runs: _Runs, begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the sample of each wave that is farthest from the line between its boundaries."""
    samples, run = runs.samples, runs.run
    along = ((samples - begin[run]) / np.maximum(end - begin, 1)[run]).astype(np.float32)
    apart = np.zeros(len(samples), np.float32)
    for lead in leads:
        apart += np.abs(lead[samples] - lead[begin][run] - along * (lead[end] - lead[begin])[run])
    apart[(along < 0) | (along > 1)] = -1.0
    farthest = np.maximum.reduceat(apart, runs.heads)
    at_farthest = np.where(apart == farthest[run], samples, np.iinfo(np.int64).max)
    return np.asarray(np.minimum.reduceat(at_farthest, runs.heads), np.int64)
