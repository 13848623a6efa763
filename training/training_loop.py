"""Training of a network, and its predictions by PyTorch."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from deepecg.arrays import Floats32
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import softmax
from deepecg.beats.model_card import Scaling
from deepecg.beats.model_input import ModelInput
from training.augmented_batches import Sequences, augment
from training.data_roles import require_training_role
from training.export_onnx import model_arrays
from training.focal_loss import class_weights, focal_loss, record_weights
from training.network import HybridNetwork
from training.recipes import TrainingConfig
from training.training_examples import Examples

FEATURE_LIMIT = 5.0
"""Limit of standardised features: an artefact's ratio of 1000 means no more than "large"."""
SMALLEST_SPREAD = 1e-6
"""Smallest standard deviation: a feature that never changes is not divided by 0."""


@dataclass(frozen=True)
class Scalings:
    """Standardisation of the two kinds of features."""

    morphology: Scaling
    timing: Scaling

    @classmethod
    def of(cls, examples: Sequence[Examples]) -> "Scalings":
        """Compute the scalings from training beats."""
        beats = [one.beats for one in examples]
        return cls(
            _scaling(
                [one.morphology[:, lead] for one in beats for lead in range(one.usable.shape[1])]
            ),
            _scaling([one.timing for one in beats]),
        )

    def apply(self, beats: ModelInput) -> ModelInput:
        """Standardise features as the classifier does."""
        return replace(
            beats,
            morphology=self.morphology.apply(beats.morphology),
            timing=self.timing.apply(beats.timing),
        )


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
        Examples of training records.
    seed : int
        Seed of weights, order and augmentation: the same seed, processor and number of threads
        give the same network.
    after_epoch : callable, optional
        Called with epoch (from 1), mean loss, network and scalings.

    Returns
    -------
    HybridNetwork
        With averaged weights if the recipe requests them.
    Scalings
        Scalings of its features.

    Raises
    ------
    HeldBackRecordError
        If an example is of a record that may not be trained on.
    """
    require_training_role({one.record for one in examples})
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
            signals, leads, rhythm = augment(waveforms[batch], usable[batch], timing[batch], config)
            count = len(batch) // config.sequence_beats
            in_context, alone = network(signals, morphology[batch], leads, rhythm, count)
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


def predict(network: HybridNetwork, scalings: Scalings, beats: ModelInput) -> Floats32:
    """Return the probabilities of consecutive beats by PyTorch, shape (n_beats, 5)."""
    network.eval()
    with torch.no_grad():
        logits, _ = network(*_tensors(scalings.apply(beats)))
    return softmax(logits.numpy())


def _scaling(features: Sequence[Floats32]) -> Scaling:
    values = np.concatenate(features)
    spread = np.maximum(values.std(axis=0, dtype=np.float64), SMALLEST_SPREAD)
    return Scaling(
        tuple(values.mean(axis=0, dtype=np.float64).round(6).tolist()),
        tuple(spread.round(6).tolist()),
        FEATURE_LIMIT,
    )


def _tensors(beats: ModelInput) -> list[Tensor]:
    """Return the network's inputs: waveforms, morphology, usable, timing."""
    return [torch.from_numpy(values) for values in model_arrays(beats).values()]


def _averaged(average: AveragedModel) -> HybridNetwork:
    network = average.module
    assert isinstance(network, HybridNetwork)
    return network
