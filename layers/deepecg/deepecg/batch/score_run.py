"""Scores the recordings of a run: the table of contents of ``deepecg score``."""

import json
import sys
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from deepecg.batch.end_table import EndTable
from deepecg.batch.exit_codes import ALL_SCORED, INTERRUPTED, NOT_ALL_SCORED
from deepecg.batch.interrupts import interrupts_deferred, termination_interrupts
from deepecg.batch.outcome import OtherFile, OutcomeName, RunEnd
from deepecg.batch.processes import default_jobs, score_all
from deepecg.batch.progress import Progress
from deepecg.batch.recording_paths import shown
from deepecg.batch.run_arguments import Run, refuse_unwritable
from deepecg.batch.settle import settle
from deepecg.batch.tasks import Order, Task
from deepecg.beats.model_card import model_folder, read_card
from deepecg.night.folder_night_store import LOCAL_SETTINGS, FolderStore
from deepecg.night.night_store import PAGE, REPORTS
from deepecg.waves.wave_card import read_wave_card, wave_folder_beside

TEMPORARY_PREFIX = ".deepecg-"
"""Start of the name of the folder, beside the results, for those that are not complete."""

COUNTED: Final[dict[OutcomeName, str]] = {
    "skipped": "skipped (their results are there)",
    "rejected": "rejected",
    "failed": "failed",
    "conflict": "kept out by other results",
}


def score(run: Run) -> int:
    """Score the recordings of a run, say what became of each, and make the night's page.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    SettingsError, ModelMismatchError
        If the folder for results cannot be written to, or the model cannot be used.
    """
    given, order = run.given, order_of(run)
    refuse_unwritable(given.out)
    n_jobs = min(given.jobs or default_jobs(), len(run.recordings))
    night, table, interrupted = datetime.now().astimezone().date(), EndTable(), False
    with termination_interrupts(), Progress(len(run.recordings), quiet=given.quiet) as progress:
        try:
            with TemporaryDirectory(
                prefix=TEMPORARY_PREFIX, dir=given.out, ignore_cleanup_errors=True
            ) as temporary:
                tasks = (
                    Task(path, name, Path(temporary, str(number)))
                    for number, (name, path) in enumerate(run.recordings.items())
                )
                with closing(score_all(tasks, order, n_jobs, progress.told)) as answers:
                    for done in answers:
                        with interrupts_deferred():
                            outcome, urgency = settle(done, order, night)
                            table.add(done.task.name, outcome, urgency)
                            progress.done(done.task.name, outcome)
                            if given.json:
                                print_json(outcome)
        except KeyboardInterrupt:
            interrupted = True
    page = _night_page(given.out, night) if table.has_entries else None
    _print_end(run, table, page, interrupted=interrupted)
    if interrupted:
        return INTERRUPTED
    return ALL_SCORED if table.n_done == len(run.recordings) else NOT_ALL_SCORED


def order_of(run: Run) -> Order:
    """Return what is the same for all recordings of a run.

    Raises
    ------
    ModelMismatchError
        If the model does not fit to this software or its settings.
    """
    given, conditioning = run.given, run.settings.scoring.conditioning
    model = given.model or model_folder()
    card, wave_card = read_card(model), read_wave_card(wave_folder_beside(model))
    card.refuse_other_conditioning(conditioning)
    wave_card.refuse_other_conditioning(conditioning)
    return Order(
        given.out,
        model,
        card.version,
        wave_card.version,
        run.settings,
        waves=given.waves,
        pdf=given.pdf,
        force=given.force,
        skip_existing=given.skip_existing,
    )


def print_json(document: msgspec.Struct) -> None:
    """Print a document as one line of JSON; names that are no text stay as they are."""
    print(json.dumps(msgspec.to_builtins(document)), flush=True)


def _night_page(results: Path, night: date) -> Path | None:
    """Write the report on the night; return its page, or None if it cannot be written."""
    from deepecg.night.make_report import make_night  # noqa: PLC0415  (slow)

    try:
        make_night(night, FolderStore(results), LOCAL_SETTINGS)
    except OSError as error:
        print(f"The night's page cannot be written ({error.strerror}).", file=sys.stderr)
        return None
    return results / REPORTS / night.isoformat() / PAGE


def _print_end(run: Run, table: EndTable, page: Path | None, *, interrupted: bool) -> None:
    """Print the end of a run."""
    given, counts = run.given, table.counts
    if given.json:
        for file in run.others:
            print_json(OtherFile(path=str(file.path), reason=file.reason))
        print_json(
            RunEnd(
                results=str(given.out),
                night_page=None if page is None else str(page),
                recordings_count=len(run.recordings),
                scored_count=counts["scored"],
                skipped_count=counts["skipped"],
                rejected_count=counts["rejected"],
                failed_count=counts["failed"],
                conflict_count=counts["conflict"],
                other_files_count=len(run.others),
                interrupted=interrupted,
            )
        )
        return
    if not given.quiet:
        for line in table.lines(run.others):
            print(line)
        if page is not None:
            print(f"Report on the night: {shown(page)}")
    said = [f"{counts['scored']} of {len(run.recordings)} recordings scored"]
    said += [f"{counts[name]} {words}" for name, words in COUNTED.items() if counts[name]]
    if run.others:
        said.append(f"{len(run.others)} other files left out")
    start = "Interrupted: " if interrupted else ""
    print(f"{start}{', '.join(said)}; results in {shown(given.out)}")
