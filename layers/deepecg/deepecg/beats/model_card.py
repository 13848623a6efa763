"""The model card: input, rules, training data and evaluation of the model file beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from deepecg.arrays import Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.input_spec import CHANNELS, MORPHOLOGY_FEATURES, TIMING_FEATURES, InputSpec
from deepecg.beats.settings import (
    ClusterConsensusSettings,
    ParoxysmalSvtSettings,
    SinusTachycardiaSettings,
    VentricularRunSettings,
    WindowSettings,
)
from deepecg.errors import ModelMismatchError
from deepecg.signal.settings import ConditioningSettings

MODEL_FILE = "beat_classifier.onnx"
CARD_FILE = "model_card.json"
SINGLE_BEAT_FOLDER = "single_beat"
"""Folder of the model for single beats, inside the folder of the recordings' model."""
CARD_VERSION = 3
"""Version of the card's layout."""
MODEL_FOLDERS = (
    Path(__file__).parents[1] / "model",  # installed from a wheel
    Path(__file__).parents[3] / "model",  # the repository's layers/model
)
IDENTITY = (
    *("classes", "conditioning", "input", "n_leads", "context_beats"),
    *("cluster_consensus", "ventricular_runs", "paroxysmal_svt", "sinus_tachycardia"),
)
"""Fields of a card that change the model's results; with the model file they determine its
version."""
CHUNKING = ("chunk_s", "margin_s", "hum")
"""Conditioning settings that change no result and are therefore not in the card."""


@dataclass(frozen=True)
class Scaling:
    """Standardisation of features by the training beats.

    Attributes
    ----------
    mean, scale : tuple of float
        Mean and standard deviation of each feature in training.
    limit : float
        Limit at which standardised features are clipped: an artefact's ratio of 1000 means no more
        than "large".
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    limit: float

    def apply(self, features: Floats32) -> Floats32:
        """Return standardised features; the last axis is that of the features."""
        scaled = (features - np.asarray(self.mean, np.float32)) / np.asarray(self.scale, np.float32)
        return np.asarray(np.clip(scaled, -self.limit, self.limit), np.float32)


@dataclass(frozen=True)
class ModelCard:
    """The fields of a model's card that scoring uses.

    Attributes
    ----------
    version : str
        Name of the model and a digest of all that changes its results.
    sha256 : str
        Checksum of the model file, hexadecimal.
    conditioning : dict
        Sampling rate and filter of the training data.
    input : InputSpec
        Channels, features and windows.
    morphology, timing : Scaling
        Standardisation of the features.
    n_leads : int
        Largest number of leads that the model uses together.
    context_beats : int
        Beats on either side that a beat's result depends on; 0 for single beats.
    cluster_consensus : ClusterConsensusSettings or None
        Rule of the consensus over a morphology cluster; None: no consensus.
    paroxysmal_svt : ParoxysmalSvtSettings or None
        Rule of paroxysmal SVT; None: no beat is relabelled.
    ventricular_runs : VentricularRunSettings or None
        Rule of ventricular runs; None: no beat is relabelled.
    sinus_tachycardia : SinusTachycardiaSettings or None
        Rule of sinus tachycardia; None: no beat is relabelled.
    evaluation : dict
        Measures on records that were not used in training.
    document : dict
        The whole card.
    """

    version: str
    sha256: str
    conditioning: dict[str, Any]
    input: InputSpec
    morphology: Scaling
    timing: Scaling
    n_leads: int
    context_beats: int
    cluster_consensus: ClusterConsensusSettings | None
    paroxysmal_svt: ParoxysmalSvtSettings | None
    sinus_tachycardia: SinusTachycardiaSettings | None
    ventricular_runs: VentricularRunSettings | None
    evaluation: dict[str, Any]
    document: dict[str, Any]

    def refuse_other_conditioning(self, settings: ConditioningSettings) -> None:
        """Reject settings that condition signals differently from the training data.

        Raises
        ------
        ModelMismatchError
            If sampling rate, corners or order differ.
        """
        refuse_other_conditioning(settings, self.conditioning, "the model's training")


def refuse_other_conditioning(
    settings: ConditioningSettings, expected: Mapping[str, Any], training: str
) -> None:
    """Reject settings that condition signals differently from the data of a training.

    Raises
    ------
    ModelMismatchError
        If sampling rate, corners or order differ; ``training`` is part of the message.
    """
    found = conditioning_of(settings)
    if found != expected:
        raise ModelMismatchError(
            f"found signal conditioned with {found}, expected {expected} as in {training}"
        )


@cache
def conditioning_of(settings: ConditioningSettings) -> dict[str, Any]:
    """Return the conditioning settings that change the model's results."""
    return {name: value for name, value in asdict(settings).items() if name not in CHUNKING}


