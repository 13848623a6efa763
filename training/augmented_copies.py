"""Copies of training records that show what the records themselves hardly hold.

Noise: a copy with synthetic noise is detected and gated as any recording is, so that the network
meets the false beats and the distorted features that noise makes. A beat that is found where none
is annotated is Q, unclassifiable: noise then has a name other than V.

Patients whose S beats are many: a copy without most of the normal beats between them. Where S beats
are half of all, what is usual for the patient no longer stands for sinus rhythm.
"""

from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.detection import detect_beats
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.errors import RefusedRecordingError
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording
from deepecg.settings import ScoringSettings
from training.annotated_records import AnnotatedRecord, Annotations, read_annotations
from training.beat_matching import match_beats
from training.evaluate_noise_gate import noise_mv
from training.recipes import TrainingConfig
from training.synthetic_noise import synthetic_noise
from training.training_examples import Examples, annotated_r_peaks, examples_of

SNR_DB = 2.0, 20.0
"""As PhysioNet's ``nst`` counts it; changes every ``SNR_LASTS_S``."""
SNR_LASTS_S = 30
ON_S, ON_SHARE = 20, 0.65
"""Noise is on in so many of the stretches of this length."""
BOTH_LEADS_SHARE = 0.6
"""Of copies with noise on both leads; the others have it on one."""
FEWEST_S_BEATS = 15
"""A record with fewer has no copy rich in them."""
AFTER_SHARE = 0.5
"""Of rich copies that keep the beat after S beats, beside the one before."""
KEPT_BEATS, KEPT_SHARE = 50, 0.05
"""Of the other stretches of so many beats, this share stays."""
SUPRAVENTRICULAR, UNCLASSIFIABLE = CLASSES.index("S"), CLASSES.index("Q")


def make_copies(
    data: Path,
    record: AnnotatedRecord,
    config: TrainingConfig,
    settings: ScoringSettings,
    seed: int,
) -> list[Examples]:
    """Return the copies of a record that a recipe asks for; some records have fewer.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    record : AnnotatedRecord
        The record.
    config : TrainingConfig
        How many copies of each kind, how they count, and what the model sees.
    settings : ScoringSettings
        How noisy copies are detected and gated.
    seed : int
        Another one makes other copies.
    """
    noisy = (
        noisy_copy(data, record.record, config.input, settings, _random("noisy", record, seed, n))
        for n in range(config.noisy_copies)
    )
    rich = (
        rich_copy(record, config.input, settings, _random("rich", record, seed, n))
        for n in range(config.rich_copies)
    )
    of_each = ((noisy, config.noisy_weight), (rich, config.rich_weight))
    return [replace(copy, weight=weight) for copies, weight in of_each for copy in copies if copy]


def noisy_copy(
    data: Path,
    record: str,
    spec: InputSpec,
    settings: ScoringSettings,
    random: np.random.Generator,
) -> Examples | None:
    """Return the beats that are found in a record with noise; None if it is refused."""
    reference = read_annotations(data / record)
    recording = open_recording(data / f"{record}.hea")
    noisy = with_noise(recording, reference, random)
    try:
        found = detect_beats(noisy, settings)
    except RefusedRecordingError:
        return None
    labels = np.full(len(found.times_s), UNCLASSIFIABLE, np.int64)
    partner = match_beats(reference.samples / recording.sampling_rate_hz, found.times_s)
    labels[partner[partner >= 0]] = reference.labels[partner >= 0]
    signals, usable = found.signals, found.usable
    if len(signals) == 1:  # the network learns from two: one that counts, and one that does not
        signals, usable = signals * 2, np.concatenate([usable, np.zeros_like(usable)])
    return examples_of(record, signals, found.r_peaks, found.rr_s, labels, spec, usable)


def with_noise(
    recording: Recording, reference: Annotations, random: np.random.Generator
) -> Recording:
    """Return a recording of two leads with synthetic noise that comes and goes."""
    n_samples, rate_hz = recording.n_samples, recording.sampling_rate_hz
    is_noisy = np.ones(2, bool) if random.random() < BOTH_LEADS_SHARE else random.permutation(2) > 0
    second = np.arange(n_samples) / rate_hz
    is_on = random.random(int(second[-1] / ON_S) + 1) < ON_SHARE
    edges_s = np.arange(len(is_on)) * ON_S
    on = np.interp(second, np.stack([edges_s, edges_s + ON_S - 1], 1).ravel(), is_on.repeat(2))
    times_s = np.arange(0, second[-1] + SNR_LASTS_S, SNR_LASTS_S)
    snr_db = np.interp(second, times_s, random.uniform(*SNR_DB, len(times_s)))
    signals = []
    for lead in range(2):
        signal = recording.read(lead, 0, n_samples)
        if is_noisy[lead]:
            rms_mv = noise_mv(signal, reference, rate_hz, snr_db)
            noise = on * rms_mv * synthetic_noise(n_samples, rate_hz, random)
            signal = (signal + noise).astype(np.float32)
        signals.append(signal)
    return replace(recording, read_samples=lambda lead, start, stop: signals[lead][start:stop])


def rich_copy(
    record: AnnotatedRecord,
    spec: InputSpec,
    settings: ScoringSettings,
    random: np.random.Generator,
) -> Examples | None:
    """Return the S beats of a record with few others between them; None if it has hardly any.

    Intervals stay as they are: of the beats that are left, each still comes as long after
    its own predecessor.
    """
    chosen = rich_beats(record.labels, random)
    if not chosen.any():
        return None
    r_peaks = annotated_r_peaks(record, settings.detector)
    rr_s = rr_intervals(r_peaks / record.rate_hz)
    return examples_of(
        record.record, record.signals, r_peaks[chosen], rr_s[chosen], record.labels[chosen], spec
    )


def rich_beats(labels: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.bool_]:
    """Return which beats a rich copy keeps: S, the beat before, at times the one after; or none."""
    is_s = labels == SUPRAVENTRICULAR
    if is_s.sum() < FEWEST_S_BEATS:
        return np.zeros(len(labels), bool)
    kept = is_s | np.append(is_s[1:], False)
    if random.random() < AFTER_SHARE:
        kept[1:] |= is_s[:-1]
    stays = random.random(-(-len(labels) // KEPT_BEATS)) < KEPT_SHARE
    return np.asarray(kept | stays.repeat(KEPT_BEATS)[: len(labels)])


def _random(kind: str, record: AnnotatedRecord, seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, number, crc32(f"{kind} {record.record}".encode())])
