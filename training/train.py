"""Trains the beat classifier and exports it: ``make train DATA=DIR``.

First by cross-validation: every training patient is held back once, from a network that is
trained on the others, and those networks are kept, so that training patients can be judged too.
Then one is trained on all of them. Test records are not read here: ``make evaluate`` looks at
them, with what this leaves.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
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
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import softmax
from deepecg.beats.model_card import (
    CARD_FILE,
    CARD_VERSION,
    MODEL_FILE,
    SINGLE_BEAT_FOLDER,
    Scaling,
    conditioning_of,
)
from deepecg.beats.model_input import ModelInput
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.json_files import to_json
from deepecg.settings import ScoringSettings
from training.annotated_records import (
    annotated_records,
    ds2_records,
    fold_records,
    training_records,
)
from training.augmented_copies import make_copies
from training.beat_matching import BeatCounts
from training.evaluate import FLOAT_FILE, annotated_counts
from training.export_onnx import cost, export_float, model_arrays, quantise
from training.focal_loss import class_weights, focal_loss, record_weights
from training.network import HybridNetwork
from training.plots import plot_learning_curves
from training.recipes import CONFIGS, TrainingConfig
from training.training_examples import Examples, make_examples

FEATURE_LIMIT = 5.0
"""Standardised features are cut here: an artefact's ratio of 1000 is no more than "large"."""
CALIBRATION_STRETCHES = 40
CALIBRATION_BEATS = 256
"""Training beats that set the int8 scales: stretches spread over the records."""
SMALLEST_SPREAD = 1e-6
"""Keeps a feature that never changes from being divided by 0."""
REPOSITORY = Path(__file__).parents[1]
SHIPPED = {
    "default": REPOSITORY / "layers" / "model",
    "single_beat": REPOSITORY / "layers" / "model" / SINGLE_BEAT_FOLDER,
}
"""Where the models lie that come with the software."""
CHECKPOINT_FILE = "beat_classifier.pt"
FOLDS_FOLDER = "folds"


@dataclass(frozen=True)
class Scalings:
    """How the two kinds of features are standardised."""

    morphology: Scaling
    timing: Scaling

    @classmethod
    def of(cls, examples: Sequence[Examples]) -> "Scalings":
        """Measure the training beats."""
        beats = [one.beats for one in examples]
        return cls(
            _scaling(
                [one.morphology[:, lead] for one in beats for lead in range(one.usable.shape[1])]
            ),
            _scaling([one.timing for one in beats]),
        )

    def apply(self, beats: ModelInput) -> ModelInput:
        """Standardise as the classifier does."""
        return replace(
            beats,
            morphology=self.morphology.apply(beats.morphology),
            timing=self.timing.apply(beats.timing),
        )


def main() -> None:
    """Train and export one configuration."""
    given = _arguments()
    config = CONFIGS[given.config]
    if given.epochs:
        config = replace(config, epochs=given.epochs)
    out = given.out or SHIPPED.get(config.name, Path("out") / config.name)
    logs = given.logs or REPOSITORY / "training" / "results" / config.name
    settings = ScoringSettings()
    names = training_records(given.data, config.databases)
    print(f"reading {len(names)} training records", flush=True)
    examples, copies = [], []
    for record in annotated_records(given.data, names, settings, config.n_leads):
        examples.append(make_examples(record, config.input, settings.detector))
        copies += make_copies(given.data, record, config, settings, given.seed)
    curves = []
    labels = {one.record: one.labels for one in examples}
    for number, held_back in enumerate(fold_records(labels, config.n_folds)):
        print(f"fold {number}: {len(held_back)} patients held back", flush=True)
        curve = Curve([one for one in examples if one.record in held_back])
        learnt = [one for one in examples + copies if one.record not in held_back]
        trained = train(config, learnt, given.seed, curve.note)
        folder = logs / FOLDS_FOLDER / str(number)
        save(Trained(config, *trained, learnt, held_back, given.seed), folder, folder)
        curves.append(curve.points)
    if curves:
        mean = mean_curve(curves)
        plot_learning_curves(mean, logs / "learning_curves.png")
        (logs / "learning_curves.json").write_text(to_json({"epochs": mean}))
    print("all training patients", flush=True)
    network, scalings = train(config, examples + copies, given.seed)
    save(Trained(config, network, scalings, examples + copies, [], given.seed), out, logs)
    torch.save(network.state_dict(), logs / CHECKPOINT_FILE)


