"""The keys of the results bucket, and those in the uploads bucket that are no recording's.

Keys of uploads may contain a patient's name; those of results contain digests (recording IDs).
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date

from deepecg.night.night_store import NIGHTS, RECORDINGS, REPORTS

RESULTS_PREFIX = f"{RECORDINGS}/"
NIGHTS_PREFIX = f"{NIGHTS}/"
REPORTS_PREFIX = f"{REPORTS}/"
UNFINISHED_PREFIX = f"{NIGHTS_PREFIX}unfinished/"
UPLOAD_KEYS_PREFIX = "upload-keys/"
"""Prefix of the notes in the uploads bucket; no recording is looked for below it."""
FOLDER_SETTINGS_NAME = "settings.json"
"""Name of the settings file of a folder of uploads."""


def version(etags: Iterable[tuple[str, str]], *conditions: str) -> str:
    """Return the name of one version of a recording's result.

    Parameters
    ----------
    etags : iterable of (str, str)
        Key and ETag of each uploaded part, in any order.
    *conditions : str
        What else the result depends on: the versions of model and software.

    Returns
    -------
    str
        16 hexadecimal digits: the same for the same bytes under the same conditions.
    """
    canonical = json.dumps([sorted(etags), conditions])
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def waiting_key(recording_id: str) -> str:
    """Return the key of the note that a recording waits for its other parts."""
    return f"{RESULTS_PREFIX}{recording_id}/waiting.json"


def current_key(recording_id: str) -> str:
    """Return the key of the pointer to a recording's valid result."""
    return f"{RESULTS_PREFIX}{recording_id}/current.json"


def upload_request_key(recording_id: str) -> str:
    """Return the key of the note that a recording's upload was requested through the API."""
    return f"announced/{recording_id}.json"


def upload_key_note(recording_id: str) -> str:
    """Return the key of the note, in the uploads bucket, that contains the key of a recording.

    A recording's ID does not give its key, which may contain a patient's name and is therefore
    written to no other bucket.
    """
    return f"{UPLOAD_KEYS_PREFIX}{recording_id}.json"


def entries_prefix(night: date) -> str:
    """Return the prefix of the entries of a night."""
    return f"{NIGHTS_PREFIX}{night.isoformat()}/"


def entry_key(night: date, recording_id: str) -> str:
    """Return the key of a recording's night entry, which the nightly report reads."""
    return f"{entries_prefix(night)}{recording_id}.json"


def unfinished_key(recording_id: str) -> str:
    """Return the key of the note which night has the entry of an upload without a result."""
    return f"{UNFINISHED_PREFIX}{recording_id}.json"


def report_key(night: date, name: str) -> str:
    """Return the key of a file of a nightly report."""
    return f"{REPORTS_PREFIX}{night.isoformat()}/{name}"
