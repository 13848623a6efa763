"""What callers get about nights."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from deepecg.cloud.api.recording_models import EXAMPLE_ROW, Answer, Recordings

DATE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
EXAMPLE_DATE = "2026-11-22"

NightDate = Annotated[
    str,
    Path(
        pattern=DATE_PATTERN,
        description="A date, by the clocks of the clinic.",
        examples=[EXAMPLE_DATE],
    ),
]
NightCursor = Annotated[
    Annotated[str, Field(pattern=DATE_PATTERN)] | SkipJsonSchema[None],
    Query(
        description="`next_cursor` of the page before.",
        examples=[EXAMPLE_DATE],
    ),
]


class NightRow(Answer):
    """A night in a list."""

    date: str
    has_report: bool


class Nights(Answer):
    """A page of nights."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"nights": [{"date": EXAMPLE_DATE, "has_report": True}], "next_cursor": None}
            ]
        }
    )

    nights: list[NightRow]
    next_cursor: str | None = Field(description="Null on the last page.")


class Outcomes(Answer):
    """What had become of a night's uploads when the report on it was made."""

    uploaded_count: int
    scored_count: int
    rejected_count: int
    waiting_count: int
    failed_count: int
    received_count: int = Field(description="Not yet processed.")
    dead_letters_of_date_count: int | None = Field(
        description="Messages about uploads of this date that were given up; null: not known."
    )
    dead_letters_of_date_complete: bool | None = Field(
        description="False: there may be more of them. Null: not known."
    )
    unreadable_entries_count: int


EXAMPLE_OUTCOMES: JsonDict = {
    "uploaded_count": 212,
    "scored_count": 205,
    "rejected_count": 5,
    "waiting_count": 1,
    "failed_count": 1,
    "received_count": 0,
    "dead_letters_of_date_count": 1,
    "dead_letters_of_date_complete": True,
    "unreadable_entries_count": 0,
}


class Night(Recordings):
    """A night, and a page of its recordings."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "date": EXAMPLE_DATE,
                    "report": f"/v1/nights/{EXAMPLE_DATE}/report",
                    "outcomes": EXAMPLE_OUTCOMES,
                    "recordings": [EXAMPLE_ROW],
                    "unreadable_count": 0,
                    "next_cursor": None,
                }
            ]
        }
    )

    date: str
    report: str | None = Field(description="Where the report is fetched; null: there is none.")
    outcomes: Outcomes | None = Field(description="Null where there is no report.")
