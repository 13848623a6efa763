"""File names of WFDB records: headers, signal files and annotation files."""

import re
from typing import Final

HEADER_SUFFIX: Final = ".hea"
SIGNAL_SUFFIX: Final = ".dat"
"""Suffix of most signal files."""
SIGNAL_NAME: Final = re.compile(r"\.(dat|d\d+|sig|flac)$", re.IGNORECASE)
"""Usual names of signal files. A header may name a signal file otherwise."""
ANNOTATION_NAME: Final = re.compile(
    r"\.(atr\w?|ann|apn|ari|cmp|deepecg|ecgatr|epi|man|marks|ple|pu\w*|q1c|q2c|q1t|q2t|qrs\w?|qt\w*"
    r"|[gsw]qrs|rhy|st\w?|st16|xws|xyz)$",
    re.IGNORECASE,
)
"""Usual names of annotation files, and of viewers' settings files, beside WFDB records."""


def is_header_name(name: str) -> bool:
    """Return whether a file or object is a WFDB header, by its name."""
    return name.casefold().endswith(HEADER_SUFFIX)
