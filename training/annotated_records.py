"""Annotated records of PhysioNet, conditioned by the very code that scores recordings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_lead
from deepecg.signal.lead_survey import rank_leads

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
V_SHARE = 0.2
"""Of a V beat against an S beat, where records are dealt into folds: S beats are the rarer."""
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
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    flutter : ndarray of int64, shape (n_episodes, 2)
        First and last sample of ventricular flutter, which EC57 leaves out.
    """

    samples: NDArray[np.int64]
    labels: NDArray[np.int64]
    flutter: NDArray[np.int64]


@dataclass(frozen=True)
class AnnotatedRecord:
    """A record of one patient, conditioned, with its reference.

    Attributes
    ----------
    record : str
        Database and record, such as ``mitdb/100``.
    leads : tuple of str
        Names of the leads, as scoring would rank them.
    signals : tuple of ndarray of float32, shape (n,) each
        The leads, conditioned, in mV.
    rate_hz : int
        Sampling rate of ``signals``.
    positions : ndarray of float64, shape (n_beats,)
        Annotated beats in samples of ``signals``.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    flutter : ndarray of float64, shape (n_episodes, 2)
        Ventricular flutter, in samples of ``signals``.
    """

    record: str
    leads: tuple[str, ...]
    signals: tuple[NDArray[np.float32], ...]
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


def annotated_records(
    data: Path, records: Sequence[str], settings: ScoringSettings, n_leads: int
) -> Iterator[AnnotatedRecord]:
    """Yield the given records with their best leads conditioned.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    records : sequence of str
        Database and record, such as ``mitdb/100``.
    settings : ScoringSettings
        As scoring uses them.
    n_leads : int
        At most so many, the best first.
    """
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        annotations = read_annotations(data / record)
        ranked = rank_leads(recording, settings)[:n_leads]
        rate_hz = settings.conditioning.rate_hz
        scale = rate_hz / recording.sampling_rate_hz
        yield AnnotatedRecord(
            record,
            tuple(recording.leads[lead] for lead, _ in ranked),
            tuple(
                condition_lead(recording, lead, survey.baseline_mv, settings.conditioning).signal
                for lead, survey in ranked
            ),
            rate_hz,
            (annotations.samples * scale).astype(np.float64),
            annotations.labels,
            (annotations.flutter * scale).astype(np.float64),
        )


def fold_records(labels: Mapping[str, NDArray[np.int64]], n_folds: int) -> list[list[str]]:
    """Deal records into folds, so that every fold has its part of each database's S and V beats.

    Parameters
    ----------
    labels : dict of str to ndarray of int64, shape (n_beats,)
        Classes of every record's beats; a record is one patient.
    n_folds : int
        Number of folds.

    Returns
    -------
    list of list of str
        The records of each fold.
    """
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    for database in sorted({Path(record).parent for record in labels}):

        def ectopy(record: str) -> float:
            counts = np.bincount(labels[record], minlength=len(CLASSES))
            return float(counts[CLASSES.index("S")] + V_SHARE * counts[CLASSES.index("V")])

        members = [record for record in labels if Path(record).parent == database]
        there_and_back = cycle([*folds, *reversed(folds)])
        for fold, record in zip(
            there_and_back, sorted(members, key=ectopy, reverse=True), strict=False
        ):
            fold.append(record)
    return folds
