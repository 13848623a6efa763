"""Scores one recording into a temporary folder: the work of each process of a run."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from deepecg.batch.made_by import MadeBy, made_by
from deepecg.batch.result_folders import SAME, is_in_the_way, state_of
from deepecg.batch.tasks import INTERNAL_ERROR, NOT_WRITTEN, OUT_OF_MEMORY, Done, Order, Task
from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import ModelMismatchError, RefusedRecordingError, UnreadableFileError
from deepecg.night.night_entry import night_entry
from deepecg.outputs.file_names import (
    PDF_FILE,
    REJECTION_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    WAVE_EXTENSION,
)
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.next_steps import NEXT_STEPS
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.rejection_json import Rejection, rejection_document
from deepecg.outputs.report.report_pdf import report_pdf
from deepecg.outputs.result_files import output_files, write_outputs
from deepecg.outputs.summary import Summary
from deepecg.outputs.wave_annotations import write_waves
from deepecg.readers.open_recording import open_recording
from deepecg.scoring import score_recording
from deepecg.waves.wave_delineator import delineator_beside

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Scorer:
    """Scores recordings with models that are loaded once.

    Attributes
    ----------
    order : Order
        What is the same for all recordings.
    classifier : BeatClassifier
        The model.
    """

    order: Order
    classifier: BeatClassifier

    @classmethod
    def load(cls, order: Order) -> "Scorer":
        """Load the models.

        Raises
        ------
        ModelMismatchError
            If they do not fit together or to this software.
        """
        delineator_beside(order.model)
        return cls(order, BeatClassifier.load(order.model))

    def score(self, task: Task, progress: Progress = lambda _: None) -> Done:
        """Score a recording, unless its results are there or others are in its place.

        Parameters
        ----------
        task : Task
            The recording.
        progress : callable
            Told the share of the work that is done, 0 to 1.

        Returns
        -------
        Done
            Results and rejections are in the task's temporary folder, complete.

        Raises
        ------
        ModelMismatchError
            If the model does not fit to the settings; no recording can then be scored.
        """
        began_at, began_s = datetime.now().astimezone(), time.perf_counter()
        made: MadeBy | None = None
        document: Summary | Rejection | None
        try:
            with readable():
                made = made_by(
                    task.path,
                    self.order.settings,
                    self.order.model_version,
                    self.order.wave_version,
                )
            state, found = state_of(self.order.results / task.name, self.order.results, made)
            if is_in_the_way(state, force=self.order.force):
                return Done(task, task.in_the_way(state, found))
            document = self._complete(task) if state == SAME else None
            outcome = task.outcome("scored" if document is None else "skipped")
            document = document or self._write(task, made, progress)
        except RefusedRecordingError as error:
            document = _reject(task, error)
            next_step = NEXT_STEPS.get(error.code)
            outcome = task.outcome("rejected", error.code, str(error), next_step)
        except ModelMismatchError:
            raise
        except MemoryError:
            return task.failed(OUT_OF_MEMORY, "the memory was not enough")
        except OSError as error:
            return task.failed(NOT_WRITTEN, f"results cannot be written ({error.strerror})")
        except Exception as error:  # a fault of this software: the other recordings are scored
            return task.failed(INTERNAL_ERROR, _described(error))
        entry = night_entry(
            outcome.recording_id,
            document,
            uploaded_at=began_at,
            folder=task.name,
            processing_s=time.perf_counter() - began_s,
        )
        return Done(task, outcome, made, entry)

    def _write(self, task: Task, made: MadeBy, progress: Progress) -> Summary:
        """Score a recording and write its results to the temporary folder."""
        name, folder = Path(task.name).name, task.temporary
        with readable():
            recording = open_recording(task.path, self.order.settings.reading)
            scored = score_recording(
                recording, self.classifier, self.order.settings.scoring, progress
            )
        folder.mkdir()
        identity = recording_id(task.name)
        summary = write_outputs(scored, folder, name, identity, self.order.settings)
        if self.order.waves:
            write_waves(scored, folder, name)
        if self.order.pdf:
            write_pdf(folder)
        made.write(folder)
        return summary

    def _complete(self, task: Task) -> Summary | None:
        """Return the summary of results that are not made again; None if they have to be."""
        if not self.order.skip_existing:
            return None
        folder = self.order.results / task.name
        files = {
            *output_files(folder.name, disclosure=self.order.settings.disclosure),
            *([f"{folder.name}.{WAVE_EXTENSION}"] if self.order.waves else []),
            *([PDF_FILE] if self.order.pdf else []),
        }
        if not all((folder / name).is_file() for name in files):
            return None
        try:
            return msgspec.json.decode((folder / SUMMARY_FILE).read_bytes(), type=Summary)
        except (OSError, ValueError):
            return None


def write_pdf(folder: Path) -> None:
    """Write the report in a folder as a PDF beside it."""
    html = (folder / REPORT_FILE).read_text(encoding="utf-8")
    (folder / PDF_FILE).write_bytes(report_pdf(html))


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


def _reject(task: Task, error: RefusedRecordingError) -> Rejection:
    """Write a rejection to the temporary folder, where no results are."""
    document = rejection_document(error, recording_id(task.name))
    task.temporary.mkdir()
    (task.temporary / REJECTION_FILE).write_text(to_json(document), encoding="utf-8")
    return document


def _described(error: Exception) -> str:
    """Return where in this software an error arose; its message may be about the patient."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"found a fault of the software ({type(error).__name__} in {place})"
