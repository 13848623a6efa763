"""The uploads and the results bucket, with errors that contain no keys."""

import json
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from deepecg.cloud.aws_clients import DEFAULT_CONNECTIONS
from deepecg.cloud.errors import storage_errors
from deepecg.outputs.json_documents import Document, to_json
from deepecg.readers.formats import recording_stem

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

T = TypeVar("T")

JSON = "application/json"
COPY_BYTES = 1 << 20
"""Bytes of a download that are in memory at a time."""
MAX_CACHED_BYTES = 8192
"""Size of the largest object that is cached: a segment header of 12 leads has about 1,000 bytes."""
MAX_CACHED_OBJECTS = 10_000
"""Number of objects in the cache, which takes at most 82 MB: the headers of two 14-day recordings
in segments of 5 minutes."""
MAX_WRITE_ATTEMPTS = 4
"""Attempts of a conditional write: S3 may refuse both of two that come at the same time."""
CONFLICT_PAUSE_S = 0.1
"""Pause between these attempts in seconds."""
MISSING_UPLOAD = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)
"""S3's answers for a missing upload: 403 to those who may not list the bucket, as the API."""


def folder_of(key: str) -> str:
    """Return the folder of an object: empty, or with a slash at its end."""
    return key[: key.rfind("/") + 1]


def without_suffix(key: str) -> str:
    """Return a key without the suffix of its name: ``folder/x`` for ``folder/x.edf.gz``."""
    return recording_stem(key)


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _if_found(operation: str, request: Callable[[], T], *missing: HTTPStatus) -> T | None:
    """Return what a request returns, or None where S3 answers that there is no such object."""
    with storage_errors(operation):
        try:
            return request()
        except ClientError as error:
            if _status(error) in missing:
                return None
            raise


def _get(
    s3: "S3Client", bucket: str, key: str, *missing: HTTPStatus, max_bytes: int | None = None
) -> tuple[bytes, str] | None:
    """Return an object, or its first bytes, with its ETag; None where there is none."""

    def get() -> tuple[bytes, str]:
        response = s3.get_object(Bucket=bucket, Key=key)
        return response["Body"].read(max_bytes), response["ETag"]

    return _if_found("GetObject", get, *missing)


def _put_if(
    s3: "S3Client",
    bucket: str,
    key: str,
    body: bytes,
    condition: dict[str, str],
    *unmet: HTTPStatus,
) -> str | None:
    """Write JSON if a condition holds, which a conflict leaves open; return its ETag, or None."""
    arguments: Any = {**condition, "Body": body, "ContentType": JSON}
    with storage_errors("PutObject"):
        for n_left in reversed(range(MAX_WRITE_ATTEMPTS)):
            try:
                return s3.put_object(Bucket=bucket, Key=key, **arguments)["ETag"]
            except ClientError as error:
                if _status(error) in unmet:
                    return None
                if _status(error) != HTTPStatus.CONFLICT or not n_left:
                    raise
            time.sleep(CONFLICT_PAUSE_S)
    raise AssertionError("the last attempt returns or raises")


def _pages(
    s3: "S3Client", bucket: str, prefix: str, delimiter: str = ""
) -> "Iterator[ListObjectsV2OutputTypeDef]":
    """Yield all pages of a LIST, up to 1,000 objects each."""
    paginator = s3.get_paginator("list_objects_v2")
    with storage_errors("ListObjectsV2"):
        yield from paginator.paginate(Bucket=bucket, Prefix=prefix, Delimiter=delimiter)


