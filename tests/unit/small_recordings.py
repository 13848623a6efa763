"""Small synthetic recordings in memory, with beats at given times."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from deepecg.beats.input_spec import InputSpec
from deepecg.beats.model_card import ModelCard, Scaling
from deepecg.beats.settings import WindowSettings
from deepecg.recording import Recording
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.repolarisation import analyse_repolarisation
from deepecg.rhythm.rhythm_analysis import analyse_rhythm
from deepecg.scored_recording import ScoredRecording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import ConditionedLead, condition_leads
from deepecg.signal.lead_selection import AnalysedLead
from deepecg.signal.quality import QualityFlags, per_second_statistics
from deepecg.signal.settings import ConditioningSettings
from deepecg.waves.waves import Waves

RATE = 128
"""Sampling rate of a conditioned signal in Hz."""
FAULTS = tuple(fault.name for fault in fields(QualityFlags))


def recording_of(
    *leads_mv: NDArray[np.floating], rate: float = 250.0, names: Sequence[str] = ()
) -> Recording:
    """Return a recording of arrays in mV, one per lead."""
    columns = [np.asarray(lead, np.float32) for lead in leads_mv]
    return Recording(
        format="wfdb",
        sampling_rate_hz=rate,
        leads=tuple(names) or tuple(f"lead {i}" for i in range(len(columns))),
        n_samples=len(columns[0]),
        read_samples=lambda lead, start, stop: columns[lead][start:stop].copy(),
    )


def every(period_s: float, duration_s: float, first_s: float = 0.5) -> NDArray[np.float64]:
    """Return the times of regular beats in seconds."""
    return np.arange(first_s, duration_s - 0.3, period_s)


def ecg(
    beats_s: NDArray[np.float64],
    duration_s: float,
    rate: float = RATE,
    *,
    r_mv: float | NDArray[np.float64] = 1.0,
    t_mv: float = 0.25,
    p_mv: float = 0.1,
    qrs_s: float = 0.012,
) -> NDArray[np.float32]:
    """Return an ECG: P, R and T waves as Gaussians around each beat, on a flat baseline."""
    t = np.arange(round(duration_s * rate)) / rate
    signal = np.zeros(len(t))
    heights = np.broadcast_to(r_mv, len(beats_s))
    rr = np.diff(beats_s, append=beats_s[-1:] + 1) if len(beats_s) else beats_s
    for beat, r, interval in zip(beats_s, heights, rr, strict=True):
        near = slice(max(int((beat - 0.6) * rate), 0), max(int((beat + 1.0) * rate), 0))
        signal[near] += r * bell(t[near], beat, qrs_s)
        signal[near] += p_mv * bell(t[near], beat - min(0.16, 0.25 * interval), 0.020)
        signal[near] += t_mv * bell(t[near], beat + min(0.30, 0.45 * interval), 0.045)
    return signal.astype(np.float32)


def bell(t: NDArray[np.float64], centre: float, width: float) -> NDArray[np.float64]:
    return np.exp(-0.5 * ((t - centre) / width) ** 2)


def conditioned(signal_mv: NDArray[np.floating], rate: float = RATE) -> NDArray[np.float32]:
    """Return the conditioned signal of a lead."""
    recording = recording_of(signal_mv, rate=rate)
    return condition_leads(recording, {0: 0.0}, ConditioningSettings())[0].signal


def conditioned_lead(signal_mv: NDArray[np.floating]) -> ConditionedLead:
    """Return a signal at :data:`RATE` as a conditioned lead."""
    signal = np.asarray(signal_mv, np.float32)
    n_seconds = max(1, round(len(signal) / RATE))
    return ConditionedLead(signal, RATE, RATE, per_second_statistics(signal, RATE, 0, n_seconds))


def n_paired(
    reference_s: NDArray[np.float64], found_s: NDArray[np.float64], window_s: float = 0.150
) -> int:
    """Count the pairs of a one-to-one matching of beats in the order of time.

    Pairing the first two beats that are near enough gives the largest number of pairs, by another
    method than that of ``training.beat_comparison``.
    """
    return int((partners(reference_s, found_s, window_s) >= 0).sum())


def partners(
    reference_s: NDArray[np.float64], found_s: NDArray[np.float64], window_s: float = 0.150
) -> NDArray[np.int64]:
    """Return for each reference beat the number of the found beat paired with it, or -1."""
    partner = np.full(len(reference_s), -1)
    i = j = 0
    while i < len(reference_s) and j < len(found_s):
        apart = found_s[j] - reference_s[i]
        if abs(apart) <= window_s:
            partner[i] = j
            i, j = i + 1, j + 1
        elif apart < 0:
            j += 1
        else:
            i += 1
    return partner


def card() -> ModelCard:
    """Return the card of a model that does not exist."""
    spec = InputSpec(("beat",), (), ("pre_local",), RATE, WindowSettings())
    return ModelCard(
        version="made-up-1",
        sha256="0" * 64,
        conditioning={},
        input=spec,
        morphology=Scaling((), (), 5.0),
        timing=Scaling((0.0,), (1.0,), 5.0),
        n_leads=1,
        context_beats=0,
        cluster_consensus=None,
        paroxysmal_svt=None,
        sinus_tachycardia=None,
        ventricular_runs=None,
        evaluation={},
        document={},
    )


def scored_of(
    times_s: Sequence[float] | NDArray[np.float64],
    classes: str,
    *,
    rr_s: Sequence[float] | None = None,
    rate: float = 250.0,
    duration_s: float = 60.0,
    bad: dict[str, Sequence[int]] | None = None,
    recording: Recording | None = None,
    settings: ScoringSettings | None = None,
    signal_mv: NDArray[np.floating] | None = None,
    pause_confirmed: Sequence[bool] | NDArray[np.bool_] | None = None,
    waves: Waves | None = None,
) -> ScoredRecording:
    """Return a scored recording with these beats, one letter each; ``bad`` seconds by fault.

    ``signal_mv`` is the conditioned lead at :data:`RATE`, flat if None; every long interval
    is a confirmed pause unless ``pause_confirmed`` says otherwise.
    """
    times = np.asarray(times_s, np.float64)
    labels = np.array(["NSVFQ".index(name) for name in classes], np.int64)
    flags = {name: np.zeros(round(duration_s), bool) for name in FAULTS}
    for fault, seconds in (bad or {}).items():
        flags[fault][list(seconds)] = True
    rr = np.diff(times, prepend=np.nan) if rr_s is None else np.asarray(rr_s, np.float64)
    settings = settings or ScoringSettings()
    seconds = QualityFlags(**flags)
    confirmed = np.ones(len(times), bool) if pause_confirmed is None else pause_confirmed
    beats = BeatStream.of_labels(
        times,
        rr,
        labels,
        np.asarray(confirmed, bool),
        seconds.analysable,
        midnight_s=recording.midnight_s if recording else None,
    )
    lead = conditioned_lead(np.zeros(round(duration_s * RATE)) if signal_mv is None else signal_mv)
    used, waves = (AnalysedLead(0, lead, seconds),), waves or Waves.none(len(times))
    rhythm = analyse_rhythm(beats, settings.rhythm)
    return ScoredRecording(
        recording or recording_of(np.zeros(round(duration_s * rate)), rate=rate),
        used,
        seconds,
        waves,
        rhythm,
        analyse_repolarisation(rhythm, waves, used, settings.rhythm, paced=False),
        card(),
        settings,
    )
