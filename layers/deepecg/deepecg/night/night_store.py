"""The interface between the nightly report and the storage of its files, S3 or a folder."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

from deepecg.errors import SettingsError

RECORDINGS = "recordings"
NIGHTS = "nights"
REPORTS = "reports"
"""Folders at the root of all results; on a laptop, the recordings are at the root itself."""
PAGE = "index.html"
REPORT = "report.json"
RECORDINGS_CSV = "recordings.csv"
TOTALS = "totals.json"
EARLIEST = date(2000, 1, 1)
"""First date that a report is made for: no recording was scored before it."""


class NightStore(Protocol):
    """Reads the entries of a night and writes the files of its report."""

    def entries(self, night: date) -> Iterable[bytes]:
        """Yield the JSON of each entry in ``nights/DATE/`` once, in any order."""

    def totals(self, night: date) -> bytes | None:
        """Return ``reports/DATE/totals.json`` of an earlier night, or None if there is none."""

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:
        """Write the file ``reports/DATE/NAME``, replacing an earlier one."""


def parse_night(text: str, today: date | None = None) -> date:
    """Return a date from its text, such as ``2026-11-21``.

    Parameters
    ----------
    text : str
        The date.
    today : date or None
        The present date. Dates after tomorrow are refused; tomorrow has already begun in some time
        zones. None: late dates are not refused.

    Raises
    ------
    SettingsError
        If it is not a date in this form, before :data:`EARLIEST` or after tomorrow.
    """
    try:
        night = date.fromisoformat(text)
    except ValueError:
        night = None
    if night is None or night.isoformat() != text:
        raise SettingsError("found a text that is not a date, expected one such as 2026-11-21")
    if night < EARLIEST:
        raise SettingsError(f"found a date before {EARLIEST}, expected one such as 2026-11-21")
    if today is not None and night > today + timedelta(days=1):
        raise SettingsError("found a date after tomorrow, expected one such as 2026-11-21")
    return night
