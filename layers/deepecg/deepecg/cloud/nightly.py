"""The report on a night: which night is meant, what is read, who is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import boto3
from botocore.config import Config

from deepecg.cloud.dead_letters import peek
from deepecg.cloud.errors import UnknownRequestError
from deepecg.cloud.nights import READERS, NightsInBucket
from deepecg.cloud.settings import NightlySettings
from deepecg.cloud.store import Queue, Results, Topic
from deepecg.night import make_night, night_message, parse_night

AWS_CLIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=20,
    max_pool_connections=READERS,
)


@dataclass(frozen=True)
class Request:
    """A night to report on.

    Attributes
    ----------
    night : date
        The date that the report covers.
    is_scheduled : bool
        Whether the schedule asks, and not somebody who wants to see a date (again).
    """

    night: date
    is_scheduled: bool

    @classmethod
    def read(cls, event: Mapping[str, Any], zone: ZoneInfo) -> Self:
        """Return what an event asks for.

        Parameters
        ----------
        event : mapping
            ``{"scheduled_time": "2026-11-22T05:00:00Z"}`` asks for the day before, by the clocks
            of the zone; ``{"date": "2026-11-21"}`` for a date.
        zone : ZoneInfo
            Where the days begin and end.

        Raises
        ------
        UnknownRequestError
            If it is neither.
        SettingsError
            If the date is none.
        """
        match event:
            case {"date": str(text)} if len(event) == 1:
                return cls(parse_night(text), is_scheduled=False)
            case {"scheduled_time": str(text)} if len(event) == 1:
                return cls(_at(text).astimezone(zone).date() - timedelta(days=1), is_scheduled=True)
        raise UnknownRequestError(
            'found an event of another kind, expected {"date": "2026-11-21"} '
            'or {"scheduled_time": "2026-11-22T05:00:00Z"}'
        )


@dataclass(frozen=True)
class Reported:
    """What may be said of a report that was made.

    Attributes
    ----------
    night : date
        What it covers.
    outcomes : dict of str to int
        Uploads by what became of them.
    dead_letters_in_queue : int
        All there are, about, of whatever date.
    """

    night: date
    outcomes: dict[str, int]
    dead_letters_in_queue: int


@dataclass(frozen=True)
class Nightly:
    """Everything that a report needs, made once for each execution environment."""

    settings: NightlySettings
    results: Results = field(repr=False)
    dead_letters: Queue = field(repr=False)
    topic: Topic | None = field(repr=False)

    @classmethod
    def connect(cls, settings: NightlySettings) -> Self:
        """Return one with clients of its own."""
        topic = None
        if settings.topic_arn is not None:
            topic = Topic(boto3.client("sns", config=AWS_CLIENT), settings.topic_arn)
        return cls(
            settings,
            Results(boto3.client("s3", config=AWS_CLIENT), settings.results_bucket),
            Queue(boto3.client("sqs", config=AWS_CLIENT), settings.dead_letter_queue_url),
            topic,
        )

    def report(self, event: Mapping[str, Any]) -> Reported:
        """Write the report that an event asks for, and tell of it if it is the schedule's.

        The same entries and dead letters give the same files. A date that is asked for again
        shows what has become of its uploads since: those that were scored after all, and no more
        the dead letters that were worked off or that the queue has dropped after its 14 days.

        Raises
        ------
        HolterError
            If the event asks for nothing that there is.
        StorageError
            If S3, SQS or SNS fails; the report may be asked for again.
        """
        zone = self.settings.time_zone
        request = Request.read(event, zone)
        letters = [one for one in peek(self.dead_letters) if one.night(zone) == request.night]
        report = make_night(
            request.night,
            NightsInBucket(self.results, letters),
            self.settings.night,
            dead_letters=len(letters),
        )
        if request.is_scheduled and self.topic is not None:
            self.topic.publish(*night_message(report))
        return Reported(request.night, report["outcomes"], self.dead_letters.count())


def _at(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UnknownRequestError(
            "found a scheduled time that is none, expected one such as 2026-11-22T05:00:00Z"
        )
    return moment
