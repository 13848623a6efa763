"""RR features: the RR intervals around a beat, against the patient's local and global rhythm."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

from deepecg.arrays import Bools, Floats, Floats32
from deepecg.beats.settings import WindowSettings

MEDIAN_BEATS = 41
"""Number of intervals in the median of ``pair_median``: isolated ectopic beats do not change it."""
STEP_REACHES = (11, 21, 41, 81)
"""Numbers of beats over which steps are taken: from a short run to the local rhythm."""
SKIPPING_REACHES = (21, 61)
"""Numbers of beats over which steps to the next interval but one, and shares of large steps, are
taken."""
LARGE_STEP = 0.08
"""Step from one interval to the next (natural logarithm) that sinus rhythm seldom exceeds."""
DEFAULT_RR_S = 0.8
"""RR interval in seconds, 75 beats per minute, where a recording has no interval at all."""


def rr_features(
    rr_s: Floats, settings: WindowSettings, names: Collection[str] | None = None
) -> dict[str, Floats32]:
    """Return the RR features of each beat.

    Parameters
    ----------
    rr_s : ndarray of float64, shape (..., n_beats)
        RR interval before each beat in seconds, NaN where there is none; successive beats along
        the last axis.
    settings : WindowSettings
        Numbers of beats of the local and the global rhythm, and the longest interval.
    names : collection of str, optional
        Names of the features to compute; all if None.

    Returns
    -------
    dict of str to ndarray of float32, shape (..., n_beats)
        By name. A missing interval counts as the local mean.

        - ``pre_rr_s``, ``post_rr_s``: intervals before and after the beat in seconds.
        - ``pre_local``, ``post_local``, ``pre_global``, ``post_global``: logarithm of the interval
          before or after over the local mean (``settings.local_beats``) or the global mean
          (``settings.global_beats``).
        - ``pre_post``: logarithm of the interval before over the one after.
        - ``earlier_local``, ``later_local``: logarithm of the interval before the one before, or
          after the one after, over the local mean.
        - ``local_rr``: logarithm of the local mean in seconds.
        - ``local_irregularity``: mean step between successive intervals over the local mean, large
          in atrial fibrillation.
        - ``pair_local``, ``pair_median``: logarithm of the sum of both intervals over twice the
          local mean, or twice the median of 41 intervals: 0 after a full compensatory pause.
        - ``step_N``: median step (absolute difference of logarithms) between successive intervals
          over N beats, which single ectopic beats do not change.
        - ``skipping_step_N``: median step to the next interval but one, small where two
          alternate.
        - ``changing_N``: share of steps above :data:`LARGE_STEP`.

        Logarithms are natural.
    """
    valid = np.isfinite(rr_s)
    capped = np.where(valid, np.minimum(rr_s, settings.max_rr_s), 0)
    local = _mean_around(capped, valid, settings.local_beats)
    overall = _mean_around(capped, valid, settings.global_beats)
    pre = np.where(valid, capped, local)
    post = _concatenated(pre[..., 1:], local[..., -1:])
    post = np.where(_concatenated(valid[..., 1:], np.zeros_like(valid[..., :1])), post, local)
    earlier = _concatenated(local[..., :1], pre[..., :-1])
    later = _concatenated(post[..., 1:], local[..., -1:])
    log_rr = np.log(pre)
    before = _concatenated(log_rr[..., :1], log_rr[..., :-1])
    step = np.abs(log_rr - before)
    skipping = np.abs(log_rr - _concatenated(before[..., :1], before[..., :-1]))

    def irregularity() -> Floats:
        in_means = np.abs(pre - _concatenated(pre[..., :1], pre[..., :-1])) / local
        return _running_mean(in_means, settings.local_beats, "nearest")

    def changing(reach: int) -> Floats:
        return _running_mean((step > LARGE_STEP).astype(np.float64), reach, "nearest")

    compute: dict[str, Callable[[], Floats]] = {
        "pre_rr_s": lambda: pre,
        "post_rr_s": lambda: post,
        "pre_local": lambda: np.log(pre / local),
        "post_local": lambda: np.log(post / local),
        "pre_global": lambda: np.log(pre / overall),
        "post_global": lambda: np.log(post / overall),
        "pre_post": lambda: np.log(pre / post),
        "earlier_local": lambda: np.log(earlier / local),
        "later_local": lambda: np.log(later / local),
        "local_rr": lambda: np.log(local),
        "local_irregularity": irregularity,
        "pair_local": lambda: np.log((pre + post) / (2 * local)),
        "pair_median": lambda: np.log((pre + post) / (2 * _running_median(pre, MEDIAN_BEATS))),
        **{f"step_{reach}": partial(_running_median, step, reach) for reach in STEP_REACHES},
        **{
            f"skipping_step_{reach}": partial(_running_median, skipping, reach)
            for reach in SKIPPING_REACHES
        },
        **{f"changing_{reach}": partial(changing, reach) for reach in SKIPPING_REACHES},
    }
    wanted = compute if names is None else names
    return {name: compute[name]().astype(np.float32) for name in wanted}


def _mean_around(rr_s: Floats, valid: Bools, n_beats: int) -> Floats:
    """Return the mean of the valid intervals among ``n_beats`` around each beat."""
    total = _running_mean(rr_s, n_beats, "constant")
    count = _running_mean(valid.astype(np.float64), n_beats, "constant")
    some = count > 0.5 / n_beats
    mean = np.full(rr_s.shape, DEFAULT_RR_S)
    np.divide(total, count, out=mean, where=some)
    return mean


def _running_mean(values: Floats, n_beats: int, beyond: Literal["nearest", "constant"]) -> Floats:
    return uniform_filter1d(values, n_beats, mode=beyond)


def _running_median(values: Floats, n_beats: int) -> Floats:
    return np.asarray(median_filter(values, n_beats, mode="nearest", axes=(-1,)))


def _concatenated(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([first, second], axis=-1)
