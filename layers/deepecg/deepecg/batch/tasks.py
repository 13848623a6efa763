"""What the processes of a run are told, and what they answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deepecg.batch.made_by import MadeBy
from deepecg.batch.outcome import Outcome, OutcomeName
from deepecg.batch.result_folders import FOREIGN, OTHER, State
from deepecg.night.night_entry import NightEntry
from deepecg.outputs.recording_id import recording_id
from deepecg.settings_file import SettingsFile

DIED: Final = "process_died"
INTERNAL_ERROR: Final = "internal_error"
NOT_WRITTEN: Final = "not_written"
OUT_OF_MEMORY: Final = "out_of_memory"
FAILURES: Final = {
    DIED: "Score it again with --jobs 1; if it fails again, report it.",
    INTERNAL_ERROR: "Report it; the recording can be left out.",
    NOT_WRITTEN: "Make room on the disk of the results, or choose another with --out.",
    OUT_OF_MEMORY: "Use fewer --jobs.",
}
"""Codes of what is no fault of a recording, and what to do."""
CONFLICTS: Final[dict[State, tuple[str, str]]] = {
    OTHER: ("other_results", "Choose another folder with --out, or replace them with --force."),
    FOREIGN: ("foreign_folder", "Choose another folder with --out; it is not touched."),
}
"""Code of what is in the place of results, and what to do."""


@dataclass(frozen=True)
class Order:
    """What is the same for all recordings of a run.

    Attributes
    ----------
    results : Path
        Folder of all results.
    model : Path
        Folder of the model.
    model_version, wave_version : str
        Versions of its beat classifier and of its wave segmentation.
    settings : SettingsFile
        Settings and study.
    waves, pdf : bool
        Whether the waves' annotation file and the PDF are written.
    force : bool
        Whether results of another making are replaced.
    skip_existing : bool
        Whether recordings are left out whose results of the same making are complete.
    """

    results: Path
    model: Path
    model_version: str
    wave_version: str
    settings: SettingsFile
    waves: bool = False
    pdf: bool = False
    force: bool = False
    skip_existing: bool = False


@dataclass(frozen=True)
class Task:
    """One recording to be scored.

    Attributes
    ----------
    path : Path
        Its main file.
    name : str
        Path of its results in the folder of all results, with ``/``.
    temporary : Path
        Folder to write the results to, which does not exist yet.
    """

    path: Path
    name: str
    temporary: Path

    def outcome(
        self,
        became: OutcomeName,
        code: str | None = None,
        reason: str | None = None,
        next_step: str | None = None,
    ) -> Outcome:
        """Return an outcome without results."""
        return Outcome(
            path=str(self.path),
            recording_id=recording_id(self.name),
            outcome=became,
            folder=None,
            report=None,
            code=code,
            reason=reason,
            next_step=next_step,
        )

    def in_the_way(self, state: State, found: str) -> Outcome:
        """Return the outcome where something is in the place of the results."""
        code, next_step = CONFLICTS[state]
        return self.outcome("conflict", code, f"found {found}", next_step)

    def failed(self, code: str, reason: str) -> "Done":
        """Return what is answered where software or machine failed."""
        return Done(self, self.outcome("failed", code, reason, FAILURES[code]))


@dataclass(frozen=True)
class Done:
    """The answer to a task.

    Attributes
    ----------
    task : Task
        The task. Its temporary folder contains the results or the rejection.
    outcome : Outcome
        What became of the recording.
    made : MadeBy or None
        What the results are made with.
    entry : NightEntry or None
        The recording's night entry.
    """

    task: Task
    outcome: Outcome
    made: MadeBy | None = None
    entry: NightEntry | None = None
