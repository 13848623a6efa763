"""Which seconds of a lead can be analysed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from deepecg.errors import FlatLineError, NoisyError, NoSignalError, SaturatedError
from deepecg.signal.settings import QualitySettings


@dataclass(frozen=True)
class SecondStatistics:
    """A lead before any filter, second by second.

    Attributes
    ----------
    highest, lowest : ndarray of float32, shape (n_seconds,)
        Extremes in mV above the lead's usual level; NaN where samples are missing.
    at_highest, at_lowest : ndarray of float32, shape (n_seconds,)
        Share of the second's samples that equal its extreme.
    """

    highest: NDArray[np.float32]
    lowest: NDArray[np.float32]
    at_highest: NDArray[np.float32]
    at_lowest: NDArray[np.float32]

    @classmethod
    def join(cls, parts: Sequence["SecondStatistics"]) -> "SecondStatistics":
        """Return the statistics of consecutive stretches as one."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("highest", "lowest", "at_highest", "at_lowest")
            )
        )


def second_statistics(
    level: NDArray[np.float32], sampling_rate_hz: float, first_second: int, n_seconds: int
) -> SecondStatistics:
    """Describe every second of a stretch of unfiltered signal.

    Parameters
    ----------
    level : ndarray of float32, shape (n,)
        Millivolts above the lead's usual level, beginning with second ``first_second`` of the
        recording.
    sampling_rate_hz : float
        Samples per second; seconds need not hold equally many.
    first_second, n_seconds : int
        Number of the first second, and how many begin in ``level``.

    Returns
    -------
    SecondStatistics
        One entry a second; the last one holds what remains, 0.5 to 1.5 s.
    """
    edges = np.round((first_second + np.arange(n_seconds)) * sampling_rate_hz).astype(np.int64)
    edges = np.minimum(edges - round(first_second * sampling_rate_hz), len(level) - 1)
    lengths = np.diff(np.append(edges, len(level)))
    highest = np.maximum.reduceat(level, edges)
    lowest = np.minimum.reduceat(level, edges)
    at_highest = np.add.reduceat(level == np.repeat(highest, lengths), edges, dtype=np.int64)
    at_lowest = np.add.reduceat(level == np.repeat(lowest, lengths), edges, dtype=np.int64)
    return SecondStatistics(
        highest,
        lowest,
        (at_highest / lengths).astype(np.float32),
        (at_lowest / lengths).astype(np.float32),
    )


@dataclass(frozen=True)
class SecondFlags:
    """Which seconds cannot be analysed, and why; arrays of bool, shape (n_seconds,)."""

    missing: NDArray[np.bool_]
    flat: NDArray[np.bool_]
    saturated: NDArray[np.bool_]
    noisy: NDArray[np.bool_]

    @property
    def analysable(self) -> NDArray[np.bool_]:
        """Seconds with none of the faults."""
        return ~(self.missing | self.flat | self.saturated | self.noisy)

    def with_noise(self, noisy: NDArray[np.bool_]) -> "SecondFlags":
        """Return the same with seconds called noisy that have no other fault."""
        return replace(self, noisy=noisy & ~(self.missing | self.flat | self.saturated))

    def only(self, chosen: NDArray[np.bool_]) -> "SecondFlags":
        """Return the faults of the chosen seconds; the others have none."""
        return SecondFlags(*(getattr(self, fault.name) & chosen for fault in fields(self)))

    def beats_analysable(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for every beat whether its second can be analysed, shape (n_beats,)."""
        second = np.minimum(times_s.astype(np.int64), len(self.missing) - 1)
        return np.asarray(self.analysable[second], bool)

    def gap_before(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for every beat whether bad seconds lie between it and the one before."""
        bad_until = np.concatenate([[0], np.cumsum(~self.analysable)])
        second = np.minimum(times_s.astype(np.int64), len(self.missing) - 1)
        return np.diff(bad_until[second], prepend=0) > 0


def flag_seconds(seconds: SecondStatistics, settings: QualitySettings) -> SecondFlags:
    """Mark missing, flat and saturated seconds; none as noisy, which takes beats to tell.

    A second is saturated if it rests on the highest or lowest value of the whole lead:
    a recorder's limits are not in its header, but a clipped signal returns to them.
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
    return SecondFlags(missing, flat, saturated & ~flat & ~missing, np.zeros_like(missing))


def refuse_unusable(flags: SecondFlags, settings: QualitySettings) -> None:
    """Refuse a lead with next to nothing to analyse.

    Raises
    ------
    NoSignalError, FlatLineError, SaturatedError, NoisyError
        Named for the commonest fault, if more than ``settings.max_unusable_share`` of the
        seconds cannot be analysed.
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
