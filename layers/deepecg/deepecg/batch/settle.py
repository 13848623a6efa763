"""Puts what a process answered in its place: results or a rejection, and the night's entry."""

from datetime import date

import msgspec

from deepecg.batch.end_table import Urgency
from deepecg.batch.outcome import Outcome
from deepecg.batch.result_folders import FREE, SAME, State, is_in_the_way, locked, publish, state_of
from deepecg.batch.tasks import NOT_WRITTEN, Done, Order
from deepecg.night.folder_night_store import LOCAL_SETTINGS, FolderStore
from deepecg.night.night_entry import NightEntry, night_entry
from deepecg.night.urgency_ranking import urgency_key, urgent_kinds
from deepecg.outputs.file_names import REPORT_FILE
from deepecg.outputs.warning_texts import important_codes, warning_text

RANKING = LOCAL_SETTINGS.ranking


def settle(done: Done, order: Order, night: date) -> tuple[Outcome, Urgency | None]:
    """Move results or a rejection to their place and enter them for the night.

    Results of another making are replaced only where the order says so. A rejection replaces no
    results at all: it is only printed where there are some.

    Parameters
    ----------
    done : Done
        The answer of a process, with complete files in its temporary folder.
    order : Order
        What is the same for all recordings.
    night : date
        The date to enter the recording for.

    Returns
    -------
    outcome : Outcome
        What became of the recording.
    urgency : (int, float) or None
        What to sort it by; None unless it was scored.
    """
    try:
        with locked(order.results):
            outcome = _placed(done, order, night)
    except OSError as error:
        reason = f"results cannot be written ({error.strerror})"
        outcome = done.task.failed(NOT_WRITTEN, reason).outcome
    if not outcome.is_done or done.entry is None or done.entry.digest is None:
        return outcome, None
    extract = done.entry.digest
    outcome = msgspec.structs.replace(
        outcome,
        folder=str(order.results / done.task.name),
        report=str(order.results / done.task.name / REPORT_FILE),
        urgent=[found.message for found in urgent_kinds(extract, RANKING)],
        notable=[found.message for found in extract.notable],
        warnings=[warning_text(code).name for code in important_codes(extract.warning_codes)],
    )
    return outcome, urgency_key(extract, RANKING)


def _placed(done: Done, order: Order, night: date) -> Outcome:
    """Move the files to their place and write the night entry; return what became of it."""
    task, outcome, store = done.task, done.outcome, FolderStore(order.results)
    folder = order.results / task.name
    state, found = state_of(folder, order.results, done.made)
    if outcome.outcome == "scored":
        if is_in_the_way(state, force=order.force):  # another run was faster
            return task.in_the_way(state, found)
        publish(task.temporary, folder, state, folder.name)
    elif outcome.outcome == "rejected" and state == FREE:
        publish(task.temporary, folder, state, folder.name)
        outcome = msgspec.structs.replace(outcome, folder=str(folder))
    elif outcome.outcome == "rejected":
        kept = f"{outcome.reason}. Its earlier results are kept"
        outcome = msgspec.structs.replace(outcome, reason=kept)
    if outcome.outcome != "conflict":
        _enter(done, outcome, state, store, night)
    return outcome


def _enter(done: Done, outcome: Outcome, state: State, store: FolderStore, night: date) -> None:
    """Write the night entry, unless an earlier one says more."""
    last = store.last_entry(outcome.recording_id)
    entry = done.entry or night_entry(outcome.recording_id, outcome="failed", code=outcome.code)
    if outcome.outcome == "skipped" and last is not None:
        return
    if outcome.outcome == "scored" and state == SAME and last is not None and _is_review(last[1]):
        return
    if not outcome.is_done and state != FREE:
        if last is not None and last[0] == night:
            return
        entry = msgspec.structs.replace(entry, folder=None)  # a link would lead to other results
    store.put(entry, night)


def _is_review(entry: NightEntry) -> bool:
    """Return whether an entry is that of reviewed results."""
    return entry.digest is not None and entry.digest.review_status != "not_reviewed"
