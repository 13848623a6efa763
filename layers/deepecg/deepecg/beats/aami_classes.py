"""The AAMI beat classes (ANSI/AAMI EC57), in the order of the model's output."""

from collections.abc import Iterable
from typing import Any

CLASSES = ("N", "S", "V", "F", "Q")
"""Normal (with bundle branch block), supraventricular ectopic, ventricular ectopic, fusion,
unclassifiable."""
PROBABILITY_DIGITS = 6
"""Decimals of a probability in JSON: as many as a float32 near 1 has."""


def class_block(probabilities: Iterable[float]) -> dict[str, Any]:
    """Return a beat's class, confidence and probabilities as JSON values.

    Parameters
    ----------
    probabilities : iterable of float
        Probabilities of one beat, in the order of :data:`CLASSES`.
    """
    share = dict(zip(CLASSES, map(float, probabilities), strict=True))
    likeliest = max(share, key=share.__getitem__)
    rounded = {name: round(value, PROBABILITY_DIGITS) for name, value in share.items()}
    return {"class": likeliest, "confidence": rounded[likeliest], "probabilities": rounded}
