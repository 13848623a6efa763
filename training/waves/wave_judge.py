"""The judge of wave boundaries: found against marked waves, peak within 150 ms.

Any software's annotation file can be judged. Only the time in which every wave is marked counts:
the QT Database's marks leave beats out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepecg.waves.wave_card import KINDS
from deepecg.waves.waves import Waves
from training.waves.wave_marks import QRS, P, T, WaveMarks

WINDOW_S = 0.150
"""Largest distance in seconds of a found peak from a marked one, as for beats in EC57."""
MS_PER_S = 1000


@dataclass
class WaveScore:
    """Result for the waves of one kind; results of several records can be added.

    Attributes
    ----------
    marked, found, matched : int
        Number of marked waves, of found ones, and of pairs.
    onset_ms, offset_ms : list of float
        Found minus marked boundary of each pair that has both.
    """

    marked: int = 0
    found: int = 0
    matched: int = 0
    onset_ms: list[float] = field(default_factory=list)
    offset_ms: list[float] = field(default_factory=list)

    def __add__(self, other: "WaveScore") -> "WaveScore":
        return WaveScore(
            self.marked + other.marked,
            self.found + other.found,
            self.matched + other.matched,
            self.onset_ms + other.onset_ms,
            self.offset_ms + other.offset_ms,
        )

    @property
    def sensitivity(self) -> float:
        """Share of the marked waves that were found; NaN without any."""
        return self.matched / self.marked if self.marked else float("nan")

    @property
    def precision(self) -> float:
        """Share of the found waves that are marked; NaN without any."""
        return self.matched / self.found if self.found else float("nan")


def judge(
    marked: WaveMarks, found: WaveMarks, stretches_s: NDArray[np.float64]
) -> dict[str, WaveScore]:
    """Compare found with marked waves.

    Parameters
    ----------
    marked, found : WaveMarks
        In the order of time.
    stretches_s : ndarray of float64, shape (n_stretches, 2)
        Time in which every wave is marked.

    Returns
    -------
    dict of str to WaveScore
        By the kinds of :data:`deepecg.waves.wave_card.KINDS`.
    """
    scores = {}
    for kind, name in enumerate(KINDS):
        reference, other = marked.of_kind(kind), found.of_kind(kind)
        partner = nearest_partners(reference.peak_s, other.peak_s)
        pairs = partner >= 0
        matched = other[partner[pairs]]
        unmatched = np.setdiff1d(np.arange(len(other)), partner[pairs])
        false = _inside(other.peak_s[unmatched], stretches_s).sum()
        scores[name] = WaveScore(
            len(reference),
            int(pairs.sum() + false),
            int(pairs.sum()),
            _known(MS_PER_S * (matched.onset_s - reference.onset_s[pairs])),
            _known(MS_PER_S * (matched.offset_s - reference.offset_s[pairs])),
        )
    return scores


def nearest_partners(
    reference_s: NDArray[np.float64], found_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for each reference peak the nearest found peak within the window, or -1.

    Each found peak is the partner of the nearest reference peak only.
    """
    partner = np.full(len(reference_s), -1)
    if not len(found_s) or not len(reference_s):
        return partner
    apart = np.abs(found_s[None, :] - reference_s[:, None])
    nearest = apart.argmin(axis=1)
    mutual = apart.argmin(axis=0)[nearest] == np.arange(len(reference_s))
    close = apart[np.arange(len(reference_s)), nearest] <= WINDOW_S
    partner[mutual & close] = nearest[mutual & close]
    return partner


def marks_of(waves: Waves, r_peaks_s: NDArray[np.float64]) -> WaveMarks:
    """Return the waves of a recording as a file of annotations would have them."""
    has_p, has_t = waves.has_p, ~np.isnan(waves.t_peak_s)
    of_kinds = (
        (P, waves.p_onset_s[has_p], waves.p_peak_s[has_p], waves.p_offset_s[has_p]),
        (P, waves.extra_p_onset_s, waves.extra_p_peak_s, waves.extra_p_offset_s),
        (QRS, waves.qrs_onset_s, r_peaks_s, waves.qrs_offset_s),
        (T, waves.t_onset_s[has_t], waves.t_peak_s[has_t], waves.t_offset_s[has_t]),
    )
    kinds = [np.full(len(peak_s), kind) for kind, _, peak_s, _ in of_kinds]
    marks = WaveMarks(
        np.concatenate(kinds),
        np.concatenate([onset_s for _, onset_s, _, _ in of_kinds]),
        np.concatenate([peak_s for _, _, peak_s, _ in of_kinds]),
        np.concatenate([offset_s for _, _, _, offset_s in of_kinds]),
    )
    return marks[np.argsort(marks.peak_s, kind="stable")]


def total(scores: Iterable[dict[str, WaveScore]]) -> dict[str, WaveScore]:
    """Return the sum over records."""
    summed = {name: WaveScore() for name in KINDS}
    for one in scores:
        summed = {name: summed[name] + one[name] for name in KINDS}
    return summed


def _inside(times_s: NDArray[np.float64], stretches_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    begin, end = stretches_s.T
    return np.asarray(((times_s[:, None] >= begin) & (times_s[:, None] <= end)).any(axis=1), bool)


def _known(errors_ms: NDArray[np.float64]) -> list[float]:
    return [float(error) for error in errors_ms[~np.isnan(errors_ms)]]
