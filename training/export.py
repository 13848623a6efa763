"""From a trained network to the ONNX file that ships: int8, and what it costs to run."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from training.network import HybridNetwork

OPSET = 17
CALIBRATION_BATCH = 256
SMALL_PART_FLASH_BYTES = 256 * 1024
SMALL_PART_RAM_BYTES = 64 * 1024
"""ESP32 and Cortex-M4 parts at which the report aims."""


def export_float(network: HybridNetwork, shape: tuple[int, ...], n_features: int, to: Path) -> None:
    """Write the network as ONNX in float32, batch normalisation folded into the convolutions.

    Parameters
    ----------
    network : HybridNetwork
        Trained; is put into evaluation mode.
    shape : tuple of int
        Of one beat's shape input: (n_channels, 1, length).
    n_features : int
        Of one beat's rhythm input.
    to : Path
        The file.
    """
    network.eval()
    example = (torch.zeros(2, *shape), torch.zeros(2, n_features))
    with warnings.catch_warnings():
        # The exporter that PyTorch prefers now needs another package and leaves more nodes.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            example,
            str(to),
            dynamo=False,
            opset_version=OPSET,
            input_names=["shape", "rhythm"],
            output_names=["logits"],
            dynamic_axes={name: {0: "beats"} for name in ("shape", "rhythm", "logits")},
        )


def quantise(
    float_model: Path, shape: NDArray[np.float32], rhythm: NDArray[np.float32], to: Path
) -> None:
    """Write the int8 model: static scales, so that a beat's score depends on that beat alone.

    Activations are unsigned, weights signed and per channel, one bit short of the full range:
    with it, x86 processors without VNNI saturate where others do not. What touches the outside
    stays in float32: the first convolution, whose input holds P waves beside R peaks twenty times
    as high, the dense stream and the last layer; together a fifth of the arithmetic. On training
    patients that leaves half as many beats that int8 names otherwise.

    Parameters
    ----------
    float_model : Path
        The float32 model.
    shape, rhythm : ndarray of float32
        Beats that set the scales, standardised as in scoring.
    to : Path
        The file.
    """
    prepared = to.with_suffix(".prepared.onnx")
    quant_pre_process(str(float_model), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(to),
        _Calibration(shape, rhythm),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=_kept_in_float(onnx.load(str(prepared)).graph),
    )
    prepared.unlink()


def cost(model: Path) -> dict[str, Any]:
    """Compute from the graph what a beat costs.

    Parameters
    ----------
    model : Path
        The float32 model: the int8 graph runs the same layers.

    Returns
    -------
    dict
        ``parameters``; ``macs_per_beat`` (multiply-accumulate operations);
        ``peak_activation_bytes``, the largest sum of a layer's input and output, four bytes a
        value in layers kept in float32 and one elsewhere; and the flash and RAM of small parts
        to set them against.
    """
    graph = shape_inference.infer_shapes(onnx.load(str(model))).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    sizes = dict(_value_sizes(graph))
    in_float = _kept_in_float(graph)
    macs = peak = 0
    for node in graph.node:
        values = [name for name in (*node.input, *node.output) if name in sizes]
        bytes_a_value = 4 if node.name in in_float else 1
        peak = max(peak, bytes_a_value * sum(sizes[name] for name in values))
        if node.op_type == "Conv":
            weight = weights[node.input[1]]
            macs += sizes[node.output[0]] * int(np.prod(weight.shape[1:]))
        elif node.op_type == "Gemm":
            macs += int(np.prod(weights[node.input[1]].shape))
    return {
        "parameters": int(sum(weight.size for weight in weights.values())),
        "macs_per_beat": macs,
        "peak_activation_bytes": peak,
        "small_part": {
            "flash_bytes": SMALL_PART_FLASH_BYTES,
            "ram_bytes": SMALL_PART_RAM_BYTES,
        },
    }


def _kept_in_float(graph: onnx.GraphProto) -> list[str]:
    """Return the names of the layers that touch the model's inputs and output."""
    rhythm = [node.name for node in graph.node if node.name.startswith("/rhythm/")]
    first_convolution = [node.name for node in graph.node[:2]]  # with its activation
    return [*first_convolution, *rhythm, graph.node[-1].name]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands the quantiser one batch after the other."""

    def __init__(self, shape: NDArray[np.float32], rhythm: NDArray[np.float32]) -> None:
        self._batches = iter(
            [
                {
                    "shape": shape[start : start + CALIBRATION_BATCH],
                    "rhythm": rhythm[start : start + CALIBRATION_BATCH],
                }
                for start in range(0, len(rhythm), CALIBRATION_BATCH)
            ]
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next batch, or None after the last."""
        return next(self._batches, None)


def _value_sizes(graph: onnx.GraphProto) -> Iterator[tuple[str, int]]:
    """Yield the number of values of every activation, for one beat."""
    for value in (*graph.input, *graph.value_info, *graph.output):
        dimensions = value.type.tensor_type.shape.dim
        yield value.name, int(np.prod([d.dim_value for d in dimensions[1:]]))