class Curve:
    """The learning curve: loss, and figures on held-back patients, after every epoch."""

    def __init__(self, held_back: Sequence[Examples]) -> None:
        self.held_back = held_back
        self.points: list[dict[str, float]] = []

    def note(self, epoch: int, loss: float, network: HybridNetwork, scalings: Scalings) -> None:
        """Judge the network as it is after an epoch."""
        counts = BeatCounts.empty()
        for one in self.held_back:
            counts += annotated_counts(one.labels, predict(network, scalings, one.beats))
        f1 = {name: round(counts.f1(name, ec57=False), 4) for name in "NSV"}
        point = {"epoch": epoch, "training_loss": round(loss, 5)}
        self.points.append(point | {f"validation_f1_{name}": value for name, value in f1.items()})
        print(f"  epoch {epoch}: loss {loss:.4f}, held-back F1 {f1}", flush=True)


def mean_curve(curves: Sequence[Sequence[dict[str, float]]]) -> list[dict[str, Any]]:
    """Return the mean over folds, epoch by epoch."""
    return [
        {name: round(float(np.mean([point[name] for point in points])), 5) for name in points[0]}
        for points in zip(*curves, strict=True)
    ]


def train(
    config: TrainingConfig,
    examples: Sequence[Examples],
    seed: int,
    after_epoch: Callable[[int, float, HybridNetwork, Scalings], None] | None = None,
) -> tuple[HybridNetwork, Scalings]:
    """Train a network on examples.

    Parameters
    ----------
    config : TrainingConfig
        The recipe.
    examples : sequence of Examples
        Training records.
    seed : int
        Of weights, order and augmentation: with the same number of threads, the same seed
        gives the same network.
    after_epoch : callable, optional
        Called with epoch (from 1), mean loss, network and scalings.

    Returns
    -------
    HybridNetwork
        With averaged weights if the recipe asks for them.
    Scalings
        Of its features.
    """
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    scalings = Scalings.of(examples)
    beats = [_tensors(scalings.apply(one.beats)) for one in examples]
    waveforms, morphology, usable, timing = (torch.cat(parts) for parts in zip(*beats, strict=True))
    labels = torch.from_numpy(np.concatenate([one.labels for one in examples]))
    weights = class_weights(labels, len(CLASSES), config.class_weight_exponent)[labels]
    weights *= torch.cat(
        [
            one.weight * record_weights(torch.from_numpy(one.labels), config.record_weight_exponent)
            for one in examples
        ]
    )
    sequences = Sequences([one.labels for one in examples], config)
    network = HybridNetwork(config.network, config.input, len(CLASSES))
    averaging = get_ema_multi_avg_fn(config.average_decay)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=averaging, use_buffers=True)
    steps = sequences.steps
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=steps * config.epochs
    )
    for epoch in range(1, config.epochs + 1):
        network.train()
        total = 0.0
        batches = sequences.epoch(order)
        for batch, importance in tqdm(
            batches, desc=f"epoch {epoch}", total=steps, leave=False, file=sys.stderr
        ):
            seen, counted, timed = augment(waveforms[batch], usable[batch], timing[batch], config)
            count = len(batch) // config.sequence_beats
            in_context, alone = network(seen, morphology[batch], counted, timed, count)
            weight = weights[batch] * importance
            weight = weight / weight.mean()
            loss = focal_loss(in_context, labels[batch], weight, config.gamma)
            if config.alone_weight:
                apart = focal_loss(alone, labels[batch], weight, config.gamma)
                loss = loss + config.alone_weight * apart
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
            total += loss.item()
        if after_epoch:
            after_epoch(epoch, total / steps, _averaged(average), scalings)
    return _averaged(average), scalings


