"""Faster sinus rhythm made of a patient's own: cycles are shortened, QRS complexes stay.

Databases hardly contain exercise. The durations follow what is known of it: QT goes with the square
root of the RR interval (Bazett 1920), the PR interval shortens less, and the TP segment is what is
left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats, Ints

PR_EXPONENT = 0.35
"""Power of the RR interval with which the PR interval shortens. That it does is known (Atterhög &
Loogna 1977); the power is a choice between none and the square root of QT."""
QRS_S = 0.060
"""The QRS complex is kept for this time on either side of the R peak."""
QT_S = 0.40
"""End of the T wave after the R peak at an RR interval of 1 s; it goes with its square root."""
P_BEFORE_R_S = 0.22
"""Beginning of the P wave before the R peak, at the record's own rate."""
LEVEL_KEPT = 0.9
"""Share of the step between two cycles that is carried on: the rest fades."""
CALM_BPM, LEAST_CALM = 10.0, 0.1
"""The cycles' own variation fades as the rate rises, to this share at the highest rate less these
beats/min."""


@dataclass(frozen=True)
class RateProfile:
    """A heart rate that changes smoothly.

    Attributes
    ----------
    times_s : tuple of float
        Ascending from 0; the last is the duration.
    rates_bpm : tuple of float
        Rates at these times, linear between them.
    """

    times_s: tuple[float, ...]
    rates_bpm: tuple[float, ...]

    def at(self, time_s: float) -> float:
        """Return the rate at a time in beats/min."""
        return float(np.interp(time_s, self.times_s, self.rates_bpm))


def faster_rhythm(
    signals: Floats, rate_hz: float, r_peaks: Ints, cycles: Ints, profile: RateProfile
) -> tuple[Floats, Ints]:
    """Return a record's own cycles, one after the other, at another rate.

    Parameters
    ----------
    signals : ndarray of float64, shape (n_leads, n)
        In mV.
    rate_hz : float
        Sampling rate.
    r_peaks : ndarray of int64, shape (n_beats,)
        R peaks of the record.
    cycles : ndarray of int64, shape (n_cycles,)
        Numbers of the beats that begin a cycle of sinus rhythm.
    profile : RateProfile
        The new rate; it begins at the record's own.

    Returns
    -------
    signals : ndarray of float64, shape (n_leads, m)
        In mV.
    r_peaks : ndarray of int64, shape (k,)
        R peaks in them; the first is the first sample.
    """
    rr_s = (r_peaks[cycles + 1] - r_peaks[cycles]) / rate_hz
    usual_s = float(np.median(rr_s))
    rest_bpm, fastest_bpm = min(profile.rates_bpm), max(profile.rates_bpm)
    pieces: list[Floats] = []
    starts = [0]
    while starts[-1] < profile.times_s[-1] * rate_hz:
        number = len(pieces) % len(cycles)
        beat = cycles[number]
        now_bpm = profile.at(starts[-1] / rate_hz)
        reserve = (fastest_bpm + CALM_BPM - now_bpm) / max(fastest_bpm + CALM_BPM - rest_bpm, 1)
        own = 1 + np.clip(reserve, LEAST_CALM, 1) * (rr_s[number] / usual_s - 1)
        cycle = signals[:, r_peaks[beat] : r_peaks[beat + 1]]
        pieces.append(warped_cycle(cycle, rate_hz, 60 / now_bpm * own))
        starts.append(starts[-1] + pieces[-1].shape[1])
    return np.concatenate(list(_levelled(pieces)), axis=1), np.array(starts[:-1], np.int64)


def warped_cycle(cycle: Floats, rate_hz: float, rr_s: float) -> Floats:
    """Return a cycle from one R peak to the next at another length.

    Parameters
    ----------
    cycle : ndarray of float64, shape (n_leads, n)
        From R peak to R peak in mV.
    rate_hz : float
        Its sampling rate.
    rr_s : float
        The new interval.

    Returns
    -------
    ndarray of float64, shape (n_leads, rr_s * rate_hz)
        In mV.
    """
    own_s = cycle.shape[1] / rate_hz
    qt_s = QT_S * np.sqrt(own_s)
    p_s = min(P_BEFORE_R_S, own_s - qt_s - 0.01)
    ratio = rr_s / own_s
    new_p_s = min(p_s * ratio**PR_EXPONENT, 0.5 * rr_s)
    new_qt_s = min(qt_s * np.sqrt(ratio), rr_s - new_p_s)
    source = [0.0, QRS_S, qt_s, own_s - p_s, own_s - QRS_S, own_s]
    target = [0.0, QRS_S, new_qt_s, max(rr_s - new_p_s, new_qt_s + 1e-6), rr_s - QRS_S, rr_s]
    at_s = np.interp(np.arange(round(rr_s * rate_hz)) / rate_hz, target, source)
    times_s = np.arange(cycle.shape[1]) / rate_hz
    return np.array([np.interp(at_s, times_s, lead) for lead in cycle])


def _levelled(pieces: Sequence[Floats]) -> Iterator[Floats]:
    """Yield pieces shifted so that each begins where the one before it ends, slowly let go."""
    level: Floats | float = 0.0
    last: Floats | None = None
    for piece in pieces:
        if last is not None:
            level = LEVEL_KEPT * (last - piece[:, :1])
        shifted = piece + level
        last = shifted[:, -1:]
        yield shifted
