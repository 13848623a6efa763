"""Nights in a folder of results that ``deepecg score --out DIR`` wrote."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from secrets import token_hex

from deepecg.errors import SettingsError
from deepecg.night.night_entry import NightEntry, UnreadableEntryError, read_entry
from deepecg.night.night_store import NIGHTS, REPORTS, TOTALS
from deepecg.night.settings import NightSettings
from deepecg.outputs.json_documents import to_json

LOCAL_SETTINGS = NightSettings(prices=None)
"""Without prices: on a laptop, use is not charged."""


@dataclass(frozen=True)
class FolderStore:
    """A :class:`deepecg.night.night_store.NightStore` in a folder.

    Attributes
    ----------
    results : Path
        Contains ``nights/DATE/ID.json``, ``reports/DATE/`` and one folder for each recording,
        whose name is in its entry.
    """

    results: Path

    def put(self, entry: NightEntry, night: date) -> None:
        """Write the entry of a recording for a date, replacing an earlier one."""
        folder = self.results / NIGHTS / night.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / f"{entry.recording_id}.json", to_json(entry).encode())

    def entries(self, night: date) -> Iterator[bytes]:
        """Yield the JSON of each entry of a date.

        Raises
        ------
        SettingsError
            If the folder of results does not exist.
        """
        if not self.results.is_dir():
            raise SettingsError(
                "found no folder of results, expected the one given to deepecg score --out"
            )
        folder = self.results / NIGHTS / night.isoformat()
        for path in sorted(folder.glob("*.json")):
            if path.is_file():
                yield path.read_bytes()

    def last_entry(self, recording_id: str) -> tuple[date, NightEntry] | None:
        """Return the newest entry of a recording and its night; None if it has none."""
        for path in sorted((self.results / NIGHTS).glob(f"*/{recording_id}.json"), reverse=True):
            with suppress(UnreadableEntryError, ValueError):
                return date.fromisoformat(path.parent.name), read_entry(path.read_bytes())
        return None

    def totals(self, night: date) -> bytes | None:
        """Return the totals of an earlier night, or None."""
        path = self._report(night) / TOTALS
        return path.read_bytes() if path.is_file() else None

    def write(self, night: date, name: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        """Write a file of the report; files have no content type."""
        folder = self._report(night)
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / name, body)

    def _report(self, night: date) -> Path:
        return self.results / REPORTS / night.isoformat()


def _replace(path: Path, body: bytes) -> None:
    """Write a file at once, so that nobody reads half of it, nor finds half of it later."""
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    temporary.write_bytes(body)
    temporary.replace(path)
