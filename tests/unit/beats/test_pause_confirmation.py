from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray
from unit.small_recordings import bell, ecg, every, recording_of

from deepecg.beats.classifier import BeatClassifier
from deepecg.beats.pause_confirmation import MAX_READS, confirm_pauses
from deepecg.beats.rr_intervals import rr_intervals
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording
from deepecg.scoring import score_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_leads

RATE = 250
SETTINGS = ScoringSettings()
SECONDS = 60
T = np.arange(SECONDS * RATE) / RATE
PAUSE = (29.3, 32.5)
"""R peaks on either side."""
REGULAR = every(0.8, SECONDS)
BEATS_S = REGULAR[np.abs(REGULAR - 30.9) > 1.59]
IN_PAUSE = np.abs(T - 30.98) < 1.23


def noise(mv: float, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, mv, SECONDS * RATE)


def with_pause(noise_mv: float = 0.015) -> NDArray[np.float64]:
    """Return an ECG of 75 beats a minute with a pause of 3.2 s."""
    return ecg(BEATS_S, SECONDS, RATE) + noise(noise_mv)


def confirmed_pauses(
    recording: Recording,
    beats_s: NDArray[np.float64] = BEATS_S,
    rr_s: NDArray[np.float64] | None = None,
) -> list[bool]:
    """Return for each interval of 2 s or more whether it is confirmed; no other may be."""
    (lead,) = condition_leads(recording, {0: 0.0}, SETTINGS.conditioning)
    rr = rr_intervals(beats_s) if rr_s is None else rr_s
    confirmed = confirm_pauses(
        recording, 0, lead, beats_s, rr, settings=SETTINGS, pauses=SETTINGS.rhythm.pauses
    )
    assert confirmed.dtype == bool
    assert not confirmed[~(rr >= 2.0)].any()
    return confirmed[rr >= 2.0].tolist()


def confirmed_on_one_lead(signal: NDArray[np.float64]) -> list[bool]:
    return confirmed_pauses(recording_of(signal))


# On one lead


def test_the_synthetic_ecg_has_one_pause() -> None:
    rr = np.diff(BEATS_S)
    longest = int(rr.argmax())
    assert BEATS_S[[longest, longest + 1]].tolist() == pytest.approx(PAUSE)
    assert np.delete(rr, longest).tolist() == pytest.approx([0.8] * (len(rr) - 1))


@pytest.mark.parametrize("noise_mv", [0.0, 0.005, 0.015, 0.03])
@pytest.mark.parametrize("gain", [-1.0, 1.0, 3.0])
def test_a_pause_is_confirmed(noise_mv: float, gain: float) -> None:
    assert confirmed_on_one_lead(gain * ecg(BEATS_S, SECONDS, RATE) + noise(noise_mv)) == [True]


@pytest.mark.parametrize("p_mv", [0.1, 0.15, 0.2, 0.25])
def test_a_pause_with_p_waves_is_confirmed(p_mv: float) -> None:
    p_waves = sum(p_mv * bell(T, at, 0.025) for at in np.arange(29.9, 32.4, 0.62))
    assert confirmed_on_one_lead(with_pause() + p_waves) == [True]


@pytest.mark.parametrize("swing_mv", [0.05, 0.1])
def test_a_pause_with_baseline_wander_is_confirmed(swing_mv: float) -> None:
    assert confirmed_on_one_lead(with_pause() + swing_mv * np.sin(2 * np.pi * 0.3 * T)) == [True]


@pytest.mark.parametrize("at_s", [29.8, 30.3, 31.0, 31.9])
def test_an_interval_with_a_missed_normal_beat_is_not_confirmed(at_s: float) -> None:
    assert confirmed_on_one_lead(with_pause() + 1.0 * bell(T, at_s, 0.012)) == [False]
    assert confirmed_on_one_lead(with_pause() + 0.35 * bell(T, at_s, 0.012)) == [False]


@pytest.mark.parametrize("at_s", [30.3, 31.0, 31.7])
@pytest.mark.parametrize("r_mv", [0.45, -0.45, 1.2])
def test_an_interval_with_a_low_broad_ventricular_beat_is_not_confirmed(
    at_s: float, r_mv: float
) -> None:
    beat = r_mv * bell(T, at_s, 0.050) - 0.4 * r_mv * bell(T, at_s + 0.3, 0.07)
    assert confirmed_on_one_lead(with_pause() + beat) == [False]


@pytest.mark.parametrize("noise_mv", [0.1, 0.3])
@pytest.mark.parametrize("lasts_s", [0.3, 2.0])
def test_an_interval_with_a_burst_of_noise_is_not_confirmed(
    noise_mv: float, lasts_s: float
) -> None:
    burst = noise(noise_mv, 1) * (np.abs(T - 31) < lasts_s / 2)
    assert confirmed_on_one_lead(with_pause() + burst) == [False]


