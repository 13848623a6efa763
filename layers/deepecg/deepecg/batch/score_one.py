"""Scores one recording into a temporary folder: the work of each process of a run."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deepecg.batch.answers import answer, readable, rejected
from deepecg.batch.made_by import MadeBy
from deepecg.batch.tasks import INTERNAL_ERROR, NOT_WRITTEN, OUT_OF_MEMORY, Done, Order, Task
from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import ModelMismatchError, RefusedRecordingError
from deepecg.outputs.file_names import PDF_FILE, REPORT_FILE
from deepecg.outputs.recording_id import recording_id
from deepecg.outputs.report.report_pdf import report_pdf
from deepecg.outputs.result_files import write_outputs
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

    def score(self, task: Task, made: MadeBy, progress: Progress) -> Done:
        """Score a recording.

        Parameters
        ----------
        task : Task
            The recording.
        made : MadeBy
            What its results are made with.
        progress : callable
            Told the share of the work that is done, 0 to 1.

        Returns
        -------
        Done
            Results or a rejection are in the task's temporary folder, complete.

        Raises
        ------
        ModelMismatchError
            If the model does not fit to the settings; no recording can then be scored.
        """
        now = datetime.now().astimezone()
        try:
            return answer(task, "scored", self._write(task, made, progress), made, now)
        except RefusedRecordingError as error:
            return rejected(task, error, now)
        except ModelMismatchError:
            raise
        except MemoryError:
            return task.failed(OUT_OF_MEMORY, "the memory was not enough")
        except OSError as error:
            return task.failed(NOT_WRITTEN, f"results cannot be written ({error.strerror})")
        except Exception as error:  # a fault of this software: the other recordings are scored
            return task.failed(INTERNAL_ERROR, _described(error))

    def _write(self, task: Task, made: MadeBy, progress: Progress) -> Summary:
        """Score a recording and write its results to the temporary folder."""
        name, folder, settings = Path(task.name).name, task.temporary, self.order.settings
        with readable():
            recording = open_recording(task.path, settings.reading)
            scored = score_recording(recording, self.classifier, settings.scoring, progress)
        folder.mkdir()
        summary = write_outputs(scored, folder, name, recording_id(task.name), settings)
        if self.order.waves:
            write_waves(scored, folder, name)
        if self.order.pdf:
            write_pdf(folder)
        made.write(folder)
        return summary


def write_pdf(folder: Path) -> None:
    """Write the report in a folder as a PDF beside it."""
    html = (folder / REPORT_FILE).read_text(encoding="utf-8")
    (folder / PDF_FILE).write_bytes(report_pdf(html))


def _described(error: Exception) -> str:
    """Return where in this software an error arose; its message may be about the patient."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"found a fault of the software ({type(error).__name__} in {place})"
