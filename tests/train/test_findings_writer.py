import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import find_peaks

from training.findings.artefacts import disturb, hum, lead_off, shaking
from training.findings.ecg_script import EcgScript, Patient
from training.findings.ecg_waves import NORMAL, OUTFLOW_TRACT
from training.findings.ecg_writer import Drawing, draw_ecg
from training.findings.scenario import Scenario
from training.findings.scenarios import SCENARIOS

RATE = 500.0
PATIENT = Patient(
    resting_bpm=60,
    pr_s=0.160,
    breath_s=4.0,
    rsa=0.02,
    axis_degrees=0.0,
    p_gain=1.0,
    t_gain=1.0,
    qrs_stretch=1.0,
    qt_stretch=1.0,
)


def new_script(seed: int = 0) -> EcgScript:
    return EcgScript(PATIENT, np.random.default_rng(seed))


def drawn(script: EcgScript, gain: float = 1.0, seed: int = 1) -> NDArray[np.float64]:
    """Return lead II."""
    drawing = Drawing(("II",), RATE, gain)
    return draw_ecg(script, drawing, [], np.random.default_rng(seed))[0]


def mean_beat(signal: NDArray[np.float64], at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of a second before to a second after the R peaks."""
    n = round(RATE)
    inside = at[(at > n) & (at < len(signal) - n)]
    return np.mean([signal[i - n : i + n] for i in inside], axis=0)


def wave_from_r_s(beat: NDArray[np.float64], begin_s: float, end_s: float) -> float:
    """Return the time of the highest value in a stretch, from the R peak."""
    first, last = (round((1 + at) * RATE) for at in (begin_s, end_s))
    return float(np.argmax(beat[first:last]) + first) / RATE - 1


@pytest.fixture(scope="module", params=[60.0, 100.0])
def beat_at(request: pytest.FixtureRequest) -> tuple[float, NDArray[np.float64]]:
    script = new_script()
    script.sinus(90, request.param)
    at = np.rint([beat.time_s * RATE for beat in script.ventricular]).astype(int)
    return request.param, mean_beat(drawn(script), at)


def test_the_pr_interval_goes_with_a_power_of_the_interval(
    beat_at: tuple[float, NDArray[np.float64]],
) -> None:
    bpm, beat = beat_at
    expected = 0.160 * (60 / bpm) ** 0.35
    assert wave_from_r_s(beat, -0.25, -0.08) == pytest.approx(-expected, abs=0.020)


def test_the_t_wave_goes_with_the_square_root_of_the_interval(
    beat_at: tuple[float, NDArray[np.float64]],
) -> None:
    bpm, beat = beat_at
    assert wave_from_r_s(beat, 0.12, 0.40) == pytest.approx(0.29 * (60 / bpm) ** 0.5, abs=0.025)


def test_r_waves_of_lead_ii_have_the_height_of_dowers_projection() -> None:
    script = new_script()
    script.sinus(60)
    at = np.rint([beat.time_s * RATE for beat in script.ventricular]).astype(int)
    heights = [np.ptp(mean_beat(drawn(script, gain), at)[450:530]) for gain in (1.0, 0.5)]
    # By hand: 0.235 * 0.90 + 1.066 * 0.75 - 0.132 * 0.25 = 0.978 mV at the R peak, and S below it.
    assert 0.95 < heights[0] < 1.35
    assert heights[1] / heights[0] == pytest.approx(0.5, abs=0.03)


def test_a_script_and_a_seed_give_the_same_signal() -> None:
    signals = []
    for _ in range(2):
        script = new_script(3)
        script.sinus(20)
        script.atrial_fibrillation(20, 90)
        signals.append(drawn(script, seed=5))
    np.testing.assert_array_equal(*signals)


def test_peaks_of_the_signal_have_the_scripts_intervals() -> None:
    script = new_script()
    script.sinus(60, 70)
    signal = drawn(script)
    found, _ = find_peaks(signal - np.median(signal), height=0.6, distance=150)
    expected = np.diff([beat.time_s for beat in script.ventricular])
    assert len(found) == len(expected) + 1
    np.testing.assert_allclose(np.diff(found) / RATE, expected, atol=0.008)
    assert 60 / np.mean(expected) == pytest.approx(70, rel=0.02)


def test_a_premature_ventricular_beat_has_a_compensatory_pause() -> None:
    script = new_script()
    script.sinus_beats(5)
    script.ventricular_beats(1, shape=OUTFLOW_TRACT)
    script.sinus_beats(3)
    times = np.array([beat.time_s for beat in script.ventricular])
    assert times[6] - times[4] == pytest.approx(2.0, rel=0.05)
    assert times[5] - times[4] < 0.7


def test_wenckebach_periods_lengthen_pr_by_ever_less_and_drop_a_beat() -> None:
    script = new_script()
    script.wenckebach(60, 75, beats=(4,))
    p = np.array([each.time_s for each in script.atrial])
    r = np.array([each.time_s for each in script.ventricular])
    assert len(r) == pytest.approx(0.8 * len(p), abs=2)
    conducted = p[[i for i in range(len(p)) if i % 5 != 4]][: len(r)]
    pr = (r - conducted).reshape(-1, 4)
    steps = np.diff(pr, axis=1)
    assert (steps > 0).all()
    assert (np.diff(steps, axis=1) < 0).all()


def test_complete_block_has_two_independent_rhythms() -> None:
    script = new_script()
    script.sinus(10)
    span = script.complete_block(120, 82, 30, NORMAL)
    p = np.array([each.time_s for each in script.atrial if each.time_s > span.start_s])
    r = np.array([each.time_s for each in script.ventricular if each.time_s > span.start_s])
    assert 60 / np.diff(p).mean() == pytest.approx(82, rel=0.02)
    assert 60 / np.diff(r).mean() == pytest.approx(30, rel=0.03)
    pr = np.array([beat - p[p < beat].max() for beat in r])
    assert np.ptp(pr) > 0.5


@pytest.mark.parametrize("with_p", [False, True])
def test_standstill_has_no_ventricular_beat_but_the_atria_may_go_on(with_p: bool) -> None:
    script = new_script()
    script.sinus(30)
    span = script.standstill(20, with_p=with_p)
    script.sinus(30)
    r = np.array([each.time_s for each in script.ventricular])
    p = np.array([each.time_s for each in script.atrial])
    assert np.diff(r).max() == pytest.approx(20, abs=1.0)
    assert not ((r > span.start_s + 0.01) & (r < span.stop_s - 0.01)).any()
    inside = ((p > span.start_s) & (p < span.stop_s - 0.5)).sum()
    assert inside > 15 if with_p else inside == 0


def test_deep_sinus_arrhythmia_has_the_rmssd_of_its_name() -> None:
    (scenario,) = (each for each in SCENARIOS if "RMSSD 25" in each.name)
    script = new_script()
    scenario.write(script)
    rr = np.diff([beat.time_s for beat in script.ventricular])
    assert np.sqrt(np.mean(np.diff(rr) ** 2)) / rr.mean() == pytest.approx(0.25, abs=0.03)


def test_fibrillation_has_its_rate_and_no_p_wave() -> None:
    script = new_script()
    script.sinus(10)
    n_p = len(script.atrial)
    span = script.atrial_fibrillation(300, 90)
    assert len(script.atrial) == n_p
    r = np.array([beat.time_s for beat in script.ventricular if beat.time_s >= span.start_s])
    assert 60 / np.diff(r).mean() == pytest.approx(90, rel=0.05)
    assert 0.15 < np.diff(r).std() / np.diff(r).mean() < 0.3


@pytest.mark.parametrize(("make", "hz"), [(shaking, 5.0), (hum, 50.0)])
def test_an_artefact_has_its_frequency_and_stays_on_its_lead(make, hz: float) -> None:
    signals = np.zeros((2, 60 * 250))
    disturb(signals, 250, [make(10, 40, hz, 1.0, (1,))], np.random.default_rng(0))
    assert not signals[0].any()
    assert not signals[1, : 10 * 250].any()
    spectrum = np.abs(np.fft.rfft(signals[1, 10 * 250 : 40 * 250]))
    peak_hz = np.fft.rfftfreq(30 * 250, 1 / 250)[spectrum.argmax()]
    assert peak_hz == pytest.approx(hz, rel=0.06)
    assert 0.7 < np.abs(signals[1]).max() < 2.5


def test_a_lead_that_is_off_has_nothing_of_the_heart() -> None:
    signals = np.random.default_rng(0).normal(size=(2, 1000))
    disturb(
        signals,
        100,
        [lead_off(2, 5, "flat", (0,)), lead_off(6, 8, "rail")],
        np.random.default_rng(0),
    )
    assert not signals[0, 200:500].any()
    assert (signals[:, 600:800] == 5.0).all()
    assert signals[1, 200:500].all()


def test_there_are_enough_scenarios_each_in_two_variants() -> None:
    assert len(SCENARIOS) >= 60
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(len(scenario.gains) >= 2 for scenario in SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_a_scenario_is_long_enough_and_beats_keep_their_order(scenario: Scenario) -> None:
    script = new_script(2)
    scenario.write(script)
    times = np.array([beat.time_s for beat in script.ventricular])
    assert 10 * 60 <= script.duration_s < 30 * 60
    assert np.diff(times).min() > 0.2
