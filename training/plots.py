"""Plots of a training run and of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import wfdb

from deepecg.arrays import Floats32
from deepecg.beats.aami_classes import CLASSES

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

COLOURS = {"N": "#009e73", "V": "#d55e00", "S": "#0072b2"}
"""Colours of the classes, from the palette of Okabe and Ito for colour-blind readers."""
DARK = 0.5
"""Share above which the text of a matrix cell is white."""
MANY = 30
"""Number of records above which their names are printed small."""


def plot_learning_curves(curve: list[dict[str, Any]], to: Path) -> None:
    """Draw loss and held-back F1 over the epochs, the mean over folds.

    Parameters
    ----------
    curve : list of dict
        As :func:`training.train.mean_curve` returns it.
    to : Path
        The PNG file.
    """
    epochs = [point["epoch"] for point in curve]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.plot(epochs, [point["training_loss"] for point in curve], color="black")
    left.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    for name, colour in COLOURS.items():
        right.plot(
            epochs, [point[f"validation_f1_{name}"] for point in curve], color=colour, label=name
        )
    right.set(xlabel="epoch", ylabel="F1, held-back patients", ylim=(0, 1))
    right.legend()
    figure.savefig(to, dpi=110)
    plt.close(figure)


@dataclass(frozen=True)
class Strip:
    """The signal around a misclassified beat.

    Attributes
    ----------
    caption : str
        Record, lead, time, classes and probability.
    probability : float
        Probability of the found class.
    rate_hz : float
        Sampling rate.
    signal_mv : ndarray of float32, shape (n,)
        The primary lead, as recorded.
    beats : dict of int to str
        Classes by sample number: annotated and, if that differs, found class, such as ``V>N``.
    """

    caption: str
    probability: float
    rate_hz: float
    signal_mv: Floats32
    beats: dict[int, str]


def plot_group(document: Mapping[str, Any], to: Path) -> None:
    """Draw the matrix, the reliability curves and the metrics by record of a group of records.

    Parameters
    ----------
    document : mapping
        As :func:`training.evaluate.group_document` returns it.
    to : Path
        The PNG file.
    """
    by_record = document["end_to_end"]["by_record"]
    figure = plt.figure(figsize=(9, 7.5), layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=(1.4, 1, 1))
    _draw_confusion(figure.add_subplot(grid[0, 0]), document["end_to_end"]["gross"]["matrix"])
    _draw_reliability(figure.add_subplot(grid[0, 1]), document["calibration"])
    for row, name in enumerate("VS", start=1):
        _draw_records(figure.add_subplot(grid[row, :]), by_record, name)
    figure.suptitle(document["title"], fontsize=10)
    figure.savefig(to, dpi=90)
    plt.close(figure)


def plot_strips(strips: Sequence[Strip], to: Path) -> None:
    """Draw strips of one sampling rate on ECG paper; without a strip no file is written."""
    if not strips:
        return
    figure = wfdb.plot_items(
        [strip.signal_mv for strip in strips],
        [np.array([*strip.beats]) for strip in strips],
        [[*strip.beats.values()] for strip in strips],
        fs=strips[0].rate_hz,
        time_units="seconds",
        sig_units=["mV"] * len(strips),
        ylabel=["mV"] * len(strips),
        ecg_grids="all",
        figsize=(9, 2.2 * len(strips)),
        return_fig=True,
    )
    figure.set_layout_engine("constrained")
    for axes, strip in zip(figure.axes, strips, strict=True):
        axes.set_title(strip.caption, fontsize=8, loc="left")
    figure.savefig(to, dpi=110)
    plt.close(figure)


def _draw_confusion(axes: Axes, matrix: list[list[int]]) -> None:
    """Draw shares of the annotated beats of each class, and the counts."""
    counts = np.array(matrix)
    whole = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / whole
    shares[-1] = 0  # extra beats are no share of annotated ones
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > DARK else "black"
            axes.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(CLASSES) + 1), [*CLASSES, "missed"])
    axes.set_yticks(range(len(CLASSES) + 1), [*CLASSES, "no beat"])
    axes.set(xlabel="found", ylabel="annotated")
    axes.set_title("Beats, end to end", fontsize=9)


def _draw_reliability(axes: Axes, calibration: Mapping[str, Any]) -> None:
    """Draw the observed share against the probability."""
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    for name, label in (("any", "likeliest class"), ("V", "V"), ("S", "S")):
        values = calibration[name]
        error = 100 * values["expected_calibration_error"]
        axes.plot(
            [each["probability"] for each in values["bins"]],
            [each["share"] for each in values["bins"]],
            marker="o",
            markersize=3,
            linewidth=1,
            color=COLOURS.get(name, "black"),
            label=f"{label}, error {error:.2f} %",
        )
    axes.set(xlabel="probability", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Reliability, annotated R peaks", fontsize=9)
    axes.legend(fontsize=7)


def _draw_records(axes: Axes, by_record: Mapping[str, Any], name: str) -> None:
    """Draw sensitivity, predictivity and F1 of a class for every record that has it."""
    index = CLASSES.index(name)
    annotated = {record: sum(each["matrix"][index]) for record, each in by_record.items()}
    shown = [record for record, n in annotated.items() if n]
    metrics = [by_record[record]["classes"][name] for record in shown]
    at = np.arange(len(shown))
    axes.bar(at, [100 * each["f1"] for each in metrics], color=COLOURS[name], alpha=0.5, label="F1")
    for key, marker, label in (("sensitivity", "^", "Se"), ("predictivity", "v", "+P")):
        axes.plot(
            at,
            [100 * each[key] for each in metrics],
            marker,
            color="black",
            markersize=3,
            label=label,
        )
    names = [f"{record.rsplit('/', 1)[-1]}\n{annotated[record]}" for record in shown]
    axes.set_xticks(at, names, fontsize=5 if len(shown) > MANY else 7)
    axes.set(ylim=(0, 105), ylabel="%", xlim=(-0.7, len(shown) - 0.3))
    axes.set_title(f"{name}, end to end, by record, with the number of annotated beats", fontsize=9)
    axes.legend(fontsize=6, loc="lower right", ncols=3)
