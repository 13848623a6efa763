"""False, found and missed findings on real records with annotated beats, end to end.

DS1, the 52 training records of the Supraventricular DB, and the QT Database's records of
``data_roles``' patients. DS2 is judged only where it is asked for.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.readers.open_recording import open_recording
from deepecg.time_units import SECONDS_PER_DAY
from training.beat_comparison import match_beats
from training.data_roles import DS1, DS2, SVDB, patient_of
from training.findings.ecg_script import Span
from training.findings.finding_keys import (
    ATRIAL_FIBRILLATION,
    AV_BLOCK,
    AV_BLOCK_1,
    BRADYCARDIA,
    FIBRILLATION_OR_FLUTTER,
    NO_BEAT_FOUND,
    PAUSE,
    SUPRAVENTRICULAR_BURDEN,
    SUPRAVENTRICULAR_RUN,
    SUPRAVENTRICULAR_TACHYCARDIA,
    VENTRICULAR_BURDEN,
    VENTRICULAR_RHYTHM,
    VENTRICULAR_TACHYCARDIA,
    WIDE_QRS_TACHYCARDIA,
    Keys,
)
from training.findings.judge import Document, overlap_s
from training.findings.reference_findings import (
    BLOCK_MARKS,
    FIBRILLATION_MARKS,
    TACHYCARDIA_MARKS,
    VENTRICULAR_MARKS,
    Reference,
    tachycardias,
)
from training.findings.scored_summary import scored_summary
from training.markdown import table

QTDB_NAMES = (
    "sel102 sel104 sel114 sel116 sel14046 sel14172 sel16265 sel16272 sel16273 sel16420 sel16786 "
    "sel16795 sel17152 sel223 sel230 sel302 sel306 sel307 sel31 sel32 sel34 sel35 sel37 sel38 "
    "sel40 sel41 sel43 sel44 sel46 sel47 sel49 sel50 sel52 sel803 sel808 sel811 sel821 sel840 "
    "sel847 sel853 sel871 sel873 sel883 sel891 sele0104 sele0106 sele0107 sele0112 sele0116 "
    "sele0121 sele0122 sele0124 sele0126 sele0133 sele0166 sele0210 sele0211 sele0405 sele0406 "
    "sele0603 sele0604 sele0606 sele0612"
)
"""Records of the QT Database that are not held back; those of the sudden-death Holters have no beat
labels, so that their urgent findings are only listed."""
GROUPS: Mapping[str, Sequence[str]] = {
    "DS1": DS1.records,
    "Supraventricular DB": SVDB.records,
    "QT Database": tuple(f"qtdb/{name}" for name in QTDB_NAMES.split()),
}
WITH_FIBRILLATION_MARKS = ("mitdb/",)
"""Databases whose rhythm marks are complete: elsewhere fibrillation found is not called false."""
SILENCE_S = 5.0
"""A finding of no beat has cause if an annotated interval is this long."""
SUPRAVENTRICULAR_PER_HOUR = 25.0
"""A supraventricular burden has cause if nearly as many beats an hour are annotated."""
BURDEN_SHARE = 0.08
"""A ventricular burden has cause if the annotated share is nearly as high."""
EPISODE_S = 30.0
"""Shortest episode of fibrillation that is compared."""
NOT_VENTRICULAR = [CLASSES.index(name) for name in "NS"]
"""Classes on which a found V is false; on F and Q it is not (EC57)."""
COVERED = 0.5
"""Share of a finding that annotated episodes have to cover."""


@dataclass(frozen=True)
class CauseLimits:
    """What the annotations have to show for a finding to have cause.

    Each limit is a little below that of the finding.

    Attributes
    ----------
    run_beats : int
        Annotated ventricular beats of a tachycardia.
    pause_s : float
        Annotated interval of a pause.
    slow_bpm : float
        Annotated rate of a minute of bradycardia.
    """

    run_beats: int
    pause_s: float
    slow_bpm: float


LIMITS: Mapping[str, CauseLimits] = {
    "urgent": CauseLimits(5, 2.9, 42.0),
    "notable": CauseLimits(3, 1.95, 52.0),
}
"""Of both lists of a summary."""


@dataclass
class FindingAccuracy:
    """How often a kind of finding was right.

    Attributes
    ----------
    right, found : int
        Findings with cause, and all.
    patients : set of str
        Patients who have such a finding.
    """

    right: int = 0
    found: int = 0
    patients: set[str] = field(default_factory=set)

    def add(self, record: str, *, right: bool) -> None:
        """Count a finding of a record."""
        self.right += right
        self.found += 1
        self.patients.add(patient_of(record))


@dataclass
class Findings:
    """Findings of one kind, counted over records.

    Attributes
    ----------
    annotated, detected : int
        Annotated findings, and those of them that overlap a found one.
    found, false : int
        Found findings, and those of them that overlap no annotated one.
    """

    annotated: int = 0
    detected: int = 0
    found: int = 0
    false: int = 0

    def add(self, reference: Sequence[Span], found: Sequence[Span]) -> None:
        """Count the findings of one record."""
        self.annotated += len(reference)
        self.detected += sum(_meets(span, found) for span in reference)
        self.found += len(found)
        self.false += sum(not _meets(span, reference) for span in found)


@dataclass
class GroupCounts:
    """What was counted in a group of records.

    Attributes
    ----------
    seconds : float
        Their duration.
    findings : dict of str to Findings
        By kind.
    false_beats : Counter
        False S and V on annotated beats of other classes, and annotated N.
    false_urgent : Counter
        Urgent findings without cause, by kind.
    accuracy : dict
        Accuracy of findings by list of the summary and kind; those that annotations cannot judge
        are not counted.
    urgent : int
        All urgent findings.
    lines : list of str
        Urgent findings without cause, and those of records without labels, to be read.
    """

    seconds: float = 0.0
    findings: dict[str, Findings] = field(default_factory=dict)
    false_beats: Counter[str] = field(default_factory=Counter)
    false_urgent: Counter[str] = field(default_factory=Counter)
    accuracy: dict[tuple[str, str], FindingAccuracy] = field(default_factory=dict)
    urgent: int = 0
    lines: list[str] = field(default_factory=list)


def evaluate_group(data: Path, classifiers: Mapping[str, BeatClassifier]) -> GroupCounts:
    """Score records end to end, each with its model, and count their findings."""
    counts = GroupCounts()
    for record, classifier in classifiers.items():
        recording = open_recording(data / f"{record}.hea")
        scored = scored_summary(recording, classifier)
        document = scored.document
        if scored.beats is None:
            counts.lines.append(f"{record}: rejected, {document['code']}")
            continue
        rows = document["urgent"]
        if not (data / f"{record}.atr").is_file():
            counts.lines += [f"{record} (no labels): {row['message']}" for row in rows]
            continue
        reference = Reference.read(data / record, recording.sampling_rate_hz)
        counts.seconds += recording.duration_s
        counts.urgent += len(rows)
        for row in rows:
            if not has_cause(row, reference, record, LIMITS["urgent"]):
                counts.false_urgent[row["kind"]] += 1
                counts.lines.append(f"{record}: {row['message']}")
        for tier, limits in LIMITS.items():
            for row in document[tier]:
                if _can_be_judged(row, record):
                    right = has_cause(row, reference, record, limits)
                    accuracy = counts.accuracy.setdefault((tier, row["kind"]), FindingAccuracy())
                    accuracy.add(record, right=right)
        for name, (keys, annotated) in KINDS.items():
            if name != "AF" or record.startswith(WITH_FIBRILLATION_MARKS):
                found = _events(document, keys)
                counts.findings.setdefault(name, Findings()).add(annotated(reference), found)
        partner = match_beats(reference.times_s, scored.beats.times_s)
        labels = scored.beats.labels[partner[partner >= 0]]
        annotated_labels = reference.labels[partner >= 0]
        normal = annotated_labels == CLASSES.index("N")
        s, v = (labels == CLASSES.index(name) for name in "SV")
        counts.false_beats["N"] += int(normal.sum())
        counts.false_beats["S"] += int((s & normal).sum())
        counts.false_beats["V"] += int((v & np.isin(annotated_labels, NOT_VENTRICULAR)).sum())
    return counts


def _fibrillation(reference: Reference) -> Sequence[Span]:
    return [span for span in reference.marked(FIBRILLATION_MARKS) if span.duration_s >= EPISODE_S]


KINDS: Mapping[str, tuple[Keys, Callable[[Reference], Sequence[Span]]]] = {
    "V runs": (VENTRICULAR_TACHYCARDIA | VENTRICULAR_RHYTHM, lambda r: r.ventricular_runs),
    "VT": (VENTRICULAR_TACHYCARDIA, lambda r: tachycardias(r.ventricular_runs)),
    "SVT and S runs": (SUPRAVENTRICULAR_RUN, lambda r: r.supraventricular_runs),
    "SVT": (SUPRAVENTRICULAR_TACHYCARDIA, lambda r: tachycardias(r.supraventricular_runs)),
    "AF": (ATRIAL_FIBRILLATION, _fibrillation),
    "pauses": (PAUSE, lambda r: r.pauses),
}
"""Kinds of finding that are compared, each with its events' keys and the annotated ones."""


