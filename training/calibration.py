"""Whether a probability means what it says: of beats called V with 0.8, 80 % should be V."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES

BINS = 15
"""Equally wide ones, as Guo et al. 2017 (arXiv:1706.04599) take for the expected calibration
error."""
TOLD = "VS"
"""Classes whose own probability is looked at."""


def calibration(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return how far probabilities lie from the shares that they foretell, JSON-ready.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, 5)
        Of every beat's classes.
    labels : ndarray of int64, shape (n,)
        What the beats are.

    Returns
    -------
    dict
        Expected calibration error of the likeliest class, and of V and S by themselves: whether
        the beat is one, against the probability that it is. Each with its bins.
    """
    called = probabilities.argmax(axis=1)
    told: dict[str, Any] = {
        "any": reliability(probabilities.max(axis=1), called == labels),
    }
    for name in TOLD:
        index = CLASSES.index(name)
        told[name] = reliability(probabilities[:, index], labels == index)
    return told


def reliability(foretold: NDArray[np.float32], came: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the expected calibration error, and the bins that have any beats.

    Parameters
    ----------
    foretold : ndarray of float32, shape (n,)
        Probabilities of something.
    came : ndarray of bool, shape (n,)
        Whether it came.
    """
    number = np.minimum((foretold * BINS).astype(np.int64), BINS - 1)
    beats = np.bincount(number, minlength=BINS)
    sums = np.bincount(number, foretold.astype(np.float64), BINS)
    hits = np.bincount(number, came, BINS)
    error = float(np.abs(sums - hits).sum() / max(len(foretold), 1))
    return {
        "expected_calibration_error": round(error, 5),
        "bins": [
            {
                "beats_count": int(beats[i]),
                "probability": round(float(sums[i] / beats[i]), 4),
                "share": round(float(hits[i] / beats[i]), 4),
            }
            for i in np.flatnonzero(beats)
        ],
    }
