"""Augmented copies of training records, for what the records themselves hardly contain.

Noisy copies: beats are detected and gated in a record with synthetic noise as in any recording, so
that the network is trained on the false beats and the distorted features that noise causes. A beat
found where none is annotated is labelled Q, unclassifiable, so that noise is not classified as V.

Fast copies: sinus rhythm that becomes faster and slower again, made of the record's own cycles, as
in exercise, which the databases hardly contain. All its beats are N, so that a high rate alone is
no reason for S.

Ectopic copies: a copy without most of the normal beats between S beats, for patients with many S
beats. Where S beats are half of all beats, the patient's template no longer represents sinus
rhythm.
"""

from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.ndimage import median_filter

from deepecg.arrays import Bools, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.detection import detect_beats
from deepecg.beats.input_spec import InputSpec
from deepecg.beats.r_peaks import locate_r_peaks
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.errors import RefusedRecordingError
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording
from deepecg.settings import ScoringSettings
from training.annotated_records import AnnotatedRecord, annotated_records
from training.annotation_files import BeatFile
from training.beat_comparison import match_beats
from training.data_roles import training_records
from training.evaluate_noise_gate import noise_mv
from training.faster_rhythm import RateProfile, faster_rhythm
from training.recipes import TrainingConfig
from training.synthetic_noise import synthetic_noise
from training.training_examples import Examples, annotated_r_peaks, examples_of, make_examples

SNR_DB = 2.0, 20.0
"""Range of the signal-to-noise ratio, computed as PhysioNet's ``nst`` does."""
SNR_LASTS_S = 30
"""The ratio changes linearly from one random value to the next within this time."""
ON_S, ON_SHARE = 20, 0.65
"""Length of a segment with or without noise, and the share of segments with noise."""
BOTH_LEADS_SHARE = 0.6
"""Share of copies with noise on both leads; the others have it on one lead."""
FEWEST_S_BEATS = 15
"""Fewest S beats of a record that gets ectopic copies."""
AFTER_SHARE = 0.5
"""Share of ectopic copies that keep the beat after each S beat, beside the beat before it."""
SINUS_TOLERANCE, SINUS_NEIGHBOURS = 0.15, 31
"""Intervals of sinus rhythm differ from the median of so many around by no more than this share."""
SINUS_SHARE, FEWEST_CYCLES = 0.9, 100
"""Share of such intervals among those between N beats, and number of them, from which a record is
taken for sinus rhythm; atrial fibrillation has fewer."""
REST_S, RISE_S, PLATEAU_S, FALL_S = (60.0, 240.0), (6.0, 240.0), (60.0, 300.0), (30.0, 240.0)
"""Shortest and longest part of a fast copy; a rise from standing up to a treadmill test."""
FASTEST_BPM, LEAST_RISE_BPM = (95.0, 185.0), 15.0
"""Range of the highest rate, and its least distance to the rate at rest."""
KEPT_BEATS, KEPT_SHARE = 50, 0.05
"""Length in beats of a segment of other beats, and the share of these segments that is kept."""
NORMAL, SUPRAVENTRICULAR, UNCLASSIFIABLE = (CLASSES.index(name) for name in "NSQ")


def examples_and_copies(
    data: Path, config: TrainingConfig, settings: ScoringSettings, seed: int
) -> tuple[list[Examples], list[Examples]]:
    """Return the examples of all training records of a recipe, and all their copies.

    The parameters are those of :func:`make_copies`.
    """
    examples, copies = [], []
    names = training_records(data, config.databases)
    for record in annotated_records(data, names, settings, config.n_leads):
        examples.append(make_examples(record, config.input, settings.detector))
        copies += make_copies(data, record, config, settings, seed)
    return examples, copies


def make_copies(
    data: Path,
    record: AnnotatedRecord,
    config: TrainingConfig,
    settings: ScoringSettings,
    seed: int,
) -> list[Examples]:
    """Return the copies of a record that a recipe requests; some records have fewer.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    record : AnnotatedRecord
        The record.
    config : TrainingConfig
        Number and weight of the copies of each kind, and the model's inputs.
    settings : ScoringSettings
        Settings with which noisy copies are detected and gated.
    seed : int
        Seed of noise and of the choice of beats.
    """
    noisy = (
        noisy_copy(data, record.record, config.input, settings, _random("noisy", record, seed, n))
        for n in range(config.noisy_copies)
    )
    # "noisy" and "rich" are parts of the seeds: other names would give other copies.
    ectopic = (
        ectopic_copy(record, config.input, settings, _random("rich", record, seed, n))
        for n in range(config.ectopic_copies)
    )
    fast = (
        fast_copy(record, config.input, settings, _random("fast", record, seed, n))
        for n in range(config.fast_copies)
    )
    kinds = (
        (noisy, config.noisy_weight),
        (ectopic, config.ectopic_weight),
        (fast, config.fast_weight),
    )
    return [replace(copy, weight=weight) for copies, weight in kinds for copy in copies if copy]


