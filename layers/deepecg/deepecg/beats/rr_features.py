"""RR intervals of a stream of beats, and how each compares with the patient's own rhythm."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

from deepecg.beats.settings import WindowSettings


def rr_features(
    rr_s: NDArray[np.float64], settings: WindowSettings, names: Collection[str] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Describe the timing of every beat.

    Parameters
    ----------
    rr_s : ndarray of float64, shape (..., n_beats)
        Interval before every beat in seconds, NaN where there is none; one stream of beats along
        the last axis.
    settings : WindowSettings
        How many beats make the local and the global rhythm.
    names : collection of str, optional
        Features that are wanted; all if None.

    Returns
    -------
    dict of str to ndarray of float32, shape (..., n_beats)
        ``pre_rr_s`` and ``post_rr_s``, the intervals before and after in seconds; and natural
        logarithms of ratios: ``pre_local`` and ``post_local`` (against the mean of
        ``settings.local_beats`` intervals around), ``pre_global`` and ``post_global`` (of
        ``settings.global_beats``), ``pre_post``, ``earlier_local`` and ``later_local`` (the
        interval before the one before, and after the one after); ``local_rr`` (of the local
        mean to one second) and ``local_irregularity`` (mean step from one interval to the
        next, in local means: large in atrial fibrillation). The same is said of ever wider
        surroundings, in a way that single ectopic beats do not disturb, by ``step_N`` (median
        step over N beats), ``skipping_step_N`` (median step to the next interval but one: small
        where two alternate) and ``changing_N`` (share of notable steps).
        ``pair_local`` and ``pair_median`` set both intervals of the beat together against two
        local means, and two medians of 41 beats: 0 where a pause makes up for
        prematurity. An interval that is missing counts as the local mean.
    """
    known = np.isfinite(rr_s)
    capped = np.where(known, np.minimum(rr_s, settings.max_rr_s), 0)
    local = _mean_around(capped, known, settings.local_beats)
    usual = _mean_around(capped, known, settings.global_beats)
    pre = np.where(known, capped, local)
    post = _joined(pre[..., 1:], local[..., -1:])
    post = np.where(_joined(known[..., 1:], np.zeros_like(known[..., :1])), post, local)
    earlier = _joined(local[..., :1], pre[..., :-1])
    later = _joined(post[..., 1:], local[..., -1:])
    log_rr = np.log(pre)
    before = _joined(log_rr[..., :1], log_rr[..., :-1])
    step = np.abs(log_rr - before)
    skipping = np.abs(log_rr - _joined(before[..., :1], before[..., :-1]))

    def irregularity() -> NDArray[np.float64]:
        in_means = np.abs(pre - _joined(pre[..., :1], pre[..., :-1])) / local
        return _running_mean(in_means, settings.local_beats, "nearest")

    def changing(reach: int) -> NDArray[np.float64]:
        return _running_mean((step > NOTABLE_STEP).astype(np.float64), reach, "nearest")

    compute: dict[str, Callable[[], NDArray[np.float64]]] = {
        "pre_rr_s": lambda: pre,
        "post_rr_s": lambda: post,
        "pre_local": lambda: np.log(pre / local),
        "post_local": lambda: np.log(post / local),
        "pre_global": lambda: np.log(pre / usual),
        "post_global": lambda: np.log(post / usual),
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


MEDIAN_BEATS = 41
"""Reach of a median that isolated ectopic beats do not move."""
STEP_REACHES = (11, 21, 41, 81)
"""Beats over which steps are looked at: from a short run to the local rhythm."""
SKIPPING_REACHES = (21, 61)
NOTABLE_STEP = 0.08
"""Sinus rhythm seldom changes by more from one beat to the next (natural logarithm)."""
DEFAULT_RR_S = 0.8
"""Stands in where a recording has no interval at all: 75 beats a minute."""


def _mean_around(
    rr_s: NDArray[np.float64], known: NDArray[np.bool_], n_beats: int
) -> NDArray[np.float64]:
    """Return the mean of the known intervals among ``n_beats`` centred on every beat."""
    total = _running_mean(rr_s, n_beats, "constant")
    count = _running_mean(known.astype(np.float64), n_beats, "constant")
    some = count > 0.5 / n_beats
    mean = np.full(rr_s.shape, DEFAULT_RR_S)
    np.divide(total, count, out=mean, where=some)
    return mean


def _running_mean(
    values: NDArray[np.float64], n_beats: int, beyond: Literal["nearest", "constant"]
) -> NDArray[np.float64]:

    return uniform_filter1d(values, n_beats, mode=beyond)


def _running_median(values: NDArray[np.float64], n_beats: int) -> NDArray[np.float64]:
    return np.asarray(median_filter(values, n_beats, mode="nearest", axes=(-1,)))


def _joined(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([first, second], axis=-1)
