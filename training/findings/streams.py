"""Atrial fibrillation and urgent findings on annotated beats without signals.

The streams are 24-hour Holters of the Long-Term AF Database, two hours of the European ST-T
Database, half an hour of the INCART Database, and surgery of VitalDB. Analysis gets the annotated
beats.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import wfdb

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.rhythm.settings import RhythmSettings
from deepecg.time_units import SECONDS_PER_DAY
from training.data_roles import LONG_TERM_AF
from training.findings.ecg_script import Span
from training.findings.judge import overlap_s
from training.findings.reference_findings import FIBRILLATION_MARKS, Reference
from training.markdown import percent, table

MORE_LONG_TERM_AF, EUROPEAN = "annotations/ltafdb", "annotations/edb"
"""Folders of WFDB annotations with rhythm marks."""
INCART = "annotations/incartdb"
"""Folder whose rhythm marks have no end: its streams with fibrillation are left out."""
VITALDB = "annotations/vitaldb"
"""Folder of VitalDB's tables."""
VITALDB_CLASSES = {"N": "N", "S": "S", "V": "V", "U": "Q", "P": "Q"}
"""AAMI class of VitalDB's beats (P is paced, U unclassifiable); S in fibrillation is N."""
VITALDB_FIBRILLATION = "AFIB/AFL"
"""VitalDB's name of atrial fibrillation and flutter."""
GAP_S = 5.0
"""Beats further apart than this do not make an interval in VitalDB: the stretch between was not
annotated."""


@dataclass
class StreamCounts:
    """Seconds of fibrillation over streams: annotated, found, both; urgent kinds.

    Attributes
    ----------
    streams : int
        Number of streams.
    seconds, annotated_s, found_s, both_s : float
        Duration of all, of annotated and found fibrillation, and of both.
    without : int
        Streams without annotated fibrillation.
    without_s, false_s : float
        Duration of those, and of fibrillation found in them.
    worst : list of (float, str)
        Seconds of false fibrillation by stream without any.
    urgent : Counter
        Kinds of urgent findings.
    """

    streams: int = 0
    seconds: float = 0.0
    annotated_s: float = 0.0
    found_s: float = 0.0
    both_s: float = 0.0
    without: int = 0
    without_s: float = 0.0
    false_s: float = 0.0
    worst: list[tuple[float, str]] = field(default_factory=list)
    urgent: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, reference: Reference) -> None:
        """Analyse a stream and count it."""
        times_s = reference.times_s
        n_seconds = int(times_s[-1]) + 1
        rr_s = rr_intervals(times_s)
        rr_s[rr_s > GAP_S] = np.nan
        stream = BeatStream.of_labels(
            times_s,
            rr_s,
            reference.labels,
            np.ones(len(times_s), bool),
            np.ones(n_seconds, bool),
        )
        rhythm = analyse_rhythm(stream, RhythmSettings())
        annotated = reference.marked(FIBRILLATION_MARKS)
        found = [
            Span(each.start_s, each.start_s + each.duration_s)
            for each in rhythm.fibrillation.episodes
        ]
        found_s = sum(span.duration_s for span in found)
        self.streams += 1
        self.seconds += n_seconds
        self.annotated_s += sum(span.duration_s for span in annotated)
        self.found_s += found_s
        self.both_s += overlap_s(annotated, found)
        self.urgent.update(finding.kind.key for finding in rhythm.urgent)
        if not annotated:
            self.without += 1
            self.without_s += n_seconds
            self.false_s += found_s
            self.worst.append((found_s, name))

    def row(self, name: str) -> tuple[object, ...]:
        """Return a row of the table."""
        days = self.without_s / SECONDS_PER_DAY
        return (
            name,
            self.streams,
            f"{self.seconds / 3600:.0f}",
            f"{self.annotated_s:.0f}",
            percent(self.both_s / self.annotated_s if self.annotated_s else None),
            percent(self.both_s / self.found_s if self.found_s else None),
            self.without,
            f"{self.false_s / days:.0f}" if days else "-",
            ", ".join(f"{seconds:.0f} in {name}" for seconds, name in sorted(self.worst)[:-4:-1]),
        )


def wfdb_streams(records: Iterable[Path]) -> Iterator[tuple[str, Reference]]:
    """Yield name and reference of annotation files, given without extension."""
    for path in records:
        yield path.name, Reference.read(path, wfdb.rdheader(str(path)).fs)


def _records(folder: Path) -> list[Path]:
    return sorted(path.with_suffix("") for path in folder.glob("*.atr"))


def vitaldb_streams(folder: Path) -> Iterator[tuple[str, Reference]]:
    """Yield name and reference of every table of VitalDB."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["beat"] in VITALDB_CLASSES]
        if len(rows) < 2:
            continue
        times_s, order = np.unique([float(row["time_s"]) for row in rows], return_index=True)
        times_s -= times_s[0]
        fibrillation = np.array([rows[at]["rhythm"] == VITALDB_FIBRILLATION for at in order])
        names = np.array([VITALDB_CLASSES[rows[at]["beat"]] for at in order])
        names[fibrillation & (names == "S")] = "N"
        labels = np.array([CLASSES.index(name) for name in names], np.int64)
        changes = np.flatnonzero(np.diff(fibrillation)) + 1
        edges = [0, *changes.tolist(), len(times_s) - 1]
        marks = [
            (FIBRILLATION_MARKS[0], Span(float(times_s[first]), float(times_s[last])))
            for first, last in pairwise(edges)
            if fibrillation[first]
        ]
        yield path.stem, Reference.of(times_s, labels, marks)


def streams_report(data: Path) -> dict[str, Any]:
    """Return the counts of every folder, JSON-ready, and print them as a table."""
    names = [data / record for record in LONG_TERM_AF.require(data)]
    streams: dict[str, Iterator[tuple[str, Reference]]] = {
        LONG_TERM_AF.folder: wfdb_streams(names),
        MORE_LONG_TERM_AF: wfdb_streams(_records(data / MORE_LONG_TERM_AF)),
        EUROPEAN: wfdb_streams(_records(data / EUROPEAN)),
        INCART: (
            (name, reference)
            for name, reference in wfdb_streams(_records(data / INCART))
            if not reference.marked((*FIBRILLATION_MARKS, "(WPWAF"))
        ),
        VITALDB: vitaldb_streams(data / VITALDB),
    }
    totals = {folder: StreamCounts() for folder in streams}
    for folder, named in streams.items():
        for name, reference in named:
            totals[folder].add(name, reference)
    header = (
        *("streams", "number", "hours", "s of AF annotated", "Se %", "+P %"),
        *("without AF", "false s of AF per 24 h of these", "the worst"),
    )
    print(table(header, [counts.row(name) for name, counts in totals.items()]))
    return {name: _plain(counts) for name, counts in totals.items()}


def _plain(counts: StreamCounts) -> Mapping[str, Any]:
    return vars(counts) | {"urgent": dict(counts.urgent), "worst": sorted(counts.worst)[:-9:-1]}
