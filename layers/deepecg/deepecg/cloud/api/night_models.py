"""Request parameters and response bodies of nights."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from deepecg.cloud.api.base_models import ApiResponse, with_example
from deepecg.cloud.api.recording_models import EXAMPLE_ITEM, RecordingListResponse

DATE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
EXAMPLE_DATE = "2026-11-22"

NightDate = Annotated[
    str,
    Path(
        pattern=DATE_PATTERN, description="Date in the clinic's time zone.", examples=[EXAMPLE_DATE]
    ),
]
NightCursor = Annotated[
    Annotated[str, Field(pattern=DATE_PATTERN)] | SkipJsonSchema[None],
    Query(description="`next_cursor` of the previous page.", examples=[EXAMPLE_DATE]),
]


class NightListItem(ApiResponse):
    """A night in a list."""

    date: str
    has_report: bool


class NightListResponse(ApiResponse):
    """A page of nights."""

    model_config = with_example(
        nights=[{"date": EXAMPLE_DATE, "has_report": True}], next_cursor=None
    )

    nights: list[NightListItem]
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last page.")


class NightOutcomeCounts(ApiResponse):
    """A night's uploads by outcome, at the time of the nightly report."""

    uploaded_count: int
    scored_count: int
    rejected_count: int
    waiting_count: int
    failed_count: int
    received_count: int = Field(description="Uploads not yet processed.")
    dead_letters_of_date_count: int | None = Field(
        description="Dead letters about uploads of this date; null if not known."
    )
    dead_letters_of_date_complete: bool | None = Field(
        description="False if there may be more dead letters; null if not known."
    )
    unreadable_entries_count: int


class NightResponse(RecordingListResponse):
    """A night with a page of its recordings."""

    model_config = with_example(
        date=EXAMPLE_DATE,
        report=f"/v1/nights/{EXAMPLE_DATE}/report",
        outcomes={
            "uploaded_count": 212,
            "scored_count": 205,
            "rejected_count": 5,
            "waiting_count": 1,
            "failed_count": 1,
            "received_count": 0,
            "dead_letters_of_date_count": 1,
            "dead_letters_of_date_complete": True,
            "unreadable_entries_count": 0,
        },
        recordings=[EXAMPLE_ITEM],
        unreadable_count=0,
        next_cursor=None,
    )

    date: str
    report: str | None = Field(description="Path of the nightly report; null if there is none.")
    outcomes: NightOutcomeCounts | None = Field(description="Null if there is no nightly report.")
