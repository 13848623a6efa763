"""What callers send and get about recordings."""

from datetime import datetime
from string import ascii_lowercase
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from deepecg.cloud.result_lists import CURSOR_PATTERN
from deepecg.night.night_entry import UploadOutcome
from deepecg.readers.formats import RECORDING_SUFFIXES, SUFFIX_LIST

MAX_BYTES = 1 << 32
"""4 GiB, two weeks of seven leads at 250 Hz: S3 takes no form above 5 GB."""
MAX_NAME = 255
"""Characters: what file systems take."""
MAX_PARTS = 100
"""A form each, 1.5 KB: the answer stays far below the 6 MB that a function may send."""
MAX_LIMIT = 100
DEFAULT_LIMIT = 20
NAME_CHARACTERS = r"[^/\\\x00-\x1f\x7f]"
PART_NAME = rf"^{NAME_CHARACTERS}+$"
ANY_CASE = {letter: f"[{letter}{letter.upper()}]" for letter in ascii_lowercase} | {".": r"\."}
"""JSON Schema has no flag for patterns that ignore case."""
SUFFIX_PATTERNS = ("".join(ANY_CASE.get(c, c) for c in suffix) for suffix in RECORDING_SUFFIXES)
MAIN_NAME = rf"^{NAME_CHARACTERS}*({'|'.join(SUFFIX_PATTERNS)})$"
ID_PATTERN = "^[0-9a-f]{20}$"
EXAMPLE_ID = "0f115db062b7c0dd030b"
EXAMPLE_FORM: JsonDict = {
    "url": "https://uploads.s3.eu-central-1.amazonaws.com/",
    "fields": {
        "Content-Type": "text/plain",
        "key": "api/6nV1sVJmQ0uVYxkq0C8XQA/4c8a1b6f3b0d2e5f7a90.hea",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "ASIAEXAMPLE/20261122/eu-central-1/s3/aws4_request",
        "x-amz-date": "20261122T190000Z",
        "policy": "eyJleHBpcmF0aW9uIjog...",
        "x-amz-signature": "5d1b0c...",
    },
}

RecordingId = Annotated[
    str,
    Path(
        pattern=ID_PATTERN,
        description="What the recording is known by: 20 hexadecimal digits.",
        examples=[EXAMPLE_ID],
    ),
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many rows.")]
Cursor = Annotated[
    Annotated[str, Field(pattern=CURSOR_PATTERN)] | SkipJsonSchema[None],
    Query(
        description="`next_cursor` of the page before.",
        examples=[f"2026-11-22.1795374000.{EXAMPLE_ID}"],
    ),
]


class Sent(BaseModel):
    """What callers send: as it is documented, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """What callers get."""

    model_config = ConfigDict(frozen=True)


def _as_integer(value: Any) -> Any:
    """Return a number without a fraction as an integer: in JSON, 9.0 is one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


SizeBytes = Annotated[
    int,
    Field(ge=1, le=MAX_BYTES, description="S3 takes this size only."),
    BeforeValidator(_as_integer),
]


class MainFile(Sent):
    """The file that stands for the recording: of a WFDB record, its header."""

    name: str = Field(
        max_length=MAX_NAME,
        pattern=MAIN_NAME,
        description=f"Ends in {SUFFIX_LIST}, in upper or lower case. Not kept.",
    )
    size_bytes: SizeBytes


class PartFile(Sent):
    """A file that belongs to the main file."""

    name: str = Field(
        max_length=MAX_NAME,
        pattern=PART_NAME,
        description=(
            "What the header calls it. A study file has the main file's name with "
            "`.settings.json` in place of its ending. Not kept."
        ),
    )
    size_bytes: SizeBytes


class NewRecording(Sent):
    """A recording that is to be uploaded. Its names are told apart without regard to case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "main": {"name": "100.hea", "size_bytes": 143},
                    "parts": [{"name": "100.dat", "size_bytes": 1950000}],
                },
                {"main": {"name": "holter.edf", "size_bytes": 64801024}},
            ]
        }
    )

    main: MainFile
    parts: list[PartFile] = Field(
        default=[],
        max_length=MAX_PARTS,
        description=(
            "A WFDB record's signal files and headers of segments; a study file. Other formats "
            "have no parts."
        ),
    )


class Form(Answer):
    """An HTML form by which one file is sent to S3, as `multipart/form-data`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_FORM]})

    url: str = Field(description="Where to POST to.")
    fields: dict[str, str] = Field(
        description="To be sent as they are, before the field `file` with the content."
    )


