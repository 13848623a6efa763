import numpy as np
import pytest
from numpy.typing import NDArray
from unit.small_recordings import FAULTS, ecg, every

from deepecg.errors import (
    FlatLineError,
    NoisyError,
    NoSignalError,
    RefusedRecordingError,
    SaturatedError,
)
from deepecg.signal.quality import (
    PerSecondStatistics,
    QualityFlags,
    flag_seconds,
    per_second_statistics,
    refuse_unusable,
)
from deepecg.signal.settings import QualitySettings

RATE = 250
SETTINGS = QualitySettings()


def flags_of(signal: NDArray[np.floating], rate: float = RATE) -> QualityFlags:
    raw = np.asarray(signal, np.float32)
    return flag_seconds(per_second_statistics(raw, rate, 0, round(len(raw) / rate)), SETTINGS)


def seconds(mask: NDArray[np.bool_]) -> list[int]:
    return np.flatnonzero(mask).tolist()


def minute() -> NDArray[np.float32]:
    """A minute of ECG with a little noise: without it the line between beats is flat."""
    noise = np.random.default_rng(1).normal(0, 0.01, 60 * RATE)
    return (ecg(every(0.8, 60), 60, RATE) + noise).astype(np.float32)


def test_every_second_of_an_ecg_can_be_analysed() -> None:
    assert flags_of(minute()).analysable.all()


def test_a_second_without_movement_is_flat_and_its_neighbours_are_not() -> None:
    signal = minute()
    signal[10 * RATE : 12 * RATE] = 1.234
    flags = flags_of(signal)
    assert seconds(flags.flat) == [10, 11]
    assert seconds(~flags.analysable) == [10, 11]


def test_noise_of_one_step_of_the_converter_is_flat_and_a_low_voltage_ecg_is_not() -> None:
    rng = np.random.default_rng(0)
    assert flags_of(0.005 * rng.integers(0, 2, 20 * RATE)).flat.all()
    assert not flags_of(0.1 * minute()).flat.any()


def test_a_clipped_sine_is_saturated() -> None:
    t = np.arange(60 * RATE) / RATE
    assert flags_of(np.clip(4 * np.sin(2 * np.pi * 1.3 * t), -2.5, 2.5)).saturated.all()


@pytest.mark.parametrize("limit", [-5.0, 5.0])
def test_seconds_at_the_recorders_limit_are_saturated_whichever_limit(limit: float) -> None:
    signal = minute()
    signal[20 * RATE : 23 * RATE : 2] = limit  # half of the samples
    assert seconds(flags_of(signal).saturated) == [20, 21, 22]


def test_the_highest_r_peak_is_not_saturation() -> None:
    signal = minute()
    signal[RATE * 30 + 100] = 9.9
    assert not flags_of(signal).saturated.any()


def test_one_missing_sample_makes_its_second_missing() -> None:
    signal = minute()
    signal[RATE * 7 + 3] = np.nan
    signal[RATE * 9] = np.inf
    flags = flags_of(signal)
    assert seconds(flags.missing) == [7, 9]
    assert not flags.flat.any()
    assert not flags.saturated.any()


def test_each_second_has_at_most_one_fault() -> None:
    signal = minute()
    signal[5 * RATE : 7 * RATE] = np.nan
    signal[10 * RATE : 13 * RATE] = 0
    signal[20 * RATE : 21 * RATE : 2] = 5
    flags = flags_of(signal)
    assert (seconds(flags.missing), seconds(flags.flat), seconds(flags.saturated)) == (
        [5, 6],
        [10, 11, 12],
        [20],
    )
    assert (flags.missing.astype(int) + flags.flat + flags.saturated).max() == 1
    assert flags.analysable.sum() == 54


def test_all_missing_is_missing_and_nothing_else() -> None:
    flags = flags_of(np.full(20 * RATE, np.nan))
    assert flags.missing.all()
    assert not flags.flat.any()
    assert not flags.saturated.any()


def test_statistics_of_two_seconds_by_hand() -> None:
    raw = np.array([1, 2, 2, 0, 5, 5, 5, 5], np.float32)
    found = per_second_statistics(raw, 4, 0, 2)
    np.testing.assert_array_equal(found.highest, [2, 5])
    np.testing.assert_array_equal(found.lowest, [0, 5])
    np.testing.assert_array_equal(found.at_highest, [0.5, 1])
    np.testing.assert_array_equal(found.at_lowest, [0.25, 1])


