"""The hybrid network: a 1D-CNN on each lead's waveform, a dense stream on the rhythm, fused.

Leads share one CNN and are mixed by a learnt gate, so that any number of leads is possible. Dilated
convolutions over the sequence of beats then combine each beat with its neighbours (van den Oord et
al. 2016, WaveNet, arXiv:1609.03499, here in both directions).

Convolutions are two-dimensional with kernels of height 1, because ONNX Runtime's 2D kernels are
faster than its 1D kernels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepecg.beats.input_spec import InputSpec

UNUSABLE = 1e4
"""Subtracted from the gate of a lead that is not usable: its share is then 0 in float32."""


@dataclass(frozen=True)
class NetworkConfig:
    """Size of the network.

    Attributes
    ----------
    widths : tuple of int
        Number of channels of each convolution; each halves the time axis.
    kernels : tuple of int
        Length of each convolution's kernel in samples.
    bins : int
        Length of the time axis after average pooling; a divisor of the length before it.
    lead_width : int
        Width of the layer on one lead's waveform and morphology features; 0 for a network of one
        lead without this layer.
    rhythm_widths : tuple of int
        Widths of the layers of the dense stream.
    fusion_width : int
        Width of the layer on both streams.
    dilations : tuple of int
        Dilations of the convolutions over the sequence of beats, three taps each; none for a
        network that classifies each beat alone.
    dropout : float
        Dropout before the last layer, and before the sequence.
    """

    widths: tuple[int, ...]
    kernels: tuple[int, ...]
    bins: int
    lead_width: int
    rhythm_widths: tuple[int, ...]
    fusion_width: int
    dilations: tuple[int, ...]
    dropout: float

    @property
    def context_beats(self) -> int:
        """Number of beats on either side that influence a beat."""
        return sum(self.dilations)


class HybridNetwork(nn.Module):
    """From waveforms, morphology and timing to one logit a class.

    Parameters
    ----------
    config : NetworkConfig
        Size of the network.
    spec : InputSpec
        Inputs of the network.
    n_classes : int
        Number of classes.
    """

    def __init__(self, config: NetworkConfig, spec: InputSpec, n_classes: int) -> None:
        super().__init__()
        waveforms: list[nn.Module] = []
        self.window = len(spec.channels), 1, spec.length
        width = len(spec.channels)
        for out, kernel in zip(config.widths, config.kernels, strict=True):
            waveforms += [
                nn.Conv2d(
                    width, out, (1, kernel), stride=(1, 2), padding=(0, kernel // 2), bias=False
                ),
                nn.BatchNorm2d(out),
                nn.ReLU(),
            ]
            width = out
        steps = -(-spec.length // 2 ** len(config.widths))
        pooling = nn.AvgPool2d((1, steps // config.bins))
        self.waveforms = nn.Sequential(*waveforms, pooling, nn.Flatten())
        # Training is 1.5 times as fast in this memory layout.
        self.waveforms.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        seen = width * config.bins + len(spec.morphology)
        self.lead = self.gate = None
        if config.lead_width:
            self.lead = nn.Sequential(nn.Linear(seen, config.lead_width), nn.ReLU())
            self.gate = nn.Linear(config.lead_width, 1)
            seen = config.lead_width
        timing: list[nn.Module] = []
        features = len(spec.timing)
        for out in config.rhythm_widths:
            timing += [nn.Linear(features, out), nn.ReLU()]
            features = out
        self.timing = nn.Sequential(*timing)
        self.fusion = nn.Sequential(nn.Linear(seen + features, config.fusion_width), nn.ReLU())
        self.sequence = nn.ModuleList(
            nn.Conv2d(
                config.fusion_width,
                config.fusion_width,
                (1, 3),
                padding=(0, dilation),
                dilation=(1, dilation),
            )
            for dilation in config.dilations
        )
        self.dropout = nn.Dropout(config.dropout)
        self.alone = nn.Linear(config.fusion_width, n_classes) if config.dilations else None
        self.head = nn.Linear(config.fusion_width, n_classes)

    def forward(
        self,
        waveforms: Tensor,
        morphology: Tensor,
        usable: Tensor,
        timing: Tensor,
        n_sequences: int = 1,
    ) -> tuple[Tensor, Tensor]:
        """Return logits of beats in their sequence, and of each beat alone.

        Parameters
        ----------
        waveforms : Tensor of float, shape (B, n_leads, n_channels, length)
            Waveforms of the beats, sequence by sequence.
        morphology : Tensor of float, shape (B, n_leads, n_morphology)
            Standardised morphology features.
        usable : Tensor of float, shape (B, n_leads)
            1 for a usable lead, 0 for another.
        timing : Tensor of float, shape (B, n_timing)
            Standardised timing features.
        n_sequences : int
            Number of sequences, all of one length.

        Returns
        -------
        tuple of Tensor of float, shape (B, n_classes) each
            Twice the same for a network without sequence.
        """
        seen = self.waveforms(waveforms.reshape(-1, *self.window))  # (B * leads, W * bins)
        if self.lead is None or self.gate is None:
            leads = seen
        else:
            each = self.lead(torch.cat([seen, morphology.flatten(0, 1)], dim=1))
            each = each.reshape(-1, waveforms.shape[1], each.shape[-1])  # (B, leads, L)
            share = (self.gate(each)[..., 0] + (usable - 1) * UNUSABLE).softmax(dim=1)
            leads = (each * share[..., None]).sum(dim=1)
        beats = self.fusion(torch.cat([leads, self.timing(timing)], dim=1))  # (B, F)
        if self.alone is None:
            logits = self.head(self.dropout(beats))
            return logits, logits
        in_order = self.dropout(beats).reshape(n_sequences, -1, beats.shape[-1])  # (S, T, F)
        in_order = in_order.transpose(1, 2).unsqueeze(2)  # (S, F, 1, T)
        for convolution in self.sequence:
            in_order = in_order + functional.relu(convolution(in_order))
        in_context = in_order.squeeze(2).transpose(1, 2).flatten(0, 1)
        return self.head(self.dropout(in_context)), self.alone(beats)
