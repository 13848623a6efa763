"""Files beside uploads that are read with them: the diary, notes of a WFDB record, text options.

``clinic-7/holter.diary.csv`` is the diary of ``clinic-7/holter.edf``; for a WFDB record, it has the
name of the header, and so have annotation files with notes (``holter.not``). What
``clinic-7/holter.csv`` does not say is in ``clinic-7/holter.csv.json``. They may come before the
recording or after it; then it is scored anew.
"""

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part
from deepecg.readers.files_beside import names_beside


def find_files_beside(listing: FolderListing, key: str) -> tuple[Part, ...]:
    """Return the files that are read with the recording that has this main file."""
    found = map(listing.find, names_beside(key))
    return tuple(part for part in found if part is not None)
