"""Evaluates detector and model on whole recordings: ``make evaluate DATA=DIR``.

DS2 is scored with the shipped model, every training record with the model of the fold that held its
patient back. Scoring writes annotation files, and those are compared with the reference
(:mod:`training.ec57`). In addition every annotated beat is classified at its annotated position, as
in the literature's tables, which also shows how well the model's probabilities are calibrated.

The results are written to ``evaluation.json`` and ``evaluation.md``, with a plot of each group of
records; a run replaces the groups that it evaluates and keeps the others. Annotation files, and
strips of the worst errors, go into the folder of ``--out``. ``--write`` copies the results of DS2
into the model's card.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from deepecg.arrays import Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import CARD_FILE, model_folder
from deepecg.beats.onnx_without_telemetry import InferenceSession
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.wfdb_annotations import write_annotations
from deepecg.readers.open_recording import open_recording
from deepecg.rhythm.atrial_fibrillation import atrial_fibrillation, without_supraventricular
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.scored_recording import ScoredRecording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from training.annotated_records import AnnotatedRecord, annotated_records
from training.annotation_files import BeatFile
from training.beat_comparison import BeatCounts, match_beats, within
from training.calibration import calibration
from training.command_line import argument_parser
from training.data_roles import DS2, GROUPS, Role, training_groups
from training.evaluation_report import evaluation_report
from training.event_accuracy import RecordEvents, event_metrics, record_events
from training.markdown import percent
from training.plots import Strip, plot_group, plot_strips
from training.record_comparison import RecordComparison, compare_files
from training.record_metrics import accuracy_document, beat_metrics, beats_document
from training.training_examples import annotated_r_peaks

RESULTS = Path(__file__).parent / "results" / "default"
FLOAT_FILE = "beat_classifier.float32.onnx"
FOLDS = RESULTS / "folds"
"""Folder of the models of the cross-validation."""
FINDINGS_KEY = "findings"
"""Part of the card's evaluation that :mod:`training.findings` writes."""
DOCUMENT_FILE, REPORT_FILE = "evaluation.json", "evaluation.md"
EVALUATED = (DS2.name, *(group.name for group in GROUPS.values() if group.role is Role.TRAINING))
"""Groups in the order of the report."""
STRIPS = 6
"""Most strips in the plot of the worst errors, at most one a record."""
REVIEWED_CLASSES = [CLASSES.index(name) for name in "NSV"]
"""Annotated classes whose errors are drawn: F and Q are a matter of opinion."""
STRIP_S = 3.0
"""Seconds of a strip before and after the error."""


@dataclass(frozen=True)
class RecordResult:
    """Evaluation of one record.

    Attributes
    ----------
    end_to_end : RecordComparison
        The recording's annotation file against the reference.
    events : RecordEvents
        Couplets, runs and fibrillation as the report counts them, against the reference.
    labels : ndarray of int64, shape (n,)
        Classes of the annotated beats.
    probabilities : ndarray of float32, shape (n, 5)
        Class probabilities at the annotated positions.
    float32_probabilities : ndarray of float32, shape (n, 5), or None
        The same by the float32 model, if it is evaluated.
    worst_error : Strip or None
        The misclassified beat with the highest probability.
    n_leads : int
        Number of leads that were used.
    """

    end_to_end: RecordComparison
    events: RecordEvents
    labels: Ints
    probabilities: Floats32
    float32_probabilities: Floats32 | None
    worst_error: Strip | None
    n_leads: int


def main() -> None:
    """Evaluate groups of records and write the results."""
    given = _arguments()
    settings = ScoringSettings()
    shipped = BeatClassifier.load(given.model)
    path = given.results / DOCUMENT_FILE
    document = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    given.results.mkdir(parents=True, exist_ok=True)
    groups = _groups(given, shipped)
    for group, (title, classifiers) in groups.items():
        results = {}
        for record, classifier in tqdm(classifiers.items(), desc=group):
            float32 = _float32(classifier, given.float) if group == DS2.name else None
            results[record] = evaluate_record(
                given.data, record, classifier, settings, out=given.out, float32=float32
            )
        document[group] = group_document(title, results, [*classifiers.values()])
        plot_group(document[group], given.results / f"evaluation_{group}.png")
        plot_strips(worst_errors(results.values()), given.out / f"worst_errors_{group}.png")
    path.write_text(to_json(document), encoding="utf-8")
    report = evaluation_report({name: document[name] for name in EVALUATED if name in document})
    (given.results / REPORT_FILE).write_text(report, encoding="utf-8")
    print(report)
    if given.write:
        path = given.model / CARD_FILE
        card = json.loads(path.read_text(encoding="utf-8"))
        of_findings = {k: v for k, v in card["evaluation"].items() if k == FINDINGS_KEY}
        card["evaluation"] = card_evaluation(document[DS2.name]) | of_findings
        path.write_text(to_json(card), encoding="utf-8")


