"""Export of a trained network to ONNX: float32, int8, and the cost of running it."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper, shape_inference
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from deepecg.arrays import Floats32
from deepecg.beats.model_input import ModelInput
from training.network import HybridNetwork

OPSET = 17
INPUTS = ("waveforms", "morphology", "usable", "timing")
QUANTISED = ["Conv", "Relu", "Gemm"]
"""Operations in int8. Pooling stays in float32: ONNX Runtime's int8 kernel for it takes a third of
the whole model's time."""
KEPT_IN_FLOAT = ("/network/timing/", "/network/gate/", "/network/head/", "/network/alone/")
SMALL_PART_FLASH_BYTES = 256 * 1024
SMALL_PART_RAM_BYTES = 64 * 1024
"""Memory of the ESP32 and Cortex-M4 parts for which the report designs the model."""


def export_float(network: HybridNetwork, beats: ModelInput, to: Path) -> None:
    """Write the network as ONNX in float32, batch normalisation folded into the convolutions.

    Parameters
    ----------
    network : HybridNetwork
        Trained network; it is switched to evaluation mode.
    beats : ModelInput
        Any beats, for the sizes of the inputs.
    to : Path
        The file. It has no inputs that the network does not use, and no output ``alone`` if that
        equals ``logits``.
    """
    network.eval()
    outputs = ["logits", "alone"]
    with warnings.catch_warnings():
        # PyTorch's newer exporter needs another package and writes more nodes.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            _OneSequence(network),
            tuple(torch.from_numpy(values) for values in model_arrays(beats[:2]).values()),
            str(to),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(INPUTS),
            output_names=outputs,
            dynamic_axes={
                name: {0: "beats", 1: "leads"} for name in ("waveforms", "morphology", "usable")
            }
            | {name: {0: "beats"} for name in ("timing", *outputs)},
        )
    model = onnx.load(str(to))
    _remove_unused(model.graph, alone=network.alone is not None)
    onnx.save(model, str(to))


class _OneSequence(nn.Module):
    """The network on one sequence of beats."""

    def __init__(self, network: HybridNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, waveforms: Tensor, morphology: Tensor, usable: Tensor, timing: Tensor
    ) -> tuple[Tensor, Tensor]:
        logits, alone = self.network(waveforms, morphology, usable, timing)
        return logits, alone


def model_arrays(beats: ModelInput) -> dict[str, Floats32]:
    """Return beats, already standardised, by the names of the model's inputs."""
    return {name: getattr(beats, name).astype(np.float32) for name in INPUTS}


def _remove_unused(graph: onnx.GraphProto, *, alone: bool) -> None:
    """Remove inputs that no layer reads, and ``alone`` from a network without sequence."""
    read = {name for node in graph.node for name in node.input}
    for given in [given for given in graph.input if given.name not in read]:
        graph.input.remove(given)
    if not alone:
        second = graph.output[1]
        for node in [node for node in graph.node if second.name in node.output]:
            graph.node.remove(node)
        graph.output.remove(second)


def quantise(float_model: Path, beats: Sequence[ModelInput], to: Path) -> None:
    """Write the int8 model, with static scales, so that a beat's score depends on that beat alone.

    Activations are unsigned, weights signed and per channel, one bit short of the full range:
    with the full range, x86 processors without VNNI saturate where others do not. The first and
    the last layers stay in float32: the first convolution, whose input contains P waves beside R
    peaks twenty times as high, the dense stream, the gate and the output layers. On training
    patients this halves the number of beats to which int8 gives another class.

    Parameters
    ----------
    float_model : Path
        The float32 model.
    beats : sequence of ModelInput
        Segments of consecutive beats that set the scales, standardised as in scoring.
    to : Path
        The file.
    """
    prepared = to.with_suffix(".prepared.onnx")
    quant_pre_process(str(float_model), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(to),
        _Calibration(onnx.load(str(prepared)).graph, beats),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=_kept_in_float(onnx.load(str(prepared)).graph),
    )
    prepared.unlink()


def cost(model: Path) -> dict[str, Any]:
    """Compute the cost of a beat from the graph.

    Parameters
    ----------
    model : Path
        The float32 model: the int8 graph runs the same layers.

    Returns
    -------
    dict
        ``parameters``; ``macs_per_beat`` (multiply-accumulate operations, one lead);
        ``peak_activation_bytes``, the largest sum of a layer's input and output, four bytes a
        value in float32 layers and one in int8 layers; and ``small_part``, flash and RAM of
        small parts for comparison.
    """
    graph = shape_inference.infer_shapes(onnx.load(str(model))).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    sizes = {  # the number of values of every activation, for one beat on one lead
        value.name: int(
            np.prod([max(d.dim_value, 1) for d in value.type.tensor_type.shape.dim[1:]])
        )
        for value in (*graph.input, *graph.value_info, *graph.output)
    }
    in_float = _kept_in_float(graph)
    macs = peak = 0
    for node in graph.node:
        values = [name for name in (*node.input, *node.output) if name in sizes]
        bytes_a_value = 4 if node.name in in_float else 1
        peak = max(peak, bytes_a_value * sum(sizes[name] for name in values))
        if node.op_type == "Conv":
            weight = weights[node.input[1]]
            macs += sizes[node.output[0]] * int(np.prod(weight.shape[1:]))
        elif node.op_type in {"Gemm", "MatMul"}:
            macs += int(np.prod(weights[node.input[1]].shape))
    return {
        "parameters": int(sum(weight.size for weight in weights.values())),
        "macs_per_beat": macs,
        "peak_activation_bytes": peak,
        "small_part": {"flash_bytes": SMALL_PART_FLASH_BYTES, "ram_bytes": SMALL_PART_RAM_BYTES},
    }


def _kept_in_float(graph: onnx.GraphProto) -> list[str]:
    """Return the names of the layers next to the model's inputs and outputs."""
    first = next(place for place, node in enumerate(graph.node) if node.op_type == "Conv")
    first_convolution = [node.name for node in graph.node[first : first + 2]]  # with activation
    dense = [node.name for node in graph.node if node.name.startswith(KEPT_IN_FLOAT)]
    return [*first_convolution, *dense]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Segments of beats, in the interface of the quantiser."""

    def __init__(self, graph: onnx.GraphProto, beats: Sequence[ModelInput]) -> None:
        wanted = {given.name for given in graph.input}
        self._batches = (
            {name: values for name, values in model_arrays(part).items() if name in wanted}
            for part in beats
        )

    def get_next(self) -> dict[str, Floats32] | None:
        """Return the next segment, or None after the last."""
        return next(self._batches, None)
