"""The clients of AWS: one function for each service, one place for their retries and time-outs.

A client is thread-safe and is made once for each execution environment.
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

DEFAULT_CONNECTIONS = 10
"""Connections that a client keeps open, botocore's own default."""

BACKGROUND = Config(
    # No caller waits: five attempts with botocore's pauses between them outlast a short throttling.
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
)
"""Of the functions that a queue or a schedule calls; time-outs are in seconds."""
INTERACTIVE = Config(
    # With botocore's pauses of at most 1 and 2 s, three attempts take at most 21 s, so that the API
    # answers with an error before its function times out after 29 s.
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=2,
    read_timeout=4,
)
"""Of the API, whose callers wait for the answer; time-outs are in seconds."""


def s3_client(
    session: boto3.Session | None = None,
    *,
    config: Config = BACKGROUND,
    connections: int = DEFAULT_CONNECTIONS,
) -> "S3Client":
    """Return a client of S3.

    Parameters
    ----------
    session : boto3.Session, optional
        Source of credentials and region. A session reads the description of S3 once, which takes
        0.2 s; it must not make two clients at the same time.
    config : Config, optional
        :data:`BACKGROUND` or :data:`INTERACTIVE`.
    connections : int, optional
        Number of threads that use the client at the same time.
    """
    pool = Config(max_pool_connections=connections)
    return (session or boto3).client("s3", config=config.merge(pool))


def signing_client(session: boto3.Session, endpoint: str | None) -> "S3Client":
    """Return a client of S3 that signs URLs (AWS Signature Version 4) and sends no request.

    Parameters
    ----------
    session : boto3.Session
        Source of credentials and region. It must not make two clients at the same time.
    endpoint : str or None
        URL of S3 as the holders of the signed URLs reach it; None for AWS's own.
    """
    # Virtual addressing puts the bucket into the regional host name. Without the region, S3 answers
    # for a new bucket outside us-east-1 with a redirect, which an HTML form cannot follow.
    config = Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "path" if endpoint else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
    )
    return session.client("s3", endpoint_url=endpoint, config=config)


def sqs_client() -> "SQSClient":
    """Return a client of SQS."""
    return boto3.client("sqs", config=BACKGROUND)


def sns_client() -> "SNSClient":
    """Return a client of SNS."""
    return boto3.client("sns", config=BACKGROUND)
