"""Trains the network that finds P, QRS and T: ``python -m training.waves.train --data DIR``.

It reads LUDB and the QT Database without the records that are held back for selection, and writes
the int8 network with its card. ``python -m training.waves.evaluate`` judges it.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from deepecg.waves.wave_card import WAVE_FOLDER
from training.command_line import argument_parser
from training.data_roles import record_digest
from training.waves.crops import Crops
from training.waves.export_waves import calibration_windows, save
from training.waves.network import WaveNetwork
from training.waves.training_loop import WaveTrainingConfig, lead_shares, train
from training.waves.wave_records import (
    LUDB_RECORDS,
    QTDB_RECORDS,
    WAVE_GROUPS,
    fibrillating_leads,
    held_back,
    marked_leads,
    trained_on,
)

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / "layers" / "model" / WAVE_FOLDER
LOGS = REPOSITORY / "training" / "results" / WAVE_FOLDER
CALIBRATION_BATCHES = 32
"""Batches of training crops that set the int8 scales."""


def main() -> None:
    """Train and export the network."""
    given = _arguments()
    torch.set_num_threads(given.threads)
    config = WaveTrainingConfig()
    if given.steps:
        config = replace(config, steps=given.steps)
    for group in WAVE_GROUPS:
        group.require(given.data)
    records = trained_on(QTDB_RECORDS) + trained_on(LUDB_RECORDS)
    print(f"reading {len(records)} training records", flush=True)
    leads = [*marked_leads(given.data, records), *fibrillating_leads(given.data)]
    network = train(config, leads, given.seed, _report)
    random = np.random.default_rng(given.seed)
    crops, share = Crops(leads, config.crops, random), lead_shares(leads, config)
    signals = [
        crops.batch(random.choice(len(leads), config.batch_crops, p=share))[0]
        for _ in range(CALIBRATION_BATCHES)
    ]
    provenance: dict[str, Any] = {
        "seed": given.seed,
        "records": sorted({lead.record for lead in leads}),
        "held_back": [*held_back(QTDB_RECORDS), *held_back(LUDB_RECORDS)],
        "data_sha256": {
            record: record_digest(given.data, record)
            for record in sorted({lead.record for lead in leads})
        },
    }
    windows = calibration_windows(signals)
    save(network, config, windows, provenance, out=given.out, logs=given.logs)


def _report(step: int, loss: float, _: WaveNetwork) -> None:
    print(f"step {step}: loss {loss:.4f}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argument_parser("waves.train", __doc__, "qtdb/ and ludb/")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random numbers")
    parser.add_argument("--steps", type=int, help="number of batches instead of the recipe's")
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder of network and card")
    parser.add_argument("--logs", type=Path, default=LOGS, help="folder of the float32 network")
    return parser.parse_args()


if __name__ == "__main__":
    main()
