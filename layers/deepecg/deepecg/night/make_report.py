"""Reads the entries of a night and writes the files of its report."""

import datetime
from collections.abc import Iterable

from deepecg.night.drift import window
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry
from deepecg.night.night_page import render_night
from deepecg.night.night_report import DeadLettersOfDate, NightReport
from deepecg.night.night_store import PAGE, RECORDINGS_CSV, REPORT, TOTALS, NightStore
from deepecg.night.night_totals import night_totals, read_totals
from deepecg.night.recordings_csv import recordings_csv
from deepecg.night.report_from_entries import night_report
from deepecg.night.settings import NightSettings
from deepecg.outputs.json_files import to_json

JSON = "application/json"


def make_night(
    night: datetime.date,
    store: NightStore,
    settings: NightSettings | None = None,
    *,
    dead_letters: DeadLettersOfDate | None = None,
) -> NightReport:
    """Write the report on a night: page, JSON, CSV, and the totals that later nights read.

    The same entries, earlier totals, settings and dead letters give the same bytes.
    A night without uploads has a report, too, which says so.

    Parameters
    ----------
    night : date
        The date to report on.
    store : NightStore
        Contains the entries and receives the report.
    settings : NightSettings or None
        None: the defaults.
    dead_letters : DeadLettersOfDate or None
        Dead letters about uploads of this night; None where there is no queue.

    Returns
    -------
    NightReport
        The report as written to ``report.json``.
    """
    settings = settings or NightSettings()
    entries, n_unreadable = _read(store.entries(night))
    before = [read_totals(store.totals(past)) for past in window(night, settings.drift)]
    totals = night_totals(night, entries)
    report = night_report(
        totals, entries, before, settings, n_unreadable=n_unreadable, dead_letters=dead_letters
    )
    table = recordings_csv(entries, settings)
    store.write(night, TOTALS, to_json(totals).encode(), JSON)
    store.write(night, RECORDINGS_CSV, table.encode(), "text/csv; charset=utf-8")
    store.write(night, REPORT, to_json(report).encode(), JSON)
    store.write(night, PAGE, render_night(report).encode(), "text/html; charset=utf-8")
    return report


def _read(bodies: Iterable[bytes]) -> tuple[list[NightEntry], int]:
    """Return the valid entries sorted by ID, and the number of the others.

    No store has two entries with one ID. If there are two, the choice does not depend on their
    order.
    """
    found: dict[str, tuple[bytes, NightEntry]] = {}
    n_unreadable = 0
    for body in bodies:
        try:
            entry = read_entry(body)
        except UnreadableEntryError:
            n_unreadable += 1
            continue
        if (former := found.get(entry.recording_id)) is not None:
            n_unreadable += 1
            if former[0] >= body:
                continue
        found[entry.recording_id] = (body, entry)
    return [found[recording][1] for recording in sorted(found)], n_unreadable
