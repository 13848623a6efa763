"""Shows what gating noisy seconds is worth: ``python -m training.evaluate_noise_gate --data DIR``.

Of training records alone: record 118 with the noise of a moved electrode, as PhysioNet made it;
records into which its noise of baseline wander and of muscles is mixed, on both leads or on the
first alone; and what is gated of records as they are, by class. Each is scored whole, with default
settings, and noisy ones once more without gating. The shipped model has learnt from all of these
records without the noise; ``--model`` takes one that has not.

Noise is mixed in as PhysioNet's ``nst`` does. The power of a lead is an eighth of the square of
its normal QRS complexes' peak-to-peak height (within 50 ms of the annotation), that of noise the
square of its rms about the mean of each second; of both the mean of 300 is taken, without the
lowest and highest twentieth. Noise is on from the fifth minute, for two of every four, and never
jumps as it begins or ends.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.model_card import model_folder
from deepecg.errors import RefusedRecordingError
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.filters import resample, resampling_ratio
from deepecg.signal.quality import QualityFlags
from deepecg.signal.settings import NoiseSettings, QualitySettings
from deepecg.signal.windows import windows_at
from deepecg.units import SECONDS_PER_HOUR
from training.annotated_records import Annotations, read_annotations, training_records
from training.beat_matching import ABSENT, LEARNING_S, BeatCounts

SNRS_DB = (24, 12, 6, 0)
NOISES = {"bw": "baseline wander", "ma": "muscles"}
MIXED = (
    *("mitdb/101", "mitdb/106", "mitdb/119", "mitdb/122", "mitdb/201", "mitdb/208", "mitdb/223"),
    *("svdb/803", "svdb/846", "svdb/888"),
)
"""Records with few and many ventricular beats, with fibrillation, at both sampling rates."""
MEASURED = 300
TRIMMED = 20
QRS_S = 0.05
ON_S = 120
UNGATED = ScoringSettings(
    quality=replace(QualitySettings(), noise=NoiseSettings(begins_above_share=np.inf))
)
FALSE_V = [CLASSES.index("N"), CLASSES.index("S"), ABSENT]
"""A V on one of these is a false one, as EC57 counts."""


@dataclass(frozen=True)
class Judged:
    """What scoring a recording, or several, came to.

    Attributes
    ----------
    counts : BeatCounts
        Found against annotated beats.
    kept_s, whole_s : float
        Judged time that was analysed, and all of it.
    lost : ndarray of int64, shape (5,)
        Annotated beats in seconds called noisy, by class, the first minutes included.
    annotated : ndarray of int64, shape (5,)
        All annotated beats, by class.
    """

    counts: BeatCounts
    kept_s: float
    whole_s: float
    lost: NDArray[np.int64]
    annotated: NDArray[np.int64]

    def __add__(self, other: "Judged") -> "Judged":
        return Judged(
            self.counts + other.counts,
            self.kept_s + other.kept_s,
            self.whole_s + other.whole_s,
            self.lost + other.lost,
            self.annotated + other.annotated,
        )

    @property
    def false_v_per_hour(self) -> float:
        """False V in an hour of what was analysed; 0 if nothing was."""
        false = int(self.counts.matrix[FALSE_V, CLASSES.index("V")].sum())
        return false / (self.kept_s / SECONDS_PER_HOUR) if self.kept_s else 0.0


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate_noise_gate", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of mitdb, svdb and nstdb")
    parser.add_argument("--model", type=Path, default=model_folder(), help="folder of a model")
    given = parser.parse_args()
    classifier = BeatClassifier.load(given.model)
    print("| noise | SNR, dB | QRS Se/+P, false V an hour | the same, gated | gated, % |")
    print("|---|---|---|---|---|")
    for name, snr_db, cases in tqdm(list(_noisy_cases(given.data)), leave=False):
        pairs = [
            (judge(*case, classifier, UNGATED), judge(*case, classifier, ScoringSettings()))
            for case in cases
        ]
        plain, gated = (_sum(side) for side in zip(*pairs, strict=True))
        gated_share = max(1 - gated.kept_s / gated.whole_s, 0.0)  # a last second may be longer
        print(f"| {name} | {snr_db} | {_told(plain)} | {_told(gated)} | {100 * gated_share:.0f} |")
    print("\n| records as they are | beats gated, % | V gated | S gated | most of them in |")
    print("|---|---|---|---|---|")
    for database in ("mitdb", "svdb"):
        of_record = {
            record: judge(*_as_it_is(given.data, record), classifier, ScoringSettings())
            for record in tqdm(training_records(given.data, (database,)), leave=False)
        }
        print(f"| {database} | {_lost(of_record)} |")


def judge(
    recording: Recording,
    reference: Annotations,
    classifier: BeatClassifier,
    settings: ScoringSettings,
) -> Judged:
    """Score a recording and compare its beats with the reference."""
    rate_hz = recording.sampling_rate_hz
    reference_s = reference.samples / rate_hz
    annotated = np.bincount(reference.labels, minlength=len(CLASSES))
    judged_s = max(recording.duration_s - LEARNING_S, 0.0)
    try:
        scored = score_recording(recording, classifier, settings)
    except RefusedRecordingError:
        return Judged(BeatCounts.empty(), 0.0, judged_s, annotated, annotated)
    counts = BeatCounts.of(
        reference_s,
        reference.labels,
        scored.beats.times_s,
        scored.beats.labels,
        np.concatenate([[[-1.0, LEARNING_S]], reference.flutter / rate_hz]),
        _given_up(scored.flags),
    )
    second = np.minimum(reference_s.astype(np.int64), len(scored.flags.noisy) - 1)
    lost = np.bincount(reference.labels[scored.flags.noisy[second]], minlength=len(CLASSES))
    kept_s = float(scored.flags.analysable[round(LEARNING_S) :].sum())
    return Judged(counts, kept_s, judged_s, lost, annotated)


def mixed(
    recording: Recording,
    reference: Annotations,
    noise: Recording,
    snr_db: float,
    leads: Iterable[int],
) -> Recording:
    """Return a recording with noise on some of its leads; both have two."""
    rate_hz = recording.sampling_rate_hz
    signals = [recording.read(lead, 0, recording.n_samples) for lead in range(2)]
    for lead in leads:
        raw = noise.read(lead, 0, noise.n_samples).astype(np.float64)
        gain = noise_mv(signals[lead], reference, rate_hz, snr_db) / _rms(raw, noise)
        at_rate = resample(raw - raw[0], resampling_ratio(noise.sampling_rate_hz, round(rate_hz)))
        added = _switched(np.resize(at_rate, recording.n_samples), rate_hz)
        signals[lead] = (signals[lead] + gain * added).astype(np.float32)
    return replace(recording, read_samples=lambda lead, start, stop: signals[lead][start:stop])


def noise_mv(
    signal: NDArray[np.float32],
    reference: Annotations,
    rate_hz: float,
    snr_db: float | NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the root mean square of noise at a signal-to-noise ratio, or at each of several."""
    ratio = 10 ** (-np.asarray(snr_db, np.float64) / 20)
    return np.asarray(ratio * np.sqrt(2) / 4 * _qrs_height(signal, reference, rate_hz))


