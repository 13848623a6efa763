"""Training of the segmentation network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.data_roles import require_training_role
from training.waves.crops import Crops, CropSettings
from training.waves.network import WaveNetwork, WaveNetworkConfig, by_sample
from training.waves.wave_records import MarkedLead


@dataclass(frozen=True)
class WaveTrainingConfig:
    """The recipe."""

    network: WaveNetworkConfig = field(default_factory=WaveNetworkConfig)
    """Size of the network."""
    crops: CropSettings = field(default_factory=CropSettings)
    """Length and alterations of the crops."""
    steps: int = 6000
    """Number of batches."""
    batch_crops: int = 32
    """Crops of a batch."""
    learning_rate: float = 4e-3
    """Highest learning rate of the one-cycle schedule."""
    weight_decay: float = 1e-2
    """Weight decay of AdamW."""
    average_decay: float = 0.998
    """Decay of the average of the weights, which is the network that is kept."""
    database_weight: dict[str, float] = field(
        default_factory=lambda: {"qtdb": 0.45, "ludb": 0.5, "mitdb": 0.05}
    )
    """Share of the crops from each database."""
    without_p_weight: float = 2.0
    """Weight of a lead without P waves against one with: patients in atrial fibrillation are few,
    and their fibrillatory waves resemble P waves."""


REPORT_EVERY = 250
"""Steps between two reports of the loss."""


def train(
    config: WaveTrainingConfig,
    leads: Sequence[MarkedLead],
    seed: int,
    report: Callable[[int, float, WaveNetwork], None] = lambda *_: None,
) -> WaveNetwork:
    """Train a network.

    Parameters
    ----------
    config : WaveTrainingConfig
        The recipe.
    leads : sequence of MarkedLead
        Leads of training records.
    seed : int
        Seed of all random numbers: the same seed, processor and number of threads give the same
        network.
    report : callable
        Called with step, mean loss and the averaged network.

    Raises
    ------
    HeldBackRecordError
        If a lead is of a record that may not be trained on.
    """
    require_training_role({lead.record for lead in leads})
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    crops = Crops(leads, config.crops, random)
    share = lead_shares(leads, config)
    network = WaveNetwork(config.network)
    averaging = get_ema_multi_avg_fn(config.average_decay)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=averaging, use_buffers=True)
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.steps, pct_start=0.15
    )
    total = 0.0
    for step in range(1, config.steps + 1):
        network.train()
        chosen = random.choice(len(leads), config.batch_crops, p=share)
        signals, targets, weights = (torch.from_numpy(one) for one in crops.batch(chosen))
        loss = nn_loss(by_sample(network(signals)), targets, weights)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        average.update_parameters(network)
        total += loss.item()
        if step % REPORT_EVERY == 0:
            report(step, total / REPORT_EVERY, averaged(average))
            total = 0.0
    return averaged(average)


def nn_loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy over the samples about which something is known."""
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, targets, weights, reduction="sum"
    )
    return entropy / weights.sum().clamp(min=1)


def lead_shares(leads: Sequence[MarkedLead], config: WaveTrainingConfig) -> np.ndarray:
    """Return the probability of each lead to be cropped."""
    databases = np.array([lead.record.split("/")[0] for lead in leads])
    weight = np.array([config.without_p_weight if lead.without_p else 1.0 for lead in leads])
    share = np.zeros(len(leads))
    for database, of_database in config.database_weight.items():
        chosen = databases == database
        share[chosen] = of_database * weight[chosen] / weight[chosen].sum()
    return np.asarray(share / share.sum())


def averaged(average: AveragedModel) -> WaveNetwork:
    """Return the network with averaged weights."""
    network = average.module
    assert isinstance(network, WaveNetwork)
    return network
