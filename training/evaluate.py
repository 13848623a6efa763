"""Judges detector and model on whole recordings: ``make evaluate DATA=DIR``.

DS2 is scored with the shipped model, every training record with the model of the fold that has not
seen its patient. Scoring writes annotation files, and those are judged (:mod:`training.ec57`).
Beside that every annotated beat is classified where it is annotated, as in the literature's tables,
which also shows how far the model's probabilities may be trusted.

``evaluation.json`` and ``evaluation.md`` hold what is told, with a picture of each group of
records; a run replaces the groups that it judges and leaves the others. Annotation files, and the
worst errors as strips, go into the folder of ``--out``. ``--write`` puts the figures of DS2 into
the model's card.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import CARD_FILE, model_folder
from deepecg.beats.onnx_runtime import InferenceSession
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.outputs.json_files import to_json
from deepecg.outputs.wfdb_annotations import write_annotations
from deepecg.readers.open_recording import open_recording
from deepecg.rhythm.atrial_fibrillation import atrial_fibrillation, without_supraventricular
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from training.annotated_records import (
    AnnotatedRecord,
    annotated_records,
    ds2_records,
    training_records,
)
from training.beat_matching import LEARNING_S, BeatCounts, match_beats, within
from training.calibration import calibration
from training.ec57 import (
    BeatFile,
    Judged,
    average,
    beat_intervals,
    document,
    figures,
    judge_files,
)
from training.evaluation_report import evaluation_report
from training.event_accuracy import RecordEvents, event_figures, record_events
from training.plots import Mistake, plot_group, plot_mistakes
from training.training_examples import annotated_r_peaks

RESULTS = Path(__file__).parent / "results" / "default"
FLOAT_FILE = "beat_classifier.float32.onnx"
DOCUMENT_FILE, REPORT_FILE = "evaluation.json", "evaluation.md"
GROUPS = {
    "ds2": "DS2 of the MIT-BIH Arrhythmia Database",
    "ds1": "DS1 of the MIT-BIH Arrhythmia Database, cross-validated by patient",
    "svdb": "MIT-BIH Supraventricular Arrhythmia Database, cross-validated by patient",
}
"""Groups of records that are told apart."""
MISTAKES = 6
"""Strips in the picture of the worst errors, at most one a record."""
JUDGED_BY_SIGHT = [CLASSES.index(name) for name in "NSV"]
"""Classes whose errors are shown: F and Q are a matter of opinion."""
STRIP_S = 3.0
"""Seconds on either side of an error."""


@dataclass(frozen=True)
class RecordResult:
    """All that is judged of one record.

    Attributes
    ----------
    end_to_end : Judged
        The recording's annotation file.
    events : RecordEvents
        What its report would say of couplets, runs and fibrillation.
    labels : ndarray of int64, shape (n,)
        Annotated beats.
    probabilities, exact : ndarray of float32, shape (n, 5)
        Of each, where it is annotated, by the model and by its float32 original if there is one.
    mistake : Mistake or None
        The wrong beat that the model was surest of.
    n_leads : int
        Leads that were used.
    """

    end_to_end: Judged
    events: RecordEvents
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    exact: NDArray[np.float32] | None
    mistake: Mistake | None
    n_leads: int


def main() -> None:
    """Judge groups of records and write what came of it."""
    given = _arguments()
    settings = ScoringSettings()
    shipped = BeatClassifier.load(given.model)
    path = given.results / DOCUMENT_FILE
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    given.results.mkdir(parents=True, exist_ok=True)
    for group, classifiers in _groups(given, shipped).items():
        results = {}
        for record, classifier in tqdm(classifiers.items(), desc=group):
            exact = _exact(classifier, given.float) if group == "ds2" else None
            results[record] = evaluate_record(
                given.data, record, classifier, settings, out=given.out, exact=exact
            )
        told[group] = group_document(GROUPS[group], results, [*classifiers.values()])
        plot_group(told[group], given.results / f"evaluation_{group}.png")
        plot_mistakes(worst(results.values()), given.out / f"mistakes_{group}.png")
    path.write_text(to_json(told), encoding="utf-8")
    report = evaluation_report({group: told[group] for group in GROUPS if group in told})
    (given.results / REPORT_FILE).write_text(report, encoding="utf-8")
    print(report)
    if given.write:
        card = given.model / CARD_FILE
        known = json.loads(card.read_text(encoding="utf-8"))
        known["evaluation"] = card_evaluation(told["ds2"])
        card.write_text(to_json(known), encoding="utf-8")


def evaluate_record(
    data: Path,
    record: str,
    classifier: BeatClassifier,
    settings: ScoringSettings,
    *,
    out: Path,
    exact: BeatClassifier | None = None,
) -> RecordResult:
    """Score a record, judge its annotation file, and classify its annotated beats.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    record : str
        Such as ``mitdb/100``.
    classifier : BeatClassifier
        A model that has not seen the patient.
    settings : ScoringSettings
        How to score.
    out : Path
        Folder of annotation files, one folder a database below it.
    exact : BeatClassifier, optional
        The same model in float32.
    """
    scored = score_recording(open_recording(data / f"{record}.hea"), classifier, settings)
    (annotated,) = annotated_records(data, [record], settings, classifier.card.n_leads)
    return RecordResult(
        judge_scored(data, record, scored, out),
        record_events(data, record, scored),
        annotated.labels,
        annotated_probabilities(annotated, classifier, settings),
        annotated_probabilities(annotated, exact, settings) if exact else None,
        surest_mistake(data, record, scored),
        len(scored.used),
    )


def judge_scored(data: Path, record: str, scored: ScoredRecording, out: Path) -> Judged:
    """Write the annotation file of a scored record below a folder, and judge that."""
    folder = out / Path(record).parent
    folder.mkdir(parents=True, exist_ok=True)
    write_annotations(scored, folder, Path(record).name)
    return judge_files(data / record, out / record)


def annotated_probabilities(
    record: AnnotatedRecord, classifier: BeatClassifier, settings: ScoringSettings
) -> NDArray[np.float32]:
    """Classify every annotated beat where it is annotated, shape (n_beats, 5)."""
    r_peaks = annotated_r_peaks(record, settings.detector)
    times_s = r_peaks / record.rate_hz
    rr_s = rr_intervals(times_s)
    probabilities = classifier.classify(record.signals, r_peaks, rr_s)
    if not classifier.card.context_beats:  # a model that sees each beat alone is judged as such
        return probabilities
    no_pause = np.zeros(len(times_s), bool)
    seconds = np.ones(len(record.signals[0]) // record.rate_hz + 1, bool)
    beats = BeatStream(times_s, rr_s, probabilities, no_pause, seconds)
    inside = atrial_fibrillation(beats, settings.rhythm.fibrillation).beats
    return without_supraventricular(beats, inside).probabilities


def annotated_counts(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> BeatCounts:
    """Count annotated beats of a record that were classified where they are annotated: all."""
    matrix = BeatCounts.empty().matrix
    np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
    return BeatCounts(matrix)


def surest_mistake(data: Path, record: str, scored: ScoredRecording) -> Mistake | None:
    """Return the N, S or V that was named otherwise with the highest probability."""
    reference = BeatFile.read(data / record, "atr")
    beats = scored.beats
    partner = match_beats(reference.times_s, beats.times_s)
    paired = (partner >= 0) & (reference.times_s >= LEARNING_S)
    paired &= ~within(reference.times_s, reference.flutter)
    annotated, found = np.flatnonzero(paired), partner[paired]
    wrong = reference.labels[annotated] != beats.labels[found]
    wrong &= np.isin(reference.labels[annotated], JUDGED_BY_SIGHT)
    if not wrong.any():
        return None
    annotated, found = annotated[wrong], found[wrong]
    sureness = beats.probabilities[found].max(axis=1)
    surest = int(sureness.argmax())
    at_s = float(beats.times_s[found[surest]])
    rate_hz = scored.recording.sampling_rate_hz
    start = max(int((at_s - STRIP_S) * rate_hz), 0)
    stop = min(int((at_s + STRIP_S) * rate_hz), scored.recording.n_samples)
    shown_s = np.array([[start / rate_hz, stop / rate_hz]])

    def near(times_s: NDArray[np.float64], labels: NDArray[np.int64]) -> list[tuple[float, str]]:
        inside = within(times_s, shown_s)
        names = (CLASSES[label] for label in labels[inside])
        return [*zip(times_s[inside].tolist(), names, strict=True)]

    return Mistake(
        record=record,
        lead=scored.recording.leads[scored.lead],
        at_s=at_s,
        annotated=CLASSES[reference.labels[annotated[surest]]],
        found=CLASSES[beats.labels[found[surest]]],
        probability=float(sureness[surest]),
        start_s=start / rate_hz,
        rate_hz=rate_hz,
        signal_mv=scored.recording.read(scored.lead, start, stop),
        beats_annotated=near(reference.times_s, reference.labels),
        beats_found=near(beats.times_s, beats.labels),
    )


def worst(results: Iterable[RecordResult]) -> list[Mistake]:
    """Return the mistakes that the models were surest of, the surest first."""
    mistakes = [each.mistake for each in results if each.mistake]
    return sorted(mistakes, key=lambda each: -each.probability)[:MISTAKES]


def group_document(
    title: str, results: Mapping[str, RecordResult], classifiers: Sequence[BeatClassifier]
) -> dict[str, Any]:
    """Return all that is told of a group of records, JSON-ready."""
    every = [*results.values()]
    counts = {
        name: annotated_counts(each.labels, each.probabilities) for name, each in results.items()
    }
    return {
        "title": title,
        "leads": " or ".join(str(n) for n in sorted({each.n_leads for each in every})),
        "models": sorted({classifier.version for classifier in classifiers}),
        "end_to_end": document({name: each.end_to_end for name, each in results.items()}),
        "events": event_figures([each.events for each in every]),
        "annotated": {
            "gross": figures(sum(counts.values(), BeatCounts.empty()), ec57=False),
            "intervals": beat_intervals(counts, ec57=False),
            "average": average([*counts.values()], ec57=False),
            "by_record": {name: figures(each, ec57=False) for name, each in counts.items()},
        },
        "annotated_float32": _exact_figures(every),
        "calibration": calibration(
            np.concatenate([each.probabilities for each in every]),
            np.concatenate([each.labels for each in every]),
        ),
    }


def _exact_figures(results: Sequence[RecordResult]) -> dict[str, Any] | None:
    """Return the figures of the float32 model; None if it was not asked about every record."""
    counts, otherwise = BeatCounts.empty(), 0
    for each in results:
        if each.exact is None:
            return None
        counts += annotated_counts(each.labels, each.exact)
        otherwise += int((each.exact.argmax(axis=1) != each.probabilities.argmax(axis=1)).sum())
    return figures(counts, ec57=False) | {"called_otherwise_by_int8_count": otherwise}


def card_evaluation(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a group what stands in the model's card, from where summaries tell it."""
    whole, annotated = told["end_to_end"], told["annotated"]
    return {
        "annotated_float32": told["annotated_float32"],
        "annotated": annotated["gross"],
        "end_to_end": whole["gross"],
        "events": told["events"],
        "annotated_by_record": annotated["by_record"],
        "end_to_end_by_record": whole["by_record"],
    }


