"""All uploads of a night as a CSV file for spreadsheets."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Any

from msgspec.structs import asdict

from deepecg.night.night_entry import NightEntry, RecordingMeasures
from deepecg.night.night_report import RankedRecording, UnscoredUpload
from deepecg.outputs.warning_texts import warning_text

COLUMNS = (
    "rank",
    "recording_id",
    "outcome",
    "code",
    "next_step",
    "uploaded_at",
    "urgent",
    "notable",
    "review_status",
    "urgency_points",
    "duration_h",
    "lost_h",
    "analysable_percent",
    "beats_count",
    *RecordingMeasures.__struct_fields__,
    "processing_s",
    "size_bytes",
    "model_version",
    "warning_codes",
    "important_warning_codes",
    "document",
)
FORMULA_STARTS = ("=", "+", "-", "@")
"""Characters with which a spreadsheet begins a formula, also after spaces and as fullwidth
characters (OWASP, CSV injection)."""


def recordings_csv(
    entries: Iterable[NightEntry], rows: Iterable[RankedRecording | UnscoredUpload]
) -> str:
    """Return all uploads as CSV (RFC 4180).

    Parameters
    ----------
    entries : iterable of NightEntry
        The entries of the uploads, in any order.
    rows : iterable of RankedRecording or UnscoredUpload
        What the report contains on each upload, in the order of the table.
    """
    by_id = {entry.recording_id: entry for entry in entries}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")  # lines end with CR LF
    writer.writeheader()
    for row in rows:
        entry = by_id[row.recording_id]
        cells = asdict(entry) | asdict(row)
        if isinstance(row, RankedRecording):
            cells["urgent"] = " ".join(finding.kind for finding in row.urgent)
            cells["notable"] = " ".join(finding.kind for finding in row.notable)
            cells["model_version"] = entry.digest and entry.digest.model_version
            cells["warning_codes"] = " ".join(row.warning_codes)
            cells["important_warning_codes"] = " ".join(row.important_warning_codes)
            steps = (warning_text(code).next_step for code in row.important_warning_codes)
            cells["next_step"] = " ".join(dict.fromkeys(steps))
            cells["document"] = row.report
        else:
            cells["document"] = row.rejection
        writer.writerow({column: _without_formula(cell) for column, cell in cells.items()})
    return text.getvalue()


def _without_formula(value: Any) -> Any:
    """Return a cell that no spreadsheet calculates: an apostrophe makes it text."""
    if isinstance(value, str):
        shown = unicodedata.normalize("NFKC", value).lstrip()
        if shown.startswith(FORMULA_STARTS):
            return f"'{value}"
    return value
