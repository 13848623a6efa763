"""``ApiSettings`` read from environment variables."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deepecg.cloud.settings import ApiSettings
from deepecg.errors import SettingsError

ENVIRONMENT = {
    "DEEPECG_UPLOADS_BUCKET": "uploads",
    "DEEPECG_RESULTS_BUCKET": "results",
    "DEEPECG_MODEL_FOLDER": "/opt/model",
    "DEEPECG_TIME_ZONE": "Europe/Vienna",
    "DEEPECG_AUTHORISATION": "iam",
    "DEEPECG_JWT_ISSUER": "",
    "DEEPECG_JWT_AUDIENCE": "",
    "DEEPECG_PUBLIC_S3_ENDPOINT": "",
}
TOKENS = {"DEEPECG_JWT_ISSUER": "https://issuer.example", "DEEPECG_JWT_AUDIENCE": "holter"}


def test_all_variables_are_read() -> None:
    assert ApiSettings.from_environment(ENVIRONMENT) == ApiSettings(
        uploads_bucket="uploads",
        results_bucket="results",
        model_folder=Path("/opt/model"),
        time_zone=ZoneInfo("Europe/Vienna"),
        authorisation="iam",
        jwt_issuer=None,
        jwt_audience=None,
        public_s3_endpoint=None,
    )


def test_an_issuer_turns_on_tokens() -> None:
    settings = ApiSettings.from_environment(ENVIRONMENT | TOKENS)
    assert settings.authorisation == "jwt"
    assert settings.jwt_issuer == "https://issuer.example"
    assert settings.jwt_audience == "holter"


@pytest.mark.parametrize(
    "change",
    [
        {"DEEPECG_AUTHORISATION": "jwt"},
        {"DEEPECG_AUTHORISATION": ""},
        {"DEEPECG_JWT_ISSUER": "https://issuer.example"},
        {"DEEPECG_JWT_AUDIENCE": "holter"},
        {"DEEPECG_TIME_ZONE": "Nowhere"},
    ],
)
def test_wrong_and_contradicting_values_are_errors(change: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^found "):
        ApiSettings.from_environment(ENVIRONMENT | change)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named_in_the_error(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(SettingsError, match=name):
        ApiSettings.from_environment(environment)