@pytest.mark.parametrize("step_mv", [0.0, 0.5, 3.0])
def test_an_interval_with_a_detached_electrode_is_not_confirmed(step_mv: float) -> None:
    regular = ecg(REGULAR, SECONDS, RATE) + noise(0.02)
    off = np.where(IN_PAUSE, step_mv + noise(0.003, 1), regular)
    assert np.ptp(off[IN_PAUSE]) > 0.01  # not so flat that the seconds count as flat
    assert confirmed_on_one_lead(off) == [False]


def test_an_interval_before_gradually_growing_beats_is_not_confirmed() -> None:
    # Scaled to nothing within a beat, back over six seconds: no step, no loss of noise
    scale = np.interp(T, [PAUSE[0] + 0.2, PAUSE[0] + 0.4, PAUSE[1] - 0.5, 38], [1, 0.02, 0.15, 1])
    assert confirmed_on_one_lead(ecg(REGULAR, SECONDS, RATE) * scale + noise(0.003)) == [False]


def test_short_and_missing_intervals_are_not_confirmed() -> None:
    recording = recording_of(with_pause())
    rr = rr_intervals(BEATS_S)
    rr[rr > 1] = np.nan  # seconds that cannot be analysed lie in between
    assert confirmed_pauses(recording, rr_s=rr) == []
    assert confirmed_pauses(recording_of(ecg(REGULAR, SECONDS, RATE)), REGULAR) == []


@pytest.mark.parametrize("first_s", [0.05, 0.5])
def test_a_pause_between_the_first_two_beats_and_the_last_two(first_s: float) -> None:
    beats = np.concatenate([[first_s], every(0.8, 57.2, 3.0), [59.5]])
    recording = recording_of(ecg(beats, SECONDS, RATE) + noise(0.015))
    assert confirmed_pauses(recording, beats) == [True, True]


def test_a_pause_in_a_recording_of_two_beats() -> None:
    beats = np.array([20.0, 24.0])
    assert confirmed_pauses(recording_of(ecg(beats, SECONDS, RATE) + noise(0.015)), beats) == [True]


def test_an_interval_of_minutes_is_not_confirmed() -> None:
    beats = np.concatenate([every(0.8, 60), every(0.8, 290, 230)])
    signal = ecg(beats, 300, RATE) + np.random.default_rng(0).normal(0, 0.015, 300 * RATE)
    assert confirmed_pauses(recording_of(signal), beats) == [False]


@pytest.mark.parametrize(
    ("pause_s", "expected"), [(0.1, True), (1.5, True), (3.1, True), (3.3, False)]
)
def test_the_settings_determine_the_length_of_a_pause(pause_s: float, expected: bool) -> None:
    pauses = replace(SETTINGS.rhythm.pauses, pause_s=pause_s)
    settings = replace(SETTINGS, rhythm=replace(SETTINGS.rhythm, pauses=pauses))
    recording = recording_of(with_pause())
    (lead,) = condition_leads(recording, {0: 0.0}, SETTINGS.conditioning)
    confirmed = confirm_pauses(
        recording,
        0,
        lead,
        BEATS_S,
        rr_intervals(BEATS_S),
        settings=settings,
        pauses=settings.rhythm.pauses,
    )
    assert confirmed.any() == expected


# The beats that an interval is compared with


