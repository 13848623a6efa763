"""Scoring a complete upload, and writing down what came of it: once, whoever comes second."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import msgspec

from deepecg import __version__
from deepecg.beats.classifier import BeatClassifier
from deepecg.cloud.errors import StorageError, TooLargeError
from deepecg.cloud.incomplete_uploads import stop_waiting
from deepecg.cloud.night_entries import Entries
from deepecg.cloud.s3_buckets import Part, Uploads
from deepecg.cloud.s3_keys import ResultKeys, current_key, version
from deepecg.cloud.upload_parts import Upload, find_upload
from deepecg.cloud.upload_settings_files import is_own_study, load_study
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.file_names import REJECTION_FILE, SUMMARY_FILE
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.rejection_json import rejection_document
from deepecg.outputs.result_files import output_files, write_outputs
from deepecg.outputs.summary import SUMMARY_SCHEMA_VERSION
from deepecg.readers.open_recording import open_recording
from deepecg.scoring import score_recording

SPARE_BYTES = 64 << 20
"""Temporary storage left free beside a recording, for what is written of it."""

Action = Literal["scored", "rejected", "repeated", "waiting", "nothing_to_do"]


@dataclass(frozen=True)
class Outcome:
    """What came of a message, fit to be logged.

    Attributes
    ----------
    action : str
        ``scored``, ``rejected`` or ``repeated`` (the result was there already); ``waiting`` for
        parts; ``nothing_to_do`` for annotations, folders, and objects deleted since.
    recording_id : str
        The recording's, or that of the object where it belongs to none.
    code : str or None
        Of the refusal.
    """

    action: Action
    recording_id: str
    code: str | None = None


@dataclass(frozen=True)
class Written:
    """A result that was written just now.

    Attributes
    ----------
    document : dict or None
        Summary or rejection; None for one that was there already.
    processing_s : float or None
        How long it took; None if not known.
    """

    document: dict[str, Any] | None
    processing_s: float | None


REPEATED = Written(None, None)


def result_keys(upload: Upload, model_version: str, *conditions: str) -> ResultKeys:
    """Return where the result of an upload lies, as it is now."""
    objects = (*upload.parts, upload.study) if upload.study else upload.parts
    etags = ((part.key, part.etag) for part in objects)
    software = (__version__, SUMMARY_SCHEMA_VERSION)
    return ResultKeys(upload.id, version(etags, model_version, *software, *conditions))


def score_upload(
    upload: Upload, uploads: Uploads, entries: Entries, classifier: BeatClassifier
) -> Outcome:
    """Score a complete upload, unless that was done before.

    The summary is written last, and only where there is none: where a summary is, the result is
    complete, and nothing changes it.
    """
    started_s = time.perf_counter()
    results = entries.results
    keys = result_keys(upload, classifier.version)
    repeated = Outcome("repeated", upload.id)
    if results.exists(keys.summary):
        return _conclude(upload, uploads, entries, keys.summary, repeated)
    capacity_bytes = shutil.disk_usage(tempfile.gettempdir()).total - SPARE_BYTES
    try:
        if upload.refusal is not None:
            raise upload.refusal
        if upload.size_bytes > capacity_bytes:
            # A function with more storage may read it, so the result is one of this capacity.
            keys = result_keys(upload, classifier.version, f"capacity_bytes={capacity_bytes}")
            raise TooLargeError(
                f"found {upload.size_bytes} bytes, expected at most {capacity_bytes}, what the "
                "function's temporary storage holds"
            )
        if results.exists(keys.rejection):
            return _conclude(upload, uploads, entries, keys.rejection, repeated)
        entries.note(upload, "received")
        study = load_study(uploads, upload.study)
        with _downloaded(upload, uploads) as path, tempfile.TemporaryDirectory() as outputs:
            scored = score_recording(open_recording(path), classifier, study.scoring)
            summary = msgspec.to_builtins(
                write_outputs(scored, Path(outputs), upload.id, upload.id, study.subject)
            )
            if results.exists(keys.summary):
                # Somebody else was faster; what lies beside a summary does not change either.
                return _conclude(upload, uploads, entries, keys.summary, repeated)
            for name, media_type in output_files(upload.id).items():
                if name != SUMMARY_FILE:
                    results.write_file(keys.folder + name, Path(outputs, name), media_type)
    except RefusedRecordingError as refusal:
        elapsed_s = time.perf_counter() - started_s
        return reject(upload, uploads, entries, keys, refusal, processing_s=elapsed_s)
    if results.write_once(keys.summary, summary):
        written = Written(summary, time.perf_counter() - started_s)
        outcome = Outcome("scored", upload.id)
        return _conclude(upload, uploads, entries, keys.summary, outcome, written=written)
    return _conclude(upload, uploads, entries, keys.summary, repeated)


def reject(
    upload: Upload,
    uploads: Uploads,
    entries: Entries,
    keys: ResultKeys,
    refusal: RefusedRecordingError,
    *,
    processing_s: float | None = None,
) -> Outcome:
    """Write down why an upload cannot be scored, and how long it took to find that out."""
    rejection = msgspec.to_builtins(rejection_document(refusal, upload.id))
    if not entries.results.write_once(keys.rejection, rejection):
        repeated = Outcome("repeated", upload.id, refusal.code)
        return _conclude(upload, uploads, entries, keys.rejection, repeated)
    outcome = Outcome("rejected", upload.id, refusal.code)
    written = Written(rejection, processing_s)
    return _conclude(upload, uploads, entries, keys.rejection, outcome, written=written)


def _conclude(
    upload: Upload,
    uploads: Uploads,
    entries: Entries,
    result: str,
    outcome: Outcome,
    *,
    written: Written = REPEATED,
) -> Outcome:
    """Say which result counts, for the recording and for parts that had one of their own."""
    now = find_upload(uploads, upload.key)
    if now is None:
        stop_waiting(upload.id, entries)  # deleted in the meantime, which no message tells of
        return outcome
    if now.parts != upload.parts or _has_another_study(now, upload):
        return outcome  # changed in the meantime: the message of that change says what counts
    entries.note_result(upload, result, written.document, written.processing_s)
    kind = "rejected" if result.endswith(REJECTION_FILE) else "scored"
    current = {"outcome": kind, "result": result}
    if entries.results.read(current_key(upload.id)) != current:
        for part in upload.parts[1:]:
            _join(part, upload, entries)
        entries.results.write(current_key(upload.id), current)  # last: then all was done
    # Until here it is known to be under way: whoever asks finds either that or the result.
    stop_waiting(upload.id, entries, entries.night(upload.uploaded_at))
    return outcome


def _has_another_study(now: Upload, then: Upload) -> bool:
    """Return whether a study of its own has come to an upload: its message has it scored anew.

    No message does so where a study was deleted, or that of the folder was replaced.
    """
    study = now.study
    return study is not None and study != then.study and is_own_study(study.key)


def _join(part: Part, upload: Upload, entries: Entries) -> None:
    """Say that an object is part of a recording.

    It may have been waited for, given up or scored before the rest of the recording came.
    """
    part_id = recording_id(part.key)
    stop_waiting(part_id, entries)
    if entries.results.exists(current_key(part_id)):
        entries.forget(part_id, entries.night(part.modified))
        joined = {"outcome": "part", "recording_id": upload.id}
        entries.results.write(current_key(part_id), joined)


@contextmanager
def _downloaded(upload: Upload, uploads: Uploads) -> Iterator[Path]:
    """Yield the main file of an upload, with its parts beside it under the names it gives them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if upload.size_bytes > shutil.disk_usage(folder).free - SPARE_BYTES:
            raise StorageError("Download", "TemporaryStorageFull")
        main, *others = upload.parts
        path = folder / f"{upload.id}{PurePosixPath(main.key).suffix.casefold()}"
        uploads.download(main, path)
        for part in others:
            uploads.download(part, folder / part.name)
        yield path
