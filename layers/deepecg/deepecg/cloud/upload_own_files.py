"""Files about one recording beside its upload: settings, review, diary, notes, text options.

``clinic-7/holter.review.json`` is of ``clinic-7/holter.edf``; for a WFDB record, such a file has
the name of the header. It may come before the recording or after it; then the result is made anew.
``holter.csv.json`` is of ``holter.csv`` only.
"""

from collections.abc import Container

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_keys import OWN_SUFFIXES
from deepecg.readers.formats import RECORDING_SUFFIXES
from deepecg.readers.mark_file_names import NOTE_SUFFIXES, TEXT_OPTIONS_SUFFIXES
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX


def own_suffix(key: str) -> str | None:
    """Return the suffix by which an object is about one recording; None for any other object."""
    return next((suffix for suffix in OWN_SUFFIXES if key.endswith(suffix)), None)


def recordings_of_file(listing: FolderListing, key: str) -> list[str]:
    """Return the main files of the recordings that such an object is about.

    None for any other object, and for one that was deleted since. Notes are of WFDB records only,
    options of tables only.
    """
    suffix = own_suffix(key)
    if suffix is None or listing.find(key) is None:
        return []
    stem = key.removesuffix(suffix)
    if suffix in TEXT_OPTIONS_SUFFIXES:
        allowed: Container[str] = {suffix.removesuffix(".json")}
    else:
        allowed = {HEADER_SUFFIX} if suffix in NOTE_SUFFIXES else RECORDING_SUFFIXES
    keys = [part.key for part in listing.starting_with(f"{stem}.")]
    return [main for main in keys if main.removeprefix(stem).casefold() in allowed]
