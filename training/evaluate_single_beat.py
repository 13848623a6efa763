"""Evaluates the classification of single beats.

Run: ``python -m training.evaluate_single_beat --data DIR``.

A request to ``POST /v1/predict`` contains all the context of a beat in its recording, or next to
none. The same beats are classified with different amounts of context, each as the raw second around
its R peak.

The records are those that fold 0 of the cross-validation held back; beats with a template beat are
classified by the model of that fold, which was not trained on these patients. The model for beats
without a template beat has no folds: it was trained on these records too, so its rows are better
than for new patients; its card contains the results on DS2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepecg.beats.beat_windows import cut_windows, template_beat
from deepecg.beats.classifier import BATCH_BEATS, BeatClassifier
from deepecg.beats.model_card import SINGLE_BEAT_FOLDER, model_folder
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.beats.settings import WindowSettings
from deepecg.beats.single_beat import SingleBeat, SingleBeatModels
from deepecg.errors import RefusedRecordingError
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from training.annotated_records import AnnotatedRecord, annotated_records
from training.beat_comparison import ABSENT, BeatCounts
from training.command_line import argument_parser
from training.evaluate import RESULTS, annotated_probabilities
from training.markdown import class_metrics, percent, table
from training.training_examples import annotated_r_peaks

SETTINGS = ScoringSettings()
WHOLE = "the recording: one lead, with the neighbouring beats"
CONTEXTS: dict[str, tuple[str, ...]] = {
    "a raw second with its context": ("template", "previous", "rhythm", "after"),
    "the same, in real time": ("template", "previous", "rhythm"),
    "template beat and previous beat, two RR intervals": ("template", "previous", "after"),
    "template beat, two RR intervals": ("template", "after"),
    "two RR intervals": ("after",),
    "one RR interval, in real time": (),
}
"""Context of each row of the table, beside the second of signal and the RR interval before it."""


def main() -> None:
    """Print a Markdown table, one row a context."""
    given = argument_parser("evaluate_single_beat", __doc__, "mitdb/ and svdb/").parse_args()
    classifier = BeatClassifier.load(RESULTS / "folds" / "0")
    models = SingleBeatModels(classifier, BeatClassifier.load(model_folder() / SINGLE_BEAT_FOLDER))
    records = classifier.card.document["training"]["held_back"]
    counts = dict.fromkeys([WHOLE, *CONTEXTS], BeatCounts.empty())
    for record in annotated_records(given.data, records, SETTINGS, n_leads=1):
        whole = annotated_probabilities(record, classifier, SETTINGS)
        counts[WHOLE] += BeatCounts.of_classes(record.labels, whole.argmax(axis=1))
        beats = list(raw_beats(given.data, record, classifier.card.input.windows))
        for name, context in CONTEXTS.items():
            with_less = [with_context(beat, context) for beat in beats]
            counts[name] += classified_counts(with_less, record, models)
    rows = (
        (
            name,
            *(class_metrics(found, label, ec57=False) for label in "VS"),
            percent(found.metric("N_f1", ec57=False)),
        )
        for name, found in counts.items()
    )
    print(table(("context", "V Se / +P (F1)", "S Se / +P (F1)", "N F1"), rows), end="")


def raw_beats(
    data: Path, record: AnnotatedRecord, settings: WindowSettings
) -> Iterator[SingleBeat]:
    """Yield the beats of a record's best lead as raw seconds, with all their context."""
    recording = open_recording(data / f"{record.record}.hea")
    rate_hz = recording.sampling_rate_hz
    raw = recording.read(recording.lead_index(record.leads[0]), 0, recording.n_samples)
    times_s = annotated_r_peaks(record, SETTINGS.detector) / record.rate_hz
    windows = cut_windows(raw, times_s * rate_hz, round(rate_hz), settings)
    template = template_beat(windows).astype(np.float64)
    rr_s = rr_intervals(times_s)
    at = round(settings.before_s * rate_hz) / (windows.shape[1] - 1)
    for number in range(len(windows)):
        before = rr_s[max(number - settings.global_beats, 0) : number + 1]
        yield SingleBeat(
            windows[number].astype(np.float64),
            rate_hz,
            before[np.isfinite(before)].tolist(),
            rr_s[number + 1 : number + 1 + settings.global_beats].tolist(),
            at,
            template_beat_mv=template,
            previous_beat_mv=windows[max(number - 1, 0)].astype(np.float64),
        )


def with_context(beat: SingleBeat, context: Sequence[str]) -> SingleBeat:
    """Return a beat with only the named context."""
    reach = None if "rhythm" in context else 1
    return replace(
        beat,
        rr_before_s=beat.rr_before_s if reach is None else beat.rr_before_s[-reach:],
        rr_after_s=beat.rr_after_s[:reach] if "after" in context else (),
        template_beat_mv=beat.template_beat_mv if "template" in context else None,
        previous_beat_mv=beat.previous_beat_mv if "previous" in context else None,
    )


def classified_counts(
    beats: Sequence[SingleBeat], record: AnnotatedRecord, models: SingleBeatModels
) -> BeatCounts:
    """Classify a record's beats and count them; those that cannot be analysed are missed."""
    found: list[int] = []
    for start in range(0, len(beats), BATCH_BEATS):
        results = models.classify(beats[start : start + BATCH_BEATS], SETTINGS)
        found += (
            ABSENT if isinstance(result, RefusedRecordingError) else int(result.argmax())
            for result in results
        )
    return BeatCounts.of_classes(record.labels, np.array(found))


if __name__ == "__main__":
    main()
