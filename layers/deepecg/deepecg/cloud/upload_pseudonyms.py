"""Pseudonyms: keys of uploads through the API, which contain nothing of a file's name.

The files of an upload request are in a folder of their own, ``api/RANDOM/``, each under a digest of
its name. The files that a WFDB header names can be found, as the same name gives the same key. The
names, which may be a patient's, cannot be found from the keys.
"""

import re
import secrets
import unicodedata
from hashlib import sha256

from deepecg.cloud.s3_keys import FOLDER_SETTINGS_NAME
from deepecg.readers.formats import RECORDING_SUFFIXES
from deepecg.readers.suffixes_beside import OWN_SUFFIXES
from deepecg.readers.wfdb_file_names import SIGNAL_SUFFIX

API_PREFIX = "api/"
RANDOM_BYTES = 16
"""Random bytes in a folder's name: 128 bits, 22 characters, so that neither the folder nor the
names of its files can be found by trial."""
DIGEST_DIGITS = 20
KEPT_SUFFIXES = (*OWN_SUFFIXES, *RECORDING_SUFFIXES, SIGNAL_SUFFIX)
"""Suffixes that are kept in the key. Others go into the digest: ``.d1950`` may be a birthday."""
API_FOLDER = re.compile(rf"{API_PREFIX}[A-Za-z0-9_-]{{22}}/")


def new_folder() -> str:
    """Return the folder of a new upload request."""
    return f"{API_PREFIX}{secrets.token_urlsafe(RANDOM_BYTES)}/"


def is_api_folder(folder: str) -> bool:
    """Return whether a folder of the uploads bucket is that of an upload request."""
    return API_FOLDER.fullmatch(folder) is not None


def key_in(folder: str, name: str) -> str:
    """Return the key of a file in a folder of the uploads bucket.

    Parameters
    ----------
    folder : str
        Empty, or with a slash at its end.
    name : str
        Name of the file on the caller's disk, or in the header of its record.

    Returns
    -------
    str
        Folder and name; in the folder of an upload request, folder and pseudonym.
    """
    return folder + (pseudonym(folder, name) if is_api_folder(folder) else name)


def pseudonym(folder: str, name: str) -> str:
    """Return the pseudonym of a file of an upload request.

    Names that differ only in case get the same one, as on the disks that recorders write: a header
    may name ``A.DAT`` for a file ``a.dat``. So do different Unicode forms of one name. Files with
    the same stem, such as a header and its signal file, have pseudonyms with the same stem.

    Parameters
    ----------
    folder : str
        Folder of the upload request. Another folder gives other pseudonyms.
    name : str
        Name of the file.

    Returns
    -------
    str
        20 hexadecimal digits and one of :data:`KEPT_SUFFIXES` or none; ``settings.json``, which
        identifies nobody, stays as it is.
    """
    name = unicodedata.normalize("NFC", name).casefold()
    if name == FOLDER_SETTINGS_NAME:
        return name
    suffix = next((suffix for suffix in KEPT_SUFFIXES if name.endswith(suffix)), "")
    random = folder.removeprefix(API_PREFIX)
    stem = name.removesuffix(suffix)
    return sha256(f"{random}{stem}".encode()).hexdigest()[:DIGEST_DIGITS] + suffix
