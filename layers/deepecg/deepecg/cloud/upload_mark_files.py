"""Files with the patient's marks beside uploads: the diary, and notes of a WFDB record.

``clinic-7/holter.diary.csv`` is the diary of ``clinic-7/holter.edf``; for a WFDB record, it has the
name of the header, and so have annotation files with notes (``holter.not``). They may come before
the recording or after it; then it is scored anew.
"""

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part, without_suffix
from deepecg.readers.mark_file_names import DIARY_SUFFIX, MARK_SUFFIXES
from deepecg.readers.wfdb_file_names import is_header_name


def find_mark_files(listing: FolderListing, key: str) -> tuple[Part, ...]:
    """Return the files with marks of the recording with this main file."""
    suffixes = MARK_SUFFIXES if is_header_name(key) else (DIARY_SUFFIX,)
    found = (listing.find(without_suffix(key) + suffix) for suffix in suffixes)
    return tuple(part for part in found if part is not None)
