"""Names of settings that people mistype, and which of the known ones they mean."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_NAME: Final = re.compile(r"\w+", re.ASCII)
_LEAST_LIKENESS: Final = 0.75
"""Likeness to a known name (as of ``difflib``) above which another one is taken for a mistyped one:
as ``pause`` for ``pause_s``."""
_MOST_SURPLUS: Final = 2
"""Most characters that a mistyped name has more than the known one: too few for a surname."""


def meant_by(name: str, known: Iterable[str]) -> list[str]:
    """Return the known name that is probably meant; none if a message must not repeat ``name``.

    Parameters
    ----------
    name : str
        As somebody wrote it: it may be anything, a patient's name too.
    known : iterable of str
        All names that there are.
    """
    close = get_close_matches(name.casefold(), list(known), 1, _LEAST_LIKENESS)
    is_mistyped = _NAME.fullmatch(name) and all(len(name) <= len(k) + _MOST_SURPLUS for k in close)
    return close if is_mistyped else []
