"""Makes the nightly report: finds the night, reads entries and dead letters, sends the message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import msgspec

from deepecg.cloud.aws_clients import s3_client, sns_client, sqs_client
from deepecg.cloud.bucket_night_store import CONNECTIONS, BucketNightStore
from deepecg.cloud.dead_letter_queue import peek
from deepecg.cloud.errors import UnknownRequestError
from deepecg.cloud.queues import Queue, Topic
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.settings import NightlyReportSettings
from deepecg.night.make_report import make_night
from deepecg.night.night_report import DeadLettersOfDate
from deepecg.night.night_store import parse_night
from deepecg.night.notification_text import night_message


@dataclass(frozen=True)
class NightlyReportOutcome:
    """The outcome of a report; it may be logged.

    Attributes
    ----------
    night : date
        The date that it covers.
    outcomes : dict of str to int
        Number of uploads by outcome.
    dead_letters_in_queue : int
        Approximate number of all dead letters, whatever their date.
    queued_messages : int
        Approximate number of queued messages, whatever their date: about uploads that were not
        handled yet, which the report lacks, and those to be retried or re-checked.
    """

    night: date
    outcomes: dict[str, int]
    dead_letters_in_queue: int
    queued_messages: int


@dataclass(frozen=True)
class NightlyReport:
    """Makes reports; made once for each execution environment."""

    settings: NightlyReportSettings
    results: Results = field(repr=False)
    uploads: Queue = field(repr=False)
    dead_letters: Queue = field(repr=False)
    topic: Topic | None = field(repr=False)

    @classmethod
    def connect(cls, settings: NightlyReportSettings) -> Self:
        """Return one with clients of its own."""
        topic = Topic(sns_client(), settings.topic_arn) if settings.topic_arn else None
        sqs = sqs_client()
        return cls(
            settings,
            Results(s3_client(connections=CONNECTIONS), settings.results_bucket),
            Queue(sqs, settings.queue_url),
            Queue(sqs, settings.dead_letter_queue_url),
            topic,
        )

    def report(self, event: Mapping[str, Any]) -> NightlyReportOutcome:
        """Write the report that an event requests; send a message if the schedule sent the event.

        The same entries and dead letters give the same files. A later report on the same date
        contains the present outcomes: uploads that were scored since, without the dead letters that
        were redriven or that the queue dropped after its 14 days. The number of queued messages
        belongs to no date; it is returned and sent to the topic, and is not in the files.

        Raises
        ------
        HolterError
            If the event or its date is invalid.
        StorageError
            If S3, SQS or SNS fails; the report may be requested again.
        """
        zone = self.settings.time_zone
        night = _requested_night(event, zone)
        # Counted before the entries are read: a message that is handled meanwhile is counted twice,
        # and none is missed.
        n_queued = self.uploads.count()
        dead = peek(self.dead_letters)
        letters = [letter for letter in dead.letters if letter.night(zone) == night]
        report = make_night(
            night,
            BucketNightStore(self.results, letters),
            self.settings.night,
            dead_letters=DeadLettersOfDate(len(letters), dead.is_complete),
        )
        if "scheduled_time" in event and self.topic is not None:
            # Sent last: Lambda repeats the call after a failure, which would send it twice.
            self.topic.publish(*night_message(report, n_queued))
        outcomes = msgspec.structs.asdict(report.outcomes)
        return NightlyReportOutcome(night, outcomes, dead.n_in_queue, n_queued)


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def _requested_night(event: Mapping[str, Any], zone: ZoneInfo) -> date:
    """Return the date whose report an event requests.

    ``{"scheduled_time": "2026-11-22T05:00:00Z"}`` requests the day before in the time zone;
    ``{"date": "2026-11-21"}`` requests that date.

    Raises
    ------
    UnknownRequestError
        If it is neither.
    SettingsError
        If the date is invalid, or one on which nothing can have been uploaded.
    """
    today = utc_now().astimezone(zone).date()
    match event:
        case {"date": str(text)} if len(event) == 1:
            return parse_night(text, today)
        case {"scheduled_time": str(text)} if len(event) == 1:
            return parse_night(_day_before(text, zone), today)
    raise UnknownRequestError(
        'found an event of another kind, expected {"date": "2026-11-21"} '
        'or {"scheduled_time": "2026-11-22T05:00:00Z"}'
    )


def _day_before(text: str, zone: ZoneInfo) -> str:
    """Return the date before that of a time, in the time zone."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return (moment.astimezone(zone).date() - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        raise UnknownRequestError(
            "found an invalid scheduled time, expected one such as 2026-11-22T05:00:00Z"
        ) from None
