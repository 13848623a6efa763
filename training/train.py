"""Trains the beat classifier, evaluates it on DS2 and exports it: ``make train DATA=DIR``.

Two steps. With one patient in four held back, the network is trained and the epoch that does
best on those patients is noted. Then it is trained anew on all training patients for that many
epochs. DS2 is looked at once, at the end.
"""

import argparse
import platform
import sys
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from deepecg import __version__
from deepecg.classes import CLASSES
from deepecg.classifier import BeatClassifier, softmax, standardise
from deepecg.documents import ADVISORY, to_json
from deepecg.model_card import (
    CARD_FILE,
    CARD_VERSION,
    MODEL_FILE,
    SINGLE_BEAT_FOLDER,
    conditioning_of,
)
from deepecg.model_input import ModelInput
from deepecg.settings import ScoringSettings
from training.configs import CONFIGS, TrainingConfig
from training.datasets import (
    AnnotatedLead,
    annotated_leads,
    ds2_records,
    training_records,
)
from training.ec57 import confusion_table, figures, record_table
from training.evaluate import (
    FLOAT_FILE,
    evaluate_annotated,
    evaluate_end_to_end,
    markdown_table,
    score_records,
)
from training.events import evaluate_events
from training.examples import Examples, make_examples
from training.export import cost, export_float, quantise
from training.losses import class_weights, focal_loss
from training.matching import BeatCounts
from training.network import HybridNetwork
from training.plots import plot_learning_curves

FEATURE_LIMIT = 5.0
"""Standardised features are cut here: an artefact's ratio of 1000 is no more than "large"."""
CALIBRATION_BEATS = 8192
"""Training beats that set the int8 scales."""
PREDICT_BATCH = 4096
REPOSITORY = Path(__file__).parents[1]
SHIPPED = {
    "default": REPOSITORY / "layers" / "model",
    "single_beat": REPOSITORY / "layers" / "model" / SINGLE_BEAT_FOLDER,
}
"""Where the models lie that come with the software."""
CHECKPOINT_FILE = "beat_classifier.pt"


@dataclass(frozen=True)
class Scaling:
    """How features are standardised: mean and spread over the training beats."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def of(cls, rhythm: NDArray[np.float32]) -> "Scaling":
        """Measure the training beats."""
        return cls(
            tuple(float(value) for value in rhythm.mean(axis=0, dtype=np.float64).round(6)),
            tuple(float(value) for value in rhythm.std(axis=0, dtype=np.float64).round(6)),
        )

    def apply(self, rhythm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardise as the classifier does."""
        return standardise(rhythm, self.mean, self.scale, FEATURE_LIMIT)


def main() -> None:
    """Train, evaluate and export one configuration."""
    given = _arguments()
    config = CONFIGS[given.config]
    if given.epochs:
        config = replace(config, epochs=given.epochs)
    out = given.out or SHIPPED.get(config.name, Path("out") / config.name)
    logs = given.logs or REPOSITORY / "training" / "results" / config.name
    for folder in (out, logs):
        folder.mkdir(parents=True, exist_ok=True)
    settings = ScoringSettings()
    records = training_records(given.data, config.databases)
    print(f"reading {len(records)} training records", flush=True)
    leads = list(annotated_leads(given.data, records, settings, all_leads=config.all_leads))

    validation = set(records[:: config.validation_folds])
    learnt = [lead for lead in leads if lead.record not in validation]
    held_back = [lead for lead in leads if lead.record in validation and lead.chosen]
    print(f"step 1: {len(validation)} patients held back to choose the epoch", flush=True)
    curve = select_epochs(config, learnt, held_back, given.seed)
    best = max(curve, key=lambda point: point["validation_score"])
    print(f"step 2: all training patients, {best['epoch']} epochs", flush=True)
    examples = make_examples(leads, config.input, settings.detector)
    network, scaling = train(replace(config, epochs=best["epoch"]), examples, given.seed)
    plot_learning_curves(curve, logs / "learning_curves.png")
    (logs / "learning_curves.json").write_text(to_json({"epochs": curve}))

    export(network, scaling, examples, out, logs)
    card = make_card(config, scaling, out, logs)
    card["training"] = {
        "config": asdict(config),
        "seed": given.seed,
        "epochs": best["epoch"],
        "records": list(records),
        "held_back_to_choose_the_epoch": sorted(validation),
        "beats": dict(zip(CLASSES, np.bincount(examples.labels).tolist(), strict=True)),
    }
    (out / CARD_FILE).write_text(to_json(card))
    card["evaluation"] = evaluate(network, scaling, config, given.data, out)
    (out / CARD_FILE).write_text(to_json(card))
    report = ds2_report(config.name, card["evaluation"])
    (logs / "ds2.md").write_text(report)
    print(report)


