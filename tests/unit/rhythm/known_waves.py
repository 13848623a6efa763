"""Waves of hand-made streams: the P waves of an atrial rhythm of its own."""

import numpy as np

from deepecg.arrays import Floats
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.waves.waves import Waves

MAX_PR_S = 0.6


def waves_of(
    stream: BeatStream, p_peaks_s: Floats, qrs_s: float | Floats = 0.09, pr_onset_s: float = 0.04
) -> Waves:
    """Return the waves of a stream whose atria beat at these times.

    The last P wave before a beat, if it is not too far away, is that of the beat; all others belong
    to none. A P wave begins ``pr_onset_s`` before its peak, and a QRS complex in the middle of its
    length before the R peak.
    """
    n_beats = len(stream.times_s)
    none = np.full(n_beats, np.nan)
    next_beat = np.searchsorted(stream.times_s, p_peaks_s)
    own = np.full(n_beats, np.nan)
    extra = []
    for at, beat in zip(p_peaks_s, next_beat, strict=True):
        if beat < n_beats and stream.times_s[beat] - at <= MAX_PR_S:
            if np.isfinite(own[beat]):
                extra.append(own[beat])
            own[beat] = at
        else:
            extra.append(at)
    others = np.sort(np.array(extra, np.float64))
    half = np.broadcast_to(np.asarray(qrs_s) / 2, (n_beats,))
    return Waves(
        own - pr_onset_s,
        own,
        own + pr_onset_s,
        np.isfinite(own).astype(np.float32),
        stream.times_s - half,
        stream.times_s + half,
        none,
        none,
        none,
        others - pr_onset_s,
        others,
        others + pr_onset_s,
        np.ones(len(others), np.float32),
    )
