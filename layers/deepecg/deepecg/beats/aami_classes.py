"""The beat classes of ANSI/AAMI EC57, in the model's order."""

from collections.abc import Iterable
from typing import Any

CLASSES = ("N", "S", "V", "F", "Q")
"""Normal (bundle-branch block included), supraventricular and ventricular ectopic, fusion,
unclassifiable."""
PROBABILITY_DIGITS = 6
"""What is left of a probability in a document: all that float32 holds of one near 1."""


def class_block(probabilities: Iterable[float]) -> dict[str, Any]:
    """Return the class of a beat, how sure that is, and the probability of each class, JSON-ready.

    Parameters
    ----------
    probabilities : iterable of float
        Of one beat, in the order of :data:`CLASSES`.
    """
    share = dict(zip(CLASSES, map(float, probabilities), strict=True))
    likeliest = max(share, key=share.__getitem__)
    rounded = {name: round(value, PROBABILITY_DIGITS) for name, value in share.items()}
    return {"class": likeliest, "confidence": rounded[likeliest], "probabilities": rounded}