def select_epochs(
    config: TrainingConfig, learnt: list[AnnotatedLead], held_back: list[AnnotatedLead], seed: int
) -> list[dict[str, Any]]:
    """Return the learning curve: loss, and figures on held-back patients, after every epoch."""
    detector = ScoringSettings().detector
    examples = make_examples(learnt, config.input, detector)
    unseen = make_examples(held_back, config.input, detector)
    curve: list[dict[str, Any]] = []

    def validate(epoch: int, loss: float, network: torch.nn.Module, scaling: Scaling) -> None:
        beats = ModelInput(unseen.shape, unseen.rhythm)
        found = predict(network, scaling, beats).argmax(axis=1)
        counts = BeatCounts.empty()
        np.add.at(counts.matrix, (unseen.labels, found), 1)
        f1 = {name: round(counts.f1(name, ec57=False), 4) for name in "NSV"}
        score = round(sum(f1.values()) / len(f1), 4)
        point = {"epoch": epoch, "training_loss": round(loss, 5), "validation_score": score}
        curve.append(point | {f"validation_f1_{name}": value for name, value in f1.items()})
        print(f"  epoch {epoch}: loss {loss:.4f}, held-back F1 {f1}", flush=True)

    train(config, examples, seed, validate)
    return curve


def train(
    config: TrainingConfig, examples: Examples, seed: int, after_epoch: Any = None
) -> tuple[HybridNetwork, Scaling]:
    """Train a network on examples.

    Parameters
    ----------
    config : TrainingConfig
        The recipe.
    examples : Examples
        Training beats.
    seed : int
        Of weights, order and augmentation: with the same number of threads, the same seed
        gives the same network.
    after_epoch : callable, optional
        Called with epoch (from 1), mean loss, network and scaling.

    Returns
    -------
    HybridNetwork
        With averaged weights if the recipe asks for them.
    Scaling
        Of its features.
    """
    torch.manual_seed(seed)
    scaling = Scaling.of(examples.rhythm)
    shape = torch.from_numpy(examples.shape)  # (n, C, 1, L)
    rhythm = torch.from_numpy(scaling.apply(examples.rhythm))  # (n, K)
    labels = torch.from_numpy(examples.labels)  # (n,)
    alpha = class_weights(labels, len(CLASSES), config.class_weight_exponent)
    network = HybridNetwork(config.network, shape.shape[1], rhythm.shape[1], len(CLASSES))
    averaging = get_ema_multi_avg_fn(config.average_decay)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=averaging, use_buffers=True)
    steps = max(1, len(labels) // config.batch_beats)
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=steps * config.epochs
    )
    for epoch in range(1, config.epochs + 1):
        network.train()
        order = torch.randperm(len(labels))
        total = 0.0
        for step in tqdm(range(steps), desc=f"epoch {epoch}", leave=False, file=sys.stderr):
            batch = order[step * config.batch_beats : (step + 1) * config.batch_beats]
            logits = network(augment(shape[batch], config), rhythm[batch])
            loss = focal_loss(logits, labels[batch], alpha, config.gamma)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
            total += loss.item()
        if after_epoch:
            after_epoch(epoch, total / steps, average.module, scaling)
    averaged = average.module
    assert isinstance(averaged, HybridNetwork)
    return averaged, scaling


def augment(shape: Tensor, config: TrainingConfig) -> Tensor:
    """Return beats moved a little in their window, and half of them upside down.

    One shift serves the batch. Only the beat is moved, its end coming round to its beginning:
    the dominant beat is a median, which does not jitter.
    """
    if config.jitter_samples:
        own = [name.startswith("beat") for name in config.input.channels]
        moved = int(torch.randint(-config.jitter_samples, config.jitter_samples + 1, (1,)))
        shape = shape.clone()
        shape[:, own] = torch.roll(shape[:, own], moved, dims=-1)
    if config.flip_polarity:
        shape = shape * (1 - 2 * torch.randint(0, 2, (len(shape), 1, 1, 1)))
    return shape


def predict(network: torch.nn.Module, scaling: Scaling, beats: ModelInput) -> NDArray[np.float32]:
    """Return the probabilities of beats by PyTorch, shape (n_beats, 5)."""
    network.eval()
    rhythm = torch.from_numpy(scaling.apply(beats.rhythm))
    shape = torch.from_numpy(beats.shape)
    with torch.no_grad():
        logits = [
            network(shape[start : start + PREDICT_BATCH], rhythm[start : start + PREDICT_BATCH])
            for start in range(0, len(rhythm), PREDICT_BATCH)
        ]
    return softmax(torch.cat(logits).numpy())


