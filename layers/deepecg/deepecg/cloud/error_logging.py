"""Describes exceptions for the log without their messages, which may contain a patient's name."""

import logging
import traceback
from typing import Any

LIBRARIES_THAT_LOG_KEYS = ("boto3", "botocore", "mangum", "s3transfer", "urllib3")


def describe_failure(error: Exception) -> dict[str, Any]:
    """Return the class of an exception, its AWS error code, and the lines of its traceback."""
    return {
        "error": type(error).__name__,
        "error_code": getattr(error, "code", None),
        "error_path": [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ],
    }


def failure_code(error: Exception) -> str:
    """Return the AWS error code of an exception, or its class where it has none."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else type(error).__name__


def silence_libraries() -> None:
    """Disable the logs of libraries whose messages may contain the keys of uploads."""
    for name in LIBRARIES_THAT_LOG_KEYS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
