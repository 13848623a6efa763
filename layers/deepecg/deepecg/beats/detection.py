"""From a recording to its beats, not yet classified: usable leads, R peaks, intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.beats.settings import DetectionSettings
from deepecg.errors import NoBeatsError
from deepecg.recording import Recording
from deepecg.signal.lead_selection import (
    UsedLead,
    find_usable_leads,
    flags_of_all,
    usable_beats,
    usable_seconds,
)
from deepecg.signal.quality import SecondFlags

MIN_BEATS = 3
"""Fewer make no rhythm."""


@dataclass(frozen=True)
class DetectedBeats:
    """The beats of a recording in the seconds that can be analysed.

    Attributes
    ----------
    used : tuple of UsedLead
        The leads they were found on, the primary first.
    flags : SecondFlags
        Which seconds could not be analysed in any of them.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples of the conditioned leads.
    times_s : ndarray of float64, shape (n_beats,)
        The same in seconds from the recording's start.
    rr_s : ndarray of float64, shape (n_beats,)
        Interval to the beat before in seconds; NaN for the first and across gaps.
    usable : ndarray of bool, shape (n_leads, n_beats)
        Whether each lead can be used at each beat.
    """

    used: tuple[UsedLead, ...]
    flags: SecondFlags
    r_peaks: NDArray[np.float64]
    times_s: NDArray[np.float64]
    rr_s: NDArray[np.float64]
    usable: NDArray[np.bool_]

    @property
    def signals(self) -> list[NDArray[np.float32]]:
        """The conditioned leads in mV."""
        return [lead.conditioned.signal for lead in self.used]


def detect_beats(
    recording: Recording,
    settings: DetectionSettings,
    progress: Callable[[float], None] = lambda _: None,
) -> DetectedBeats:
    """Find the beats of a recording.

    Parameters
    ----------
    recording : Recording
        Read by chunks.
    settings : DetectionSettings
        Leads, filter, detector and quality.
    progress : callable
        Told the share of the work that is done, 0 to 1.

    Raises
    ------
    RefusedRecordingError
        If no lead can be analysed, or hardly a beat is found.
    """
    used = find_usable_leads(
        recording,
        settings,
        lambda signal, rate_hz, usable: detect_r_peaks(
            [signal], rate_hz, settings.detector, usable[None]
        ),
        progress,
    )
    primary, flags = used[0].conditioned, flags_of_all(used)
    signals = [lead.conditioned.signal for lead in used]
    r_peaks = detect_r_peaks(signals, primary.rate_hz, settings.detector, usable_seconds(used))
    r_peaks = r_peaks[flags.beats_analysable(r_peaks / primary.clock_hz)]
    if len(r_peaks) < MIN_BEATS:
        raise NoBeatsError(f"found {len(r_peaks)} beats, expected at least {MIN_BEATS}")
    times_s = r_peaks / primary.clock_hz
    rr_s = rr_intervals(times_s, flags.gap_before(times_s))
    return DetectedBeats(used, flags, r_peaks, times_s, rr_s, usable_beats(used, times_s))
