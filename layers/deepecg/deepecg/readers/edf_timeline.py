"""Where the data records of an EDF+ file lie in time: gaps, and the drift of the recorder's clock.

Every data record of EDF+ has an onset. Between two onsets that are further apart than a record
lasts is a gap; or the recorder's two clocks, that of its samples and that of its onsets, do not run
alike. Drift is small in every record and the same in all; a gap is in one place. Onsets are
rounded, to a second by some recorders, which makes drift look like a small gap in some of the
records, at even distances.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

import numpy as np

from deepecg.arrays import Bools, Floats, Ints
from deepecg.errors import MalformedHeaderError
from deepecg.time_units import ROUNDING_S

MAX_DRIFT: Final = 0.02
"""Largest drift as a share of time: recorders' clocks are off by up to 1 %."""
MAX_STRETCHES: Final = 100_000
"""More jumps between onsets are not those of a recorder: a month has 43,200 minutes."""
_COARSE_S: Final = 0.02
"""Onsets in steps above this, in tenths or whole seconds, may be exact or hide small gaps."""
_JITTER: Final = 6.0
"""Onsets taken from a busy computer's clock scatter; as many median deviations are no gap."""
_LARGEST_JITTER_S: Final = 0.1
"""Scatter of onsets above this is not taken for one of a clock."""
_NEIGHBOURS: Final = 8
"""Onsets to either side that show how an onset is rounded."""
_FEW_GAPS: Final = 2
"""As many equal small gaps are gaps: drift that is rounded shows again and again."""
_EVEN: Final = 0.25
"""Largest deviation from even distances; the distances of gaps at random deviate by 0.7."""
_WINDOWS: Final = 8
"""Drift is what most windows of this share of the recording have in common; a gap is in few."""
_MAX_DECIMALS: Final = 6


@dataclass(frozen=True)
class Stretch:
    """Consecutive data records without a gap.

    Attributes
    ----------
    first_record, n_records : int
        Its data records.
    onset_s : float
        Onset of the first by the file, as all onsets of the stretch together give it.
    start_s : float
        Seconds from the first sample of the recording to that of the stretch.
    """

    first_record: int
    n_records: int
    onset_s: float
    start_s: float


@dataclass(frozen=True)
class _Piece:
    """Data records between two jumps of the onsets; ``anchor_s`` is that of data record 0."""

    first_record: int
    n_records: int
    anchor_s: float


