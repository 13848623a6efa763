"""What made a folder of results (``made-by.json``): the same again gives the same results."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from deepecg import __version__
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.json_documents import to_json
from deepecg.readers.files_beside import FilesBeside, names_beside
from deepecg.readers.formats import GZIP_SUFFIX
from deepecg.readers.wfdb_file_names import HEADER_SUFFIX
from deepecg.readers.wfdb_header import read_header
from deepecg.settings_file import SettingsFile

MADE_BY_FILE: Final = "made-by.json"


class MadeBy(Struct, frozen=True, kw_only=True, tag_field="kind", tag="made_by"):
    """What the results in a folder were made with; digests, and nothing about the patient."""

    schema_version: Literal["1.0"] = "1.0"
    """Version of this document."""
    recording_sha256: str
    """Digest of all files of the recording: signals, header, marks, diary."""
    settings_sha256: str
    """Digest of the settings file's values, together with that of the recording, so that equal
    patients' names in two of them are not equal here."""
    model_version: str
    """Version of the beat classifier."""
    wave_version: str
    """Version of the wave segmentation."""
    software_version: str = __version__
    """Version of this software."""
    review_sha256: str | None = None
    """Digest of the review that was applied. Null for unreviewed results."""

    def differs_from(self, other: "MadeBy") -> str | None:
        """Return the first thing in which two differ, in words; None if they are equal."""
        for name, words in (
            ("recording_sha256", "another recording of this name"),
            ("settings_sha256", "other settings"),
            ("model_version", "another model"),
            ("wave_version", "another model"),
            ("software_version", "another version of this software"),
            ("review_sha256", "another review"),
        ):
            if getattr(self, name) != getattr(other, name):
                return words
        return None

    def write(self, folder: Path) -> None:
        """Write the document to a folder of results."""
        (folder / MADE_BY_FILE).write_text(to_json(self), encoding="utf-8")


def made_by(
    path: Path,
    settings: SettingsFile,
    model_version: str,
    wave_version: str,
    review_sha256: str | None = None,
) -> MadeBy:
    """Return what the results of a recording are made with.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    digest = recording_digest(path)
    values = json.dumps(asdict(settings), sort_keys=True, default=str)
    return MadeBy(
        recording_sha256=digest,
        settings_sha256=sha256(f"{digest} {values}".encode()).hexdigest(),
        model_version=model_version,
        wave_version=wave_version,
        review_sha256=review_sha256,
    )


def read_made_by(folder: Path) -> MadeBy | None:
    """Return what made a folder of results; None if that cannot be told."""
    try:
        return msgspec.json.decode((folder / MADE_BY_FILE).read_bytes(), type=MadeBy)
    except (OSError, ValueError):
        return None


def recording_digest(path: Path) -> str:
    """Return the SHA-256 of the content of all files of a recording, hexadecimal."""
    digest = sha256()
    for part in recording_files(path):
        with part.open("rb") as file:
            of_part = file_digest(file, "sha256").hexdigest()
        digest.update(f"{part.suffix.casefold()} {of_part}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def recording_files(path: Path) -> Iterator[Path]:
    """Yield the files of a recording that exist: the main file, its parts, and what is beside it.

    Parameters
    ----------
    path : Path
        The main file.
    """
    yield path
    beside = FilesBeside(path.parent)
    for name in names_beside(path.name):
        with suppress(OSError):  # the name is too long for a file
            if other := beside.find(name) or beside.find(f"{name}{GZIP_SUFFIX}"):
                yield other
    if path.suffix.casefold() == HEADER_SUFFIX:
        yield from _parts(path, {path})


def _parts(header: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the signal files of a header and of its segments' headers, each once."""
    try:
        names = read_header(header).files
    except (RefusedRecordingError, OSError):
        return
    beside = FilesBeside(header.parent)
    for name in names:
        part = beside.find(name) or beside.find(f"{name}{GZIP_SUFFIX}")
        if part is None or part in seen:
            continue
        seen.add(part)
        yield part
        if part.suffix.casefold() == HEADER_SUFFIX:
            yield from _parts(part, seen)
