"""Finds the recording that an uploaded object belongs to, and whether it is complete.

A recording in any format but WFDB is one object, compressed or not. A WFDB record is several, which
arrive in any order: a header (``.hea``), the signal files that it names, and for a multi-segment
record the headers of its segments. Annotation files beside a record are no part of it.

A header names files, and objects have keys. In most folders the key is the folder and the name. In
the folder of an upload request it is a pseudonym (:mod:`deepecg.cloud.upload_pseudonyms`), which
does not show which files belong together. Such a folder holds one recording.

What is in the folder comes from one :class:`~deepecg.cloud.folder_listing.FolderListing`; only
headers are read. For a file of a 14-day record in hourly segments, which has 673 files, these are
one LIST and the one to three headers that show that the record is incomplete. A complete record
needs all its headers, each of which is read once in an execution environment; one of more than 8 KB
(a master header of some 600 segments) is read anew for each message.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from os.path import commonprefix
from pathlib import PurePosixPath

from deepecg.cloud.aws_clients import DEFAULT_CONNECTIONS
from deepecg.cloud.errors import TooManyPartsError
from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.s3_buckets import Part, without_suffix
from deepecg.cloud.upload_files_beside import find_files_beside
from deepecg.cloud.upload_own_files import own_suffix
from deepecg.cloud.upload_pseudonyms import is_api_folder, key_in
from deepecg.cloud.upload_review_files import find_review_file
from deepecg.cloud.upload_settings_files import find_settings_file, is_settings_file
from deepecg.errors import RefusedRecordingError, UnknownFormatError
from deepecg.outputs.recording_id import recording_id
from deepecg.readers.formats import SUFFIX_LIST, is_recording_name
from deepecg.readers.wfdb_file_names import (
    ANNOTATION_NAME,
    HEADER_SUFFIX,
    SIGNAL_NAME,
    SIGNAL_SUFFIX,
    is_header_name,
)
from deepecg.readers.wfdb_header import record_files

MAX_HEADER_BYTES = 4 << 20
"""Size of the largest header: one of :data:`MAX_PARTS` segments has 0.2 MB."""
MAX_PARTS = 10_000
"""Files of a record, its header included.

14 days in segments of one hour have 673 files, in segments of 5 minutes 8,065, in segments of one
minute 40,321. A record of n files sends n messages, each of which lists them in n / 1,000 requests.
For 10,000 files that is 13 LISTs and 2 s a message (measured without the network), and 130,000
LISTs ($0.65) a record; for 40,321 files it would be 1.8 million LISTs ($9)."""
MAX_HEADERS_READ = 50
"""Headers of a folder in which a signal file's name is looked for, those with the most similar
names first. In the folder of an upload request all are read: it holds at most 101 files."""


@dataclass(frozen=True)
class Upload:
    """A recording as far as it has been uploaded.

    Attributes
    ----------
    key : str
        Key of its main file, which of a WFDB record is the header; for a signal file without
        a header its own.
    parts : tuple of Part
        The objects that are there, the main file first.
    n_missing : int
        Number of missing parts, as far as headers were read; 1 for a signal file without a header.
    refusal : RefusedRecordingError or None
        Reason why it cannot be scored, if it is known without reading the signal.
    settings_file : Part or None
        The settings file that applies to it; None where there is none, and for an upload that is
        incomplete or refused.
    files_beside : tuple of Part
        The diary, notes and text options beside it; none for an upload that is incomplete or
        refused.
    review_file : Part or None
        Its review file; None as for the settings file.
    """

    key: str
    parts: tuple[Part, ...]
    n_missing: int = 0
    refusal: RefusedRecordingError | None = None
    settings_file: Part | None = None
    files_beside: tuple[Part, ...] = ()
    review_file: Part | None = None

    @property
    def id(self) -> str:
        """The recording's ID, its name everywhere outside the uploads bucket."""
        return recording_id(self.key)

    @property
    def uploaded_at(self) -> datetime:
        """Time at which its newest part was uploaded, which a repeated message does not change."""
        return max(part.modified for part in self.parts)

    @property
    def size_bytes(self) -> int:
        """Size of all its parts in bytes."""
        return sum(part.size for part in self.parts)


def find_upload(listing: FolderListing, key: str) -> Upload | None:
    """Return the recording that an object belongs to, or None if it needs no result.

    Parameters
    ----------
    listing : FolderListing
        The object's folder, listed for this message.
    key : str
        The object, which may have been deleted since. A settings file, review or diary is no part
        of a recording.

    Raises
    ------
    StorageError
        If S3 fails, or a header is no longer the listed version.
    """
    is_no_part = key.endswith("/") or is_settings_file(key) or own_suffix(key) is not None
    part = None if is_no_part else listing.find(key)
    upload = _upload(listing, part) if part is not None else None
    if upload is None or upload.n_missing or upload.refusal is not None:
        return upload
    settings_file = find_settings_file(listing, upload.key, upload.uploaded_at)
    return replace(
        upload,
        settings_file=settings_file,
        files_beside=find_files_beside(listing, upload.key),
        review_file=find_review_file(listing, upload.key),
    )


def _upload(listing: FolderListing, part: Part) -> Upload | None:
    if PurePosixPath(part.key).suffix.casefold() == HEADER_SUFFIX:
        return _record(listing, part)
    if is_recording_name(part.key):
        return Upload(part.key, (part,))
    return _record_of(listing, part)


