"""Annotated records of PhysioNet, conditioned by the code that scores recordings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from deepecg.arrays import Floats, Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.lead_survey import rank_leads
from training.annotation_files import BeatFile
from training.data_roles import patient_of

V_WEIGHT = 0.2
"""Weight of a V beat against an S beat where records are dealt to folds: S beats are rarer."""


@dataclass(frozen=True)
class AnnotatedRecord:
    """A conditioned record with its reference.

    Attributes
    ----------
    record : str
        Folder and name, such as ``mitdb/100``.
    leads : tuple of str
        Names of the leads, in the order in which scoring ranks them.
    signals : tuple of ndarray of float32, shape (n,) each
        Conditioned signals of the leads in mV.
    rate_hz : int
        Sampling rate of ``signals``.
    times_s : ndarray of float64, shape (n_beats,)
        Times of the annotated beats.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    """

    record: str
    leads: tuple[str, ...]
    signals: tuple[Floats32, ...]
    rate_hz: int
    times_s: Floats
    labels: Ints


def annotated_records(
    data: Path, records: Sequence[str], settings: ScoringSettings, n_leads: int
) -> Iterator[AnnotatedRecord]:
    """Yield the given records with their best leads conditioned.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    records : sequence of str
        Folder and name, such as ``mitdb/100``.
    settings : ScoringSettings
        Settings of the scoring.
    n_leads : int
        Most leads of a record, the best first.
    """
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        beats = BeatFile.read(data / record)
        ranked = rank_leads(recording, settings)[:n_leads]
        baselines_mv = {lead: survey.baseline_mv for lead, survey in ranked}
        conditioned = condition_leads(recording, baselines_mv, settings.conditioning)
        yield AnnotatedRecord(
            record,
            tuple(recording.leads[lead] for lead, _ in ranked),
            tuple(lead.signal for lead in conditioned),
            settings.conditioning.rate_hz,
            beats.times_s,
            beats.labels,
        )


def fold_records(labels: Mapping[str, Ints], n_folds: int) -> list[list[str]]:
    """Distribute records over folds: all records of a patient into the same one.

    Every fold gets its part of each database's S and V beats: the patients of a database, those
    with the most S and V beats first, are dealt to the folds in turn, forwards and backwards.

    Parameters
    ----------
    labels : dict of str to ndarray of int64, shape (n_beats,)
        Classes of every record's beats, by folder and name.
    n_folds : int
        Number of folds.

    Returns
    -------
    list of list of str
        The records of each fold.
    """
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    fold_of: dict[str, list[str]] = {}

    def ectopy(record: str) -> float:
        counts = np.bincount(labels[record], minlength=len(CLASSES))
        return float(counts[CLASSES.index("S")] + V_WEIGHT * counts[CLASSES.index("V")])

    for database in sorted({Path(record).parent for record in labels}) if folds else ():
        members = [record for record in labels if Path(record).parent == database]
        turn = cycle([*folds, *reversed(folds)])
        for record in sorted(members, key=ectopy, reverse=True):
            patient = patient_of(record)
            if patient not in fold_of:
                fold_of[patient] = next(turn)
            fold_of[patient].append(record)
    return folds
