"""The keys of what is uploaded through the API: they hold nothing of a file's name.

An announcement's files lie in a folder of their own, ``api/RANDOM/``. A file is called by a digest
of its name there. Whoever reads a WFDB header finds the files that it names, since the same name
gives the same key; nobody who reads the keys finds the names, which may be a patient's.
"""

import re
import secrets
import unicodedata
from hashlib import sha256

from deepecg.cloud.s3_keys import FOLDER_STUDY, OWN_STUDY_SUFFIX
from deepecg.readers.formats import RECORDING_SUFFIXES
from deepecg.readers.wfdb_file_names import SIGNAL_SUFFIX

API_PREFIX = "api/"
RANDOM_BYTES = 16
"""128 bits, 22 characters: no folder is guessed, nor are the names of its files tried out."""
DIGEST_DIGITS = 20
KEPT_SUFFIXES = (OWN_STUDY_SUFFIX, *RECORDING_SUFFIXES, SIGNAL_SUFFIX)
"""Endings that say what a file is. Any other goes into the digest: ``.d1950`` may be a birthday."""
API_FOLDER = re.compile(rf"{API_PREFIX}[A-Za-z0-9_-]{{22}}/")


def new_folder() -> str:
    """Return the folder of one announcement."""
    return f"{API_PREFIX}{secrets.token_urlsafe(RANDOM_BYTES)}/"


def is_api_folder(folder: str) -> bool:
    """Return whether a folder of the uploads bucket is that of an announcement."""
    return API_FOLDER.fullmatch(folder) is not None


def key_in(folder: str, name: str) -> str:
    """Return the key of a file in a folder of the uploads bucket.

    Parameters
    ----------
    folder : str
        Empty, or with a slash at its end.
    name : str
        What the file is called, by whoever uploads it or by the header of its record.

    Returns
    -------
    str
        Folder and name; in the folder of an announcement folder and pseudonym.
    """
    return folder + (pseudonym(folder, name) if is_api_folder(folder) else name)


def pseudonym(folder: str, name: str) -> str:
    """Return what a file of an announcement is called.

    Names that differ in case alone are the same, as on the disks that recorders write: a header
    may name ``A.DAT`` what has become ``a.dat``. So are the ways in which Unicode writes a letter.
    A study file and its recording, or a header and its signal file, keep their common stem.

    Parameters
    ----------
    folder : str
        Of the announcement. Another folder gives other pseudonyms.
    name : str
        Of the file.

    Returns
    -------
    str
        20 hexadecimal digits and one of :data:`KEPT_SUFFIXES` or none; ``settings.json``, which
        tells nothing, as it is.
    """
    name = unicodedata.normalize("NFC", name).casefold()
    if name == FOLDER_STUDY:
        return name
    suffix = next((suffix for suffix in KEPT_SUFFIXES if name.endswith(suffix)), "")
    random = folder.removeprefix(API_PREFIX)
    stem = name.removesuffix(suffix)
    return sha256(f"{random}{stem}".encode()).hexdigest()[:DIGEST_DIGITS] + suffix
