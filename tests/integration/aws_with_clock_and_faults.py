"""The emulated AWS with a clock that tests set, their shorthands, and events for functions."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from botocore.exceptions import ClientError, EndpointConnectionError

from deepecg.cloud.s3_keys import current_key, entry_key, waiting_key
from deepecg.local_cloud.emulated_aws import EmulatedAws, Handler
from deepecg.outputs.recording_id import recording_id

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
EVENTS = ROOT / "events"
MODEL = ROOT / "layers" / "model"

UPLOADS = "deepecg-uploadsbucket"
RESULTS = "deepecg-resultsbucket"


SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""EventBridge Scheduler replaces this in a schedule's input by the time at which it was due."""
STEP_S = 900
"""Time that ``settle`` skips at once: the longest delay of an SQS message."""


class Cloud(EmulatedAws):
    """An emulated AWS whose clock can be set and moved on, with shorthands for tests.

    The clock starts at ``start``, or at the real time if that is None.
    """

    def __init__(
        self,
        template: Path,
        environment: Mapping[str, str] | None = None,
        start: datetime | None = None,
    ) -> None:
        super().__init__(template, environment)
        self._skipped_s = start.timestamp() - time.time() if start else 0.0

    @contextmanager
    def _running(self) -> Iterator[Self]:
        # moto's clocks: of messages (visibility, delay, age) and of objects (LastModified).
        with (
            patch("moto.sqs.models.unix_time_millis", lambda: 1000 * self.time_s()),
            patch("moto.sqs.models.unix_time", self.time_s),
            patch("moto.s3.models.utcnow", self._utc),
            super()._running(),
        ):
            yield self

    def time_s(self) -> float:
        """Return the time by the clock of queues and buckets, in seconds since 1970."""
        return time.time() + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Move the clock on."""
        self._skipped_s += seconds

    def _utc(self) -> datetime:
        return datetime.fromtimestamp(self.time_s(), UTC).replace(tzinfo=None)

    def settle(self, max_hours: float = 48) -> None:
        """Process messages and move the clock on until the queue is empty."""
        self.pump()
        for _ in range(int(max_hours * 3600 / STEP_S)):
            if self.n_messages("UploadsQueue") == 0:
                return
            self.skip(STEP_S + 1)
            self.pump()
        raise TimeoutError(f"messages are left after {max_hours:g} hours")

    def n_messages(self, logical: str) -> int:
        """Return how many messages a queue holds, visible or not."""
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.queue(logical), AttributeNames=["All"]
        )["Attributes"]
        return sum(
            int(number)
            for name, number in attributes.items()
            if name.startswith("ApproximateNumberOfMessages")
        )

    @property
    def handler(self) -> Handler:
        """The consumer's handler."""
        return self.functions[self._consumer].handler

    def load_handler(self) -> Handler:
        """Load the consumer's code anew, as a new execution environment does."""
        return self._load(self._consumer).handler

    def run_schedules(self, due: datetime) -> list[dict[str, Any]]:
        """Call every function that has a schedule as if it were due; return the responses."""
        scheduled_time = due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        responses = []
        for name, function in self.functions.items():
            for event in function.properties.get("Events", {}).values():
                if event["Type"] == "ScheduleV2":
                    text = event["Properties"]["Input"].replace(SCHEDULED_TIME, scheduled_time)
                    responses.append(self.invoke(json.loads(text), function=name))
        return responses

    def upload(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=UPLOADS, Key=key, Body=body)

    def result_keys(self, prefix: str = "recordings/") -> list[str]:
        listing = self.s3.list_objects_v2(Bucket=RESULTS, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def result(self, key: str) -> dict[str, Any]:
        body = self.s3.get_object(Bucket=RESULTS, Key=key)["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def current(self, upload_key: str) -> dict[str, Any]:
        """Return the pointer to the valid result of an upload."""
        return self.result(current_key(recording_id(upload_key)))

    def outcome(self, upload_key: str) -> dict[str, Any]:
        """Return the valid result of an upload."""
        return self.result(self.current(upload_key)["result"])

    def waits(self, upload_key: str) -> bool:
        return waiting_key(recording_id(upload_key)) in self.result_keys()

    def entry(self, upload_key: str, night: str) -> dict[str, Any] | None:
        """Return the night entry of an upload, or None."""
        key = entry_key(date.fromisoformat(night), recording_id(upload_key))
        return self.result(key) if key in self.result_keys("nights/") else None

    def bodies(self) -> dict[str, tuple[bytes, Any]]:
        """Return every object with its time of writing, to check that nothing changes."""
        found = {}
        for key in self.result_keys(""):
            item = self.s3.get_object(Bucket=RESULTS, Key=key)
            found[key] = (item["Body"].read(), item["LastModified"])
        return found


def sqs_event(*bodies: str) -> dict[str, Any]:
    """Return the event with which Lambda passes messages, made from ``events/``."""
    (template,) = json.loads((EVENTS / "upload_edf.json").read_text())["Records"]
    return {
        "Records": [
            {**template, "messageId": f"message-{number}", "body": body}
            for number, body in enumerate(bodies)
        ]
    }


def notification(*keys: str, name: str = "ObjectCreated:Put") -> str:
    """Return the body of S3's message about uploads of these keys, percent-encoded or plain."""
    records = [
        {"eventName": name, "s3": {"bucket": {"name": UPLOADS}, "object": {"key": key}}}
        for key in keys
    ]
    return json.dumps({"Records": records})


def environment_of(handler: Any) -> dict[str, Any]:
    """Return the globals of the module that a decorated handler comes from."""
    while hasattr(handler, "__wrapped__"):
        handler = handler.__wrapped__
    found: dict[str, Any] = handler.__globals__
    return found


def handle_elsewhere(cloud: Cloud, body: str) -> None:
    """Handle a message in another execution environment, while this one handles another."""
    ingest = environment_of(cloud.load_handler())["ingest"]()
    list(ingest.handle(body, datetime.fromtimestamp(cloud.time_s(), UTC)))


def fail_s3(cloud: Cloud, operation: str, error: Callable[[], Exception]) -> Callable[[], None]:
    """Make an operation of the function's S3 client fail; return a function that ends this."""
    s3 = environment_of(cloud.handler)["ingest"]().s3

    def failing(params: dict[str, Any], **_: Any) -> None:
        raise error()

    event = f"before-call.s3.{operation}"
    s3.meta.events.register(event, failing)
    return lambda: s3.meta.events.unregister(event, failing)


def throttled() -> Exception:
    return ClientError(
        {
            "Error": {"Code": "SlowDown", "Message": "reduce your rate for Müller"},
            "ResponseMetadata": {"HTTPStatusCode": 503},
        },
        "GetObject",
    )


def unreachable() -> Exception:
    return EndpointConnectionError(endpoint_url="https://s3/bucket/Müller.edf")
