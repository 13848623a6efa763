"""Beat detection on a recording: selected leads, R peaks and RR intervals."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.beats.r_peaks import detect_r_peaks
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.beats.settings import DetectionSettings
from deepecg.errors import NoBeatsError
from deepecg.recording import Recording
from deepecg.signal.lead_selection import (
    AnalysedLead,
    recording_flags,
    select_leads,
    usable_seconds,
)
from deepecg.signal.quality import QualityFlags
from deepecg.signal.settings import MIN_BEATS


@dataclass(frozen=True)
class DetectedBeats:
    """The beats in the analysable seconds of a recording, not yet classified.

    Attributes
    ----------
    used : tuple of AnalysedLead
        The leads on which they were found, the primary first.
    flags : QualityFlags
        Which seconds cannot be analysed in any of these leads.
    r_peaks : ndarray of float64, shape (n_beats,)
        Positions in samples of the conditioned leads.
    times_s : ndarray of float64, shape (n_beats,)
        Times of the R peaks in seconds from the recording's start.
    rr_s : ndarray of float64, shape (n_beats,)
        RR interval before each beat in seconds; NaN for the first beat and across gaps.
    usable : ndarray of bool, shape (n_leads, n_beats)
        Whether each lead can be analysed at each beat.
    """

    used: tuple[AnalysedLead, ...]
    flags: QualityFlags
    r_peaks: Floats
    times_s: Floats
    rr_s: Floats
    usable: Bools

    @property
    def signals(self) -> list[Floats32]:
        """The conditioned signals of the leads in mV."""
        return [lead.conditioned.signal for lead in self.used]

    def only(self, chosen: Bools) -> "DetectedBeats":
        """Return some of the beats, with the intervals between them."""
        times_s = self.times_s[chosen]
        return replace(
            self,
            r_peaks=self.r_peaks[chosen],
            times_s=times_s,
            rr_s=rr_intervals(times_s, self.flags.gap_before(times_s)),
            usable=self.usable[:, chosen],
        )


def detect_beats(
    recording: Recording,
    settings: DetectionSettings,
    progress: Callable[[float], None] = lambda _: None,
) -> DetectedBeats:
    """Select the leads of a recording and detect its beats on them.

    Parameters
    ----------
    recording : Recording
        Read in chunks.
    settings : DetectionSettings
        Leads, filter, signal quality and detector.
    progress : callable
        Receives the share of the work that is done, 0 to 1.

    Raises
    ------
    RefusedRecordingError
        If no lead can be analysed, or fewer than :data:`MIN_BEATS` beats are found.
    """
    used = select_leads(
        recording,
        settings,
        lambda signal, rate_hz, usable: detect_r_peaks(
            [signal], rate_hz, settings.detector, usable[None]
        ),
        progress,
    )
    primary, flags = used[0].conditioned, recording_flags(used)
    signals = [lead.conditioned.signal for lead in used]
    r_peaks = detect_r_peaks(signals, primary.rate_hz, settings.detector, usable_seconds(used))
    r_peaks = r_peaks[flags.beats_analysable(r_peaks / primary.clock_hz)]
    if len(r_peaks) < MIN_BEATS:
        raise NoBeatsError(f"found {len(r_peaks)} beats, expected at least {MIN_BEATS}")
    times_s = r_peaks / primary.clock_hz
    rr_s = rr_intervals(times_s, flags.gap_before(times_s))
    usable = np.stack([lead.flags.beats_analysable(times_s) for lead in used])
    return DetectedBeats(used, flags, r_peaks, times_s, rr_s, usable)
