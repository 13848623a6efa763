"""Pictures of a training run."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt


def plot_learning_curves(curve: list[dict[str, Any]], to: Path) -> None:
    """Draw loss and held-back F1 over the epochs.

    Parameters
    ----------
    curve : list of dict
        As :func:`training.train.select_epochs` returns it.
    to : Path
        The PNG file.
    """
    epochs = [point["epoch"] for point in curve]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.plot(epochs, [point["training_loss"] for point in curve], color="black")
    left.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    for name, colour in (("N", "#009e73"), ("V", "#d55e00"), ("S", "#0072b2")):
        right.plot(
            epochs,
            [point[f"validation_f1_{name}"] for point in curve],
            color=colour,
            label=name,
        )
    best = max(curve, key=lambda point: point["validation_score"])["epoch"]
    right.axvline(best, color="grey", linestyle=":", label="chosen")
    right.set(xlabel="epoch", ylabel="F1, held-back patients", ylim=(0, 1))
    right.legend()
    figure.savefig(to, dpi=110)
    plt.close(figure)
