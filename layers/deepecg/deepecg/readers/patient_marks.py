"""Brings marks of all sources into one form: within the recording, in order, of bounded size."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Final

from deepecg.recording import PatientMark

MAX_MARKS: Final = 1000
"""Largest number of marks of one source. A patient sets some ten a day; a file with more contains
stages of sleep or the like."""
MAX_TEXT: Final = 300
"""Longest text of a mark in characters; the rest of a longer one is left out."""


def marks_within(
    found: Iterable[PatientMark], duration_s: float, warnings: dict[str, str]
) -> tuple[PatientMark, ...]:
    """Return the marks that lie within a recording, in the order of time.

    Parameters
    ----------
    found : iterable of PatientMark
        As they were read; no more than necessary are taken from it.
    duration_s : float
        Length of the recording in seconds.
    warnings : dict of str to str
        Gets ``marks_left_out`` if there are more than :data:`MAX_MARKS`, and ``marks_outside`` for
        marks before or after the recording. Neither contains a text.
    """
    first = list(islice(found, MAX_MARKS + 1))
    if len(first) > MAX_MARKS:
        first.pop()
        warnings["marks_left_out"] = (
            f"found more than {MAX_MARKS} marks, expected at most as many; read the first "
            f"{MAX_MARKS} of the file"
        )
    inside = [mark for mark in first if 0 <= mark.start_s <= duration_s]
    if len(inside) < len(first):
        warnings["marks_outside"] = (
            f"found {len(first) - len(inside)} of {len(first)} marks before or after the "
            "recording, expected them within it"
        )
    cleaned = (replace(mark, text=_plain(mark.text)) for mark in inside)
    return tuple(sorted(cleaned, key=lambda mark: mark.start_s))


def decoded(text: bytes) -> str:
    """Return a text in UTF-8, as formats ask for, or in Latin-1, as some recorders write."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _plain(text: str) -> str:
    """Return a text in one line, without control characters, and not too long."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:MAX_TEXT]
