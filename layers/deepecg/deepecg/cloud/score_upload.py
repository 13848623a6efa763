"""Scores a complete upload and writes its result, once for any number of messages."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from deepecg import __version__
from deepecg.beats.classifier import BeatClassifier
from deepecg.cloud.aws_clients import DEFAULT_CONNECTIONS
from deepecg.cloud.errors import StorageError
from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.night_entries import NightEntries
from deepecg.cloud.s3_buckets import Uploads, folder_of
from deepecg.cloud.s3_keys import RESULTS_PREFIX, current_key, upload_key_note, version
from deepecg.cloud.score_reviewed import score_reviewed
from deepecg.cloud.upload_parts import Upload, find_upload
from deepecg.cloud.upload_settings_files import is_own_settings_file, load_settings_file
from deepecg.errors import RefusedRecordingError, TooLargeError
from deepecg.outputs.file_names import BEATS_SUFFIX, REJECTION_FILE, SUMMARY_FILE
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.rejection_json import Rejection, rejection_document
from deepecg.outputs.result_files import output_files, write_outputs
from deepecg.outputs.summary import SUMMARY_SCHEMA_VERSION, Summary
from deepecg.readers.formats import recording_suffix
from deepecg.readers.open_recording import open_recording
from deepecg.readers.suffixes_beside import MAX_BYTES_BESIDE, beside_suffix
from deepecg.review.review_file import MAX_BYTES as MAX_REVIEW_BYTES
from deepecg.scoring import score_recording

SPARE_BYTES = 256 << 20
"""Temporary storage that is left free beside a recording, for its output files: of 14 days some
120 MB of stored beats and 45 MB of disclosure."""

Action = Literal["scored", "rejected", "repeated", "waiting", "nothing_to_do"]


@dataclass(frozen=True)
class MessageOutcome:
    """The outcome of a message for one recording; it may be logged.

    Attributes
    ----------
    action : str
        ``scored``, ``rejected``, or ``repeated`` where the result was there already; ``waiting``
        for parts; ``nothing_to_do`` for annotations, folders, and objects deleted since.
    recording_id : str
        ID of the recording, or of the object where it belongs to none.
    code : str or None
        Rejection code.
    """

    action: Action
    recording_id: str
    code: str | None = None


def result_folder(upload: Upload, model_version: str, *conditions: str) -> str:
    """Return the folder of the result of an upload as it is now, with a slash at its end."""
    objects = (*upload.parts, *upload.files_beside, upload.settings_file, upload.review_file)
    etags = ((part.key, part.etag) for part in objects if part is not None)
    software = (__version__, SUMMARY_SCHEMA_VERSION)
    result_version = version(etags, model_version, *software, *conditions)
    return f"{RESULTS_PREFIX}{upload.id}/{result_version}/"


def score_upload(
    upload: Upload, uploads: Uploads, entries: NightEntries, classifier: BeatClassifier
) -> MessageOutcome:
    """Score a complete upload, unless that was done before.

    The summary is written last, and only where there is none. A result with a summary is complete
    and is never changed.
    """
    started_s = time.perf_counter()
    results = entries.results
    folder = result_folder(upload, classifier.version)
    summary_key = folder + SUMMARY_FILE
    conclude = partial(_conclude, upload, uploads, entries)
    if results.exists(summary_key):
        return conclude(summary_key)
    capacity_bytes = shutil.disk_usage(tempfile.gettempdir()).total - SPARE_BYTES
    try:
        if upload.refusal is not None:
            raise upload.refusal
        if upload.size_bytes > capacity_bytes:
            raise TooLargeError(
                f"found {upload.size_bytes} bytes, expected at most {capacity_bytes}, what the "
                "function's temporary storage holds"
            )
        if results.exists(folder + REJECTION_FILE):
            return conclude(folder + REJECTION_FILE)
        entries.write_unfinished(upload, "received")
        given = load_settings_file(uploads, upload.settings_file)
        beats = _stored_beats(upload, uploads, entries, classifier)
        with _downloaded(upload, uploads) as path, tempfile.TemporaryDirectory() as outputs:
            recording = open_recording(path, given.reading)
            if upload.review_file is None or beats is None:
                scored = score_recording(recording, classifier, given.scoring)
            else:
                review = uploads.read(upload.review_file, MAX_REVIEW_BYTES + 1)
                scored = score_reviewed(recording, beats, review, classifier, given.scoring)
            summary = write_outputs(scored, Path(outputs), upload.id, upload.id, given)
            if results.exists(summary_key):
                # Another function was faster; the files beside a summary do not change either.
                return conclude(summary_key)
            written = output_files(
                upload.id, disclosure=given.disclosure, reviewed=scored.review is not None
            )
            for name, media_type in written.items():
                if name != SUMMARY_FILE:
                    body = Path(outputs, name).read_bytes()
                    results.write_bytes(folder + name, body, media_type)
    except RefusedRecordingError as refusal:
        if isinstance(refusal, TooLargeError):
            # A function with more storage may score it, so this result is one of the capacity, too.
            folder = result_folder(upload, classifier.version, f"capacity_bytes={capacity_bytes}")
        elapsed_s = time.perf_counter() - started_s
        return reject(upload, uploads, entries, folder, refusal, processing_s=elapsed_s)
    if not results.write_once(summary_key, summary):
        return conclude(summary_key)
    elapsed_s = time.perf_counter() - started_s
    return conclude(summary_key, document=summary, processing_s=elapsed_s)


def _stored_beats(
    upload: Upload, uploads: Uploads, entries: NightEntries, classifier: BeatClassifier
) -> bytes | None:
    """Return the beats of the unreviewed result, which is written if it is missing.

    None without a review, and where the recording is rejected.
    """
    if upload.review_file is None:
        return None
    unreviewed = replace(upload, review_file=None)
    folder = result_folder(unreviewed, classifier.version)
    if not entries.results.exists(folder + SUMMARY_FILE):
        # This does not make it the valid result, as there is a review.
        score_upload(unreviewed, uploads, entries, classifier)
    return entries.results.read_bytes(f"{folder}{upload.id}{BEATS_SUFFIX}")


def reject(
    upload: Upload,
    uploads: Uploads,
    entries: NightEntries,
    folder: str,
    refusal: RefusedRecordingError,
    *,
    processing_s: float | None = None,
) -> MessageOutcome:
    """Write the reason why an upload is not scored, with the time in seconds that it took."""
    conclude = partial(_conclude, upload, uploads, entries, folder + REJECTION_FILE)
    rejection = rejection_document(refusal, upload.id)
    if not entries.results.write_once(folder + REJECTION_FILE, rejection):
        return conclude(code=refusal.code)
    return conclude(document=rejection, processing_s=processing_s, code=refusal.code)


def _conclude(
    upload: Upload,
    uploads: Uploads,
    entries: NightEntries,
    result: str,
    *,
    document: Summary | Rejection | None = None,
    processing_s: float | None = None,
    code: str | None = None,
) -> MessageOutcome:
    """Make a result the valid one of its recording, unless the upload has changed meanwhile.

    Parameters
    ----------
    upload, uploads, entries : Upload, Uploads, NightEntries
        The upload, its bucket, and where its outcome is written.
    result : str
        Key of the result.
    document : Summary, Rejection or None
        Content of the result; None for a result that was there already.
    processing_s : float or None
        Processing time in seconds; None if not known.
    code : str or None
        Rejection code for the log.
    """
    kind: Action = "rejected" if result.endswith(REJECTION_FILE) else "scored"
    outcome = MessageOutcome("repeated" if document is None else kind, upload.id, code)
    now = find_upload(FolderListing(uploads, folder_of(upload.key)), upload.key)
    if now is None:
        entries.finish(upload.id)  # deleted meanwhile, for which S3 sends no message
        return outcome
    if now.parts != upload.parts or _has_other_files_beside(now, upload):
        return outcome  # changed meanwhile: the message of that change sets the valid result
    entries.write_result(upload, result, document, processing_s)
    if kind == "scored":  # so that the API finds where a review of it belongs
        # Also for a result that was there: whoever deletes an upload deletes its note.
        note = to_json({"key": upload.key}).encode()
        uploads.write_if(upload_key_note(upload.id), note, etag=None)
    current = {"outcome": kind, "result": result}
    if entries.results.read(current_key(upload.id)) != current:
        _join_parts(upload, entries)
        entries.results.write(current_key(upload.id), current)  # last: then all of it was done
    # Only now: until here, the API reports that the recording is being scored.
    entries.finish(upload.id, keep=entries.night(upload.uploaded_at))
    return outcome


def _has_other_files_beside(now: Upload, then: Upload) -> bool:
    """Return whether a recording's own settings file, review or diary was added or replaced.

    The message about that file has the result made anew. No message does so where such a file was
    deleted, or the settings file of the folder was replaced.
    """
    if not set(now.files_beside) <= set(then.files_beside):
        return True
    found, review = now.settings_file, now.review_file
    return (
        found is not None and found != then.settings_file and is_own_settings_file(found.key)
    ) or (review is not None and review != then.review_file)


def _join_parts(upload: Upload, entries: NightEntries) -> None:
    """Point the parts of a recording to it, where they were waited for, rejected or scored before.

    That happens to parts that come before their header.
    """
    parts = {current_key(recording_id(part.key)): part for part in upload.parts[1:]}
    entries.finish_many([recording_id(part.key) for part in parts.values()])
    for key, body in entries.results.read_many(parts):
        if body is not None:
            part = parts[key]
            entries.delete(recording_id(part.key), entries.night(part.modified))
            entries.results.write(key, {"outcome": "part", "recording_id": upload.id})


@contextmanager
def _downloaded(upload: Upload, uploads: Uploads) -> Iterator[Path]:
    """Yield the main file of an upload, with its parts beside it under the names in its header.

    Of a diary, notes or text options only as much is read as shows that it is too large.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if upload.size_bytes > shutil.disk_usage(folder).free - SPARE_BYTES:
            raise StorageError("Download", "TemporaryStorageFull")
        main, *others = upload.parts
        suffix = recording_suffix(main.key) or PurePosixPath(main.key).suffix
        path = folder / f"{upload.id}{suffix.casefold()}"
        uploads.download(main, path)
        with ThreadPoolExecutor(DEFAULT_CONNECTIONS) as pool:
            for _ in pool.map(lambda part: uploads.download(part, folder / part.name), others):
                pass
        for part in upload.files_beside:
            beside = folder / f"{upload.id}{beside_suffix(part.key) or ''}"
            beside.write_bytes(uploads.read(part, MAX_BYTES_BESIDE + 1))
        yield path
