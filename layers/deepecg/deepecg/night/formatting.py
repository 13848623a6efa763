"""How the page writes numbers, dates and codes."""

from datetime import date
from typing import Any

from deepecg.outputs.report import labels as report_words

NOT_KNOWN = "\N{EN DASH}"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def date_in_words(day: date) -> str:
    """Return a date in English, whatever the machine's language."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with commas at the thousands; a dash where it is not known."""
    return NOT_KNOWN if value is None else f"{value:,.{digits}f}"


def plain(code: str | None) -> str:
    """Return a code as words: ``bad_sampling_rate`` is "Bad sampling rate"."""
    return report_words.plain(code) if code else "Not stated"


def kind(code: str | None) -> str:
    """Return what a kind of urgent finding is called; None stands for the rarest together."""
    return report_words.kind_of(code).name if code else "All others"


def usual_range(item: dict[str, Any], digits: int) -> str | None:
    """Return the range in which a figure is not remarked on, or None where there is none."""
    low, high = item["usual_from"], item["usual_to"]
    return None if low is None else f"{number(low, digits)}\N{EN DASH}{number(high, digits)}"
