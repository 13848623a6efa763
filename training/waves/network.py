"""The segmentation network: a small U-Net on one lead, the same for every lead."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from deepecg.waves.wave_card import KINDS

STRIDE = 2
"""Stride of the first convolution: the network works at half the sampling rate, and its last layer
returns two samples at a time."""


@dataclass(frozen=True)
class WaveNetworkConfig:
    """Size of the network."""

    channels: tuple[int, ...] = (16, 16, 32, 32, 48)
    """Channels of each level; every level has half the rate of the one above."""
    first_kernel: int = 9
    """Kernel of the first convolution in samples of the lead."""
    kernel: int = 5
    """Kernel of the convolutions on the way down."""
    up_kernel: int = 3
    """Kernel of the convolutions on the way up."""
    context_dilations: tuple[int, ...] = (1, 2)
    """Dilations of the convolutions of the lowest level, at 4 samples a second: they see the beats
    on either side."""

    @property
    def step(self) -> int:
        """Samples of the lead per value of the lowest level."""
        return STRIDE << (len(self.channels) - 1)


class WaveNetwork(nn.Module):
    """From a lead to a logit of P, QRS and T at every sample."""

    def __init__(self, config: WaveNetworkConfig) -> None:
        super().__init__()
        channels, kernel = config.channels, config.kernel
        self.stem = _convolution(1, channels[0], config.first_kernel, stride=STRIDE)
        self.top = _convolution(channels[0], channels[0], kernel)
        self.down = nn.ModuleList(
            nn.Sequential(
                _convolution(above, below, kernel, stride=2), _convolution(below, below, kernel)
            )
            for above, below in pairwise(channels)
        )
        self.context = nn.Sequential(
            *(
                _convolution(channels[-1], channels[-1], kernel, dilation=dilation)
                for dilation in config.context_dilations
            )
        )
        upwards = channels[::-1]
        self.narrow = nn.ModuleList(
            nn.Conv1d(below, above, 1) for below, above in pairwise(upwards)
        )
        self.up = nn.ModuleList(
            _convolution(above, above, config.up_kernel) for above in upwards[1:]
        )
        self.head = nn.Conv1d(channels[0], STRIDE * len(KINDS), config.up_kernel, padding="same")

    def forward(self, lead: Tensor) -> Tensor:
        """Return logits.

        Parameters
        ----------
        lead : Tensor of float32, shape (n_windows, 1, n)
            Compressed leads; n is a multiple of :attr:`WaveNetworkConfig.step`.

        Returns
        -------
        Tensor of float32, shape (n_windows, 2 * 3, n / 2)
            Logits of P, QRS and T of the even samples, then of the odd ones.
        """
        value = self.top(self.stem(lead))  # (B, C, n/2)
        skipped = [value]
        for level in self.down:
            value = level(value)
            skipped.append(value)
        value = self.context(skipped.pop())
        for narrow, convolution in zip(self.narrow, self.up, strict=True):
            value = convolution(_twice(narrow(value)) + skipped.pop())
        logits: Tensor = self.head(value)
        return logits


def by_sample(logits: Tensor) -> Tensor:
    """Return logits of all samples, (n_windows, 3, n), from those of even and odd samples."""
    n_windows, _, half = logits.shape
    apart = logits.reshape(n_windows, STRIDE, len(KINDS), half)
    return apart.permute(0, 2, 3, 1).reshape(n_windows, len(KINDS), half * STRIDE)


def _twice(value: Tensor) -> Tensor:
    """Return every value twice in a row, (B, C, 2 n).

    Written as a transposition, for which ONNX Runtime has a fast int8 kernel; its ``Resize`` took a
    third of the network's time.
    """
    n_windows, channels, length = value.shape
    flat = value.reshape(1, n_windows * channels * length)
    return torch.cat([flat, flat]).transpose(0, 1).reshape(n_windows, channels, 2 * length)


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(
            inputs,
            outputs,
            kernel,
            stride,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            bias=False,
        ),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    )


def n_parameters(network: nn.Module) -> int:
    """Return the number of trained values."""
    return sum(one.numel() for one in network.parameters())
