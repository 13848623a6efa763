"""What a function is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from deepecg.errors import SettingsError
from deepecg.night import NightSettings, Prices


@dataclass(frozen=True)
class CloudSettings:
    """Where results go, and how patient the scoring function is.

    Attributes
    ----------
    results_bucket : str
        Name of the bucket that takes the results.
    queue_url : str
        The queue that uploads arrive in, and that re-checks are sent to.
    wait_for_parts : timedelta
        How long an incomplete WFDB record is waited for.
    model_folder : Path
        Holds ``beat_classifier.onnx`` and ``model_card.json``.
    time_zone : ZoneInfo
        Where the days of the nightly report begin and end.
    max_receives : int
        A message that fails this often is a dead letter.
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
            If one is missing or not understood.
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
class NightlySettings:
    """Where the nightly report finds what it needs, and whom it tells.

    Attributes
    ----------
    results_bucket : str
        Name of the bucket with the entries; takes the reports.
    queue_url : str
        The queue that uploads arrive in: what lies there has not been worked on.
    dead_letter_queue_url : str
        Holds the messages that were given up.
    time_zone : ZoneInfo
        Where the days begin and end.
    topic_arn : str or None
        The SNS topic that gets a few counts; None for no message.
    night : NightSettings
        How the report is made; its prices are those of the scoring function as it is deployed.
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
            If one is missing or not understood.
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
            night=NightSettings(prices=prices),
        )


def _text(environment: Mapping[str, str], name: str) -> str:
    try:
        return environment[name]
    except KeyError:
        raise SettingsError(f"found no variable {name}, expected one") from None


def _number(environment: Mapping[str, str], name: str) -> float:
    """Return a variable that is a number above 0."""
    try:
        number = float(_text(environment, name))
    except ValueError:
        raise SettingsError(f"found a {name} that is not a number") from None
    if not number > 0:
        raise SettingsError(f"found {name} = {number:g}, expected more than 0")
    return number


def _zone(environment: Mapping[str, str]) -> ZoneInfo:
    name = _text(environment, "DEEPECG_TIME_ZONE")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            "found a DEEPECG_TIME_ZONE that is not known, expected one such as Europe/Berlin"
        ) from None
