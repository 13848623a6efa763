"""What the arguments of ``deepecg score`` mean: the recordings, their places, the settings.

Nothing that is slow to import is imported before the arguments are known to be right.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from deepecg.batch.recording_paths import (
    files_below,
    refuse_missing,
    result_names,
    shown,
)
from deepecg.errors import SettingsError
from deepecg.readers.formats import SUFFIX_LIST
from deepecg.readers.found_recordings import SkippedFile, sort_paths
from deepecg.readers.text_options import text_options_of_pairs
from deepecg.settings_file import SettingsFile, read_settings_file


@dataclass(frozen=True)
class Run:
    """A run as its arguments describe it.

    Attributes
    ----------
    recordings : dict of str to Path
        Main files by the name of their results.
    others : sequence of SkippedFile
        Files that are no recordings, and why.
    settings : SettingsFile
        Settings and study.
    given : argparse.Namespace
        The arguments.
    """

    recordings: Mapping[str, Path]
    others: Sequence[SkippedFile]
    settings: SettingsFile
    given: argparse.Namespace


def read_arguments(given: argparse.Namespace) -> Run:
    """Return the run that arguments describe.

    Raises
    ------
    FileNotFoundError
        If there is nothing at a path.
    SettingsError
        If a setting is wrong, there is nothing to score, a package for the PDF is missing, or
        several recordings would be one patient's.
    """
    refuse_missing(given.paths)
    settings = _settings_file(given.settings) if given.settings else SettingsFile()
    text = text_options_of_pairs(given.text).over(settings.text)
    settings = replace(settings, lead=given.lead or settings.lead, text=text)
    files = [
        file
        for path in given.paths
        for file in (files_below(path, given.out) if path.is_dir() else [path])
    ]
    found = sort_paths(files)
    if not found.recordings:
        first = "".join(f" ({shown(file.path)} is {file.reason})" for file in found.skipped[:1])
        raise SettingsError(f"found no recording{first}, expected a {SUFFIX_LIST} file")
    recordings = result_names(given.paths, found.recordings)
    if len(recordings) > 1 and settings.about_one_patient:
        raise SettingsError(
            f"found {len(recordings)} recordings, expected one: the settings file names its "
            f"patient, request or start ({', '.join(settings.about_one_patient)})"
        )
    if len(recordings) > 1 and given.review is not None:
        raise SettingsError(f"found {len(recordings)} recordings for one review, expected one")
    if given.pdf:
        from deepecg.outputs.report.report_pdf import (  # noqa: PLC0415  (slow)
            refuse_missing_weasyprint,
        )

        refuse_missing_weasyprint()
    return Run(recordings, found.skipped, settings, given)


def refuse_unwritable(folder: Path) -> None:
    """Create the folder for results; reject one that this user cannot write to.

    Raises
    ------
    SettingsError
        If it is none, or cannot be written to.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise SettingsError(
            "found a folder for results that cannot be written to, expected a writable one "
            '(in Docker: --user "$(id -u):$(id -g)")'
        )


def _settings_file(path: Path) -> SettingsFile:
    """Read a settings file; its name is part of a refusal."""
    try:
        return read_settings_file(path.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"the settings file {shown(path)} cannot be read ({error.strerror})"
        ) from error
    except SettingsError as error:
        raise SettingsError(f"the settings file {shown(path)}: {error}") from error
