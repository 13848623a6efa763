"""The report on a night: which night is meant, what is read, who is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import boto3
import msgspec
from botocore.config import Config

from deepecg.cloud.bucket_night_store import READERS, NightsInBucket
from deepecg.cloud.dead_letter_queue import peek
from deepecg.cloud.errors import UnknownRequestError
from deepecg.cloud.queues import Queue, Topic
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.settings import NightlySettings
from deepecg.night.make_report import make_night
from deepecg.night.night_report import DeadLettersOfDate
from deepecg.night.night_store import parse_night
from deepecg.night.notification_text import night_message

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
    def read(cls, event: Mapping[str, Any], zone: ZoneInfo, today: date) -> Self:
        """Return what an event asks for.

        Parameters
        ----------
        event : mapping
            ``{"scheduled_time": "2026-11-22T05:00:00Z"}`` asks for the day before, by the clocks
            of the zone; ``{"date": "2026-11-21"}`` for a date.
        zone : ZoneInfo
            Where the days begin and end.
        today : date
            The date there.

        Raises
        ------
        UnknownRequestError
            If it is neither.
        SettingsError
            If the date is none, or one on which nothing can have been uploaded.
        """
        match event:
            case {"date": str(text)} if len(event) == 1:
                return cls(parse_night(text, today), is_scheduled=False)
            case {"scheduled_time": str(text)} if len(event) == 1:
                return cls(parse_night(_day_before(text, zone), today), is_scheduled=True)
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
    queued_messages : int
        Messages, about, of whatever date: of uploads that nobody has worked on, which the report
        lacks, and of those that are to be tried or looked at again.
    """

    night: date
    outcomes: dict[str, int]
    dead_letters_in_queue: int
    queued_messages: int


@dataclass(frozen=True)
class Nightly:
    """Everything that a report needs, made once for each execution environment."""

    settings: NightlySettings
    results: Results = field(repr=False)
    uploads: Queue = field(repr=False)
    dead_letters: Queue = field(repr=False)
    topic: Topic | None = field(repr=False)

    @classmethod
    def connect(cls, settings: NightlySettings) -> Self:
        """Return one with clients of its own."""
        topic = None
        if settings.topic_arn is not None:
            topic = Topic(boto3.client("sns", config=AWS_CLIENT), settings.topic_arn)
        sqs = boto3.client("sqs", config=AWS_CLIENT)
        return cls(
            settings,
            Results(boto3.client("s3", config=AWS_CLIENT), settings.results_bucket),
            Queue(sqs, settings.queue_url),
            Queue(sqs, settings.dead_letter_queue_url),
            topic,
        )

    def report(self, event: Mapping[str, Any]) -> Reported:
        """Write the report that an event asks for, and tell of it if it is the schedule's.

        The same entries and dead letters give the same files. A date that is asked for again
        shows what has become of its uploads since: those that were scored after all, and no more
        the dead letters that were worked off or that the queue has dropped after its 14 days.
        What is queued now is no matter of a date and not in the files: it is told to the topic,
        and returned.

        Raises
        ------
        HolterError
            If the event asks for nothing that there is.
        StorageError
            If S3, SQS or SNS fails; the report may be asked for again.
        """
        zone = self.settings.time_zone
        request = Request.read(event, zone, utc_now().astimezone(zone).date())
        # Before the entries are read: what is taken from the queue meanwhile is counted twice, and
        # nothing is lost between.
        n_queued = self.uploads.count()
        dead = peek(self.dead_letters)
        letters = [one for one in dead.letters if one.night(zone) == request.night]
        report = make_night(
            request.night,
            NightsInBucket(self.results, letters),
            self.settings.night,
            dead_letters=DeadLettersOfDate(len(letters), dead.is_complete),
        )
        if request.is_scheduled and self.topic is not None:
            # Last of all: where anything fails after it, Lambda tries again, and tells again.
            self.topic.publish(*night_message(report, n_queued))
        outcomes = msgspec.structs.asdict(report.outcomes)
        return Reported(request.night, outcomes, dead.n_in_queue, n_queued)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def _day_before(text: str, zone: ZoneInfo) -> str:
    """Return the date before that of a moment in the zone."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return (moment.astimezone(zone).date() - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        raise UnknownRequestError(
            "found a scheduled time that is none, expected one such as 2026-11-22T05:00:00Z"
        ) from None