@dataclass(frozen=True)
class Timeline:
    """The data records in time.

    Attributes
    ----------
    stretches : tuple of Stretch
        In the order of the file and of time, at least one.
    gaps_s : tuple of float
        Length of each gap in seconds.
    record_s : float
        Seconds of a data record by the clock of the onsets.
    n_missing : int
        Data records without an onset.
    n_backward : int
        Places at which an onset lies before the end of the data record before it.
    backward_s : float
        Sum of these overlaps in seconds.
    deviation_s : float
        Largest difference between an onset and the place of its data record in its stretch.
    """

    stretches: tuple[Stretch, ...]
    gaps_s: tuple[float, ...]
    record_s: float
    n_missing: int = 0
    n_backward: int = 0
    backward_s: float = 0.0
    deviation_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the end of the last data record."""
        last = self.stretches[-1]
        return last.start_s + last.n_records * self.record_s

    def seconds_at(self, onset_s: float) -> float:
        """Return the seconds from the first sample to a time that counts as the onsets do.

        A time in a gap lies within that gap, whatever the onsets after it say.
        """
        number = bisect_right(self.stretches, onset_s, key=attrgetter("onset_s")) - 1
        stretch = self.stretches[max(number, 0)]
        seconds = stretch.start_s + onset_s - stretch.onset_s
        if number + 1 < len(self.stretches) and number >= 0:
            return min(seconds, self.stretches[number + 1].start_s)
        return seconds


def continuous(n_records: int, record_s: float) -> Timeline:
    """Return the timeline of data records that follow each other, without onsets."""
    return Timeline((Stretch(0, n_records, 0.0, 0.0),), (), record_s, n_missing=n_records)


def timeline(onsets: Floats, decimals: Ints, record_s: float, sample_s: float) -> Timeline:
    """Place data records by their onsets.

    The sample clock runs at one rate against the clock of the onsets, the recording's. A stretch
    between gaps is placed by its first onset, or by the mean of all where they are rounded to more
    than 0.02 s; its samples follow each other. Where drift changes while the recording runs, the
    clocks agree at its ends, and ``deviation_s`` is how far they are apart in between.

    Parameters
    ----------
    onsets : ndarray of float64, shape (n_records,)
        Onset of each data record in seconds; NaN where there is none.
    decimals : ndarray of int64, shape (n_records,)
        Decimals that each onset is written with.
    record_s : float
        Duration of a data record by the header, in seconds.
    sample_s : float
        Duration of a sample of the fastest signal, in seconds.

    Raises
    ------
    MalformedHeaderError
        If there are more than :data:`MAX_STRETCHES` stretches.
    """
    known = np.flatnonzero(np.isfinite(onsets))
    if not len(known):
        return continuous(len(onsets), record_s)
    at: Floats = known.astype(np.float64) * record_s
    late: Floats = onsets[known] - at
    written = np.minimum(_local_maximum(decimals[known]), _MAX_DECIMALS)
    rounding: Floats = np.power(10.0, -written.astype(np.float64))
    coarse = float(np.median(rounding)) > _COARSE_S
    drift, breaks = _drift_and_breaks(late, at, rounding, record_s, sample_s, coarse=coarse)
    late -= drift * at
    groups = _groups(breaks)
    anchors = late[_firsts(breaks)]
    if coarse:
        anchors = np.bincount(groups, late) / np.bincount(groups)
    jumps = np.diff(anchors)
    backward = jumps[jumps < 0]
    if 2 * len(backward) > len(late):
        # As of a writer that gives all data records one onset: onsets say nothing.
        times = continuous(len(onsets), record_s)
    elif len(anchors) > MAX_STRETCHES:
        raise MalformedHeaderError(
            f"found {len(anchors) - 1} jumps between onsets of data records, expected fewer than "
            f"{MAX_STRETCHES}"
        )
    else:
        firsts = np.r_[0, known[1:][breaks]]
        counts = np.diff(np.r_[firsts, len(onsets)])
        pieces = list(map(_Piece, firsts.tolist(), counts.tolist(), anchors.tolist()))
        times = Timeline(
            *_stretches(_without_wrong_onsets(pieces, sample_s), record_s * (1 + drift)),
            record_s=record_s * (1 + drift),
            deviation_s=float(np.abs(late - anchors[groups]).max()),
        )
    return replace(
        times,
        n_missing=len(onsets) - len(known),
        n_backward=len(backward),
        backward_s=float(-backward.sum()),
    )


def _stretches(
    pieces: list[_Piece], record_s: float
) -> tuple[tuple[Stretch, ...], tuple[float, ...]]:
    """Return the stretches and the gaps between them."""
    stretches = []
    gaps = []
    missing = 0.0
    for before, piece in zip([pieces[0], *pieces], pieces, strict=False):
        # After a clock that was set back, samples go on, and what follows keeps its distances.
        if (gap := piece.anchor_s - before.anchor_s) > 0:
            gaps.append(gap)
            missing += gap
        elapsed = piece.first_record * record_s
        stretches.append(
            Stretch(
                piece.first_record, piece.n_records, piece.anchor_s + elapsed, elapsed + missing
            )
        )
    return tuple(stretches), tuple(gaps)


def _drift_and_breaks(
    late: Floats, at: Floats, rounding: Floats, record_s: float, sample_s: float, *, coarse: bool
) -> tuple[float, Bools]:
    """Return drift as a share of time, and between which records the onsets jump.

    ``late`` is how much later each onset is than the header's duration of a record says, and
    ``at`` what that says.
    """
    steps, elapsed = np.diff(late), np.diff(at)
    resolution = np.maximum(rounding[1:], _jitter(steps))
    tolerance = sample_s + resolution
    certain = np.abs(steps) > tolerance + MAX_DRIFT * elapsed
    unit = float(np.median(rounding))
    # Whole seconds say exactly where records of whole seconds are, as long as there is no drift.
    exact = coarse and _is_multiple(record_s, unit)
    if coarse:
        drift = _rounded_drift(late, at, certain, unit, sample_s, exact=exact)
        drift = _drift_of_jumps(drift, late, at, certain) if exact else drift
    else:
        drift = _common_drift(np.where(certain, 0.0, steps), at)
    if exact and not drift:
        tolerance = np.full(len(steps), sample_s * (1 + ROUNDING_S))
    breaks = np.abs(steps - drift * elapsed) > tolerance
    if coarse and not drift and _widest(late, breaks) > 2 * (unit + sample_s):
        # Each step could be rounding, all of them together are gaps.
        breaks = np.abs(steps) > sample_s * (1 + ROUNDING_S)
    if not coarse:
        # Both clocks agree at the ends of the recording.
        first, last = _firsts(breaks), np.r_[np.flatnonzero(breaks), len(late) - 1]
        held = float((at[last] - at[first]).sum())
        total = float((late[last] - late[first]).sum())
        significant = float(np.median(tolerance)) if len(tolerance) else math.inf
        is_drift = significant * math.sqrt(len(first)) < abs(total) <= MAX_DRIFT * held
        drift = total / held if is_drift else 0.0
    return drift, breaks


def _common_drift(steps: Floats, at: Floats) -> float:
    """Return the median drift of windows: a small gap is in few of them, drift in all."""
    lag = max(len(steps) // _WINDOWS, 1)
    late = np.r_[0.0, np.cumsum(steps)]
    slopes = (late[lag:] - late[:-lag]) / (at[lag:] - at[:-lag])
    return float(np.median(slopes)) if len(slopes) else 0.0


def _rounded_drift(
    late: Floats, at: Floats, certain: Bools, rounding: float, sample_s: float, *, exact: bool
) -> float:
    """Return the drift of onsets that are rounded to whole or tenths of seconds; 0 without one.

    Drift then shows as jumps of one unit at even distances: all onsets of a stretch lie within
    about one unit of a straight line, or most jumps are equally far apart. Other jumps are gaps,
    and so are one or two. No gap sets the onsets back, and where onsets are not ``exact`` without
    drift either, gaps cannot be told from rounding.
    """
    groups, first = _groups(certain), _firsts(certain)
    counts = np.bincount(groups)
    x = at - (np.bincount(groups, at) / counts)[groups]
    y = late - (np.bincount(groups, late) / counts)[groups]
    if not (variance := float(x @ x)):
        return 0.0
    drift = float(x @ y) / variance
    if abs(drift) > MAX_DRIFT:
        return 0.0
    rest = y - drift * x
    spread = np.maximum.reduceat(rest, first) - np.minimum.reduceat(rest, first)
    last = np.r_[first[1:] - 1, len(at) - 1]
    total = abs(drift) * float((at[last] - at[first]).sum())
    if drift < 0 or not exact:
        return drift if total > rounding else 0.0
    on_a_line = float(spread.max()) <= 1.5 * rounding + sample_s
    even = on_a_line or _jumps_evenly(late, certain, rounding)
    return drift if even and total > (_FEW_GAPS + 0.5) * rounding else 0.0


def _drift_of_jumps(drift: float, late: Floats, at: Floats, certain: Bools) -> float:
    """Return the drift by the places where exact onsets become late by one unit more.

    A straight line is nearest to where it was before it was rounded there, not at the ends of the
    recording, where a step is as often longer as shorter than the others.
    """
    jumps = np.flatnonzero((np.diff(late) != 0) & ~certain)
    if not drift or len(jumps) <= _FEW_GAPS:
        return drift
    numbers = _groups(certain)[jumps]
    counts = np.maximum(np.bincount(numbers), 1)
    x, y = ((values[jumps] + values[jumps + 1]) / 2 for values in (at, late))
    x -= (np.bincount(numbers, x) / counts)[numbers]
    y -= (np.bincount(numbers, y) / counts)[numbers]
    variance = float(x @ x)
    return float(x @ y) / variance if variance else drift


def _widest(late: Floats, breaks: Bools) -> float:
    """Return the largest range of how late the onsets between two breaks are."""
    first = _firsts(breaks)
    return float((np.maximum.reduceat(late, first) - np.minimum.reduceat(late, first)).max())


def _jumps_evenly(late: Floats, certain: Bools, rounding: float) -> bool:
    """Return whether most onsets that are late by one unit of rounding more are evenly apart."""
    highest = np.maximum.accumulate(np.cumsum(np.where(certain, 0.0, np.diff(late))))
    jumps = np.flatnonzero(np.diff(np.floor(highest / rounding + 0.5)))
    apart = np.diff(jumps)
    if len(apart) <= 2 * _FEW_GAPS:
        return False
    typical = float(np.median(apart))
    return float(np.median(np.abs(apart - typical))) <= _EVEN * typical


def _without_wrong_onsets(pieces: list[_Piece], tolerance_s: float) -> list[_Piece]:
    """Return the pieces, those with a wrong onset as a part of the one before.

    Onsets are wrong where a few data records jump and those after them go on as before.
    """
    kept: list[_Piece] = []
    for piece in pieces:
        kept.append(piece)
        while len(kept) > 2:
            before, middle, after = kept[-3:]
            in_order = before.anchor_s <= middle.anchor_s <= after.anchor_s
            goes_on = abs(after.anchor_s - before.anchor_s) < abs(after.anchor_s - middle.anchor_s)
            if in_order or not goes_on or middle.n_records > after.n_records:
                break
            n_records = before.n_records + middle.n_records
            kept[-3:] = [replace(before, n_records=n_records), after]
            if after.anchor_s <= before.anchor_s + tolerance_s:
                kept[-2:] = [replace(before, n_records=n_records + after.n_records)]
    if len(kept) > 1 and kept[0].anchor_s > kept[1].anchor_s:
        first, second = kept[:2]
        if first.n_records * _WINDOWS < second.n_records:
            n_records = first.n_records + second.n_records
            kept[:2] = [replace(second, first_record=0, n_records=n_records)]
    return kept


def _jitter(steps: Floats) -> float:
    """Return how far most steps between onsets scatter, in seconds."""
    if not len(steps):
        return 0.0
    return min(_JITTER * float(np.median(np.abs(steps - np.median(steps)))), _LARGEST_JITTER_S)


def _is_multiple(value: float, unit: float) -> bool:
    return abs(value / unit - round(value / unit)) < ROUNDING_S


def _groups(breaks: Bools) -> Ints:
    """Return the number of each element's group; ``breaks`` are between the elements."""
    return np.cumsum(np.r_[False, breaks], dtype=np.int64)


def _firsts(breaks: Bools) -> Ints:
    """Return the first element of each group."""
    return np.flatnonzero(np.r_[True, breaks])


def _local_maximum(values: Ints) -> Ints:
    """Return the largest of each value and its neighbours.

    Some writers leave out zeros at the end, others have a fixed number of digits in all, so that
    later onsets have fewer decimals.
    """
    padded = np.pad(values, _NEIGHBOURS, mode="edge")
    largest = values
    for shift in range(2 * _NEIGHBOURS + 1):
        largest = np.maximum(largest, padded[shift : shift + len(values)])
    return largest
