"""Atrioventricular block of second and third degree: P waves on time that no beat follows."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter, percentile_filter

from deepecg.arrays import Bools, Ints
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import AvBlockSettings
from deepecg.waves.waves import Waves


@dataclass(frozen=True)
class AvBlock:
    """Episodes of atrioventricular block, each kind in the order of time.

    Attributes
    ----------
    type_1 : tuple of Episode
        Second degree, Mobitz type I (Wenckebach): the PR interval lengthens until a beat is
        dropped.
    second_degree : tuple of Episode
        Second degree other than that: Mobitz type II, 2:1 and high-degree block.
    third_degree : tuple of Episode
        P waves and a regular, slow ventricular rhythm without relation to each other.
    """

    type_1: tuple[Episode, ...] = ()
    second_degree: tuple[Episode, ...] = ()
    third_degree: tuple[Episode, ...] = ()


def av_block(
    stream: BeatStream, waves: Waves, fibrillation: Bools, settings: AvBlockSettings
) -> AvBlock:
    """Find atrioventricular block.

    A P wave is blocked if it comes on time for the atrial rhythm and is not the last one before a
    beat. Atrial ectopic beats that are not conducted come early and are no block; intervals beside
    a premature ventricular beat are not looked at, since the sinus P wave within it meets a
    refractory node.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    fibrillation : ndarray of bool, shape (n_beats,)
        Beats in atrial fibrillation, which have no P waves.
    settings : AvBlockSettings
        Limits.

    Returns
    -------
    AvBlock
        Episodes from the beat before the first blocked P wave to the beat after the last.
    """
    blocked = _blocked_p_waves(stream, waves, settings)
    blocked[fibrillation | _beside_premature(stream, settings)] = 0
    found: dict[str, list[tuple[int, int]]] = {
        "type_1": [],
        "second_degree": [],
        "third_degree": [],
    }
    for intervals in _groups(stream, np.flatnonzero(blocked), settings):
        kind = _kind(stream, waves, blocked, intervals, settings)
        if kind is not None:
            found[kind].append((int(intervals[0]) - 1, int(intervals[-1])))
    return AvBlock(
        **{
            kind: stream.episodes(*np.array(ends, np.int64).reshape(-1, 2).T)
            for kind, ends in found.items()
        }
    )


def _blocked_p_waves(stream: BeatStream, waves: Waves, settings: AvBlockSettings) -> Ints:
    """Return the number of blocked P waves in the interval before each beat."""
    own, extra = waves.p_peak_s[waves.has_p], waves.extra_p_peak_s
    times_s = np.concatenate([own, extra])
    is_extra = np.concatenate([np.zeros(len(own), bool), np.ones(len(extra), bool)])
    order = np.argsort(times_s)
    times_s, is_extra = times_s[order], is_extra[order]
    counts = np.zeros(len(stream.times_s), np.int64)
    if len(times_s) < settings.pp_intervals:
        return counts
    pp_s = np.diff(times_s)
    usual_s = percentile_filter(pp_s, settings.pp_percentile, settings.pp_intervals, mode="nearest")
    cycles = pp_s / usual_s
    # A P wave hidden in a QRS complex or T wave leaves an interval of two cycles.
    regular = (np.round(cycles) >= 1) & (np.round(cycles) <= settings.hidden_cycles)
    regular &= np.abs(cycles - np.round(cycles)) <= settings.pp_deviation
    on_time = is_extra & np.append(False, regular) & np.append(regular, False)
    next_beat = np.searchsorted(stream.times_s, times_s[on_time])
    inside = (next_beat > 0) & (next_beat < len(counts))
    np.add.at(counts, next_beat[inside], 1)
    return counts


def _beside_premature(stream: BeatStream, settings: AvBlockSettings) -> Bools:
    """Return which intervals end or begin with a premature ventricular beat, or are unknown."""
    known = np.isfinite(stream.rr_s)
    usual_s = median_filter(
        np.where(known, stream.rr_s, np.nanmedian(stream.rr_s) if known.any() else 1.0),
        settings.pp_intervals,
        mode="nearest",
    )
    with np.errstate(invalid="ignore"):
        premature = stream.is_class("V") & (stream.rr_s < settings.premature_share * usual_s)
    return np.asarray(premature | np.append(False, premature[:-1]) | ~known)


def _groups(stream: BeatStream, marked: Ints, settings: AvBlockSettings) -> list[Ints]:
    """Return marked intervals that are near each other and have no gap between them."""
    if not len(marked):
        return []
    gaps = np.cumsum(~np.isfinite(stream.rr_s))
    apart = (np.diff(marked) > settings.joined_beats) | (np.diff(gaps[marked]) > 0)
    groups = np.split(marked, np.flatnonzero(apart) + 1)
    is_strip = len(stream.analysable) <= settings.longest_strip_s
    fewest = 1 if is_strip else settings.min_intervals
    return [group for group in groups if len(group) >= fewest]


def _kind(
    stream: BeatStream, waves: Waves, blocked: Ints, intervals: Ints, settings: AvBlockSettings
) -> str | None:
    """Return the kind of block that a group of intervals shows; None if it is none."""
    beats = slice(intervals[0] - 1, intervals[-1] + 1)
    rr_s, pr_s = stream.rr_s[intervals[0] : intervals[-1] + 1], waves.p_to_r_s(stream.times_s)
    of_beats = pr_s[beats][np.isfinite(pr_s[beats])]
    steps = np.abs(np.diff(rr_s)) / np.median(rr_s)
    regular = len(steps) > 0 and np.mean(steps <= settings.regular_share) >= settings.regular_beats
    if len(of_beats) < settings.p_share * (intervals[-1] - intervals[0] + 2):
        # A slow rhythm hardly any of whose beats follow the P waves, which go on between them.
        mostly = len(intervals) >= settings.p_share * len(rr_s)
        slow = np.median(rr_s) >= settings.escape_rr_s
        return "third_degree" if regular and mostly and slow else None
    spread_s = (np.percentile(of_beats, 84) - np.percentile(of_beats, 16)) / 2
    every = len(rr_s) > 1 and len(intervals) >= settings.every_share * len(rr_s)
    if spread_s > settings.unrelated_pr_s and regular:
        return "third_degree"
    shortened_s = pr_s[intervals - 1] - pr_s[intervals]
    shortened_s = shortened_s[np.isfinite(shortened_s)]
    single = np.mean(blocked[intervals] == 1) > settings.p_share
    if (
        single
        and not every
        and len(shortened_s)
        and np.median(shortened_s) >= settings.lengthened_pr_s
    ):
        return "type_1"
    if spread_s <= settings.unrelated_pr_s:
        return "second_degree"
    return None
