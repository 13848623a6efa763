"""Heart-rate variability, against the definitions written out and against scipy's spectra."""

from math import pi, sin, sqrt
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import lombscargle, welch
from unit.rhythm.beat_streams import Reference, reference

from deepecg.rhythm import heart_rate_variability as variability
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.heart_rate_variability import (
    Variability,
    heart_rate_variability,
    normal_intervals,
)
from deepecg.rhythm.settings import VariabilitySettings

HOUR = 3600
SETTINGS = VariabilitySettings()


def stream_from(
    times_s: NDArray[np.float64], classes: str | None = None, gaps_before: list[int] | None = None
) -> BeatStream:
    """Return beats, one letter each (all N if none is given), with gaps before some of them."""
    rr = np.diff(times_s, prepend=np.nan)
    rr[gaps_before or []] = np.nan
    labels = np.array(["NSVFQ".index(name) for name in classes or "N" * len(times_s)], np.int64)
    n_seconds = int(times_s[-1]) + 1 if len(times_s) else 10
    return BeatStream.of_labels(
        times_s, rr, labels, np.zeros(len(times_s), bool), np.ones(n_seconds, bool)
    )


def beats(nn_s: NDArray[np.float64] | list[float], first_s: float = 0.2) -> NDArray[np.float64]:
    """Return the times of beats with these intervals between them."""
    return first_s + np.concatenate([[0.0], np.cumsum(nn_s)])


def tone(duration_s: float, mean_s: float, *waves: tuple[float, float]) -> NDArray[np.float64]:
    """Return beats whose interval is, at the beat that ends it, a mean and sine waves (Hz, s)."""
    times = [0.2]
    while times[-1] < duration_s - 2 * mean_s:
        end = times[-1] + mean_s
        for _ in range(12):
            end = times[-1] + mean_s + sum(a * sin(2 * pi * f * end) for f, a in waves)
        times.append(end)
    return np.array(times)


def restless(n_beats: int, seed: int = 1) -> NDArray[np.float64]:
    """Return beats that wander between 50 and 100 a minute, slowly and from beat to beat."""
    rng = np.random.default_rng(seed)
    slow = np.convolve(rng.normal(0, 1, n_beats + 400), np.ones(400) / 20, "valid")[:n_beats]
    return beats(np.clip(0.8 + 0.08 * slow + rng.normal(0, 0.03, n_beats), 0.5, 1.3))


def variability_of(
    stream: BeatStream,
    fibrillating: NDArray[np.bool_] | None = None,
    settings: VariabilitySettings = SETTINGS,
) -> Variability:
    nowhere = np.zeros(len(stream.times_s), bool)
    return heart_rate_variability(
        stream, nowhere if fibrillating is None else fibrillating, settings
    )