def _can_be_judged(row: Document, record: str) -> bool:
    """Return whether the annotations of a record can tell if a finding is right."""
    needs_marks = row["kind"] in FIBRILLATION_OR_FLUTTER | AV_BLOCK | AV_BLOCK_1
    return record.startswith(WITH_FIBRILLATION_MARKS) or not needs_marks


def has_cause(row: Document, reference: Reference, record: str, limits: CauseLimits) -> bool:
    """Return whether annotations justify a finding.

    Parameters
    ----------
    row : mapping
        The urgent or notable finding.
    reference : Reference
        The annotations.
    record : str
        Folder and name: fibrillation is judged only where rhythm marks are complete.
    limits : CauseLimits
        What they have to show.
    """
    start_s = row["at_s"] or 0.0
    here = Span(start_s, start_s + (row["duration_s"] or 0.0))
    marked = reference.marked
    runs_v = [*reference.flutter, *marked(VENTRICULAR_MARKS)]
    runs_s = [*reference.supraventricular_runs, *marked(TACHYCARDIA_MARKS)]
    fibrillation = marked(FIBRILLATION_MARKS)
    fast = tachycardias(reference.ventricular_runs, limits.run_beats)
    pauses, silences = (
        [pause for pause in reference.pauses if pause.duration_s >= shortest_s]
        for shortest_s in (limits.pause_s, SILENCE_S)
    )
    causes: tuple[tuple[Keys, bool], ...] = (
        (VENTRICULAR_TACHYCARDIA, _meets(here, [*fast, *runs_v])),
        (WIDE_QRS_TACHYCARDIA, _meets(here, [*reference.ventricular_runs, *runs_v])),
        (VENTRICULAR_BURDEN, reference.share("V") >= BURDEN_SHARE),
        (
            FIBRILLATION_OR_FLUTTER,
            not record.startswith(WITH_FIBRILLATION_MARKS) or _share(here, fibrillation) >= COVERED,
        ),
        (SUPRAVENTRICULAR_TACHYCARDIA, _share(here, [*runs_s, *fibrillation]) >= COVERED),
        (PAUSE, _meets(here, pauses)),
        (NO_BEAT_FOUND, _meets(here, silences)),
        (AV_BLOCK | AV_BLOCK_1, _meets(here, marked(BLOCK_MARKS))),
        (BRADYCARDIA, _meets(here, reference.slow(limits.slow_bpm))),
        (VENTRICULAR_RHYTHM, _meets(here, [*reference.ventricular_runs, *runs_v])),
        (SUPRAVENTRICULAR_BURDEN, reference.per_hour("S") >= SUPRAVENTRICULAR_PER_HOUR),
    )
    return next((has for keys, has in causes if row["kind"] in keys), False)


