"""Judges what whole recordings are told to hold: couplets, runs, atrial fibrillation.

Couplets and runs are compared as sequences of beats (:mod:`training.run_matching`), as the report counts
them: an S in fibrillation that was found is none, and no run crosses an interval in which a beat
may have been missed. Atrial fibrillation is compared by time. The figures go into the model's card,
from where summaries tell them beside the counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepecg.rhythm.rhythm_analysis import RhythmAnalysis
from deepecg.scored_recording import ScoredRecording
from training.beat_matching import NOWHERE
from training.ec57 import RUN_NAMES, BeatFile
from training.evaluate_fibrillation import Seconds, gross, read_marked
from training.evaluate_fibrillation import compare as compare_seconds
from training.run_matching import BeatSequence, Kind, RunCounts, compare_runs

EVENTS = {"couplet": "couplets", "run": "runs"}
"""Events, and the group of :data:`training.run_matching.GROUPS` that each is."""
FIBRILLATION = "atrial_fibrillation"
KINDS = (*(f"{name}_{event}" for name in RUN_NAMES.values() for event in EVENTS), FIBRILLATION)
"""Everything that is compared."""
MIN_FOUND, MIN_PATIENTS = 20, 3
"""Of fewer events, or of fewer patients, nothing follows for others."""


@dataclass(frozen=True)
class RecordEvents:
    """What is annotated in a record and what was found: runs of both kinds, fibrillation."""

    runs: Mapping[Kind, RunCounts]
    fibrillation: Seconds


def record_events(data: Path, record: str, scored: ScoredRecording) -> RecordEvents:
    """Compare what was found in a whole recording with the annotations.

    Of couplets and runs the first five minutes and ventricular flutter are left out, as EC57 says.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    record : str
        Such as ``mitdb/100``.
    scored : ScoredRecording
        The record, scored.
    """
    annotated = BeatFile.read(data / record, "atr")
    reference = annotated.sequence(annotated.flutter)
    found = as_reported(scored.rhythm).without(annotated.flutter)
    marked = read_marked(data / record, scored.settings.rhythm.fibrillation.episode_s)
    return RecordEvents(
        {kind: compare_runs(reference, found, kind, NOWHERE) for kind in RUN_NAMES},
        compare_seconds(marked, scored.rhythm.fibrillation.episodes),
    )


def as_reported(rhythm: RhythmAnalysis) -> BeatSequence:
    """Return the beats of a recording as its report counts couplets and runs in them."""
    beats = rhythm.confirmed
    return BeatSequence(beats.times_s, beats.labels, beats.times_s[np.isnan(beats.rr_s)])


def event_figures(by_record: Sequence[RecordEvents]) -> dict[str, Any]:
    """Return the figures of every kind of event over all records, JSON-ready."""
    told: dict[str, Any] = {}
    for kind, name in RUN_NAMES.items():
        counts = [each.runs[kind] for each in by_record]
        for event, group in EVENTS.items():
            told[f"{name}_{event}"] = _run_figures(counts, group)
    return told | {FIBRILLATION: _seconds([each.fibrillation for each in by_record])}


def _run_figures(counts: Sequence[RunCounts], group: str) -> dict[str, Any]:
    """Return counts, sensitivity and positive predictivity.

    The predictivity is null where it rests on fewer than :data:`MIN_FOUND` events or
    :data:`MIN_PATIENTS` patients: it would be told beside other patients' counts.
    """
    together = sum(counts, RunCounts.empty())
    detected, annotated = together.detected(group)
    right, found = together.right(group)
    patients = sum(each.right(group)[1] > 0 for each in counts)
    is_enough = found >= MIN_FOUND and patients >= MIN_PATIENTS
    return {
        "annotated_count": annotated,
        "found_count": found,
        "right_count": right,
        "patients_count": patients,
        "sensitivity": round(detected / annotated, 4) if annotated else None,
        "predictivity": round(right / found, 4) if is_enough else None,
    }


def _seconds(counts: Sequence[Seconds]) -> dict[str, Any]:
    """Return the figures of atrial fibrillation, by time, as those of events are."""
    together = gross(counts)
    patients = sum(each.found > 0 for each in counts)
    is_enough = patients >= MIN_PATIENTS
    return {
        "annotated_s": together.reference,
        "found_s": together.found,
        "right_s": together.hit,
        "patients_count": patients,
        "sensitivity": round(together.hit / together.reference, 4) if together.reference else None,
        "predictivity": round(together.hit / together.found, 4) if is_enough else None,
    }
