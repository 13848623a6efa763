"""What can go wrong between the buckets. No message ever holds a key, a bucket's name or a path."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from deepecg.errors import HolterError, RefusedRecordingError


class StorageError(Exception):
    """S3 or SQS did not do what was asked, and may do it later.

    Attributes
    ----------
    code : str
        The service's own error code, such as ``SlowDown``, or the class of a network failure.
    """

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation} failed: {code}")
        self.code = code


class UnknownMessageError(Exception):
    """The queue holds a message that neither S3 nor this function sends."""


class UnknownRequestError(HolterError):
    """The nightly report is asked for by neither a date nor a schedule."""


class SameNameTwiceError(HolterError):
    """Two files of a recording cannot be told apart by their names."""


class TooLargeError(RefusedRecordingError):
    """The recording does not fit into the function's temporary storage."""

    code: ClassVar[str] = "too_large"


class TooManyPartsError(RefusedRecordingError):
    """The record is made of more files than are looked for."""

    code: ClassVar[str] = "too_many_parts"


class BadSettingsError(RefusedRecordingError):
    """The study file beside the recording cannot be read."""

    code: ClassVar[str] = "bad_settings"


@contextmanager
def storage_errors(operation: str) -> Iterator[None]:
    """Turn what botocore raises, whose messages may hold keys, into a :class:`StorageError`."""
    try:
        yield
    except ClientError as error:
        raise StorageError(operation, error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise StorageError(operation, type(error).__name__) from None
