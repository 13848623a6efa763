"""How the page writes numbers, dates and codes."""

from datetime import date
from typing import Any

NOT_KNOWN = "\N{EN DASH}"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CLASS_LABELS = {
    "N": "Normal and bundle-branch block",
    "S": "Supraventricular ectopic",
    "V": "Ventricular ectopic",
    "F": "Fusion of ventricular and normal",
    "Q": "Unclassifiable",
}
KINDS = {
    "ventricular_tachycardia": "Ventricular tachycardia",
    "pause": "Pause",
    "fast_atrial_fibrillation": "Fast atrial fibrillation",
    "supraventricular_tachycardia": "Supraventricular tachycardia",
    "ventricular_burden": "Ventricular burden",
}


def date_in_words(day: date) -> str:
    """Return a date in English, whatever the machine's language."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with commas at the thousands; a dash where it is not known."""
    return NOT_KNOWN if value is None else f"{value:,.{digits}f}"


def plain(code: str | None) -> str:
    """Return a code as words: ``bad_sampling_rate`` is "Bad sampling rate"."""
    text = (code or "not stated").replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def kind(code: str | None) -> str:
    """Return what a kind of urgent finding is called."""
    return KINDS.get(code or "") or plain(code)


def usual_range(item: dict[str, Any], digits: int) -> str | None:
    """Return the range in which a figure is not remarked on, or None where there is none."""
    low, high = item["usual_from"], item["usual_to"]
    return None if low is None else f"{number(low, digits)}\N{EN DASH}{number(high, digits)}"
