"""What a function is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from deepecg.errors import SettingsError


@dataclass(frozen=True)
class CloudSettings:
    """Where results go, and how patient the function is.

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
    """

    results_bucket: str
    queue_url: str
    wait_for_parts: timedelta
    model_folder: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from the variables that the template declares.

        Raises
        ------
        SettingsError
            If one is missing or not understood.
        """
        try:
            minutes = float(environment["DEEPECG_WAIT_FOR_PARTS_MINUTES"])
            settings = cls(
                results_bucket=environment["DEEPECG_RESULTS_BUCKET"],
                queue_url=environment["DEEPECG_QUEUE_URL"],
                wait_for_parts=timedelta(minutes=minutes),
                model_folder=Path(environment["DEEPECG_MODEL_FOLDER"]),
            )
        except KeyError as error:
            raise SettingsError(f"found no variable {error.args[0]}, expected one") from None
        except ValueError:
            raise SettingsError(
                "found a DEEPECG_WAIT_FOR_PARTS_MINUTES that is not a number of minutes"
            ) from None
        if not minutes > 0:
            raise SettingsError(
                f"found DEEPECG_WAIT_FOR_PARTS_MINUTES = {minutes:g}, expected more than 0"
            )
        return settings
