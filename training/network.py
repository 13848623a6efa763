"""The hybrid network: a 1D-CNN on the beat's shape, a dense stream on its rhythm, fused.

Convolutions are two-dimensional with kernels of height 1: the same arithmetic, and ONNX
Runtime's 2D kernels are the faster ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class NetworkConfig:
    """Size of the network.

    Attributes
    ----------
    widths : tuple of int
        Channels of the convolutions; each halves the time axis.
    kernels : tuple of int
        Their lengths in samples.
    bins : int
        Steps that the adaptive average pooling leaves of the time axis.
    rhythm_widths : tuple of int
        Layers of the dense stream.
    fusion_width : int
        Layer that sees both streams.
    dropout : float
        Before the last layer.
    """

    widths: tuple[int, ...]
    kernels: tuple[int, ...]
    bins: int
    rhythm_widths: tuple[int, ...]
    fusion_width: int
    dropout: float = 0.3


class HybridNetwork(nn.Module):
    """Shape and rhythm in, one logit a class out.

    Parameters
    ----------
    config : NetworkConfig
        Size.
    n_channels, n_features, n_classes : int
        Of input and output.
    """

    def __init__(
        self, config: NetworkConfig, n_channels: int, n_features: int, n_classes: int
    ) -> None:
        super().__init__()
        shape: list[nn.Module] = []
        width = n_channels
        for out, kernel in zip(config.widths, config.kernels, strict=True):
            shape += [
                nn.Conv2d(
                    width, out, (1, kernel), stride=(1, 2), padding=(0, kernel // 2), bias=False
                ),
                nn.BatchNorm2d(out),
                nn.ReLU(),
            ]
            width = out
        self.shape = nn.Sequential(*shape, nn.AdaptiveAvgPool2d((1, config.bins)), nn.Flatten())
        rhythm: list[nn.Module] = []
        features = n_features
        for out in config.rhythm_widths:
            rhythm += [nn.Linear(features, out), nn.ReLU()]
            features = out
        self.rhythm = nn.Sequential(*rhythm)
        self.fusion = nn.Sequential(
            nn.Linear(width * config.bins + features, config.fusion_width),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.fusion_width, n_classes),
        )

    def forward(self, shape: Tensor, rhythm: Tensor) -> Tensor:
        """Return logits, (B, n_classes), for shape (B, C, 1, L) and rhythm (B, K)."""
        seen = self.shape(shape)  # (B, W * bins)
        timed = self.rhythm(rhythm)  # (B, R)
        logits: Tensor = self.fusion(torch.cat([seen, timed], dim=1))
        return logits
