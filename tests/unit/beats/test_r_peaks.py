import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from unit.small_recordings import RATE, conditioned, ecg, every, n_paired, partners

from deepecg.beats.r_peaks import detect_r_peaks, locate_r_peaks
from deepecg.beats.settings import DetectorSettings
from deepecg.readers.open_recording import open_recording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import condition_leads
from deepecg.signal.lead_survey import rank_leads

SETTINGS = DetectorSettings()
BEATS = "NLRejBAaJSnVErF/fQ?"
LEARNING_S = 300


def detect(
    *signals: NDArray[np.floating], usable: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the R peaks of conditioned leads, in seconds."""
    leads = [np.asarray(signal, np.float32) for signal in signals]
    return detect_r_peaks(leads, RATE, SETTINGS, usable) / RATE


def irregular(duration_s: float, seed: int = 0) -> NDArray[np.float64]:
    rr = np.random.default_rng(seed).uniform(0.55, 1.1, int(2 * duration_s))
    beats = 0.5 + np.cumsum(rr)
    return beats[beats < duration_s - 0.5]


IRREGULAR = irregular(100)
SIGNAL = conditioned(ecg(IRREGULAR, 100))


def assert_found(
    expected_s: NDArray[np.float64], found_s: NDArray[np.float64], within_s: float = 0.01
) -> None:
    assert len(found_s) == len(expected_s)
    np.testing.assert_allclose(found_s, expected_s, rtol=0, atol=within_s)


# What is found


@pytest.mark.parametrize("bpm", [30, 60, 100, 150, 220])
@pytest.mark.parametrize("polarity", [1, -1])
def test_every_beat_is_found_and_nothing_else(bpm: int, polarity: int) -> None:
    beats = every(60 / bpm, 90)
    assert_found(beats, detect(conditioned(polarity * ecg(beats, 90))))


def test_beats_between_samples_are_placed_between_samples() -> None:
    assert_found(IRREGULAR, detect(SIGNAL), within_s=0.15 / RATE)


@pytest.mark.parametrize("noise_mv", [0.02, 0.05])
def test_beats_are_found_in_noise(noise_mv: float) -> None:
    noise = np.random.default_rng(0).normal(0, noise_mv, 100 * RATE)
    assert_found(IRREGULAR, detect(conditioned(ecg(IRREGULAR, 100) + noise)), within_s=0.03)


def test_no_beat_is_lost_in_strong_noise() -> None:
    noise = np.random.default_rng(0).normal(0, 0.15, 100 * RATE)
    found = detect(conditioned(ecg(IRREGULAR, 100) + noise))
    assert n_paired(IRREGULAR, found, 0.05) >= 0.99 * len(IRREGULAR)


@pytest.mark.parametrize("r_mv", [1.0, -1.0])
def test_t_waves_taller_than_the_qrs_are_no_beats(r_mv: float) -> None:
    beats = every(0.8, 60)
    found = detect(conditioned(ecg(beats, 60, r_mv=r_mv, t_mv=1.5)))
    assert_found(beats, found, within_s=0.02)


def test_a_qrs_with_two_equal_maxima_is_one_beat() -> None:
    beats = np.rint(every(0.8, 100) * RATE) / RATE + 0.5 / RATE  # between two samples
    found = detect(ecg(beats, 100, p_mv=0, t_mv=0))
    assert_found(beats, found)


def test_wide_inverted_ventricular_beats_are_found() -> None:
    beats = every(0.8, 100)
    ventricular = np.zeros(len(beats), bool)
    ventricular[5::7] = True
    early = beats - 0.2 * ventricular
    signal = ecg(early[~ventricular], 100) + ecg(
        early[ventricular], 100, r_mv=-1.3, qrs_s=0.045, p_mv=0, t_mv=0.3
    )
    found = detect(conditioned(signal))
    assert n_paired(early, found) == len(early) == len(found)


def test_a_pause_of_three_seconds_is_not_filled() -> None:
    beats = every(0.8, 60)
    beats = beats[(beats < 30) | (beats > 32.9)]
    assert np.diff(beats).max() > 3
    assert_found(beats, detect(conditioned(ecg(beats, 60))))


def test_small_beats_in_place_of_usual_ones_are_found_where_a_beat_is_overdue() -> None:
    beats = every(0.8, 60)
    heights = np.where(np.arange(len(beats)) % 10 == 5, 0.25, 1.0)
    assert_found(beats, detect(conditioned(ecg(beats, 60, r_mv=heights))))


def test_amplitude_that_falls_to_a_third_loses_no_beat() -> None:
    beats = every(0.8, 180)
    heights = np.where(beats < 90, 1.0, 1 / 3)
    signal = ecg(beats, 180, r_mv=heights, t_mv=0.08, p_mv=0.03)
    assert_found(beats, detect(conditioned(signal)))


def test_a_huge_artefact_loses_no_beat_of_the_next_minute() -> None:
    signal = ecg(IRREGULAR, 100)
    signal[40 * RATE : 41 * RATE] += 50 * np.random.default_rng(0).normal(size=RATE)
    found = detect(conditioned(signal))
    clear = IRREGULAR[(IRREGULAR < 39) | (IRREGULAR > 42)]
    assert n_paired(clear, found, 0.02) == len(clear)
    false = (found < 39) | (found > 42)
    assert false.sum() == len(clear)


def test_a_flat_stretch_has_no_beat_and_loses_none() -> None:
    beats = every(0.8, 180)
    beats = beats[(beats < 60) | (beats > 120)]
    noise = np.random.default_rng(0).normal(0, 0.001, 180 * RATE)  # a microvolt
    assert_found(beats, detect(conditioned(ecg(beats, 180) + noise)))


@pytest.mark.parametrize("n_samples", [0, 1, 2, 3, 8, 9, 20, 128, 300])
def test_tiny_and_level_signals_have_no_beat(n_samples: int) -> None:
    assert detect(np.zeros(n_samples)).shape == (0,)


@given(st.lists(st.floats(-1, 1, width=32), max_size=400))
@settings(max_examples=50, deadline=None)
def test_peaks_of_any_signal_ascend_inside_it(samples: list[float]) -> None:
    found = detect(np.array(samples))
    assert np.all(np.diff(found) > 0)
    assert np.all((found >= 0) & (found * RATE < max(len(samples), 1)))


# What changes nothing


@given(st.floats(0.2, 1e3))
@settings(max_examples=15, deadline=None)
def test_a_gain_moves_no_beat(gain: float) -> None:
    np.testing.assert_allclose(detect(SIGNAL * gain), detect(SIGNAL), rtol=0, atol=1e-3 / RATE)


@given(st.integers(-2, 12))
@settings(max_examples=10, deadline=None)
def test_a_gain_of_a_power_of_two_changes_no_bit(power: int) -> None:
    np.testing.assert_array_equal(detect(SIGNAL * 2.0**power), detect(SIGNAL))


def test_inverted_electrodes_change_no_bit() -> None:
    np.testing.assert_array_equal(detect(-SIGNAL), detect(SIGNAL))


@given(st.integers(1, 90))
@settings(max_examples=15, deadline=None)
def test_a_delay_by_whole_seconds_moves_the_beats_and_nothing_else(delay_s: int) -> None:
    delayed = np.concatenate([np.zeros(delay_s * RATE, np.float32), SIGNAL])
    np.testing.assert_allclose(detect(delayed), detect(SIGNAL) + delay_s, rtol=0, atol=1e-9)


def test_beats_are_found_across_the_pieces_of_a_long_recording() -> None:
    beats = every(0.75, 2 * 3600 + 30)
    beats = beats + 0.01 * np.sin(np.arange(len(beats)))
    assert_found(beats, detect(ecg(beats, 2 * 3600 + 30)))


# Where the R peak is


def test_a_peak_is_located_from_anywhere_in_its_qrs() -> None:
    for offset in (-8, -3, 0, 5, 8):
        near = np.rint(IRREGULAR * RATE).astype(np.int64) + offset
        found = locate_r_peaks(SIGNAL, near, RATE, SETTINGS) / RATE
        np.testing.assert_allclose(found, IRREGULAR, rtol=0, atol=0.2 / RATE)


@pytest.mark.parametrize("usual", [1, -1])
def test_a_qrs_that_points_the_other_way_is_located_at_its_own_extreme(usual: int) -> None:
    beats = every(0.8, 60)
    ectopic = np.arange(len(beats)) % 8 == 4
    lobes = np.where(ectopic, -3.0 * usual, 1.0 * usual)
    signal = ecg(beats, 60, r_mv=lobes, p_mv=0, t_mv=0)
    # every QRS has a small wave of the other direction beside it
    signal += ecg(beats + 0.045, 60, r_mv=-0.3 * lobes, p_mv=0, t_mv=0)
    found = locate_r_peaks(signal, np.rint(beats * RATE).astype(np.int64), RATE, SETTINGS)
    np.testing.assert_allclose(found / RATE, beats, rtol=0, atol=0.01)


def test_no_position_gives_no_peak() -> None:
    assert locate_r_peaks(SIGNAL, np.empty(0, np.int64), RATE, SETTINGS).shape == (0,)


def test_two_positions_are_never_located_at_one_peak() -> None:
    near = np.rint(IRREGULAR[10] * RATE).astype(np.int64) + np.array([-5, 5])
    assert np.diff(locate_r_peaks(SIGNAL, near, RATE, SETTINGS)) > 1


# Fast, slow, small, first and last


@pytest.mark.parametrize("bpm", [30, 45, 180, 250])
def test_rates_from_30_to_250_are_followed(bpm: int) -> None:
    beats = every(60 / bpm, 90)
    t_mv = 0.25 if bpm < 200 else 0.1
    assert_found(beats, detect(conditioned(ecg(beats, 90, t_mv=t_mv, p_mv=0.05))), 0.02)


def test_sudden_changes_of_the_rate_lose_no_beat() -> None:
    periods = np.repeat([1.5, 0.33, 1.2, 0.3, 2.0], [20, 80, 20, 90, 15])
    beats = 0.5 + np.cumsum(periods)
    duration_s = float(np.ceil(beats[-1] + 1))
    assert_found(beats, detect(conditioned(ecg(beats, duration_s, t_mv=0.15, p_mv=0.05))), 0.02)


@pytest.mark.parametrize("from_edge_s", [0.12, 0.2, 0.3])
def test_beats_of_the_first_and_last_third_of_a_second_are_found(from_edge_s: float) -> None:
    beats = np.concatenate([[from_edge_s], np.arange(1.0, 29.3, 0.8), [30 - from_edge_s]])
    assert_found(beats, detect(conditioned(ecg(beats, 30))), 0.02)


@pytest.mark.parametrize("height", [0.35, 0.5, -0.5])
def test_small_wide_premature_beats_in_bigeminy_are_found(height: float) -> None:
    usual = np.arange(0.5, 119, 1.6)
    premature = usual[:-1] + 0.5
    signal = ecg(usual, 120) + ecg(
        premature, 120, r_mv=2 * height, qrs_s=0.03, p_mv=0, t_mv=-0.2 * np.sign(height)
    )
    beats = np.sort(np.concatenate([usual, premature]))
    found = detect(conditioned(signal))
    assert n_paired(beats, found) == len(beats) == len(found)


@pytest.mark.parametrize("rate", [250.0, 360.0, 500.0, 1000.0])
@pytest.mark.parametrize("spike_mv", [2.0, -2.0])
def test_pacing_spikes_before_the_qrs_are_no_beats(rate: float, spike_mv: float) -> None:
    beats = every(0.9, 60)
    signal = ecg(beats, 60, rate, p_mv=0, qrs_s=0.03)
    for beat in beats:
        start = round((beat - 0.09) * rate)
        signal[start : start + max(1, round(0.002 * rate))] += spike_mv
    found = detect(conditioned(signal, rate))
    assert n_paired(beats, found) == len(beats) == len(found)


# Two leads

QUIET_PREMATURE = np.arange(len(IRREGULAR)) % 9 == 4
SECOND = conditioned(ecg(IRREGULAR, 100, r_mv=-0.6, t_mv=0.1))


def second_leads() -> dict[str, NDArray[np.float64]]:
    t = np.arange(len(SIGNAL)) / RATE
    noise = np.random.default_rng(5)
    pops = np.zeros(len(t))
    pops[noise.integers(0, len(t), 10)] = noise.normal(0, 20, 10)
    return {
        "flat": np.zeros(len(t)),
        "a level": np.full(len(t), 3.0),
        "faint noise": noise.normal(0, 0.005, len(t)),
        "white noise": noise.normal(0, 0.3, len(t)),
        "muscle": noise.normal(0, 0.3, len(t)) * (1 + np.sin(2 * np.pi * t / 7)),
        "hum": np.sin(2 * np.pi * 49.7 * t),
        "wander": 5 * np.sin(2 * np.pi * 0.3 * t),
        "pops": pops,
        "the same again": SIGNAL,
        "upside down": -SIGNAL,
    }


@pytest.mark.parametrize("name", second_leads())
def test_a_second_lead_without_further_beats_changes_nothing(name: str) -> None:
    alone = detect(SIGNAL)
    np.testing.assert_array_equal(detect(SIGNAL, conditioned(second_leads()[name])), alone)


@pytest.mark.parametrize("name", ["flat", "faint noise", "white noise", "hum", "wander"])
def test_a_first_lead_without_beats_hides_none(name: str) -> None:
    found = detect(conditioned(second_leads()[name]), SIGNAL)
    assert n_paired(IRREGULAR, found) == len(IRREGULAR) == len(found)


@pytest.mark.parametrize("gain", [0.1, 0.5, 10.0, -1.0])
def test_the_gain_and_polarity_of_the_second_lead_move_no_beat(gain: float) -> None:
    np.testing.assert_array_equal(detect(SIGNAL, gain * SECOND), detect(SIGNAL, SECOND))


def test_beats_that_the_first_lead_hardly_shows_are_found_on_the_second() -> None:
    early = IRREGULAR - 0.15 * QUIET_PREMATURE
    usual, premature = early[~QUIET_PREMATURE], early[QUIET_PREMATURE]
    first = ecg(usual, 100) + ecg(premature, 100, r_mv=0.08, qrs_s=0.04, p_mv=0, t_mv=0)
    second = ecg(usual, 100, r_mv=0.5) + ecg(
        premature, 100, r_mv=-1.2, qrs_s=0.035, p_mv=0, t_mv=0.2
    )
    found = detect(conditioned(first), conditioned(second))
    assert n_paired(early, found) == len(early) == len(found)


def test_a_minute_without_the_first_lead_loses_no_beat() -> None:
    off = SIGNAL.copy()
    off[30 * RATE : 90 * RATE] = 0
    off[90 * RATE] = 8  # the electrode comes back with a step
    found = detect(off, SECOND)
    assert n_paired(IRREGULAR, found) == len(IRREGULAR)
    assert len(found) <= len(IRREGULAR) + 1


@pytest.mark.parametrize("noisy", [0, 1])
def test_a_burst_of_noise_in_one_lead_loses_and_adds_no_beat(noisy: int) -> None:
    leads = [SIGNAL.copy(), SECOND.copy()]
    burst = slice(40 * RATE, 46 * RATE)
    leads[noisy][burst] += np.random.default_rng(6).normal(0, 0.4, 6 * RATE).astype(np.float32)
    found = detect(*leads)
    assert n_paired(IRREGULAR, found) == len(IRREGULAR) == len(found)


# Seconds that cannot be used


def test_unusable_seconds_have_no_beat_and_lose_no_other() -> None:
    signal = SIGNAL.copy()
    signal[40 * RATE : 60 * RATE] = np.random.default_rng(7).normal(0, 3, 20 * RATE)
    usable = np.ones((1, 100), bool)
    usable[0, 40:60] = False
    found = detect(signal, usable=usable)
    clear = IRREGULAR[(IRREGULAR < 39.8) | (IRREGULAR > 60.2)]
    assert n_paired(clear, found, 0.02) == len(clear)
    assert not ((found > 40.1) & (found < 59.9)).any()


def test_beats_are_located_on_the_second_lead_where_the_first_is_unusable() -> None:
    later = conditioned(ecg(IRREGULAR + 0.03, 100))  # its peaks come 30 ms later
    usable = np.ones((2, 100), bool)
    usable[0, 30:70] = False
    expected = IRREGULAR + 0.03 * ((IRREGULAR >= 30) & (IRREGULAR < 70))
    found = detect(SIGNAL, later, usable=usable)
    edges = np.isin(np.rint(IRREGULAR), (30, 70))  # their QRS lies in two seconds
    assert len(found) == len(IRREGULAR)
    np.testing.assert_allclose(found[~edges], expected[~edges], rtol=0, atol=0.2 / RATE)


def test_without_usable_seconds_there_is_no_beat() -> None:
    assert len(detect(SIGNAL, SECOND, usable=np.zeros((2, 100), bool))) == 0


def test_a_mask_of_usable_seconds_only_is_the_same_as_none() -> None:
    np.testing.assert_array_equal(
        detect(SIGNAL, SECOND, usable=np.ones((2, 100), bool)), detect(SIGNAL, SECOND)
    )


# Ratchets on training records, and on paced records, which are in neither set of the split


def judge(record: Path, n_leads: int) -> tuple[float, float, int]:
    """Return QRS Se and +P in percent and the number of V missed, after the first 5 minutes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import wfdb

        reference = wfdb.rdann(str(record), "atr")
    is_beat = np.array([symbol in BEATS for symbol in reference.symbol])
    symbols = np.array(reference.symbol)[is_beat]
    recording = open_recording(record.with_suffix(".hea"))
    annotated_s = reference.sample[is_beat] / recording.sampling_rate_hz
    scoring = ScoringSettings()
    ranked = rank_leads(recording, scoring)[:n_leads]
    baselines_mv = {lead: survey.baseline_mv for lead, survey in ranked}
    leads = condition_leads(recording, baselines_mv, scoring.conditioning)
    found_s = detect_r_peaks([lead.signal for lead in leads], leads[0].rate_hz, SETTINGS)
    found_s /= leads[0].clock_hz
    partner = partners(annotated_s, found_s)
    judged = annotated_s >= LEARNING_S
    n_hit = int((partner[judged] >= 0).sum())
    spurious = np.setdiff1d(np.flatnonzero(found_s >= LEARNING_S), partner)
    missed_v = judged & np.isin(symbols, ["V", "E", "r"]) & (partner < 0)
    return 100 * n_hit / judged.sum(), 100 * n_hit / (n_hit + len(spurious)), int(missed_v.sum())


RATCHETS = [
    # record, leads, QRS Se and +P at least (percent), V missed at most
    ("mitdb/102", 2, (100, 100), 0),  # paced
    ("mitdb/104", 2, (100, 99.4), 0),  # paced, muscle noise
    ("mitdb/106", 1, (99.9, 99.8), 0),  # 460 V
    ("mitdb/106", 2, (99.9, 99.4), 0),
    ("mitdb/107", 2, (100, 100), 0),  # paced
    ("mitdb/108", 2, (99.9, 98), 0),  # noise in the second lead
    ("mitdb/116", 1, (99, 99.9), 1),  # 98 V, electrode off the first lead
    ("mitdb/116", 2, (99.9, 99.9), 0),
    ("mitdb/119", 1, (99.9, 99.9), 0),  # 364 V, bigeminy
    ("mitdb/119", 2, (99.9, 99.9), 0),
    ("mitdb/201", 1, (99.3, 99.9), 0),  # 198 V in atrial fibrillation
    ("mitdb/201", 2, (99.7, 99.9), 0),
    ("mitdb/203", 1, (99.3, 99.1), 5),  # 373 V of many shapes, in noise
    ("mitdb/203", 2, (99.8, 99.1), 0),
    ("mitdb/208", 1, (99.6, 99.8), 1),  # 824 V
    ("mitdb/208", 2, (99.8, 99.5), 0),
    ("mitdb/215", 2, (99.9, 99.9), 0),  # 131 V
    ("mitdb/217", 2, (100, 99.9), 0),  # paced, 140 V
    ("mitdb/223", 1, (99.9, 99.9), 0),  # 455 V, bigeminy and runs
    ("mitdb/223", 2, (99.9, 99.9), 0),
    ("svdb/828", 2, (99.9, 99.7), 0),  # V that the first lead does not show
    ("svdb/853", 1, (99.3, 99.9), 0),  # 56 V; for 12 s this lead shows nothing
    ("svdb/853", 2, (99.9, 99.9), 0),
    ("svdb/862", 1, (99.8, 99.9), 0),  # 20 V
]


@pytest.mark.parametrize(("record", "n_leads", "at_least", "missed_v"), RATCHETS)
def test_sensitivity_and_precision_do_not_fall_below_those_reached(
    data_dir: Path, record: str, n_leads: int, at_least: tuple[float, float], missed_v: int
) -> None:
    found = judge(data_dir / record, n_leads)
    assert found[0] >= at_least[0]
    assert found[1] >= at_least[1]
    assert found[2] <= missed_v


# Signals without heartbeats


@pytest.mark.parametrize("noise_mv", [0.0, 1e-6, 0.002, 0.004])
def test_without_an_electrode_there_are_no_beats(noise_mv: float) -> None:
    noise = np.random.default_rng(3).normal(0, noise_mv, 120 * RATE).astype(np.float32)
    assert len(detect(noise)) == 0


@pytest.mark.parametrize("noise_mv", [0.002, 0.004])
def test_the_noise_of_a_minute_without_electrode_adds_no_beats(noise_mv: float) -> None:
    signal = ecg(every(0.8, 180), 180, RATE)
    off = slice(60 * RATE, 120 * RATE)
    signal[off] = np.random.default_rng(4).normal(0, noise_mv, 60 * RATE)
    found_s = detect(signal)
    assert not ((found_s > 60.5) & (found_s < 119.5)).any()


def test_a_qrs_of_a_tenth_of_a_millivolt_is_found() -> None:
    beats_s = every(0.8, 60)
    found_s = detect(0.1 * ecg(beats_s, 60, RATE))
    assert len(found_s) == len(beats_s)
