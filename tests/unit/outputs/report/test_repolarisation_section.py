import copy
import re
from typing import Any

import msgspec
import pytest
from synthetic_summary import made_up_graphics, made_up_summary, summary_of

from deepecg.outputs.report.recording_clock import Clock
from deepecg.outputs.report.repolarisation_chart import repolarisation_picture
from deepecg.outputs.report.report_page import render_report


def section(begin: str = '<section id="repolarisation"', **changes: Any) -> str:
    """Return what is read from a place to its section's end; paths of changes have ``__``."""
    document = copy.deepcopy(made_up_summary())
    for path, value in changes.items():
        block, key = path.split("__")
        document[block][key] = value
    html = render_report(summary_of(document), made_up_graphics())
    part = html[html.index(begin) :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part[: part.index("</section>")]))


def test_values_are_there_with_their_times_and_what_they_are_not() -> None:
    text = section()
    for words in (
        "Screening, not a diagnosis",
        "QTc (Fridericia), median 409 ms",
        "447 ms at 16:27:00 (QT 461 ms at 55 bpm )",
        "II 0.03 -0.19 0.09 0.4 19 h 47 min 10 s",
        "atrial fibrillation or flutter 1 h 6 min 50 s; ectopic beats",
        "20:36:50 3 min 10 s II -0.22 20:38:30 -0.19 -0.7 112.4 gradual",
    ):
        assert words in re.sub(r"(\d) +(ms|bpm)", r"\1 \2", text)


def test_page_one_has_the_values_in_a_line_or_why_there_are_none() -> None:
    def line(**changes: Any) -> str:
        text = section('<p class="known"><strong>QT interval', **changes)
        return re.sub(r" +([,.])", r"\1", text[: text.index("see the values")]).strip()

    assert line() == (
        "QT interval: median QTc 409 ms, longest 447 ms at 16:27:00. "
        "ST segment: 1 deviation of 0.10 mV or more. Screening:"
    )
    nothing = line(st_segment__not_assessed="wide_qrs", qt_interval__not_assessed="paced")
    assert nothing == (
        "QT interval: not assessed (pacemaker). "
        "ST segment: not assessed (wide QRS complexes). Screening:"
    )
    assert "no deviation of 0.10 mV or more" in line(st_segment__episode_count=0)


def test_an_abrupt_episode_says_what_it_may_be() -> None:
    (episode,) = made_up_summary()["st_segment"]["episodes"]
    text = section(st_segment__episodes=[episode | {"abrupt": True}])
    assert "within seconds, as with posture, electrodes or conduction" in text


def test_no_episode_is_a_finding_of_its_own_with_its_limits() -> None:
    text = section(st_segment__episodes=[], st_segment__episode_count=0)
    assert "No ST deviation of 0.10 mV or more for 1 min was found where" in text


def test_what_is_not_assessed_shows_its_reason_and_no_number() -> None:
    (lead,) = made_up_summary()["st_segment"]["leads"]
    nothing = dict.fromkeys(("median_qt_ms", "median_qtc_ms", "mean_qtc_ms", "longest"))
    text = section(
        st_segment__not_assessed="wide_qrs",
        st_segment__episodes=[],
        st_segment__leads=[lead | {"trend_level_mv": [None] * 288}],
        qt_interval__not_assessed="paced",
        qt_interval__trend_qtc_ms=[None] * 288,
        **{f"qt_interval__{key}": value for key, value in nothing.items()},
    )
    assert "ST segment: not assessed Measure Value Not assessed because of wide QRS" in text
    assert "Not assessed because of pacemaker" in text
    assert "No ST deviation" not in text
    assert not re.search(r"\d ms|not known", text)


def test_the_chart_shows_each_trend_within_its_axis_and_shades_the_episode() -> None:
    summary = summary_of(made_up_summary())
    clock = Clock(None, 86_400.0)
    picture = repolarisation_picture(summary.st_segment, summary.qt_interval, 86_400.0, clock)
    assert picture is not None
    assert [row.title for row in picture.rows] == ["ST level in mV, lead II", "QTc in ms"]
    for row in picture.rows:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", row.curve)]
        assert all(row.y <= y <= row.y + row.height for y in numbers[1::2])
    x_of = (picture.width - picture.left - 8) / 86_400
    begin = float(re.findall(r"[\d.]+", picture.rows[0].bands)[0])
    assert begin == pytest.approx(picture.left + 40_010 * x_of, abs=0.1)
    assert picture.rows[1].bands == ""


def test_without_any_value_there_is_no_chart() -> None:
    summary = summary_of(made_up_summary())
    (lead,) = summary.st_segment.leads
    st = msgspec.structs.replace(
        summary.st_segment, leads=(msgspec.structs.replace(lead, trend_level_mv=(None,) * 3),)
    )
    qt = msgspec.structs.replace(summary.qt_interval, trend_qtc_ms=(None,) * 3)
    assert repolarisation_picture(st, qt, 900.0, Clock(None, 900.0)) is None
