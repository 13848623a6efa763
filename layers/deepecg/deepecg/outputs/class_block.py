"""The class of a beat with the probability of each class, as a JSON block."""

from collections.abc import Iterable
from typing import Any

from deepecg.beats.aami_classes import CLASSES

PROBABILITY_DIGITS = 6
"""Decimals of a probability: float32 has no more near 1."""


def class_block(probabilities: Iterable[float]) -> dict[str, Any]:
    """Return the most probable class of a beat, its probability, and that of each class.

    Parameters
    ----------
    probabilities : iterable of float
        Of one beat, in the order of :data:`~deepecg.beats.aami_classes.CLASSES`.

    Returns
    -------
    dict
        JSON-ready, with the keys ``class``, ``confidence`` and ``probabilities``.
    """
    share = dict(zip(CLASSES, map(float, probabilities), strict=True))
    likeliest = max(share, key=share.__getitem__)
    rounded = {name: round(value, PROBABILITY_DIGITS) for name, value in share.items()}
    return {"class": likeliest, "confidence": rounded[likeliest], "probabilities": rounded}
