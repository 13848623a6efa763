"""Signed addresses: where they lead, and the signature as AWS's documentation computes it.

References
----------
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from deepecg.cloud.presigned_urls import Presigner

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ORIGIN = "http://localhost:8000"


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "token",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    return "eu-central-1"


def post(presigner: Presigner, origin: str = ORIGIN) -> dict[str, Any]:
    return presigner.post(
        "uploads",
        "api/a/b.hea",
        size_bytes=143,
        origin=origin,
    )


def get(presigner: Presigner, origin: str = ORIGIN) -> str:
    return presigner.get(
        "results",
        "recordings/a/b/report.html",
        disposition="inline",
        origin=origin,
    )


def signature(text: str, scope: str) -> str:
    """Return the signature of a text, by the chain of HMACs of the documentation."""
    key = f"AWS4{SECRET}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def test_signature_of_a_form(region: str) -> None:
    fields = post(Presigner())["fields"]
    _, scope = fields["x-amz-credential"].split("/", 1)
    assert scope.split("/")[1:] == [region, "s3", "aws4_request"]
    assert fields["x-amz-signature"] == signature(fields["policy"], scope)
    assert fields["x-amz-security-token"] == "token"
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert {"x-amz-security-token": "token"} in policy["conditions"]


@pytest.mark.parametrize("endpoint", [None, "http://s3.example:9000", "/embedded-s3"])
def test_signature_of_an_address(region: str, endpoint: str | None) -> None:
    url = urlsplit(get(Presigner(endpoint)))
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    found = query.pop("X-Amz-Signature")
    _, scope = query["X-Amz-Credential"].split("/", 1)
    canonical = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items())
    )
    request = f"GET\n{url.path}\n{canonical}\nhost:{url.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{hashed}"
    assert found == signature(text, scope)
    assert query["X-Amz-Expires"] == "300"
    assert query["response-content-disposition"] == "inline"


@pytest.mark.parametrize("name", ["eu-central-1", "us-east-1", "ap-southeast-2"])
def test_bucket_is_asked_in_its_own_region(
    region: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", name)
    presigner = Presigner()
    assert post(presigner)["url"] == f"https://uploads.s3.{name}.amazonaws.com/"
    path = "recordings/a/b/report.html?"
    assert get(presigner).startswith(f"https://results.s3.{name}.amazonaws.com/{path}")


def test_endpoint_of_another_storage(region: str) -> None:
    presigner = Presigner("https://s3.example:9000")
    assert post(presigner)["url"] == "https://s3.example:9000/uploads"
    path = "/results/recordings/a/b/report.html?"
    assert get(presigner).startswith(f"https://s3.example:9000{path}")


@pytest.mark.parametrize("origin", [ORIGIN, "https://deepecg.example", "http://[::1]:8000"])
def test_endpoint_on_the_host_of_the_api(region: str, origin: str) -> None:
    presigner = Presigner("/embedded-s3")
    assert post(presigner, origin)["url"] == f"{origin}/embedded-s3/uploads"
    path = "/embedded-s3/results/recordings/a/b/report.html?"
    assert get(presigner, origin).startswith(f"{origin}{path}")
