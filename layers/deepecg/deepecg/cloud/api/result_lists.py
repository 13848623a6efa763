"""Lists of recordings and of nights, newest first, page by page.

A page lists the folders of ``nights/`` and ``reports/`` and the entries' keys of the nights that it
shows, 1,000 a request, and reads the entries that it shows. For a night of 10,000 recordings these
are ten requests and one for each row. It needs ``ListBucket`` of the results bucket, and
``GetObject`` for ``nights/*`` and ``reports/*``.

A page begins after a position, not after a number of rows, so that new recordings move nothing.
Pages neither repeat nor omit a recording, unless its entry is written anew meanwhile: then it is
among the newest, on the first page.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.s3_keys import (
    NIGHTS_PREFIX,
    REPORTS_PREFIX,
    entries_prefix,
    entry_key,
    report_key,
)
from deepecg.errors import SettingsError
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry
from deepecg.night.night_store import REPORT, parse_night
from deepecg.outputs.recording_id import ID_PATTERN

RECORDING_ID = re.compile(ID_PATTERN)
CURSOR_PATTERN = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\.[0-9]{{10}}\.{ID_PATTERN}$"
"""Pattern of a :class:`Position` as text."""


class Position(NamedTuple):
    """Position of an entry among all: compared field by field, the newest is the greatest.

    Attributes
    ----------
    night : str
        Date of its night, as ``2026-11-22``.
    modified_s : int
        Time of its last write, in seconds since 1970.
    recording_id : str
        ID of the recording.
    """

    night: str
    modified_s: int
    recording_id: str

    @classmethod
    def read(cls, cursor: str) -> "Position":
        """Return a position from its text, which must match :data:`CURSOR_PATTERN`."""
        night, modified_s, recording = cursor.split(".")
        return cls(night, int(modified_s), recording)

    def __str__(self) -> str:
        return f"{self.night}.{self.modified_s:010}.{self.recording_id}"


@dataclass(frozen=True)
class RecordingsPage:
    """One page of recordings.

    Attributes
    ----------
    entries : tuple of (str, NightEntry)
        Night and entry of each.
    n_unreadable : int
        Number of entries that would be on the page, and cannot be read.
    next : Position or None
        Position after which the next page begins; None for the last page.
    """

    entries: tuple[tuple[str, NightEntry], ...]
    n_unreadable: int
    next: Position | None


@dataclass(frozen=True)
class NightsPage:
    """One page of nights.

    Attributes
    ----------
    nights : tuple of (str, bool)
        Date of each, and whether it has a report.
    next : str or None
        Date after which the next page begins; None for the last page.
    """

    nights: tuple[tuple[str, bool], ...]
    next: str | None


def list_recordings(results: Results, limit: int, after: Position | None = None) -> RecordingsPage:
    """Return recordings of all nights: the newest night first, in it the last write first.

    Parameters
    ----------
    results : Results
        The results bucket.
    limit : int
        Largest number of recordings.
    after : Position or None
        Position after which the page begins; None for the first page.

    Raises
    ------
    StorageError
        If S3 fails.
    """
    nights = sorted(_dates(results, NIGHTS_PREFIX), reverse=True)
    reached = (night for night in nights if after is None or night <= after.night)
    positions = (position for night in reached for position in _newest_first(results, night))
    return _page(results, positions, limit, after)


def find_night(
    results: Results, night: date, limit: int, after: Position | None = None
) -> tuple[dict[str, Any] | None, RecordingsPage] | None:
    """Return a night's counts by outcome and a page of its recordings.

    The counts are those of the night's report; None where there is no report. Without a report and
    uploads, the whole result is None. Parameters and errors are those of :func:`list_recordings`.
    """
    report = results.read(report_key(night, REPORT))
    positions = list(_newest_first(results, night.isoformat()))
    if report is None and not positions:
        return None
    return report and report["outcomes"], _page(results, positions, limit, after)


def list_nights(results: Results, limit: int, after: str | None = None) -> NightsPage:
    """Return nights with uploads or a report, the newest first.

    Parameters
    ----------
    results : Results
        The results bucket.
    limit : int
        Largest number of nights.
    after : str or None
        Date before which the page begins; None for the first page.

    Raises
    ------
    StorageError
        If S3 fails.
    """
    reported = _dates(results, REPORTS_PREFIX)
    nights = sorted(_dates(results, NIGHTS_PREFIX) | reported, reverse=True)
    found = [night for night in nights if after is None or night < after]
    shown = tuple((night, night in reported) for night in found[:limit])
    return NightsPage(shown, found[limit - 1] if len(found) > limit else None)


def _dates(results: Results, prefix: str) -> set[str]:
    """Return the folders below a prefix that are dates, which ``nights/unfinished/`` is not."""
    names = (folder.removeprefix(prefix).rstrip("/") for folder in results.folders(prefix))
    return {name for name in names if _is_night(name)}


def _is_night(name: str) -> bool:
    try:
        parse_night(name)
    except SettingsError:
        return False
    return True


def _newest_first(results: Results, night: str) -> Iterator[Position]:
    """Yield the positions of the entries of a night, the newest first."""
    prefix = entries_prefix(date.fromisoformat(night))
    found = (
        Position(night, int(modified.timestamp()), key.removeprefix(prefix).removesuffix(".json"))
        for key, modified in results.times(prefix)
    )
    sound = (position for position in found if RECORDING_ID.fullmatch(position.recording_id))
    yield from sorted(sound, reverse=True)


def _page(
    results: Results, positions: Iterable[Position], limit: int, after: Position | None
) -> RecordingsPage:
    older = (position for position in positions if after is None or position < after)
    found = list(islice(older, limit + 1))
    shown = found[:limit]
    keys = (entry_key(date.fromisoformat(one.night), one.recording_id) for one in shown)
    entries = []
    n_unreadable = 0
    for position, (_, body) in zip(shown, results.read_many(keys), strict=True):
        if body is None:  # it has moved to another night since it was listed
            continue
        with suppress(UnreadableEntryError):
            entry = read_entry(body)
            if entry.recording_id == position.recording_id:
                entries.append((position.night, entry))
                continue
        n_unreadable += 1
    return RecordingsPage(tuple(entries), n_unreadable, shown[-1] if len(found) > limit else None)
