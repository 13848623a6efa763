"""Settings files beside uploads: other thresholds for one recording or for a folder.

``clinic-7/holter.settings.json`` applies to ``clinic-7/holter.edf`` (for a WFDB record, to its
header), and ``clinic-7/settings.json`` to all recordings of the folder without a file of their own.
A recording's own file may come before it or after it; then the recording is scored anew. A folder's
file applies to recordings that come after it, and contains nothing about one patient.
"""

from datetime import datetime
from pathlib import PurePosixPath

from deepecg.cloud.errors import BadSettingsError
from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part, Uploads, without_suffix
from deepecg.cloud.s3_keys import FOLDER_SETTINGS_NAME
from deepecg.errors import SettingsError
from deepecg.readers.suffixes_beside import OWN_SETTINGS_SUFFIX
from deepecg.settings_file import MAX_BYTES, SettingsFile, read_settings_file


def is_settings_file(key: str) -> bool:
    """Return whether an object is a settings file, by its name."""
    return is_own_settings_file(key) or PurePosixPath(key).name == FOLDER_SETTINGS_NAME


def is_own_settings_file(key: str) -> bool:
    """Return whether an object is the settings file of one recording, by its name."""
    return key.endswith(OWN_SETTINGS_SUFFIX)


def find_settings_file(listing: FolderListing, key: str, uploaded_at: datetime) -> Part | None:
    """Return the settings file that applies to a recording, or None.

    Parameters
    ----------
    listing : FolderListing
        The recording's folder.
    key : str
        The recording's main file.
    uploaded_at : datetime
        Time at which the recording was complete. A folder's file that came later does not apply,
        so that the result does not depend on the time of scoring.
    """
    own = listing.find(without_suffix(key) + OWN_SETTINGS_SUFFIX)
    if own is not None:
        return own
    common = listing.find(listing.folder + FOLDER_SETTINGS_NAME)
    return common if common is not None and common.modified <= uploaded_at else None


def load_settings_file(uploads: Uploads, part: Part | None) -> SettingsFile:
    """Return the content of a settings file; the defaults where there is none.

    Raises
    ------
    BadSettingsError
        If it cannot be read, or is a folder's and about one patient. The recording is then rejected
        rather than scored with other settings, or reported for a patient it may not belong to.
    """
    if part is None:
        return SettingsFile()
    try:
        content = read_settings_file(uploads.read(part, MAX_BYTES + 1))
    except SettingsError as error:
        raise BadSettingsError(str(error)) from None
    about_one = content.about_one_patient
    if about_one and part.name == FOLDER_SETTINGS_NAME:
        raise BadSettingsError(
            f"found a {about_one[0]} in the settings of a folder, expected it beside one recording"
        )
    return content
