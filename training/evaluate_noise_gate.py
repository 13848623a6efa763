"""Evaluates the gating of noisy seconds.

Run: ``python -m training.evaluate_noise_gate --data DIR``.

All records are training records: record 118 with the noise of a moved electrode, as PhysioNet made
it; records into which PhysioNet's baseline wander and muscle noise is mixed, on both leads or on
the first one only; and unchanged records, to count the beats that are gated by class. Whole
recordings are scored with default settings, noisy ones also without gating. The shipped model was
trained on all of these records without the noise; ``--model`` takes one that was not.

Noise is mixed in as PhysioNet's ``nst`` does. The power of a lead is an eighth of the square of
its normal QRS complexes' peak-to-peak height (within 50 ms of the annotation), the power of noise
the square of its rms about the mean of each second; both are means of 300 values without the
lowest and highest twentieth. Noise is on from the fifth minute, for two of every four minutes, and
begins and ends without a jump.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from deepecg.arrays import Floats, Floats32, Ints
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
from deepecg.signal.stretches import stretches
from deepecg.signal.windows_around_samples import windows_at
from deepecg.time_units import SECONDS_PER_HOUR
from training.annotation_files import BeatFile
from training.beat_comparison import ABSENT, LEARNING_S, BeatCounts
from training.command_line import argument_parser
from training.data_roles import NOISE, NOISE_STRESS, training_records
from training.field_sums import add_fields
from training.markdown import percent, table

Case = tuple[Recording, BeatFile]
SNRS_DB = (24, 12, 6, 0)
NOISES = {"bw": "baseline wander", "ma": "muscles"}
MIXED = (
    *("mitdb/101", "mitdb/106", "mitdb/119", "mitdb/122", "mitdb/201", "mitdb/208", "mitdb/223"),
    *("svdb/803", "svdb/846", "svdb/888"),
)
"""Records with few and many ventricular beats, with fibrillation, at both sampling rates."""
MEASURED = 300
"""Number of QRS complexes, or seconds of noise, whose power is averaged."""
TRIMMED = 20
"""The lowest and the highest value of so many are excluded from the average."""
QRS_S = 0.05
"""A QRS complex lies within this time of its annotation."""
ON_S = 120
"""Noise is on and off for this time in turn."""
UNGATED = ScoringSettings(
    quality=replace(QualitySettings(), noise=NoiseSettings(begins_above_share=np.inf))
)
FALSE_V = [CLASSES.index("N"), CLASSES.index("S"), ABSENT]
"""Annotated classes on which a found V is false, as EC57 counts."""


@dataclass(frozen=True)
class GateResult:
    """Result of scoring a recording, or several together.

    Attributes
    ----------
    counts : BeatCounts
        Found against annotated beats.
    kept_s, whole_s : float
        Analysed seconds after the learning period, and all seconds after it.
    lost : ndarray of int64, shape (5,)
        Annotated beats in gated seconds, by class, the learning period included.
    annotated : ndarray of int64, shape (5,)
        All annotated beats, by class.
    """

    counts: BeatCounts
    kept_s: float
    whole_s: float
    lost: Ints
    annotated: Ints

    __add__ = add_fields

    @property
    def false_v_per_hour(self) -> float:
        """Return false V an hour of analysed time; 0 if no time was analysed."""
        false = int(self.counts.matrix[FALSE_V, CLASSES.index("V")].sum())
        return false / (self.kept_s / SECONDS_PER_HOUR) if self.kept_s else 0.0


def main() -> None:
    """Print the tables."""
    parser = argument_parser("evaluate_noise_gate", __doc__, "mitdb/, svdb/ and nstdb/")
    parser.add_argument("--model", type=Path, default=model_folder(), help="folder of a model")
    given = parser.parse_args()
    classifier = BeatClassifier.load(given.model)
    rows: list[list[object]] = []
    for name, snr_db, cases in tqdm(list(_noisy_cases(given.data)), leave=False):
        pairs = [
            (score(*case, classifier, UNGATED), score(*case, classifier, ScoringSettings()))
            for case in cases
        ]
        plain, gated = (reduce(add, side) for side in zip(*pairs, strict=True))
        gated_share = max(1 - gated.kept_s / gated.whole_s, 0.0)  # a last second may be longer
        rows.append([name, snr_db, _accuracy(plain), _accuracy(gated), percent(gated_share, 0)])
    header = ("noise", "SNR, dB", "QRS Se/+P, false V an hour", "the same, gated", "gated, %")
    print(table(header, rows))
    rows = []
    for database in ("mitdb", "svdb"):
        by_record = {
            record: score(*_unchanged(given.data, record), classifier, ScoringSettings())
            for record in tqdm(training_records(given.data, (database,)), leave=False)
        }
        rows.append([database, *_lost(by_record)])
    header = ("unchanged records", "beats gated, %", "V gated", "S gated", "most of them in")
    print(table(header, rows), end="")


def score(
    recording: Recording,
    reference: BeatFile,
    classifier: BeatClassifier,
    settings: ScoringSettings,
) -> GateResult:
    """Score a recording and compare its beats with the reference."""
    annotated = np.bincount(reference.labels, minlength=len(CLASSES))
    whole_s = max(recording.duration_s - LEARNING_S, 0.0)
    try:
        scored = score_recording(recording, classifier, settings)
    except RefusedRecordingError:
        return GateResult(BeatCounts.empty(), 0.0, whole_s, annotated, annotated)
    counts = BeatCounts.of(
        reference.times_s,
        reference.labels,
        scored.beats.times_s,
        scored.beats.labels,
        reference.excluded,
        _not_analysable(scored.flags),
    )
    second = np.minimum(reference.times_s.astype(np.int64), len(scored.flags.noisy) - 1)
    lost = np.bincount(reference.labels[scored.flags.noisy[second]], minlength=len(CLASSES))
    kept_s = float(scored.flags.analysable[round(LEARNING_S) :].sum())
    return GateResult(counts, kept_s, whole_s, lost, annotated)


def mixed(
    recording: Recording,
    reference: BeatFile,
    noise: Recording,
    snr_db: float,
    leads: Iterable[int],
) -> Recording:
    """Return a recording with noise on some of its leads; recording and noise have two leads."""
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
    signal: Floats32,
    reference: BeatFile,
    rate_hz: float,
    snr_db: float | Floats,
) -> Floats:
    """Return the root mean square of noise at one or several signal-to-noise ratios."""
    ratio = 10 ** (-np.asarray(snr_db, np.float64) / 20)
    return np.asarray(ratio * np.sqrt(2) / 4 * _qrs_height(signal, reference, rate_hz))


def _noisy_cases(data: Path) -> Iterator[tuple[str, int, list[Case]]]:
    """Yield the name of the noise, its SNR, and recordings with it."""
    NOISE.require(data)
    NOISE_STRESS.require(data)
    for snr_db in SNRS_DB:
        case = _unchanged(data, f"nstdb/118e{snr_db:02d}")
        yield "electrode motion, record 118", snr_db, [case]
    for name, what in NOISES.items():
        noise = open_recording(data / "nstdb" / f"{name}.hea")
        for where, leads in (("both leads", (0, 1)), ("the first lead", (0,))):
            for snr_db in SNRS_DB:
                clean = [_unchanged(data, record) for record in MIXED]
                yield (
                    f"{what}, {where}, {len(MIXED)} records",
                    snr_db,
                    [(mixed(*case, noise, snr_db, leads), case[1]) for case in clean],
                )


def _unchanged(data: Path, record: str) -> Case:
    return open_recording(data / f"{record}.hea"), BeatFile.read(data / record)


def _qrs_height(signal: Floats32, reference: BeatFile, rate_hz: float) -> float:
    normal_s = reference.times_s[reference.labels == CLASSES.index("N")][:MEASURED]
    normal = np.rint(normal_s * rate_hz).astype(np.int64)
    reach = round(QRS_S * rate_hz)
    return _trimmed_mean(np.ptp(windows_at(signal, normal - reach, 2 * reach + 1), axis=1))


def _rms(signal: Floats, noise: Recording) -> float:
    second = round(noise.sampling_rate_hz)
    windows = signal[: len(signal) // second * second].reshape(-1, second)[:MEASURED]
    return _trimmed_mean(windows.std(axis=1))


def _trimmed_mean(values: NDArray[np.floating]) -> float:
    out = len(values) // TRIMMED
    return float(np.sort(values)[out : len(values) - out].mean())


def _switched(noise: Floats, rate_hz: float) -> Floats:
    """Return noise that keeps its last value while it is off."""
    second = np.arange(len(noise)) / rate_hz
    is_on = (second >= LEARNING_S) & ((second - LEARNING_S) // ON_S % 2 == 0)
    return np.cumsum(np.where(is_on, np.diff(noise, prepend=noise[:1]), 0.0))


def _not_analysable(flags: QualityFlags) -> Floats:
    return stretches(~flags.analysable).astype(np.float64)


def _accuracy(result: GateResult) -> str:
    if not result.kept_s:
        return "nothing kept"
    found, right = (percent(share, 2) for share in result.counts.detection())
    return f"{found}/{right}, {result.false_v_per_hour:.1f}"


def _lost(by_record: Mapping[str, GateResult]) -> list[str]:
    total = reduce(add, by_record.values())
    v, s = (f"{total.lost[i]} of {total.annotated[i]}" for i in map(CLASSES.index, "VS"))
    most = sorted(by_record, key=lambda record: -by_record[record].lost.sum())[:3]
    where = ", ".join(f"{name} ({by_record[name].lost.sum()})" for name in most)
    return [percent(total.lost.sum() / total.annotated.sum(), 2), v, s, where]


if __name__ == "__main__":
    main()