def evaluate_record(
    data: Path,
    record: str,
    classifier: BeatClassifier,
    settings: ScoringSettings,
    *,
    out: Path,
    float32: BeatClassifier | None = None,
) -> RecordResult:
    """Score a record, compare its annotation file, and classify its annotated beats.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    record : str
        Folder and name, such as ``mitdb/100``.
    classifier : BeatClassifier
        A model that was not trained on the patient.
    settings : ScoringSettings
        Settings of the scoring.
    out : Path
        Folder of annotation files, with one folder a database.
    float32 : BeatClassifier, optional
        The same model in float32.
    """
    scored = score_recording(open_recording(data / f"{record}.hea"), classifier, settings)
    folder = out / Path(record).parent
    folder.mkdir(parents=True, exist_ok=True)
    write_annotations(scored, folder, Path(record).name)
    (annotated,) = annotated_records(data, [record], settings, classifier.card.n_leads)
    return RecordResult(
        compare_files(data / record, out / record),
        record_events(data, record, scored),
        annotated.labels,
        annotated_probabilities(annotated, classifier, settings),
        annotated_probabilities(annotated, float32, settings) if float32 else None,
        worst_error(data, record, scored),
        len(scored.used),
    )


def annotated_probabilities(
    record: AnnotatedRecord, classifier: BeatClassifier, settings: ScoringSettings
) -> Floats32:
    """Classify every annotated beat at its annotated position, shape (n_beats, 5)."""
    r_peaks = annotated_r_peaks(record, settings.detector)
    times_s = r_peaks / record.rate_hz
    rr_s = rr_intervals(times_s)
    probabilities = classifier.classify(record.signals, r_peaks, rr_s)
    if not classifier.card.context_beats:  # a model of single beats is evaluated without a rhythm
        return probabilities
    no_pause = np.zeros(len(times_s), bool)
    seconds = np.ones(len(record.signals[0]) // record.rate_hz + 1, bool)
    beats = BeatStream(times_s, rr_s, probabilities, no_pause, seconds)
    inside = atrial_fibrillation(beats, settings.rhythm.fibrillation).beats
    return without_supraventricular(beats, inside).probabilities


def worst_error(data: Path, record: str, scored: ScoredRecording) -> Strip | None:
    """Return the misclassified N, S or V with the highest probability."""
    reference, beats, recording = BeatFile.read(data / record), scored.beats, scored.recording
    partner = match_beats(reference.times_s, beats.times_s)
    labels, found = reference.labels, beats.labels[partner]
    wrong = (partner >= 0) & (labels != found) & np.isin(labels, REVIEWED_CLASSES)
    wrong &= ~within(reference.times_s, reference.excluded)
    if not wrong.any():
        return None
    probabilities = np.where(wrong, beats.probabilities[partner].max(axis=1), 0)
    worst = int(probabilities.argmax())
    at_s, rate_hz = reference.times_s[worst], recording.sampling_rate_hz
    start = max(int((at_s - STRIP_S) * rate_hz), 0)
    stop = min(int((at_s + STRIP_S) * rate_hz), recording.n_samples)
    shown = {}
    for n in np.flatnonzero(within(reference.times_s, np.array([[start, stop - 1]]) / rate_hz)):
        names = [CLASSES[labels[n]], CLASSES[found[n]] if partner[n] >= 0 else "missed"]
        shown[round(reference.times_s[n] * rate_hz) - start] = ">".join(dict.fromkeys(names))
    return Strip(
        f"{record}, {recording.leads[scored.lead]}, {at_s:.1f} s: annotated "
        f"{CLASSES[labels[worst]]}, found {CLASSES[found[worst]]} with "
        f"{percent(probabilities[worst])} %",
        float(probabilities[worst]),
        rate_hz,
        recording.read(scored.lead, start, stop),
        shown,
    )


def worst_errors(results: Iterable[RecordResult]) -> list[Strip]:
    """Return the worst errors of records, the highest probability first."""
    errors = [each.worst_error for each in results if each.worst_error]
    return sorted(errors, key=lambda each: -each.probability)[:STRIPS]


def group_document(
    title: str, results: Mapping[str, RecordResult], classifiers: Sequence[BeatClassifier]
) -> dict[str, Any]:
    """Return the results of a group of records, JSON-ready."""
    every = [*results.values()]
    counts = {
        name: BeatCounts.of_classes(each.labels, each.probabilities.argmax(axis=1))
        for name, each in results.items()
    }
    return {
        "title": title,
        "leads": " or ".join(str(n) for n in sorted({each.n_leads for each in every})),
        "models": sorted({classifier.version for classifier in classifiers}),
        "end_to_end": accuracy_document({name: each.end_to_end for name, each in results.items()}),
        "events": event_metrics([each.events for each in every]),
        "annotated": beats_document(counts, ec57=False),
        "annotated_float32": _float32_metrics(every),
        "calibration": calibration(
            np.concatenate([each.probabilities for each in every]),
            np.concatenate([each.labels for each in every]),
        ),
    }


def _float32_metrics(results: Sequence[RecordResult]) -> dict[str, Any] | None:
    """Return the metrics of the float32 model; None if a record was evaluated without it."""
    counts, n_different = BeatCounts.empty(), 0
    for each in results:
        float32 = each.float32_probabilities
        if float32 is None:
            return None
        found = float32.argmax(axis=1)
        counts += BeatCounts.of_classes(each.labels, found)
        n_different += int((found != each.probabilities.argmax(axis=1)).sum())
    return beat_metrics(counts, ec57=False) | {"called_otherwise_by_int8_count": n_different}


def card_evaluation(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a group's document that the model's card contains, for summaries."""
    whole, annotated = group["end_to_end"], group["annotated"]
    return {
        "annotated_float32": group["annotated_float32"],
        "annotated": annotated["gross"],
        "end_to_end": whole["gross"],
        "events": group["events"],
        "annotated_by_record": annotated["by_record"],
        "end_to_end_by_record": whole["by_record"],
    }


def fold_classifiers(folder: Path) -> dict[str, BeatClassifier]:
    """Return for every training record the model of the fold that held it back.

    Parameters
    ----------
    folder : Path
        Contains a folder of model and card for each fold; ``training.held_back`` of the card lists
        the records.
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
) -> dict[str, tuple[str, dict[str, BeatClassifier]]]:
    """Return title and records of the requested groups, each record with its model."""
    groups: dict[str, tuple[str, dict[str, BeatClassifier]]] = {}
    if given.records in {"ds2", "all"}:
        groups[DS2.name] = DS2.title, dict.fromkeys(DS2.require(given.data), shipped)
    if given.records in {"training", "all"}:
        held_back = fold_classifiers(given.folds)
        for group in training_groups(shipped.card.document["training"]["config"]["databases"]):
            records = group.require(given.data)
            without_fold = sorted({*records} - {*held_back})
            if without_fold:
                raise SystemExit(f"no fold in {given.folds} holds back {', '.join(without_fold)}")
            title = f"{group.title}, cross-validated by patient"
            groups[group.name] = title, {record: held_back[record] for record in records}
    if given.only:
        unknown = {*given.only}.difference(*(records for _, records in groups.values()))
        if unknown:
            raise SystemExit(
                f"found {', '.join(sorted(unknown))} in --only, expected records of "
                f"{', '.join(groups)}: see training/data_roles.toml"
            )
        groups = {
            name: (title, {record: records[record] for record in records if record in given.only})
            for name, (title, records) in groups.items()
        }
    return {name: group for name, group in groups.items() if group[1]}


def _float32(classifier: BeatClassifier, model: Path) -> BeatClassifier | None:
    """Return the classifier with its float32 original in place of the int8 model."""
    if not model.is_file():
        return None
    return replace(classifier, session=InferenceSession(str(model)))


def _arguments() -> argparse.Namespace:
    parser = argument_parser("evaluate", __doc__, "mitdb/ and svdb/")
    parser.add_argument("--records", choices=("all", "ds2", "training"), default="all")
    parser.add_argument("--only", nargs="+", metavar="RECORD", help="only some of these records")
    parser.add_argument("--model", type=Path, default=model_folder(), help="the shipped model")
    parser.add_argument("--folds", type=Path, default=FOLDS, help="the folds' models")
    parser.add_argument("--float", type=Path, default=RESULTS / FLOAT_FILE, help="float32 model")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    out = Path("out/evaluation")
    parser.add_argument("--out", type=Path, default=out, help="annotation files and strips")
    parser.add_argument("--write", action="store_true", help="copy results of DS2 into the card")
    return parser.parse_args()


if __name__ == "__main__":
    main()
