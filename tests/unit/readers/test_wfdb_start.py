"""Starts in the forms that headers have; the right times are those of header(5)."""

from datetime import datetime

import pytest

from deepecg.readers.wfdb_start import parse_start


@pytest.mark.parametrize(
    ("when", "start"),
    [
        ("", None),
        (" 9:30:00 31/01/2003", datetime(2003, 1, 31, 9, 30)),
        (" 09:30:00.250 31/01/2003", datetime(2003, 1, 31, 9, 30, 0, 250_000)),
        (" 9:5:7\t1/2/2003 ", datetime(2003, 2, 1, 9, 5, 7)),
        ("    31:51.982 09/10/2024", datetime(2024, 10, 9, 0, 31, 51, 982_000)),
        (" 7.5 09/10/2024", datetime(2024, 10, 9, 0, 0, 7, 500_000)),
        (" 45:12 09/10/2024", datetime(2024, 10, 9, 0, 45, 12)),
        (" 0:00 01/01/2001", datetime(2001, 1, 1)),
        (" 10:00:00.123456789 01/01/2001", datetime(2001, 1, 1, 10, 0, 0, 123_456)),
        (" [09:30:00.5 31/01/2003]", datetime(2003, 1, 31, 9, 30, 0, 500_000)),
        (" 09:30:00 2003-01-31", datetime(2003, 1, 31, 9, 30)),
        (" 09:30:00 2003/01/31", datetime(2003, 1, 31, 9, 30)),
        (" 09:30:00 31.01.2003", datetime(2003, 1, 31, 9, 30)),
        (" 09:30:00 31-1-2003", datetime(2003, 1, 31, 9, 30)),
        (" 2003-01-31T09:30:00", datetime(2003, 1, 31, 9, 30)),
        (" 31/01/2003 09:30:00", datetime(2003, 1, 31, 9, 30)),
        (" 9:30:00", None),
        (" 30", None),
        (" 9:30:00 31/01/2003 # a comment", datetime(2003, 1, 31, 9, 30)),
    ],
)
def test_times_and_dates(when: str, start: datetime | None) -> None:
    warnings: dict[str, str] = {}
    assert parse_start(when, warnings) == start
    assert not warnings


@pytest.mark.parametrize(
    "when",
    [
        " 05-Feb-2020 11:39:16",
        " 2006",
        " 25:30:00 31/01/2003",
        " 24:00:00 31/01/2003",
        " 9:60:00 31/01/2003",
        " 9:30:00 31/13/2003",
        " 9:30:00 01/31/2003",
        " 9:30:00 30/02/2003",
        " 31/01/2003",
        " 9:30:00 2003",
        " 9:30:00 31/01/203",
    ],
)
def test_what_is_no_time_and_date_is_left_out(when: str) -> None:
    warnings: dict[str, str] = {}
    assert parse_start(when, warnings) is None
    assert list(warnings) == ["bad_start"]


@pytest.mark.parametrize(
    ("when", "start"),
    [
        (" 09:30 31/01/2003", datetime(2003, 1, 31, 0, 9, 30)),
        (" 9:30:00 1/2/24", datetime(2024, 2, 1, 9, 30)),
        (" 9:30:00 1/2/97", datetime(1997, 2, 1, 9, 30)),
    ],
)
def test_what_may_mean_something_else_is_read_with_a_warning(when: str, start: datetime) -> None:
    warnings: dict[str, str] = {}
    assert parse_start(when, warnings) == start
    assert list(warnings) == ["ambiguous_start"]