def model_folder() -> Path:
    """Return the folder of the model that is installed with this software."""
    return next((folder for folder in MODEL_FOLDERS if folder.is_dir()), MODEL_FOLDERS[-1])


def read_card(folder: Path) -> ModelCard:
    """Read and check the card of the model in ``folder``.

    Raises
    ------
    ModelMismatchError
        If a field is missing, the model file is not the one described, or this software cannot
        compute the model's input.
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
    _refuse_other("a model file with SHA-256", checksum, card.sha256)
    return card


def model_version(document: Mapping[str, Any]) -> str:
    """Return the name of a model with a digest of all that changes its results.

    Parameters
    ----------
    document : mapping
        The model's card.

    Returns
    -------
    str
        For example ``default-65e3a218``: equal for equal file, input, scalings and rules.
    """
    return version_of(document, IDENTITY)


def version_of(document: Mapping[str, Any], identity: Sequence[str]) -> str:
    """Return the name in a card with a digest of its file and of the fields of ``identity``."""
    relevant = json.dumps(
        [document["model"]["sha256"], *map(document.get, identity)], sort_keys=True
    )
    return f"{document['name']}-{sha256(relevant.encode()).hexdigest()[:8]}"


def _parse(document: dict[str, Any]) -> ModelCard:
    _refuse_other("model card layout", document["card_version"], CARD_VERSION)
    _refuse_other("the class order", document["classes"], list(CLASSES))
    given = document["input"]
    settings = sorted(field.name for field in fields(WindowSettings))
    _refuse_other("the window settings", sorted(given["windows"]), settings)
    spec = InputSpec(
        channels=tuple(given["channels"]),
        morphology=tuple(feature["name"] for feature in given["morphology"]),
        timing=tuple(feature["name"] for feature in given["timing"]),
        rate_hz=document["conditioning"]["rate_hz"],
        windows=WindowSettings(**given["windows"]),
    )
    unknown = (
        {*spec.channels} - {*CHANNELS}
        | {*spec.morphology} - {*MORPHOLOGY_FEATURES}
        | {*spec.timing} - {*TIMING_FEATURES}
    )
    if unknown:
        raise ModelMismatchError(
            f"found the inputs {sorted(unknown)}, expected some of "
            f"{[*CHANNELS, *MORPHOLOGY_FEATURES, *TIMING_FEATURES]}"
        )
    consensus, svt = document["cluster_consensus"], document["paroxysmal_svt"]
    sinus, runs = document["sinus_tachycardia"], document["ventricular_runs"]
    return ModelCard(
        version=model_version(document),
        sha256=document["model"]["sha256"],
        conditioning=document["conditioning"],
        input=spec,
        morphology=_scaling(given["morphology"], given["feature_limit"]),
        timing=_scaling(given["timing"], given["feature_limit"]),
        n_leads=document["n_leads"],
        context_beats=document["context_beats"],
        cluster_consensus=ClusterConsensusSettings(**consensus) if consensus else None,
        paroxysmal_svt=ParoxysmalSvtSettings(**svt) if svt else None,
        sinus_tachycardia=SinusTachycardiaSettings(**sinus) if sinus else None,
        ventricular_runs=VentricularRunSettings(**runs) if runs else None,
        evaluation=document["evaluation"],
        document=document,
    )


def _refuse_other(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ModelMismatchError(f"found {what} {found}, expected {expected}")


def _scaling(features: list[dict[str, Any]], limit: float) -> Scaling:
    return Scaling(
        tuple(feature["mean"] for feature in features),
        tuple(feature["scale"] for feature in features),
        limit,
    )
