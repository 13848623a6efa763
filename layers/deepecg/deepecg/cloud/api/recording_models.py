"""Request and response bodies of recordings."""

from datetime import datetime
from string import ascii_lowercase
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BeforeValidator, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from deepecg.cloud.api.base_models import ApiResponse, StrictRequest, with_example
from deepecg.night.night_entry import ReviewStatus, UploadOutcome
from deepecg.outputs.recording_id import ID_PATTERN
from deepecg.readers.formats import RECORDING_SUFFIXES, SUFFIX_LIST, is_recording_name

MAX_BYTES = 1 << 32
"""Largest file: 4 GiB, two weeks of seven leads at 250 Hz. S3 accepts forms up to 5 GB."""
MAX_NAME = 255
"""Most characters of a file name, as in file systems."""
MAX_PARTS = 100
"""Most files beside the main file. Each form takes 1.5 KB of a response of at most 6 MB."""
MAX_LIMIT = 100
DEFAULT_LIMIT = 20
NAME_CHARACTERS = r"[^/\\\x00-\x1f\x7f]"
PART_NAME = rf"^{NAME_CHARACTERS}+$"
ANY_CASE = {letter: f"[{letter}{letter.upper()}]" for letter in ascii_lowercase} | {
    ".": r"\.", "+": r"\+"
}  # fmt: skip
"""Pattern of each character in any case: JSON Schema has no flag to ignore case."""
SUFFIX_PATTERNS = ("".join(ANY_CASE.get(c, c) for c in suffix) for suffix in RECORDING_SUFFIXES)
MAIN_NAME = rf"^{NAME_CHARACTERS}*({'|'.join(SUFFIX_PATTERNS)})$"
WHOLE_ID = f"^{ID_PATTERN}$"
CURSOR_PATTERN = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\.[0-9]{{10}}\.{ID_PATTERN}$"
"""Pattern of a :class:`deepecg.cloud.api.recording_and_night_lists.Position` as text."""
EXAMPLE_ID = "0f115db062b7c0dd030b"
EXAMPLE_FORM = {
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
        pattern=WHOLE_ID,
        description="ID of the recording: 20 hexadecimal digits.",
        examples=[EXAMPLE_ID],
    ),
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items on a page.")]
Cursor = Annotated[
    Annotated[str, Field(pattern=CURSOR_PATTERN)] | SkipJsonSchema[None],
    Query(
        description="`next_cursor` of the previous page.",
        examples=[f"2026-11-22.1795374000.{EXAMPLE_ID}"],
    ),
]


def recording_path(recording_id: str) -> str:
    """Return the path of a recording's status."""
    return f"/v1/recordings/{recording_id}"


def _as_integer(value: Any) -> Any:
    """Convert a whole float to int: JSON Schema counts 9.0 as an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


SizeBytes = Annotated[
    int,
    Field(ge=1, le=MAX_BYTES, description="Exact size of the file in bytes: S3 accepts no other."),
    BeforeValidator(_as_integer),
]


class NamedFile(StrictRequest):
    """A file to upload."""

    name: str = Field(max_length=MAX_NAME)
    size_bytes: SizeBytes


class MainFile(NamedFile):
    """The recording's file; for a WFDB record, its header."""

    name: str = Field(
        max_length=MAX_NAME,
        pattern=MAIN_NAME,
        description=f"Ends in {SUFFIX_LIST}, in upper or lower case; or in `.zip`, or all but WFDB "
        "headers also in `.gz` after that. The name is not stored.",
    )

    @field_validator("name")
    @classmethod
    def _is_no_diary(cls, name: str) -> str:
        if not is_recording_name(name):
            raise ValueError("expected a recording, not the diary beside one")
        return name


class PartFile(NamedFile):
    """A file that belongs to the main file."""

    name: str = Field(
        max_length=MAX_NAME,
        pattern=PART_NAME,
        description=(
            "Name of the file in the WFDB header. A settings file has the main file's name, with "
            "`.settings.json` in place of the suffix, the patient's diary with `.diary.csv`, and "
            "what a `.csv` file does not say about itself with `.csv.json`. "
            "The name is not stored."
        ),
    )


class UploadRequest(StrictRequest):
    """The files of a recording to upload. Names are compared without regard to case."""

    main: MainFile
    parts: list[PartFile] = Field(
        default=[],
        max_length=MAX_PARTS,
        description="A WFDB record's signal files and segment headers; a settings file, the "
        "patient's diary; options for a CSV file. Other formats have no further parts.",
    )


class UploadForm(ApiResponse):
    """An HTML form that sends one file to S3 as `multipart/form-data`."""

    model_config = with_example(**EXAMPLE_FORM)

    url: str = Field(description="Address to POST the form to.")
    fields: dict[str, str] = Field(
        description="Form fields. Send them unchanged, before the field `file` with the content."
    )


class RecordingResponse(ApiResponse):
    """A response about one recording."""

    recording_id: str = Field(pattern=WHOLE_ID)


class UploadFormsResponse(RecordingResponse):
    """A form for each file of a recording to upload."""

    model_config = with_example(
        recording_id=EXAMPLE_ID,
        status_url=f"/v1/recordings/{EXAMPLE_ID}",
        expires_at="2026-11-22T20:00:00Z",
        uploads=[EXAMPLE_FORM],
    )

    status_url: str = Field(description="Path of the recording's status.")
    expires_at: datetime = Field(description="Time after which S3 rejects the forms.")
    uploads: list[UploadForm] = Field(
        description="The main file's form, then the forms of the parts in the order of the request."
    )


