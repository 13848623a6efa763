"""Judges couplets and runs, found end to end on DS2: ``python -m training.events --data DIR``.

``--write`` puts the figures into the model's card, from where summaries tell them beside the
counts. ``make train`` does so for a new model.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.classifier import BeatClassifier
from deepecg.documents import to_json
from deepecg.model_card import CARD_FILE, model_folder
from deepecg.readers import open_recording
from deepecg.rhythm.ectopy import Ectopy, ectopy
from deepecg.rhythm.stream import BeatStream
from deepecg.rr_features import rr_intervals
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from training.datasets import ds2_records, read_annotations
from training.matching import LEARNING_S, WINDOW_S

KINDS = (
    "ventricular_couplet",
    "ventricular_run",
    "supraventricular_couplet",
    "supraventricular_run",
)


@dataclass(frozen=True)
class EventCounts:
    """Events of one kind.

    Attributes
    ----------
    annotated : int
        In the reference.
    detected : int
        Those of them that an event found overlaps.
    found : int
        By the software.
    right : int
        Those of them that overlap an annotated event.
    """

    annotated: int = 0
    detected: int = 0
    found: int = 0
    right: int = 0

    def __add__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(
            self.annotated + other.annotated,
            self.detected + other.detected,
            self.found + other.found,
            self.right + other.right,
        )

    def figures(self) -> dict[str, Any]:
        """Return counts, sensitivity and positive predictivity, JSON-ready; null for no events."""
        return {
            "annotated_count": self.annotated,
            "found_count": self.found,
            "sensitivity": round(self.detected / self.annotated, 4) if self.annotated else None,
            "predictivity": round(self.right / self.found, 4) if self.found else None,
        }


def main() -> None:
    """Print a Markdown table, one row a kind."""
    parser = argparse.ArgumentParser(prog="python -m training.events", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/")
    parser.add_argument("--model", type=Path, default=model_folder(), help="folder of the model")
    parser.add_argument("--write", action="store_true", help="put the figures into the card")
    given = parser.parse_args()
    classifier = BeatClassifier.load(given.model)
    told = evaluate_events(given.data, ds2_records(), classifier, ScoringSettings())
    print("| events on DS2, end to end | annotated | Se | found | +P |")
    print("|---|---|---|---|---|")
    for kind, row in told.items():
        found, right = (
            "-" if row[key] is None else f"{100 * row[key]:.1f}"
            for key in ("sensitivity", "predictivity")
        )
        print(f"| {kind} | {row['annotated_count']} | {found} | {row['found_count']} | {right} |")
    if given.write:
        path = given.model / CARD_FILE
        card = json.loads(path.read_text(encoding="utf-8"))
        card["evaluation"]["events"] = told
        path.write_text(to_json(card), encoding="utf-8")


def evaluate_events(
    data: Path, records: Sequence[str], classifier: BeatClassifier, settings: ScoringSettings
) -> dict[str, Any]:
    """Score whole recordings and compare couplets and runs with those of the annotations.

    The first five minutes and ventricular flutter are left out, as EC57 says.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    records : sequence of str
        Such as ``mitdb/100``.
    classifier : BeatClassifier
        The model.
    settings : ScoringSettings
        How recordings are scored.

    Returns
    -------
    dict
        Figures of every kind of event, over all records.
    """
    total = {kind: EventCounts() for kind in KINDS}
    for record in records:
        recording = open_recording(data / f"{record}.hea")
        scored = score_recording(recording, classifier, settings)
        reference = read_annotations(data / record)
        times_s = reference.samples / recording.sampling_rate_hz
        annotated = _spans(
            BeatStream(
                times_s,
                rr_intervals(times_s),
                reference.labels,
                np.ones(len(times_s), bool),
                np.ones(len(scored.flags.analysable), bool),
            ),
            settings,
            np.zeros(len(times_s), bool),
        )
        found = _spans(scored.stream, settings, scored.rhythm.fibrillation.beats)
        left_out = np.concatenate(
            [[[-1.0, LEARNING_S]], reference.flutter / recording.sampling_rate_hz]
        )
        for kind in KINDS:
            total[kind] += compare(annotated[kind], found[kind], left_out)
    return {kind: counts.figures() for kind, counts in total.items()}


def compare(
    annotated: NDArray[np.float64], found: NDArray[np.float64], left_out: NDArray[np.float64]
) -> EventCounts:
    """Count events that overlap one of the same kind on the other side, within EC57's window.

    Parameters
    ----------
    annotated, found, left_out : ndarray of float64, shapes (n, 2), (m, 2) and (k, 2)
        First and last second of events, and of stretches that are not judged.
    """
    judged = annotated[~_overlapping(annotated, left_out, 0)]
    judged_found = found[~_overlapping(found, left_out, 0)]
    return EventCounts(
        len(judged),
        int(_overlapping(judged, found, WINDOW_S).sum()),
        len(judged_found),
        int(_overlapping(judged_found, annotated, WINDOW_S).sum()),
    )


def _overlapping(
    spans: NDArray[np.float64], others: NDArray[np.float64], window_s: float
) -> NDArray[np.bool_]:
    """Return for every span whether any of the others overlaps it."""
    begins_before_end = others[None, :, 0] <= spans[:, None, 1] + window_s
    ends_after_begin = others[None, :, 1] >= spans[:, None, 0] - window_s
    return np.asarray((begins_before_end & ends_after_begin).any(axis=1), bool)


def _spans(
    stream: BeatStream, settings: ScoringSettings, in_fibrillation: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """Return first and last second of the events of every kind."""
    return dict(zip(KINDS, _each(stream, settings, in_fibrillation), strict=True))


def _each(
    stream: BeatStream, settings: ScoringSettings, in_fibrillation: NDArray[np.bool_]
) -> Iterator[NDArray[np.float64]]:
    for letter in ("V", "S"):
        patterns: Ectopy = ectopy(stream, letter, settings.rhythm.ectopy, in_fibrillation)
        for episodes in (patterns.couplets, patterns.runs):
            spans = [(e.start_s, e.start_s + e.duration_s) for e in episodes]
            yield np.array(spans, np.float64).reshape(-1, 2)


if __name__ == "__main__":
    main()
