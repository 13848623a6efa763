"""Checks an upload form against the policy of its presigned POST, as S3 does.

See "POST policy" and "Conditions" in the Amazon S3 API reference. moto ignores the policy.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from deepecg.local_cloud.s3_error_response import S3Error

UNCHECKED_FIELDS = ("policy", "x-amz-signature", "file")
IGNORED_PREFIX = "x-ignore-"


@dataclass(frozen=True)
class Policy:
    """A policy document.

    Attributes
    ----------
    expires_at : datetime
        Forms are refused from this time on.
    exact : dict of str to str
        Required values of fields, by name in lower case.
    prefixes : dict of str to str
        Required prefixes of fields' values, by name in lower case.
    min_bytes, max_bytes : int or None
        Permitted size of the file; None if the policy sets no limit.
    """

    expires_at: datetime
    exact: dict[str, str]
    prefixes: dict[str, str]
    min_bytes: int | None = None
    max_bytes: int | None = None

    @classmethod
    def read(cls, encoded: str) -> Self:
        """Decode a form's field ``policy``.

        Raises
        ------
        S3Error
            If it is not a policy document.
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
        """Refuse an expired form, and one whose fields the policy does not permit.

        Raises
        ------
        S3Error
            If the policy has expired, a condition is not met, or a field has no condition.
        """
        if now >= self.expires_at:
            raise _not_allowed("Policy expired.")
        found = {**fields, "bucket": bucket}
        for name, value in self.exact.items():
            if found.get(name) != value:
                raise _not_allowed("Policy Condition failed.")
        for name, prefix in self.prefixes.items():
            if not found.get(name, "").startswith(prefix):
                raise _not_allowed("Policy Condition failed.")
        named = {*self.exact, *self.prefixes, *UNCHECKED_FIELDS, "bucket"}
        if any(name not in named and not name.startswith(IGNORED_PREFIX) for name in found):
            raise _not_allowed("Extra input fields.")

    def check_size(self, size_bytes: int) -> None:
        """Refuse a file whose size the policy does not permit.

        Raises
        ------
        S3Error
            If the file is too large or too small.
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
    """Return a policy's conditions as arguments of :class:`Policy`.

    Raises
    ------
    ValueError
        If a condition is of a kind that S3 does not define.
    """
    found: dict[str, Any] = {"exact": {}, "prefixes": {}}
    for condition in conditions:
        match condition:
            case dict() if all(isinstance(value, str) for value in condition.values()):
                found["exact"] |= {name.lower(): value for name, value in condition.items()}
            case ["eq", str(name), str(value)] if name.startswith("$"):
                found["exact"][name[1:].lower()] = value
            case ["starts-with", str(name), str(value)] if name.startswith("$"):
                found["prefixes"][name[1:].lower()] = value
            case ["content-length-range", int(low), int(high)]:
                found |= {"min_bytes": low, "max_bytes": high}
            case _:
                raise ValueError("unknown condition")
    return found
