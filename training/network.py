"""The hybrid network: a 1D-CNN on each lead's shape, a dense stream on the rhythm, fused.

Leads share one CNN and are mixed by a learnt gate, so that any number of them will do. A dilated
convolution over the sequence of beats then lets neighbours bear on each other (van den Oord et
al. 2016, WaveNet, arXiv:1609.03499, here in both directions).

Convolutions are two-dimensional with kernels of height 1: the same arithmetic, and ONNX
Runtime's 2D kernels are the faster ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepecg.beats.input_spec import InputSpec

UNUSABLE = 1e4
"""Taken off the gate of a lead that cannot be used: its share is then 0 in float32."""


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
        Steps that the average pooling leaves of the time axis; a divisor of what reaches it.
    lead_width : int
        Layer that sees one lead, shape and morphology; 0 for a network of one lead, without.
    rhythm_widths : tuple of int
        Layers of the dense stream.
    fusion_width : int
        Layer that sees both streams.
    dilations : tuple of int
        Of the convolutions over the sequence of beats, three taps each; none for a network that
        sees each beat alone.
    dropout : float
        Before the last layer, and before the sequence.
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
        """Beats on either side that bear on a beat."""
        return sum(self.dilations)


class HybridNetwork(nn.Module):
    """Shape, morphology and timing in, one logit a class out.

    Parameters
    ----------
    config : NetworkConfig
        Size.
    spec : InputSpec
        What it sees.
    n_classes : int
        Of the output.
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
        # Trains half as long again as fast.
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
            Of beats; those of one sequence follow each other.
        morphology : Tensor of float, shape (B, n_leads, n_morphology)
            Standardised.
        usable : Tensor of float, shape (B, n_leads)
            1 for a lead that counts, 0 for another.
        timing : Tensor of float, shape (B, n_timing)
            Standardised.
        n_sequences : int
            Into how many sequences, all of one length, the beats fall.

        Returns
        -------
        tuple of Tensor of float, shape (B, n_classes) each
            The same twice for a network without sequence.
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
        lined_up = self.dropout(beats).reshape(n_sequences, -1, beats.shape[-1])  # (S, T, F)
        lined_up = lined_up.transpose(1, 2).unsqueeze(2)  # (S, F, 1, T)
        for convolution in self.sequence:
            lined_up = lined_up + functional.relu(convolution(lined_up))
        in_context = lined_up.squeeze(2).transpose(1, 2).flatten(0, 1)
        return self.head(self.dropout(in_context)), self.alone(beats)
