"""Finds the files that belong to a recording, whatever case their names have."""

import unicodedata
from contextlib import suppress
from pathlib import Path, PurePath

from deepecg.readers.formats import GZIP_SUFFIX, recording_stem, recording_suffix
from deepecg.readers.suffixes_beside import DIARY_SUFFIX, NOTE_SUFFIXES, TEXT_OPTIONS_SUFFIXES
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX


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
                    self._listed.setdefault(same_in_any_case(path.name), []).append(path.name)
        names = self._listed.get(same_in_any_case(name), [])
        paths = [path for path in (self._folder / other for other in names) if path.is_file()]
        return paths[0] if len(paths) == 1 else None


def same_in_any_case(name: str) -> str:
    """Return what is the same for all names that differ in case and Unicode form only."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def names_beside(name: str) -> tuple[str, ...]:
    """Return the names of the files that are read with a recording where they are beside it.

    Parameters
    ----------
    name : str
        Name, path or key of its main file: ``x.hea``, ``x.csv`` or ``x.csv.gz``.

    Returns
    -------
    tuple of str
        Its diary; notes of a WFDB record, options of a table. They are named after the content of
        a gzip file: ``x.csv.json`` is of ``x.csv.gz``, too.
    """
    packed = name[-len(GZIP_SUFFIX) :].casefold() == GZIP_SUFFIX
    name = name[: -len(GZIP_SUFFIX)] if packed else name
    stem, suffix = recording_stem(name), recording_suffix(name) or PurePath(name).suffix
    notes = NOTE_SUFFIXES if suffix.casefold() == HEADER_SUFFIX else ()
    options = {f"{suffix.casefold()}.json"}.intersection(TEXT_OPTIONS_SUFFIXES)
    return tuple(stem + own for own in (DIARY_SUFFIX, *notes, *options))