def _events(document: Document, keys: Keys) -> list[Span]:
    return [
        Span(row["start_s"], row["start_s"] + row["duration_s"])
        for row in document["events"]
        if row["kind"] in keys
    ]


def _meets(span: Span, others: Sequence[Span]) -> bool:
    return any(span.start_s <= o.stop_s and span.stop_s >= o.start_s for o in others)


def _share(span: Span, others: Sequence[Span]) -> float:
    return overlap_s([span], others) / max(span.duration_s, 1e-9)


def real_report(
    data: Path, shipped: BeatClassifier, folds: Mapping[str, BeatClassifier], *, ds2: bool
) -> dict[str, Any]:
    """Return the counts of every group, JSON-ready, and print them as tables.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    shipped : BeatClassifier
        The model.
    folds : mapping of str to BeatClassifier
        For records that it was trained on, the models that have not seen the patient.
    ds2 : bool
        Whether DS2 is scored too.
    """
    groups = dict(GROUPS) | ({"DS2": DS2.records} if ds2 else {})
    accuracy: dict[tuple[str, str], FindingAccuracy] = {}
    document: dict[str, Any] = {}
    cells: list[Sequence[object]] = []
    urgent_cells: list[Sequence[object]] = []
    for name, records in groups.items():
        counts = evaluate_group(data, {record: folds.get(record, shipped) for record in records})
        for key, of_group in counts.accuracy.items():
            sum_up = accuracy.setdefault(key, FindingAccuracy())
            sum_up.right += of_group.right
            sum_up.found += of_group.found
            sum_up.patients |= of_group.patients
        days = counts.seconds / SECONDS_PER_DAY
        for kind, found in counts.findings.items():
            values = (found.annotated, found.detected, found.found, found.false)
            cells.append((name, kind, *values, f"{found.false / days:.1f}"))
        false = counts.false_beats
        n_false = sum(counts.false_urgent.values())
        kinds = ", ".join(f"{kind} {n}" for kind, n in counts.false_urgent.items())
        urgent_cells.append(
            (
                name,
                f"{24 * days:.1f}",
                counts.urgent,
                n_false,
                f"{n_false / days:.2f}",
                kinds or "-",
                f"{1000 * false['S'] / false['N']:.1f}",
                f"{1000 * false['V'] / false['N']:.1f}",
            )
        )
        print("\n".join(counts.lines))
        document[name] = {
            "hours": 24 * days,
            "findings": {kind: vars(found) for kind, found in counts.findings.items()},
            "false_beats": dict(false),
            "urgent": counts.urgent,
            "false_urgent": dict(counts.false_urgent),
            "lines": counts.lines,
        }
    header = ("records", "kind", "annotated", "of them found", "found", "false", "false per 24 h")
    print(table(header, cells))
    urgent_header = (
        *("records", "hours", "urgent", "without cause", "per 24 h", "kinds"),
        *("false S per 1000 N", "false V per 1000 N"),
    )
    print(table(urgent_header, urgent_cells))
    document["accuracy"] = accuracy_document(accuracy)
    accuracy_cells = [
        (tier, kind, each["right_count"], each["found_count"], each["patients_count"])
        for tier, kinds in document["accuracy"].items()
        for kind, each in kinds.items()
    ]
    print(table(("list", "kind", "right", "of", "patients"), accuracy_cells))
    return document


def accuracy_document(
    accuracy: Mapping[tuple[str, str], FindingAccuracy],
) -> dict[str, dict[str, dict[str, int]]]:
    """Return the accuracy of findings as the model's card contains it, by list and kind."""
    document: dict[str, dict[str, dict[str, int]]] = {tier: {} for tier in LIMITS}
    for (tier, kind), each in sorted(accuracy.items()):
        document[tier][kind] = {
            "right_count": each.right,
            "found_count": each.found,
            "patients_count": len(each.patients),
        }
    return document
