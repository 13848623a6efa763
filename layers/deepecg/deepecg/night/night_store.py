"""What the nightly report asks of the place where results lie: S3, or a folder."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

from deepecg.errors import SettingsError

RECORDINGS = "recordings"
NIGHTS = "nights"
REPORTS = "reports"
"""Folders at the root of all results; on a laptop, recordings lie beside the other two."""
PAGE = "index.html"
REPORT = "report.json"
LISTING = "recordings.csv"
TOTALS = "totals.json"
EARLIEST = date(2000, 1, 1)
"""No night before this is reported on: nothing was scored then."""


class NightStore(Protocol):
    """Reads the entries of a night, and takes the files of its report."""

    def entries(self, night: date) -> Iterable[bytes]:
        """Yield the JSON of each entry under ``nights/DATE/``, in any order, each once."""

    def totals(self, night: date) -> bytes | None:
        """Return ``reports/DATE/totals.json`` of an earlier night, or None if it is not there."""

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        """Write a file to ``reports/DATE/NAME``, in place of one that is there."""


def parse_night(text: str, today: date | None = None) -> date:
    """Return the date that a text names, as ``2026-11-21``.

    Parameters
    ----------
    text : str
        The date.
    today : date or None
        Nothing was uploaded after tomorrow, where it is tomorrow already somewhere in the world;
        None where the caller does not know.

    Raises
    ------
    SettingsError
        If it is no date, written otherwise, before :data:`EARLIEST` or after tomorrow.
    """
    try:
        night = date.fromisoformat(text)
    except ValueError:
        night = None
    if night is None or night.isoformat() != text:
        raise SettingsError("found a date that is none, expected one such as 2026-11-21")
    if night < EARLIEST:
        raise SettingsError(f"found a date before {EARLIEST}, expected one such as 2026-11-21")
    if today is not None and night > today + timedelta(days=1):
        raise SettingsError("found a date after tomorrow, expected one such as 2026-11-21")
    return night
