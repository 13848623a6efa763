"""Prints the rows of all experiments as a Markdown table: ``python -m training.experiments.table``.

A test compares it with the one in ``training/EXPERIMENTS.md``.
"""

import json
from pathlib import Path

from training.experiments.experiment import ROWS_FILE
from training.markdown import table

HEADINGS = (
    "experiment",
    "variant",
    "seed",
    "folds",
    "database",
    "S F1",
    "V F1",
    "false S per 1000 N",
)


def experiments_table(path: Path = ROWS_FILE) -> str:
    """Return the rows, one line a database."""
    cells: list[tuple[object, ...]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for database, found in row.items():
            if isinstance(found, dict):
                cells.append(
                    (
                        *(row["experiment"], row["variant"], row["seed"]),
                        ", ".join(map(str, row["folds"])),
                        database,
                        *("-" if value is None else value for value in found.values()),
                    )
                )
    return table(HEADINGS, cells)


if __name__ == "__main__":
    print(experiments_table())
