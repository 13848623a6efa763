"""Recordings and nights, newest first, page by page.

A page asks for what it shows and little more: the folders of ``nights/`` and ``reports/``, a
thousand from each request; of the nights that the page reaches into the entries' keys, a thousand
from each request; then the entries that are shown, side by side. A night of 10,000 takes ten
requests and those of its page. It needs of S3, in the results bucket: ``ListBucket``, and
``GetObject`` for ``nights/*`` and ``reports/*``.

A page begins behind a position, not behind a number of rows: what comes meanwhile moves nothing.
So pages neither repeat nor lose what was there, unless it is written anew: then it is among the
newest, which is the first page.
"""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
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

READERS = 10
"""Entries read at once: as many as the connections that a client keeps."""
ID = re.compile(r"[0-9a-f]{20}")
CURSOR_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{10}\.[0-9a-f]{20}$"
"""What a :class:`Position` looks like as text."""


class Position(NamedTuple):
    """Where an entry stands among all: compared field by field, the newest is the greatest.

    Attributes
    ----------
    night : str
        The date under which it lies, as ``2026-11-22``.
    modified_s : int
        When it was written last, in seconds since 1970.
    recording_id : str
        The recording's.
    """

    night: str
    modified_s: int
    recording_id: str

    @classmethod
    def read(cls, cursor: str) -> "Position":
        """Return a position from its text, of which any that fits the pattern is one."""
        night, modified_s, recording = cursor.split(".")
        return cls(night, int(modified_s), recording)

    def __str__(self) -> str:
        return f"{self.night}.{self.modified_s:010}.{self.recording_id}"


@dataclass(frozen=True)
class RecordingsPage:
    """Some recordings.

    Attributes
    ----------
    entries : tuple of (str, NightEntry)
        Night and entry of each.
    n_unreadable : int
        Entries that would be here, and cannot be read.
    next : Position or None
        Where the next page begins; None behind the last.
    """

    entries: tuple[tuple[str, NightEntry], ...]
    n_unreadable: int
    next: Position | None


@dataclass(frozen=True)
class Night:
    """A night, and some of its recordings.

    Attributes
    ----------
    outcomes : dict or None
        The counts that the report on it tells of; None where there is no report.
    page : RecordingsPage
        Its recordings.
    """

    outcomes: dict[str, Any] | None
    page: RecordingsPage


@dataclass(frozen=True)
class NightsPage:
    """Some nights.

    Attributes
    ----------
    nights : tuple of (str, bool)
        The date of each, and whether there is a report on it.
    next : str or None
        The date behind which the next page begins; None behind the last.
    """

    nights: tuple[tuple[str, bool], ...]
    next: str | None


def list_recordings(results: Results, limit: int, after: Position | None = None) -> RecordingsPage:
    """Return recordings of all nights: the newest night first, in it what was written last.

    Parameters
    ----------
    results : Results
        The results bucket.
    limit : int
        At most so many.
    after : Position or None
        Where the page begins; None for the first.

    Raises
    ------
    StorageError
        If S3 fails.
    """
    nights = sorted(_dates(results, NIGHTS_PREFIX), reverse=True)
    reached = (night for night in nights if after is None or night <= after.night)
    positions = (position for night in reached for position in _positions(results, night))
    return _page(results, positions, limit, after)


def find_night(
    results: Results, night: date, limit: int, after: Position | None = None
) -> Night | None:
    """Return a night and a page of its recordings; None where nothing is known of it.

    Parameters and what is raised are those of :func:`list_recordings`.
    """
    report = results.read(report_key(night, REPORT))
    positions = list(_positions(results, night.isoformat()))
    if report is None and not positions:
        return None
    return Night(report and report["outcomes"], _page(results, positions, limit, after))


def list_nights(results: Results, limit: int, after: str | None = None) -> NightsPage:
    """Return nights with uploads or a report, the newest first.

    Parameters
    ----------
    results : Results
        The results bucket.
    limit : int
        At most so many.
    after : str or None
        Only those before this date; None for the first page.

    Raises
    ------
    StorageError
        If S3 fails.
    """
    reported = _dates(results, REPORTS_PREFIX)
    known = sorted(_dates(results, NIGHTS_PREFIX) | reported, reverse=True)
    found = [night for night in known if after is None or night < after]
    shown = tuple((night, night in reported) for night in found[:limit])
    return NightsPage(shown, found[limit - 1] if len(found) > limit else None)


def _dates(results: Results, prefix: str) -> set[str]:
    """Return the dates among the folders below a prefix; ``nights/unfinished/`` is none."""
    names = (folder.removeprefix(prefix).rstrip("/") for folder in results.folders(prefix))
    return {name for name in names if _is_night(name)}


def _is_night(name: str) -> bool:
    try:
        parse_night(name)
    except SettingsError:
        return False
    return True


def _positions(results: Results, night: str) -> Iterator[Position]:
    """Yield the positions of the entries of a night, the newest first."""
    prefix = entries_prefix(date.fromisoformat(night))
    found = (
        Position(night, int(modified.timestamp()), key.removeprefix(prefix).removesuffix(".json"))
        for key, modified in results.times(prefix)
    )
    sound = (position for position in found if ID.fullmatch(position.recording_id))
    yield from sorted(sound, reverse=True)


def _page(
    results: Results, positions: Iterable[Position], limit: int, after: Position | None
) -> RecordingsPage:
    behind = (position for position in positions if after is None or position < after)
    found = list(islice(behind, limit + 1))
    shown = found[:limit]
    with ThreadPoolExecutor(READERS) as pool:
        bodies = list(pool.map(lambda position: _read(results, position), shown))
    entries = []
    n_unreadable = 0
    for position, body in zip(shown, bodies, strict=True):
        if body is None:  # it has moved to another night since it was listed
            continue
        try:
            entry = read_entry(body)
        except UnreadableEntryError:
            n_unreadable += 1
            continue
        if entry.recording_id == position.recording_id:
            entries.append((position.night, entry))
        else:
            n_unreadable += 1
    return RecordingsPage(tuple(entries), n_unreadable, shown[-1] if len(found) > limit else None)


def _read(results: Results, position: Position) -> bytes | None:
    return results.read_bytes(entry_key(date.fromisoformat(position.night), position.recording_id))
