"""Heart rate, ectopic beats and atrial fibrillation over time, in equal bins."""

from dataclasses import dataclass

import numpy as np

from deepecg.arrays import Floats, Ints
from deepecg.outputs.graphics.settings import TrendSettings
from deepecg.rhythm.atrial_fibrillation import Fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.time_units import SECONDS_PER_MINUTE


@dataclass(frozen=True)
class Trend:
    """Equal bins from the start of the recording; the last one may extend beyond its end.

    Attributes
    ----------
    bin_s : float
        Length of a bin in seconds.
    mean_bpm : ndarray of float64, shape (n_bins,)
        Mean heart rate of the RR intervals that end in a bin; NaN if there is none.
    ventricular_count, supraventricular_count : ndarray of int64, shape (n_bins,)
        Beats of class V and S.
    analysable_share : ndarray of float64, shape (n_bins,)
        Share of the bin's seconds that can be analysed, 0 to 1.
    fibrillation_share : ndarray of float64, shape (n_bins,)
        Share of the bin in episodes of atrial fibrillation, 0 to 1.
    """

    bin_s: float
    mean_bpm: Floats
    ventricular_count: Ints
    supraventricular_count: Ints
    analysable_share: Floats
    fibrillation_share: Floats


def heart_rate_trend(
    stream: BeatStream, fibrillation: Fibrillation, settings: TrendSettings
) -> Trend:
    """Return the trend of a stream of beats.

    Parameters
    ----------
    stream : BeatStream
        The beats.
    fibrillation : Fibrillation
        Its episodes of atrial fibrillation.
    settings : TrendSettings
        Length and largest number of bins.

    Returns
    -------
    Trend
        At least one bin, at most ``settings.max_bins``.
    """
    n_seconds = len(stream.analysable)
    bin_s = settings.bin_s * max(1, -(-n_seconds // (settings.bin_s * settings.max_bins)))
    n_bins = max(1, -(-n_seconds // bin_s))
    # The last beat may lie in what was rounded off the last second.
    where = np.minimum((stream.times_s / bin_s).astype(np.int64), n_bins - 1)
    known = np.isfinite(stream.rr_s)
    n_intervals = np.bincount(where[known], minlength=n_bins)
    covered_s = np.bincount(where[known], stream.rr_s[known], minlength=n_bins)
    mean_bpm = np.full(n_bins, np.nan)
    np.divide(SECONDS_PER_MINUTE * n_intervals, covered_s, out=mean_bpm, where=n_intervals > 0)
    ventricular, supraventricular = stream.is_class("V"), stream.is_class("S")
    edges = np.minimum(np.arange(n_bins + 1) * bin_s, n_seconds)
    lengths = np.maximum(np.diff(edges), 1)
    return Trend(
        float(bin_s),
        mean_bpm,
        np.bincount(where[ventricular], minlength=n_bins),
        np.bincount(where[supraventricular], minlength=n_bins),
        np.diff(np.concatenate([[0], np.cumsum(stream.analysable)])[edges]) / lengths,
        np.diff(fibrillation.seconds_until(edges)) / lengths,
    )
