"""Answers to a task, with the recording's night entry; a rejection is written with its answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from deepecg.batch.made_by import MadeBy
from deepecg.batch.outcome import OutcomeName
from deepecg.batch.tasks import NOT_WRITTEN, Done, Task
from deepecg.errors import RefusedRecordingError, UnreadableFileError
from deepecg.night.night_entry import NightEntry, night_entry
from deepecg.outputs.file_names import REJECTION_FILE
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.rejection_json import Rejection, rejection_document
from deepecg.outputs.summary import Summary


def answer(
    task: Task, became: OutcomeName, summary: Summary, made: MadeBy, began_at: datetime
) -> Done:
    """Return the answer to a task whose results are complete.

    Parameters
    ----------
    task : Task
        The task.
    became : str
        ``scored`` or ``skipped``.
    summary : Summary
        The summary.
    made : MadeBy
        What the results are made with.
    began_at : datetime
        When the work began, with its time zone.
    """
    return Done(task, task.outcome(became), made, _entry(task, summary, began_at))


def rejected(task: Task, error: RefusedRecordingError, began_at: datetime) -> Done:
    """Write a rejection to the task's temporary folder, which may not exist yet; answer with it."""
    document = rejection_document(error, recording_id(task.name))
    try:
        task.temporary.mkdir()
        (task.temporary / REJECTION_FILE).write_text(to_json(document), encoding="utf-8")
    except OSError as fault:
        return task.failed(NOT_WRITTEN, f"results cannot be written ({fault.strerror})")
    outcome = task.outcome("rejected", error.code, str(error), NEXT_STEPS.get(error.code))
    return Done(task, outcome, entry=_entry(task, document, began_at))


@contextmanager
def readable() -> Iterator[None]:
    """Reject a file that the system cannot read, so that other recordings are still scored."""
    try:
        yield
    except OSError as error:
        raise UnreadableFileError(
            f"found a file that the system cannot read ({type(error).__name__}), expected one that "
            "can be opened"
        ) from error


def _entry(task: Task, document: Summary | Rejection, began_at: datetime) -> NightEntry:
    taken = datetime.now().astimezone() - began_at
    return night_entry(
        recording_id(task.name),
        document,
        uploaded_at=began_at,
        folder=task.name,
        processing_s=taken.total_seconds(),
    )
