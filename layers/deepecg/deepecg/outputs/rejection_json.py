"""The document that takes the place of a summary when a recording is refused."""

from typing import Any

from deepecg import __version__
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.advisory import ADVISORY

REJECTION_SCHEMA_VERSION = "1.0"


def rejection_document(error: RefusedRecordingError, recording_id: str) -> dict[str, Any]:
    """Return the JSON-ready rejection of a recording.

    Parameters
    ----------
    error : RefusedRecordingError
        Why it was refused.
    recording_id : str
        What the caller calls the recording; nothing about the patient.
    """
    return {
        "schema_version": REJECTION_SCHEMA_VERSION,
        "kind": "rejection",
        "recording_id": recording_id,
        "code": error.code,
        "message": str(error),
        "software": {"name": "deepecg", "version": __version__},
        "advisory": ADVISORY,
    }
