"""S3 and SQS as the rest of this package sees them: few verbs, and errors without keys in them."""

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from deepecg.cloud.errors import StorageError
from deepecg.documents import to_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

COPY_BYTES = 1 << 20
"""A download holds this much in memory."""
MAX_SQS_DELAY_S = 900
"""SQS delays a message no longer."""


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
    """

    key: str
    etag: str
    size: int

    @property
    def name(self) -> str:
        """The key without its folder."""
        return PurePosixPath(self.key).name


@dataclass(frozen=True)
class Uploads:
    """The uploads bucket, read only."""

    s3: "S3Client"
    bucket: str

    def find(self, key: str) -> Part | None:
        """Return the object as it is now, or None."""
        with _storage("HeadObject"):
            try:
                head = self.s3.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise
        return Part(key, head["ETag"], head["ContentLength"])

    def list_folder(self, folder: str) -> list[Part]:
        """Return the first thousand objects of a folder, in the order of their keys."""
        with _storage("ListObjectsV2"):
            page = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=folder, Delimiter="/")
        return [Part(item["Key"], item["ETag"], item["Size"]) for item in page.get("Contents", [])]

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
        with _storage("GetObject"):
            try:
                body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise
        document: dict[str, Any] = json.loads(body)
        return document

    def write(self, key: str, document: dict[str, Any]) -> None:
        """Write a JSON document, unless it is there already."""
        if self.read(key) != document:
            with _storage("PutObject"):
                self.s3.put_object(Bucket=self.bucket, Key=key, **_json_object(document))

    def write_once(self, key: str, document: dict[str, Any]) -> bool:
        """Write a JSON document where there is none; return whether it was written."""
        with _storage("PutObject"):
            try:
                self.s3.put_object(
                    Bucket=self.bucket, Key=key, IfNoneMatch="*", **_json_object(document)
                )
            except ClientError as error:
                if _status(error) == HTTPStatus.PRECONDITION_FAILED:
                    return False
                raise
        return True

    def write_file(self, key: str, path: Path) -> None:
        """Write a file."""
        with _storage("PutObject"), path.open("rb") as file:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=file)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with _storage("DeleteObject"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)


@dataclass(frozen=True)
class Queue:
    """The queue that the function is fed from."""

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


def _json_object(document: dict[str, Any]) -> dict[str, Any]:
    return {"Body": to_json(document).encode(), "ContentType": "application/json"}
