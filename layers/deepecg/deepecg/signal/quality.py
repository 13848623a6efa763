"""Signal quality: which seconds of a lead can be analysed, and why not the others."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.errors import FlatLineError, NoisyError, NoSignalError, SaturatedError
from deepecg.signal.settings import QualitySettings


@dataclass(frozen=True)
class PerSecondStatistics:
    """Extremes of an unfiltered lead in each second.

    Attributes
    ----------
    highest, lowest : ndarray of float32, shape (n_seconds,)
        In mV above the lead's baseline; NaN where samples are missing.
    at_highest, at_lowest : ndarray of float32, shape (n_seconds,)
        Share of the second's samples that equal its highest, or lowest, value.
    """

    highest: Floats32
    lowest: Floats32
    at_highest: Floats32
    at_lowest: Floats32

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the statistics of consecutive parts of a lead as one."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*map(np.concatenate, columns))


def per_second_statistics(
    level: Floats32, sampling_rate_hz: float, first_second: int, n_seconds: int
) -> PerSecondStatistics:
    """Return the extremes of each second of a part of an unfiltered lead.

    Parameters
    ----------
    level : ndarray of float32, shape (n,)
        Millivolts above the lead's baseline, from second ``first_second`` of the recording on.
    sampling_rate_hz : float
        Samples per second; seconds may differ by one sample.
    first_second, n_seconds : int
        Number of the first second in the recording, and number of seconds.

    Returns
    -------
    PerSecondStatistics
        One entry per second; the last one covers the remaining 0.5 to 1.5 s.
    """
    edges = np.round((first_second + np.arange(n_seconds)) * sampling_rate_hz).astype(np.int64)
    edges = np.minimum(edges - round(first_second * sampling_rate_hz), len(level) - 1)
    lengths = np.diff(np.append(edges, len(level)))
    highest = np.maximum.reduceat(level, edges)
    lowest = np.minimum.reduceat(level, edges)
    at_highest = np.add.reduceat(level == np.repeat(highest, lengths), edges, dtype=np.int64)
    at_lowest = np.add.reduceat(level == np.repeat(lowest, lengths), edges, dtype=np.int64)
    return PerSecondStatistics(
        highest,
        lowest,
        (at_highest / lengths).astype(np.float32),
        (at_lowest / lengths).astype(np.float32),
    )


@dataclass(frozen=True)
class QualityFlags:
    """Which seconds of a lead cannot be analysed, and why.

    Attributes
    ----------
    missing : ndarray of bool, shape (n_seconds,)
        Seconds with missing samples.
    flat : ndarray of bool, shape (n_seconds,)
        Seconds without movement: no electrode is connected.
    saturated : ndarray of bool, shape (n_seconds,)
        Seconds at the recorder's limits.
    noisy : ndarray of bool, shape (n_seconds,)
        Seconds with too much noise to trust the beats found.
    """

    missing: Bools
    flat: Bools
    saturated: Bools
    noisy: Bools

    @property
    def analysable(self) -> Bools:
        """Seconds that have none of the four faults."""
        return ~(self.missing | self.flat | self.saturated | self.noisy)

    def with_noise(self, noisy: Bools) -> Self:
        """Return these flags, with seconds marked as noisy if they have no other fault."""
        return replace(self, noisy=noisy & ~(self.missing | self.flat | self.saturated))

    def only(self, chosen: Bools) -> "QualityFlags":
        """Return the faults of the chosen seconds, and none of the others."""
        return QualityFlags(*(getattr(self, fault.name) & chosen for fault in fields(self)))

    def beats_analysable(self, times_s: Floats) -> Bools:
        """Return for each beat whether its second can be analysed, shape (n_beats,)."""
        return np.asarray(self.analysable[self._second_of(times_s)], bool)

    def gap_before(self, times_s: Floats) -> Bools:
        """Return for each beat whether faulty seconds lie between it and the beat before."""
        n_faulty_until = np.concatenate([[0], np.cumsum(~self.analysable)])
        return np.diff(n_faulty_until[self._second_of(times_s)], prepend=0) > 0

    def _second_of(self, times_s: Floats) -> Ints:
        return np.minimum(times_s.astype(np.int64), len(self.missing) - 1)


def flag_seconds(seconds: PerSecondStatistics, settings: QualitySettings) -> QualityFlags:
    """Mark missing, flat and saturated seconds; noise is added later, since it requires beats.

    A second is saturated if many of its samples equal the highest or lowest value of the whole
    lead: a recorder's limits are not in its header, but a clipped signal returns to them.
    """
    missing = ~np.isfinite(seconds.highest) | ~np.isfinite(seconds.lowest)
    with np.errstate(invalid="ignore"):
        flat = ~missing & (seconds.highest - seconds.lowest < settings.flat_mv)
    saturated = np.zeros_like(missing)
    if not missing.all():
        top, bottom = np.max(seconds.highest[~missing]), np.min(seconds.lowest[~missing])
        least = settings.clipping_distance_share * (top - bottom)
        if top >= least:
            rests = seconds.at_highest >= settings.saturated_share
            saturated |= (seconds.highest == top) & rests
        if -bottom >= least:
            rests = seconds.at_lowest >= settings.saturated_share
            saturated |= (seconds.lowest == bottom) & rests
    return QualityFlags(missing, flat, saturated & ~flat & ~missing, np.zeros_like(missing))


def refuse_unusable(flags: QualityFlags, settings: QualitySettings) -> None:
    """Reject a lead with next to nothing to analyse.

    Raises
    ------
    NoSignalError, FlatLineError, SaturatedError, NoisyError
        If more than ``settings.max_unusable_share`` of the seconds cannot be analysed; the type is
        that of the most frequent fault.
    """
    unusable = 1 - flags.analysable.mean()
    if unusable <= settings.max_unusable_share:
        return
    shares = {
        NoSignalError: (flags.missing.mean(), "have missing samples"),
        FlatLineError: (flags.flat.mean(), "are flat"),
        SaturatedError: (flags.saturated.mean(), "are at the recorder's limits"),
        NoisyError: (flags.noisy.mean(), "are too noisy"),
    }
    error = max(shares, key=lambda kind: float(shares[kind][0]))
    share, what = shares[error]
    raise error(
        f"found that {share:.1%} of the seconds {what}, expected at least "
        f"{1 - settings.max_unusable_share:.0%} of the recording to be analysable"
    )
