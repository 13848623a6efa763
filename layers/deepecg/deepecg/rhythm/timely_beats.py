"""Single supraventricular beats that are not early and follow the patient's own P wave are normal.

A supraventricular ectopic beat is premature. The model sees the long interval behind the last beat
before a sinus pause as a compensatory one.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from deepecg.arrays import Bools, Floats
from deepecg.beats.usual_values import usual_around
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.settings import TimelyBeatSettings
from deepecg.waves.waves import Waves


def with_timely_beats_normal(
    stream: BeatStream, waves: Waves, settings: TimelyBeatSettings
) -> BeatStream:
    """Return a stream in which such beats are normal.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    waves : Waves
        Waves of the same beats.
    settings : TimelyBeatSettings
        Limits of interval and P wave.
    """
    return stream.relabelled(_timely(stream, waves, settings), "S", "N")


def _timely(stream: BeatStream, waves: Waves, settings: TimelyBeatSettings) -> Bools:
    """Return which single supraventricular beats come on time."""
    supraventricular = stream.is_class("S")
    single = supraventricular.copy()
    single[1:] &= ~supraventricular[:-1]
    single[:-1] &= ~supraventricular[1:]
    if not single.any():
        return single
    distance_s = waves.p_to_r_s(stream.times_s)
    normal = stream.is_class("N") & waves.has_p
    usual_s = usual_around(distance_s, normal, settings.pr_beats)
    before_s = _median_before(stream.rr_s, settings.before_beats)
    with np.errstate(invalid="ignore"):
        own_p = np.abs(distance_s - usual_s) <= settings.pr_s
        own_p &= waves.p_probability >= settings.p_probability
        return np.asarray(single & own_p & (stream.rr_s >= settings.least_rr * before_s))


def _median_before(rr_s: Floats, n_beats: int) -> Floats:
    """Return the median of the intervals before that of each beat; NaN if one is not known."""
    padded = np.concatenate([np.full(n_beats, np.nan), rr_s[:-1]])
    return np.asarray(np.median(sliding_window_view(padded, n_beats), axis=1), np.float64)