def _record(listing: FolderListing, header: Part) -> Upload:
    """Return the record of a header, or the multi-segment record that has it as a segment."""
    for master in _possible_masters(listing, header.key):
        if master.key != header.key and header.key in _files_if_readable(listing, master):
            return _record(listing, master)
    parts, n_missing = {header.key: header}, 0
    unread = [header]
    named = {header.key}
    try:
        while unread and n_missing == 0:
            files = _files(listing, unread.pop())
            named.update(files)
            if len(named) > MAX_PARTS:
                raise TooManyPartsError(f"found {len(named)} files, expected at most {MAX_PARTS}")
            headers = []
            for (key, name), part in zip(files.items(), listing.find_many(files), strict=True):
                if part is None:
                    n_missing += 1
                elif key not in parts:
                    parts[key] = replace(part, named=name)
                    if is_header_name(key):
                        headers.append(parts[key])
            if headers and n_missing == 0:
                unread += _most_likely_incomplete_last(listing, headers)
    except RefusedRecordingError as refusal:
        return Upload(header.key, tuple(parts.values()), refusal=refusal)
    return Upload(header.key, tuple(parts.values()), n_missing)


def _most_likely_incomplete_last(listing: FolderListing, headers: list[Part]) -> list[Part]:
    """Return the headers of segments in an order in which the last, read first, shows what lacks.

    A segment without a file of its name beside its header most likely lacks its signal. Where none
    lacks such a file, all headers are needed, and are read at the same time: 336 one after the
    other take some 7 s.
    """
    has_signal = {
        part.key: listing.find(without_suffix(part.key) + SIGNAL_SUFFIX) is not None
        for part in headers
    }
    if all(has_signal.values()):
        with ThreadPoolExecutor(DEFAULT_CONNECTIONS) as pool:
            for _ in pool.map(lambda part: _content(listing, part), headers):
                pass
    return sorted(headers, key=lambda part: has_signal[part.key], reverse=True)


def _record_of(listing: FolderListing, part: Part) -> Upload | None:
    """Return the record that a file other than a header belongs to."""
    header_key = without_suffix(part.key) + HEADER_SUFFIX
    own_header = listing.find(header_key)
    if own_header is not None and part.key in _files_if_readable(listing, own_header):
        return _record(listing, own_header)
    if ANNOTATION_NAME.search(part.name):
        return None
    is_of_api = is_api_folder(listing.folder)
    is_signal = is_of_api or SIGNAL_NAME.search(part.name) is not None
    names = {part.key}
    headers = _headers_near(listing, part)
    if own_header is None and is_signal:  # a record that waits for that header comes first
        names.add(header_key)
        headers = chain(_possible_masters(listing, header_key), headers)
    for header in headers:
        if not names.isdisjoint(_files_if_readable(listing, header)):
            return _record(listing, header)
    if own_header is not None or (is_of_api and _has_recording(listing)):
        return None  # it lies beside a record that does not need it
    if is_signal:
        return Upload(part.key, (part,), n_missing=1)
    refusal = UnknownFormatError(
        f"found a file of another kind, expected a {SUFFIX_LIST} file or a file that a "
        f"{HEADER_SUFFIX} header names"
    )
    return Upload(part.key, (part,), refusal=refusal)


def _possible_masters(listing: FolderListing, header_key: str) -> Iterator[Part]:
    """Yield headers that may have a header as a segment: ``100.hea`` for ``100_0001.hea``.

    In the folder of an upload request any header may, unless the one given has segments itself.
    """
    if is_api_folder(listing.folder):
        header = listing.find(header_key)
        if header is None or not any(map(is_header_name, _files_if_readable(listing, header))):
            yield from _headers_by_time(listing)
        return
    stem = without_suffix(header_key)
    for separator in reversed(list(re.finditer(r"[_-]", stem.removeprefix(listing.folder)))):
        if separator.start():
            end = len(listing.folder) + separator.start()
            master = listing.find(stem[:end] + HEADER_SUFFIX)
            if master is not None:
                yield master


def _headers_near(listing: FolderListing, part: Part) -> Iterator[Part]:
    """Yield the headers of the folder whose names begin most like that of a part, best first.

    In the folder of an upload request, where names show nothing: all, the first upload first.
    """
    if is_api_folder(listing.folder):
        yield from _headers_by_time(listing)
        return
    length = len(part.name)
    # Ever shorter beginnings of the name, so that a large folder need not be listed as a whole.
    while len(headers := _headers(listing, part.name[:length])) < MAX_HEADERS_READ and length:
        length //= 2
    headers.sort(key=lambda header: _n_common(header.name, part.name), reverse=True)
    yield from headers[:MAX_HEADERS_READ]


def _headers_by_time(listing: FolderListing) -> list[Part]:
    """Return all headers, the first upload first: that is the main file, as a rule."""
    return sorted(_headers(listing), key=lambda header: header.modified)


def _headers(listing: FolderListing, beginning: str = "") -> list[Part]:
    """Return the headers whose names begin as given."""
    parts = listing.starting_with(listing.folder + beginning)
    return [part for part in parts if is_header_name(part.key)]


def _n_common(one: str, other: str) -> int:
    """Return the number of characters with which two names begin alike."""
    return len(commonprefix([one, other]))  # noqa: RUF071  (by characters)


def _files(listing: FolderListing, header: Part) -> dict[str, str]:
    """Return the names of the files that a header names, by key."""
    return {key_in(listing.folder, name): name for name in record_files(_content(listing, header))}


def _files_if_readable(listing: FolderListing, header: Part) -> dict[str, str]:
    """Return the names of the files that a header names, by key; none if it is damaged."""
    try:
        return _files(listing, header)
    except RefusedRecordingError:
        return {}


def _content(listing: FolderListing, header: Part) -> bytes:
    return listing.uploads.read_cached(header, MAX_HEADER_BYTES)


def _has_recording(listing: FolderListing) -> bool:
    return any(is_recording_name(part.key) for part in listing.starting_with(listing.folder))