class Announced(Answer):
    """Leave to upload a recording."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recording_id": EXAMPLE_ID,
                    "status_url": f"/v1/recordings/{EXAMPLE_ID}",
                    "expires_at": "2026-11-22T20:00:00Z",
                    "uploads": [EXAMPLE_FORM],
                }
            ]
        }
    )

    recording_id: str = Field(pattern=ID_PATTERN)
    status_url: str = Field(description="Where to ask what has become of it.")
    expires_at: datetime = Field(description="When the forms are no longer taken.")
    uploads: list[Form] = Field(
        description="The main file's form, then those of the parts, in the order they were named."
    )


class WaitingRecording(Answer):
    """There is no result yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recording_id": EXAMPLE_ID,
                    "status": "waiting",
                    "waiting_for": "parts",
                    "until": "2026-11-22T20:00:00Z",
                }
            ]
        }
    )

    recording_id: str = Field(pattern=ID_PATTERN)
    status: Literal["waiting"]
    waiting_for: Literal["upload", "parts", "scoring"] = Field(
        description=(
            "`upload`: nothing of it has been taken from the queue. `parts`: files that its header "
            "names are not there. `scoring`: it is complete."
        )
    )
    until: datetime | None = Field(
        description="When the forms expire, or it is given up without its parts."
    )


class ResultLinks(Answer):
    """Where the results are fetched."""

    report: str = Field(description="HTML, for people.")
    annotations: str = Field(description="Every beat, as a WFDB annotation file.")
    fhir: str = Field(description="HL7 FHIR R4.")


class ScoredRecording(Answer):
    """There is a result."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recording_id": EXAMPLE_ID,
                    "status": "scored",
                    "summary": {"schema_version": "2.1", "kind": "summary"},
                    "links": {
                        name: f"/v1/recordings/{EXAMPLE_ID}/{name}"
                        for name in ("report", "annotations", "fhir")
                    },
                }
            ]
        }
    )

    recording_id: str = Field(pattern=ID_PATTERN)
    status: Literal["scored"]
    summary: dict[str, Any] = Field(
        description="`summary.json`, whose schema comes with the software."
    )
    links: ResultLinks


class Rejection(Answer):
    """Why a recording cannot be scored."""

    code: str = Field(description="Such as `truncated_samples`.")
    message: str = Field(description="What was found, and what was expected.")


class RejectedRecording(Answer):
    """It cannot be scored as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recording_id": EXAMPLE_ID,
                    "status": "rejected",
                    "rejection": {
                        "code": "missing_part",
                        "message": "found 1 of 2 files, expected the others within 60 minutes",
                    },
                }
            ]
        }
    )

    recording_id: str = Field(pattern=ID_PATTERN)
    status: Literal["rejected"]
    rejection: Rejection


class FailedRecording(Answer):
    """It was given up after failing again and again, for no fault of its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"recording_id": EXAMPLE_ID, "status": "failed", "code": "SlowDown"}]
        }
    )

    recording_id: str = Field(pattern=ID_PATTERN)
    status: Literal["failed"]
    code: str = Field(description="Kind of the failure.")


class PartRecording(Answer):
    """It has turned out to be a part of another recording."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recording_id": EXAMPLE_ID,
                    "status": "part",
                    "part_of": "77cd5b53ea0e5a1b7c2a",
                }
            ]
        }
    )

    recording_id: str = Field(pattern=ID_PATTERN)
    status: Literal["part"]
    part_of: str = Field(pattern=ID_PATTERN)


Recording = Annotated[
    WaitingRecording | ScoredRecording | RejectedRecording | FailedRecording | PartRecording,
    Field(discriminator="status"),
]


class RecordingRow(Answer):
    """A recording in a list. Null is what is not known."""

    recording_id: str = Field(pattern=ID_PATTERN)
    night: str = Field(description="The date that it was complete on.")
    uploaded_at: datetime | None
    outcome: UploadOutcome = Field(description="`received`: taken, and nothing came of it yet.")
    code: str | None = Field(description="Why it was rejected, or has failed.")
    duration_s: float | None
    beats_count: int | None = Field(description="Analysable beats.")
    analysable_percent: float | None
    urgent_count: int | None = Field(description="Kinds of urgent findings.")
    urgent: list[str] | None = Field(
        description="The worst of each kind, in words, the weightiest first."
    )


EXAMPLE_ROW: JsonDict = {
    "recording_id": EXAMPLE_ID,
    "night": "2026-11-22",
    "uploaded_at": "2026-11-22T19:00:00Z",
    "outcome": "scored",
    "code": None,
    "duration_s": 86400.0,
    "beats_count": 101234,
    "analysable_percent": 98.7,
    "urgent_count": 1,
    "urgent": ["Pause of 3.4 s"],
}


class Recordings(Answer):
    """A page of recordings."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"recordings": [EXAMPLE_ROW], "unreadable_count": 0, "next_cursor": None}]
        }
    )

    recordings: list[RecordingRow]
    unreadable_count: int = Field(description="Rows left out, since what is noted is damaged.")
    next_cursor: str | None = Field(description="Null on the last page.")
