"""Runs variants of a recipe by cross-validation and appends a row for each to ``rows.jsonl``.

Training patients only: an experiment never reads a test record.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepecg.beats.aami_classes import CLASSES
from deepecg.settings import ScoringSettings
from training.annotated_records import fold_records
from training.augmented_copies import examples_and_copies
from training.beat_comparison import BeatCounts
from training.command_line import argument_parser
from training.recipes import TrainingConfig
from training.training_loop import predict, train

ROWS_FILE = Path(__file__).with_name("rows.jsonl")
NORMAL, SUPRAVENTRICULAR = CLASSES.index("N"), CLASSES.index("S")


@dataclass(frozen=True)
class Experiment:
    """A question, and the variants of a recipe that answer it.

    Attributes
    ----------
    name : str
        Name of its file.
    question : str
        What it decides, in a line.
    variants : dict of str to TrainingConfig
        Recipes by what is special about them; all have the same number of folds.
    """

    name: str
    question: str
    variants: Mapping[str, TrainingConfig]


def main(experiment: Experiment) -> None:
    """Run an experiment from the command line."""
    parser = argument_parser(
        f"experiments.{experiment.name}", experiment.question, "mitdb/, svdb/ and qtdb/"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="seeds of each variant")
    parser.add_argument("--folds", type=int, nargs="+", default=[0], help="folds that are trained")
    parser.add_argument("--epochs", type=int, help="number of epochs instead of the recipe's")
    given = parser.parse_args()
    for variant, config in experiment.variants.items():
        recipe = replace(config, epochs=given.epochs or config.epochs)
        for seed in given.seeds:
            row = {
                "experiment": experiment.name,
                "variant": variant,
                "seed": seed,
                "folds": given.folds,
                "epochs": recipe.epochs,
            } | run(given.data, recipe, seed, given.folds)
            print(json.dumps(row), flush=True)
            with ROWS_FILE.open("a", encoding="utf-8") as rows:
                rows.write(json.dumps(row) + "\n")


def run(data: Path, config: TrainingConfig, seed: int, folds: Sequence[int]) -> dict[str, Any]:
    """Train a recipe without some folds and judge it on them, with annotated R peaks.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    config : TrainingConfig
        The recipe.
    seed : int
        Seed of weights, order and copies.
    folds : sequence of int
        Folds that are held back, one after the other.

    Returns
    -------
    dict
        F1 of S and V in percent, and false S in 1,000 N, by database, over the folds together.
    """
    examples, copies = examples_and_copies(data, config, ScoringSettings(), seed)
    parts = fold_records({one.record: one.labels for one in examples}, config.n_folds)
    counts: dict[str, BeatCounts] = {}
    for number in folds:
        held_back = set(parts[number])
        seen = [one for one in examples + copies if one.record not in held_back]
        network, scalings = train(config, seen, seed)
        for one in examples:
            if one.record in held_back:
                found = predict(network, scalings, one.beats).argmax(axis=1)
                database = one.record.split("/", maxsplit=1)[0]
                so_far = counts.get(database, BeatCounts.empty())
                counts[database] = so_far + BeatCounts.of_classes(one.labels, found)
    return {database: _measures(of_database) for database, of_database in sorted(counts.items())}


def _measures(counts: BeatCounts) -> dict[str, float | None]:
    """Return the measures of a database; F1 is None without annotated beats of the class."""
    of_class = counts.matrix.sum(axis=1)
    f1 = {
        f"{name.lower()}_f1_percent": round(100 * counts.metric(f"{name}_f1", ec57=False), 1)
        if of_class[CLASSES.index(name)]
        else None
        for name in "SV"
    }
    false_s = counts.matrix[NORMAL, SUPRAVENTRICULAR] / max(of_class[NORMAL], 1)
    return f1 | {"false_s_per_1000_n": round(1000 * float(false_s), 1)}