def export(
    network: HybridNetwork, scaling: Scaling, examples: Examples, out: Path, logs: Path
) -> None:
    """Write the checkpoint, the float32 model and the int8 model."""
    chosen = np.linspace(0, len(examples.labels) - 1, CALIBRATION_BEATS).astype(np.int64)
    torch.save(network.state_dict(), logs / CHECKPOINT_FILE)
    export_float(network, examples.shape.shape[1:], examples.rhythm.shape[1], logs / FLOAT_FILE)
    quantise(
        logs / FLOAT_FILE,
        examples.shape[chosen],
        scaling.apply(examples.rhythm[chosen]),
        out / MODEL_FILE,
    )


def make_card(config: TrainingConfig, scaling: Scaling, out: Path, logs: Path) -> dict[str, Any]:
    """Return the model card, as yet without training and evaluation."""
    model = (out / MODEL_FILE).read_bytes()
    checksum = sha256(model).hexdigest()
    return {
        "card_version": CARD_VERSION,
        "version": f"{config.name}-{checksum[:8]}",
        "model": {
            "file": MODEL_FILE,
            "sha256": checksum,
            "bytes": len(model),
            "quantisation": "static QDQ: uint8 activations, int8 weights by channel, 7 bits; "
            "first convolution, rhythm stream and last layer in float32",
            "cost": cost(logs / FLOAT_FILE),
        },
        "classes": list(CLASSES),
        "conditioning": conditioning_of(ScoringSettings().conditioning),
        "input": {
            "channels": list(config.input.channels),
            "features": [
                {"name": name, "mean": mean, "scale": scale}
                for name, mean, scale in zip(
                    config.input.features, scaling.mean, scaling.scale, strict=True
                )
            ],
            "feature_limit": FEATURE_LIMIT,
            "windows": asdict(config.input.windows),
        },
        "test_records": list(ds2_records()),
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
            "Q is hardly represented in the training data. S is not meaningful in atrial "
            "fibrillation or flutter."
        ),
    }


def evaluate(
    network: HybridNetwork, scaling: Scaling, config: TrainingConfig, data: Path, out: Path
) -> dict[str, Any]:
    """Return the figures on DS2: float32 and int8 on annotated R peaks, int8 end to end."""
    settings = ScoringSettings()
    leads = list(annotated_leads(data, ds2_records(), settings))
    classifier = BeatClassifier.load(out)
    exact = evaluate_annotated(
        leads, lambda beats: predict(network, scaling, beats), config.input, settings
    )
    shipped = evaluate_annotated(leads, classifier.probabilities, config.input, settings)
    scored = score_records(data, ds2_records(), classifier, settings)
    whole = evaluate_end_to_end(data, scored)
    return {
        "annotated_float32": figures(exact.gross, ec57=False),
        "annotated": figures(shipped.gross, ec57=False),
        "end_to_end": figures(whole.gross, ec57=True),
        "events": evaluate_events(data, scored),
        "annotated_by_record": {
            record: figures(counts, ec57=False) for record, counts in shipped.by_record.items()
        },
        "end_to_end_by_record": {
            record: figures(counts, ec57=True) for record, counts in whole.by_record.items()
        },
    }


def ds2_report(name: str, evaluation: dict[str, Any]) -> str:
    """Return the figures on DS2 as Markdown, beside the published report's."""
    rows = {
        f"`{name}`, int8, annotated R peaks": evaluation["annotated"],
        f"`{name}`, float32, annotated R peaks": evaluation["annotated_float32"],
        f"`{name}`, int8, end to end (EC57)": evaluation["end_to_end"],
    }
    whole = evaluation["end_to_end"]
    return "\n".join(
        [
            f"# `{name}` on DS2",
            "",
            "Percent. Annotated R peaks: all beats. End to end: 150 ms, first 5 minutes and",
            "ventricular flutter left out, V found on annotated F or Q and S on Q not counted as",
            "false, beats missed counted as missed.",
            "",
            markdown_table(rows),
            f"V missed by the detector: {whole['v_missed_by_detector']} of {whole['v_annotated']}.",
            "",
            "Annotated R peaks, int8:",
            "",
            confusion_table(evaluation["annotated"]),
            "End to end, int8:",
            "",
            confusion_table(whole),
            "End to end, by record:",
            "",
            record_table(evaluation["end_to_end_by_record"]),
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/ and svdb/")
    parser.add_argument("--config", choices=sorted(CONFIGS), default="default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="at most so many, instead of the recipe's")
    parser.add_argument("--out", type=Path, help="folder of the model and its card")
    parser.add_argument("--logs", type=Path, help="folder of checkpoint, curves and tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
