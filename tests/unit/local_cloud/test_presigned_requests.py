"""Signatures and policies of presigned requests, by the examples and rules of S3's documents."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials

from deepecg.local_cloud.presigned_requests import Policy, Signer
from deepecg.local_cloud.s3_error_response import S3Error

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIELDS = {"key": "api/x/y.edf", "content-type": "application/octet-stream", "policy": ""}

# Credentials, address and signature of the example in "Authenticating Requests: Using Query
# Parameters", Amazon S3 API reference.
EXAMPLE_SIGNER = Signer(
    Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "us-east-1"
)
EXAMPLE = (
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)
SIGNED_AT = datetime(2013, 5, 24, tzinfo=UTC)


def policy(*conditions: Any, expiration: str = "2026-11-22T12:00:01Z") -> Policy:
    document = {"expiration": expiration, "conditions": list(conditions)}
    return Policy.read(base64.b64encode(json.dumps(document).encode()).decode())


def refused(call: Callable[..., None], *arguments: Any) -> str:
    with pytest.raises(S3Error) as caught:
        call(*arguments)
    return caught.value.code


def test_the_address_of_s3s_example_is_accepted_until_it_expires() -> None:
    EXAMPLE_SIGNER.check_url(EXAMPLE, SIGNED_AT)
    last = SIGNED_AT + timedelta(seconds=86400)
    EXAMPLE_SIGNER.check_url(EXAMPLE, last - timedelta(seconds=1))
    assert refused(EXAMPLE_SIGNER.check_url, EXAMPLE, last) == "AccessDenied"


@pytest.mark.parametrize(
    ("signed", "other"),
    [
        ("test.txt", "test.TXT"),
        ("examplebucket.", "examplebucket2."),
        ("Expires=86400", "Expires=86401"),
        ("20130524T000000Z", "20130524T000001Z"),
        ("us-east-1", "us-east-2"),
        ("&X-Amz-SignedHeaders", "&response-content-type=text%2Fhtml&X-Amz-SignedHeaders"),
        ("4d404", "4d405"),
    ],
)
def test_a_changed_address_is_refused(signed: str, other: str) -> None:
    found = refused(EXAMPLE_SIGNER.check_url, EXAMPLE.replace(signed, other), SIGNED_AT)
    assert found == "SignatureDoesNotMatch"


@pytest.mark.parametrize("query", ["", "?", "?X-Amz-Date=x", "?X-Amz-Signature=x"])
def test_an_address_without_a_signature_is_refused(query: str) -> None:
    url = f"https://examplebucket.s3.amazonaws.com/test.txt{query}"
    assert refused(EXAMPLE_SIGNER.check_url, url, SIGNED_AT) == "AccessDenied"


EXACT = (
    {"bucket": "uploads"},
    {"Content-Type": "application/octet-stream"},
    ["eq", "$key", "api/x/y.edf"],
)


def test_a_form_that_meets_its_policy_is_accepted() -> None:
    policy(*EXACT).check_fields(FIELDS, "uploads", NOW)
    policy({"bucket": "uploads"}, ["starts-with", "$key", "api/"], *EXACT[1:2]).check_fields(
        {**FIELDS, "x-ignore-this": "1"}, "uploads", NOW
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "api/x/z.edf"},
        {"content-type": "text/html"},
        {"acl": "public-read"},
        {"key": ""},
    ],
)
def test_a_form_that_violates_its_policy_is_refused(fields: dict[str, str]) -> None:
    check = policy(*EXACT).check_fields
    assert refused(check, {**FIELDS, **fields}, "uploads", NOW) == "AccessDenied"
    assert refused(check, FIELDS, "results", NOW) == "AccessDenied"


def test_an_expired_policy_is_refused() -> None:
    check = policy(*EXACT).check_fields
    late = NOW + timedelta(seconds=1)
    assert refused(check, FIELDS, "uploads", late) == "AccessDenied"


def test_a_files_size_is_within_the_policys_limits() -> None:
    limits = policy(["content-length-range", 10, 20])
    limits.check_size(10)
    limits.check_size(20)
    assert refused(limits.check_size, 9) == "EntityTooSmall"
    assert refused(limits.check_size, 21) == "EntityTooLarge"


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        b'{"conditions": []}',
        b'{"expiration": "2026-11-22T12:00:01", "conditions": []}',
        b'{"expiration": "2026-11-22T12:00:01Z", "conditions": [3]}',
        b'{"expiration": "2026-11-22T12:00:01Z", "conditions": [["le"]]}',
    ],
)
def test_a_policy_that_cannot_be_parsed_is_refused(document: bytes) -> None:
    assert refused(Policy.read, base64.b64encode(document).decode()) == "InvalidPolicyDocument"
    assert refused(Policy.read, document.decode()) == "InvalidPolicyDocument"
