"""Plots of a training run and of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.units import SECONDS_PER_MINUTE
from training.beat_matching import WINDOW_S

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

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
class MisclassifiedBeat:
    """A misclassified beat, with the signal around it.

    Attributes
    ----------
    record, lead : str
        Record, and the lead that is drawn.
    at_s : float
        Time of the beat from the record's start.
    annotated, found : str
        Annotated class, and found class.
    probability : float
        Probability of the found class.
    start_s : float
        Time of the first sample.
    rate_hz : float
        Sampling rate.
    signal_mv : ndarray of float32, shape (n,)
        The primary lead, as recorded.
    beats_annotated, beats_found : list of (float, str)
        Time and class of the beats in the strip.
    """

    record: str
    lead: str
    at_s: float
    annotated: str
    found: str
    probability: float
    start_s: float
    rate_hz: float
    signal_mv: NDArray[np.float32]
    beats_annotated: list[tuple[float, str]]
    beats_found: list[tuple[float, str]]


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


def plot_strips(beats: Sequence[MisclassifiedBeat], to: Path) -> None:
    """Draw misclassified beats as strips on ECG paper: annotated classes above, found ones below.

    The paper is that of 25 mm/s and 10 mm/mV: small squares of 0.04 s and 0.1 mV, large ones of
    0.2 s and 0.5 mV. Without a beat no file is written.
    """
    if not beats:
        return
    figure, rows = plt.subplots(
        len(beats), 1, figsize=(9, 1.9 * len(beats)), layout="constrained", squeeze=False
    )
    for axes, beat in zip(rows[:, 0], beats, strict=True):
        _draw_strip(axes, beat)
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


def _draw_strip(axes: Axes, beat: MisclassifiedBeat) -> None:
    signal = beat.signal_mv
    times_s = beat.start_s + np.arange(len(signal)) / beat.rate_hz
    level = float(np.nanmedian(signal))
    reach = max(float(np.nanmax(np.abs(signal - level))), 1.0) + 0.8
    axes.set(xlim=(times_s[0], times_s[-1]), ylim=(level - reach, level + reach))
    for axis, small, large in ((axes.xaxis, 0.04, 0.2), (axes.yaxis, 0.1, 0.5)):
        axis.set_major_locator(MultipleLocator(large))
        axis.set_minor_locator(MultipleLocator(small))
        axis.set_tick_params(which="both", length=0, labelleft=False, labelbottom=False)
    axes.grid(which="major", color="#e8a0a0", linewidth=0.6)
    axes.grid(which="minor", color="#f6d5d5", linewidth=0.3)
    axes.set_axisbelow(True)
    axes.plot(times_s, signal, color="black", linewidth=0.8)
    for beats, height, aligned in (
        (beat.beats_annotated, level + 0.97 * reach, "top"),
        (beat.beats_found, level - 0.97 * reach, "bottom"),
    ):
        for at_s, name in beats:
            is_misclassified = abs(at_s - beat.at_s) <= WINDOW_S
            axes.text(
                at_s,
                height,
                name,
                ha="center",
                va=aligned,
                fontsize=9,
                clip_on=True,
                color="#d00000" if is_misclassified else "#303030",
                fontweight="bold" if is_misclassified else "normal",
            )
    minutes, seconds = divmod(beat.at_s, SECONDS_PER_MINUTE)
    axes.set_title(
        f"{beat.record}, {beat.lead}, {minutes:.0f}:{seconds:04.1f}: annotated "
        f"{beat.annotated} (above), found {beat.found} (below) with "
        f"{100 * beat.probability:.1f} %",
        fontsize=8,
        loc="left",
    )
