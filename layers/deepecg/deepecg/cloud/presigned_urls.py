"""Addresses that let their holder send or fetch one object, for a while, without further rights.

They are signed here (AWS Signature Version 4), with the credentials of whoever signs; no request
is sent. They end with those credentials where that is sooner.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_ORIGINS = 8
"""A server is called by few names; clients for further ones are made anew."""


@dataclass(frozen=True)
class PresignedPost:
    """What an HTML form needs to send one object.

    Attributes
    ----------
    url : str
        Where to.
    fields : dict of str to str
        To be sent before the file, each as it is.
    """

    url: str
    fields: dict[str, str]


class Presigner:
    """Signs addresses of objects.

    Parameters
    ----------
    public_endpoint : str or None
        Where callers reach S3: a URL; a path on the host that they call the API by; None for
        AWS's own endpoint of the region.
    session : boto3.Session, optional
        Whose credentials and region are used. Nobody else may make clients of it later.
    """

    def __init__(
        self, public_endpoint: str | None = None, session: boto3.Session | None = None
    ) -> None:
        self._session = session or boto3.Session()
        self._making = Lock()  # a session makes one client at a time
        self._path = public_endpoint if (public_endpoint or "").startswith("/") else None
        self._client = self._connect(None if self._path else public_endpoint)
        self._connect_to_origin = lru_cache(MAX_ORIGINS)(self._connect)

    def post(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str,
        size_bytes: int,
        expires_in: timedelta,
        origin: str,
    ) -> PresignedPost:
        """Return a form that takes one object: this key, this type, this size.

        Parameters
        ----------
        bucket, key : str
            Where the object goes.
        content_type : str
            What the form must say it is.
        size_bytes : int
            What it must have.
        expires_in : timedelta
            How long S3 takes it.
        origin : str
            Scheme and host that the caller calls the API by.
        """
        signed = self._for(origin).generate_presigned_post(
            bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[
                {"Content-Type": content_type},
                ["content-length-range", size_bytes, size_bytes],
            ],
            ExpiresIn=int(expires_in.total_seconds()),
        )
        return PresignedPost(signed["url"], signed["fields"])

    def get(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str,
        disposition: str,
        expires_in: timedelta,
        origin: str,
    ) -> str:
        """Return an address that gives one object.

        Parameters
        ----------
        bucket, key : str
            The object.
        content_type, disposition : str
            What S3 says of it: ``Content-Type`` and ``Content-Disposition``.
        expires_in : timedelta
            How long it is given.
        origin : str
            Scheme and host that the caller calls the API by.
        """
        return self._for(origin).generate_presigned_url(
            "get_object",
            Params={
                "Bucket": bucket,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=int(expires_in.total_seconds()),
        )

    def _for(self, origin: str) -> "S3Client":
        if self._path is None:
            return self._client
        return self._connect_to_origin(origin + self._path)

    def _connect(self, endpoint: str | None) -> "S3Client":
        # The bucket as part of the host's name is that of its own region; without it, a bucket
        # outside us-east-1 answers with a redirect for its first hours, which a form cannot follow.
        config = Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "path" if endpoint else "virtual",
                "us_east_1_regional_endpoint": "regional",
            },
        )
        with self._making:
            return self._session.client("s3", endpoint_url=endpoint, config=config)
