"""Suffixes of the files beside a recording that belong to it.

They contain the patient's marks, what a table of numbers does not say about itself, settings or a
review.
"""

from typing import Final

DIARY_SUFFIX: Final = ".diary.csv"
"""Suffix of the patient's diary, in place of the recording's suffix."""
NOTE_SUFFIXES: Final = (".not", ".event", ".events")
"""Suffixes of WFDB annotation files that contain the patient's marks as NOTE annotations.

Annotation files of other names contain beats, rhythms or waves: what is noted there is an
annotator's remark, and ``.note`` and ``.notes`` are often plain text.
"""
TEXT_OPTIONS_SUFFIXES: Final = (".csv.json", ".tsv.json", ".txt.json")
"""Suffixes of files with options for reading a table of numbers, such as ``NAME.csv``."""
BESIDE_SUFFIXES: Final = (DIARY_SUFFIX, *NOTE_SUFFIXES, *TEXT_OPTIONS_SUFFIXES)
"""Suffixes of files that are read with a recording."""
OWN_SETTINGS_SUFFIX: Final = ".settings.json"
"""Suffix of a recording's settings file, in place of the recording's suffix."""
REVIEW_SUFFIX: Final = ".review.json"
"""Suffix of a recording's review file, in place of the recording's suffix."""
OWN_SUFFIXES: Final = (OWN_SETTINGS_SUFFIX, REVIEW_SUFFIX, *BESIDE_SUFFIXES)
"""Suffixes of files about one recording, which are no part of it."""
MAX_BYTES_BESIDE: Final = 1_000_000
"""Largest size in bytes of a file that is read with a recording: a thousand marks of a thousand
characters."""


def beside_suffix(name: str) -> str | None:
    """Return the suffix by which a file belongs to a recording; None if it is another file."""
    return next((suffix for suffix in BESIDE_SUFFIXES if name.endswith(suffix)), None)
