"""From the entries of a night to the files of its report."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from deepecg.night.dead_letter_count import DeadLettersOfDate
from deepecg.night.night_entry import Entry, UnreadableEntryError, read_entry
from deepecg.night.night_page import render_night
from deepecg.night.night_store import LISTING, PAGE, REPORT, TOTALS, NightStore
from deepecg.night.night_totals import night_totals, read_totals
from deepecg.night.recordings_csv import recordings_csv
from deepecg.night.report_json import night_report, window
from deepecg.night.settings import NightSettings
from deepecg.outputs.json_files import to_json

JSON = "application/json"


def make_night(
    night: date,
    store: NightStore,
    settings: NightSettings | None = None,
    *,
    dead_letters: DeadLettersOfDate | None = None,
) -> dict[str, Any]:
    """Write the report on a night: page, JSON, table, and the totals that later nights read.

    The same entries, earlier totals, settings and dead letters give the same bytes.
    A night without uploads gets a report that says so.

    Parameters
    ----------
    night : date
        The date to report on.
    store : NightStore
        Where its entries lie, and where the report goes.
    settings : NightSettings or None
        The defaults for None.
    dead_letters : DeadLettersOfDate or None
        About uploads of this night, not all of the queue; None where there is no queue.

    Returns
    -------
    dict
        The report, as it was written to ``report.json``.
    """
    settings = settings or NightSettings()
    entries, n_unreadable = _read(store.entries(night))
    before = [read_totals(store.totals(past)) for past in window(night, settings)]
    report = night_report(
        night, entries, before, settings, n_unreadable=n_unreadable, dead_letters=dead_letters
    )
    totals = night_totals(entries).document(night.isoformat())
    store.write(night, TOTALS, to_json(totals).encode(), JSON)
    store.write(
        night, LISTING, recordings_csv(entries, settings).encode(), "text/csv; charset=utf-8"
    )
    store.write(night, REPORT, to_json(report).encode(), JSON)
    store.write(night, PAGE, render_night(report).encode(), "text/html; charset=utf-8")
    return report


def _read(bodies: Iterable[bytes]) -> tuple[list[Entry], int]:
    """Return the sound entries in the order of their IDs, and the number of the others.

    Of two entries with one ID, which no store has, the same one is taken whatever their order.
    """
    found: dict[str, tuple[bytes, Entry]] = {}
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