class Sequences:
    """Consecutive beats of one record, as many as are learnt together.

    Parameters
    ----------
    labels : sequence of ndarray of int64
        Classes of every record's beats; the records' beats stand one after the other.
    config : TrainingConfig
        Length of a sequence, and how many uneventful ones an epoch shows.
    """

    def __init__(self, labels: Sequence[NDArray[np.int64]], config: TrainingConfig) -> None:
        length = config.sequence_beats
        self.length = length
        self.uneventful_share = config.uneventful_share
        self.batch = max(1, config.batch_beats // length)
        starts, ends, eventful = [], [], []
        begin = 0
        for record in labels:
            for start in range(0, len(record) - length + 1, length):
                starts.append(begin + start)
                ends.append((begin, begin + len(record) - length))
                eventful.append(bool(record[start : start + length].any()))
            begin += len(record)
        self.starts = np.array(starts, np.int64)
        self.ends = np.array(ends, np.int64)
        self.eventful = np.array(eventful)

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        shown = self.eventful.sum() + int(self.uneventful_share * (~self.eventful).sum())
        return max(1, int(shown) // self.batch)

    def epoch(self, order: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield beats of every batch, and how much each counts for the uneventful ones not shown.

        Sequences begin up to half their length earlier or later each time.
        """
        uneventful = np.flatnonzero(~self.eventful)
        kept = order.permutation(uneventful)[: int(self.uneventful_share * len(uneventful))]
        shown = order.permutation(np.concatenate([np.flatnonzero(self.eventful), kept]))
        for step in range(self.steps):
            chosen = shown[step * self.batch : (step + 1) * self.batch]
            moved = order.integers(-(self.length // 2), self.length // 2 + 1, len(chosen))
            first = np.clip(self.starts[chosen] + moved, *self.ends[chosen].T)
            beats = (first[:, None] + np.arange(self.length)).ravel()
            importance = np.where(self.eventful[chosen], 1.0, 1 / self.uneventful_share)
            yield (
                torch.from_numpy(beats),
                torch.from_numpy(importance.repeat(self.length).astype(np.float32)),
            )


def augment(
    waveforms: Tensor, usable: Tensor, timing: Tensor, config: TrainingConfig
) -> tuple[Tensor, Tensor, Tensor]:
    """Return sequences altered: beats moved and noisy, leads upside down or hidden, rates other.

    One shift serves the batch. Only the beat is moved and made noisy, its end coming round to its
    beginning: the template beat is a median, which does neither. All else is one for a sequence.
    """
    length = config.sequence_beats
    n_sequences, n_leads = len(waveforms) // length, waveforms.shape[1]
    own = torch.tensor([not name.startswith("template") for name in config.input.channels])
    if config.jitter_samples:
        moved = int(torch.randint(-config.jitter_samples, config.jitter_samples + 1, (1,)))
        waveforms = waveforms.clone()
        waveforms[:, :, own] = torch.roll(waveforms[:, :, own], moved, dims=-1)
    if config.flip_polarity:
        turned = 1 - 2 * torch.randint(0, 2, (n_sequences, n_leads, 1, 1))
        waveforms = waveforms * turned.repeat_interleave(length, 0)
    if config.noise:
        level = config.noise * torch.rand(n_sequences, n_leads, 1, 1) ** 2
        noise = torch.randn(len(waveforms), n_leads, 1, waveforms.shape[-1])
        noise *= level.repeat_interleave(length, 0)
        waveforms = waveforms + noise * own[:, None]
    if config.lead_dropout and n_leads > 1:
        hidden = torch.rand(n_sequences) < config.lead_dropout
        kept = torch.nn.functional.one_hot(torch.randint(0, n_leads, (n_sequences,)), n_leads)
        shown = torch.where(hidden[:, None], kept, 1).repeat_interleave(length, 0)
        usable = usable * shown
    if config.rate_jitter:
        other = config.rate_jitter * torch.randn(n_sequences).repeat_interleave(length)
        timing = timing.clone()
        timing[:, config.input.timing.index("local_rr")] += other
    return waveforms, usable, timing


def predict(network: HybridNetwork, scalings: Scalings, beats: ModelInput) -> NDArray[np.float32]:
    """Return the probabilities of consecutive beats by PyTorch, shape (n_beats, 5)."""
    network.eval()
    with torch.no_grad():
        logits, _ = network(*_tensors(scalings.apply(beats)))
    return softmax(logits.numpy())


@dataclass(frozen=True)
class Trained:
    """A trained network, and what it was trained on."""

    config: TrainingConfig
    network: HybridNetwork
    scalings: Scalings
    examples: Sequence[Examples]
    held_back: Sequence[str]
    seed: int


def save(trained: Trained, out: Path, logs: Path) -> None:
    """Write the int8 model and its card to ``out``, and the float32 model to ``logs``."""
    config, scalings, examples = trained.config, trained.scalings, trained.examples
    for folder in (out, logs):
        folder.mkdir(parents=True, exist_ok=True)
    export_float(trained.network, examples[0].beats, logs / FLOAT_FILE)
    quantise(logs / FLOAT_FILE, calibration(examples, scalings), out / MODEL_FILE)
    card = make_card(config, scalings, out, logs)
    labels = np.concatenate([one.labels for one in examples])
    card["training"] = {
        "config": asdict(config),
        "seed": trained.seed,
        "records": list(dict.fromkeys(one.record for one in examples)),
        "held_back": list(trained.held_back),
        "beats": dict(zip(CLASSES, np.bincount(labels, minlength=5).tolist(), strict=True)),
    }
    (out / CARD_FILE).write_text(to_json(card))


def calibration(examples: Sequence[Examples], scalings: Scalings) -> list[ModelInput]:
    """Return stretches of beats, spread over the records, that set the int8 scales."""
    stretches = []
    for place in np.linspace(0, len(examples) - 1, CALIBRATION_STRETCHES).round().astype(int):
        beats = examples[place].beats
        middle = max((len(beats) - CALIBRATION_BEATS) // 2, 0)
        stretches.append(scalings.apply(beats[middle : middle + CALIBRATION_BEATS]))
    return stretches


def make_card(config: TrainingConfig, scalings: Scalings, out: Path, logs: Path) -> dict[str, Any]:
    """Return the model card, as yet without training and evaluation."""
    model = (out / MODEL_FILE).read_bytes()
    checksum = sha256(model).hexdigest()
    spec = config.input
    noisy = " but for false beats that synthetic noise makes" if config.noisy_copies else ""
    return {
        "card_version": CARD_VERSION,
        "name": config.name,
        "model": {
            "file": MODEL_FILE,
            "sha256": checksum,
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
        "cluster_consensus": asdict(config.cluster_consensus) if config.cluster_consensus else None,
        "paroxysmal_svt": asdict(config.paroxysmal_svt) if config.paroxysmal_svt else None,
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
            f"Q is hardly represented in the training data{noisy}. S is not meaningful in atrial "
            "fibrillation or flutter."
        ),
    }


def _scaling(features: Sequence[NDArray[np.float32]]) -> Scaling:
    values = np.concatenate(features)
    spread = np.maximum(values.std(axis=0, dtype=np.float64), SMALLEST_SPREAD)
    return Scaling(
        tuple(values.mean(axis=0, dtype=np.float64).round(6).tolist()),
        tuple(spread.round(6).tolist()),
        FEATURE_LIMIT,
    )


def _features(names: Sequence[str], scaling: Scaling) -> list[dict[str, Any]]:
    return [
        {"name": name, "mean": mean, "scale": scale}
        for name, mean, scale in zip(names, scaling.mean, scaling.scale, strict=True)
    ]


def _tensors(beats: ModelInput) -> list[Tensor]:
    """Return the network's inputs: waveforms, morphology, usable, timing."""
    return [torch.from_numpy(values) for values in model_arrays(beats).values()]


def _averaged(average: AveragedModel) -> HybridNetwork:
    network = average.module
    assert isinstance(network, HybridNetwork)
    return network


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
