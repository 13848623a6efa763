"""All uploads of a night as a CSV file for spreadsheets."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from deepecg.night.night_entry import NightEntry, RecordingMeasures
from deepecg.night.report_from_entries import not_scored, ranked_recording, unscored_upload
from deepecg.night.settings import NightSettings
from deepecg.night.urgency_ranking import by_urgency

COLUMNS = (
    "rank",
    "recording_id",
    "outcome",
    "code",
    "uploaded_at",
    "urgent",
    "urgency_points",
    "duration_h",
    "analysable_percent",
    "beats_count",
    *RecordingMeasures.__struct_fields__,
    "processing_s",
    "size_bytes",
    "model_version",
    "warning_codes",
    "document",
)
FORMULA_STARTS = ("=", "+", "-", "@")
"""Characters with which a spreadsheet begins a formula, also after spaces and as fullwidth
characters (OWASP, CSV injection)."""


def recordings_csv(entries: Sequence[NightEntry], settings: NightSettings) -> str:
    """Return all uploads as CSV (RFC 4180): the scored ones by urgency, then the others.

    Parameters
    ----------
    entries : sequence of NightEntry
        In any order.
    settings : NightSettings
        The ranking and the target of links are used.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")  # lines end with CR LF
    writer.writeheader()
    for rank, (entry, extract) in enumerate(by_urgency(entries, settings.ranking), start=1):
        row = ranked_recording(rank, entry, extract, settings)
        own = {
            "urgent": " ".join(finding.kind for finding in row.urgent),
            "model_version": extract.model_version,
            "warning_codes": " ".join(row.warning_codes),
            "document": row.report,
        }
        writer.writerow(_cells(entry, asdict(row) | own))
    for entry in not_scored(entries):
        other = unscored_upload(entry, settings)
        writer.writerow(_cells(entry, asdict(other) | {"document": other.rejection}))
    return text.getvalue()


def _cells(entry: NightEntry, row: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of an upload: the fields of its entry, and those of its row."""
    return {column: _without_formula(cell) for column, cell in (asdict(entry) | row).items()}


def _without_formula(value: Any) -> Any:
    """Return a cell that no spreadsheet calculates: an apostrophe makes it text."""
    if isinstance(value, str):
        shown = unicodedata.normalize("NFKC", value).lstrip()
        if shown.startswith(FORMULA_STARTS):
            return f"'{value}"
    return value
