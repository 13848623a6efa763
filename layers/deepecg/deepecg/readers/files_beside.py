"""Finds the files that belong to a recording, whatever case their names have."""

import unicodedata
from contextlib import suppress
from pathlib import Path


class FilesBeside:
    """The files of a folder by their names.

    A header and its files often come from systems that tell upper from lower case, or composed
    from decomposed letters, in another way than this one.

    Parameters
    ----------
    folder : Path
        The folder. It is listed once, when a file is not found under its exact name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listed: dict[str, list[str]] | None = None

    def find(self, name: str) -> Path | None:
        """Return the file with a name, or the only one whose name differs in case or form.

        Parameters
        ----------
        name : str
            Plain name, without a folder.

        Returns
        -------
        Path or None
            None if there is no such file, or only several that differ in case or form.
        """
        exact = self._folder / name
        if exact.is_file():
            return exact
        if self._listed is None:
            self._listed = {}
            with suppress(OSError):
                for path in self._folder.iterdir():
                    self._listed.setdefault(_same_for_all_cases(path.name), []).append(path.name)
        names = self._listed.get(_same_for_all_cases(name), [])
        paths = [path for path in (self._folder / other for other in names) if path.is_file()]
        return paths[0] if len(paths) == 1 else None


def _same_for_all_cases(name: str) -> str:
    """Return a name in the form that the Unicode standard compares without regard to case."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
