"""Nights in a folder of results, as ``deepecg score --out DIR`` leaves it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deepecg.errors import SettingsError
from deepecg.night.night_store import NIGHTS, REPORTS, TOTALS
from deepecg.night.settings import NightSettings
from deepecg.outputs.json_files import to_json

LOCAL_SETTINGS = NightSettings(prices=None)
"""Nothing is paid by use on a laptop."""


@dataclass(frozen=True)
class FolderStore:
    """A :class:`deepecg.night.night_store.NightStore` in a folder.

    Attributes
    ----------
    results : Path
        Holds ``nights/DATE/ID.json``, ``reports/DATE/`` and, of each recording, the folder that
        its entry names.
    """

    results: Path

    def put(self, entry: dict[str, Any], night: date) -> None:
        """Write the entry of a recording, in place of one that it has for this date.

        Parameters
        ----------
        entry : dict
            As :func:`deepecg.night.night_entry.night_entry` returns it.
        night : date
            The date it belongs to.
        """
        folder = self.results / NIGHTS / night.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{entry['recording_id']}.json"
        path.write_text(to_json(entry), encoding="utf-8")

    def entries(self, night: date) -> Iterator[bytes]:
        """Yield the JSON of each entry; none where nothing was scored on that date.

        Raises
        ------
        SettingsError
            If there is no such folder of results at all.
        """
        if not self.results.is_dir():
            raise SettingsError("found no folder of results, expected that of deepecg score --out")
        folder = self.results / NIGHTS / night.isoformat()
        for path in sorted(folder.glob("*.json")):
            if path.is_file():
                yield path.read_bytes()

    def totals(self, night: date) -> bytes | None:
        """Return the totals of an earlier night, or None."""
        path = self._report(night) / TOTALS
        return path.read_bytes() if path.is_file() else None

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        """Write a file of the report; a folder knows no content types."""
        folder = self._report(night)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)

    def _report(self, night: date) -> Path:
        return self.results / REPORTS / night.isoformat()
