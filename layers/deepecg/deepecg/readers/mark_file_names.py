"""Names of the files beside a recording that contain the patient's marks."""

from typing import Final

DIARY_SUFFIX: Final = ".diary.csv"
"""Suffix of the patient's diary, in place of the recording's suffix."""
NOTE_SUFFIXES: Final = (".not", ".event", ".events")
"""Suffixes of WFDB annotation files that contain the patient's marks as NOTE annotations.

Annotation files of other names contain beats, rhythms or waves: what is noted there is an
annotator's remark, and ``.note`` and ``.notes`` are often plain text.
"""
MARK_SUFFIXES: Final = (DIARY_SUFFIX, *NOTE_SUFFIXES)
MAX_MARK_FILE_BYTES: Final = 1_000_000
"""Largest size of such a file in bytes: a thousand marks of a thousand characters."""


def mark_suffix(name: str) -> str | None:
    """Return the suffix by which a file contains marks; None if it is another file."""
    return next((suffix for suffix in MARK_SUFFIXES if name.endswith(suffix)), None)
