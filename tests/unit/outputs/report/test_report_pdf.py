"""The report as a PDF, read back from what it draws."""

import copy
import logging
import re
import sys
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from pdf_streams import streams
from synthetic_summary import made_up_graphics, made_up_summary, summary_of

from deepecg.errors import SettingsError
from deepecg.outputs.report.report_page import render_report
from deepecg.outputs.report.report_pdf import refuse_missing_weasyprint, report_pages, report_pdf
from deepecg.study import Study

pytest.importorskip("weasyprint", reason="needs WeasyPrint and Pango", exc_type=OSError)

MM_PER_POINT = 25.4 / 72
THICK = "0.933333 0.701961 0.65098 RG"
"""The thick lines of the paper, #eeb3a6."""
PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG image of one pixel."""

Point = tuple[float, float]


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(summary_of(made_up_summary()), made_up_graphics())


@pytest.fixture(scope="module")
def pdf(html: str) -> bytes:
    return report_pdf(html)


def lines(drawing: str, colour: str) -> list[list[Point]]:
    """Return the paths that are stroked in a colour, in millimetres on paper."""
    matrix, stack, found, path, current = np.eye(3), [], [], [], ""
    for step in drawing.splitlines():
        *numbers, operator = step.split(" ")
        if operator == "q":
            stack.append((matrix, current))
        elif operator == "Q":
            matrix, current = stack.pop()
        elif operator == "cm":
            a, b, c, d, e, f = map(float, numbers)
            matrix = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ matrix
        elif operator == "RG":
            current = step
        elif operator in ("m", "l"):
            x, y, _ = np.array([*map(float, numbers), 1]) @ matrix
            path.append((x * MM_PER_POINT, y * MM_PER_POINT))
        elif operator in ("S", "s", "n", "f", "B", "f*"):
            if operator == "S" and current == colour:
                found.append(path)
            path = []
    return found


def test_a_square_of_the_paper_is_5_mm(pdf: bytes) -> None:
    sides = []
    for drawing in streams(pdf):
        for path in lines(drawing, THICK):
            for axis in (0, 1):
                places = np.unique(np.round([point[axis] for point in path], 6))
                sides.append(np.diff(places))
    assert len(sides) > 2 * len(made_up_graphics().strips)
    np.testing.assert_allclose(np.concatenate(sides), 5, atol=0.05)


def test_traces_are_drawn_at_25_mm_a_second_and_10_mm_a_millivolt(pdf: bytes) -> None:
    ink = "0.043137 0.070588 0.094118 RG"  # the trace, #0b1218
    drawn = [path for drawing in streams(pdf) for path in lines(drawing, ink)]
    strip = made_up_graphics().strips[0]
    signal_mv = strip.signal_mv[0].astype(float)
    found = next(np.array(path) for path in drawn if len(set(path)) > len(signal_mv) - 5)
    found = found[-len(signal_mv) :]  # a move may be repeated
    seconds = (found[:, 0] - found[0, 0]) / 25
    np.testing.assert_allclose(seconds, np.arange(len(signal_mv)) / strip.rate_hz, atol=0.004)
    height_mv = (found[:, 1] - found[0, 1]) / 10
    np.testing.assert_allclose(height_mv, signal_mv - signal_mv[0], atol=0.01)


def test_pages_are_a4(pdf: bytes) -> None:
    objects = "".join(streams(pdf, b"/MediaBox"))
    boxes = re.findall(r"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", objects)
    assert len(boxes) > 4
    for width, height in boxes:
        assert float(width) * MM_PER_POINT == pytest.approx(210, abs=0.1)
        assert float(height) * MM_PER_POINT == pytest.approx(297, abs=0.1)


@pytest.mark.parametrize(
    ("n_urgent", "n_notable", "codes"),
    [(3, 1, ()), (8, 6, ()), (4, 4, ("time_lost", "clock_drift", "impossible_amplitude"))],
)
def test_the_first_page_is_whole_and_nothing_else_is_on_it(
    n_urgent: int, n_notable: int, codes: tuple[str, ...]
) -> None:
    summary = copy.deepcopy(made_up_summary("2026-10-24T09:30:00"))
    crowded = n_urgent > 3
    if crowded:
        urgent, notable = summary["urgent"], summary["notable"]
        text = "12 supraventricular tachycardias longer than 30 s; the longest 12 min at 160/min"
        summary["urgent"] = [urgent[n % 3] | {"message": text} for n in range(n_urgent)]
        summary["notable"] = [notable[0] | {"message": text} for _ in range(n_notable)]
        summary["recording"]["time_zone"] = "Europe/Zurich"  # clocks were put back in this night
    if codes:
        summary["recording"]["lost_s"] = 43_200.0
        summary["warnings"] = [{"code": code, "message": "found one"} for code in codes]
    page = render_report(summary_of(summary), made_up_graphics(), Study(patient_label="x" * 90))
    first, second, *_ = report_pages(page).pages
    assert {"glance", "trend", "findings", "conclusion", "advisory"} <= set(first.anchors)
    assert "events" not in first.anchors
    assert "events" in second.anchors
    assert ("clocks were put back by 1 h" in page) == crowded


def test_nothing_is_loaded_and_nothing_is_logged(
    html: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "pixel.png"
    picture.write_bytes(PIXEL)
    images = f'<img src="{picture.as_uri()}"><img src="https://example.org/pixel.png">'
    with caplog.at_level(logging.DEBUG):
        pdf = report_pdf(html.replace("<main", f"{images}<main").replace("<style>", "<style>a{b}"))
    assert b"/Subtype /Image" not in pdf
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert capfd.readouterr() == ("", "")


def test_what_a_drawing_uses_of_another_is_copied_into_it() -> None:
    page = """<html><head><style>:root { --v: #a84300; } .line { fill: none; stroke: var(--v); }
    @media screen { .line { stroke: red; } } @media print { .dot { fill: blue; } }</style></head>
    <body><svg><defs><g id="paper"><path class="line" d="M0 0H9V9"/></g></defs></svg>
    <svg id="other"><use href="#paper"/><circle class="dot" r="2"/></svg></body></html>"""
    drawn = "".join(streams(report_pdf(page)))
    assert len(lines(drawn, "0.658824 0.262745 0 RG")) == 1
    assert "0 0 1 rg" in drawn


def test_without_weasyprint_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(SettingsError, match=r"pip install 'deepecg\[pdf\]'.*libpangoft2-1\.0-0"):
        refuse_missing_weasyprint()
