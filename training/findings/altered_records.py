"""Real training records, altered: faster sinus rhythm, silence, artefacts, tachycardia.

The signal of a real patient has what a writer of Gaussian bells does not think of. Only records
that may be trained on are altered.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.aami_classes import CLASSES
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording
from training.annotation_files import BeatFile
from training.faster_rhythm import RateProfile, faster_rhythm
from training.findings.artefacts import Artefact, Signals, disturb, hum, shaking
from training.findings.ecg_script import Span
from training.findings.ecg_writer import recording_of
from training.findings.expectation import (
    DISTURBED_BPM,
    Expectation,
    Limits,
    Required,
    event,
    near,
    urgent,
)
from training.findings.finding_keys import (
    SILENCE,
    SINUS_TACHYCARDIA,
    VENTRICULAR_BURDEN,
    VENTRICULAR_TACHYCARDIA,
    Keys,
)

SINUS_RECORDS = (
    *("mitdb/101", "mitdb/112", "mitdb/115", "mitdb/122", "svdb/827", "svdb/850", "svdb/858"),
    *("qtdb/sel16265", "qtdb/sel16273", "qtdb/sele0106", "qtdb/sele0124", "qtdb/sele0406"),
)
"""Records of sinus rhythm with P waves and hardly an ectopic beat."""
VENTRICULAR_RECORDS = ("mitdb/106", "mitdb/116", "mitdb/119", "svdb/803", "svdb/864", "svdb/879")
"""Records with many ventricular beats in sinus rhythm."""
EXERCISE = ((95, 6), (120, 60), (140, 8), (150, 30), (165, 120), (190, 240))
"""Highest rate in 1/min and time of rise in s; every record has two of these in turn."""
SILENCES_S = (5.0, 10.0, 20.0, 40.0)
"""Lengths of asystole; every record has one of these in turn."""
ARTEFACTS: tuple[tuple[str, Callable[[float, float], Artefact]], ...] = (
    ("shaking at 4 Hz, 1 mV", lambda start, stop: shaking(start, stop, 4.0, 1.0)),
    ("shaking at 6 Hz, 1 mV", lambda start, stop: shaking(start, stop, 6.0, 1.0)),
    ("hum of 50 Hz, 0.5 mV", lambda start, stop: hum(start, stop, 50.0, 0.5)),
    ("hum of 60 Hz, 0.5 mV", lambda start, stop: hum(start, stop, 60.0, 0.5)),
    ("shaking at 3 Hz, 0.7 mV", lambda start, stop: shaking(start, stop, 3.0, 0.7)),
    ("shaking at 5 Hz, 1.2 mV", lambda start, stop: shaking(start, stop, 5.0, 1.2)),
)
"""Artefacts by name; every sinus record has two of these in turn."""
RUNS = (("10 beats", 10, 150.0), ("60 s", 160, 160.0), ("5 min", 750, 150.0))
"""Ventricular tachycardias: name, beats, rate in 1/min; every record has all."""

EXCERPT_S = 600.0
"""Length of the excerpts that are altered; the first seconds of a record."""
RR_TOLERANCE = 0.2
"""Sinus cycles differ from the record's median interval by no more than this share."""
CROSS_FADE_S = 0.02
"""Pieces of TP segments overlap by this time."""
TP_FROM_T_S, TP_TO_R_S = 0.46, 0.24
"""A TP segment begins after the R peak and ends before the next one by these times."""
AFTER_N_S = 0.36
"""A ventricular run begins this long after the R peak of a sinus beat, behind its T wave."""
V_BEFORE_S, V_QRS_S, V_END_S = 0.13, 0.09, 0.42
"""Of a ventricular beat are used: from before its R peak, its QRS complex after the R peak, which
is kept, and its T wave, which is shortened to the interval."""
SAME_SHAPE = 0.9
"""Correlation from which ventricular beats have the same shape."""
CLEARLY_FAST_BPM = 112
"""Rate from which every minute of a plateau is above 100/min."""
FALSE_SHARE = 0.003
"""Share of a record's beats that may be V by mistake: some artefacts of the record are."""
BEATS_FOUND_SHARE, BEATS_EXTRA_SHARE = 0.97, 1.02
"""Beats found in undisturbed time, as a share of the annotated ones."""
LOST_SHARE = 1.2
"""Beats that may be lost to an artefact, as a share of those in its time: quality is judged by
seconds."""
BURDEN_PERCENT = 8.0
"""Share of V above which a ventricular burden may be urgent."""
NORMAL, VENTRICULAR = CLASSES.index("N"), CLASSES.index("V")

