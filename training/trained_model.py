"""Files of a trained model: the int8 and the float32 network, and the model card."""

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from deepecg import __version__
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.model_card import CARD_FILE, CARD_VERSION, MODEL_FILE, Scaling, conditioning_of
from deepecg.beats.model_input import ModelInput
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.json_documents import to_json
from deepecg.settings import ScoringSettings
from training.data_roles import DS2, record_digest
from training.evaluate import FLOAT_FILE
from training.export_onnx import cost, export_float, quantise
from training.network import HybridNetwork
from training.recipes import TrainingConfig
from training.training_examples import Examples
from training.training_loop import FEATURE_LIMIT, Scalings

QUANTISATION_SEGMENTS, QUANTISATION_BEATS = 40, 256
"""Number of segments of training beats that set the int8 scales, and beats of each."""
PROCESSORS = Path("/proc/cpuinfo")
"""Description of the processors on Linux."""


@dataclass(frozen=True)
class Trained:
    """A trained network with its recipe and its training data.

    Attributes
    ----------
    config : TrainingConfig
        The recipe.
    network : HybridNetwork
        The network.
    scalings : Scalings
        Standardisation of its features.
    examples : sequence of Examples
        The examples it was trained on, copies included.
    held_back : sequence of str
        Records that were held back from it.
    seed : int
        Seed of the training.
    data : Path
        Folder of the databases.
    """

    config: TrainingConfig
    network: HybridNetwork
    scalings: Scalings
    examples: Sequence[Examples]
    held_back: Sequence[str]
    seed: int
    data: Path


def save(trained: Trained, out: Path, logs: Path) -> None:
    """Write the int8 model and its card to ``out``, and the float32 model to ``logs``."""
    for folder in (out, logs):
        folder.mkdir(parents=True, exist_ok=True)
    export_float(trained.network, trained.examples[0].beats, logs / FLOAT_FILE)
    beats = quantisation_beats(trained.examples, trained.scalings)
    quantise(logs / FLOAT_FILE, beats, out / MODEL_FILE)
    card = make_card(trained, out, logs)
    (out / CARD_FILE).write_text(to_json(card), encoding="utf-8")


def quantisation_beats(examples: Sequence[Examples], scalings: Scalings) -> list[ModelInput]:
    """Return segments of training beats, spread over the records, that set the int8 scales."""
    segments = []
    for place in np.linspace(0, len(examples) - 1, QUANTISATION_SEGMENTS).round().astype(int):
        beats = examples[place].beats
        middle = max((len(beats) - QUANTISATION_BEATS) // 2, 0)
        segments.append(scalings.apply(beats[middle : middle + QUANTISATION_BEATS]))
    return segments


def make_card(trained: Trained, out: Path, logs: Path) -> dict[str, Any]:
    """Return the model card of a trained network, without an evaluation."""
    config, scalings = trained.config, trained.scalings
    model = (out / MODEL_FILE).read_bytes()
    spec, recipe = config.input, asdict(config)
    noisy = " except for false beats in synthetic noise" if config.noisy_copies else ""
    return {
        "card_version": CARD_VERSION,
        "name": config.name,
        "model": {
            "file": MODEL_FILE,
            "sha256": sha256(model).hexdigest(),
            "bytes": len(model),
            "quantisation": "static QDQ: uint8 activations, int8 weights by channel, 7 bits; "
            "first convolution, timing stream, gate and last layers in float32",
            "cost": cost(logs / FLOAT_FILE),
        },
        "classes": list(CLASSES),
        "conditioning": conditioning_of(ScoringSettings().conditioning),
        "input": {
            "channels": list(spec.channels),
            "morphology": _features(spec.morphology, scalings.morphology),
            "timing": _features(spec.timing, scalings.timing),
            "feature_limit": FEATURE_LIMIT,
            "windows": asdict(spec.windows),
        },
        "n_leads": config.n_leads,
        "context_beats": config.network.context_beats,
        "cluster_consensus": recipe["cluster_consensus"],
        "paroxysmal_svt": recipe["paroxysmal_svt"],
        "sinus_tachycardia": recipe["sinus_tachycardia"],
        "ventricular_runs": recipe["ventricular_runs"],
        "test_records": list(DS2.records),
        "training": training_provenance(trained),
        "versions": {
            "deepecg": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "onnxruntime": version("onnxruntime"),
            "numpy": np.__version__,
        },
        "evaluation": {},
        "intended_use": ADVISORY,
        "limits": (
            "Trained on adults without pacemaker, 30-minute two-lead recordings of 1975 to 1990. "
            f"Q is rare in the training data{noisy}. S is not meaningful in atrial "
            "fibrillation or flutter."
        ),
    }


def training_provenance(trained: Trained) -> dict[str, Any]:
    """Return what determines the trained weights: recipe, seed, data, machine and code."""
    labels = np.concatenate([one.labels for one in trained.examples])
    records = list(dict.fromkeys(one.record for one in trained.examples))
    return {
        "config": asdict(trained.config),
        "seed": trained.seed,
        "records": records,
        "held_back": list(trained.held_back),
        "beats": dict(zip(CLASSES, np.bincount(labels, minlength=5).tolist(), strict=True)),
        "data_sha256": {record: record_digest(trained.data, record) for record in records},
        "threads": torch.get_num_threads(),
        "processor": processor_model(),
        "commit": git_commit(Path(__file__).parent),
    }


def processor_model() -> str:
    """Return the model name of the processor: two models may round differently."""
    if PROCESSORS.is_file():
        for line in PROCESSORS.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def git_commit(folder: Path) -> str | None:
    """Return the commit of a checkout, with ``-dirty`` if files differ; None outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _features(names: Sequence[str], scaling: Scaling) -> list[dict[str, Any]]:
    return [
        {"name": name, "mean": mean, "scale": scale}
        for name, mean, scale in zip(names, scaling.mean, scaling.scale, strict=True)
    ]
