"""Accuracy of the events of whole recordings: couplets, runs, atrial fibrillation.

Couplets and runs are compared as sequences of beats (:mod:`training.run_matching`), as the report
counts them: an S in fibrillation that was found counts as N, and no run crosses an interval in
which a beat may have been missed. Atrial fibrillation is compared by time. The metrics are written
into the model's card, from which summaries copy them beside the counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepecg.rhythm.rhythm_analysis import RhythmAnalysis
from deepecg.scored_recording import ScoredRecording
from training.annotation_files import BeatFile
from training.beat_comparison import NO_SEGMENTS
from training.evaluate_fibrillation import Seconds, compare_episodes, gross, read_marked
from training.record_metrics import RUN_NAMES, group_counts
from training.run_matching import BeatSequence, Kind, RunCounts, compare_runs

EVENTS = {"couplet": "couplets", "run": "runs"}
"""Events by their key in documents, each with its group of :data:`training.run_matching.GROUPS`."""
FIBRILLATION = "atrial_fibrillation"
KINDS = (*(f"{name}_{event}" for name in RUN_NAMES.values() for event in EVENTS), FIBRILLATION)
"""Every kind of event that is compared."""
MIN_FOUND, MIN_PATIENTS = 20, 3
"""Fewest found events and fewest patients for a predictivity that may hold for other patients."""


@dataclass(frozen=True)
class RecordEvents:
    """Annotated and found events of a record: runs of both kinds, fibrillation."""

    runs: Mapping[Kind, RunCounts]
    fibrillation: Seconds


def record_events(data: Path, record: str, scored: ScoredRecording) -> RecordEvents:
    """Compare what was found in a whole recording with the annotations.

    Couplets and runs of the first five minutes and in ventricular flutter are excluded, as EC57
    requires.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    record : str
        Folder and name, such as ``mitdb/100``.
    scored : ScoredRecording
        The scored record.
    """
    annotated = BeatFile.read(data / record)
    reference = annotated.sequence(annotated.flutter)
    found = reported_beats(scored.rhythm).without(annotated.flutter)
    marked = read_marked(data / record, scored.settings.rhythm.fibrillation.episode_s)
    return RecordEvents(
        {kind: compare_runs(reference, found, kind, NO_SEGMENTS) for kind in RUN_NAMES},
        compare_episodes(marked, scored.rhythm.fibrillation.episodes),
    )


def reported_beats(rhythm: RhythmAnalysis) -> BeatSequence:
    """Return the beats of a recording in which its report counts couplets and runs."""
    beats = rhythm.confirmed
    return BeatSequence(beats.times_s, beats.labels, beats.times_s[np.isnan(beats.rr_s)])


def event_metrics(by_record: Sequence[RecordEvents]) -> dict[str, Any]:
    """Return the metrics of every kind of event over all records, JSON-ready."""
    document: dict[str, Any] = {}
    for kind, name in RUN_NAMES.items():
        counts = [each.runs[kind] for each in by_record]
        for event, group in EVENTS.items():
            document[f"{name}_{event}"] = _run_metrics(counts, group)
    return document | {FIBRILLATION: _time_metrics([each.fibrillation for each in by_record])}


def _run_metrics(counts: Sequence[RunCounts], group: str) -> dict[str, Any]:
    """Return counts, sensitivity and positive predictivity.

    The predictivity is null where it is based on fewer than :data:`MIN_FOUND` events or
    :data:`MIN_PATIENTS` patients, because summaries show it beside other patients' counts.
    """
    document = group_counts(group, counts)
    del document["detected_count"]
    if document["found_count"] < MIN_FOUND or document["patients_count"] < MIN_PATIENTS:
        document["predictivity"] = None
    return document


def _time_metrics(counts: Sequence[Seconds]) -> dict[str, Any]:
    """Return the same metrics of atrial fibrillation, by time."""
    total = gross(counts)
    patients = sum(each.found > 0 for each in counts)
    is_enough = patients >= MIN_PATIENTS
    return {
        "annotated_s": total.reference,
        "found_s": total.found,
        "right_s": total.hit,
        "patients_count": patients,
        "sensitivity": round(total.hit / total.reference, 4) if total.reference else None,
        "predictivity": round(total.hit / total.found, 4) if is_enough else None,
    }
