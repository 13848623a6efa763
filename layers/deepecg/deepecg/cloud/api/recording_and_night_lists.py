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
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from deepecg.cloud import s3_keys
from deepecg.cloud.api.night_models import (
    NightListItem,
    NightListResponse,
    NightOutcomeCounts,
    NightResponse,
)
from deepecg.cloud.api.recording_models import RecordingListItem, RecordingListResponse
from deepecg.cloud.s3_buckets import Results
from deepecg.errors import SettingsError
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry
from deepecg.night.night_store import REPORT, parse_night
from deepecg.night.settings import RankingSettings
from deepecg.night.urgency_ranking import urgent_kinds
from deepecg.outputs.recording_id import ID_PATTERN
from deepecg.outputs.warning_texts import important_codes

RECORDING_ID = re.compile(ID_PATTERN)


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
        """Return a position from its text, which must match ``CURSOR_PATTERN``."""
        night, modified_s, recording = cursor.split(".")
        return cls(night, int(modified_s), recording)

    def __str__(self) -> str:
        return f"{self.night}.{self.modified_s:010}.{self.recording_id}"


def list_recordings(
    results: Results, limit: int, after: Position | None = None
) -> RecordingListResponse:
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
    nights = sorted(_dates(results, s3_keys.NIGHTS_PREFIX), reverse=True)
    reached = (night for night in nights if after is None or night <= after.night)
    positions = (position for night in reached for position in _newest_first(results, night))
    return _page(results, positions, limit, after)


def find_night(
    results: Results, night: date, limit: int, after: Position | None = None
) -> NightResponse | None:
    """Return a night and a page of its recordings; None if it has neither uploads nor a report.

    Parameters and errors are those of :func:`list_recordings`.
    """
    report = results.read(s3_keys.report_key(night, REPORT))
    positions = list(_newest_first(results, night.isoformat()))
    if report is None and not positions:
        return None
    return NightResponse(
        date=night.isoformat(),
        report=f"/v1/nights/{night}/report" if report else None,
        outcomes=NightOutcomeCounts(**report["outcomes"]) if report else None,
        **dict(_page(results, positions, limit, after)),
    )


def list_nights(results: Results, limit: int, after: str | None = None) -> NightListResponse:
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
    reported = _dates(results, s3_keys.REPORTS_PREFIX)
    nights = sorted(_dates(results, s3_keys.NIGHTS_PREFIX) | reported, reverse=True)
    found = [night for night in nights if after is None or night < after]
    return NightListResponse(
        nights=[NightListItem(date=night, has_report=night in reported) for night in found[:limit]],
        next_cursor=found[limit - 1] if len(found) > limit else None,
    )


def _dates(results: Results, prefix: str) -> set[str]:
    """Return the folders below a prefix that are dates, which ``nights/unfinished/`` is not."""
    dates = set()
    for folder in results.folders(prefix):
        with suppress(SettingsError):
            dates.add(parse_night(folder.removeprefix(prefix).rstrip("/")).isoformat())
    return dates


def _newest_first(results: Results, night: str) -> Iterator[Position]:
    """Yield the positions of the entries of a night, the newest first."""
    prefix = s3_keys.entries_prefix(date.fromisoformat(night))
    found = (
        Position(night, int(modified.timestamp()), key.removeprefix(prefix).removesuffix(".json"))
        for key, modified in results.times(prefix)
    )
    sound = (position for position in found if RECORDING_ID.fullmatch(position.recording_id))
    yield from sorted(sound, reverse=True)


def _page(
    results: Results, positions: Iterable[Position], limit: int, after: Position | None
) -> RecordingListResponse:
    older = (position for position in positions if after is None or position < after)
    found = list(islice(older, limit + 1))
    shown = found[:limit]
    keys = (s3_keys.entry_key(date.fromisoformat(one.night), one.recording_id) for one in shown)
    items = []
    n_unreadable = 0
    for position, (_, body) in zip(shown, results.read_many(keys), strict=True):
        if body is None:  # it has moved to another night since it was listed
            continue
        with suppress(UnreadableEntryError):
            entry = read_entry(body)
            if entry.recording_id == position.recording_id:
                items.append(_list_item(position.night, entry))
                continue
        n_unreadable += 1
    return RecordingListResponse(
        recordings=items,
        unreadable_count=n_unreadable,
        next_cursor=str(shown[-1]) if len(found) > limit else None,
    )


def _list_item(night: str, entry: NightEntry) -> RecordingListItem:
    digest = entry.digest
    urgent = urgent_kinds(digest, RankingSettings()) if digest else None
    return RecordingListItem(
        recording_id=entry.recording_id,
        night=night,
        uploaded_at=_moment(entry.uploaded_at),
        outcome=entry.outcome,
        code=entry.code,
        duration_s=digest.duration_s if digest else None,
        beats_count=digest.beats_count if digest else None,
        analysable_percent=digest.analysable_percent if digest else None,
        lost_s=digest.lost_s if digest else None,
        urgent_count=None if urgent is None else len(urgent),
        urgent=None if urgent is None else [kind.message for kind in urgent],
        notable=[kind.message for kind in digest.notable] if digest else None,
        important_warning_codes=(list(important_codes(digest.warning_codes)) if digest else None),
        review_status=digest.review_status if digest else None,
    )


def _moment(text: str | None) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text) if text else None
    return None
