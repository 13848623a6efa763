"""How every JSON document of Deep-ECG is written, and the schemas it is held against."""

import json
from importlib.resources import files
from typing import Any

SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"
FHIR_FILE = "diagnostic_report.json"
REJECTION_FILE = "rejection.json"
"""What the documents of a recording are called, on a laptop and in the cloud."""
ADVISORY = (
    "Automatic analysis for review by a clinician. Not a diagnosis, not the sole basis of one, "
    "and not an alarm. For adults."
)


def to_json(document: dict[str, Any]) -> str:
    """Return a document as text: sorted keys, indented, UTF-8, no NaN or infinity.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return (
        json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document, such as ``summary`` or ``night_report``."""
    text = files("deepecg").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