def test_joined_parts_have_the_statistics_of_the_whole() -> None:
    rate = 199.8
    raw = np.random.default_rng(3).normal(size=round(20 * rate)).astype(np.float32)
    cut = round(7 * rate)
    parts = [
        per_second_statistics(raw[:cut], rate, 0, 7),
        per_second_statistics(raw[cut:], rate, 7, 13),
    ]
    joined, whole = PerSecondStatistics.join(parts), per_second_statistics(raw, rate, 0, 20)
    np.testing.assert_array_equal(joined.highest, whole.highest)
    np.testing.assert_array_equal(joined.at_lowest, whole.at_lowest)


def flags_with(n_seconds: int = 100, **bad: int) -> QualityFlags:
    """Return flags whose first seconds have these faults, one after the other."""
    flags = {name: np.zeros(n_seconds, bool) for name in FAULTS}
    first = 0
    for name, count in bad.items():
        flags[name][first : first + count] = True
        first += count
    return QualityFlags(**flags)


@pytest.mark.parametrize(
    ("flags", "error", "code"),
    [
        (flags_with(missing=100), NoSignalError, "no_signal"),
        (flags_with(flat=100), FlatLineError, "flat_line"),
        (flags_with(saturated=100), SaturatedError, "saturated"),
        (flags_with(noisy=100), NoisyError, "noisy"),
        (flags_with(flat=40, noisy=56), NoisyError, "noisy"),
        (flags_with(missing=40, flat=30, saturated=26), NoSignalError, "no_signal"),
        (flags_with(missing=30, flat=40, saturated=26), FlatLineError, "flat_line"),
        (flags_with(missing=30, flat=26, saturated=40), SaturatedError, "saturated"),
    ],
)
def test_a_lead_with_nothing_to_analyse_is_rejected_for_its_most_frequent_fault(
    flags: QualityFlags, error: type[RefusedRecordingError], code: str
) -> None:
    with pytest.raises(error, match=r"found that .*%.* expected at least 5%") as caught:
        refuse_unusable(flags, SETTINGS)
    assert caught.value.code == code


@pytest.mark.parametrize("flat", [0, 50, 90, 95])
def test_a_lead_with_a_twentieth_to_analyse_is_accepted(flat: int) -> None:
    refuse_unusable(flags_with(flat=flat), SETTINGS)


def test_beats_in_faulty_seconds_are_not_analysable() -> None:
    flags = flags_with(10, flat=3)
    times = np.array([0.5, 2.999, 3.0, 9.9, 10.2])  # the last second takes what remains
    assert flags.beats_analysable(times).tolist() == [False, False, True, True, True]


def test_only_intervals_across_faulty_seconds_are_gaps() -> None:
    flat = np.zeros(20, bool)
    flat[[6, 12, 13]] = True
    flags = QualityFlags(*np.zeros((1, 20), bool), flat, *np.zeros((2, 20), bool))
    times = np.array([4.2, 5.1, 5.9, 7.1, 8.0, 11.9, 14.0, 15.0])
    assert flags.gap_before(times).tolist() == [
        False, False, False, True, False, False, True, False,
    ]  # fmt: skip


def test_faulty_seconds_before_the_first_beat_are_a_gap_before_it() -> None:
    assert flags_with(10, flat=2).gap_before(np.array([2.5, 3.5])).tolist() == [True, False]


def test_statistics_and_flags_do_not_change_with_gain_and_polarity() -> None:
    signal = minute()
    signal[20 * RATE : 22 * RATE : 2] = 5
    once = flags_of(signal)
    for factor in (-1, 2, -3):
        np.testing.assert_array_equal(flags_of(factor * signal).saturated, once.saturated)
        np.testing.assert_array_equal(flags_of(factor * signal).flat, once.flat)


def test_a_baseline_without_noise_is_no_limit_of_the_recorder() -> None:
    upright = np.zeros(60 * 250, np.float32)
    upright[::200] = 1.0
    for signal in (upright, -upright):
        assert flags_of(signal).analysable.all()


def test_noise_is_a_fault_of_seconds_that_have_no_other() -> None:
    flags = flags_with(10, missing=1, flat=2, saturated=3).with_noise(np.arange(10) < 8)
    assert seconds(flags.noisy) == [6, 7]
    assert seconds(flags.analysable) == [8, 9]
