"""S3, SQS and SNS as the rest of this package sees them: few verbs, errors without keys."""

import json
import math
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from deepecg.cloud.errors import StorageError
from deepecg.documents import to_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

COPY_BYTES = 1 << 20
"""A download holds this much in memory."""
MAX_KEY_BYTES = 1024
"""S3 has no longer keys."""
MAX_WRITES = 4
"""Of two conditional writes at once S3 may refuse one, which is to be tried again..."""
CONFLICT_PAUSE_S = 0.1
"""...after this."""
MAX_SQS_DELAY_S = 900
"""SQS delays a message no longer."""
SQS_BATCH = 10
"""SQS takes or gives no more messages at once."""


def folder_of(key: str) -> str:
    """Return the key of an object's folder: empty, or with a slash at its end."""
    return key[: key.rfind("/") + 1]


def without_suffix(key: str) -> str:
    """Return a key without the ending of its name."""
    return key.removesuffix(PurePosixPath(key).suffix)


@contextmanager
def _storage(operation: str) -> Iterator[None]:
    """Turn what botocore raises, whose messages may hold keys, into a :class:`StorageError`."""
    try:
        yield
    except ClientError as error:
        raise StorageError(operation, error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise StorageError(operation, type(error).__name__) from None


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


@dataclass(frozen=True)
class Part:
    """One uploaded object.

    Attributes
    ----------
    key : str
        Its key. May hold a patient's name: never logged, never stored elsewhere.
    etag : str
        What S3 calls these very bytes.
    size : int
        Bytes.
    modified : datetime
        When it was uploaded, to the second. The same bytes uploaded again are the same part.
    named : str or None
        What the header of its record calls it; None where nothing names it.
    """

    key: str
    etag: str
    size: int
    modified: datetime = field(compare=False)
    named: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """What it is called: by the header of its record, or else the key without its folder."""
        return self.named or PurePosixPath(self.key).name


@dataclass(frozen=True)
class Uploads:
    """The uploads bucket, read only."""

    s3: "S3Client"
    bucket: str

    def find(self, key: str) -> Part | None:
        """Return the object as it is now, or None."""
        if len(key.encode()) > MAX_KEY_BYTES:  # such as the study of a key that is almost as long
            return None
        with _storage("HeadObject"):
            try:
                head = self.s3.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise
        return Part(key, head["ETag"], head["ContentLength"], head["LastModified"])

    def list_prefix(self, prefix: str) -> list[Part]:
        """Return the first thousand objects of one folder that begin so, in the order of keys."""
        with _storage("ListObjectsV2"):
            page = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        return [
            Part(item["Key"], item["ETag"], item["Size"], item["LastModified"])
            for item in page.get("Contents", [])
        ]

    def read(self, part: Part, max_bytes: int) -> bytes:
        """Return the beginning of an object; it must still be the version that was found."""
        with _storage("GetObject"):
            response = self.s3.get_object(Bucket=self.bucket, Key=part.key, IfMatch=part.etag)
            return response["Body"].read(max_bytes)

    def download(self, part: Part, path: Path) -> None:
        """Write an object to a file; it must still be the version that was found."""
        with _storage("GetObject"), path.open("wb") as file:
            response = self.s3.get_object(Bucket=self.bucket, Key=part.key, IfMatch=part.etag)
            shutil.copyfileobj(response["Body"], file, COPY_BYTES)


@dataclass(frozen=True)
class Results:
    """The results bucket."""

    s3: "S3Client"
    bucket: str

    def exists(self, key: str) -> bool:
        """Return whether there is such an object."""
        return Uploads(self.s3, self.bucket).find(key) is not None

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a JSON document, or None where there is none."""
        found = self.read_version(key)
        return found[0] if found else None

    def read_version(self, key: str) -> tuple[dict[str, Any], str] | None:
        """Return a JSON document with its ETag, or None where there is none."""
        found = self._get(key)
        return (json.loads(found[0]), found[1]) if found else None

    def read_bytes(self, key: str) -> bytes | None:
        """Return an object, or None where there is none."""
        found = self._get(key)
        return found[0] if found else None

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in their order, a thousand from each request."""
        for key, _ in self.times(prefix):
            yield key

    def times(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield the same keys, each with the time of its last writing."""
        for page in self._pages(Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"], item["LastModified"]

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the folders right below a prefix that ends with a slash, as it does."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"]

    def write(self, key: str, document: dict[str, Any]) -> None:
        """Write a JSON document, unless it is there already."""
        if self.read(key) != document:
            with _storage("PutObject"):
                self.s3.put_object(Bucket=self.bucket, Key=key, **_json_object(document))

    def write_once(self, key: str, document: dict[str, Any]) -> bool:
        """Write a JSON document where there is none; return whether it was written."""
        return self._write_if(key, document, {"IfNoneMatch": "*"}, HTTPStatus.PRECONDITION_FAILED)

    def replace(self, key: str, document: dict[str, Any], etag: str) -> bool:
        """Write a JSON document in place of a version; return whether that was still there."""
        gone = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND)
        return self._write_if(key, document, {"IfMatch": etag}, *gone)

    def write_bytes(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object."""
        with _storage("PutObject"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def write_file(self, key: str, path: Path, content_type: str) -> None:
        """Write a file."""
        with _storage("PutObject"), path.open("rb") as file:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType=content_type)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with _storage("DeleteObject"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def _pages(self, **arguments: Any) -> "Iterator[ListObjectsV2OutputTypeDef]":
        paginator = self.s3.get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=self.bucket, **arguments))
        while True:
            with _storage("ListObjectsV2"):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _get(self, key: str) -> tuple[bytes, str] | None:
        with _storage("GetObject"):
            try:
                response = self.s3.get_object(Bucket=self.bucket, Key=key)
                return response["Body"].read(), response["ETag"]
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise

    def _write_if(
        self, key: str, document: dict[str, Any], condition: dict[str, str], *unmet: HTTPStatus
    ) -> bool:
        """Write where a condition holds; a conflict does not say whether it does."""
        arguments: Any = {**condition, **_json_object(document)}
        n_tries = 0
        with _storage("PutObject"):
            while True:
                n_tries += 1
                try:
                    self.s3.put_object(Bucket=self.bucket, Key=key, **arguments)
                    return True
                except ClientError as error:
                    if _status(error) in unmet:
                        return False
                    if _status(error) != HTTPStatus.CONFLICT or n_tries == MAX_WRITES:
                        raise
                time.sleep(CONFLICT_PAUSE_S)


@dataclass(frozen=True)
class Queue:
    """The queue that the function is fed from, or that of the dead letters."""

    sqs: "SQSClient"
    url: str

    def send(self, body: str, delay_s: float) -> None:
        """Send a message that is seen after a delay, at most :data:`MAX_SQS_DELAY_S`."""
        with _storage("SendMessage"):
            self.sqs.send_message(
                QueueUrl=self.url,
                MessageBody=body,
                DelaySeconds=min(max(math.ceil(delay_s), 0), MAX_SQS_DELAY_S),
            )

    def retry_in(self, receipt_handle: str, delay_s: int) -> None:
        """Let a message that failed be seen again after a delay."""
        with _storage("ChangeMessageVisibility"):
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=delay_s
            )

    def receive(self, hidden_s: int) -> "list[MessageTypeDef]":
        """Return up to ten messages, and hide them for a while; none if the queue is empty."""
        with _storage("ReceiveMessage"):
            return self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=SQS_BATCH,
                MessageSystemAttributeNames=["SentTimestamp"],
                VisibilityTimeout=hidden_s,
                WaitTimeSeconds=1,  # asks all of SQS's servers, not some of them
            ).get("Messages", [])

    def show(self, receipt_handles: Sequence[str]) -> None:
        """Let messages that were received be seen again at once."""
        for first in range(0, len(receipt_handles), SQS_BATCH):
            batch = receipt_handles[first : first + SQS_BATCH]
            with _storage("ChangeMessageVisibilityBatch"):
                self.sqs.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for number, handle in enumerate(batch)
                    ],
                )

    def count(self) -> int:
        """Return how many messages there are, about, hidden ones included."""
        with _storage("GetQueueAttributes"):
            attributes = self.sqs.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        return sum(map(int, attributes.values()))


@dataclass(frozen=True)
class Topic:
    """The topic that is told of a report."""

    sns: "SNSClient"
    arn: str

    def publish(self, subject: str, text: str) -> None:
        """Send a message; it must name nobody."""
        with _storage("Publish"):
            self.sns.publish(TopicArn=self.arn, Subject=subject, Message=text)


def _json_object(document: dict[str, Any]) -> dict[str, Any]:
    return {"Body": to_json(document).encode(), "ContentType": "application/json"}