def many_pauses() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return beats with a pause after every fifth, and an ECG in which some hide a beat."""
    rng = np.random.default_rng(3)
    rr = np.where(np.arange(400) % 5 == 4, rng.uniform(2.1, 4, 400), rng.uniform(0.6, 1.0, 400))
    beats = 1 + np.cumsum(rr)
    duration = float(beats[-1]) + 2
    t = np.arange(round(duration * RATE)) / RATE
    signal = ecg(beats, duration, RATE, r_mv=rng.uniform(0.7, 1.6, 400))
    signal = signal + rng.normal(0, 0.015, len(t))
    for end in np.flatnonzero(np.diff(beats) > 2)[::3]:
        signal += 0.8 * bell(t, beats[end] + 1.2, 0.03)
    return beats, signal


def test_confirmation_does_not_depend_on_other_long_intervals() -> None:
    beats, signal = many_pauses()
    recording, rr = recording_of(signal), rr_intervals(beats)
    together = confirmed_pauses(recording, beats)
    assert together == [number % 3 != 0 for number in range(len(together))]
    for number, gap in enumerate(np.flatnonzero(rr > 2)[:12]):
        only = np.where(np.arange(len(rr)) == gap, rr, np.nan)
        assert confirmed_pauses(recording, beats, only) == [together[number]]


@pytest.mark.parametrize("delay_s", [1, 3600 - 100])
def test_confirmation_does_not_depend_on_the_time_of_day(delay_s: int) -> None:
    beats, signal = many_pauses()
    nothing = np.full(delay_s * RATE, np.nan)
    delayed = recording_of(np.concatenate([nothing, signal]))
    assert confirmed_pauses(delayed, beats + delay_s) == confirmed_pauses(
        recording_of(signal), beats
    )


# On other leads


def other_lead(beats_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return ecg(beats_s, SECONDS, RATE, r_mv=-0.6) + noise(0.015, 2)


def test_a_beat_on_another_lead_prevents_confirmation() -> None:
    hidden = np.sort(np.append(BEATS_S, 31.0))
    assert confirmed_pauses(recording_of(with_pause(), other_lead(BEATS_S))) == [True]
    assert confirmed_pauses(recording_of(with_pause(), other_lead(hidden))) == [False]
    three = recording_of(with_pause(), other_lead(BEATS_S), other_lead(hidden))
    assert confirmed_pauses(three) == [False]


def test_another_lead_without_beats_does_not_prevent_confirmation() -> None:
    spike = 2 * bell(T, 31.0, 0.012)
    useless = {
        "dead": np.zeros(SECONDS * RATE),
        "missing": np.full(SECONDS * RATE, np.nan),
        "only noise": noise(0.3, 5),
        "pops": np.where(T < 0, 0, spike + noise(0.3, 5)),
    }
    for name, other in useless.items():
        assert confirmed_pauses(recording_of(with_pause(), other)) == [True], name


def test_noise_on_another_lead_does_not_prevent_confirmation() -> None:
    burst = noise(0.2, 4) * IN_PAUSE
    assert confirmed_pauses(recording_of(with_pause(), other_lead(BEATS_S) + burst)) == [True]


def test_other_leads_are_read_at_their_own_rate_and_place() -> None:
    for rate in (128.0, 360.0, 896.05):
        n = round(SECONDS * rate)
        rng = np.random.default_rng(0)
        first = ecg(BEATS_S, SECONDS, rate)[:n] + rng.normal(0, 0.015, n)
        hidden = ecg(np.sort(np.append(BEATS_S, 31.0)), SECONDS, rate)[:n]
        assert confirmed_pauses(recording_of(first, hidden, rate=rate)) == [False]
        assert confirmed_pauses(recording_of(first, 0.5 * first, rate=rate)) == [True]


def test_a_day_of_long_intervals_takes_a_limited_number_of_reads() -> None:
    hours = 2
    beats = every(2.2, 3600)
    beats = np.concatenate([beats + 3600 * hour for hour in range(hours)])
    hour = ecg(every(2.2, 3600), 3600, RATE) + np.random.default_rng(0).normal(
        0, 0.015, 3600 * RATE
    )
    signal = np.tile(hour.astype(np.float32), hours)
    reads: list[int] = []

    def read(lead: int, start: int, stop: int) -> NDArray[np.float32]:
        reads.append(stop - start)
        return signal[start:stop].copy()

    recording = replace(
        recording_of(signal, signal, signal), read_samples=read, leads=("a", "b", "c")
    )
    (lead,) = condition_leads(recording, {0: 0.0}, SETTINGS.conditioning)
    reads.clear()
    confirmed = confirm_pauses(
        recording,
        0,
        lead,
        beats,
        rr_intervals(beats),
        settings=SETTINGS,
        pauses=SETTINGS.rhythm.pauses,
    )
    assert confirmed[1:].sum() > 10 * MAX_READS
    assert len(reads) <= MAX_READS
    assert max(reads) < 30 * RATE


# Real recordings


def reference_beats(path: Path, rate_hz: float) -> NDArray[np.float64]:
    annotation = wfdb.rdann(str(path), "atr")
    beat = np.isin(annotation.symbol, list("NLRejBAaJSnVErF/fQ?"))
    return np.asarray(annotation.sample)[beat] / rate_hz


@pytest.mark.parametrize("record", ["svdb/853", "mitdb/116", "mitdb/203", "mitdb/208"])
@pytest.mark.parametrize("single_lead", [True, False])
def test_no_pause_is_confirmed_where_an_electrode_is_off_for_seconds(
    data_dir: Path, model_dir: Path, record: str, single_lead: bool
) -> None:
    # On one lead annotated beats go unseen there for 2 to 10 s; the other lead shows them
    recording = open_recording(data_dir / f"{record}.hea")
    if single_lead:
        recording = replace(recording, leads=recording.leads[:1])
    beats = score_recording(recording, BeatClassifier.load(model_dir)).beats
    assert not single_lead or (beats.rr_s >= 2).any()
    assert not beats.pause_confirmed.any()


@pytest.mark.parametrize(("record", "n_pauses"), [("svdb/850", 1), ("mitdb/201", 13)])
def test_annotated_pauses_are_found_and_confirmed(
    data_dir: Path, model_dir: Path, record: str, n_pauses: int
) -> None:
    recording = open_recording(data_dir / f"{record}.hea")
    reference = reference_beats(data_dir / record, recording.sampling_rate_hz)
    ends = reference[1:][np.diff(reference) >= 2.0]
    assert len(ends) == n_pauses
    stream = score_recording(recording, BeatClassifier.load(model_dir)).beats
    confirmed = stream.times_s[stream.pause_confirmed]
    assert (np.abs(ends[:, None] - confirmed).min(axis=1) < 0.15).all()
