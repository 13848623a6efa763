"""Where things lie. Keys of uploads may hold a patient's name; keys of results are digests."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from deepecg.night.night_store import NIGHTS, RECORDINGS, REPORTS
from deepecg.outputs.file_names import REJECTION_FILE, SUMMARY_FILE

RESULTS_PREFIX = f"{RECORDINGS}/"
NIGHTS_PREFIX = f"{NIGHTS}/"
REPORTS_PREFIX = f"{REPORTS}/"
OWN_STUDY_SUFFIX = ".settings.json"
"""Of a study file among the uploads, in place of its recording's."""
FOLDER_STUDY = "settings.json"
"""The study file of a folder of uploads."""


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


def waiting_key(recording: str) -> str:
    """Return where it says that a recording waits for its other parts."""
    return f"{RESULTS_PREFIX}{recording}/waiting.json"


def current_key(recording: str) -> str:
    """Return where it says which result of a recording counts."""
    return f"{RESULTS_PREFIX}{recording}/current.json"


def announced_key(recording: str) -> str:
    """Return where it says that a recording is to be uploaded."""
    return f"announced/{recording}.json"


def entries_prefix(night: date) -> str:
    """Return what the keys of the entries of a night begin with."""
    return f"{NIGHTS_PREFIX}{night.isoformat()}/"


def entry_key(night: date, recording: str) -> str:
    """Return where the entry of an upload lies, for the nightly report on the day it came."""
    return f"{entries_prefix(night)}{recording}.json"


def unfinished_key(recording: str) -> str:
    """Return where it says which night has the entry of an upload that has no result yet."""
    return f"{NIGHTS_PREFIX}unfinished/{recording}.json"


def report_key(night: date, name: str) -> str:
    """Return where a file of the report on a night lies."""
    return f"{REPORTS_PREFIX}{night.isoformat()}/{name}"


@dataclass(frozen=True)
class ResultKeys:
    """The keys of one version of one recording's result."""

    recording: str
    version: str

    @property
    def folder(self) -> str:
        """Common beginning of the keys."""
        return f"{RESULTS_PREFIX}{self.recording}/{self.version}/"

    @property
    def summary(self) -> str:
        """Written last, and once: where it is, the recording was scored."""
        return f"{self.folder}{SUMMARY_FILE}"

    @property
    def rejection(self) -> str:
        """Why the recording was refused."""
        return f"{self.folder}{REJECTION_FILE}"
