"""Looks at what is in a recording's place, before a model is loaded and anything is scored."""

from datetime import datetime
from pathlib import Path

import msgspec

from deepecg.batch.answers import answer, readable, rejected
from deepecg.batch.made_by import MadeBy, made_by
from deepecg.batch.result_folders import SAME, is_in_the_way, own_files, state_of
from deepecg.batch.tasks import Done, Order, Task
from deepecg.errors import UnreadableFileError
from deepecg.outputs.file_names import (
    DISCLOSURE_FILE,
    PDF_FILE,
    REJECTION_FILE,
    SUMMARY_FILE,
    WAVE_EXTENSION,
)
from deepecg.outputs.summary import Summary


def answer_from_existing(task: Task, order: Order) -> Done | MadeBy:
    """Answer a task that needs no scoring; otherwise return what its results are made with."""
    now, folder = datetime.now().astimezone(), order.results / task.name
    try:
        with readable():
            made = made_by(task.path, order.settings, order.model_version, order.wave_version)
    except UnreadableFileError as error:
        return rejected(task, error, now)
    state, found = state_of(folder, order.results, made)
    if is_in_the_way(state, force=order.force):
        return Done(task, task.in_the_way(state, found))
    if state == SAME and order.skip_existing and (summary := _complete(folder, order)):
        return answer(task, "skipped", summary, made, now)
    return made


def _complete(folder: Path, order: Order) -> Summary | None:
    """Return the summary of results in which no file is missing; None if one is."""
    optional = {
        DISCLOSURE_FILE: order.settings.disclosure,
        f"{folder.name}.{WAVE_EXTENSION}": order.waves,
        PDF_FILE: order.pdf,
        REJECTION_FILE: False,
    }
    needed = (name for name in own_files(folder.name) if optional.get(name, True))
    if not all((folder / name).is_file() for name in needed):
        return None
    try:
        return msgspec.json.decode((folder / SUMMARY_FILE).read_bytes(), type=Summary)
    except (OSError, ValueError):
        return None
