"""The embedded cloud with helpers for tests, and events for its functions."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from deepecg.cloud.s3_keys import current_key, entry_key, waiting_key
from deepecg.local_cloud.moto_cloud import EmbeddedCloud
from deepecg.outputs.recording_id import recording_id

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
EVENTS = ROOT / "events"
MODEL = ROOT / "layers" / "model"

UPLOADS = "deepecg-uploadsbucket"
RESULTS = "deepecg-resultsbucket"


class Cloud(EmbeddedCloud):
    """Uploads bytes and reads their results."""

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
