"""Patterns of ectopic beats: isolated beats, couplets, runs, bigeminy and trigeminy.

The beats become a text with one letter each: ``E`` for an ectopic beat of the class examined, ``N``
for a normal one, ``x`` for any other, and ``|`` for a gap. Every pattern is a regular expression
over this text. Each begins with plain letters, which makes the search ten times as fast.
"""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from deepecg.arrays import Bools, Ints
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode
from deepecg.rhythm.settings import EctopySettings
from deepecg.time_units import SECONDS_PER_HOUR

ALONE = r"E(?<!EE)(?!E)"
PAIR = r"EE(?<!EEE)(?!E)"
THREE = r"EEE(?<!EEEE)(?!E)"


def _run(beats: int) -> str:
    return rf"E(?:E){{{beats - 1},}}"


def _alternating(normal: str, cycles: int) -> str:
    """Return the pattern of isolated ectopic beats with these normal beats in between."""
    return rf"E(?<!EE)(?:{normal}E){{{cycles - 1},}}(?!E)"


@dataclass(frozen=True)
class Ectopy:
    """Ectopic beats of one class, ventricular or supraventricular.

    ``count`` is ``len(isolated) + 2 * len(couplets)`` plus the beats of all runs; bigeminy and
    trigeminy consist of isolated beats. If ``EctopySettings.run_beats`` is above 3, ``count`` also
    contains the beats of sequences longer than a couplet and shorter than a run.

    Attributes
    ----------
    count : int
        Number of ectopic beats.
    burden_percent : float or None
        Share of all analysable beats; None if there are none.
    per_hour : float or None
        Ectopic beats per hour of analysable time; None if there is none.
    isolated : tuple of int
        Indices of the beats without another ectopic beat of the class beside them.
    couplets : tuple of Episode
        Two in a row.
    triplets : tuple of Episode
        Exactly three in a row; they are runs as well, unless ``EctopySettings.run_beats`` is
        above 3.
    runs : tuple of Episode
        At least ``EctopySettings.run_beats`` in a row.
    bigeminy, trigeminy : tuple of Episode
        Isolated beats with exactly one (two) normal beats between each and the next, from the
        first ectopic beat to the last. An episode of bigeminy may begin with the beat that ends
        an episode of trigeminy, and vice versa.
    """

    count: int
    burden_percent: float | None
    per_hour: float | None
    isolated: tuple[int, ...]
    couplets: tuple[Episode, ...]
    triplets: tuple[Episode, ...]
    runs: tuple[Episode, ...]
    bigeminy: tuple[Episode, ...]
    trigeminy: tuple[Episode, ...]

    @property
    def longest_run(self) -> Episode | None:
        """The run with most beats, of several the fastest; None if there is none."""
        return max(self.runs, key=lambda run: (run.n_beats, run.rate_bpm or 0), default=None)

    @property
    def fastest_run(self) -> Episode | None:
        """The run with the highest rate; of several the longest. None if there is none."""
        return max(self.runs, key=lambda run: (run.rate_bpm or 0, run.n_beats), default=None)


def ectopy(stream: BeatStream, name: Literal["V", "S"], settings: EctopySettings) -> Ectopy:
    """Find the patterns of ventricular or supraventricular ectopic beats.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    name : {"V", "S"}
        Class of the ectopic beats.
    settings : EctopySettings
        Beats of a run, cycles of bigeminy and trigeminy.

    Returns
    -------
    Ectopy
        All patterns, each in the order of time.

    Notes
    -----
    No pattern crosses a gap. F, Q and ectopic beats of the other class are neither normal nor
    ectopic here: they end a run and a bigeminy. A fusion beat may be of either origin.

    Bigeminy of three cycles is three ectopic beats that alternate with normal ones (VNVNV), whether
    it begins with the normal beat or, at the recording's start or after a gap, with the ectopic
    one; the annotators of the Long-Term AF Database mark it in this way. The beats of a couplet or
    run do not belong to bigeminy, which ends before them. Two ectopic beats for every normal one
    are a sequence of couplets, not trigeminy.
    """
    ectopic = stream.is_class(name)
    text = _Text.of(ectopic, stream.is_class("N"), np.isnan(stream.rr_s))

    def episodes(pattern: str) -> tuple[Episode, ...]:
        return stream.episodes(*text.find(pattern))

    count = int(ectopic.sum())
    hours = float(stream.analysable.sum()) / SECONDS_PER_HOUR
    return Ectopy(
        count=count,
        burden_percent=100 * count / len(ectopic) if len(ectopic) else None,
        per_hour=count / hours if hours else None,
        isolated=tuple(text.find(ALONE)[0].tolist()),
        couplets=episodes(PAIR),
        triplets=episodes(THREE),
        runs=episodes(_run(settings.run_beats)),
        bigeminy=episodes(_alternating("N", settings.bigeminy_cycles)),
        trigeminy=episodes(_alternating("NN", settings.trigeminy_cycles)),
    )


@dataclass(frozen=True)
class _Text:
    """The beats as letters, and the index of the beat of each letter."""

    letters: bytes
    beat: Ints

    @classmethod
    def of(cls, ectopic: Bools, normal: Bools, gap: Bools) -> "_Text":
        one_a_beat = np.full(len(gap), ord("x"), np.uint8)
        one_a_beat[normal] = ord("N")
        one_a_beat[ectopic] = ord("E")
        gaps = np.flatnonzero(gap)
        letters = np.insert(one_a_beat, gaps, ord("|"))
        beat = np.insert(np.arange(len(gap)), gaps, gaps)
        return cls(letters.tobytes(), beat)

    def find(self, pattern: str) -> tuple[Ints, Ints]:
        """Return the first and the last beat of every match of a pattern."""
        found = re.finditer(pattern.encode(), self.letters)
        spans = np.array([match.span() for match in found], np.int64).reshape(-1, 2)
        return self.beat[spans[:, 0]], self.beat[spans[:, 1] - 1]
