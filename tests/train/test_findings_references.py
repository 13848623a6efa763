import numpy as np
import pytest

from deepecg.beats.aami_classes import CLASSES
from training.faster_rhythm import warped_cycle
from training.findings.altered_records import Excerpt, own_quiet, own_run
from training.findings.ecg_script import Span
from training.findings.real_records import LIMITS, has_cause
from training.findings.reference_findings import Reference, tachycardias


def reference(rr_s: list[float], classes: str, **marks: tuple[float, float]) -> Reference:
    labels = np.array([CLASSES.index(name) for name in classes], np.int64)
    named = [(f"({name}", Span(*limits)) for name, limits in marks.items()]
    return Reference.of(np.cumsum(rr_s), labels, named)


def test_runs_are_three_or_more_in_a_row_and_tachycardias_are_faster_than_100() -> None:
    found = reference([0.8] * 3 + [0.4] * 4 + [0.8] * 2 + [0.7] * 3, "NNNVVVVNNVVV")
    assert [run.beats for run in found.ventricular_runs] == [4, 3]
    assert [run.bpm for run in found.ventricular_runs] == pytest.approx([150, 60 / 0.7])
    assert len(tachycardias(found.ventricular_runs)) == 1
    assert found.supraventricular_runs == ()


def test_pauses_are_intervals_of_two_seconds_without_noise() -> None:
    times = np.array([0.0, 1.0, 3.5, 4.5, 8.0])
    found = Reference.of(times, np.zeros(5, np.int64), [], (), np.array([6.0]))
    assert found.pauses == (Span(1.0, 3.5),)


def test_slow_minutes_are_found() -> None:
    found = reference([1.0] * 100 + [1.7] * 80, "N" * 180)
    slow = found.slow(40)
    assert slow
    assert all(span.stop_s > 130 for span in slow)
    assert found.slow(30) == ()


def row(kind: str, start_s: float, duration_s: float) -> dict[str, object]:
    return {"kind": kind, "at_s": start_s, "duration_s": duration_s}


def test_urgent_findings_need_a_cause_in_the_annotations() -> None:
    found = reference(
        [0.8] * 10 + [0.4] * 6 + [0.8] * 60, "N" * 10 + "V" * 6 + "N" * 60, AFIB=(30, 60)
    )
    assert has_cause(row("ventricular_tachycardia", 8.5, 2.0), found, "mitdb/1", LIMITS["urgent"])
    assert not has_cause(
        row("ventricular_tachycardia", 30, 2.0), found, "mitdb/1", LIMITS["urgent"]
    )
    assert not has_cause(row("pause", 8, 3.0), found, "mitdb/1", LIMITS["urgent"])
    assert has_cause(row("fast_atrial_fibrillation", 32, 20.0), found, "mitdb/1", LIMITS["urgent"])
    assert not has_cause(
        row("fast_atrial_fibrillation", 2, 26.0), found, "mitdb/1", LIMITS["urgent"]
    )
    assert not has_cause(row("av_block_third_degree", 2, 26.0), found, "mitdb/1", LIMITS["urgent"])


def test_a_notable_run_of_three_beats_has_cause_and_an_urgent_one_has_not() -> None:
    found = reference([0.8] * 10 + [0.4] * 3 + [0.8] * 60, "N" * 10 + "V" * 3 + "N" * 60)
    run = row("ventricular_tachycardia", 8.5, 0.8)
    assert has_cause(run, found, "mitdb/1", LIMITS["notable"])
    assert not has_cause(run, found, "mitdb/1", LIMITS["urgent"])


def test_a_warped_cycle_keeps_its_qrs_and_has_the_new_length() -> None:
    cycle = np.random.default_rng(0).normal(size=(2, 250))
    warped = warped_cycle(cycle, 250, 0.5)
    assert warped.shape == (2, 125)
    np.testing.assert_allclose(warped[:, :15], cycle[:, :15], atol=1e-9)
    np.testing.assert_allclose(warped[:, -14:], cycle[:, -14:], atol=1e-9)


def test_a_warped_p_wave_comes_later_by_the_power_of_the_interval() -> None:
    time_s = np.arange(250) / 250
    cycle = np.exp(-0.5 * ((time_s - 0.85) / 0.015) ** 2)[None]  # 150 ms before the next R peak
    warped = warped_cycle(cycle, 250, 0.6)[0]
    before_r_s = 0.6 - warped.argmax() / 250
    # Between the kept 60 ms and the P wave's onset at 220 ms, times shrink in proportion.
    onset_s = 0.22 * 0.6**0.35
    expected = 0.06 + (0.15 - 0.06) / (0.22 - 0.06) * (onset_s - 0.06)
    assert before_r_s == pytest.approx(expected, abs=0.008)


def regular_excerpt() -> Excerpt:
    """Return a minute at 60/min with R peaks of 1 mV; every fifth beat is V, 2 mV."""
    samples = np.arange(1, 59) * 250
    labels = np.where(np.arange(58) % 5 == 4, CLASSES.index("V"), CLASSES.index("N"))
    signals = np.random.default_rng(0).normal(0, 0.01, (2, 60 * 250))
    for at, label in zip(samples, labels, strict=True):
        signals[:, at - 5 : at + 6] += 2.0 if label else 1.0
    return Excerpt(signals, ("a", "b"), 250.0, samples, labels)


def test_silence_of_own_tp_segments_has_their_noise_and_no_beat() -> None:
    quiet = own_quiet(regular_excerpt(), 20.0, np.random.default_rng(0))
    assert quiet.shape == (2, 5000)
    assert np.abs(quiet).max() < 0.1
    assert 0.005 < quiet[:, 2500:].std() < 0.03


def test_a_run_of_own_beats_has_its_number_rate_and_size() -> None:
    run = own_run(regular_excerpt(), 12, 150, np.random.default_rng(0))
    assert run.shape[1] / 250 == pytest.approx(12 * 0.4, rel=0.02)
    is_high = (run[0] > 1.5).astype(int)
    assert (np.diff(is_high) == 1).sum() == 12