def _noisy_cases(
    data: Path,
) -> Iterator[tuple[str, int, list[tuple[Recording, Annotations]]]]:
    """Yield the name of the noise, its SNR, and recordings with it."""
    for snr_db in SNRS_DB:
        path = data / "nstdb" / f"118e{snr_db:02d}"
        case = open_recording(path.with_suffix(".hea")), read_annotations(path)
        yield "electrode motion, record 118", snr_db, [case]
    for name, what in NOISES.items():
        noise = open_recording(data / "nstdb" / f"{name}.hea")
        for where, leads in (("both leads", (0, 1)), ("the first lead", (0,))):
            for snr_db in SNRS_DB:
                clean = [_as_it_is(data, record) for record in MIXED]
                yield (
                    f"{what}, {where}, {len(MIXED)} records",
                    snr_db,
                    [(mixed(*case, noise, snr_db, leads), case[1]) for case in clean],
                )


def _as_it_is(data: Path, record: str) -> tuple[Recording, Annotations]:
    return open_recording(data / f"{record}.hea"), read_annotations(data / record)


def _qrs_height(signal: NDArray[np.float32], reference: Annotations, rate_hz: float) -> float:
    normal = reference.samples[reference.labels == CLASSES.index("N")][:MEASURED]
    reach = round(QRS_S * rate_hz)
    return _trimmed_mean(np.ptp(windows_at(signal, normal - reach, 2 * reach + 1), axis=1))


def _rms(signal: NDArray[np.float64], noise: Recording) -> float:
    second = round(noise.sampling_rate_hz)
    windows = signal[: len(signal) // second * second].reshape(-1, second)[:MEASURED]
    return _trimmed_mean(windows.std(axis=1))


def _trimmed_mean(values: NDArray[np.floating]) -> float:
    out = len(values) // TRIMMED
    return float(np.sort(values)[out : len(values) - out].mean())


def _switched(noise: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return noise that stands still while it is off."""
    second = np.arange(len(noise)) / rate_hz
    is_on = (second >= LEARNING_S) & ((second - LEARNING_S) // ON_S % 2 == 0)
    return np.cumsum(np.where(is_on, np.diff(noise, prepend=noise[:1]), 0.0))


def _given_up(flags: QualityFlags) -> NDArray[np.float64]:
    edges = np.flatnonzero(np.diff(flags.analysable, prepend=True, append=True))
    return edges.reshape(-1, 2).astype(np.float64)


def _sum(parts: Iterable[Judged]) -> Judged:
    first, *others = parts
    return sum(others, start=first)


def _told(judged: Judged) -> str:
    if not judged.kept_s:
        return "nothing kept"
    found, right = judged.counts.detection()
    return f"{100 * found:.2f}/{100 * right:.2f}, {judged.false_v_per_hour:.1f}"


def _lost(of_record: dict[str, Judged]) -> str:
    total = _sum(of_record.values())
    share = total.lost.sum() / total.annotated.sum()
    v, s = ((total.lost[i], total.annotated[i]) for i in map(CLASSES.index, "VS"))
    most = sorted(of_record, key=lambda record: -of_record[record].lost.sum())[:3]
    where = ", ".join(f"{name} ({of_record[name].lost.sum()})" for name in most)
    return f"{100 * share:.2f} | {v[0]} of {v[1]} | {s[0]} of {s[1]} | {where}"


if __name__ == "__main__":
    main()
