"""``deepecg score PATH --out DIR --review FILE``: a review applied to results in a folder.

The unreviewed results in ``DIR/NAME`` are not changed; the reviewed ones are written to
``DIR/NAME/review-DIGEST``.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import read_card
from deepecg.errors import ReviewError, StoredBeatsError
from deepecg.night.folder_night_store import FolderStore
from deepecg.night.night_entry import night_entry
from deepecg.outputs.file_names import BEATS_SUFFIX, PDF_FILE
from deepecg.outputs.graphics.report_graphics import cluster_numbers
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.result_files import write_outputs
from deepecg.outputs.summary import Summary
from deepecg.outputs.wave_annotations import WAVE_EXTENSION, write_waves
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording
from deepecg.review.review_file import MAX_BYTES, read_review, review_digest
from deepecg.review.review_recording import review_recording
from deepecg.review.stored_beats import StoredBeats, read_stored_beats
from deepecg.scoring import score_recording
from deepecg.settings_file import SettingsFile

DIGEST_DIGITS = 8
"""Digits of the review's digest in the name of its folder."""


def read_review_file(path: Path) -> bytes:
    """Return the content of a review file.

    Raises
    ------
    ReviewError
        If it cannot be read, or is damaged.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReviewError(
            f"found a review that cannot be read ({type(error).__name__}), expected a file"
        ) from None
    read_review(content)
    return content


def write_reviewed(
    path: Path,
    content: bytes,
    folder: Path,
    settings: SettingsFile,
    model: Path,
    *,
    progress: Callable[[float], None] = lambda _: None,
    waves: bool = False,
) -> Path:
    """Apply a review to the results of a recording; return the folder of the reviewed results.

    Parameters
    ----------
    path : Path
        The recording.
    content : bytes
        The review file.
    folder : Path
        Folder of the unreviewed results. If the beats there are those that the review is of, no
        model runs; otherwise the recording is scored again, to see whether its beats are.
    settings : SettingsFile
        Settings and study.
    model : Path
        Folder of the model.
    progress : callable
        Told the share of the work that is done, 0 to 1.
    waves : bool
        Whether a WFDB annotation file of the waves is written as well.

    Raises
    ------
    ReviewError
        If the review cannot be applied; nothing that was there is changed.
    RefusedRecordingError
        If the recording cannot be scored.
    """
    review, sha256, name = read_review(content), review_digest(content), folder.name
    recording, beats_file = open_recording(path, settings.reading), folder / f"{name}{BEATS_SUFFIX}"
    stored = _stored_beats(beats_file)
    if stored is None or stored.sha256 != review.beats:
        stored = _found_again(recording, settings, model, progress)
    scored = review_recording(
        recording,
        stored,
        review,
        read_card(model),
        settings.scoring,
        sha256=sha256,
        progress=progress,
    )
    reviewed = folder / f"review-{sha256[:DIGEST_DIGITS]}"
    reviewed.mkdir(exist_ok=True)
    for stale in (f"{name}.{WAVE_EXTENSION}", PDF_FILE):  # of other settings, if not written again
        (reviewed / stale).unlink(missing_ok=True)
    summary = write_outputs(scored, reviewed, name, recording_id(name), settings)
    if waves:
        write_waves(scored, reviewed, name)
    if _stored_beats(beats_file) is None:  # lost or damaged, and these are the ones reviewed
        beats_file.write_bytes(stored.to_bytes())
    _enter(summary, FolderStore(folder.parent), f"{name}/{reviewed.name}")
    return reviewed


def _stored_beats(path: Path) -> StoredBeats | None:
    """Return the beats beside the unreviewed results; None if they are missing or damaged."""
    try:
        return read_stored_beats(path.read_bytes())
    except (OSError, StoredBeatsError):
        return None


def _found_again(
    recording: Recording,
    settings: SettingsFile,
    model: Path,
    progress: Callable[[float], None],
) -> StoredBeats:
    """Return the beats of a recording that is scored again."""
    scored = score_recording(recording, BeatClassifier.load(model), settings.scoring, progress)
    return StoredBeats.of(scored, cluster_numbers(scored))


def _enter(summary: Summary, store: FolderStore, folder: str) -> None:
    """Let the recording's night entry point to the reviewed results."""
    night, entry = store.last_entry(summary.recording_id) or (None, None)
    now = datetime.now().astimezone()
    uploaded_at = datetime.fromisoformat(entry.uploaded_at) if entry and entry.uploaded_at else now
    store.put(
        night_entry(
            summary.recording_id,
            summary,
            uploaded_at=uploaded_at,
            folder=folder,
            processing_s=entry.processing_s if entry else None,
            size_bytes=entry.size_bytes if entry else None,
        ),
        night or now.date(),
    )
