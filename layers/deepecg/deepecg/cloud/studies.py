"""Study files beside uploads: what a clinic sets otherwise, for one recording or for a folder.

``clinic-7/holter.settings.json`` holds for ``clinic-7/holter.edf`` (of a WFDB record, for its
header), ``clinic-7/settings.json`` for all recordings of the folder that have none of their own.
A recording's own study may come before it or after: then the recording is scored anew. A
folder's study holds for what comes after it.
"""

from pathlib import PurePosixPath

from deepecg.cloud.errors import BadSettingsError
from deepecg.cloud.store import Part, Uploads
from deepecg.errors import SettingsError
from deepecg.readers import RECORDING_SUFFIXES
from deepecg.study import MAX_BYTES, Study, read_study

OWN_STUDY_SUFFIX = ".settings.json"
FOLDER_STUDY = "settings.json"


def is_study(key: str) -> bool:
    """Return whether an object is a study file, by its name."""
    return key.endswith(OWN_STUDY_SUFFIX) or PurePosixPath(key).name == FOLDER_STUDY


def find_study(uploads: Uploads, key: str) -> Part | None:
    """Return the study file that holds for a recording, or None.

    Parameters
    ----------
    uploads : Uploads
        Where to look.
    key : str
        The recording's main file.
    """
    own = key.removesuffix(PurePosixPath(key).suffix) + OWN_STUDY_SUFFIX
    folder = key[: key.rfind("/") + 1]
    return uploads.find(own) or uploads.find(folder + FOLDER_STUDY)


def find_recording(uploads: Uploads, study_key: str) -> Part | None:
    """Return the main file of the recording that a study file is for; None of a folder's."""
    if not study_key.endswith(OWN_STUDY_SUFFIX):
        return None
    stem = study_key.removesuffix(OWN_STUDY_SUFFIX)
    suffixes = (spelt for suffix in RECORDING_SUFFIXES for spelt in (suffix, suffix.upper()))
    found = (uploads.find(stem + suffix) for suffix in suffixes)
    return next((part for part in found if part is not None), None)


def load_study(uploads: Uploads, part: Part | None) -> Study:
    """Return what a study file says; the defaults where there is none.

    Raises
    ------
    BadSettingsError
        If it is no study file: the recording is not scored otherwise than was asked.
    """
    if part is None:
        return Study()
    try:
        return read_study(uploads.read(part, MAX_BYTES + 1))
    except SettingsError as error:
        raise BadSettingsError(str(error)) from None