@dataclass(frozen=True)
class Part:
    """One uploaded object.

    Attributes
    ----------
    key : str
        Its key. It may contain a patient's name: it is never logged nor written elsewhere.
    etag : str
        S3's identifier of the content.
    size : int
        Size in bytes.
    modified : datetime
        Time of the upload, to the second. The same content uploaded again compares equal.
    named : str or None
        Its name in the header of its record; None where no header names it.
    """

    key: str
    etag: str
    size: int
    modified: datetime = field(compare=False)
    named: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Its name in the header of its record, or else its key without the folder."""
        return self.named or PurePosixPath(self.key).name


@dataclass(frozen=True)
class Uploads:
    """The uploads bucket: read, but for notes of keys and reviews.

    One object serves all messages of an execution environment.
    """

    s3: "S3Client"
    bucket: str
    _cache: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    def pages(self, prefix: str) -> Iterator[tuple[list[Part], bool]]:
        """Yield the objects of one folder whose keys begin with a prefix, page by page.

        Yields
        ------
        list of Part
            Up to 1,000 objects, in the order of their keys.
        bool
            Whether this is the last page.
        """
        for page in _pages(self.s3, self.bucket, prefix, delimiter="/"):
            parts = [
                Part(item["Key"], item["ETag"], item["Size"], item["LastModified"])
                for item in page.get("Contents", [])
            ]
            yield parts, not page["IsTruncated"]

    def read(self, part: Part, max_bytes: int) -> bytes:
        """Return the first bytes of an object; fails if it is no longer the listed version."""
        with storage_errors("GetObject"):
            response = self.s3.get_object(Bucket=self.bucket, Key=part.key, IfMatch=part.etag)
            return response["Body"].read(max_bytes)

    def read_cached(self, part: Part, max_bytes: int) -> bytes:
        """Return the first bytes of an object; a small one is read once for each version.

        A recording of n segments sends 2 n messages, and each of them needs the n segment headers.
        """
        version = (part.key, part.etag)
        content = self._cache.get(version)
        if content is None:
            content = self.read(part, max_bytes)
            if len(content) <= MAX_CACHED_BYTES:
                if len(self._cache) >= MAX_CACHED_OBJECTS:
                    self._cache.clear()
                self._cache[version] = content
        return content

    def download(self, part: Part, path: Path) -> None:
        """Write an object to a file; fails if it is no longer the listed version."""
        with storage_errors("GetObject"), path.open("wb") as file:
            response = self.s3.get_object(Bucket=self.bucket, Key=part.key, IfMatch=part.etag)
            shutil.copyfileobj(response["Body"], file, COPY_BYTES)

    def read_version(self, key: str, max_bytes: int) -> tuple[bytes, str] | None:
        """Return the first bytes of an object with its ETag, or None where there is none."""
        return _get(self.s3, self.bucket, key, *MISSING_UPLOAD, max_bytes=max_bytes)

    def write_if(self, key: str, body: bytes, etag: str | None) -> str | None:
        """Write a JSON object in place of one version, or of none, and return its ETag.

        Returns None, and writes nothing, if there is another version by now, or none.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        unmet = (HTTPStatus.PRECONDITION_FAILED, *(MISSING_UPLOAD if etag is not None else ()))
        return _put_if(self.s3, self.bucket, key, body, condition, *unmet)


@dataclass(frozen=True)
class Results:
    """The results bucket."""

    s3: "S3Client"
    bucket: str

    def exists(self, key: str) -> bool:
        """Return whether there is an object of this key."""
        head = partial(self.s3.head_object, Bucket=self.bucket, Key=key)
        return _if_found("HeadObject", head, HTTPStatus.NOT_FOUND) is not None

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a JSON document, or None where there is none."""
        found = self.read_version(key)
        return found[0] if found else None

    def read_version(self, key: str) -> tuple[dict[str, Any], str] | None:
        """Return a JSON document with its ETag, or None where there is none."""
        found = _get(self.s3, self.bucket, key, HTTPStatus.NOT_FOUND)
        return (json.loads(found[0]), found[1]) if found else None

    def read_bytes(self, key: str) -> bytes | None:
        """Return an object, or None where there is none."""
        found = _get(self.s3, self.bucket, key, HTTPStatus.NOT_FOUND)
        return found[0] if found else None

    def read_many(
        self, keys: Iterable[str], connections: int = DEFAULT_CONNECTIONS
    ) -> Iterator[tuple[str, bytes | None]]:
        """Yield each key with its object, or with None where there is none, in the given order.

        Parameters
        ----------
        keys : iterable of str
            It is consumed only as far as the objects are: memory does not grow with their number.
        connections : int, optional
            Objects that are read at the same time, at most as many as the client has connections.
        """
        pending: deque[tuple[str, Future[bytes | None]]] = deque()
        with ThreadPoolExecutor(connections) as pool:
            try:
                for key in keys:
                    pending.append((key, pool.submit(self.read_bytes, key)))
                    if len(pending) == 4 * connections:
                        first, future = pending.popleft()
                        yield first, future.result()
                for first, future in pending:
                    yield first, future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in their order."""
        for key, _ in self.times(prefix):
            yield key

    def times(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield the keys that begin with a prefix, each with the time of its last write."""
        for page in _pages(self.s3, self.bucket, prefix):
            for item in page.get("Contents", []):
                yield item["Key"], item["LastModified"]

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the folders right below a prefix; both end with a slash."""
        for page in _pages(self.s3, self.bucket, prefix, delimiter="/"):
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"]

    def write(self, key: str, document: dict[str, Any]) -> None:
        """Write a JSON document."""
        self.write_bytes(key, to_json(document).encode(), JSON)

    def write_once(self, key: str, document: Document) -> bool:
        """Write a JSON document where there is none; return whether it was written."""
        return self._write_if(key, document, {"IfNoneMatch": "*"}, HTTPStatus.PRECONDITION_FAILED)

    def replace(self, key: str, document: dict[str, Any], etag: str) -> bool:
        """Write a JSON document in place of one version; return whether it was still there."""
        gone = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND)
        return self._write_if(key, document, {"IfMatch": etag}, *gone)

    def write_bytes(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object."""
        with storage_errors("PutObject"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with storage_errors("DeleteObject"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def _write_if(
        self, key: str, document: Document, condition: dict[str, str], *unmet: HTTPStatus
    ) -> bool:
        """Write if a condition holds; return whether it did."""
        body = to_json(document).encode()
        return _put_if(self.s3, self.bucket, key, body, condition, *unmet) is not None
