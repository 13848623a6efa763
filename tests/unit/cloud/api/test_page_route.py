"""The upload page as it is sent: its content security policy and its labels."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import deepecg.cloud.errors
import deepecg.errors
from deepecg.cloud.settings import ApiSettings
from deepecg.cloud.upload_page.render_page import Page, render_page
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.next_steps import NEXT_STEPS

UPLOADS = "https://uploads.s3.eu-central-1.amazonaws.com"
RESULTS = "https://results.s3.eu-central-1.amazonaws.com"
COGNITO = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf"


def rendered_page(uploads: str = UPLOADS, results: str = RESULTS, **settings: Any) -> Page:
    common = {"authorisation": "none", "model_folder": Path("m"), "time_zone": ZoneInfo("UTC")}
    return render_page(
        ApiSettings(uploads_bucket="u", results_bucket="r", **common | settings), uploads, results
    )


def directives(found: Page) -> dict[str, list[str]]:
    parts = (part.split() for part in found.policy.split(";"))
    return {name: values for name, *values in parts}


def test_the_policy_allows_only_the_own_script_and_styles() -> None:
    found = rendered_page()
    policy = directives(found)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["frame-src"] == [RESULTS]
    for tag, directive in (("style", "style-src"), ('script type="module"', "script-src")):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag.split()[0]}>", found.html, flags=re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[directive] == [f"'sha256-{digest}'"]
    assert "unsafe" not in found.policy


@pytest.mark.parametrize(
    ("uploads", "settings", "expected"),
    [
        (UPLOADS, {}, ["'self'", UPLOADS]),
        ("'self'", {}, ["'self'"]),
        (UPLOADS, {"jwt_issuer": "https://sso.example/realms/a"}, ["'self'", UPLOADS, "https://sso.example"]),
        ("'self'", {"jwt_issuer": COGNITO}, ["'self'", COGNITO.rpartition("/")[0], "https://*.amazoncognito.com"]),
    ],
)  # fmt: skip
def test_the_policy_allows_requests_to_known_origins_only(
    uploads: str, settings: dict[str, Any], expected: list[str]
) -> None:
    assert directives(rendered_page(uploads, **settings))["connect-src"] == expected


def test_settings_cannot_end_their_script_element() -> None:
    found = rendered_page(
        authorisation="jwt", jwt_issuer="https://a.example/</script>", jwt_audience="b"
    )
    assert found.html.count("</script>") == 2


def test_the_page_contains_the_advisory() -> None:
    assert ADVISORY in rendered_page().html


def test_there_is_a_next_step_for_every_rejection_code() -> None:
    kinds = [
        kind
        for module in (deepecg.errors, deepecg.cloud.errors)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, RefusedRecordingError)
    ]
    codes = {kind.code for kind in kinds} - {RefusedRecordingError.code}
    assert codes == set(NEXT_STEPS)
