"""Judges ST episodes on real recordings: ``python -m training.waves.evaluate_st --data DIR``.

The QT Database's excerpts of the European ST-T Database (``sele*``) contain that database's
annotations of ST episodes. These are relative to the first seconds of two-hour recordings and begin
at 0.05 mV, while an excerpt of 15 minutes has no other reference than itself. In the arrhythmia
databases nobody annotated ST episodes: there, the table counts what is found, right or wrong.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.readers.open_recording import open_recording
from deepecg.scoring import score_recording
from deepecg.time_units import SECONDS_PER_HOUR
from training.command_line import argument_parser
from training.data_roles import DS1, GROUPS
from training.markdown import table
from training.waves.wave_records import QTDB_RECORDS

EUROPEAN = tuple(record for record in QTDB_RECORDS if "/sele" in record)
ST_MARK = re.compile(r"(?P<begin>\(?)ST(?P<lead>\d)[+-](?P<end>\)?)")
"""Begin or end of an episode in one lead, such as ``(ST1-`` and ``ST1-)``; ``AST1-200``, its peak,
has neither."""
HEADINGS = (
    "records", "hours assessed in a lead", "annotated episodes", "of them found",
    "found episodes", "of them annotated", "abrupt", "records with any",
)  # fmt: skip

Span = tuple[float, float]


@dataclass(frozen=True)
class StScore:
    """ST episodes of a record in any lead, in seconds from its start; abrupt ones are found ones.

    ``annotated`` is None where nobody annotated them.
    """

    record: str
    assessed_s: float
    annotated: list[Span] | None
    found: list[Span]
    abrupt: list[Span]


def annotated_episodes(notes: Sequence[str], times_s: Sequence[float], end_s: float) -> list[Span]:
    """Return the time of ST episodes in any lead. An excerpt may begin or end inside one."""
    spans, begun = [], dict[str, float]()
    for note, at_s in zip(notes, times_s, strict=True):
        mark = ST_MARK.fullmatch(note)
        if mark and mark["begin"]:
            begun[mark["lead"]] = at_s
        elif mark and mark["end"]:
            spans.append((begun.pop(mark["lead"], 0.0), at_s))
    return united([*spans, *((begin_s, end_s) for begin_s in begun.values())])


def united(spans: Iterable[Span]) -> list[Span]:
    """Return spans in the order of time, those that overlap as one."""
    joined: list[Span] = []
    for begin_s, end_s in sorted(spans):
        if joined and begin_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end_s, joined[-1][1]))
        else:
            joined.append((begin_s, end_s))
    return joined


def scores(data: Path, records: Iterable[str], *, annotated: bool) -> list[StScore]:
    """Return the episodes of every record, found as ``deepecg score`` does it, and annotated."""
    classifier = BeatClassifier.load(model_folder())
    results = []
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        marked = None
        if annotated:
            atr = wfdb.rdann(str(data / record), "atr")
            notes = [note.strip("\0") for note in atr.aux_note]
            times_s = np.asarray(atr.sample) / recording.sampling_rate_hz
            marked = annotated_episodes(notes, times_s.tolist(), recording.duration_s)
        st = score_recording(recording, classifier).repolarisation.st_segment
        spans = [(one.start_s, one.start_s + one.duration_s, one.abrupt) for one in st.episodes]
        results.append(
            StScore(
                record,
                max(lead.time.assessed_s for lead in st.leads),
                marked,
                united(span[:2] for span in spans),
                united(span[:2] for span in spans if span[2]),
            )
        )
    return results


def row(name: str, results: Sequence[StScore]) -> list[str]:
    """Return the cells of the table."""
    pairs = [(one.annotated, one.found) for one in results if one.annotated is not None]
    known = bool(pairs)
    return [
        name,
        f"{sum(one.assessed_s for one in results) / SECONDS_PER_HOUR:.1f}",
        str(sum(len(marked) for marked, _ in pairs)) if known else "-",
        str(sum(_overlapping(marked, found) for marked, found in pairs)) if known else "-",
        str(sum(len(one.found) for one in results)),
        str(sum(_overlapping(found, marked) for marked, found in pairs)) if known else "-",
        str(sum(len(one.abrupt) for one in results)),
        f"{sum(bool(one.found) for one in results)} of {len(results)}",
    ]


def _overlapping(spans: Sequence[Span], others: Sequence[Span]) -> int:
    """Return how many spans overlap any of the others."""
    return sum(any(b < end and e > begin for b, e in others) for begin, end in spans)


def main() -> None:
    """Print the table."""
    parser = argument_parser("waves.evaluate_st", __doc__, "qtdb/, mitdb/ and svdb/")
    parser.add_argument("--each", action="store_true", help="print every record with an episode")
    given = parser.parse_args()
    rows = []
    for name, records in (
        ("European ST-T excerpts", EUROPEAN),
        ("DS1", DS1.records),
        ("Supraventricular DB", GROUPS["svdb"].records),
    ):
        results = scores(given.data, records, annotated=records is EUROPEAN)
        rows.append(row(f"{name}, {len(results)} records", results))
        if given.each:
            rows += [row(one.record, [one]) for one in results if one.found or one.annotated]
    print(table(HEADINGS, rows))


if __name__ == "__main__":
    main()
