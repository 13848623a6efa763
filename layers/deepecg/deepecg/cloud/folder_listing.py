"""The listing of a folder of uploads, from which one message answers what is there."""

from collections.abc import Collection
from os.path import commonprefix

from deepecg.cloud.s3_buckets import Part, Uploads, without_suffix

MAX_KEY_BYTES = 1024
"""S3 has no longer keys."""
MAX_NARROW_LISTINGS = 20
"""Listings of single prefixes, before the whole folder is listed: that takes one request for every
1,000 objects."""


class FolderListing:
    """The objects of one folder, without those of its subfolders, each as it was when listed.

    The first page, of up to 1,000 objects, is listed at the first question. In most folders that is
    all, and no further request is sent. In a larger folder, each question lists the objects that
    begin like the one in question (``100.`` for ``100.hea``), in as many pages as there are, and
    keeps them. After :data:`MAX_NARROW_LISTINGS` of these it lists the whole folder: 50 requests
    for 50,000 objects. No listing is cut.

    A listing is made for one message. A later look, to see what has changed, needs another one.

    Parameters
    ----------
    uploads : Uploads
        The bucket.
    folder : str
        The folder: empty, or with a slash at its end.
    """

    def __init__(self, uploads: Uploads, folder: str) -> None:
        self.uploads = uploads
        self.folder = folder
        self._parts: dict[str, Part] = {}
        self._listed_prefixes: list[str] = []
        self._has_first_page = False

    def find(self, key: str) -> Part | None:
        """Return an object of the folder, or None where there is none."""
        if key not in self._parts:
            stem = without_suffix(key)
            # With the dot it finds the files of one record, and not those of `1000` for `100`.
            self._list(key if stem == key else f"{stem}.")
        return self._parts.get(key)

    def find_many(self, keys: Collection[str]) -> list[Part | None]:
        """Return each of some objects of the folder, or None; they mostly begin alike."""
        if len(keys) > MAX_NARROW_LISTINGS:
            self._list(commonprefix(list(keys)))  # noqa: RUF071  (by characters)
        return [self.find(key) for key in keys]

    def starting_with(self, prefix: str) -> list[Part]:
        """Return the objects whose keys begin with a prefix, in the order of their keys."""
        self._list(prefix)
        return [part for key, part in sorted(self._parts.items()) if key.startswith(prefix)]

    def _list(self, prefix: str) -> None:
        """List the objects that begin with a prefix, unless that was done."""
        if not self._has_first_page:
            self._has_first_page = True
            self._read_pages(self.folder, max_pages=1)
        if any(prefix.startswith(listed) for listed in self._listed_prefixes):
            return
        if len(self._listed_prefixes) == MAX_NARROW_LISTINGS:
            prefix = self.folder
        # A longer prefix matches nothing, such as that of the settings file beside the longest key.
        if len(prefix.encode()) <= MAX_KEY_BYTES:
            self._read_pages(prefix)

    def _read_pages(self, prefix: str, max_pages: int | None = None) -> None:
        for number, (parts, is_last) in enumerate(self.uploads.pages(prefix), 1):
            for part in parts:
                # What was listed before stays as it was, so that all answers fit together.
                self._parts.setdefault(part.key, part)
            if is_last:
                self._listed_prefixes.append(prefix)
            elif number == max_pages:
                return
