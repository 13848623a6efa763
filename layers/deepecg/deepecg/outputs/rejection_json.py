"""The rejection of a recording (``rejection.json``): it takes the place of a summary."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from deepecg.errors import RefusedRecordingError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.summary import SOFTWARE, Block, SoftwareBlock

REJECTION_SCHEMA_VERSION: Final = "1.0"


class Rejection(Block, frozen=True, tag_field="kind", tag="rejection"):
    """Why a recording cannot be scored, now or later."""

    schema_version: Literal["1.0"]
    """Version of this schema."""
    recording_id: str
    """The caller's name for the recording; it never contains anything about the patient."""
    code: Annotated[str, Meta(pattern="^[a-z_]+$")]
    """Machine-readable reason that stays the same between versions, such as ``flat_line``."""
    message: str
    """What was found and what was expected. It never contains anything about the patient."""
    software: SoftwareBlock
    """Software and version that rejected the recording."""
    advisory: str
    """What results are not meant for."""


def rejection_document(error: RefusedRecordingError, recording_id: str) -> Rejection:
    """Return the rejection of a recording.

    Parameters
    ----------
    error : RefusedRecordingError
        Why it is rejected.
    recording_id : str
        The caller's name for the recording; nothing about the patient.
    """
    return Rejection(
        REJECTION_SCHEMA_VERSION, recording_id, error.code, str(error), SOFTWARE, ADVISORY
    )
