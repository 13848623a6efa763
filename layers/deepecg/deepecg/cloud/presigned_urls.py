"""Presigned URLs: their holder may send or fetch one object for a limited time.

They are signed without a request (AWS Signature Version 4). They expire with the credentials that
signed them, where that is sooner.
"""

from datetime import timedelta
from functools import lru_cache
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3

from deepecg.cloud.aws_clients import signing_client
from deepecg.readers.formats import FORMATS, GZIP_SUFFIX, ZIP_SUFFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORM_VALID_FOR = timedelta(hours=1)
"""Time for which a form is accepted: the largest file, 4 GiB, takes an hour at 10 Mbit/s."""
URL_VALID_FOR = timedelta(minutes=5)
"""Validity of a URL: long enough to start a download, too short to be passed on by mistake."""
CONTENT_TYPES = {suffix: item.content_type for item in FORMATS for suffix in item.suffixes} | {
    ".json": "application/json",
    GZIP_SUFFIX: "application/gzip",
    ZIP_SUFFIX: "application/zip",
}
"""Media type of an upload by the suffix of its key."""
OTHER_CONTENT_TYPE = "application/octet-stream"
"""Media type of signal files and of files with another suffix."""
MAX_ORIGINS = 8
"""Clients that are kept, one for each host name by which callers reach the API."""


class Presigner:
    """Signs URLs of objects.

    Parameters
    ----------
    public_endpoint : str or None
        S3 as callers reach it: a URL; a path on the API's own host; None for AWS's endpoint of the
        region.
    session : boto3.Session, optional
        Source of credentials and region. No other code may make clients with it later.
    """

    def __init__(
        self, public_endpoint: str | None = None, session: boto3.Session | None = None
    ) -> None:
        self._session = session or boto3.Session()
        self._making = Lock()  # a session makes one client at a time
        self._path = public_endpoint if (public_endpoint or "").startswith("/") else None
        self._client = self._connect(None if self._path else public_endpoint)
        self._connect_to_url = lru_cache(MAX_ORIGINS)(self._connect)

    def post(self, bucket: str, key: str, *, size_bytes: int, origin: str) -> dict[str, Any]:
        """Return ``url`` and ``fields`` of a form that sends one object to S3.

        S3 accepts only an object of the given key and size, with the content type of its suffix.

        Parameters
        ----------
        bucket, key : str
            The object.
        size_bytes : int
            Size in bytes that the object must have.
        origin : str
            Scheme and host by which the caller reaches the API.
        """
        content_type = CONTENT_TYPES.get(PurePosixPath(key).suffix, OTHER_CONTENT_TYPE)
        return self._for(origin).generate_presigned_post(
            bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[
                {"Content-Type": content_type},
                ["content-length-range", size_bytes, size_bytes],
            ],
            ExpiresIn=int(FORM_VALID_FOR.total_seconds()),
        )

    def get(self, bucket: str, key: str, *, disposition: str, origin: str) -> str:
        """Return a URL that fetches one object, with the content type it was written with.

        Parameters
        ----------
        bucket, key : str
            The object.
        disposition : str
            ``Content-Disposition`` of S3's response.
        origin : str
            Scheme and host by which the caller reaches the API.
        """
        return self._for(origin).generate_presigned_url(
            "get_object",
            Params={
                "Bucket": bucket,
                "Key": key,
                "ResponseContentDisposition": disposition,
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=int(URL_VALID_FOR.total_seconds()),
        )

    def _for(self, origin: str) -> "S3Client":
        if self._path is None:
            return self._client
        return self._connect_to_url(origin + self._path)

    def _connect(self, endpoint: str | None) -> "S3Client":
        with self._making:
            return signing_client(self._session, endpoint)
