"""What a beat asked about alone loses: ``python -m training.evaluate_single_beat --data DIR``.

``POST /v1/predict`` may be given all that a recording knows of a beat, or next to nothing. The same
beats are classified with more and more context, each as the raw second around its R peak.

The records are those that fold 0 of the cross-validation held back, and its model, which has not
seen them, is the one that compares. The model of a beat without its usual one has no folds: it was
trained on these records too, so its rows (those without usual beat) say more than is so for new
patients; what holds for those stands in its card.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
from training.beat_matching import BeatCounts
from training.evaluate import RESULTS, annotated_counts, annotated_probabilities
from training.training_examples import annotated_r_peaks

SETTINGS = ScoringSettings()
WHOLE = "the recording: one lead, the beats around too"
CONTEXTS: dict[str, tuple[str, ...]] = {
    "a raw second, its context": ("usual", "previous", "rhythm", "after"),
    "the same, in real time": ("usual", "previous", "rhythm"),
    "usual beat and beat before, two RR intervals": ("usual", "previous", "after"),
    "usual beat, two RR intervals": ("usual", "after"),
    "two RR intervals": ("after",),
    "one RR interval, in real time": (),
}
"""What each row of the table is given beside the second of signal and the interval before."""


def main() -> None:
    """Print a Markdown table, one row a context."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate_single_beat", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb/ and svdb/")
    given = parser.parse_args()
    classifier = BeatClassifier.load(RESULTS / "folds" / "0")
    models = SingleBeatModels(classifier, BeatClassifier.load(model_folder() / SINGLE_BEAT_FOLDER))
    records = classifier.card.document["training"]["held_back"]
    counts = dict.fromkeys([WHOLE, *CONTEXTS], BeatCounts.empty())
    for record in annotated_records(given.data, records, SETTINGS, n_leads=1):
        whole = annotated_probabilities(record, classifier, SETTINGS)
        counts[WHOLE] += annotated_counts(record.labels, whole)
        beats = list(raw_beats(given.data, record, classifier.card.input.windows))
        for name, context in CONTEXTS.items():
            counts[name] += judge([with_context(beat, context) for beat in beats], record, models)
    print("| what is known | V Se / +P (F1) | S Se / +P (F1) | N F1 |")
    print("|---|---|---|---|")
    for name, found in counts.items():
        print(f"| {name} | {_shares(found, 'V')} | {_shares(found, 'S')} | {_f1(found, 'N')} |")


def raw_beats(
    data: Path, record: AnnotatedRecord, settings: WindowSettings
) -> Iterator[SingleBeat]:
    """Yield the beats of a record's best lead as raw seconds, with all that is known of each."""
    recording = open_recording(data / f"{record.record}.hea")
    rate_hz = recording.sampling_rate_hz
    raw = recording.read(recording.lead_index(record.leads[0]), 0, recording.n_samples)
    times_s = annotated_r_peaks(record, SETTINGS.detector) / record.rate_hz
    windows = cut_windows(raw, times_s * rate_hz, round(rate_hz), settings)
    usual = template_beat(windows).astype(np.float64)
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
            template_beat_mv=usual,
            previous_beat_mv=windows[max(number - 1, 0)].astype(np.float64),
        )


def with_context(beat: SingleBeat, context: Sequence[str]) -> SingleBeat:
    """Return a beat of which no more is known than ``context`` names."""
    reach = None if "rhythm" in context else 1
    return replace(
        beat,
        rr_before_s=beat.rr_before_s if reach is None else beat.rr_before_s[-reach:],
        rr_after_s=beat.rr_after_s[:reach] if "after" in context else (),
        template_beat_mv=beat.template_beat_mv if "usual" in context else None,
        previous_beat_mv=beat.previous_beat_mv if "previous" in context else None,
    )


def judge(
    beats: Sequence[SingleBeat], record: AnnotatedRecord, models: SingleBeatModels
) -> BeatCounts:
    """Count what becomes of a record's beats; those that cannot be analysed are not found."""
    is_found = np.zeros(len(beats), bool)
    labels = np.zeros(len(beats), np.int64)
    for start in range(0, len(beats), BATCH_BEATS):
        for number, result in enumerate(
            models.classify(beats[start : start + BATCH_BEATS], SETTINGS), start
        ):
            if not isinstance(result, RefusedRecordingError):
                is_found[number], labels[number] = True, result.argmax()
    times_s = record.positions / record.rate_hz
    none: NDArray[np.float64] = np.empty((0, 2))
    return BeatCounts.of(times_s, record.labels, times_s[is_found], labels[is_found], none)


def _shares(counts: BeatCounts, name: str) -> str:
    right = counts.predictivity(name, ec57=False)
    return f"{100 * counts.sensitivity(name):.1f} / {100 * right:.1f} ({_f1(counts, name)})"


def _f1(counts: BeatCounts, name: str) -> str:
    return f"{100 * counts.f1(name, ec57=False):.1f}"


if __name__ == "__main__":
    main()
