"""Files beside uploads that are read with them: the diary, notes of a WFDB record, text options.

``clinic-7/holter.diary.csv`` is the diary of ``clinic-7/holter.edf``; for a WFDB record, it has the
name of the header, and so have annotation files with notes (``holter.not``). What
``clinic-7/holter.csv`` does not say is in ``clinic-7/holter.csv.json``. They may come before the
recording or after it; then it is scored anew.
"""

from pathlib import PurePosixPath

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part, without_suffix
from deepecg.readers.mark_file_names import (
    DIARY_SUFFIX,
    MARK_SUFFIXES,
    TEXT_OPTIONS_SUFFIXES,
)
from deepecg.readers.wfdb_file_names import is_header_name


def find_mark_files(listing: FolderListing, key: str) -> tuple[Part, ...]:
    """Return the files with marks, or options, of the recording with this main file."""
    own = PurePosixPath(key).suffix.casefold() + ".json"
    options = tuple(suffix for suffix in TEXT_OPTIONS_SUFFIXES if suffix == own)
    suffixes = MARK_SUFFIXES if is_header_name(key) else (DIARY_SUFFIX, *options)
    found = (listing.find(without_suffix(key) + suffix) for suffix in suffixes)
    return tuple(part for part in found if part is not None)
