from datetime import datetime

import pytest

from deepecg.readers.text_times import RowTimes


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("03/01/2024 9:30:00", datetime(2024, 1, 3, 9, 30)),
        ("03/13/2024 9:30:00", datetime(2024, 3, 13, 9, 30)),
        ("3/1/2024 9:30:00 PM", datetime(2024, 3, 1, 21, 30)),
        ("3/1/2024 12:00:05 am", datetime(2024, 3, 1, 0, 0, 5)),
        ("03.01.2024 9:30:00", datetime(2024, 1, 3, 9, 30)),
    ],
)
def test_the_month_comes_first_where_only_americans_write_so(cell: str, expected: datetime) -> None:
    assert RowTimes([cell]).moment(cell) == expected