def noisy_copy(
    data: Path, record: str, spec: InputSpec, settings: ScoringSettings, random: np.random.Generator
) -> Examples | None:
    """Return the beats that are found in a record with noise; None if scoring refuses it."""
    reference = BeatFile.read(data / record)
    recording = open_recording(data / f"{record}.hea")
    noisy = with_noise(recording, reference, random)
    try:
        found = detect_beats(noisy, settings)
    except RefusedRecordingError:
        return None
    labels = np.full(len(found.times_s), UNCLASSIFIABLE, np.int64)
    partner = match_beats(reference.times_s, found.times_s)
    labels[partner[partner >= 0]] = reference.labels[partner >= 0]
    signals, usable = found.signals, found.usable
    if len(signals) == 1:  # the network is trained on two leads: mark the second as not usable
        signals, usable = signals * 2, np.concatenate([usable, np.zeros_like(usable)])
    return examples_of(record, signals, found.r_peaks, found.rr_s, labels, spec, usable)


def with_noise(recording: Recording, reference: BeatFile, random: np.random.Generator) -> Recording:
    """Return a recording of two leads with synthetic noise in random segments."""
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


def ectopic_copy(
    record: AnnotatedRecord, spec: InputSpec, settings: ScoringSettings, random: np.random.Generator
) -> Examples | None:
    """Return the S beats of a record with few other beats; None if it has hardly any S.

    RR intervals are those of the record: each is the time to the beat's original predecessor.
    """
    chosen = ectopic_copy_beats(record.labels, random)
    if not chosen.any():
        return None
    r_peaks = annotated_r_peaks(record, settings.detector)
    rr_s = rr_intervals(r_peaks / record.rate_hz)
    return examples_of(
        record.record, record.signals, r_peaks[chosen], rr_s[chosen], record.labels[chosen], spec
    )


def ectopic_copy_beats(labels: Ints, random: np.random.Generator) -> Bools:
    """Return which beats an ectopic copy keeps: S, the beat before, sometimes the beat after.

    No beat is kept if the record has fewer S than :data:`FEWEST_S_BEATS`.
    """
    is_s = labels == SUPRAVENTRICULAR
    if is_s.sum() < FEWEST_S_BEATS:
        return np.zeros(len(labels), bool)
    kept = is_s | np.append(is_s[1:], False)
    if random.random() < AFTER_SHARE:
        kept[1:] |= is_s[:-1]
    kept_segments = random.random(-(-len(labels) // KEPT_BEATS)) < KEPT_SHARE
    return np.asarray(kept | kept_segments.repeat(KEPT_BEATS)[: len(labels)])


def fast_copy(
    record: AnnotatedRecord, spec: InputSpec, settings: ScoringSettings, random: np.random.Generator
) -> Examples | None:
    """Return N beats of a record at rest, faster and at rest again; None if it has no sinus rhythm.

    The signals are the conditioned ones: what is changed lies in their frequency band.
    """
    r_peaks = np.rint(annotated_r_peaks(record, settings.detector)).astype(np.int64)
    cycles = sinus_cycles(r_peaks, record.labels)
    if not len(cycles):
        return None
    rest_bpm = 60 * record.rate_hz / float(np.median(np.diff(r_peaks)[cycles]))
    lowest_bpm, highest_bpm = FASTEST_BPM
    lowest_bpm = max(lowest_bpm, rest_bpm + LEAST_RISE_BPM)
    fast_bpm = random.uniform(lowest_bpm, max(lowest_bpm, highest_bpm))
    rise_s = float(np.exp(random.uniform(*np.log(RISE_S))))
    rest_s, plateau_s, fall_s = (random.uniform(*s) for s in (REST_S, PLATEAU_S, FALL_S))
    profile = RateProfile(
        (0.0, *np.cumsum((rest_s, rise_s, plateau_s, fall_s)).tolist()),
        (rest_bpm, rest_bpm, fast_bpm, fast_bpm, rest_bpm),
    )
    first = random.integers(len(cycles))
    signals, found = faster_rhythm(
        np.asarray(record.signals, np.float64),
        record.rate_hz,
        r_peaks,
        np.roll(cycles, -first),
        profile,
    )
    leads = [lead.astype(np.float32) for lead in signals]
    # The first has no signal before it.
    beats = locate_r_peaks(leads[0], found[1:], record.rate_hz, settings.detector)
    labels = np.full(len(beats), NORMAL, np.int64)
    rr_s = rr_intervals(beats / record.rate_hz)
    return examples_of(record.record, leads, beats, rr_s, labels, spec)


def sinus_cycles(r_peaks: Ints, labels: Ints) -> Ints:
    """Return the numbers of the beats that begin a cycle of sinus rhythm; none in another rhythm.

    Parameters
    ----------
    r_peaks : ndarray of int64, shape (n_beats,)
        Positions of the beats in samples.
    labels : ndarray of int64, shape (n_beats,)
        Their classes.
    """
    intervals = np.diff(r_peaks)
    between_normal = (labels[:-1] == NORMAL) & (labels[1:] == NORMAL)
    usual = median_filter(intervals.astype(np.float64), SINUS_NEIGHBOURS, mode="nearest")
    regular = between_normal & (np.abs(intervals - usual) < SINUS_TOLERANCE * usual)
    if regular.sum() < max(FEWEST_CYCLES, SINUS_SHARE * between_normal.sum()):
        return np.empty(0, np.int64)
    return np.flatnonzero(regular)


def _random(kind: str, record: AnnotatedRecord, seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, number, crc32(f"{kind} {record.record}".encode())])