def fold_classifiers(folder: Path) -> dict[str, BeatClassifier]:
    """Return for every training record the model of the fold that held it back.

    Parameters
    ----------
    folder : Path
        Holds a folder of model and card for each fold, whose ``training.held_back`` names records.
    """
    by_record: dict[str, BeatClassifier] = {}
    for card in sorted(folder.glob(f"*/{CARD_FILE}")):
        classifier = BeatClassifier.load(card.parent)
        for record in classifier.card.document["training"]["held_back"]:
            if record in by_record:
                raise SystemExit(f"{record} is held back by more than one fold in {folder}")
            by_record[record] = classifier
    return by_record


def _groups(
    given: argparse.Namespace, shipped: BeatClassifier
) -> dict[str, dict[str, BeatClassifier]]:
    """Return the groups that were asked for: their records, each with its model."""
    groups: dict[str, dict[str, BeatClassifier]] = {}
    if given.records in {"ds2", "all"}:
        groups["ds2"] = dict.fromkeys(ds2_records(), shipped)
    if given.records in {"training", "all"}:
        held_back = fold_classifiers(given.folds)
        for group, database in (("ds1", "mitdb"), ("svdb", "svdb")):
            records = training_records(given.data, (database,))
            unjudged = sorted({*records} - {*held_back})
            if unjudged:
                raise SystemExit(f"no fold in {given.folds} holds back {', '.join(unjudged)}")
            groups[group] = {record: held_back[record] for record in records}
    if given.only:
        groups = {
            group: {record: model for record, model in of.items() if record in given.only}
            for group, of in groups.items()
        }
    return {group: of for group, of in groups.items() if of}


def _exact(classifier: BeatClassifier, model: Path) -> BeatClassifier | None:
    """Return the classifier with its float32 original in place of the int8 model."""
    if not model.is_file():
        return None
    return replace(classifier, session=InferenceSession(str(model)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/ and svdb/")
    parser.add_argument("--records", choices=("all", "ds2", "training"), default="all")
    parser.add_argument("--only", nargs="+", metavar="RECORD", help="of these, only some")
    parser.add_argument("--model", type=Path, default=model_folder(), help="the shipped model")
    parser.add_argument("--folds", type=Path, default=RESULTS / "folds", help="the folds' models")
    parser.add_argument("--float", type=Path, default=RESULTS / FLOAT_FILE, help="float32 model")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    parser.add_argument("--out", type=Path, default=Path("out") / "evaluation")
    parser.add_argument("--write", action="store_true", help="put DS2's figures into the card")
    return parser.parse_args()


if __name__ == "__main__":
    main()
