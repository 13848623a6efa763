"""The start in the header, in all forms that are seen."""

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import edfio
import numpy as np
import pytest
from unit.readers.recording_content import codes
from unit.readers.test_edf import damaged, patch

from deepecg.readers.edf_start import edf_start
from deepecg.readers.open_recording import open_recording

NINE = datetime(2024, 3, 1, 9, 30)


def header(recording: str = "", day: str = "01.03.24", clock: str = "09.30.00") -> bytes:
    return (
        b"0".ljust(88)
        + recording.encode("latin-1").ljust(80)
        + day.encode("latin-1").ljust(8)
        + clock.encode("latin-1").ljust(8)
        + b" " * 72
    )


@pytest.mark.parametrize(
    "day",
    ["01.03.24", "01/03/24", "01-03-24", "01:03:24", "1.3.24", " 1. 3.24", "1.3.2024", "01032024",
     "010324", "2024-3-1", "20240301"],
)  # fmt: skip
@pytest.mark.parametrize(
    "clock", ["09.30.00", "09:30:00", "09-30-00", "9.30.0", " 9:30: 0", "093000"]
)
def test_forms_of_the_plain_date_and_time(day: str, clock: str) -> None:
    warnings: dict[str, str] = {}
    assert edf_start(header("", day, clock), 0.0, warnings) == NINE
    assert not warnings


@pytest.mark.parametrize(
    ("year", "expected"), [("84", 2084), ("85", 1985), ("99", 1999), ("00", 2000)]
)
def test_years_of_two_digits_are_those_of_1985_to_2084(year: str, expected: int) -> None:
    assert edf_start(header("", f"02.03.{year}"), 0.0, {}) == datetime(expected, 3, 2, 9, 30)


@pytest.mark.parametrize(
    "recording",
    ["Startdate 01-MAR-2024 X X X", "startdate 1-mar-2024", "Startdate 01-MRZ-2024 X X X",
     "Startdate 01-mär-2024 X", "Startdate 01-brz-2024 X", "Startdate 01-03-2024"],
)  # fmt: skip
def test_month_of_edf_plus_in_any_language(recording: str) -> None:
    warnings: dict[str, str] = {}
    assert edf_start(header(recording), 0.0, warnings) == NINE
    assert not warnings


@pytest.mark.parametrize(
    ("day", "code"), [("02.03.24", "bad_start"), ("01.01.85", None), ("", None)]
)
def test_date_of_edf_plus_wins(day: str, code: str | None) -> None:
    warnings: dict[str, str] = {}
    assert edf_start(header("Startdate 01-MAR-2024 X X X", day), 0.0, warnings) == NINE
    assert list(warnings) == ([code] if code else [])


@pytest.mark.parametrize(
    ("recording", "day", "clock"),
    [
        ("", "01.01.85", "09.30.00"),
        ("", "99.99.99", "09.30.00"),
        ("", "xx.xx.xx", "09.30.00"),
        ("", "", "09.30.00"),
        ("", "01.03.20", "2409.30."),  # a year of four digits, into the field of the time
        ("", "01.03.24", "25.00.00"),
        ("", "01.03.24", ""),
        ("Startdate X X X X", "01.03.24", "09.30.00"),
    ],
)
def test_anonymised_or_impossible_start(recording: str, day: str, clock: str) -> None:
    warnings: dict[str, str] = {}
    assert edf_start(header(recording, day, clock), 0.0, warnings) is None
    assert list(warnings) == ["no_start"]


@pytest.mark.parametrize("onset", [1e12, -1e12])
def test_an_onset_outside_the_calendar_leaves_no_start(onset: float) -> None:
    warnings: dict[str, str] = {}
    assert edf_start(header(), onset, warnings) is None
    assert list(warnings) == ["no_start"]


@pytest.mark.parametrize(
    "change", [patch(168, b"01.01.85"), patch(176, b"xx"), patch(88, b"Startdate X X X X", 80)]
)
def test_a_bad_start_never_costs_the_file(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    recording = open_recording(damaged(tmp_path, patch(88, b"", 80), change))
    assert recording.start is None
    assert codes(recording) == ["no_start"]


def test_fraction_of_a_second_as_edfio_writes_it(tmp_path: Path) -> None:
    """pyedflib 0.1.42 writes ten times the fraction, and reads a tenth of it."""
    edfio.Edf(
        [edfio.EdfSignal(np.zeros(2000), 200, label="ECG", physical_dimension="mV")],
        starttime=time(9, 30, 0, 394_531),
        recording=edfio.Recording(startdate=date(2024, 3, 1)),
        annotations=[],
    ).write(tmp_path / "a.edf")
    assert open_recording(tmp_path / "a.edf").start == NINE.replace(microsecond=394_531)
