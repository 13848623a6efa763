"""Checks the signatures of presigned addresses and forms (AWS Signature Version 4).

moto accepts every signature. The emulated S3 has to check them: it shares a host with the page, and
only addresses that the API has issued may be used.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deepecg.local_cloud.s3_error_response import S3Error

ALGORITHM = "AWS4-HMAC-SHA256"
SIGNATURE = "X-Amz-Signature"
MAX_EXPIRES_S = 7 * 24 * 3600
"""The longest validity that S3 accepts for a presigned address: 7 days."""


@dataclass(frozen=True)
class Signer:
    """Checks signatures made with these credentials for S3 in this region."""

    credentials: Credentials
    region: str

    def check_address(self, url: str, now: datetime) -> None:
        """Refuse a GET of an address that was not presigned or has expired.

        Parameters
        ----------
        url : str
            The requested address, with its host.
        now : datetime
            The present time in UTC.

        Raises
        ------
        S3Error
            If the address has no valid signature or has expired.
        """
        path, _, query = url.partition("?")
        pairs = query.split("&")
        given = dict(parse_qsl(query, keep_blank_values=True))
        unsigned = [pair for pair in pairs if not pair.startswith(f"{SIGNATURE}=")]
        request = AWSRequest("GET", f"{path}?{'&'.join(unsigned)}")
        request.context["timestamp"] = given.get("X-Amz-Date", "")
        try:
            signed_at = datetime.strptime(given["X-Amz-Date"], SIGV4_TIMESTAMP).replace(tzinfo=UTC)
            expires_s = int(given["X-Amz-Expires"])
        except (KeyError, ValueError) as error:
            raise S3Error(403, "AccessDenied", "The address is not presigned.") from error
        auth = S3SigV4QueryAuth(self.credentials, "s3", self.region)
        expected = auth.signature(
            auth.string_to_sign(request, auth.canonical_request(request)), request
        )
        is_valid = (
            given.get("X-Amz-Algorithm") == ALGORITHM
            and given.get("X-Amz-SignedHeaders") == "host"
            and given.get("X-Amz-Credential") == auth.scope(request)
            and hmac.compare_digest(given.get(SIGNATURE, "").encode(), expected.encode())
        )
        if not is_valid or not 0 < expires_s <= MAX_EXPIRES_S:
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
        expected = auth.signature(fields.get("policy", ""), request)
        is_valid = (
            fields.get("x-amz-algorithm") == ALGORITHM
            and fields.get("x-amz-credential") == auth.scope(request)
            and hmac.compare_digest(fields.get("x-amz-signature", "").encode(), expected.encode())
        )
        if not is_valid:
            raise _wrong_signature()


def _wrong_signature() -> S3Error:
    return S3Error(403, "SignatureDoesNotMatch", "The signature does not match the request.")
