"""What a presigned POST allows: its policy document, judged as S3 judges it.

See "POST policy" and "Conditions" in the Amazon S3 API reference. moto does not look at it; what
passes here would pass there.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from deepecg.local_cloud.s3_error import S3Error

UNCHECKED_FIELDS = ("policy", "x-amz-signature", "file")
IGNORED_PREFIX = "x-ignore-"


@dataclass(frozen=True)
class Policy:
    """A policy document.

    Attributes
    ----------
    expires_at : datetime
        From then on nothing passes.
    exact : dict of str to str
        Values that fields have to have, by name in lower case.
    beginnings : dict of str to str
        What fields' values have to begin with.
    min_bytes, max_bytes : int or None
        Length of the file; None where the policy says nothing.
    """

    expires_at: datetime
    exact: dict[str, str]
    beginnings: dict[str, str]
    min_bytes: int | None = None
    max_bytes: int | None = None

    @classmethod
    def read(cls, encoded: str) -> Self:
        """Read a form's field ``policy``.

        Raises
        ------
        S3Error
            If it is none.
        """
        try:
            document = json.loads(base64.b64decode(encoded, validate=True))
            expires_at = datetime.fromisoformat(document["expiration"])
            if expires_at.tzinfo is None:
                raise ValueError("no time zone")
            return cls(expires_at, **_conditions(document["conditions"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise S3Error(
                400, "InvalidPolicyDocument", "Invalid Policy: it cannot be read."
            ) from error

    def check_fields(self, fields: Mapping[str, str], bucket: str, now: datetime) -> None:
        """Refuse what is late, or has other fields than the policy names.

        Raises
        ------
        S3Error
            If so.
        """
        if now >= self.expires_at:
            raise _not_allowed("Policy expired.")
        found = {**fields, "bucket": bucket}
        for name, value in self.exact.items():
            if found.get(name) != value:
                raise _not_allowed("Policy Condition failed.")
        for name, beginning in self.beginnings.items():
            if not found.get(name, "").startswith(beginning):
                raise _not_allowed("Policy Condition failed.")
        named = {*self.exact, *self.beginnings, *UNCHECKED_FIELDS, "bucket"}
        if any(name not in named and not name.startswith(IGNORED_PREFIX) for name in found):
            raise _not_allowed("Extra input fields.")

    def check_size(self, size_bytes: int) -> None:
        """Refuse a file of another length than the policy names.

        Raises
        ------
        S3Error
            If so.
        """
        if self.max_bytes is not None and size_bytes > self.max_bytes:
            raise S3Error(
                400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."
            )
        if self.min_bytes is not None and size_bytes < self.min_bytes:
            raise S3Error(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum size.",
            )


def _not_allowed(why: str) -> S3Error:
    return S3Error(403, "AccessDenied", f"Invalid according to Policy: {why}")


def _conditions(conditions: list[Any]) -> dict[str, Any]:
    """Return a policy's conditions by their kind.

    Raises
    ------
    ValueError
        If there is one of a kind that S3 does not know.
    """
    found: dict[str, Any] = {"exact": {}, "beginnings": {}}
    for condition in conditions:
        match condition:
            case dict() if all(isinstance(value, str) for value in condition.values()):
                found["exact"] |= {name.lower(): value for name, value in condition.items()}
            case ["eq", str(name), str(value)] if name.startswith("$"):
                found["exact"][name[1:].lower()] = value
            case ["starts-with", str(name), str(value)] if name.startswith("$"):
                found["beginnings"][name[1:].lower()] = value
            case ["content-length-range", int(low), int(high)]:
                found |= {"min_bytes": low, "max_bytes": high}
            case _:
                raise ValueError("unknown condition")
    return found
