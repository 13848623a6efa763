"""Review files beside uploads: ``clinic-7/holter.review.json`` is of ``clinic-7/holter.edf``.

A review gives a new version of the recording's result; the unreviewed one stays. Its beats are
stored beside the unreviewed result, so that the model does not run again. A review that is damaged
or of other beats does not hide the valid result: the new version is then the unreviewed one with a
warning.
"""

from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part, without_suffix
from deepecg.readers.suffixes_beside import REVIEW_SUFFIX


def find_review_file(listing: FolderListing, key: str) -> Part | None:
    """Return the review file of a recording's main file, or None."""
    return listing.find(without_suffix(key) + REVIEW_SUFFIX)
