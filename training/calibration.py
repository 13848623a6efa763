"""Calibration of probabilities: of the beats with a probability of 0.8 for V, 80 % should be V."""

from typing import Any

import numpy as np

from deepecg.arrays import Bools, Floats32, Ints
from deepecg.beats.aami_classes import CLASSES

BINS = 15
"""Number of bins of equal width, as Guo et al. 2017 (arXiv:1706.04599) use for the expected
calibration error."""
CALIBRATED_CLASSES = "VS"
"""Classes whose own probability is evaluated."""


def calibration(probabilities: Floats32, labels: Ints) -> dict[str, Any]:
    """Return how far probabilities lie from the observed shares, JSON-ready.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, 5)
        Class probabilities of every beat.
    labels : ndarray of int64, shape (n,)
        Annotated classes.

    Returns
    -------
    dict
        Expected calibration error and bins of the likeliest class (``any``), and of V and S each:
        the probability of the class against the share of beats annotated with it.
    """
    document = {
        "any": reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)
    }
    for name in CALIBRATED_CLASSES:
        index = CLASSES.index(name)
        document[name] = reliability(probabilities[:, index], labels == index)
    return document


def reliability(probabilities: Floats32, outcomes: Bools) -> dict[str, Any]:
    """Return the expected calibration error, and the bins that contain beats.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n,)
        Predicted probability of each outcome.
    outcomes : ndarray of bool, shape (n,)
        Whether it occurred.
    """
    number = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    beats = np.bincount(number, minlength=BINS)
    sums = np.bincount(number, probabilities.astype(np.float64), BINS)
    hits = np.bincount(number, outcomes, BINS)
    error = float(np.abs(sums - hits).sum() / max(len(probabilities), 1))
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
