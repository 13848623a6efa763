"""Files about one recording beside its upload: settings, review, diary, notes, text options.

``clinic-7/holter.review.json`` is of ``clinic-7/holter.edf``; for a WFDB record, such a file has
the name of the header. It may come before the recording or after it; then the result is made anew.
``holter.csv.json`` is of ``holter.csv`` or ``holter.csv.gz`` only.
"""

from deepecg.cloud.folder_listing import FolderListing
from deepecg.readers.files_beside import names_beside
from deepecg.readers.formats import is_recording_name, recording_stem
from deepecg.readers.suffixes_beside import BESIDE_SUFFIXES, OWN_SUFFIXES


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
    keys = (part.key for part in listing.starting_with(f"{stem}."))
    recordings = (main for main in keys if is_recording_name(main) and recording_stem(main) == stem)
    is_read = suffix in BESIDE_SUFFIXES
    return [main for main in recordings if not is_read or key in names_beside(main)]
