from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepecg.outputs.graphics.heart_rate_trend import Trend, heart_rate_trend
from deepecg.outputs.graphics.settings import TrendSettings
from deepecg.rhythm.atrial_fibrillation import Fibrillation
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.rhythm.episode import Episode


def stream_of(
    times_s: Sequence[float], classes: str, duration_s: int, bad: Sequence[int] = ()
) -> BeatStream:
    times = np.asarray(times_s, np.float64)
    analysable = np.ones(duration_s, bool)
    analysable[list(bad)] = False
    return BeatStream.of_labels(
        times,
        np.diff(times, prepend=np.nan),
        np.array(["NSVFQ".index(name) for name in classes], np.int64),
        np.ones(len(times), bool),
        analysable,
    )


def fibrillation_of(stream: BeatStream, *spans_s: tuple[float, float]) -> Fibrillation:
    inside = np.zeros(len(stream.times_s), bool)
    episodes = []
    for begin, end in spans_s:
        inside |= (stream.times_s >= begin) & (stream.times_s <= end)
        episodes.append(Episode(0, 1, begin, end - begin, 90.0))
    return Fibrillation(tuple(episodes), inside, 0.0, 0.0, None, None)


def trend_of(stream: BeatStream, *spans_s: tuple[float, float]) -> Trend:
    return heart_rate_trend(stream, fibrillation_of(stream, *spans_s), TrendSettings())


def test_a_bin_has_the_mean_rate_of_the_intervals_that_end_in_it() -> None:
    # 0.5 s apart to 10.5 s, 1 s apart after: of the second bin's intervals one is 0.5 s long
    times = [*np.arange(0.5, 11, 0.5), *np.arange(11.5, 20)]
    trend = trend_of(stream_of(times, "N" * len(times), 20))
    assert trend.bin_s == 10
    # The first bin's 19 intervals, and in the second those that end at 10, 10.5, 11.5 ... 19.5
    assert trend.mean_bpm == pytest.approx([120, 60 * 11 / (2 * 0.5 + 9 * 1.0)])


def test_a_bin_in_which_no_interval_ends_has_no_rate() -> None:
    stream = stream_of([1, 2, 3, 35, 36], "NNNNN", 50, bad=range(5, 30))
    stream.rr_s[3] = np.nan
    trend = trend_of(stream)
    assert np.isnan(trend.mean_bpm).tolist() == [False, True, True, False, True]
    assert trend.mean_bpm[[0, 3]] == pytest.approx([60, 60])
    assert trend.analysable_share == pytest.approx([0.5, 0, 0, 1, 1])


def test_ectopic_beats_are_counted_where_they_are() -> None:
    stream = stream_of([1, 2, 12, 13, 19.99, 20, 29.5], "VVSVSSN", 30)
    trend = trend_of(stream)
    assert trend.ventricular_count.tolist() == [2, 1, 0]
    assert trend.supraventricular_count.tolist() == [0, 2, 1]


def test_ectopic_beats_are_counted_by_class_and_bin() -> None:
    trend = trend_of(stream_of([1, 5, 6, 7, 15], "SNVNS", 20), (4, 8))
    assert trend.supraventricular_count.tolist() == [1, 1]
    assert trend.ventricular_count.tolist() == [1, 0]


def test_fibrillation_is_shared_out_over_the_bins_that_it_touches() -> None:
    stream = stream_of([1, 2, 3], "NNN", 55)
    trend = trend_of(stream, (2.5, 5), (7, 24), (52, 55))
    # 2.5 + 3 s of the first bin, all of the second, 4 s of the third; the last bin has 5 s
    assert trend.fibrillation_share == pytest.approx([0.55, 1, 0.4, 0, 0, 0.6])


def test_the_last_bin_is_shared_by_the_seconds_it_has() -> None:
    trend = trend_of(stream_of([1, 2, 3], "NNN", 13, bad=[12]))
    assert trend.analysable_share == pytest.approx([1, 2 / 3])


def test_a_beat_after_the_last_whole_second_is_in_the_last_bin() -> None:
    trend = trend_of(stream_of([1, 2, 20.3], "NNV", 20))
    assert trend.ventricular_count.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("hours", "bin_s", "n_bins"),
    [(24, 10, 8640), (28, 10, 10_080), (28.01, 20, 5042), (48, 20, 8640), (14 * 24, 120, 10_080)],
)
def test_longer_recordings_have_longer_bins(hours: float, bin_s: float, n_bins: int) -> None:
    trend = trend_of(stream_of([1, 2, 3], "NNN", round(hours * 3600)))
    assert trend.bin_s == bin_s
    assert len(trend.mean_bpm) == len(trend.fibrillation_share) == n_bins


@given(
    st.lists(st.floats(0.2, 3), min_size=3, max_size=80),
    st.text("NSV", min_size=80, max_size=80),
    st.lists(st.floats(0, 1), min_size=4, max_size=4, unique=True),
)
def test_bins_add_up_to_the_recording(rr_s: list[float], classes: str, shares: list[float]) -> None:
    times = np.cumsum(rr_s)
    duration_s = int(times[-1]) + 1
    stream = stream_of(times, classes[: len(times)], duration_s, bad=range(0, duration_s, 7))
    a, b, c, d = sorted(share * duration_s for share in shares)
    trend = trend_of(stream, (a, b), (c, d))
    lengths = np.minimum(10, duration_s - 10 * np.arange(len(trend.mean_bpm)))
    assert trend.ventricular_count.sum() == classes[: len(times)].count("V")
    assert (trend.analysable_share * lengths).sum() == pytest.approx(stream.analysable.sum())
    assert (trend.fibrillation_share * lengths).sum() == pytest.approx(b - a + d - c)
    assert (trend.fibrillation_share <= 1 + 1e-9).all()
    known = trend.mean_bpm[~np.isnan(trend.mean_bpm)]
    fastest, slowest = 60 / min(rr_s[1:]), 60 / max(rr_s[1:])
    assert (known <= fastest * (1 + 1e-9)).all()
    assert (known >= slowest * (1 - 1e-9)).all()
