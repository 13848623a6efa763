"""Names of files that operating systems and file managers add to folders by themselves."""

from typing import Final

_ADDED_NAMES: Final = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin"}


def is_junk_name(name: str) -> bool:
    """Return whether a file or folder was added by a system, or is hidden: ``._x.edf``."""
    return name.startswith(".") or name.casefold() in _ADDED_NAMES
