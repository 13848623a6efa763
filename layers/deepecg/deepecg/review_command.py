"""``deepecg score PATH --out DIR --review FILE``: a review applied to results in a folder.

The unreviewed results in ``DIR/NAME`` are not changed; the reviewed ones are written to
``DIR/NAME/review-DIGEST``, where results of other settings are replaced only with ``--force``.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from deepecg.batch.answers import readable
from deepecg.batch.exit_codes import ALL_SCORED, NOT_ALL_SCORED
from deepecg.batch.interrupts import interrupts_deferred, termination_interrupts
from deepecg.batch.made_by import made_by
from deepecg.batch.outcome import Outcome
from deepecg.batch.progress import Progress
from deepecg.batch.recording_paths import shown
from deepecg.batch.result_folders import is_in_the_way, locked, publish, state_of
from deepecg.batch.run_arguments import Run, refuse_unwritable
from deepecg.batch.score_one import write_pdf
from deepecg.batch.score_run import TEMPORARY_PREFIX, order_of, print_json, score
from deepecg.batch.tasks import Order, Task
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import read_card
from deepecg.errors import RefusedRecordingError, ReviewError, StoredBeatsError
from deepecg.night.folder_night_store import FolderStore
from deepecg.night.night_entry import night_entry
from deepecg.outputs.file_names import BEATS_SUFFIX, REPORT_FILE, SUMMARY_FILE
from deepecg.outputs.graphics.report_graphics import cluster_numbers
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.result_files import write_outputs
from deepecg.outputs.summary import Summary
from deepecg.outputs.wave_annotations import write_waves
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


def review(run: Run) -> int:
    """Apply a review to the results of a recording, which is scored first if it has none.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    SettingsError, ModelMismatchError
        If the folder for results cannot be written to, or the model cannot be used.
    """
    ((name, path),) = run.recordings.items()
    given, order = run.given, order_of(run)
    try:
        content = read_review_file(given.review)
        refuse_unwritable(given.out)
        if not (given.out / name / SUMMARY_FILE).exists() and (status := score(run)) != ALL_SCORED:
            return status
        with (
            termination_interrupts(),
            Progress(1, quiet=given.quiet) as progress,
            TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=given.out) as temporary,
            readable(),
        ):
            task = Task(path, name, Path(temporary, "reviewed"))
            outcome = _write_reviewed(task, content, order, partial(progress.told, task))
    except (ReviewError, RefusedRecordingError) as error:
        print(f"{shown(name)}: review not applied ({error.code}): {error}", file=sys.stderr)
        return NOT_ALL_SCORED
    if given.json:
        print_json(outcome)
    elif outcome.report is not None:
        print(f"Reviewed report in {shown(outcome.report)}")
    if outcome.report is None:
        said = f"review not applied ({outcome.code}): {outcome.reason}. {outcome.next_step}"
        print(f"{shown(name)}: {said}", file=sys.stderr)
        return NOT_ALL_SCORED
    return ALL_SCORED


def _write_reviewed(
    task: Task, content: bytes, order: Order, progress: Callable[[float], None]
) -> Outcome:
    """Apply a review and move the reviewed results to their place.

    If the beats beside the unreviewed results are those that the review is of, no model runs;
    otherwise the recording is scored again, to see whether its beats are.

    Raises
    ------
    ReviewError
        If the review cannot be applied; nothing that was there is changed.
    RefusedRecordingError
        If the recording cannot be scored.
    """
    found, sha256, settings = read_review(content), review_digest(content), order.settings
    folder = order.results / task.name
    reviewed = folder / f"review-{sha256[:DIGEST_DIGITS]}"
    made = made_by(task.path, settings, order.model_version, order.wave_version, sha256)
    state, in_the_way = state_of(reviewed, order.results, made)
    if is_in_the_way(state, force=order.force):
        return task.in_the_way(state, in_the_way)
    recording = open_recording(task.path, settings.reading)
    beats_file = folder / f"{folder.name}{BEATS_SUFFIX}"
    stored = _stored_beats(beats_file)
    if stored is None or stored.sha256 != found.beats:
        stored = _found_again(recording, settings, order.model, progress)
    scored = review_recording(
        recording,
        stored,
        found,
        read_card(order.model),
        settings.scoring,
        sha256=sha256,
        progress=progress,
    )
    identity = recording_id(task.name)
    task.temporary.mkdir()
    summary = write_outputs(scored, task.temporary, folder.name, identity, settings)
    if order.waves:
        write_waves(scored, task.temporary, folder.name)
    if order.pdf:
        write_pdf(task.temporary)
    made.write(task.temporary)
    with interrupts_deferred(), locked(order.results):
        publish(task.temporary, reviewed, state, folder.name)
        if _stored_beats(beats_file) is None:  # lost or damaged, and these are the ones reviewed
            beats_file.write_bytes(stored.to_bytes())
        _enter(summary, FolderStore(order.results), f"{task.name}/{reviewed.name}")
    return structs.replace(
        task.outcome("reviewed"), folder=str(reviewed), report=str(reviewed / REPORT_FILE)
    )


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
