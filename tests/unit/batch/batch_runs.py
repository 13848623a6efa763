"""Runs of ``deepecg score`` over small recordings, for the tests beside this file."""

from pathlib import Path

import numpy as np
from holter_file_writers import synthetic_ecg

from deepecg.cli import main

SIGNALS = synthetic_ecg(40, 250, n_leads=2) + np.random.default_rng(0).normal(
    0, 0.01, (40 * 250, 2)
)
OTHER_SIGNALS = SIGNALS[: 30 * 250]
FLAT = np.zeros((40 * 250, 2))


def score(out: Path, *arguments: object) -> int:
    """Score in this process, without progress; return the exit status."""
    return main(["score", "--quiet", "--jobs", "1", "--out", str(out), *map(str, arguments)])


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder by their relative paths."""
    found = folder.rglob("*")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.is_file()}
