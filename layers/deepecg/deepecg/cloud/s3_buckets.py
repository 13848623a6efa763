"""S3, SQS and SNS as the rest of this package sees them: few verbs, errors without keys."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deepecg.cloud.errors import storage_errors
from deepecg.outputs.json_files import to_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

COPY_BYTES = 1 << 20
"""A download holds this much in memory."""
MAX_KEY_BYTES = 1024
"""S3 has no longer keys."""
MAX_WRITES = 4
"""Of two conditional writes at once S3 may refuse one, which is to be tried again..."""
CONFLICT_PAUSE_S = 0.1
"""...after this."""


def folder_of(key: str) -> str:
    """Return the key of an object's folder: empty, or with a slash at its end."""
    return key[: key.rfind("/") + 1]


def without_suffix(key: str) -> str:
    """Return a key without the ending of its name."""
    return key.removesuffix(PurePosixPath(key).suffix)


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
        with storage_errors("HeadObject"):
            try:
                head = self.s3.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise
        return Part(key, head["ETag"], head["ContentLength"], head["LastModified"])

    def list_prefix(self, prefix: str) -> list[Part]:
        """Return the first thousand objects of one folder that begin so, in the order of keys."""
        with storage_errors("ListObjectsV2"):
            page = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        return [
            Part(item["Key"], item["ETag"], item["Size"], item["LastModified"])
            for item in page.get("Contents", [])
        ]

    def read(self, part: Part, max_bytes: int) -> bytes:
        """Return the beginning of an object; it must still be the version that was found."""
        with storage_errors("GetObject"):
            response = self.s3.get_object(Bucket=self.bucket, Key=part.key, IfMatch=part.etag)
            return response["Body"].read(max_bytes)

    def download(self, part: Part, path: Path) -> None:
        """Write an object to a file; it must still be the version that was found."""
        with storage_errors("GetObject"), path.open("wb") as file:
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
            with storage_errors("PutObject"):
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
        with storage_errors("PutObject"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def write_file(self, key: str, path: Path, content_type: str) -> None:
        """Write a file."""
        with storage_errors("PutObject"), path.open("rb") as file:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType=content_type)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with storage_errors("DeleteObject"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def _pages(self, **arguments: Any) -> "Iterator[ListObjectsV2OutputTypeDef]":
        paginator = self.s3.get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=self.bucket, **arguments))
        while True:
            with storage_errors("ListObjectsV2"):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _get(self, key: str) -> tuple[bytes, str] | None:
        with storage_errors("GetObject"):
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
        with storage_errors("PutObject"):
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


def _json_object(document: dict[str, Any]) -> dict[str, Any]:
    return {"Body": to_json(document).encode(), "ContentType": "application/json"}
