"""From one uploaded object to the recording it belongs to, and whether that is complete.

An EDF or ISHNE recording is one object. A WFDB record is several, which arrive in any order: a
header (``.hea``), the signal files that it names, and for a multi-segment record the headers of
its segments. Annotation files may lie beside it; they are no part of it.

A header names files, objects have keys. In most folders the key is folder and name; in that of an
announcement of the API it is a pseudonym (:mod:`deepecg.cloud.upload_pseudonyms`), which tells neither
what belongs together nor what is a segment of what. Such a folder holds one recording.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from deepecg.cloud.errors import TooManyPartsError
from deepecg.cloud.s3_buckets import Part, Uploads, folder_of, without_suffix
from deepecg.cloud.upload_pseudonyms import is_api_folder, key_in
from deepecg.cloud.upload_settings_files import find_study, is_study
from deepecg.errors import RefusedRecordingError, UnknownFormatError
from deepecg.outputs.recording_id import recording_id
from deepecg.readers.formats import SUFFIX_LIST, is_recording_name
from deepecg.readers.wfdb_file_names import ANNOTATION_NAME, HEADER_SUFFIX, SIGNAL_NAME
from deepecg.readers.wfdb_header import record_files

MAX_HEADER_BYTES = 4 << 20
"""More than the header of any record of so many parts."""
MAX_PARTS = 1_000
"""Files of a record, its header included. Every part that comes has the others looked for, so a
record of n files takes n^2 requests: 14 days in segments of one hour have 673 files, in segments
of one minute 40,321.
"""
MAX_HEADERS_READ = 50
"""A signal file's header is looked for in this many headers of its folder, nearest name first; in
all of an announcement, which are few."""


@dataclass(frozen=True)
class Upload:
    """A recording as far as it has been uploaded.

    Attributes
    ----------
    key : str
        Of its main file: the EDF or ISHNE file, the WFDB header; of a signal file without a
        header, its own.
    parts : tuple of Part
        What is there, the main file first.
    n_missing : int
        How many parts are known not to be there. Of a signal file without a header, one.
    refusal : RefusedRecordingError or None
        Why it cannot be scored, if that is known without reading the signal.
    study : Part or None
        The study file that holds for it; None where there is none, and of what cannot be scored
        as it is.
    """

    key: str
    parts: tuple[Part, ...]
    n_missing: int = 0
    refusal: RefusedRecordingError | None = None
    study: Part | None = None

    @property
    def id(self) -> str:
        """The name that the recording has outside the uploads bucket."""
        return recording_id(self.key)

    @property
    def uploaded_at(self) -> datetime:
        """When the newest of its parts came: the same however often it is looked at."""
        return max(part.modified for part in self.parts)

    @property
    def size_bytes(self) -> int:
        """Size of all its parts."""
        return sum(part.size for part in self.parts)


def find_upload(uploads: Uploads, key: str) -> Upload | None:
    """Return the recording that an object belongs to, or None if it needs no result.

    Parameters
    ----------
    uploads : Uploads
        Where to look.
    key : str
        The object. It may have been deleted since. A study file is no part of a recording.
    """
    part = None if key.endswith("/") or is_study(key) else uploads.find(key)
    upload = _upload(uploads, part) if part is not None else None
    if upload is None or upload.n_missing or upload.refusal is not None:
        return upload
    return replace(upload, study=find_study(uploads, upload.key, upload.uploaded_at))


def _upload(uploads: Uploads, part: Part) -> Upload | None:
    key = part.key
    if PurePosixPath(key).suffix.casefold() == HEADER_SUFFIX:
        return _record(uploads, part)
    if is_recording_name(key):
        return Upload(key, (part,))
    return _record_of(uploads, part)


def _record(uploads: Uploads, header: Part) -> Upload:
    """Return the record of a header, or the multi-segment record that has it as a segment.

    Once a part is missing, no further header is read for the parts that it names.
    """
    for master in _possible_masters(uploads, header):
        if header.key in _files_if_sound(uploads, master):
            return _record(uploads, master)
    parts, n_missing = {header.key: header}, 0
    headers = [header]
    named = {header.key}
    try:
        while headers and n_missing == 0:
            files = _files(uploads, headers.pop())
            named.update(files)
            if len(named) > MAX_PARTS:
                raise TooManyPartsError(f"found {len(named)} files, expected at most {MAX_PARTS}")
            for key, name in files.items():
                part = parts.get(key) or uploads.find(key)
                if part is None:
                    n_missing += 1
                elif key not in parts:
                    parts[key] = replace(part, named=name)
                    if _is_header(part):
                        headers.append(part)
    except RefusedRecordingError as refusal:
        return Upload(header.key, tuple(parts.values()), refusal=refusal)
    return Upload(header.key, tuple(parts.values()), n_missing)


def _record_of(uploads: Uploads, part: Part) -> Upload | None:
    """Return the record that a file other than a header belongs to."""
    own_header = uploads.find(without_suffix(part.key) + HEADER_SUFFIX)
    if own_header is not None and part.key in _files_if_sound(uploads, own_header):
        return _record(uploads, own_header)
    if ANNOTATION_NAME.search(part.name):
        return None
    beside = uploads.list_prefix(folder_of(part.key))
    for header in _headers_near(beside, part):
        if part.key in _files_if_sound(uploads, header):
            return _record(uploads, header)
    is_announced = is_api_folder(folder_of(part.key))
    has_recording = any(is_recording_name(item.key) for item in beside)
    if own_header is not None or (is_announced and has_recording):
        return None  # it lies beside a record that does not need it
    if is_announced or SIGNAL_NAME.search(part.name):
        return Upload(part.key, (part,), n_missing=1)
    refusal = UnknownFormatError(
        f"found a file of another kind, expected a {SUFFIX_LIST} file or a file that a "
        f"{HEADER_SUFFIX} header names"
    )
    return Upload(part.key, (part,), refusal=refusal)


def _possible_masters(uploads: Uploads, header: Part) -> list[Part]:
    """Return headers that this one may be a segment of: ``100.hea`` for ``100_0001.hea``.

    Of an announcement that may be any other header, unless this one is made of segments itself.
    """
    folder = folder_of(header.key)
    if is_api_folder(folder):
        if any(key.endswith(HEADER_SUFFIX) for key in _files_if_sound(uploads, header)):
            return []
        headers = _headers_near(uploads.list_prefix(folder), header)
        return [part for part in headers if part.key != header.key]
    stem = without_suffix(header.name)
    stems = [stem[: separator.start()] for separator in re.finditer(r"[_-]", stem)]
    found = (uploads.find(f"{folder}{stem}{HEADER_SUFFIX}") for stem in stems if stem)
    return [part for part in found if part is not None]


def _headers_near(beside: list[Part], part: Part) -> list[Part]:
    """Return headers among the objects of a folder, those named most like the part first.

    Of an announcement, whose names tell nothing, that which came first: the main file, as a rule.
    """
    headers = [item for item in beside if _is_header(item)]
    if is_api_folder(folder_of(part.key)):
        return sorted(headers, key=lambda header: header.modified)
    headers.sort(key=lambda header: _n_shared(header.name, part.name), reverse=True)
    return headers[:MAX_HEADERS_READ]


def _files(uploads: Uploads, header: Part) -> dict[str, str]:
    """Return the files that a header names: their names, by key."""
    folder = folder_of(header.key)
    names = record_files(uploads.read(header, MAX_HEADER_BYTES))
    return {key_in(folder, name): name for name in names}


def _files_if_sound(uploads: Uploads, header: Part) -> dict[str, str]:
    """Return the files that a header names; none where the header is damaged."""
    try:
        return _files(uploads, header)
    except RefusedRecordingError:
        return {}


def _is_header(part: Part) -> bool:
    return part.name.casefold().endswith(HEADER_SUFFIX)


def _n_shared(a: str, b: str) -> int:
    """Return how many characters two names begin with alike."""
    pairs = zip(a, b, strict=False)
    return next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))
