"""Labels of keys, and formats of numbers and durations, on pages and in documents for people."""

from deepecg.readers.formats import FORMAT_TITLES
from deepecg.rhythm.event_kinds import EVENT_KINDS, EXAMPLE_KINDS, PATIENT_MARK, Kind
from deepecg.rhythm.notable_kinds import NOTABLE_KINDS
from deepecg.rhythm.urgent_kinds import URGENT_KINDS
from deepecg.time_units import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

NOT_KNOWN = "not known"
TENTHS_BELOW_S = 60
"""Durations below this are shown with tenths of a second."""


CLASS_NAMES = {
    "N": "Normal and bundle-branch block",
    "S": "Supraventricular ectopic",
    "V": "Ventricular ectopic",
    "F": "Fusion of ventricular and normal",
    "Q": "Unclassifiable",
}
KINDS = {
    kind.key: kind
    for kind in (*URGENT_KINDS, *NOTABLE_KINDS, *EXAMPLE_KINDS, PATIENT_MARK, *EVENT_KINDS)
}
"""Every kind by its key; where a kind of finding has the key of its event, the event's."""
STATUSES = {"preliminary": "Preliminary: not signed", "final": "Final", "amended": "Amended"}
"""Status of a report by that of its review."""
REVIEWS = {"not_reviewed": "Not reviewed by a clinician", "reviewed": "Reviewed by a clinician"}


def format_title(name: str) -> str:
    """Return what a recording's format is called."""
    return FORMAT_TITLES[name]


def kind_of(key: str) -> Kind:
    """Return a kind of event or finding. The key labels a kind that this version does not have."""
    return KINDS.get(key) or Kind(key, plain(key), "•", "other")


def plain(key: str) -> str:
    """Return a key as words: ``st_segment`` is "ST segment"."""
    words = [word.upper() if word in {"st", "qt", "av", "crc"} else word for word in key.split("_")]
    text = " ".join(words).replace(" degree", "-degree")
    return text[:1].upper() + text[1:]


def number(value: float | None, digits: int | None = None) -> str:
    """Return a number with commas at the thousands.

    Parameters
    ----------
    value : float or None
        None becomes "not known".
    digits : int, optional
        Decimals. If None, one decimal, and none for a whole number.
    """
    if value is None:
        return NOT_KNOWN
    if digits is None:
        digits = 0 if float(value).is_integer() else 1
    return f"{value:,.{digits}f}"


def duration(seconds: float | None, digits: int = 1) -> str:
    """Return a duration: "3.2 s", "4 min 5 s", "23 h 53 min", "7 d 2 h".

    ``digits`` is the number of decimals of seconds below a minute: two for pauses.
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
