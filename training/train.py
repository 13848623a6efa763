"""Trains the beat classifier and exports it: ``make train DATA=DIR``.

Cross-validation comes first: every training patient is held back once, from a network that is
trained on the others. These networks are kept, so that training patients can be evaluated too. Then
one network is trained on all training patients. Test records are not read here: ``make evaluate``
reads them, with the models that this command writes.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from deepecg.beats.model_card import SINGLE_BEAT_FOLDER
from deepecg.outputs.json_documents import to_json
from deepecg.settings import ScoringSettings
from training.annotated_records import fold_records
from training.augmented_copies import examples_and_copies
from training.beat_comparison import BeatCounts
from training.command_line import argument_parser
from training.network import HybridNetwork
from training.plots import plot_learning_curves
from training.recipes import CONFIGS
from training.trained_model import Trained, save
from training.training_examples import Examples
from training.training_loop import Scalings, predict, train

REPOSITORY = Path(__file__).parents[1]
SHIPPED = {
    "default": REPOSITORY / "layers" / "model",
    "single_beat": REPOSITORY / "layers" / "model" / SINGLE_BEAT_FOLDER,
}
"""Folders of the models that are part of the software."""
CHECKPOINT_FILE = "beat_classifier.pt"
FOLDS_FOLDER = "folds"


def main() -> None:
    """Train and export one configuration."""
    given = _arguments()
    config = CONFIGS[given.config]
    if given.epochs:
        config = replace(config, epochs=given.epochs)
    out = given.out or SHIPPED.get(config.name, Path("out") / config.name)
    logs = given.logs or REPOSITORY / "training" / "results" / config.name
    print("reading the training records", flush=True)
    examples, copies = examples_and_copies(given.data, config, ScoringSettings(), given.seed)
    curves = []
    labels = {one.record: one.labels for one in examples}
    for number, held_back in enumerate(fold_records(labels, config.n_folds)):
        print(f"fold {number}: {len(held_back)} records held back", flush=True)
        curve = LearningCurve([one for one in examples if one.record in held_back])
        seen = [one for one in examples + copies if one.record not in held_back]
        network = train(config, seen, given.seed, curve.add_epoch)
        folder = logs / FOLDS_FOLDER / str(number)
        save(Trained(config, *network, seen, held_back, given.seed, given.data), folder, folder)
        curves.append(curve.points)
    if curves:
        mean = mean_curve(curves)
        plot_learning_curves(mean, logs / "learning_curves.png")
        (logs / "learning_curves.json").write_text(to_json({"epochs": mean}), encoding="utf-8")
    print("all training patients", flush=True)
    seen = examples + copies
    network = train(config, seen, given.seed)
    save(Trained(config, *network, seen, [], given.seed, given.data), out, logs)
    torch.save(network[0].state_dict(), logs / CHECKPOINT_FILE)


class LearningCurve:
    """Loss, and metrics on held-back patients, after every epoch."""

    def __init__(self, held_back: Sequence[Examples]) -> None:
        self.held_back = held_back
        self.points: list[dict[str, float]] = []

    def add_epoch(
        self, epoch: int, loss: float, network: HybridNetwork, scalings: Scalings
    ) -> None:
        """Evaluate the network after an epoch."""
        counts = BeatCounts.empty()
        for one in self.held_back:
            found = predict(network, scalings, one.beats)
            counts += BeatCounts.of_classes(one.labels, found.argmax(axis=1))
        f1 = {name: round(counts.metric(f"{name}_f1", ec57=False), 4) for name in "NSV"}
        point = {"epoch": epoch, "training_loss": round(loss, 5)}
        self.points.append(point | {f"validation_f1_{name}": value for name, value in f1.items()})
        print(f"  epoch {epoch}: loss {loss:.4f}, held-back F1 {f1}", flush=True)


def mean_curve(curves: Sequence[Sequence[dict[str, float]]]) -> list[dict[str, Any]]:
    """Return the mean over folds, epoch by epoch."""
    return [
        {name: round(float(np.mean([point[name] for point in points])), 5) for name in points[0]}
        for points in zip(*curves, strict=True)
    ]


def _arguments() -> argparse.Namespace:
    parser = argument_parser("train", __doc__, "mitdb/ and svdb/")
    parser.add_argument("--config", choices=sorted(CONFIGS), default="default", help="the recipe")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random numbers")
    parser.add_argument("--epochs", type=int, help="number of epochs instead of the recipe's")
    parser.add_argument("--out", type=Path, help="folder of the model and its card")
    parser.add_argument("--logs", type=Path, help="folder of checkpoint, curves and tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
