"""Puts finished results in their place, and nothing of another making in danger.

Results are written to a temporary folder beside their place and moved when they are complete:
whatever ends a run, a folder of results is of one making.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from deepecg.batch.interrupts import interrupts_deferred
from deepecg.batch.made_by import MADE_BY_FILE, MadeBy, read_made_by
from deepecg.outputs.file_names import (
    BEAT_EXTENSION,
    BEATS_SUFFIX,
    DISCLOSURE_FILE,
    FHIR_FILE,
    PDF_FILE,
    REJECTION_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    WAVE_EXTENSION,
)

State = Literal["free", "same", "other", "foreign"]
FREE: Final = "free"
SAME: Final = "same"
OTHER: Final = "other"
FOREIGN: Final = "foreign"
OLD_PREFIX: Final = ".deepecg-old-"


def state_of(folder: Path, results: Path, made: MadeBy | None) -> tuple[State, str]:
    """Return what is in the place of a recording's results.

    Parameters
    ----------
    folder : Path
        The place.
    results : Path
        The folder of all results, in which it lies.
    made : MadeBy or None
        What new results are made with; None if that is not known, as for a rejection.

    Returns
    -------
    state : str
        ``free``: nothing, or a rejection. ``same``: results that the same would make again.
        ``other``: results of another making. ``foreign``: what ``deepecg score`` did not write.
    reason : str
        What was found, in words, for ``other`` and ``foreign``.
    """
    above = [parent for parent in folder.parents if parent != results and results in parent.parents]
    for path in (folder, *above):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            return FOREIGN, "a link or a file, where the folder of the results would be"
    if not folder.exists():
        return FREE, ""
    if (folder / SUMMARY_FILE).exists() or (folder / MADE_BY_FILE).exists():
        former = read_made_by(folder)
        if former is None:
            return OTHER, "results that do not say what made them"
        difference = "a making that is not known" if made is None else former.differs_from(made)
        return (SAME, "") if difference is None else (OTHER, f"results of {difference}")
    if (folder / REJECTION_FILE).exists() or not any(folder.iterdir()):
        return FREE, ""
    return FOREIGN, "a folder that deepecg score did not write"


def is_in_the_way(state: State, *, force: bool) -> bool:
    """Return whether what is in the place of results keeps new ones out."""
    return state == FOREIGN or (state == OTHER and not force)


@contextmanager
def locked(results: Path) -> Iterator[None]:
    """Let other runs into the same folder of results wait, where the system can do so."""
    try:
        import fcntl  # noqa: PLC0415  (Windows has none)
    except ImportError:
        yield
        return
    folder = os.open(results, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def publish(new: Path, folder: Path, state: State, name: str) -> None:
    """Move complete results to their place.

    Parameters
    ----------
    new : Path
        Temporary folder on the same disk; it is gone afterwards.
    folder : Path
        The place, where nothing foreign is.
    state : str
        What is there. Results of the same making are replaced file by file; instead of others the
        new ones are put there at once. What ``deepecg score`` did not write stays, and so do
        reviewed results.
    name : str
        Record name of the annotation files.
    """
    with interrupts_deferred():
        folder.parent.mkdir(parents=True, exist_ok=True)
        if state == SAME:
            for path in sorted(new.iterdir()):
                path.replace(folder / path.name)
            new.rmdir()
            return
        if not folder.exists():
            new.rename(folder)
            return
        old = new.with_name(f"{OLD_PREFIX}{new.name}")
        folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        ours = own_files(name)
        for path in old.iterdir():
            if path.name not in ours:
                path.rename(folder / path.name)
        shutil.rmtree(old)


def own_files(name: str) -> set[str]:
    """Return the names of all files that are written for a recording."""
    return {
        *(SUMMARY_FILE, REPORT_FILE, DISCLOSURE_FILE, PDF_FILE, FHIR_FILE, REJECTION_FILE),
        *(f"{name}{BEATS_SUFFIX}", f"{name}.{BEAT_EXTENSION}", f"{name}.{WAVE_EXTENSION}"),
        MADE_BY_FILE,
    }
