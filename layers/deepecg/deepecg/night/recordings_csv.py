"""All uploads of a night as a table for spreadsheets."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import Any

from deepecg.night.night_entry import Entry
from deepecg.night.report_json import not_scored, not_scored_row, ranked_row
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
    "mean_bpm",
    "minimum_bpm",
    "maximum_bpm",
    "ventricular_burden_percent",
    "ventricular_run_count",
    "ventricular_longest_run_beats_count",
    "supraventricular_burden_percent",
    "supraventricular_run_count",
    "supraventricular_longest_run_beats_count",
    "fibrillation_burden_percent",
    "pause_count",
    "longest_pause_s",
    "processing_s",
    "size_bytes",
    "model_version",
    "warning_codes",
    "document",
)
FORMULA_STARTS = ("=", "+", "-", "@")
"""What makes a spreadsheet take a cell for a formula, after spaces and as fullwidth characters, too
(OWASP, CSV injection)."""


def recordings_csv(entries: Sequence[Entry], settings: NightSettings) -> str:
    """Return all uploads as CSV (RFC 4180): the scored ones by urgency, then the others.

    Parameters
    ----------
    entries : sequence of Entry
        In any order.
    settings : NightSettings
        The ranking's are used, and where links lead.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # quotes what needs it, ends lines with CR LF
    writer.writerow(COLUMNS)
    for rank, (entry, digest) in enumerate(by_urgency(entries, settings.ranking), start=1):
        row = ranked_row(rank, entry, digest, settings)
        row |= {
            "urgent": " ".join(kind["kind"] for kind in row["urgent"]),
            "model_version": digest.model_version,
            "warning_codes": " ".join(digest.warning_codes),
            "document": row["report"],
        }
        writer.writerow(_cells(row, entry))
    for entry in not_scored(entries):
        row = not_scored_row(entry, settings)
        writer.writerow(_cells(row | {"document": row["rejection"]}, entry))
    return text.getvalue()


def _cells(row: dict[str, Any], entry: Entry) -> list[Any]:
    row |= {
        "outcome": entry.outcome,
        "code": entry.code,
        "processing_s": entry.processing_s,
        "size_bytes": entry.size_bytes,
    }
    return [_harmless(row.get(column)) for column in COLUMNS]


def _harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: an apostrophe makes it text."""
    if isinstance(value, str):
        seen = unicodedata.normalize("NFKC", value).lstrip()
        if seen.startswith(FORMULA_STARTS):
            return f"'{value}"
    return value
