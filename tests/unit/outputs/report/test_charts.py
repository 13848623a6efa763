"""What the report draws, read back from its paths."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from synthetic_summary import made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.graphics.ecg_strips import Cut, Strip
from deepecg.outputs.graphics.heart_rate_trend import Trend
from deepecg.outputs.graphics.rr_plots import Poincare, RrHistogram
from deepecg.outputs.report.ecg_paper import strip_picture
from deepecg.outputs.report.hourly_bars import hours_picture
from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.rr_charts import histogram_picture, poincare_picture
from deepecg.outputs.report.trend_chart import TrendChart

CLOCK = Clock(datetime(2024, 3, 1, 9, 30), 7200.0)


def strip(**changes: Any) -> Strip:
    return replace(made_up_graphics().strips[0], **changes)


def rectangles(path: str) -> list[tuple[float, float, float, float]]:
    """Return x, y, width and height of the rectangles of a path."""
    found = re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z", path)
    return [tuple(map(float, numbers)) for numbers in found]  # type: ignore[misc]


def trend(n: int, **changes: Any) -> Trend:
    none = np.zeros(n, np.int64)
    whole = Trend(10.0, np.full(n, 70.0), none, none, np.ones(n), np.zeros(n))
    return replace(whole, **changes)


def test_intervals_on_a_strip_are_those_of_its_beats() -> None:
    picture = strip_picture(
        strip(
            beat_times_s=np.array([0.5, 1.3, 2.55, 5.0]),
            rr_s=np.array([0.9, 0.8, 1.25, np.nan]),
            beat_classes="NVNN",
        )
    )
    assert [letter.rr_ms for letter in picture.letters] == ["", "800", "1250", ""]
    assert [letter.name for letter in picture.letters] == list("NVNN")
    # 10 mm of paper, then 25 mm a second; the number stands in the middle of its interval
    assert [letter.x for letter in picture.letters] == pytest.approx([22.5, 42.5, 73.75, 135])
    assert picture.letters[2].rr_x == pytest.approx((42.5 + 73.75) / 2)


def test_lost_signal_is_hatched_and_not_drawn() -> None:
    picture = strip_picture(
        strip(
            rate_hz=100.0,
            signal_mv=np.full((1, 600), 0.5, np.float32),
            lost=(((1.0, 2.0), (5.8, 6.0)),),
        )
    )
    assert [(gap.x, gap.width, gap.is_named) for gap in picture.lost] == [
        (35.0, 25.0, True),
        (pytest.approx(155.0), pytest.approx(5.0), False),
    ]
    (lead,) = picture.leads
    pieces = re.findall(r"M(\d+) -50l((?:1\+0 ?)+)", lead.path)
    assert [(int(first), len(steps.split())) for first, steps in pieces] == [(0, 99), (200, 379)]


def test_what_is_lost_does_not_make_the_paper_higher() -> None:
    signal = np.zeros((1, 600), np.float32)
    signal[0, 150] = 9
    assert strip_picture(strip(rate_hz=100.0, signal_mv=signal)).is_beyond
    lost = (((1.0, 2.0),),)
    assert not strip_picture(strip(rate_hz=100.0, signal_mv=signal, lost=lost)).is_beyond


def test_a_strip_of_which_all_is_lost_is_paper_only() -> None:
    picture = strip_picture(strip(lost=(((0.0, 6.0),),)))
    assert [lead.path for lead in picture.leads] == [""]
    assert picture.height > 0


@pytest.mark.parametrize(("most_mv", "is_beyond"), [(2.9, False), (3.1, True), (-3.1, True)])
def test_a_strip_says_whether_the_trace_leaves_the_paper(most_mv: float, is_beyond: bool) -> None:
    signal = np.zeros((1, 100), np.float32)
    signal[0, 50] = most_mv
    assert strip_picture(strip(signal_mv=signal)).is_beyond == is_beyond


def test_leads_lie_one_above_the_other_with_room_for_their_waves() -> None:
    """Lead II rises 2 mV and falls 0.5 mV, V1 rises 0.6 mV and falls 1.5 mV: in boxes of 5 mm."""
    signal = np.zeros((2, 600), np.float32)
    signal[0, [100, 300]] = 2.0, -0.5
    signal[1, [100, 300]] = 0.6, -1.5
    picture = strip_picture(strip(leads=("II", "V1"), signal_mv=signal, lost=((), ((1.0, 2.0),))))
    # 10 mm of letters; 20 mm up to 2 mV; then 5 mm down, and 10 mm up (1 mV at least)
    assert [lead.baseline for lead in picture.leads] == [30, 45]
    assert picture.height == 65  # 15 mm down, and the bar below them
    (gap,) = picture.lost
    assert (gap.y, gap.y + gap.height) == (35, 60)


def test_twelve_leads_fit_on_a_page_of_a4() -> None:
    signal = np.zeros((12, 600), np.float32)
    signal[:, 100], signal[:, 200] = 2.5, -2.5
    names = tuple(f"lead {number}" for number in range(12))
    picture = strip_picture(strip(leads=names, signal_mv=signal, lost=12 * ((),)))
    apart = np.diff([lead.baseline for lead in picture.leads])
    assert picture.height < 297 - 17 - 15 - 20  # margins and caption
    assert apart.max() - apart.min() <= 1


def test_where_a_strip_is_cut_the_trace_is_interrupted() -> None:
    signal = np.full((1, 600), 0.5, np.float32)
    signal[0, 300:340] = np.nan
    cut = Cut(3.0, 3.4, 100.0)
    picture = strip_picture(strip(rate_hz=100.0, signal_mv=signal, cut=cut))
    assert picture.cut
    assert (picture.cut.x, picture.cut.width) == (10 + 25 * 3, pytest.approx(25 * 0.4))
    pieces = re.findall(r"M(\d+) -50l((?:1\+0 ?)+)", picture.leads[0].path)
    assert [(int(first), len(steps.split())) for first, steps in pieces] == [(0, 299), (340, 259)]


def test_bars_of_the_hours_are_as_high_as_their_counts() -> None:
    hours = summary_of(made_up_summary()).hours
    picture = hours_picture(hours, CLOCK)
    row = next(row for row in picture.rows if row.group == "ventricular")
    heights = [height for *_, height in rectangles(row.path)]
    counts = [hour.ventricular_count for hour in hours if hour.ventricular_count]
    assert len(heights) == len(counts) == 24
    np.testing.assert_allclose(
        np.array(heights) / heights[-1], np.array(counts) / counts[-1], atol=0.002
    )


def test_cells_of_the_poincare_plot_lie_where_their_intervals_are() -> None:
    count = np.zeros((100, 100), np.int64)
    count[40, 30] = 5  # the next interval is longer: above the diagonal
    count[30, 40] = 1
    picture = poincare_picture(Poincare(20.0, 200.0, count))

    def ms(path: str) -> tuple[float, float]:
        """Return the middle of a cell, read at the ticks of the axes."""
        ((x, y, width, height),) = rectangles(path)
        at = [float(place) for place, _ in picture.ticks]
        told = [float(text.replace(",", "")) for _, text in picture.ticks]
        slope = (told[-1] - told[0]) / (at[-1] - at[0])
        across = told[0] + (x + width / 2 - picture.left - at[0]) * slope
        up = told[0] + (picture.bottom - y - height / 2 - at[0]) * slope
        return across, up

    paths = [path for path, _ in picture.levels if path]
    assert len(paths) == 2
    assert ms(paths[0]) == pytest.approx((1010, 810), abs=3)
    assert ms(paths[1]) == pytest.approx((810, 1010), abs=3)


def test_the_histogram_shows_all_but_a_thousandth() -> None:
    count = np.zeros(100, np.int64)
    count[50] = 10_000
    count[20] = 30  # three in a thousand are not few
    picture = histogram_picture(RrHistogram(20.0, 200.0, count, count))
    assert (picture.n_shorter, picture.n_longer) == (0, 0)
    count[20], count[10] = 0, 3
    picture = histogram_picture(RrHistogram(20.0, 200.0, count, count))
    assert (picture.n_shorter, picture.n_longer) == (3, 0)


@pytest.mark.parametrize("n", [720, 9000])
def test_a_bin_with_any_fibrillation_or_lost_time_is_seen(n: int) -> None:
    """Of 720 bins each has more than a pixel, of 9,000 less."""
    share = np.zeros(n)
    share[[100, 400]] = (0.05, 1.0)
    shown = trend(n, fibrillation_share=share, analysable_share=1 - share)
    drawn = TrendChart(shown, CLOCK).picture()
    for lane in drawn.lanes[2:]:
        spans = rectangles(lane.path)
        bin_width = drawn.view_width / n
        assert [x for x, *_ in spans] == pytest.approx(
            [100 * bin_width, 400 * bin_width], abs=0.001
        )
        assert [width for *_, width, _ in spans] == pytest.approx([bin_width] * 2, abs=0.001)


def test_every_bin_of_the_heart_rate_is_drawn() -> None:
    bpm = np.linspace(50, 150, 9000)
    bpm[4500] = 30.0  # one bin of ten seconds in 25 hours
    drawn = TrendChart(trend(9000, mean_bpm=bpm), CLOCK).picture()
    points = np.array(re.findall(r"([\d.]+) ([\d.]+)", drawn.curve), float)
    assert len(points) == 9000
    np.testing.assert_allclose(points[:, 0], (np.arange(9000) + 0.5) * 930 / 9000, atol=0.001)
    places, texts = zip(*drawn.rate_ticks, strict=True)
    slope = (float(texts[-1]) - float(texts[0])) / (places[-1] - places[0])
    read_bpm = float(texts[0]) + (points[:, 1] - places[0]) * slope
    np.testing.assert_allclose(read_bpm, bpm, atol=0.1)


def test_beats_are_counted_by_the_minute() -> None:
    count = np.zeros(360, np.int64)
    count[[0, 5, 6]] = (1, 2, 6)  # three in the first minute, six in the second
    lane = TrendChart(trend(360, ventricular_count=count), CLOCK).picture().lanes[0]
    (x, _, width, low), (second_x, _, _, high) = rectangles(lane.path)
    assert lane.most == "≤ 6/min"
    assert high == pytest.approx(2 * low)
    assert (x, second_x) == (0, pytest.approx(width, abs=0.001))
    assert width == pytest.approx(930 / 60, abs=0.001)


def test_a_bin_between_unknown_ones_is_a_point_on_paper() -> None:
    bpm = np.array([np.nan, 80.0, np.nan])
    curve = TrendChart(trend(3, mean_bpm=bpm), CLOCK).picture().curve
    assert re.fullmatch(r"M(\S+ \S+)L\1", curve)


def test_a_recording_that_ends_after_the_year_9999_has_no_times_of_day() -> None:
    clock = Clock(datetime(9999, 12, 31, 23, 59), 7200.0)
    assert not clock.is_known
    assert clock.at(61) == "+0:01:01"
    assert clock.days == []
    assert Clock(datetime(9999, 12, 30), 3600.0).at(61) == "00:01:01"