def by_the_book(stream: BeatStream, fibrillating: NDArray[np.bool_]) -> Variability:
    """Return the same, beat by beat, with the spectrum as Lomb's of weighted least squares."""
    t, rr, labels = stream.times_s.tolist(), stream.rr_s.tolist(), stream.labels.tolist()
    fine = [
        i
        for i in range(1, len(t))
        if labels[i] == labels[i - 1] == 0
        and not fibrillating[i]
        and not fibrillating[i - 1]
        and 0.3 <= rr[i] <= 2.0
    ]
    nn = []
    around = fine[3::-1] + fine + fine[:-5:-1]  # mirrored at both ends
    for place, i in enumerate(fine):
        middle = sorted(rr[j] for j in around[place : place + 9])[4]
        if 0.8 * middle <= rr[i] <= 1.2 * middle:
            nn.append(i)
    is_nn = set(nn)
    steps = [1000 * (rr[i] - rr[i - 1]) for i in nn if i - 1 in is_nn]
    segments: dict[int, list[int]] = {}
    days: dict[int, list[int]] = {}
    for i in nn:
        segments.setdefault(int(t[i] / 300), []).append(i)
        days.setdefault(int(t[i] / 86400), []).append(i)
    segments = {n: s for n, s in segments.items() if sum(rr[i] for i in s) >= 240}
    sdnn, sdann, triangular = [], [], []
    for day, of_day in days.items():
        if sum(rr[i] for i in of_day) < 18 * HOUR:
            continue
        sdnn.append(1000 * stdev([rr[i] for i in of_day], fmean(rr[i] for i in of_day)))
        means = [fmean(rr[i] for i in s) for n, s in segments.items() if n // 288 == day]
        sdann.append(1000 * stdev(means))
        histogram: dict[int, int] = {}
        for i in of_day:
            histogram[round(128 * rr[i])] = histogram.get(round(128 * rr[i]), 0) + 1
        triangular.append(len(of_day) / max(histogram.values()))
    pieces: dict[int, list[tuple[float, float]]] = {n: [] for n in segments}
    for time, interval in filled(stream, nn):
        pieces.get(int(time / 300), []).append((time, interval))
    powers = [lomb(piece) for piece in pieces.values()]
    lf = fmean(power[0] for power in powers) if powers else None
    hf = fmean(power[1] for power in powers) if powers else None
    long_enough = sum(rr[i] for i in nn) >= 240
    return Variability(
        nn_count=len(nn),
        nn_s=sum(rr[i] for i in nn),
        day_count=len(sdnn),
        sdnn_ms=fmean(sdnn) if sdnn else None,
        sdann_ms=fmean(sdann) if sdann else None,
        rmssd_ms=sqrt(fmean(step**2 for step in steps)) if long_enough else None,
        pnn50_percent=100 * fmean(abs(s) > 50.0005 for s in steps) if long_enough else None,
        triangular_index=fmean(triangular) if triangular else None,
        lf_ms2=lf,
        hf_ms2=hf,
        lf_hf_ratio=lf / hf if lf and hf else None,
        spectrum_s=300.0 * len(segments),
    )


def filled(stream: BeatStream, nn: list[int]) -> list[tuple[float, float]]:
    """Return (time, interval) of NN with what is missing for up to 5 s put on a line between."""
    points: list[tuple[float, float]] = []
    for i in nn:
        time, interval = float(stream.times_s[i]), float(stream.rr_s[i])
        if points:
            before, last = points[-1]
            hole = time - interval - before
            missing = round(hole / ((interval + last) / 2)) if hole <= 5 else 0
            for k in range(1, missing + 1):
                share = k / (missing + 1)
                points.append((before + share * (time - before), last + share * (interval - last)))
        points.append((time, interval))
    return points


def lomb(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Return LF and HF power of a five-minute segment from scipy's Lomb-Scargle periodogram."""
    t, nn_s = np.array(points).T
    t, nn = t % 300, 1000 * nn_s
    taper = np.sin(pi * t / 300) ** 2
    k = np.arange(12, 120)
    sines = lombscargle(
        t,
        nn - np.average(nn, weights=taper),
        2 * pi * k / 300,
        normalize="amplitude",
        weights=taper / taper.sum(),
    )
    # one sine wave spreads over neighbouring frequencies, by the taper's noise bandwidth
    spread = np.sum(taper**2) / taper.sum() ** 2 * 300 / nn_s.mean()
    power = np.abs(sines) ** 2 / 2 / spread
    return float(power[k < 45].sum()), float(power[k >= 45].sum())


def agree(found: Variability, expected: Variability, spectrum: float) -> None:
    """Hold all figures to the last digits, and powers to a share."""
    for name, value in vars(expected).items():
        ours = getattr(found, name)
        if value is None:
            assert ours is None, name
        else:
            share = spectrum if name in ("lf_ms2", "hf_ms2", "lf_hf_ratio") else 1e-9
            assert ours == pytest.approx(value, rel=share), name


def test_all_figures_agree_with_the_definitions_written_out() -> None:
    times = restless(125_000)
    rng = np.random.default_rng(2)
    classes = "".join(rng.choice(list("NSVFQ"), len(times), p=[0.97, 0.01, 0.01, 0.005, 0.005]))
    times[rng.choice(len(times), 300, replace=False)] += 0.25  # R peaks put where none is
    stream = stream_from(np.sort(times), classes, gaps_before=[0, 500, 20_000, 90_000])
    fibrillating = np.zeros(len(times), bool)
    fibrillating[30_000:33_000] = True
    expected = by_the_book(stream, fibrillating)
    assert expected.day_count == 1  # of 27 hours: the second day is too short
    assert expected.spectrum_s > 20 * HOUR
    agree(variability_of(stream, fibrillating), expected, spectrum=0.002)


@pytest.mark.parametrize("mean_s", [0.6, 0.8, 1.0, 1.2])
@pytest.mark.parametrize("hz", [0.06, 0.1, 0.1234, 0.2, 0.25, 0.35])
def test_a_sine_wave_has_half_its_squared_amplitude_in_its_band(mean_s: float, hz: float) -> None:
    found = variability_of(stream_from(tone(1800, mean_s, (hz, 0.040))))
    inside, outside = (found.lf_ms2, found.hf_ms2)[:: 1 if hz < 0.15 else -1]
    assert inside == pytest.approx(800, rel=0.02)
    assert outside is not None
    assert outside < 2


def test_two_waves_are_told_apart() -> None:
    found = variability_of(stream_from(tone(3600, 0.9, (0.1, 0.040), (0.25, 0.020))))
    assert found.lf_ms2 == pytest.approx(800, rel=0.02)
    assert found.hf_ms2 == pytest.approx(200, rel=0.02)
    assert found.lf_hf_ratio == pytest.approx(4, rel=0.03)
    assert found.spectrum_s == 3600


def with_ectopic_beats(times: NDArray[np.float64], share: float) -> str:
    classes = np.full(len(times), "N")
    n_ectopic = round(share * len(times))
    classes[np.random.default_rng(3).choice(len(times), n_ectopic, replace=False)] = "V"
    return "".join(classes)


def test_ectopic_beats_take_little_power_with_them() -> None:
    times = tone(3600, 0.9, (0.1, 0.040), (0.25, 0.020))
    found = variability_of(stream_from(times, with_ectopic_beats(times, 0.03)))
    assert found.nn_count < 0.95 * len(times)
    assert found.lf_ms2 == pytest.approx(800, rel=0.06)
    assert found.hf_ms2 == pytest.approx(200, rel=0.10)


def test_slow_rhythms_do_not_leak_where_ectopic_beats_are_left_out() -> None:
    times = tone(3600, 0.9, (0.015, 0.060), (0.25, 0.010))
    found = variability_of(stream_from(times, with_ectopic_beats(times, 0.05)))
    assert found.lf_ms2 == pytest.approx(0, abs=8)  # of 1,800 ms2 of the slow rhythm
    assert found.hf_ms2 == pytest.approx(50, rel=0.15)


def test_slow_drift_is_not_taken_for_power_in_a_band() -> None:
    nn = np.linspace(1.2, 0.6, 336)  # down by half in five minutes
    found = variability_of(stream_from(beats(nn, first_s=0.0)))
    assert found.spectrum_s == 300
    assert found.lf_ms2 == pytest.approx(0, abs=0.1)
    assert found.hf_ms2 == pytest.approx(0, abs=0.1)


def test_powers_agree_with_welch_on_a_resampled_curve() -> None:
    rng = np.random.default_rng(4)
    waves = [
        (f, a)
        for f, a in zip(np.linspace(0.05, 0.33, 12), rng.uniform(2e-3, 9e-3, 12), strict=True)
    ]
    times = tone(3 * HOUR, 0.65, *waves)
    found = variability_of(stream_from(times))
    grid = np.arange(1, times[-1], 0.25)
    curve = CubicSpline(times[1:], 1000 * np.diff(times))(grid)
    hz, density = welch(curve, 4, "hann", nperseg=1200, detrend="linear")
    low, high = (hz >= 0.04) & (hz < 0.15), (hz >= 0.15) & (hz < 0.40)
    assert found.lf_ms2 == pytest.approx(density[low].sum() / 300, rel=0.03)
    assert found.hf_ms2 == pytest.approx(density[high].sum() / 300, rel=0.03)


def test_many_segments_at_once_or_few_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = stream_from(restless(30_000))
    found = variability_of(stream)
    monkeypatch.setattr(variability, "SEGMENTS_AT_ONCE", 7)
    again = variability_of(stream)
    assert again.lf_ms2 == pytest.approx(found.lf_ms2)
    assert again.hf_ms2 == pytest.approx(found.hf_ms2)


def test_intervals_by_hand() -> None:
    # 0.80 0.90 | V | 0.80 0.84 0.80 | gap | 0.86 0.80: |10| from V on both sides is not NN
    times = beats([0.8, 0.9, 0.5, 1.1, 0.8, 0.84, 0.8, 9.0, 0.86, 0.8])
    stream = stream_from(times, "NNNVNNNNNNN", gaps_before=[8])
    normal = normal_intervals(stream, np.zeros(11, bool), SETTINGS)
    assert np.flatnonzero(normal).tolist() == [1, 2, 5, 6, 7, 9, 10]
    in_fibrillation = np.zeros(11, bool)
    in_fibrillation[6] = True
    normal = normal_intervals(stream, in_fibrillation, SETTINGS)
    assert np.flatnonzero(normal).tolist() == [1, 2, 5, 9, 10]


def test_successive_differences_do_not_reach_over_what_is_left_out() -> None:
    # a thousand pairs of NN 0.8 and 0.9 with a V after every pair: one step of 100 ms a pair
    nn = [0.8, 0.9, 0.6, 1.0] * 1000
    found = variability_of(stream_from(beats(nn), "N" + "NNVN" * 1000))
    assert found.nn_count == 2000
    assert found.rmssd_ms == pytest.approx(100)
    assert found.pnn50_percent == 100


@pytest.mark.parametrize(("step_s", "percent"), [(0.050, 0), (0.051, 100)])
def test_pnn50_counts_what_exceeds_50_ms(step_s: float, percent: float) -> None:
    found = variability_of(stream_from(beats([0.8, 0.8 + step_s] * 400, first_s=3.3)))
    assert found.pnn50_percent == percent
    assert found.rmssd_ms == pytest.approx(1000 * step_s)


def test_what_a_large_step_is_is_a_setting() -> None:
    stream = stream_from(beats([0.8, 0.83] * 400))
    assert variability_of(stream).pnn50_percent == 0
    found = variability_of(stream, settings=VariabilitySettings(large_step_ms=20))
    assert found.pnn50_percent == 100


def test_one_missed_and_one_false_beat_change_nothing() -> None:
    times = restless(90_000)
    clean = variability_of(stream_from(times))
    missed = np.delete(times, 40_000)
    false = np.sort(np.append(missed, times[60_000] + 0.3))
    found = variability_of(stream_from(false))
    assert clean.nn_count - found.nn_count == 3  # two intervals became one, one became two
    assert found.sdnn_ms == pytest.approx(clean.sdnn_ms, rel=1e-4)
    assert found.rmssd_ms == pytest.approx(clean.rmssd_ms, rel=1e-3)


def test_sinus_arrhythmia_is_no_artefact() -> None:
    # breathing four beats long, 14 % up and down: steps of over 20 % from beat to beat
    times = tone(900, 0.9, (0.25 / 0.9, 0.126))
    steps = np.abs(np.diff(np.diff(times))) / np.diff(times)[:-1]
    assert steps.max() > 0.2
    assert variability_of(stream_from(times)).nn_count == len(times) - 1


def test_triangular_index_and_deviations_by_hand() -> None:
    # 24 hours: NN of 0.75 s for the first half and 1.0 s for the second
    nn = [0.75] * (12 * HOUR * 4 // 3) + [1.0] * (12 * HOUR - 1)
    found = variability_of(stream_from(beats(nn)))
    n, m = 57_600, 43_199
    assert found.triangular_index == pytest.approx((n + m) / n)
    share = m / (n + m)
    assert found.sdnn_ms == pytest.approx(250 * sqrt(share * (1 - share)), rel=1e-4)
    assert found.sdann_ms == pytest.approx(125 * sqrt(288 / 287), rel=1e-3)
    assert found.day_count == 1


@pytest.mark.parametrize(("hours", "days"), [(17.9, 0), (18.1, 1), (24, 1), (41.9, 1), (42.1, 2)])
def test_indices_of_a_day_need_18_hours_of_it(hours: float, days: int) -> None:
    trimmed = restless(round(hours * HOUR / 0.8) + 4000)
    found = variability_of(stream_from(trimmed[trimmed < hours * HOUR]))
    assert found.day_count == days
    for value in (found.sdnn_ms, found.sdann_ms, found.triangular_index):
        assert (value is None) == (days == 0)
    assert found.rmssd_ms is not None


def test_hours_in_fibrillation_do_not_count_towards_the_18() -> None:
    times = restless(110_000)
    times = times[times < 24 * HOUR]
    assert variability_of(stream_from(times)).day_count == 1
    found = variability_of(stream_from(times), times < 6.5 * HOUR)
    assert found.day_count == 0
    assert found.sdnn_ms is None
    assert found.nn_s == pytest.approx(17.5 * HOUR, rel=0.001)
    assert found.spectrum_s == 17.5 * HOUR


def test_of_several_days_the_mean_is_given() -> None:
    # a steady day at 0.8 s, and a day that alternates between 0.75 and 0.85 s
    nn = [0.8] * 108_000 + [0.75, 0.85] * 54_000
    found = variability_of(stream_from(beats(nn, first_s=0.0)))
    assert found.day_count == 2
    assert found.sdnn_ms == pytest.approx((0 + 50) / 2, rel=0.01)
    assert found.triangular_index == pytest.approx((1 + 2) / 2, rel=0.001)


def test_ten_minutes_give_short_indices_only() -> None:
    times = tone(602, 0.8, (0.25, 0.020))
    found = variability_of(stream_from(times))
    assert found.sdnn_ms is found.sdann_ms is found.triangular_index is None
    assert found.rmssd_ms is not None
    assert found.hf_ms2 == pytest.approx(200, rel=0.02)
    assert found.spectrum_s == 600


def test_a_segment_with_too_few_nn_makes_no_spectrum() -> None:
    times = tone(600, 0.8, (0.25, 0.020))
    classes = "".join("V" if 100 < t < 170 else "N" for t in times)
    assert variability_of(stream_from(times, classes)).spectrum_s == 300
    classes = "".join("V" if 100 < t < 150 else "N" for t in times)
    assert variability_of(stream_from(times, classes)).spectrum_s == 600


@pytest.mark.parametrize(
    ("times", "classes", "nn_count"),
    [
        ([], "", 0),
        ([5.0], "N", 0),
        ([5.0, 5.8], "NN", 1),
        ([5.0, 5.8], "NV", 0),
        ([5.0, 5.8, 6.6, 7.4], "VVVV", 0),
        ([5.0, 8.1, 11.2], "NNN", 0),
    ],
)
def test_too_little_gives_nothing(times: list[float], classes: str, nn_count: int) -> None:
    found = variability_of(stream_from(np.array(times, np.float64), classes))
    assert found.nn_count == nn_count
    assert found.nn_s == pytest.approx(0.8 * nn_count)
    assert found.spectrum_s == found.day_count == 0
    figures = {name: value for name, value in vars(found).items() if name.endswith(("ms", "ms2"))}
    assert set(figures.values()) == {None}
    assert found.pnn50_percent is found.triangular_index is found.lf_hf_ratio is None


def test_all_in_fibrillation_gives_nothing() -> None:
    stream = stream_from(restless(5000))
    found = variability_of(stream, np.ones(5001, bool))
    assert found == Variability(0, 0.0, 0, *[None] * 8, 0.0)


def test_a_rhythm_without_any_variability_has_no_ratio() -> None:
    found = variability_of(stream_from(np.arange(0, 900, 0.75)))
    assert found.rmssd_ms == 0
    assert found.lf_ms2 == pytest.approx(0, abs=1e-9)
    assert found.hf_ms2 == pytest.approx(0, abs=1e-9)
    assert found.lf_hf_ratio is None


@pytest.mark.parametrize("record", ["100", "24"])
def test_a_reference_stream_agrees_with_the_definitions(data_dir: Path, record: str) -> None:
    known = reference(data_dir / "rhythm" / record)
    stream, fibrillating = known.stream, marked_fibrillation(known)
    expected = by_the_book(stream, fibrillating)
    assert expected.day_count == 1 or fibrillating.mean() > 0.1
    assert 10 * HOUR < expected.spectrum_s <= 24 * HOUR
    agree(variability_of(stream, fibrillating), expected, spectrum=0.01)


def marked_fibrillation(record: Reference) -> NDArray[np.bool_]:
    """Return which beats the database's rhythm marks put into atrial fibrillation or flutter."""
    inside = np.array([False, *(text.startswith(("(AFIB", "(AFL")) for _, text in record.marks)])
    starts = [sample for sample, _ in record.marks]
    return inside[np.searchsorted(starts, record.samples, side="right")]
