"""Scoring a complete upload, and writing down what came of it: once, whoever comes second."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from deepecg import __version__
from deepecg.classifier import BeatClassifier
from deepecg.cloud.entries import Entries
from deepecg.cloud.errors import StorageError, TooLargeError
from deepecg.cloud.keys import ResultKeys, current_key, version
from deepecg.cloud.records import Upload, find_upload
from deepecg.cloud.store import Uploads
from deepecg.cloud.studies import load_study
from deepecg.cloud.waiting import stop_waiting
from deepecg.errors import RefusedRecordingError
from deepecg.identity import recording_id
from deepecg.outputs import SUMMARY_FILE, output_files, write_outputs
from deepecg.readers import open_recording
from deepecg.rejection import rejection_document
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


def result_keys(upload: Upload, model_version: str, *conditions: str) -> ResultKeys:
    """Return where the result of an upload lies, as it is now."""
    objects = (*upload.parts, upload.study) if upload.study else upload.parts
    etags = ((part.key, part.etag) for part in objects)
    return ResultKeys(upload.id, version(etags, model_version, __version__, *conditions))


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
            summary = write_outputs(scored, Path(outputs), upload.id, upload.id, study.subject)
            for name, media_type in output_files(upload.id).items():
                if name != SUMMARY_FILE:
                    results.write_file(keys.folder + name, Path(outputs, name), media_type)
    except RefusedRecordingError as refusal:
        elapsed_s = time.perf_counter() - started_s
        return reject(upload, uploads, entries, keys, refusal, processing_s=elapsed_s)
    if results.write_once(keys.summary, summary):
        entries.note_result(upload, keys.summary, summary, time.perf_counter() - started_s)
        return _conclude(upload, uploads, entries, keys.summary, Outcome("scored", upload.id))
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
    rejection = rejection_document(refusal, upload.id)
    outcome = Outcome("repeated", upload.id, refusal.code)
    if entries.results.write_once(keys.rejection, rejection):
        entries.note_result(upload, keys.rejection, rejection, processing_s)
        outcome = Outcome("rejected", upload.id, refusal.code)
    return _conclude(upload, uploads, entries, keys.rejection, outcome)


def _conclude(
    upload: Upload, uploads: Uploads, entries: Entries, result: str, outcome: Outcome
) -> Outcome:
    """Say which result counts, for the recording and for parts that had one of their own."""
    results = entries.results
    if outcome.action == "repeated":
        entries.note_result(upload, result)  # whoever wrote it may not have come so far
    now = find_upload(uploads, upload.key)
    if now is None or (now.parts, now.study) != (upload.parts, upload.study):
        return outcome  # changed in the meantime: the message of that change says what counts
    kind = "rejected" if result.endswith("rejection.json") else "scored"
    results.write(current_key(upload.id), {"outcome": kind, "result": result})
    stop_waiting(upload.id, entries, entries.night(upload.uploaded_at))
    for part in upload.parts[1:]:
        # It may have been waited for, given up or scored before the rest of the recording came.
        part_id = recording_id(part.key)
        stop_waiting(part_id, entries)
        entries.forget(part_id, entries.night(part.modified))
        if results.exists(current_key(part_id)):
            results.write(current_key(part_id), {"outcome": "part", "recording_id": upload.id})
    return outcome


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
