"""What the nightly report asks of the place where results lie: S3, or a folder."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from deepecg.errors import SettingsError

PAGE = "index.html"
REPORT = "report.json"
LISTING = "recordings.csv"
TOTALS = "totals.json"


class NightStore(Protocol):
    """Reads the entries of a night, and takes the files of its report."""

    def entries(self, night: date) -> Iterable[bytes]:
        """Yield the JSON of each entry under ``nights/DATE/``, in any order, each once."""

    def totals(self, night: date) -> bytes | None:
        """Return ``reports/DATE/totals.json`` of an earlier night, or None if it is not there."""

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        """Write a file to ``reports/DATE/NAME``, in place of one that is there."""


def parse_night(text: str) -> date:
    """Return the date that a text names, as ``2026-11-21``.

    Raises
    ------
    SettingsError
        If it is no date, or written otherwise.
    """
    try:
        night = date.fromisoformat(text)
    except ValueError:
        night = None
    if night is None or night.isoformat() != text:
        raise SettingsError("found a date that is none, expected one such as 2026-11-21")
    return night
