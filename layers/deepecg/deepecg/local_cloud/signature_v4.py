"""Whether this software signed an address or a form (AWS Signature Version 4).

moto takes every signature. Here page and storage share a host, so that only what the API has
handed out may be fetched.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deepecg.local_cloud.s3_error import S3Error
from deepecg.units import SECONDS_PER_DAY

ALGORITHM = "AWS4-HMAC-SHA256"
SIGNATURE = "X-Amz-Signature"
MAX_EXPIRES_S = 7 * SECONDS_PER_DAY
"""S3's limit for a presigned address."""


@dataclass(frozen=True)
class Signer:
    """Checks what was signed with these credentials for S3 in this region."""

    credentials: Credentials
    region: str

    def check_address(self, url: str, now: datetime) -> None:
        """Refuse a GET of an address that was not presigned, or whose time is over.

        Parameters
        ----------
        url : str
            As it was asked for, with its host.
        now : datetime
            The time, in UTC.

        Raises
        ------
        S3Error
            If so.
        """
        path, _, query = url.partition("?")
        pairs = query.split("&")
        given = dict(parse_qsl(query, keep_blank_values=True))
        unsigned = [pair for pair in pairs if not pair.startswith(f"{SIGNATURE}=")]
        request = AWSRequest("GET", f"{path}?{'&'.join(unsigned)}")
        request.context["timestamp"] = given.get("X-Amz-Date", "")
        try:
            signed_at = datetime.strptime(given["X-Amz-Date"], SIGV4_TIMESTAMP).replace(tzinfo=UTC)
            lasts_s = int(given["X-Amz-Expires"])
        except (KeyError, ValueError) as error:
            raise S3Error(403, "AccessDenied", "The address is not presigned.") from error
        auth = S3SigV4QueryAuth(self.credentials, "s3", self.region)
        expected = auth.signature(
            auth.string_to_sign(request, auth.canonical_request(request)), request
        )
        is_ours = (
            given.get("X-Amz-Algorithm") == ALGORITHM
            and given.get("X-Amz-SignedHeaders") == "host"
            and given.get("X-Amz-Credential") == auth.scope(request)
            and hmac.compare_digest(given.get(SIGNATURE, "").encode(), expected.encode())
        )
        if not is_ours or not 0 < lasts_s <= MAX_EXPIRES_S:
            raise _other_signature()
        if now >= signed_at + timedelta(seconds=lasts_s):
            raise S3Error(403, "AccessDenied", "Request has expired")

    def check_policy(self, fields: Mapping[str, str]) -> None:
        """Refuse a form whose policy was not signed.

        Raises
        ------
        S3Error
            If so.
        """
        request = AWSRequest("POST", "")
        request.context["timestamp"] = fields.get("x-amz-date", "")
        auth = S3SigV4PostAuth(self.credentials, "s3", self.region)
        expected = auth.signature(fields.get("policy", ""), request)
        is_ours = (
            fields.get("x-amz-algorithm") == ALGORITHM
            and fields.get("x-amz-credential") == auth.scope(request)
            and hmac.compare_digest(fields.get("x-amz-signature", "").encode(), expected.encode())
        )
        if not is_ours:
            raise _other_signature()


def _other_signature() -> S3Error:
    return S3Error(403, "SignatureDoesNotMatch", "The signature is not that of the request.")
