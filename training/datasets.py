"""Annotated records of PhysioNet, conditioned by the very code that scores recordings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.classes import CLASSES
from deepecg.conditioning import condition_lead
from deepecg.leads import rank_leads
from deepecg.readers import open_recording
from deepecg.settings import ScoringSettings

# fmt: off
DS1 = (
    "101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122", "124",
    "201", "203", "205", "207", "208", "209", "215", "220", "223", "230",
)
# fmt: on
"""Training records of de Chazal et al. 2004 (doi:10.1109/TBME.2004.827359)."""
# fmt: off
DS2 = (
    "100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210", "212",
    "213", "214", "219", "221", "222", "228", "231", "232", "233", "234",
)
# fmt: on
"""Test records of the same split; never used in training, selection or thresholds."""
USABLE_PROMINENCE = 0.5
"""Leads with weaker QRS complexes than this, against the chosen lead, teach noise."""
SYMBOLS = {"N": "NLRejB", "S": "AaJSn", "V": "VEr", "F": "F", "Q": "/fQ?"}
"""AAMI classes and their PhysioNet annotation symbols (ANSI/AAMI EC57)."""
CLASS_OF_SYMBOL = {
    symbol: CLASSES.index(name) for name, symbols in SYMBOLS.items() for symbol in symbols
}


@dataclass(frozen=True)
class Annotations:
    """The reference: where the beats are and what they are.

    Attributes
    ----------
    samples : ndarray of int64, shape (n_beats,)
        At the recording's own rate.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.classes.CLASSES`.
    flutter : ndarray of int64, shape (n_episodes, 2)
        First and last sample of ventricular flutter, which EC57 leaves out.
    """

    samples: NDArray[np.int64]
    labels: NDArray[np.int64]
    flutter: NDArray[np.int64]


@dataclass(frozen=True)
class AnnotatedLead:
    """One lead of one patient, with its reference.

    Attributes
    ----------
    record : str
        Database and record, such as ``mitdb/100``; one patient each.
    lead : str
        Name of the lead.
    chosen : bool
        Whether scoring would choose it.
    signal : ndarray of float32, shape (n,)
        Conditioned, in mV.
    rate_hz : int
        Sampling rate of ``signal``.
    positions : ndarray of float64, shape (n_beats,)
        Annotated beats in samples of ``signal``.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.classes.CLASSES`.
    flutter : ndarray of float64, shape (n_episodes, 2)
        Ventricular flutter, in samples of ``signal``.
    """

    record: str
    lead: str
    chosen: bool
    signal: NDArray[np.float32]
    rate_hz: int
    positions: NDArray[np.float64]
    labels: NDArray[np.int64]
    flutter: NDArray[np.float64]


def training_records(data: Path, databases: Sequence[str]) -> tuple[str, ...]:
    """Return the records to train on: DS1 of ``mitdb``, and whatever there is of ``svdb``.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    databases : sequence of str
        ``mitdb``, ``svdb``.

    Returns
    -------
    tuple of str
        Database and record, such as ``svdb/800``.
    """
    available = {
        "mitdb": DS1,
        "svdb": sorted(path.stem for path in (data / "svdb").glob("*.hea")),
    }
    return tuple(f"{database}/{name}" for database in databases for name in available[database])


def ds2_records() -> tuple[str, ...]:
    """Return the records of DS2."""
    return tuple(f"mitdb/{name}" for name in DS2)


def read_annotations(path: Path) -> Annotations:
    """Read the reference beats of a WFDB record, given without extension.

    Symbols that are no beats (rhythm changes, noise, comments) make no RR interval and are
    left out.
    """
    annotation = wfdb.rdann(str(path), "atr")
    samples = np.asarray(annotation.sample, np.int64)
    symbols = np.asarray(annotation.symbol)
    is_beat = np.isin(symbols, list(CLASS_OF_SYMBOL))
    labels = np.array([CLASS_OF_SYMBOL[symbol] for symbol in symbols[is_beat]], np.int64)
    begins, ends = samples[symbols == "["], samples[symbols == "]"]
    return Annotations(samples[is_beat], labels, np.stack([begins, ends], axis=1))


def annotated_leads(
    data: Path,
    records: Sequence[str],
    settings: ScoringSettings,
    all_leads: bool = False,
) -> Iterator[AnnotatedLead]:
    """Yield the leads of the given records, conditioned.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    records : sequence of str
        Database and record, such as ``mitdb/100``.
    settings : ScoringSettings
        As scoring uses them.
    all_leads : bool
        Not only the lead that scoring would choose, but all on which QRS complexes stand out
        at least ``USABLE_PROMINENCE`` times as much.
    """
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        annotations = read_annotations(data / record)
        ranked = rank_leads(recording, settings)
        chosen, survey = ranked[0]
        weakest = USABLE_PROMINENCE * survey.prominence if all_leads else np.inf
        surveys = {
            lead: found
            for lead, found in sorted(ranked)
            if lead == chosen or found.prominence >= weakest
        }
        rate_hz = settings.conditioning.rate_hz
        scale = rate_hz / recording.sampling_rate_hz
        for lead, found in surveys.items():
            conditioned = condition_lead(recording, lead, found.baseline_mv, settings.conditioning)
            yield AnnotatedLead(
                record,
                recording.leads[lead],
                lead == chosen,
                conditioned.signal,
                rate_hz,
                (annotations.samples * scale).astype(np.float64),
                annotations.labels,
                (annotations.flutter * scale).astype(np.float64),
            )
