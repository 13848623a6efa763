"""The settings of the functions, read from environment variables that the template sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from deepecg.errors import SettingsError
from deepecg.night.settings import NightSettings, Prices


@dataclass(frozen=True)
class IngestSettings:
    """Settings of the scoring function.

    Attributes
    ----------
    results_bucket : str
        Name of the results bucket.
    queue_url : str
        URL of the uploads queue, which re-checks are sent to as well.
    wait_for_parts : timedelta
        Time after which an incomplete WFDB record is rejected.
    model_folder : Path
        Folder of ``beat_classifier.onnx`` and ``model_card.json``.
    time_zone : ZoneInfo
        Time zone of the nights.
    max_receives : int
        Number of failures after which a message becomes a dead letter.
    """

    results_bucket: str
    queue_url: str
    wait_for_parts: timedelta
    model_folder: Path
    time_zone: ZoneInfo
    max_receives: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from the variables that the template declares.

        Raises
        ------
        SettingsError
            If one is missing or invalid.
        """
        minutes = _number(environment, "DEEPECG_WAIT_FOR_PARTS_MINUTES")
        return cls(
            results_bucket=_text(environment, "DEEPECG_RESULTS_BUCKET"),
            queue_url=_text(environment, "DEEPECG_QUEUE_URL"),
            wait_for_parts=timedelta(minutes=minutes),
            model_folder=Path(_text(environment, "DEEPECG_MODEL_FOLDER")),
            time_zone=_zone(environment),
            max_receives=int(_number(environment, "DEEPECG_MAX_RECEIVES")),
        )


@dataclass(frozen=True)
class NightlyReportSettings:
    """Settings of the nightly report function.

    Attributes
    ----------
    results_bucket : str
        Name of the results bucket, with the night entries and the reports.
    queue_url : str
        URL of the uploads queue, whose messages are counted.
    dead_letter_queue_url : str
        URL of the dead-letter queue.
    time_zone : ZoneInfo
        Time zone of the nights.
    topic_arn : str or None
        The SNS topic that the counts are sent to; None for no message.
    night : NightSettings
        Settings of the report itself. Its prices are those of the deployed scoring function; its
        links lead to the upload page, where there is one.
    """

    results_bucket: str
    queue_url: str
    dead_letter_queue_url: str
    time_zone: ZoneInfo
    topic_arn: str | None
    night: NightSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from the variables that the template declares.

        Raises
        ------
        SettingsError
            If one is missing or invalid.
        """
        is_arm = _text(environment, "DEEPECG_SCORING_ARCHITECTURE") == "arm64"
        prices = Prices(
            architecture="arm64" if is_arm else "x86_64",
            memory_mb=int(_number(environment, "DEEPECG_SCORING_MEMORY_MB")),
        )
        return cls(
            results_bucket=_text(environment, "DEEPECG_RESULTS_BUCKET"),
            queue_url=_text(environment, "DEEPECG_QUEUE_URL"),
            dead_letter_queue_url=_text(environment, "DEEPECG_DEAD_LETTER_QUEUE_URL"),
            time_zone=_zone(environment),
            topic_arn=_text(environment, "DEEPECG_NIGHTLY_TOPIC_ARN") or None,
            night=NightSettings(
                prices=prices, page=_text(environment, "DEEPECG_PAGE_ADDRESS") or None
            ),
        )


@dataclass(frozen=True)
class ApiSettings:
    """Settings of the API.

    Attributes
    ----------
    uploads_bucket, results_bucket : str
        Names of the buckets.
    model_folder : Path
        Folder of ``beat_classifier.onnx`` and ``model_card.json``.
    time_zone : ZoneInfo
        Time zone of the nights.
    authorisation : str
        How the gateway in front of the application authorises callers: ``iam``, ``jwt``, ``none``.
    jwt_issuer, jwt_audience : str or None
        Issuer and audience of the tokens; None without ``jwt``.
    public_s3_endpoint : str or None
        S3 as callers reach it with presigned URLs: a URL, or a path on the API's own host; None for
        AWS's endpoint.
    """

    uploads_bucket: str
    results_bucket: str
    model_folder: Path
    time_zone: ZoneInfo
    authorisation: Literal["iam", "jwt", "none"]
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    public_s3_endpoint: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from the variables that the template declares.

        Raises
        ------
        SettingsError
            If one is missing or invalid.
        """
        issuer = _text(environment, "DEEPECG_JWT_ISSUER") or None
        audience = _text(environment, "DEEPECG_JWT_AUDIENCE") or None
        if (issuer is None) != (audience is None):
            raise SettingsError("found one of JWT issuer and audience, expected both or none")
        return cls(
            uploads_bucket=_text(environment, "DEEPECG_UPLOADS_BUCKET"),
            results_bucket=_text(environment, "DEEPECG_RESULTS_BUCKET"),
            model_folder=Path(_text(environment, "DEEPECG_MODEL_FOLDER")),
            time_zone=_zone(environment),
            authorisation="jwt" if issuer else _authorisation(environment),
            jwt_issuer=issuer,
            jwt_audience=audience,
            public_s3_endpoint=_text(environment, "DEEPECG_PUBLIC_S3_ENDPOINT") or None,
        )


def _text(environment: Mapping[str, str], name: str) -> str:
    try:
        return environment[name]
    except KeyError:
        raise SettingsError(f"found no variable {name}, expected one") from None


def _number(environment: Mapping[str, str], name: str) -> float:
    """Return a variable as a number above 0."""
    try:
        number = float(_text(environment, name))
    except ValueError:
        raise SettingsError(f"found a {name} that is not a number") from None
    if not number > 0:
        raise SettingsError(f"found {name} = {number:g}, expected more than 0")
    return number


def _authorisation(environment: Mapping[str, str]) -> Literal["iam", "none"]:
    match _text(environment, "DEEPECG_AUTHORISATION"):
        case "iam":
            return "iam"
        case "none":
            return "none"
    raise SettingsError("found an unknown DEEPECG_AUTHORISATION, expected iam or none")


def _zone(environment: Mapping[str, str]) -> ZoneInfo:
    name = _text(environment, "DEEPECG_TIME_ZONE")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            "found an unknown DEEPECG_TIME_ZONE, expected one such as Europe/Berlin"
        ) from None