class WaitingResponse(RecordingResponse):
    """The recording has no result yet: request its status again later."""

    model_config = with_example(
        recording_id=EXAMPLE_ID, status="waiting", waiting_for="parts", until="2026-11-22T20:00:00Z"
    )

    status: Literal["waiting"]
    waiting_for: Literal["upload", "parts", "scoring"] = Field(
        description=(
            "`upload`: no file has been processed yet. `parts`: files that the header names are "
            "missing; upload them. `scoring`: all files have arrived."
        )
    )
    until: datetime | None = Field(
        description="Time at which the forms expire, or the recording is rejected as incomplete."
    )


class ResultLinks(ApiResponse):
    """Paths of the results."""

    report: str = Field(description="HTML report for people.")
    disclosure: str | None = Field(
        description="HTML page with every minute of the recording; null if it was scored without."
    )
    annotations: str = Field(description="Every beat, as a WFDB annotation file.")
    fhir: str = Field(description="HL7 FHIR R4 report.")


class ScoredResponse(RecordingResponse):
    """The recording is scored: fetch its results."""

    model_config = with_example(
        recording_id=EXAMPLE_ID,
        status="scored",
        summary={"schema_version": "2.4", "kind": "summary"},
        links={
            name: f"/v1/recordings/{EXAMPLE_ID}/{name}"
            for name in ("report", "disclosure", "annotations", "fhir")
        },
    )

    status: Literal["scored"]
    summary: dict[str, Any] = Field(
        description="The recording's `summary.json`; its JSON Schema is part of the software."
    )
    links: ResultLinks


class Rejection(ApiResponse):
    """Why a recording cannot be scored."""

    code: str = Field(description="The reason, for example `truncated_samples`.")
    message: str = Field(description="What was found and what was expected.")


class RejectedResponse(RecordingResponse):
    """The recording cannot be scored: correct its files and upload them again."""

    model_config = with_example(
        recording_id=EXAMPLE_ID,
        status="rejected",
        rejection={
            "code": "missing_part",
            "message": "found 1 of 2 files, expected the others within 60 minutes",
        },
    )

    status: Literal["rejected"]
    rejection: Rejection


class FailedResponse(RecordingResponse):
    """Scoring failed several times, not because of the recording: report its ID to the operator."""

    model_config = with_example(recording_id=EXAMPLE_ID, status="failed", code="SlowDown")

    status: Literal["failed"]
    code: str = Field(description="Kind of the failure.")


class PartResponse(RecordingResponse):
    """The file is a part of another recording: read the status of that recording."""

    model_config = with_example(
        recording_id=EXAMPLE_ID, status="part", part_of="77cd5b53ea0e5a1b7c2a"
    )

    status: Literal["part"]
    part_of: str = Field(pattern=WHOLE_ID, description="ID of the other recording.")


StatusResponse = Annotated[
    WaitingResponse | ScoredResponse | RejectedResponse | FailedResponse | PartResponse,
    Field(discriminator="status"),
]


class RecordingListItem(RecordingResponse):
    """A recording in a list; null is a value that is not known."""

    night: str = Field(description="Date of the night: the day on which the upload was complete.")
    uploaded_at: datetime | None
    outcome: UploadOutcome = Field(description="`received`: the upload is not yet processed.")
    code: str | None = Field(description="Reason of a rejection, or kind of a failure.")
    duration_s: float | None
    beats_count: int | None = Field(description="Number of analysable beats.")
    analysable_percent: float | None
    lost_s: float | None = Field(
        description="Time that the file declares and does not contain, in seconds."
    )
    urgent_count: int | None = Field(description="Number of kinds of urgent findings.")
    urgent: list[str] | None = Field(
        description="The worst finding of each kind in words, the most urgent kind first."
    )
    notable: list[str] | None = Field(
        description="The worst notable finding of each kind in words, the most important first."
    )
    important_warning_codes: list[str] | None = Field(
        description="Codes of warnings that may change the result, the most important first."
    )
    review_status: ReviewStatus | None = Field(
        description="`preliminary`: a review was begun and is not signed."
    )


EXAMPLE_ITEM = {
    "recording_id": EXAMPLE_ID,
    "night": "2026-11-22",
    "uploaded_at": "2026-11-22T19:00:00Z",
    "outcome": "scored",
    "code": None,
    "duration_s": 86400.0,
    "beats_count": 101234,
    "analysable_percent": 98.7,
    "lost_s": 43200.0,
    "urgent_count": 1,
    "urgent": ["Pause of 3.4 s"],
    "notable": ["Atrial fibrillation of 12 min at 80/min"],
    "important_warning_codes": ["time_lost"],
    "review_status": "not_reviewed",
}


class RecordingListResponse(ApiResponse):
    """A page of recordings."""

    model_config = with_example(recordings=[EXAMPLE_ITEM], unreadable_count=0, next_cursor=None)

    recordings: list[RecordingListItem]
    unreadable_count: int = Field(description="Items that are missing because they are damaged.")
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last page.")
