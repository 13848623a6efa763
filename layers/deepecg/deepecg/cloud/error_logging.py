"""What may be said of an exception: its kind and place. Its message may name a patient."""

import logging
import traceback
from typing import Any

LIBRARIES_THAT_LOG_KEYS = ("boto3", "botocore", "mangum", "s3transfer", "urllib3")


def describe_failure(error: Exception) -> dict[str, Any]:
    """Return an exception's class, its service's error code, and the lines it passed through."""
    return {
        "error": type(error).__name__,
        "error_code": getattr(error, "code", None),
        "error_path": [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ],
    }


def failure_code(error: Exception) -> str:
    """Return the service's error code, or else the class of an exception."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else type(error).__name__


def silence_libraries() -> None:
    """Keep libraries, whose messages may hold the keys of uploads, out of the log."""
    for name in LIBRARIES_THAT_LOG_KEYS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
