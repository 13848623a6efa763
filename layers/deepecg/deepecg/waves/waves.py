"""The waves of a recording: P, QRS and T of every beat, and P waves that no beat follows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Waves:
    """Boundaries and peaks of the waves, in seconds from the recording's start; NaN for none.

    The R peak of each beat is in the stream of beats.

    Attributes
    ----------
    p_onset_s, p_peak_s, p_offset_s : ndarray of float64, shape (n_beats,)
        The P wave before each beat; NaN if there is none. Whether it is conducted can only be told
        from the PR intervals of several beats.
    p_probability : ndarray of float32, shape (n_beats,)
        The network's highest probability within that P wave; 0 if there is none.
    qrs_onset_s, qrs_offset_s : ndarray of float64, shape (n_beats,)
        The QRS complex; NaN where its boundaries were not found.
    t_onset_s, t_peak_s, t_offset_s : ndarray of float64, shape (n_beats,)
        The T wave; NaN if there is none.
    extra_p_onset_s, extra_p_peak_s, extra_p_offset_s : ndarray of float64, shape (n_extra,)
        All other P waves, which are not the last one before a beat, or too far before it, in the
        order of time.
    extra_p_probability : ndarray of float32, shape (n_extra,)
        The network's highest probability within each of them.
    """

    p_onset_s: Times
    p_peak_s: Times
    p_offset_s: Times
    p_probability: NDArray[np.float32]
    qrs_onset_s: Times
    qrs_offset_s: Times
    t_onset_s: Times
    t_peak_s: Times
    t_offset_s: Times
    extra_p_onset_s: Times
    extra_p_peak_s: Times
    extra_p_offset_s: Times
    extra_p_probability: NDArray[np.float32]

    @classmethod
    def none(cls, n_beats: int) -> "Waves":
        """Return the waves of beats of which nothing is known."""
        unknown, no_times = np.full(n_beats, np.nan), np.empty(0)
        return cls(
            *(unknown,) * 3,
            np.zeros(n_beats, np.float32),
            *(unknown,) * 5,
            *(no_times,) * 3,
            np.empty(0, np.float32),
        )

    def __len__(self) -> int:
        return len(self.p_peak_s)

    def of_beats(self, chosen: NDArray[np.bool_]) -> "Waves":
        """Return the waves of some of the beats, with all P waves that belong to none."""
        own = {
            name: values[chosen]
            for name, values in vars(self).items()
            if not name.startswith("extra_")
        }
        return replace(self, **own)

    @property
    def has_p(self) -> NDArray[np.bool_]:
        """Whether there is a P wave before each beat, shape (n_beats,)."""
        return ~np.isnan(self.p_peak_s)

    def p_to_r_s(self, r_peaks_s: Times) -> Times:
        """Return the times from P peak to R peak, NaN without P wave, shape (n_beats,)."""
        return r_peaks_s - self.p_peak_s

    @property
    def all_p_peaks_s(self) -> Times:
        """The peaks of all P waves in the order of time, shape (n_p,)."""
        return np.sort(np.concatenate([self.p_peak_s[self.has_p], self.extra_p_peak_s]))

    @property
    def pr_s(self) -> Times:
        """PR intervals: from P onset to QRS onset, NaN where either is unknown, (n_beats,)."""
        return self.qrs_onset_s - self.p_onset_s

    @property
    def qrs_s(self) -> Times:
        """Lengths of the QRS complexes, shape (n_beats,)."""
        return self.qrs_offset_s - self.qrs_onset_s
