"""Batches of beat sequences, and their random augmentation."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from deepecg.arrays import Ints
from training.recipes import TrainingConfig


class Sequences:
    """Sequences of consecutive beats of one record, on which the network is trained.

    Parameters
    ----------
    labels : sequence of ndarray of int64
        Classes of every record's beats; beats are numbered over all records.
    config : TrainingConfig
        Length of a sequence, and share of uneventful sequences (without S, V, F and Q) an epoch.
    """

    def __init__(self, labels: Sequence[Ints], config: TrainingConfig) -> None:
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
        """Number of batches of an epoch."""
        shown = self.eventful.sum() + int(self.uneventful_share * (~self.eventful).sum())
        return max(1, int(shown) // self.batch)

    def epoch(self, order: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the beats of every batch, and the weight of each.

        Beats of uneventful sequences weigh more, in place of the sequences that are skipped.
        Sequences begin up to half their length earlier or later in each epoch.
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
    """Return augmented sequences: shifted and noisy beats, inverted or hidden leads, other rates.

    One circular shift is drawn for the batch. Only the beat is shifted and noisy: the template beat
    is a median, which is neither. All other changes are drawn once for each sequence.
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
