"""Files with the patient's marks beside uploads: the diary, and notes of a WFDB record.

``clinic-7/holter.diary.csv`` is the diary of ``clinic-7/holter.edf``; for a WFDB record, it has the
name of the header, and so have annotation files with notes (``holter.not``). They may come before
the recording or after it; then it is scored anew.
"""

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part, without_suffix
from deepecg.readers.formats import RECORDING_SUFFIXES
from deepecg.readers.mark_file_names import DIARY_SUFFIX, MARK_SUFFIXES, mark_suffix
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX


def is_mark_file(key: str) -> bool:
    """Return whether an object contains marks of a patient, by its name."""
    return mark_suffix(key) is not None


def find_mark_files(listing: FolderListing, key: str) -> tuple[Part, ...]:
    """Return the files with marks of the recording with this main file."""
    suffixes = MARK_SUFFIXES if _is_header(key) else (DIARY_SUFFIX,)
    found = (listing.find(without_suffix(key) + suffix) for suffix in suffixes)
    return tuple(part for part in found if part is not None)


def recordings_of_mark_file(listing: FolderListing, key: str) -> list[str]:
    """Return the main files of the recordings that a file with marks is for."""
    suffix = mark_suffix(key)
    if suffix is None or listing.find(key) is None:
        return []
    stem = key.removesuffix(suffix)
    keys = [part.key for part in listing.starting_with(f"{stem}.")]
    mains = [main for main in keys if main.removeprefix(stem).casefold() in RECORDING_SUFFIXES]
    return [main for main in mains if suffix == DIARY_SUFFIX or _is_header(main)]


def _is_header(key: str) -> bool:
    return key.casefold().endswith(HEADER_SUFFIX)
