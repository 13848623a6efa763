"""Checks presigned URLs and upload forms as S3 does: signature, expiry and the policy of a form.

Signatures are those of AWS Signature Version 4. For policies, see "POST policy" and "Conditions" in
the Amazon S3 API reference. moto accepts every signature and ignores policies. The emulated S3 has
to check them: it shares a host with the page, and only URLs that the API has issued may be used.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Self
from urllib.parse import parse_qsl

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4PostAuth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deepecg.local_cloud.s3_error_response import S3Error
from deepecg.time_units import SECONDS_PER_DAY

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_EXPIRES_S = 7 * SECONDS_PER_DAY
"""S3's limit for a presigned URL."""
UNCHECKED_FIELDS = ("policy", "x-amz-signature", "file")
IGNORED_PREFIX = "x-ignore-"


@dataclass(frozen=True)
class Signer:
    """Checks signatures made with these credentials for S3 in this region."""

    credentials: Credentials
    region: str

    def check_url(self, url: str, now: datetime) -> None:
        """Refuse a GET of a URL that was not presigned or has expired.

        Parameters
        ----------
        url : str
            The requested URL, with its host.
        now : datetime
            The present time in UTC.

        Raises
        ------
        S3Error
            If the URL has no valid signature or has expired.
        """
        path, _, query = url.partition("?")
        pairs = query.split("&")
        given = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
        unsigned = [pair for pair in pairs if not pair.startswith("X-Amz-Signature=")]
        request = AWSRequest("GET", f"{path}?{'&'.join(unsigned)}")
        request.context["timestamp"] = given.get("x-amz-date", "")
        try:
            signed_at = datetime.strptime(given["x-amz-date"], SIGV4_TIMESTAMP).replace(tzinfo=UTC)
            expires_s = int(given["x-amz-expires"])
        except (KeyError, ValueError) as error:
            raise S3Error(403, "AccessDenied", "The address is not presigned.") from error
        auth = S3SigV4QueryAuth(self.credentials, "s3", self.region)
        _refuse_other_signature(
            auth, request, auth.string_to_sign(request, auth.canonical_request(request)), given
        )
        if given.get("x-amz-signedheaders") != "host" or not 0 < expires_s <= MAX_EXPIRES_S:
            raise _wrong_signature()
        if now >= signed_at + timedelta(seconds=expires_s):
            raise S3Error(403, "AccessDenied", "Request has expired")

    def check_policy(self, fields: Mapping[str, str]) -> None:
        """Refuse a form whose policy is not signed by these credentials.

        Raises
        ------
        S3Error
            If the signature is missing or wrong.
        """
        request = AWSRequest("POST", "")
        request.context["timestamp"] = fields.get("x-amz-date", "")
        auth = S3SigV4PostAuth(self.credentials, "s3", self.region)
        _refuse_other_signature(auth, request, fields.get("policy", ""), fields)


def _refuse_other_signature(
    auth: SigV4Auth, request: AWSRequest, signed_text: str, given: Mapping[str, str]
) -> None:
    """Refuse parameters or fields that are not those of the signature of a text."""
    expected = auth.signature(signed_text, request)
    if (
        given.get("x-amz-algorithm") != ALGORITHM
        or given.get("x-amz-credential") != auth.scope(request)
        or not hmac.compare_digest(given.get("x-amz-signature", "").encode(), expected.encode())
    ):
        raise _wrong_signature()


def _wrong_signature() -> S3Error:
    return S3Error(403, "SignatureDoesNotMatch", "The signature does not match the request.")


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
    min_bytes, max_bytes : int or float
        Permitted size of the file; 0 and infinity if the policy sets no limit.
    """

    expires_at: datetime
    exact: dict[str, str]
    prefixes: dict[str, str]
    min_bytes: int = 0
    max_bytes: float = inf

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
        if not self.exact.items() <= found.items() or not all(
            found.get(name, "").startswith(prefix) for name, prefix in self.prefixes.items()
        ):
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
        if size_bytes > self.max_bytes:
            raise S3Error(
                400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."
            )
        if size_bytes < self.min_bytes:
            raise S3Error(
                400, "EntityTooSmall", "Your proposed upload is smaller than the minimum size."
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
