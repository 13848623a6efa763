"""Judges events found end to end on DS2: ``python -m training.events --data DIR``.

Couplets and runs by number, atrial fibrillation by time.

``--write`` puts the figures into the model's card, from where summaries tell them beside the
counts. ``make train`` does so for a new model.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepecg.classifier import BeatClassifier
from deepecg.documents import to_json
from deepecg.model_card import CARD_FILE, model_folder
from deepecg.rhythm.ectopy import ectopy
from deepecg.rhythm.settings import RhythmSettings
from deepecg.rhythm.stream import BeatStream
from deepecg.scored import ScoredRecording
from deepecg.settings import ScoringSettings
from training.datasets import ds2_records, read_annotations
from training.evaluate import score_records
from training.matching import LEARNING_S, WINDOW_S
from training.rhythm import Seconds, gross, read_marked
from training.rhythm import compare as compare_seconds

KINDS = (
    "ventricular_couplet",
    "ventricular_run",
    "supraventricular_couplet",
    "supraventricular_run",
)

MIN_FOUND, MIN_PATIENTS = 20, 3
"""Of fewer events, or of fewer patients, nothing follows for others."""


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
    patients : int
        Records in which any were found.
    """

    annotated: int = 0
    detected: int = 0
    found: int = 0
    right: int = 0
    patients: int = 0

    def __add__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(
            self.annotated + other.annotated,
            self.detected + other.detected,
            self.found + other.found,
            self.right + other.right,
            self.patients + other.patients,
        )

    def figures(self) -> dict[str, Any]:
        """Return counts, sensitivity and positive predictivity, JSON-ready.

        The predictivity is null where it rests on fewer than :data:`MIN_FOUND` events or
        :data:`MIN_PATIENTS` patients: it would be told beside other patients' counts.
        """
        is_enough = self.found >= MIN_FOUND and self.patients >= MIN_PATIENTS
        return {
            "annotated_count": self.annotated,
            "found_count": self.found,
            "right_count": self.right,
            "patients_count": self.patients,
            "sensitivity": round(self.detected / self.annotated, 4) if self.annotated else None,
            "predictivity": round(self.right / self.found, 4) if is_enough else None,
        }


def main() -> None:
    """Print a Markdown table, one row a kind."""
    parser = argparse.ArgumentParser(prog="python -m training.events", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/")
    parser.add_argument("--model", type=Path, default=model_folder(), help="folder of the model")
    parser.add_argument("--write", action="store_true", help="put the figures into the card")
    given = parser.parse_args()
    classifier = BeatClassifier.load(given.model)
    scored = score_records(given.data, ds2_records(), classifier, ScoringSettings())
    told = evaluate_events(given.data, scored)
    print("| events on DS2, end to end | annotated | Se % | found | of patients | right |")
    print("|---|---|---|---|---|---|")
    for kind in KINDS:
        row = told[kind]
        sensitivity = "-" if row["sensitivity"] is None else f"{100 * row['sensitivity']:.1f}"
        counts = (row[f"{which}_count"] for which in ("found", "patients", "right"))
        cells = (kind, row["annotated_count"], sensitivity, *counts)
        print("| " + " | ".join(map(str, cells)) + " |")
    seconds = told["atrial_fibrillation"]
    print(
        f"\nAtrial fibrillation: {seconds['annotated_s']} s annotated, Se "
        f"{100 * seconds['sensitivity']:.1f} %; {seconds['found_s']} s found, of "
        f"{seconds['patients_count']} patients, {seconds['right_s']} s right."
    )
    if given.write:
        path = given.model / CARD_FILE
        card = json.loads(path.read_text(encoding="utf-8"))
        card["evaluation"]["events"] = told
        path.write_text(to_json(card), encoding="utf-8")


def evaluate_events(data: Path, scored_records: Mapping[str, ScoredRecording]) -> dict[str, Any]:
    """Compare what was found in whole recordings with the annotations.

    Of couplets and runs the first five minutes and ventricular flutter are left out, as EC57 says.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    scored_records : mapping of str to ScoredRecording
        By record, such as ``mitdb/100``.

    Returns
    -------
    dict
        Figures of every kind of event, over all records.
    """
    total = {kind: EventCounts() for kind in KINDS}
    fibrillation = []
    for record, scored in scored_records.items():
        settings, rhythm = scored.settings.rhythm, scored.rhythm
        marked = read_marked(data / record, settings.fibrillation.episode_s)
        fibrillation.append(compare_seconds(marked, rhythm.fibrillation.episodes))
        no_fibrillation = np.zeros(len(marked.stream.times_s), bool)
        annotated = _spans(marked.stream, settings, no_fibrillation)
        found = _spans(rhythm.known, settings, rhythm.fibrillation.beats)
        flutter_s = read_annotations(data / record).flutter / scored.recording.sampling_rate_hz
        left_out = np.concatenate([[[-1.0, LEARNING_S]], flutter_s])
        for kind in KINDS:
            total[kind] += compare(annotated[kind], found[kind], left_out)
    return {
        **{kind: counts.figures() for kind, counts in total.items()},
        "atrial_fibrillation": _seconds(fibrillation),
    }


def _seconds(counts: Sequence[Seconds]) -> dict[str, Any]:
    """Return the figures of atrial fibrillation, by time, as those of events are."""
    together = gross(counts)
    patients = sum(each.found > 0 for each in counts)
    return {
        "annotated_s": together.reference,
        "found_s": together.found,
        "right_s": together.hit,
        "patients_count": patients,
        "sensitivity": round(together.hit / together.reference, 4),
        "predictivity": round(together.hit / together.found, 4)
        if patients >= MIN_PATIENTS
        else None,
    }


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
        int(len(judged_found) > 0),
    )


def _overlapping(
    spans: NDArray[np.float64], others: NDArray[np.float64], window_s: float
) -> NDArray[np.bool_]:
    """Return for every span whether any of the others overlaps it."""
    begins_before_end = others[None, :, 0] <= spans[:, None, 1] + window_s
    ends_after_begin = others[None, :, 1] >= spans[:, None, 0] - window_s
    return np.asarray((begins_before_end & ends_after_begin).any(axis=1), bool)


def _spans(
    stream: BeatStream, settings: RhythmSettings, in_fibrillation: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """Return first and last second of the events of every kind."""
    found = {}
    ventricular = ectopy(stream, "V", settings.ectopy, in_fibrillation)
    supraventricular = ectopy(stream, "S", settings.ectopy, in_fibrillation)
    for name, patterns in (("ventricular", ventricular), ("supraventricular", supraventricular)):
        for event, episodes in (("couplet", patterns.couplets), ("run", patterns.runs)):
            spans = [(e.start_s, e.start_s + e.duration_s) for e in episodes]
            found[f"{name}_{event}"] = np.array(spans, np.float64).reshape(-1, 2)
    return found


if __name__ == "__main__":
    main()
