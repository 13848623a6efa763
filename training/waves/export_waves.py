"""Export of the segmentation network to ONNX: float32, and int8 with its card."""

import platform
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from deepecg import __version__
from deepecg.beats.model_card import conditioning_of
from deepecg.outputs.advisory import ADVISORY
from deepecg.outputs.json_documents import to_json
from deepecg.signal.settings import ConditioningSettings
from deepecg.waves.settings import RelativeLeadSettings
from deepecg.waves.wave_card import KINDS, WAVE_CARD_FILE, WAVE_CARD_VERSION, WAVE_MODEL_FILE
from training.export_onnx import OPSET
from training.trained_model import git_commit, processor_model
from training.waves.network import WaveNetwork, by_sample, n_parameters
from training.waves.training_loop import WaveTrainingConfig

WAVE_FLOAT_FILE = "wave_segmentation.float32.onnx"
WINDOW_SAMPLES = 8192
"""Samples that the network reads at a time: 64 s, whose activations fit into a processor's
second-level cache."""
QUANTISED = ["Conv", "Relu", "Add", "Concat", "Transpose", "Reshape"]
"""Operations in int8."""
KEPT_IN_FLOAT = ("/network/stem/", "/network/head/")
"""The first and the last layer: the input contains P waves beside QRS complexes, and boundaries lie
where the output crosses a level."""


class _BySample(nn.Module):
    """The network with its outputs in the order of the samples."""

    def __init__(self, network: WaveNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, lead: Tensor) -> Tensor:
        return by_sample(self.network(lead))


def export_float(network: WaveNetwork, to: Path) -> None:
    """Write the network as ONNX in float32, batch normalisation folded into the convolutions."""
    network.eval()
    with warnings.catch_warnings():
        # PyTorch's newer exporter needs another package and writes more nodes.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            _BySample(network),
            (torch.zeros(1, 1, WINDOW_SAMPLES),),
            str(to),
            dynamo=False,
            opset_version=OPSET,
            input_names=["lead"],
            output_names=["logits"],
        )


def quantise(float_model: Path, signals: NDArray[np.float32], to: Path) -> None:
    """Write the int8 network, with static scales.

    Activations are unsigned, weights signed and per channel, one bit short of the full range: with
    the full range, x86 processors without VNNI saturate where others do not.

    Parameters
    ----------
    float_model : Path
        The float32 network.
    signals : ndarray of float32, shape (n_windows, 1, WINDOW_SAMPLES)
        Compressed leads that set the scales.
    to : Path
        The file.
    """
    prepared = to.with_suffix(".prepared.onnx")
    quant_pre_process(str(float_model), str(prepared), skip_symbolic_shape=True)
    nodes = onnx.load(str(prepared)).graph.node
    quantize_static(
        str(prepared),
        str(to),
        _Calibration(signals),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=[node.name for node in nodes if node.name.startswith(KEPT_IN_FLOAT)],
    )
    prepared.unlink()


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Windows of leads, in the interface of the quantiser."""

    def __init__(self, signals: NDArray[np.float32]) -> None:
        self._windows = ({"lead": window[None]} for window in signals)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next window, or None after the last."""
        return next(self._windows, None)


def save(
    network: WaveNetwork,
    config: WaveTrainingConfig,
    signals: NDArray[np.float32],
    provenance: dict[str, Any],
    *,
    out: Path,
    logs: Path,
) -> None:
    """Write the int8 network and its card to ``out``, and the float32 network to ``logs``."""
    for folder in (out, logs):
        folder.mkdir(parents=True, exist_ok=True)
    export_float(network, logs / WAVE_FLOAT_FILE)
    quantise(logs / WAVE_FLOAT_FILE, signals, out / WAVE_MODEL_FILE)
    model = (out / WAVE_MODEL_FILE).read_bytes()
    card = {
        "card_version": WAVE_CARD_VERSION,
        "name": "waves",
        "model": {
            "file": WAVE_MODEL_FILE,
            "sha256": sha256(model).hexdigest(),
            "bytes": len(model),
            "parameters": n_parameters(network),
            "quantisation": "static QDQ: uint8 activations, int8 weights by channel, 7 bits; "
            "first and last convolution in float32",
        },
        "kinds": list(KINDS),
        "conditioning": conditioning_of(ConditioningSettings()),
        "relative_lead": asdict(RelativeLeadSettings()),
        "window_samples": WINDOW_SAMPLES,
        "margin_samples": margin_samples(config),
        "training": {
            "config": asdict(config),
            **provenance,
            "threads": torch.get_num_threads(),
            "processor": processor_model(),
            "commit": git_commit(Path(__file__).parent),
        },
        "versions": {
            "deepecg": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "onnxruntime": version("onnxruntime"),
            "numpy": np.__version__,
        },
        "intended_use": ADVISORY,
        "limits": "Trained on adults, 10-second twelve-lead and 15-minute two-lead recordings. "
        "Boundaries of paced, ventricular and fused beats were hardly marked.",
    }
    (out / WAVE_CARD_FILE).write_text(to_json(card), encoding="utf-8")


def margin_samples(config: WaveTrainingConfig) -> int:
    """Return the samples on one side that a result depends on, in whole steps of the network."""
    network = config.network
    reach, step = network.first_kernel // 2, 2
    half, up = network.kernel // 2, network.up_kernel // 2
    reach += half * step  # the top level
    for _ in network.channels[1:]:
        reach += half * step  # down
        step *= 2
        reach += half * step
    reach += sum(dilation * half * step for dilation in network.context_dilations)
    for _ in network.channels[1:]:
        step //= 2
        reach += step  # a value of the level below covers two values
        reach += up * step
    reach += up * step  # the last layer
    return -(-reach // network.step) * network.step


def calibration_windows(crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return crops, (n_crops, 1, length) each, put in a row in windows of the network's length."""
    joined = np.concatenate([one.ravel() for one in crops])
    n_windows = len(joined) // WINDOW_SAMPLES
    return joined[: n_windows * WINDOW_SAMPLES].reshape(n_windows, 1, WINDOW_SAMPLES)
