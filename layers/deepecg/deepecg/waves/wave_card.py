"""The card of the segmentation network: what its input has to be, and the file beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from deepecg.beats.model_card import model_folder, refuse_other_conditioning, version_of
from deepecg.errors import ModelMismatchError
from deepecg.signal.settings import ConditioningSettings
from deepecg.waves.settings import RelativeLeadSettings

WAVE_FOLDER = "waves"
"""Folder of the segmentation network, inside the folder of the beat classifier."""
WAVE_MODEL_FILE = "wave_segmentation.onnx"
WAVE_CARD_FILE = "wave_card.json"
WAVE_CARD_VERSION = 1
"""Version of the card's layout."""
KINDS = ("P", "QRS", "T")
"""Kinds of waves, in the order of the network's outputs."""
IDENTITY = ("kinds", "conditioning", "relative_lead", "window_samples", "margin_samples")
"""Fields of a card that change the network's results; with the file they determine its version."""


@dataclass(frozen=True)
class WaveCard:
    """The fields of the card that scoring uses.

    Attributes
    ----------
    version : str
        Name of the network and a digest of all that changes its results.
    sha256 : str
        Checksum of the network's file, hexadecimal.
    conditioning : dict
        Sampling rate and filter of the training data.
    relative_lead : RelativeLeadSettings
        Unit and compression of the leads.
    window_samples : int
        Samples that the network reads at a time.
    margin_samples : int
        Samples at both ends of a window whose results depend on what lies outside.
    document : dict
        The whole card.
    """

    version: str
    sha256: str
    conditioning: dict[str, Any]
    relative_lead: RelativeLeadSettings
    window_samples: int
    margin_samples: int
    document: dict[str, Any]

    def refuse_other_conditioning(self, settings: ConditioningSettings) -> None:
        """Reject settings that condition signals differently from the training data.

        Raises
        ------
        ModelMismatchError
            If sampling rate, corners or order differ.
        """
        refuse_other_conditioning(
            settings, self.conditioning, "the training of the wave segmentation"
        )


def wave_folder_beside(folder: Path) -> Path:
    """Return the folder of the wave segmentation that belongs to a beat classifier's folder.

    A classifier without one, such as a network of the cross-validation, uses the one that is
    installed with this software.
    """
    own = folder / WAVE_FOLDER
    return own if own.is_dir() else model_folder() / WAVE_FOLDER


def read_wave_card(folder: Path) -> WaveCard:
    """Read and check the card of the segmentation network in ``folder``.

    Raises
    ------
    ModelMismatchError
        If the card or the network's file is missing, a field is missing, or the file is not the one
        described.
    """
    try:
        document = json.loads((folder / WAVE_CARD_FILE).read_text(encoding="utf-8"))
        card = _parse(document)
        checksum = sha256((folder / WAVE_MODEL_FILE).read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelMismatchError(
            f"found a card of the wave segmentation that cannot be read ({type(error).__name__}: "
            f"{error}), expected one of layout {WAVE_CARD_VERSION} beside its network"
        ) from error
    if checksum != card.sha256:
        raise ModelMismatchError(
            f"found a wave segmentation with SHA-256 {checksum}, expected {card.sha256}"
        )
    return card


def wave_version(document: Mapping[str, Any]) -> str:
    """Return the name of the network with a digest of all that changes its results."""
    return version_of(document, IDENTITY)


def _parse(document: dict[str, Any]) -> WaveCard:
    if document["card_version"] != WAVE_CARD_VERSION:
        raise ModelMismatchError(
            f"found layout {document['card_version']} of the wave segmentation's card, expected "
            f"{WAVE_CARD_VERSION}"
        )
    if tuple(document["kinds"]) != KINDS:
        raise ModelMismatchError(
            f"found the wave segmentation's outputs {document['kinds']}, expected {list(KINDS)}"
        )
    return WaveCard(
        version=wave_version(document),
        sha256=document["model"]["sha256"],
        conditioning=document["conditioning"],
        relative_lead=RelativeLeadSettings(**document["relative_lead"]),
        window_samples=document["window_samples"],
        margin_samples=document["margin_samples"],
        document=document,
    )