Made = tuple[Recording, Expectation]


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a real record.

    Attributes
    ----------
    signals : ndarray of float64, shape (n_leads, n)
        Leads in mV.
    leads : tuple of str
        Their names.
    rate_hz : float
        Sampling rate.
    samples : ndarray of int64, shape (n_beats,)
        Annotated beats.
    labels : ndarray of int64, shape (n_beats,)
        Index into :data:`deepecg.beats.aami_classes.CLASSES`.
    """

    signals: Signals
    leads: tuple[str, ...]
    rate_hz: float
    samples: NDArray[np.int64]
    labels: NDArray[np.int64]

    @classmethod
    def read(cls, data: Path, record: str, duration_s: float) -> "Excerpt":
        """Read the first seconds of a record."""
        recording = open_recording(data / f"{record}.hea")
        beats = BeatFile.read(data / record)
        rate_hz = recording.sampling_rate_hz
        n = round(min(duration_s, recording.duration_s) * rate_hz)
        signals = np.array(
            [recording.read(lead, 0, n) for lead in range(len(recording.leads))], np.float64
        )
        samples = np.rint(beats.times_s * rate_hz).astype(np.int64)
        inside = samples < n - round(0.5 * rate_hz)
        return cls(
            signals,
            recording.leads,
            rate_hz,
            samples[inside],
            beats.labels[inside],
        )

    def count(self, label: int) -> int:
        """Return the number of beats of a class."""
        return int((self.labels == label).sum())

    def sinus_cycles(self) -> NDArray[np.int64]:
        """Return the numbers of beats that begin a cycle of sinus rhythm, shape (n,)."""
        rr = np.diff(self.samples) / self.rate_hz
        normal = self.labels == NORMAL
        usual = np.abs(rr / np.median(rr) - 1) < RR_TOLERANCE
        return np.flatnonzero(normal[:-1] & normal[1:] & usual)

    def recording(self, signals: Signals) -> Recording:
        """Return altered signals as a recording."""
        return recording_of(signals, self.leads, self.rate_hz)


def exercise(data: Path, record: str, bpm: float, rise_s: float) -> Made:
    """Return a record whose sinus rate rises to ``bpm``, stays, and falls."""
    excerpt = Excerpt.read(data, record, np.inf)
    random = _random(record, f"exercise {bpm} {rise_s}")
    numbers = excerpt.sinus_cycles()
    rr_s = (np.diff(excerpt.samples) / excerpt.rate_hz)[numbers]
    rest_bpm = 60 / float(np.median(rr_s))
    rest_s = random.uniform(60, 200)
    lengths_s = rest_s, rise_s, 120, min(2 * rise_s + 30, 200), 60
    profile = RateProfile(
        (0.0, *np.cumsum(lengths_s).tolist()), (rest_bpm, rest_bpm, bpm, bpm, rest_bpm, rest_bpm)
    )
    signals, r_peaks = faster_rhythm(
        excerpt.signals, excerpt.rate_hz, excerpt.samples, numbers, profile
    )
    used = len(r_peaks)
    plateau = Span(profile.times_s[2], profile.times_s[3])
    required: list[Required] = []
    if bpm >= CLEARLY_FAST_BPM:
        required.append(event(SINUS_TACHYCARDIA, plateau, covered=0.6))
    few = Limits(0, near(0).high + FALSE_SHARE * used)
    expected = Expectation(
        tuple(required), frozenset(), few, Limits(0, 0.01 * used), near(used), Limits(0, 0)
    )
    return excerpt.recording(signals), expected


def asystole(data: Path, record: str, duration_s: float) -> Made:
    """Return a record with two silences made of its own TP segments."""
    excerpt = Excerpt.read(data, record, EXCERPT_S)
    random = _random(record, f"asystole {duration_s}")
    parts, done, shift_s = [], 0, 0.0
    spans = []
    for share in (0.35, 0.75):
        cycles = excerpt.sinus_cycles()
        beat = cycles[int(share * len(cycles))]
        cut = int(excerpt.samples[beat] + TP_FROM_T_S * excerpt.rate_hz)
        quiet = own_quiet(excerpt, duration_s, random)
        quiet += excerpt.signals[:, cut : cut + 1] - quiet[:, :1]
        parts += [excerpt.signals[:, done:cut], quiet]
        start_s = excerpt.samples[beat] / excerpt.rate_hz + shift_s
        shift_s += duration_s
        spans.append(Span(start_s, excerpt.samples[beat + 1] / excerpt.rate_hz + shift_s))
        done = cut
    signals = np.concatenate([*parts, excerpt.signals[:, done:]], axis=1)
    return excerpt.recording(signals), _with(excerpt, urgent(SILENCE, *spans))


def own_quiet(excerpt: Excerpt, duration_s: float, random: np.random.Generator) -> Signals:
    """Return a stretch of TP segments of a record, cross-faded, shape (n_leads, n)."""
    rate_hz, fade = excerpt.rate_hz, round(CROSS_FADE_S * excerpt.rate_hz)
    ramp = np.linspace(0, 1, fade)
    n = round(duration_s * rate_hz)
    quiet = np.zeros((len(excerpt.signals), 1))
    cycles = excerpt.sinus_cycles()
    scale = np.sqrt(np.median(np.diff(excerpt.samples)) / rate_hz)
    while quiet.shape[1] < n:
        beat = random.choice(cycles)
        first = round(excerpt.samples[beat] + TP_FROM_T_S * scale * rate_hz)
        last = round(excerpt.samples[beat + 1] - TP_TO_R_S * rate_hz)
        if last - first < 3 * fade:
            last = first + 3 * fade
        piece = excerpt.signals[:, first:last]
        if quiet.shape[1] < fade:
            quiet = piece - piece[:, :1]
            continue
        # The mean of the overlap joins them; the rest of the level fades so that it cannot run off.
        piece = piece - piece[:, :fade].mean(axis=1, keepdims=True)
        piece = piece + 0.8 * quiet[:, -fade:].mean(axis=1, keepdims=True)
        joined = (1 - ramp) * quiet[:, -fade:] + ramp * piece[:, :fade]
        quiet = np.concatenate([quiet[:, :-fade], joined, piece[:, fade:]], axis=1)
    return quiet[:, :n]


def disturbed(data: Path, record: str, number: int) -> Made:
    """Return a record with an artefact on all leads for 20 to 60 s, four times."""
    excerpt = Excerpt.read(data, record, EXCERPT_S)
    name, make = ARTEFACTS[number]
    random = _random(record, name)
    spans = [Span(at, at + random.uniform(20, 60)) for at in (70.0, 200.0, 330.0, 460.0)]
    signals = excerpt.signals.copy()
    disturb(signals, excerpt.rate_hz, [make(s.start_s, s.stop_s) for s in spans], random)
    disturbed_s = 0.0 if "hum" in name else sum(span.duration_s for span in spans)
    return excerpt.recording(signals), _with(excerpt, disturbed_s=disturbed_s)


def ventricular_run(data: Path, record: str, beats: int, bpm: float) -> Made:
    """Return a record with a ventricular tachycardia of its own ventricular beats."""
    excerpt = Excerpt.read(data, record, EXCERPT_S)
    random = _random(record, f"run {beats}")
    cycles = excerpt.sinus_cycles()
    beat = cycles[len(cycles) // 2]
    cut = int(excerpt.samples[beat] + AFTER_N_S * excerpt.rate_hz)
    run = own_run(excerpt, beats, bpm, random)
    signals = np.concatenate(
        [
            excerpt.signals[:, :cut],
            run + excerpt.signals[:, cut : cut + 1],
            excerpt.signals[:, cut:],
        ],
        axis=1,
    )
    start_s = cut / excerpt.rate_hz + V_BEFORE_S
    span = Span(start_s, start_s + (beats - 1) * 60 / bpm)
    n = len(excerpt.samples) + beats
    is_burden = 100 * (excerpt.count(VENTRICULAR) + beats) / n > BURDEN_PERCENT
    tolerated: Keys = VENTRICULAR_BURDEN if is_burden else frozenset()
    found = urgent(VENTRICULAR_TACHYCARDIA, span, covered=0.85)
    return excerpt.recording(signals), _with(excerpt, found, tolerated=tolerated, extra_v=beats)


def own_run(excerpt: Excerpt, beats: int, bpm: float, random: np.random.Generator) -> Signals:
    """Return ventricular beats of a record in a row, each from 0 to 0 mV, shape (n_leads, n)."""
    rate_hz, interval_s = excerpt.rate_hz, 60 / bpm
    candidates = excerpt.samples[excerpt.labels == VENTRICULAR]
    before, after = round(V_BEFORE_S * rate_hz), round(V_END_S * rate_hz)
    usable = candidates[(candidates > before) & (candidates < excerpt.signals.shape[1] - after)]
    windows = [excerpt.signals[:, at - before : at + after] for at in usable]
    pieces = []
    for number in random.choice(of_one_shape(windows), beats):
        own = windows[number]
        length_s = interval_s * (1 + 0.01 * random.normal())
        source = [0.0, V_BEFORE_S + V_QRS_S, V_BEFORE_S + V_END_S]
        target = [0.0, V_BEFORE_S + V_QRS_S, length_s]
        at_s = np.interp(np.arange(round(length_s * rate_hz)) / rate_hz, target, source)
        times_s = np.arange(own.shape[1]) / rate_hz
        piece = np.array([np.interp(at_s, times_s, lead) for lead in own])
        pieces.append(piece - np.linspace(piece[:, 0], piece[:, -1], piece.shape[1], axis=1))
    return np.concatenate(pieces, axis=1)


def of_one_shape(windows: Sequence[Signals]) -> NDArray[np.int64]:
    """Return the numbers of the beats that resemble the most typical one, on all leads."""
    similar = np.corrcoef(np.array([window.ravel() for window in windows]))
    typical = int(np.argmax((similar > SAME_SHAPE).sum(axis=1)))
    return np.flatnonzero(similar[typical] > SAME_SHAPE)


def _with(
    excerpt: Excerpt,
    *required: Required,
    tolerated: Keys = frozenset(),
    extra_v: int = 0,
    disturbed_s: float = 0.0,
) -> Expectation:
    """Return what is right for an altered excerpt: its own beats, and what was added."""
    n = len(excerpt.samples) + extra_v
    lost = LOST_SHARE * disturbed_s * n / EXCERPT_S
    v = near(excerpt.count(VENTRICULAR) + extra_v)
    beats = Limits(
        BEATS_FOUND_SHARE * n - lost, BEATS_EXTRA_SHARE * n + disturbed_s * DISTURBED_BPM / 60
    )
    fibrillation = Limits(0, 0)
    if not extra_v:
        v = Limits(v.low, v.high + FALSE_SHARE * n)
    return Expectation(required, tolerated, v, None, beats, fibrillation)


def altered_records() -> Iterator[tuple[str, str, Callable[[Path], Made]]]:
    """Yield name, kind and maker of every altered record."""
    for number, record in enumerate(SINUS_RECORDS):
        for shift in (0, 3):
            bpm, rise_s = EXERCISE[(number + shift) % len(EXERCISE)]
            make = partial(exercise, record=record, bpm=bpm, rise_s=rise_s)
            yield f"{record}, to {bpm}/min in {rise_s} s", "real: sinus tachycardia", make
        silence_s = SILENCES_S[number % len(SILENCES_S)]
        make = partial(asystole, record=record, duration_s=silence_s)
        yield f"{record}, asystole of {silence_s:g} s", "real: asystole", make
        for shift in (0, 2):
            artefact = (number + shift) % len(ARTEFACTS)
            name = ARTEFACTS[artefact][0]
            kind = "real: hum" if "hum" in name else "real: shaking"
            yield f"{record}, {name}", kind, partial(disturbed, record=record, number=artefact)
    for record in VENTRICULAR_RECORDS:
        for name, beats, run_bpm in RUNS:
            make = partial(ventricular_run, record=record, beats=beats, bpm=run_bpm)
            yield f"{record}, VT of {name}", "real: ventricular tachycardia", make


def _random(record: str, what: str) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{record} {what}".encode()))
