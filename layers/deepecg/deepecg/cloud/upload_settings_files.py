"""Study files beside uploads: what a clinic sets otherwise, for one recording or for a folder.

``clinic-7/holter.settings.json`` holds for ``clinic-7/holter.edf`` (of a WFDB record, for its
header), ``clinic-7/settings.json`` for all recordings of the folder that have none of their own.
A recording's own study may come before it or after: then the recording is scored anew. A
folder's study holds for what comes after it, and names no subject: its recordings are of several.
"""

from datetime import datetime
from pathlib import PurePosixPath

from deepecg.cloud.errors import BadSettingsError
from deepecg.cloud.s3_buckets import Part, Uploads, folder_of, without_suffix
from deepecg.cloud.s3_keys import FOLDER_STUDY, OWN_STUDY_SUFFIX
from deepecg.errors import SettingsError
from deepecg.readers.formats import RECORDING_SUFFIXES
from deepecg.settings_file import MAX_BYTES, Study, read_study


def is_study(key: str) -> bool:
    """Return whether an object is a study file, by its name."""
    return is_own_study(key) or PurePosixPath(key).name == FOLDER_STUDY


def is_own_study(key: str) -> bool:
    """Return whether an object is the study file of a recording, by its name."""
    return key.endswith(OWN_STUDY_SUFFIX)


def find_study(uploads: Uploads, key: str, uploaded_at: datetime) -> Part | None:
    """Return the study file that holds for a recording, or None.

    Parameters
    ----------
    uploads : Uploads
        Where to look.
    key : str
        The recording's main file.
    uploaded_at : datetime
        When the recording was complete. A folder's study that came later does not hold for it:
        its result does not depend on when it is scored.
    """
    own = uploads.find(without_suffix(key) + OWN_STUDY_SUFFIX)
    if own is not None:
        return own
    common = uploads.find(folder_of(key) + FOLDER_STUDY)
    return common if common is not None and common.modified <= uploaded_at else None


def find_recordings(uploads: Uploads, study_key: str) -> list[str]:
    """Return the main files of the recordings that a study file is for; none of a folder's."""
    if not is_own_study(study_key) or uploads.find(study_key) is None:
        return []
    stem = study_key.removesuffix(OWN_STUDY_SUFFIX)
    keys = [part.key for part in uploads.list_prefix(f"{stem}.")]
    return [key for key in keys if key.removeprefix(stem).casefold() in RECORDING_SUFFIXES]


def load_study(uploads: Uploads, part: Part | None) -> Study:
    """Return what a study file says; the defaults where there is none.

    Raises
    ------
    BadSettingsError
        If it is no study file, or a folder's with a subject: the recording is not scored
        otherwise than was asked, nor for a patient that it may not be of.
    """
    if part is None:
        return Study()
    try:
        study = read_study(uploads.read(part, MAX_BYTES + 1))
    except SettingsError as error:
        raise BadSettingsError(str(error)) from None
    if study.subject is not None and part.name == FOLDER_STUDY:
        raise BadSettingsError(
            "found a subject in the settings of a folder, expected it beside one recording"
        )
    return study
