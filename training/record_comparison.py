"""Comparison of annotation files: the rules are in :mod:`training.ec57`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb

from deepecg.arrays import Floats
from training.annotation_files import BeatFile
from training.beat_comparison import BeatCounts, within
from training.run_matching import MEMBERS, Kind, RunCounts, compare_runs


@dataclass(frozen=True)
class RecordComparison:
    """Found against annotated beats of one record.

    Attributes
    ----------
    beats : BeatCounts
        Beat by beat.
    runs : dict of RunCounts
        Ventricular and supraventricular runs.
    compared_s : float
        Seconds that were compared.
    not_analysable_s : float
        Seconds of these that the software reports as not analysable.
    """

    beats: BeatCounts
    runs: dict[Kind, RunCounts]
    compared_s: float
    not_analysable_s: float


def compare_files(
    reference: Path, found: Path, reference_extension: str = "atr", found_extension: str = "deepecg"
) -> RecordComparison:
    """Compare a record's annotation files, both given without extension.

    The duration is that of the header beside the reference; without a header the record ends with
    its last annotated beat.
    """
    annotated = BeatFile.read(reference, reference_extension)
    if Path(f"{reference}.hea").is_file():
        header = wfdb.rdheader(str(reference))
        rate_hz, duration_s = float(header.fs), header.sig_len / header.fs
    else:
        rate_hz, duration_s = None, float(annotated.times_s[-1])
    return compare(annotated, BeatFile.read(found, found_extension, rate_hz), duration_s)


def compare(annotated: BeatFile, found: BeatFile, duration_s: float) -> RecordComparison:
    """Compare found with annotated beats of a record of a duration."""
    # No beat in flutter is compared, and none may pair with a beat outside.
    outside = ~within(annotated.times_s, annotated.flutter)
    times_s, labels = annotated.times_s[outside], annotated.labels[outside]
    kept = ~within(found.times_s, found.flutter)
    excluded, shutdown = annotated.excluded, found.not_analysable
    beats = BeatCounts.of(
        times_s, labels, found.times_s[kept], found.labels[kept], excluded, shutdown
    )
    reference, answer = (each.sequence(annotated.flutter) for each in (annotated, found))
    runs = {kind: compare_runs(reference, answer, kind, shutdown) for kind in MEMBERS}
    excluded_s = _total_s(excluded, duration_s)
    with_shutdown_s = _total_s(np.concatenate([excluded, shutdown]), duration_s)
    return RecordComparison(beats, runs, duration_s - excluded_s, with_shutdown_s - excluded_s)


def _total_s(segments: Floats, duration_s: float) -> float:
    """Return how much of a record lies in segments, which may overlap."""
    total = until = 0.0
    for begin, end in sorted(np.clip(segments, 0, duration_s).tolist()):
        total += max(end - max(begin, until), 0)
        until = max(until, end)
    return total
