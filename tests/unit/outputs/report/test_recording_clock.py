"""Times as a recorder's clock showed them, and what clocks on the wall did meanwhile."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deepecg.outputs.report.recording_clock import Clock, ClockChange, written

DAY_S = 86_400
ZURICH = ZoneInfo("Europe/Zurich")
AUTUMN = Clock(datetime(2026, 10, 24, 9, 30), DAY_S, ZURICH)
SPRING = Clock(datetime(2027, 3, 27, 22, 15, 30), DAY_S, ZURICH)


def dash(text: str) -> str:
    """Return hours as they are printed, with an en dash."""
    return text.replace("-", "\N{EN DASH}")


def test_hours_are_those_of_the_clock_with_the_date_where_a_day_begins() -> None:
    clock = Clock(datetime(2024, 3, 1, 22, 30), 7200.0)
    assert clock.hour(0, 1800) == dash("1 Mar 22:30-23")
    assert clock.hour(1800, 5400) == dash("23-24")
    assert clock.hour(5400, 7200) == dash("2 Mar 00-00:30")
    assert Clock(datetime(2024, 3, 1, 8, 0), 7200.0).hour(0, 3600) == dash("08-09")


def test_without_a_start_hours_count_from_it() -> None:
    assert Clock(None, 5400.0).hour(0, 3600) == dash("+0-1")
    assert Clock(None, 5400.0).hour(3600, 5400) == dash("+1-2")


def test_clocks_are_put_back_in_autumn() -> None:
    """At 03:00 on 25 October 2026 it is 02:00 in Zurich: the recorder's clock says 03:00 then."""
    (change,) = AUTUMN.changes
    assert AUTUMN.at(change.at_s) == "03:00:00"
    assert change.forward_s == -3600
    assert AUTUMN.wall_hour(change.at_s - 3600, change.at_s) == ""
    assert AUTUMN.hour(change.at_s, change.at_s + 3600) == dash("03-04")
    assert AUTUMN.wall_hour(change.at_s, change.at_s + 3600) == dash("02-03")
    # What a clock in Zurich really showed a minute later.
    later = datetime(2026, 10, 25, 1, 1, tzinfo=UTC).astimezone(ZURICH)
    assert (later.hour, later.minute) == (2, 1)


def test_clocks_are_put_forward_in_spring() -> None:
    (change,) = SPRING.changes
    assert SPRING.at(change.at_s) == "02:00:00"
    assert change.forward_s == 3600
    assert SPRING.wall_hour(change.at_s, change.at_s + 3600) == dash("03-04")
    # Before the change the recorder and the wall agree, after it they differ by an hour.
    start = SPRING.start.replace(tzinfo=ZURICH)  # type: ignore[union-attr]
    after = (start.astimezone(UTC) + timedelta(seconds=change.at_s + 60)).astimezone(ZURICH)
    assert after.strftime("%H:%M") == "03:01"


@pytest.mark.parametrize(
    "clock",
    [
        Clock(datetime(2026, 7, 1, 9, 30), DAY_S, ZURICH),
        Clock(datetime(2026, 10, 24, 9, 30), DAY_S, None),
        Clock(None, DAY_S, ZURICH),
        Clock(datetime(2026, 10, 24, 9, 30), DAY_S, ZoneInfo("Asia/Kathmandu")),
        Clock(datetime(2026, 10, 24, 9, 30), 17.5 * 3600 - 1, ZURICH),  # ends a second before
        Clock(datetime(2026, 10, 25, 3, 0), DAY_S, ZURICH),  # begins after it
        Clock(datetime(1, 1, 1, 0, 10), DAY_S, ZURICH),  # in UTC before the first year
    ],
)
def test_no_change_where_there_is_none_or_the_zone_is_unknown(clock: Clock) -> None:
    assert clock.changes == ()
    assert clock.wall_hour(0, 3600) == ""


def test_half_an_hour_in_two_weeks_on_lord_howe() -> None:
    clock = Clock(datetime(2026, 4, 1, 0, 0, 20), 14 * DAY_S, ZoneInfo("Australia/Lord_Howe"))
    assert clock.changes == (ClockChange(4 * DAY_S + 2 * 3600 - 20, -1800.0),)


def test_when_something_was_written() -> None:
    assert written("2024-03-02T14:05:59+01:00") == "2 Mar 2024, 14:05 UTC+01:00"
    assert written("2024-12-31T23:59:00Z") == "31 Dec 2024, 23:59 UTC"
