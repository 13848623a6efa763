"""What a clinician reads where the documents hold keys and numbers."""

from dataclasses import dataclass

from deepecg.units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

NOT_KNOWN = "not known"
TENTHS_BELOW_S = 60
"""Durations below this are told to a tenth of a second."""


@dataclass(frozen=True)
class Kind:
    """How a kind of event is called and marked.

    Attributes
    ----------
    name : str
        In a sentence's beginning.
    mark : str
        A letter or two for charts, where colour alone must not tell.
    group : str
        What the reader filters by, and what the colour follows.
    """

    name: str
    mark: str
    group: str


GROUPS = {
    "ventricular": "Ventricular",
    "supraventricular": "Supraventricular",
    "fibrillation": "Atrial fibrillation",
    "pause": "Pauses",
    "rate": "Heart rate",
    "other": "Other",
}
KINDS = {
    "ventricular_tachycardia": Kind("Ventricular tachycardia", "V", "ventricular"),
    "ventricular_rhythm": Kind("Slow ventricular run", "V", "ventricular"),
    "ventricular_couplet": Kind("Ventricular couplet", "V", "ventricular"),
    "ventricular_bigeminy": Kind("Ventricular bigeminy", "V", "ventricular"),
    "ventricular_trigeminy": Kind("Ventricular trigeminy", "V", "ventricular"),
    "isolated_ventricular": Kind("Isolated ventricular beat, an example", "V", "ventricular"),
    "ventricular_burden": Kind("Ventricular burden", "V", "ventricular"),
    "supraventricular_tachycardia": Kind("Supraventricular tachycardia", "S", "supraventricular"),
    "supraventricular_run": Kind("Supraventricular run", "S", "supraventricular"),
    "supraventricular_couplet": Kind("Supraventricular couplet", "S", "supraventricular"),
    "supraventricular_bigeminy": Kind("Supraventricular bigeminy", "S", "supraventricular"),
    "supraventricular_trigeminy": Kind("Supraventricular trigeminy", "S", "supraventricular"),
    "isolated_supraventricular": Kind(
        "Isolated supraventricular beat, an example", "S", "supraventricular"
    ),
    "atrial_fibrillation": Kind("Atrial fibrillation", "AF", "fibrillation"),
    "fast_atrial_fibrillation": Kind("Fast atrial fibrillation", "AF", "fibrillation"),
    "pause": Kind("Pause", "P", "pause"),
    "unconfirmed_pause": Kind("Long interval, may hold a missed beat", "P?", "pause"),
    "no_beat_found": Kind("No beat found", "P?", "pause"),
    "maximum_heart_rate": Kind("Maximum heart rate", "max", "rate"),
    "minimum_heart_rate": Kind("Minimum heart rate", "min", "rate"),
}
CLASS_NAMES = {
    "N": "Normal and bundle-branch block",
    "S": "Supraventricular ectopic",
    "V": "Ventricular ectopic",
    "F": "Fusion of ventricular and normal",
    "Q": "Unclassifiable",
}
REVIEWS = {"not_reviewed": "Not reviewed by a clinician", "reviewed": "Reviewed by a clinician"}


def kind_of(key: str) -> Kind:
    """Return how a kind is called; one that is not known yet goes by its key."""
    return KINDS.get(key) or Kind(plain(key), "•", "other")


def plain(key: str) -> str:
    """Return a key as words: ``st_segment`` is "ST segment"."""
    words = [word.upper() if word in {"st", "qt", "crc"} else word for word in key.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def number(value: float | None, digits: int | None = None) -> str:
    """Return a number with commas at the thousands.

    Parameters
    ----------
    value : float or None
        None is "not known".
    digits : int, optional
        After the point; as many as the value has (and none of a whole number) if None.
    """
    if value is None:
        return NOT_KNOWN
    if digits is None:
        digits = 0 if float(value).is_integer() else 1
    return f"{value:,.{digits}f}"


def duration(seconds: float | None, digits: int = 1) -> str:
    """Return a length of time: "3.2 s", "4 min 5 s", "23 h 53 min", "7 d 2 h".

    ``digits`` are those of seconds below a minute; pauses are judged by hundredths.
    """
    if seconds is None:
        return NOT_KNOWN
    if seconds < TENTHS_BELOW_S and not float(seconds).is_integer():
        return f"{seconds:.{digits}f} s"
    left = round(seconds)
    parts = []
    for length_s, unit in (
        (SECONDS_PER_DAY, "d"),
        (SECONDS_PER_HOUR, "h"),
        (SECONDS_PER_MINUTE, "min"),
        (1, "s"),
    ):
        if length_s == SECONDS_PER_DAY and left < 2 * SECONDS_PER_DAY:
            continue  # 36 hours, not a day and 12 hours
        whole, left = divmod(left, length_s)
        if whole:
            parts.append(f"{whole} {unit}")
    return " ".join(parts) or "0 s"
