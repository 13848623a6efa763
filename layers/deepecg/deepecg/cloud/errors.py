"""Errors of the AWS application. Their messages contain no key, bucket name or path."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from deepecg.errors import HolterError, RefusedRecordingError


class StorageError(Exception):
    """A request to S3, SQS or SNS failed, and may succeed later.

    Attributes
    ----------
    code : str
        The service's error code, such as ``SlowDown``, or the class of a network error.
    """

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation} failed: {code}")
        self.code = code


class UnknownMessageError(Exception):
    """A message of the queue is neither an S3 notification nor a re-check."""


class UnknownRequestError(HolterError):
    """An event for the nightly report has neither a date nor a scheduled time."""


class TooManyPartsError(RefusedRecordingError, code="too_many_parts"):
    """The WFDB record has more files than are supported."""


class BadSettingsError(RefusedRecordingError, code="bad_settings"):
    """The settings file of the recording, or of its folder, is invalid."""


@contextmanager
def storage_errors(operation: str) -> Iterator[None]:
    """Replace botocore's errors, whose messages may contain keys, by :class:`StorageError`."""
    try:
        yield
    except ClientError as error:
        raise StorageError(operation, error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise StorageError(operation, type(error).__name__) from None
