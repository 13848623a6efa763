"""The model card: what the model file beside it expects, was trained on, and can do."""

import json
from dataclasses import asdict, dataclass, fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from deepecg.classes import CLASSES
from deepecg.errors import ModelMismatchError
from deepecg.model_input import CHANNELS, FEATURES, InputSpec
from deepecg.settings import ConditioningSettings, WindowSettings

MODEL_FILE = "beat_classifier.onnx"
CARD_FILE = "model_card.json"
SINGLE_BEAT_FOLDER = "single_beat"
"""Below the folder of the recordings' model: that of the model for a beat asked about alone."""
CARD_VERSION = 1
"""Version of the card's own layout."""
MODEL_FOLDERS = (
    Path(__file__).parent / "model",  # installed from a wheel
    Path(__file__).parents[2] / "model",  # the repository's layers/model
)
CHUNKING = ("chunk_s", "margin_s")
"""Conditioning settings that change no result, so the card does not hold them."""


@dataclass(frozen=True)
class ModelCard:
    """A model's card, as far as scoring needs it.

    Attributes
    ----------
    version : str
        Name of this trained model.
    sha256 : str
        Checksum of the model file, hexadecimal.
    conditioning : dict
        Filter and rate the model was trained with.
    input : InputSpec
        Channels, features and windows.
    feature_mean, feature_scale : tuple of float
        Features are standardised with these...
    feature_limit : float
        ...and cut at this many standard deviations.
    evaluation : dict
        Figures on records that the model has not seen.
    document : dict
        The whole card.
    """

    version: str
    sha256: str
    conditioning: dict[str, Any]
    input: InputSpec
    feature_mean: tuple[float, ...]
    feature_scale: tuple[float, ...]
    feature_limit: float
    evaluation: dict[str, Any]
    document: dict[str, Any]

    def refuse_other_conditioning(self, settings: ConditioningSettings) -> None:
        """Refuse signal conditioned otherwise than the model's training data.

        Raises
        ------
        ModelMismatchError
            If rate, corners or order differ.
        """
        found = conditioning_of(settings)
        if found != self.conditioning:
            raise ModelMismatchError(
                f"found signal conditioned with {found}, expected {self.conditioning} as in "
                "the model's training"
            )


@cache
def conditioning_of(settings: ConditioningSettings) -> dict[str, Any]:
    """Return the settings that a model depends on."""
    return {name: value for name, value in asdict(settings).items() if name not in CHUNKING}


def model_folder() -> Path:
    """Return the folder of the model that comes with this software."""
    return next((folder for folder in MODEL_FOLDERS if folder.is_dir()), MODEL_FOLDERS[-1])


def read_card(folder: Path) -> ModelCard:
    """Read and check the card of the model in ``folder``.

    Raises
    ------
    ModelMismatchError
        If a field is missing, the model file is another one, or this software cannot compute
        what the model wants to see.
    """
    try:
        document = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        card = _parse(document)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelMismatchError(
            f"found a model card that cannot be read ({type(error).__name__}: {error}), "
            f"expected one of layout {CARD_VERSION}"
        ) from error
    checksum = sha256((folder / MODEL_FILE).read_bytes()).hexdigest()
    if checksum != card.sha256:
        raise ModelMismatchError(
            f"found a model file with SHA-256 {checksum}, expected {card.sha256}"
        )
    return card


def _parse(document: dict[str, Any]) -> ModelCard:
    if document["card_version"] != CARD_VERSION:
        raise ModelMismatchError(
            f"found model card layout {document['card_version']}, expected {CARD_VERSION}"
        )
    if tuple(document["classes"]) != CLASSES:
        raise ModelMismatchError(
            f"found the class order {document['classes']}, expected {list(CLASSES)}"
        )
    given = document["input"]
    known = {field.name for field in fields(WindowSettings)}
    if set(given["windows"]) != known:
        raise ModelMismatchError(
            f"found the window settings {sorted(given['windows'])}, expected {sorted(known)}"
        )
    spec = InputSpec(
        channels=tuple(given["channels"]),
        features=tuple(feature["name"] for feature in given["features"]),
        rate_hz=document["conditioning"]["rate_hz"],
        windows=WindowSettings(**given["windows"]),
    )
    unknown = {*spec.channels} - {*CHANNELS} | {*spec.features} - {*FEATURES}
    if unknown:
        raise ModelMismatchError(
            f"found the inputs {sorted(unknown)}, expected some of {[*CHANNELS, *FEATURES]}"
        )
    return ModelCard(
        version=document["version"],
        sha256=document["model"]["sha256"],
        conditioning=document["conditioning"],
        input=spec,
        feature_mean=tuple(feature["mean"] for feature in given["features"]),
        feature_scale=tuple(feature["scale"] for feature in given["features"]),
        feature_limit=given["feature_limit"],
        evaluation=document["evaluation"],
        document=document,
    )
